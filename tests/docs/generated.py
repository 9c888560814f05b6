"""The tables in the READMEs that follow from the code.

`python -m tests.docs.generated --write` brings them up to date. A document has a place for each, between two comments:
`<!-- generated: event types -->` and `<!-- end of generated -->`. A test says which place is not what the code makes of
it.
"""

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Literal, get_args, get_origin

from ledger.events import REGISTRY, Event
from ledger.events.base import ref_paths
from ledger.events.figures import Figure
from ledger.values import quantities
from tests.places import ROOT

PLACE = re.compile(r"(<!-- generated: ([a-z ]+) -->\n)(.*?)(<!-- end of generated -->)", re.DOTALL)
COMMON = {*Event.model_fields}
TIMES = ("effective_from", "effective_to")


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [header, ["---"] * len(header), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


def fact(cls: type[Event]) -> str:
    """What a type of event says: its docstring on one line."""
    return " ".join((cls.__doc__ or "").split())


def own_fields(cls: type[Event]) -> str:
    """The fields of a type besides the envelope: `?` where one may be absent, *ref* where it names an entity."""
    named = {path[0] for path in ref_paths(cls)}
    fields = sorted(cls.model_fields.items(), key=lambda item: item[0] in TIMES)
    return ", ".join(
        f"`{name}{'' if field.is_required() else '?'}`{' *ref*' if name in named else ''}"
        for name, field in fields
        if name not in COMMON
    )


def types_of_event() -> list[type[Event]]:
    """Every type that the project defines, family by family; tests define others."""
    known = (cls for cls in REGISTRY.values() if cls.__module__.startswith("ledger."))
    return sorted(known, key=lambda cls: cls.family)


def event_types() -> str:
    """Every type of event: first those with fields of their own, then those about figures, which share theirs."""
    types = types_of_event()
    others = [cls for cls in types if not issubclass(cls, Figure)]
    firsts = [
        cls for before, cls in zip([None, *others], others, strict=False) if not before or before.family != cls.family
    ]
    rows = [[cls.family if cls in firsts else "", f"`{cls.__name__}`", fact(cls), own_fields(cls)] for cls in others]
    figures = [
        [f"`{cls.__name__}`", fact(cls), f"`{cls.default_metric}`" if cls.default_metric else "", cls.default_nature]
        for cls in types
        if issubclass(cls, Figure)
    ]
    return (
        table(["family", "type", "says", "own fields"], rows)
        + "\nOf the family *figures*, whose fields are in section 4:\n\n"
        + table(["type", "says", "default metric", "default nature"], figures)
        + "\nFields that take one of a few values:\n\n"
        + table(["family", "field", "values"], choices(types))
    )


def choices(types: Iterable[type[Event]]) -> Iterator[list[str]]:
    """The fields of families that take one of a few values, and which."""
    seen = set()
    for cls in types:
        for name, field in cls.model_fields.items():
            values = next((get_args(one) for one in _options(field.annotation) if get_origin(one) is Literal), ())
            if values and (cls.family, name) not in seen:
                seen.add((cls.family, name))
                yield [cls.family, f"`{name}`", codes(values)]


def _options(annotation: Any) -> tuple[Any, ...]:
    return (annotation, *get_args(annotation))


def units() -> str:
    """The units by family and canonical unit."""
    named: dict[tuple[str, str], list[str]] = {}
    for one in quantities._PLAIN_UNITS.values():
        if one.family != "count" or " " not in one.name:
            named.setdefault((one.family, "itself" if one.family == "count" else one.canonical), []).append(one.name)
    rows = [
        [family.replace("_", " "), canonical if canonical == "itself" else f"`{canonical}`", codes(names)]
        for (family, canonical), names in named.items()
    ]
    scales = codes(quantities._SCALES)
    masses = ", ".join(f"`USD/{mass}`" for mass in quantities._PRICE_MASSES)
    money = f"`USD`, and any other code of ISO 4217; also with {scales} before it: `million USD`"
    return table(
        ["family", "canonical unit", "units"],
        [
            *([*row[:2], f"{row[2]}; also with {scales} before it"] if row[0] == "count" else row for row in rows),
            ["money", "the code", money],
            ["price", "`USD/kg`; `USD/lb` and `USD/short_ton` stay", f"{masses}, and so for any other code or scale"],
        ],
    )


def codes(names: Iterable[str]) -> str:
    """Names as code, with commas between."""
    return ", ".join(f"`{name}`" for name in names)


PLACES: dict[str, dict[str, Callable[[], str]]] = {
    "ledger/README.md": {"event types": event_types, "units": units},
}
"""Document -> name of a place in it -> what stands there."""


def brought_up_to_date(document: str) -> str:
    """The text of a document with every generated part made anew."""
    text = (ROOT / document).read_text(encoding="utf-8")
    return PLACE.sub(lambda place: f"{place[1]}\n{PLACES[document][place[2]]()}\n{place[4]}", text)


def main(arguments: Sequence[str]) -> int:
    """Say which documents are not up to date, or with `--write` bring them there."""
    stale = [name for name in PLACES if brought_up_to_date(name) != (ROOT / name).read_text(encoding="utf-8")]
    for name in stale:
        print(name)
        if "--write" in arguments:
            (ROOT / name).write_text(brought_up_to_date(name), encoding="utf-8")
    return 1 if stale and "--write" not in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
