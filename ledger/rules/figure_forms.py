"""The forms of figures: which parts a publisher names when it says a metric, and what it has put in them so far.

For example, the USGS says `mine_production` of rare earths with the dimension `basis`, which was only ever `reo`. A
figure of another form (no `basis`) or with another value (`re-o`) is another figure. So it is worth a question once,
when the first of its kind comes, and never again: there are few forms, however many figures there are.

A form is known by a witness, the first event that has it. A witness that is taken back, or corrected to another form,
is forgotten, and the next event of the form takes its place.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple, cast

import orjson

from ledger.events.figure_facts import form_text
from ledger.events.figures import Figure
from ledger.events.ledger_events import EventCorrected
from ledger.rules.effective_content import Act
from ledger.rules.moved_figures import KEY_FIELDS
from ledger.rules.version import Version

MATERIAL = "/material"
DIMENSION = "/dimensions/"
PARTS_MAX = 16
FORM_BYTES_MAX = 1_000
"""Figures with more dimensions, or with longer ones, have no form here: too much differs from them in one."""
VALUES_MAX = 64
"""How many values of a part are kept; one with more is an open list, where another value is nothing odd."""
KEPT_MAX = 50_000
"""How many forms and values are kept in all. What comes later is not compared, and not compared with."""

FormRow = tuple[str, str, str, int | None]
"""A form as JSON, one of its parts, a value of that part, and the position of the witness: None to forget it. The form
itself is its row without a part."""


class Form(NamedTuple):
    """Who says which metric, of which material, naming which other parts. A part is a pointer: `/dimensions/basis`."""

    said: tuple[str | None, ...]
    parts: tuple[str, ...]

    def without(self, part: str) -> "Form":
        """The form with one part fewer."""
        return Form(self.said, tuple(one for one in self.parts if one != part))

    def having(self, part: str) -> "Form":
        """The form with one part more."""
        return Form(self.said, tuple(sorted((*self.parts, part))))


class Filled(NamedTuple):
    """A form with values in its parts, those of them that are compared."""

    form: Form
    values: dict[str, str]

    def rows(self) -> Iterator[tuple[Form, str, str]]:
        """The form, and each value: what a witness stands for."""
        yield self.form, "", ""
        for part, value in self.values.items():
            yield self.form, part, value


def filled(text: bytes, resolve: Callable[[str], str]) -> tuple[Filled, ...]:
    """The forms that a figure has: of its material; and, where it has one, of its metric, with the material as a part.

    `text` is that of `form_text`; `resolve` follows merges.
    """
    if len(text) > FORM_BYTES_MAX:
        return ()
    publisher, *metric, material, dimensions = orjson.loads(text)
    values = {f"{DIMENSION}{name}": value for name, value in (dimensions or {}).items()}
    if len(values) > PARTS_MAX:
        return ()
    said, parts = (resolve(publisher), *metric), tuple(sorted(values))
    if material is None:
        return (Filled(Form((*said, None), parts), values),)
    material = resolve(material)
    return (
        Filled(Form((*said, material), parts), values),
        Filled(Form((*said, None), parts).having(MATERIAL), {MATERIAL: material}),
    )


def form_of(event: Version) -> bytes:
    """The text of the form of an event about a figure."""
    cls, body = cast(type[Figure], event.cls), event.body
    metric, family = cls.unit_family_of(body)
    said = event.publisher, metric, cls.nature_of(body), family
    return form_text(*said, body.get("material"), body.get("dimensions"))


def may_have_another_form(act: Act) -> bool:
    """Whether what a ledger event acts on may be of another form since, or of none."""
    type_name, body = act
    return type_name != EventCorrected.__name__ or any(
        path.partition(".")[0] in KEY_FIELDS or path.partition(".")[0] == "source" for path in body["changes"]
    )


class FigureForms:
    """The forms so far, and their witnesses."""

    def __init__(self) -> None:
        self._witnesses: dict[Form, dict[str, dict[str, int]]] = {}
        """By form, part and value, positions; the part "" is the form itself."""
        self._longer: dict[Form, dict[str, None]] = {}
        """The parts that forms have which are one part longer than this one."""
        self._kept = 0
        self.known: set[bytes] = set()
        """Texts of which nothing is new; emptied when it may be."""
        self.unsaved: list[FormRow] = []
        """What changed and is not in the store yet, in order."""

    def saved(self) -> None:
        """What changed so far is in the store."""
        self.unsaved = []

    def witness(self, form: Form, part: str = "", value: str = "") -> int | None:
        """The position of the first event of a form, or with a value in one of its parts."""
        return self._witnesses.get(form, {}).get(part, {}).get(value)

    def values(self, form: Form, part: str) -> Mapping[str, int]:
        """The values that a part of a form had, each with its witness."""
        return self._witnesses.get(form, {}).get(part, {})

    def longer(self, form: Form) -> Iterable[str]:
        """The parts that the forms which are one part longer have; none of them where they are too many to compare."""
        parts = self._longer.get(form, {})
        return parts if len(parts) <= VALUES_MAX else ()

    def has(self, one: Filled) -> bool:
        """Whether nothing of it is new, as far as it would be noted."""
        known = self._witnesses.get(one.form)
        if known is None or "" not in known:
            return self._kept >= KEPT_MAX
        return all(value in known.get(part, {}) or self._is_open(known, part) for part, value in one.values.items())

    def _is_open(self, known: Mapping[str, Mapping[str, int]], part: str) -> bool:
        return self._kept >= KEPT_MAX or len(known.get(part, ())) > VALUES_MAX

    def load(self, rows: Iterable[FormRow]) -> None:
        """Take in what the store holds."""
        for text, part, value, position in rows:
            said, parts = orjson.loads(text)
            self._set(Form(tuple(said), tuple(parts)), part, value, position)

    def note(self, one: Filled, position: int) -> list[Callable[[], object]]:
        """Let an event be the witness of what is new of it. Gives what undoes that."""
        undo = []
        for form, part, value in one.rows():
            known = self._witnesses.get(form, {})
            if value not in known.get(part, {}) and not self._is_open(known, part):
                undo.append(self._change(form, part, value, position))
        return undo

    def forget(self, one: Filled, position: int) -> list[Callable[[], object]]:
        """Let an event no longer be the witness of anything. Gives what undoes that."""
        undo = []
        for form, part, value in one.rows():
            if self.witness(form, part, value) == position:
                undo.append(self._change(form, part, value, None))
        return undo

    def _change(self, form: Form, part: str, value: str, position: int | None) -> Callable[[], object]:
        before = self.witness(form, part, value)
        self._set(form, part, value, position)
        self.unsaved.append((orjson.dumps(tuple(form)).decode(), part, value, position))

        def undo() -> None:
            self.unsaved.pop()
            self._set(form, part, value, before)

        return undo

    def _set(self, form: Form, part: str, value: str, position: int | None) -> None:
        before = self.witness(form, part, value)
        if position is not None:
            self._witnesses.setdefault(form, {}).setdefault(part, {})[value] = position
        elif before is not None:
            self.known.clear()
            known = self._witnesses[form]
            del known[part][value]
            if not known[part]:
                del known[part]
            if not known:
                del self._witnesses[form]
        self._kept += (position is not None) - (before is not None)
        if part == "" and (position is None) != (before is None):
            for one in form.parts:
                self._note_longer(form.without(one), one, there=position is not None)

    def _note_longer(self, form: Form, part: str, *, there: bool) -> None:
        if there:
            self._longer.setdefault(form, {})[part] = None
            return
        parts = self._longer[form]
        del parts[part]
        if not parts:
            del self._longer[form]
