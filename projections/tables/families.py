"""The families of events as typed tables, made from the event classes.

A family is the union of the fields of its classes. Each of its columns has a DuckDB type, a shape in which it is read
out of JSON, and an expression that resolves the slugs in it through merges. A class defined anywhere, before the engine
is made, gets its columns and its view without another line.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin
from uuid import UUID

from pydantic import BaseModel

from ledger.events import REGISTRY, Event, Source, ref_paths
from projections.sql_text import literals, quoted, sql

FOREVER = 2**63 - 1
"""The `until` of a version that stands."""

UNRESOLVED = ("entities", "keeping")
"""Families about slugs and events themselves (registrations, merges, corrections): their slugs stay as named."""

_RESERVED = frozenset(
    "position since until type event_id recorded_at recorded_by publisher via source_kind source_title source_url "
    "source_edition source_locator source_reference source_retrieved_on source_sha256 published_from published_until "
    "visible_from starts starts_until ends_from ends viewpoint known world begun past listed figure_id period_start "
    "period_end canonical_unit subject_code canonical_value canonical_low canonical_high changed stream named "
    "corrected of_part own_part occurrence "
    "of_all said_turn said_last voice_rank source_rank is_opening is_ending as_event is_second root_id is_apart".split()
)


@dataclass(frozen=True)
class Column:
    """A field of a family: its DuckDB type, its shape in JSON, and the paths to the slugs of entities in it."""

    name: str
    type: str
    shape: Any
    slugs: tuple[tuple[str, ...], ...]

    def read(self, *, merged: bool) -> str:
        """The expression that reads it out of `said`."""
        sent = f"said.{quoted(self.name)}"
        if merged and self.slugs:
            return _resolved(sent, self.shape, self.slugs)
        return f"CAST({sent} AS {self.type})" if self.type in ("VARCHAR", "UUID") else sent


@dataclass(frozen=True)
class Family:
    """The events of one family and the columns of their table."""

    name: str
    classes: tuple[type[Event], ...]
    columns: tuple[Column, ...]

    @property
    def types(self) -> list[str]:
        """The names of its event types."""
        return [cls.__name__ for cls in self.classes]

    @property
    def part(self) -> str | None:
        """The column that names the part of a thing which an event is about, for example a facility's stage."""
        return self.classes[0].part

    @property
    def whole(self) -> bool:
        """Whether a thing has a state of its own beside those of its parts."""
        return self.classes[0].whole

    @property
    def timed(self) -> bool:
        """Whether its events take effect at a time of their own."""
        return any(column.name == "effective_from" for column in self.columns)

    @cached_property
    def shape(self) -> str:
        """The shape of a body, for FROM_JSON."""
        source = dict.fromkeys(Source.model_fields, "VARCHAR")
        own = {column.name: column.shape for column in self.columns}
        return json.dumps({"published_at": "VARCHAR", "source": source, "note": "VARCHAR", **own})

    def select(self, *, merged: bool) -> str:
        """The query that reads rows of the family out of `batch`; `merged` where slugs must be resolved."""
        merged = merged and self.name not in UNRESOLVED
        own = [f"{column.read(merged=merged)} AS {quoted(column.name)}" for column in self.columns]
        if any(cls.amends for cls in self.classes):
            own.append("JSON_KEYS(JSON_EXTRACT(batch.state, '$.changes')) AS changed")
        if self.timed:
            has_end = any(column.name == "effective_to" for column in self.columns)
            own.append("COALESCE(starts_at(said.effective_from), batch.published_from) AS starts")
            own.append("COALESCE(ends_at(said.effective_from), batch.published_until) AS starts_until")
            ends_from = "starts_at(said.effective_to)" if has_end else "CAST(NULL AS TIMESTAMP)"
            own.append(f"{ends_from} AS ends_from")
            own.append(f"{'ends_at(said.effective_to)' if has_end else 'CAST(NULL AS TIMESTAMP)'} AS ends")
        if self.name == "figures":
            own += [
                "COALESCE(batch.subject, said.subject) AS named",
                "batch.stream AS stream",
                "batch.corrected AS corrected",
            ]
        return sql("tables/sql/family.sql").format_map(
            {
                "publisher": "kept(said.source.publisher)" if merged else "said.source.publisher",
                "known_at_once": literals(cls.__name__ for cls in self.classes if cls.known_at_once) or "''",
                "shape": self.shape.replace("'", "''"),
                "own": ",\n  ".join(own) or "NULL AS nothing",
            }
        )

    def naming(self, table: str, slugs: str) -> str:
        """A query for the positions of rows in a table of the family that stand and name one of many slugs.

        `slugs` is a table of them, whose column is `slug`.
        """
        standing = f"SELECT position FROM {table} WHERE until = {FOREVER} AND"
        queries = [f"{standing} publisher IN (SELECT slug FROM {slugs})"]
        for column in self.columns:
            for path in column.slugs:
                named = _named(quoted(column.name), path)
                if "*" in path:
                    each = f"SELECT position, UNNEST({named}) AS slug FROM {table} WHERE until = {FOREVER}"
                    queries.append(f"SELECT position FROM ({each}) WHERE slug IN (SELECT slug FROM {slugs})")
                else:
                    queries.append(f"{standing} {named} IN (SELECT slug FROM {slugs})")
        return " UNION ".join(queries)

    def slugs_in(self, body: Mapping[str, Any]) -> set[str]:
        """The slugs of entities that an event of the family names, where its table resolves them."""
        return {slug for path in self._slug_paths for slug in _at(body, path)}

    def resolved(self, body: Mapping[str, Any], kept: Mapping[str, str]) -> Any:
        """The body with other slugs in the place of those that it names, where `kept` has one."""
        said: Any = body
        for path in self._slug_paths:
            said = _replaced(said, path, kept)
        return said

    @cached_property
    def _slug_paths(self) -> list[tuple[str, ...]]:
        own = ((column.name, *path) for column in self.columns for path in column.slugs)
        return [("source", "publisher"), *own]

    def mentions(self) -> str:
        """A condition on its rows: they name one of the slugs in the list `$slugs`."""
        conditions = ["LIST_CONTAINS($slugs, publisher)"]
        for column in self.columns:
            conditions += [_mentions(quoted(column.name), path) for path in column.slugs]
        return "(" + " OR ".join(f"COALESCE({condition}, FALSE)" for condition in conditions) + ")"


