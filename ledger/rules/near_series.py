"""A figure that is nearly one of those which its publisher says otherwise: was a part of it left out, or mistyped?

A table of segments or of materials has many figures that differ in one part, and rightly so. So what is compared are
the forms of figures (`ledger.rules.figure_forms`), and something is said of the first event of a new form only:

- it lacks a part that the publisher names in an earlier or later publication, always with one value. For example, the
  production of rare earths is said with `basis: reo`, and in this year's file without. Where the part had several
  values, it is a breakdown, and what lacks it is the total. Where both are in one publication, both are meant;
- it names a part that the publisher did not name in another publication;
- the name of a dimension, or its value, looks like another: `segment: automotve`, `segmnt: automotive`.

Another value that looks like none is nothing odd, nor is another material: its name was compared when it was
registered.
"""

import difflib
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from ledger.rules.figure_forms import DIMENSION, MATERIAL, VALUES_MAX, Filled, Form, form_of
from ledger.rules.record import Record
from ledger.rules.registered_names import COMPARED_CHARACTERS_MAX, LIKENESS_MIN
from ledger.rules.version import Version


def near_series_warnings(record: Record, event: Version) -> Iterator[dict[str, Any]]:
    """What is odd about a figure's form, beside those of the same publisher and metric; the first thing only."""
    for one in record.state.forms_of(form_of(event)):
        for pointer, detail in _oddities(record, event, one):
            yield {"pointer": pointer, "rule": "near_series", "detail": detail}
            return


def _oddities(record: Record, event: Version, one: Filled) -> Iterator[tuple[str, str]]:
    if _standing(record, one.form) is not None:
        yield from _near_values(record, one)
        return
    yield from _near_names(record, one)
    yield from _part_more(record, event, one)
    if len(one.values) == len(one.form.parts):  # else the material is the only part that is looked at
        yield from _part_fewer(record, event, one)


def _near_values(record: Record, one: Filled) -> Iterator[tuple[str, str]]:
    """A new value of a dimension, which looks like another."""
    for part, value in one.values.items():
        known = record.state.forms.values(one.form, part)
        if part == MATERIAL or value in known or len(known) > VALUES_MAX:
            continue
        for other in _like(value, known):
            if (witness := _standing(record, one.form, part, other)) is not None:
                yield (
                    part,
                    f"{value!r} looks like {other!r} in event {witness.event_id}; if they are one, say it as there",
                )


def _near_names(record: Record, one: Filled) -> Iterator[tuple[str, str]]:
    """A new dimension, whose name looks like that of another."""
    for part in one.values:
        if part == MATERIAL:
            continue
        rest = one.form.without(part)
        names = {other.removeprefix(DIMENSION): other for other in record.state.forms.longer(rest) if other != part}
        for name in _like(part.removeprefix(DIMENSION), names):
            if (witness := _standing(record, rest.having(names[name]))) is not None:
                yield (
                    part,
                    f"the dimension looks like {name!r} in event {witness.event_id}; if they are one, name it so",
                )


def _part_more(record: Record, event: Version, one: Filled) -> Iterator[tuple[str, str]]:
    """A part that this publisher did not name elsewhere."""
    for part in one.values:
        witness = _elsewhere(record, event, one.form.without(part))
        if witness is not None:
            lacks = f"without {_shown(part)} so far, as in event {witness.event_id}"
            said = f"{event.publisher!r} said this metric {lacks}"
            yield part, f"{said}; with it, this is another figure: are both meant?"


def _part_fewer(record: Record, event: Version, one: Filled) -> Iterator[tuple[str, str]]:
    """A part that this publisher named elsewhere, always with one value."""
    forms = record.state.forms
    for part in forms.longer(one.form):
        longer = one.form.having(part)
        values = forms.values(longer, part)
        if len(values) != 1:
            continue
        witness = _elsewhere(record, event, longer)
        if witness is not None:
            (value,) = values
            said = f"{event.publisher!r} said this metric with {_shown(part)}, {value!r}, so far"
            where = MATERIAL if part == MATERIAL else DIMENSION.rstrip("/")
            yield where, f"{said}, as in event {witness.event_id}; without it, this is another figure: was it left out?"


def _elsewhere(record: Record, event: Version, form: Form) -> Version | None:
    """The first event of a form, where that stands and is of another publication."""
    witness = _standing(record, form)
    return witness if witness is not None and witness.published != event.published else None


def _standing(record: Record, form: Form, part: str = "", value: str = "") -> Version | None:
    """The first event of a form, or with a value in one of its parts, where it stands and still has it."""
    position = record.state.forms.witness(form, part, value)
    entry = record.at_position(position) if position is not None else None
    if entry is None:
        return None
    content = record.content_of(entry)
    if not content.stands:
        return None
    says = Version(entry.position, entry.event_id, entry.cls, content.body, entry.recorded_at)
    has = {row for one in record.state.forms_of(form_of(says)) for row in one.rows()}
    return says if (form, part, value) in has else None


def _shown(part: str) -> str:
    return "a material" if part == MATERIAL else f"a dimension {part.removeprefix(DIMENSION)!r}"


def _like(text: str, others: Iterable[str]) -> Iterator[str]:
    """Those of the others that a text could be a slip of the pen for.

    Word by word, since `exports_of_metal_and_alloy` is no slip for `imports_of_metal_and_alloy`, and numbers and signs
    are meant as they are: `2024-Q1` is no slip for `2024-Q2`, nor `<5` for `>5`.
    """
    mine, signs = _words(text), _signs(text)
    for other in others:
        if other != text and signs == _signs(other) and _are_alike(mine, _words(other)):
            yield other


def _are_alike(mine: Sequence[str], others: Sequence[str]) -> bool:
    if "".join(mine) == "".join(others):
        return True
    return len(mine) == len(others) and all(
        one == other or _is_slip(one, other) for one, other in zip(mine, others, strict=True)
    )


def _is_slip(one: str, other: str) -> bool:
    if abs(len(one) - len(other)) > 1 or max(len(one), len(other)) > COMPARED_CHARACTERS_MAX:
        return False
    return difflib.SequenceMatcher(None, one, other).ratio() >= LIKENESS_MIN


def _words(text: str) -> list[str]:
    """Its words without case and accents."""
    letters = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return re.findall(r"[^\W_]+", letters.casefold())


def _signs(text: str) -> list[str]:
    """Its numbers, and the signs in it that separate no words."""
    return re.findall(r"\d+|[^\w\s.\-]", text)
