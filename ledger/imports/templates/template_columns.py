"""Template columns: which columns a sheet of events has, what each means, and what may be chosen in it.

They follow from the types of events that the sheet is for: a new field of a type is a new column.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args, get_origin

from ledger.events.base import REGISTRY, Event, ref_paths
from ledger.events.figures import Figure
from ledger.imports.registrations import kind_of
from ledger.values.unit_table import PLAIN_UNITS

FAMILY = "figures"
CHOICES_MAX = 5_000
"""How many names a list of a column holds; others may be typed."""
_ENVELOPE = ("event_id", "published_at", "source", "note", "origin", "expected_version")
_SOURCE = ("publisher", "title", "edition", "locator", "url", "via", "kind")
_FIRST = (
    *("type", "subject", "metric", "material", "period", "value", "unit", "low", "high", "symbol", "published_at"),
    *("source.publisher", "source.title", "source.locator", "status", "approximate", "nature", "dimensions.basis"),
)
"""The columns of figures in the order in which people say them; others follow."""
_WHAT = {
    "type": "What the row says: one of the list.",
    "subject": "What it is about: the short name of a registered entity.",
    "material": "Of what: the short name of a registered material.",
    "period": "When in the world: 2024, 2024-Q3, 2024-H1, 2024-06, a day as 2024-06-30, FY2025, or a first and a last "
    "day as 2024-04-01/2024-06-30.",
    "value": "The number as it is printed, with a point and without separators. Instead of it: low, high, or symbol.",
    "unit": "As printed: t, kt, USD/kg, percent, million USD ...",
    "low": "The lower end of a range, or a lower bound (more than 520).",
    "high": "The upper end of a range, or an upper bound.",
    "status": "How firm it is, as the source says.",
    "nature": "Whether it was seen, or is a forecast, a target or a plan; the type says it where this is empty.",
    "symbol": "What is printed instead of a number.",
    "published_at": "When anyone could have known: 2025-01-31, 2025-01, 2025, or 2025-Q1.",
    "source.publisher": "Who says so: the short name of a registered organisation.",
    "source.title": "The document.",
    "source.edition": "Its edition.",
    "source.locator": "Page, table or heading.",
    "source.url": "Where it is on the web.",
    "source.via": "Who passed it on, where it was not the publisher.",
    "source.kind": "primary (the publisher's own), or secondary (it repeats what others say).",
    "dimensions.basis": "What else tells this figure from others, such as reo; add columns dimensions.NAME as needed.",
    "note": "Anything else, for people.",
    "approximate": "true where the source says about.",
    "changes": "The fields that change, as JSON: {\"title\": \"...\"}",
}  # fmt: skip
_EXAMPLES = {
    "metric": "mine_production",
    "source.title": "Mineral Commodity Summaries 2025",
    "source.edition": "2025",
    "source.locator": "page 145",
    "source.url": "https://example.org/mcs2025",
    "source.publisher": "usgs",
    "note": "read from the table, not the text",
    "dimensions.basis": "reo",
    "published_at": "2025-01-31",
    "source.kind": "primary",
    "low": "85",
    "high": "95",
    "symbol": "withheld",
    "status": "estimated",
    "nature": "observed",
    "approximate": "true",
}


@dataclass(frozen=True)
class Vocabulary:
    """What a ledger knows that people may choose from."""

    entities: Sequence[Mapping[str, Any]] = ()
    """Its standing registrations."""
    metrics: Sequence[str] = ()


@dataclass(frozen=True)
class TemplateColumn:
    """A column of a sheet of events."""

    name: str
    about: str
    needed: str
    """Whether every row needs it, or those of which types."""
    example: str
    choices: tuple[str, ...] = ()
    is_closed: bool = False
    """Whether nothing but the choices may be written."""
    more: int = 0
    """How many choices there are beside those that are listed."""


def types_for(wanted: Iterable[str]) -> list[type[Event]]:
    """The types of events of a family (`figures`), or with these names. Raises ValueError for what is neither."""
    types: dict[str, type[Event]] = {}
    families = dict.fromkeys(cls.family for cls in REGISTRY.values() if cls.family != "keeping")
    for name in wanted:
        if name in REGISTRY:
            types[name] = REGISTRY[name]
        elif name in families:
            types |= {one.__name__: one for one in REGISTRY.values() if one.family == name}
        else:
            known = ", ".join(families)
            raise ValueError(f"there is no family or type of events called {name[:80]!r}; families are {known}")
    return list(types.values())


def template_columns(types: Sequence[type[Event]], vocabulary: Vocabulary) -> list[TemplateColumn]:
    """The columns of a sheet for events of these types."""
    names = dict.fromkeys(["type", *(name for cls in types for name in _names_of(cls))])
    ordered = [name for name in _FIRST if name in names] + [name for name in names if name not in _FIRST]
    return [_column(name, types, vocabulary) for name in ordered]


def _names_of(cls: type[Event]) -> Iterator[str]:
    for name in cls.model_fields:
        if name not in _ENVELOPE:
            yield "dimensions.basis" if name == "dimensions" else name
    yield from ("published_at", *(f"source.{name}" for name in _SOURCE), "note")


def _column(name: str, types: Sequence[type[Event]], vocabulary: Vocabulary) -> TemplateColumn:
    fields = [cls.model_fields[name] for cls in types if name in cls.model_fields]
    about = _WHAT.get(name) or next((one.description for one in fields if one.description), None) or f"The {name}."
    choices, is_closed = _choices(name, types, vocabulary)
    example = _EXAMPLES.get(name) or next((_text(cls.example[name]) for cls in types if name in cls.example), "")
    if name == "type":
        example = types[0].__name__
    listed = choices[:CHOICES_MAX]
    return TemplateColumn(
        name, about, _needed(name, types), example, tuple(listed), is_closed, len(choices) - len(listed)
    )


def _needed(name: str, types: Sequence[type[Event]]) -> str:
    if name in ("type", "published_at"):
        return "always"
    needing = [
        cls
        for cls in types
        if (name in cls.model_fields and cls.model_fields[name].is_required())
        or (name == "source.publisher" and issubclass(cls, Figure))
    ]
    if not needing:
        return "one of value, low and high, or symbol" if name in ("value", "low", "high", "symbol") else "where known"
    return "always" if len(needing) == len(types) else f"by {', '.join(cls.__name__ for cls in needing)}"


def _choices(name: str, types: Sequence[type[Event]], vocabulary: Vocabulary) -> tuple[list[str], bool]:
    """What may be chosen in a column, and whether nothing else may be written."""
    if name == "type":
        return [cls.__name__ for cls in types], True
    if name == "source.kind":
        return ["primary", "secondary"], True
    path = tuple(name.split("."))
    if any(ref[: len(path)] == path for cls in types for ref in ref_paths(cls)):
        kind = kind_of(path, "")
        known = (one for one in vocabulary.entities if not kind or one["kind"] == kind)
        return sorted(str(one["entity"]) for one in known), False
    if name == "metric":
        own = {cls.default_metric for cls in types if issubclass(cls, Figure) and cls.default_metric}
        return sorted({*own, *vocabulary.metrics}), False
    if name == "unit":
        return [*PLAIN_UNITS, "USD", "million USD", "USD/t", "USD/kg", "USD/lb"], False
    literals = [
        value for cls in types if name in cls.model_fields for value in _literals(cls.model_fields[name].annotation)
    ]
    return list(dict.fromkeys(literals)), bool(literals)


def _literals(annotation: Any) -> Iterator[str]:
    if annotation is bool:
        yield from ("true", "false")
    for one in get_args(annotation):
        if isinstance(one, str) and get_origin(annotation) is not dict:
            yield one
        elif one is not None and not isinstance(one, str):
            yield from _literals(one)


def _text(value: Any) -> str:
    if isinstance(value, list):
        return "; ".join(str(next(iter(one.values()))) if isinstance(one, dict) else str(one) for one in value)
    return str(value).lower() if isinstance(value, bool) else str(value) if not isinstance(value, dict) else ""