def families() -> dict[str, Family]:
    """Every family in the registry, entities first: figures need their fiscal years."""
    classes: dict[str, list[type[Event]]] = {"entities": []}
    for cls in REGISTRY.values():
        classes.setdefault(cls.family, []).append(cls)
    return {name: Family(name, tuple(members), _columns(tuple(members))) for name, members in classes.items()}


@cache
def _columns(classes: tuple[type[Event], ...]) -> tuple[Column, ...]:
    columns: dict[str, Column] = {}
    for cls in classes:
        for name, field in cls.model_fields.items():
            if name in Event.model_fields:
                continue
            if name in _RESERVED:
                taken = "the tables have a column of that name already; name the field otherwise"
                raise TypeError(f"{cls.__name__}.{name}: {taken}")
            if name == "changes" and cls.amends is not None:
                column = _amended(cls.amends)
            else:
                try:
                    column = Column(name, *_type(field.annotation), _paths_in(cls, name))
                except TypeError as error:
                    raise TypeError(f"{cls.__name__}.{name}: {error}") from None
            known = columns.setdefault(name, column)
            if (known.type, known.shape) != (column.type, column.shape):
                raise TypeError(f"{cls.__name__}.{name} is of another type than in the rest of its family")
            columns[name] = replace(known, slugs=tuple(dict.fromkeys((*known.slugs, *column.slugs))))
    return tuple(columns.values())


