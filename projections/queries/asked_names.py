"""Asked names: what the names in filters mean, where one is not the name that the ledger has for a thing.

Who types `publisher=USGS` or `subject=Burma` means one entity. An alias, a former name, an identifier or another
spelling that means exactly one entity is taken for it, and the answer says so (`resolved`). What means several, or
none, selects nothing, and the answer says what was probably meant (`hints`). Only what the viewpoint knows is told: the
labels that the ledger held, and the names that were published by then. So it is with the words that a filter takes
(`kind`, `stage`, `dimension.basis`): one that nothing was said with is told, with those that are like it.

Names are looked at only where one may name nothing: an item that was found has told that its name is one.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import pyarrow as pa

from projections.column_kinds import Kind
from projections.projection import Filter, Projection
from projections.queries.compose import question
from projections.queries.filter_values import Value, values_of
from projections.queries.filters import filter_named
from projections.sql_text import sections
from projections.tables.families import Family

HINTS_MAX = 10
"""So many names that mean nothing are told at most, and what each of them may mean is looked for."""
RESOLVED_MAX = 25
"""So many names that were taken for an entity are told at most."""
MEANT_MAX = 5
LETTERS_MAX = 40
"""So much of a name and a label is compared where they are only alike."""
LIKENESS_LEAST = 0.85
SHOWN_MAX = 80
_KIND_OF_SUBJECT = "subject_kind"
_DIMENSION = "dimension.*"
_OF_WORDS = (_KIND_OF_SUBJECT, _DIMENSION)
"""Filters of words without a column of their own; the names of dimensions are checked by `filter_named`."""

Ask = Callable[..., list[Any]]


class Source(NamedTuple):
    """Where the names are that a filter takes: the labels of entities, or what a column of a family holds.

    The column may be an expression of SQL.
    """

    family: str
    column: str | None = None
    of_organisations: bool = False


class AskedNames(NamedTuple):
    """Filters as they are meant, and what is to be said of them: see the module."""

    filters: dict[str, Value]
    resolved: list[dict[str, str]]
    hints: list[dict[str, Any]]

    def members(self) -> dict[str, Any]:
        """What stands beside the items of an answer, as far as there is something to say."""
        said = {"resolved": self.resolved, "hints": self.hints}
        return {name: value for name, value in said.items() if value}


_DERIVED = """
SELECT DISTINCT metric
FROM log.definitions
WHERE since <= $position AND until > $position AND LIST_CONTAINS(CAST($wanted AS VARCHAR[]), metric)
"""


class NameSearch:
    """Looks for names at one viewpoint. `ask` runs a query, `kept` gives the slug that a slug was merged into."""

    def __init__(self, ask: Ask, families: Mapping[str, Family], kept: Callable[[str], str]) -> None:
        self._ask = ask
        self._families = families
        self._kept = kept

    def meant(self, projection: Projection, filters: Mapping[str, Value], items: pa.Table | None) -> AskedNames:
        """What filters mean; `items` are the first that they selected as they stand, where that was tried.

        Raises UnknownFilter and FilterError.
        """
        told = AskedNames(dict(filters), [], [])
        for name, values in _named(projection, filters).items():
            asked = values if items is None else _unseen(projection, name, values, items)
            source = _source(projection, filter_named(projection, name), name)
            if asked and source is not None and (unknown := self._unknown(source, asked)):
                self._tell(told, projection, name, source, unknown)
        return told

    def _tell(
        self, told: AskedNames, projection: Projection, name: str, source: Source, unknown: Sequence[str]
    ) -> None:
        same = self._found("same", source, unknown) if source.column is None else {}
        taken = {value: meant[0] for value, meant in same.items() if len(meant) == 1}
        room = RESOLVED_MAX - len(told.resolved)
        told.resolved.extend(
            {"parameter": name, "value": one[:SHOWN_MAX], "taken_for": taken[one]}
            for one in [one for one in unknown if one in taken][:room]
        )
        if taken:
            given = values_of(filter_named(projection, name), name, told.filters[name])
            values = list(dict.fromkeys(taken.get(value, value) for value in given))
            told.filters[name] = values if len(values) > 1 else values[0]
        left = [one for one in unknown if one not in taken][: HINTS_MAX - len(told.hints)]
        lost = [one for one in left if one not in same]
        alike = self._found("alike", source, lost) if lost else {}
        derived = self._derived(left) if name == "metric" else set()
        told.hints.extend(
            {
                "parameter": name,
                "value": one[:SHOWN_MAX],
                "meant": (same.get(one) or alike.get(one, []))[:MEANT_MAX],
                **({"derived": True} if one in derived else {}),
            }
            for one in left
        )

    def _derived(self, names: Sequence[str]) -> set[str]:
        """Those of some names that are metrics derived by a formula, which nobody states."""
        return {name for (name,) in self._ask(_DERIVED, wanted=list(names))} if names else set()

    def _unknown(self, source: Source, values: Sequence[str]) -> list[str]:
        texts = sections("queries/name_search.sql")
        if source.column is None:
            rows = self._ask(texts["known_entities"], wanted=list(values))
        else:
            # One name is found as soon as it stands anywhere; of several, all rows may be read.
            one = len(values) == 1
            column = source.column
            wanted = f"{column} = $name" if one else f"LIST_CONTAINS($wanted, {column})"
            known = texts["known_words"].format(
                family=source.family,
                column=column if one else f"DISTINCT {column}",
                wanted=wanted,
                limit=1 if one else len(values),
            )
            rows = self._ask(known, name=values[0], wanted=list(values))
        names = {name for (name,) in rows}
        return [value for value in values if value not in names]

    def _found(self, how: str, source: Source, wanted: Sequence[str]) -> dict[str, list[str]]:
        texts = sections("queries/name_search.sql")
        if source.column is None:
            labels = texts["organisations" if source.of_organisations else "labels"].format(
                question=question("labels", self._families)
            )
        else:
            labels = texts["words"].format(family=source.family, column=source.column)
        query = texts[how].format(labels=labels, letters=LETTERS_MAX, least=LIKENESS_LEAST, most=4 * MEANT_MAX)
        found: dict[str, list[str]] = defaultdict(list)
        for text, meant in self._ask(query, wanted=list(wanted)):
            slug = self._kept(meant) if source.column is None else meant
            if slug not in found[text]:
                found[text].append(slug)
        return {text: sorted(meant) if how == "same" else meant for text, meant in found.items()}


def _named(projection: Projection, filters: Mapping[str, Value]) -> dict[str, list[str]]:
    """The names in filters, by filter. Raises UnknownFilter and FilterError."""
    known = {name: filter_named(projection, name) for name in filters}
    return {
        name: values_of(one, name, filters[name])
        for name, one in known.items()
        if _source(projection, one, name) is not None
    }


def _unseen(projection: Projection, name: str, values: Sequence[str], items: pa.Table) -> Sequence[str]:
    """Those of the names in a filter that no item shows to be one."""
    known = filter_named(projection, name)
    column = known.column
    if len(items) == 0 or (column is None and known.name not in _OF_WORDS):
        return values
    if len(values) == 1:
        return ()
    seen = _flat(items[column]) if column is not None and column in items.column_names else set()
    return [value for value in values if value not in seen]


def _source(projection: Projection, one: Filter, name: str) -> Source | None:
    """Where the names are that a filter takes, asked for by this name; None where it takes none."""
    if one.name in ("prefer", "publisher"):
        return Source("entities", of_organisations=True)
    if one.name == _KIND_OF_SUBJECT:
        return Source("entities", "kind")
    if one.name == _DIMENSION:
        return Source(projection.family, f"JSON_EXTRACT_STRING(dimensions, '$.\"{name.partition('.')[2]}\"')")
    if one.column is None:
        return None
    kind = projection.kinds[one.column]
    if kind.names_entities:
        return Source("entities")
    is_word = kind is Kind.TEXT and not one.choices
    return Source(projection.family, one.column) if is_word else None


def _flat(column: pa.ChunkedArray) -> set[Any]:
    """The values in a column, or in its lists."""
    import pyarrow.compute as pc

    return set(pc.list_flatten(column).to_pylist() if pa.types.is_list(column.type) else pc.unique(column).to_pylist())