def _amended(cls: type[Event]) -> Column:
    """The changes of an amendment: what may be amended of the class, as one STRUCT."""
    own = cls.amendable()
    shape = {name: _type(cls.model_fields[name].annotation)[1] for name in own}
    return Column("changes", "STRUCT", shape, tuple(path for path in ref_paths(cls) if path[0] in own))


def _paths_in(cls: type[Event], name: str) -> tuple[tuple[str, ...], ...]:
    return tuple(path[1:] for path in ref_paths(cls) if path[0] == name)


def _type(annotation: Any) -> tuple[str, Any]:
    """(DuckDB type, shape in JSON) of a field."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _type(get_args(annotation)[0])
    if origin is Literal or annotation is str:
        return "VARCHAR", "VARCHAR"
    if origin is dict:
        return "VARCHAR", "JSON"
    if origin is list:
        _, shape = _type(get_args(annotation)[0])
        return "LIST", [shape]
    options = [option for option in get_args(annotation) if option is not NoneType]
    if origin in (Union, UnionType) and len(options) == 1:
        return _type(options[0])
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "STRUCT", {name: _type(field.annotation)[1] for name, field in annotation.model_fields.items()}
    plain = {bool: ("BOOLEAN", "BOOLEAN"), int: ("BIGINT", "BIGINT"), UUID: ("UUID", "VARCHAR")}
    if annotation not in plain:
        raise TypeError(f"{annotation} is no type of a field: use those of ledger.events, a list of one, or a Part")
    return plain[annotation]


def _resolved(expression: str, shape: Any, paths: Iterable[tuple[str, ...]], depth: int = 0) -> str:
    """The expression with the slugs at the paths resolved."""
    paths = list(paths)
    if not paths:
        return expression
    if paths == [()]:
        return f"kept({expression})"
    if isinstance(shape, list):
        item = f"item{depth}"
        inner = _resolved(item, shape[0], [path[1:] for path in paths], depth + 1)
        return f"LIST_TRANSFORM({expression}, lambda {item}: {inner})"
    fields = []
    for name, inner_shape in shape.items():
        inside = [path[1:] for path in paths if path[0] == name]
        fields.append(f"'{name}': {_resolved(f'{expression}.{quoted(name)}', inner_shape, inside, depth)}")
    return f"CASE WHEN {expression} IS NOT NULL THEN {{{', '.join(fields)}}} END"


def _mentions(expression: str, path: tuple[str, ...]) -> str:
    """A condition: a slug at the path is in the list `$slugs`. `*` stands for each item of a list."""
    function = "LIST_HAS_ANY" if "*" in path else "LIST_CONTAINS"
    return f"{function}($slugs, {_named(expression, path)})"


def _named(expression: str, path: tuple[str, ...]) -> str:
    """The slug at a path, or a list of those at it where it goes through a list."""
    if "*" not in path:
        return _field(expression, path)
    place = path.index("*")
    return f"LIST_TRANSFORM({_field(expression, path[:place])}, lambda item: {_field('item', path[place + 1 :])})"


def _at(value: Any, path: Sequence[str]) -> Iterator[str]:
    """The texts at a path of a body; `*` stands for each item of a list."""
    if not path:
        if isinstance(value, str):
            yield value
    elif path[0] == "*":
        for item in value if isinstance(value, list) else ():
            yield from _at(item, path[1:])
    elif isinstance(value, Mapping):
        yield from _at(value.get(path[0]), path[1:])


def _replaced(value: Any, path: Sequence[str], kept: Mapping[str, str]) -> Any:
    """The value with other texts at a path of it."""
    if not path:
        return kept.get(value, value) if isinstance(value, str) else value
    if path[0] == "*":
        return [_replaced(item, path[1:], kept) for item in value] if isinstance(value, list) else value
    if not isinstance(value, Mapping) or path[0] not in value:
        return value
    return {**value, path[0]: _replaced(value[path[0]], path[1:], kept)}


def _field(expression: str, path: tuple[str, ...]) -> str:
    return ".".join((expression, *map(quoted, path)))
