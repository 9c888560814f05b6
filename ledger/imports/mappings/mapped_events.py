"""Mapped events: what the rows of a table say, once a mapping has told what its columns are."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ledger.errors import Violation
from ledger.events.base import REGISTRY
from ledger.imports.mappings.cell_values import CellError, statement_of
from ledger.imports.mappings.multipliers import multiply
from ledger.imports.mappings.patterns import TEXT_LENGTH_MAX
from ledger.imports.mappings.sheet_layout import Ranges, counted
from ledger.imports.mappings.table_mapping import TIMES, MappedField, MappedValue, MappingError, TableMapping
from ledger.imports.mappings.table_rows import TableRow
from ledger.imports.mappings.wanted_rows import WantedRows
from ledger.imports.registrations import Kinds, kind_of
from ledger.imports.rows import Row, faulty
from ledger.values.slugs import slug_for

NUMBERS = ("expected_version",)
STATED = (("value",), ("low",), ("high",))
COLUMNS_SHOWN = 30


class _NoEvent(Exception):
    """The mapping makes no event of this."""


@dataclass(frozen=True)
class _Melted:
    """A column that holds values, the parts of its name, and the fields that are its own."""

    place: int
    column: str
    parts: Mapping[str, str]
    fields: Sequence[MappedField]
    reads: frozenset[int]
    """The places of the columns that its own fields look at, and its own."""


@dataclass
class MappedEvents:
    """Makes events of the rows of one table. `names` gives the slug of a name, an alias or an identifier in small
    letters; `unknown` counts what it does not know. Raises MappingError where the mapping does not fit the columns.
    """

    mapping: TableMapping
    columns: Sequence[str]
    names: dict[str, str]
    unknown: dict[str, int] = field(default_factory=dict)
    register: Kinds | None = None
    """What unknown names are registered as; None where they are not."""

    def __post_init__(self) -> None:
        self._new: list[dict[str, Any]] = []
        """The registrations that come before the event that is being made."""
        self._places = {name: place for place, name in enumerate(self.columns)}
        if len(self._places) < len(self.columns):
            twice = next(name for name in self.columns if self.columns.count(name) > 1)
            raise MappingError(f"two columns are called {twice[:80]!r}: rename one, or set [table] header_rows")
        self._melted = [one for value in self.mapping.values for one in self._matches(value)]
        if self.mapping.values and not self._melted:
            patterns = " or ".join(repr(value.columns.pattern) for value in self.mapping.values[:3])
            raise MappingError(f"value.columns: no column matches {patterns}; {self._known()}")
        parts = {part for value in self.mapping.values for part in value.columns.groupindex}
        own = (one for value in self.mapping.values for one in value.fields)
        fields = (*self.mapping.fields, *own)
        for one in fields:
            self._check(one, parts)
        self._wanted = WantedRows(self.mapping.table, self._places, self._known())
        names = {name for one in fields for name in one.columns}
        of_all = {self._places[name] for one in self.mapping.fields for name in one.columns if name in self._places}
        self._of_all = of_all | self._wanted.places
        """The places of the columns that all events of a row are made of."""
        self._read = [(name, self._places[name]) for name in names if name in self._places]
        self._said = {**dict.fromkeys(parts, ""), **self.mapping.parameters}
        """What stands in braces beside columns: a part that the pattern of a column does not have is empty."""
        stated = (one for one in fields if one.path in STATED)
        self._value_places = {one.place for one in self._melted}
        self._value_places |= {self._places[name] for one in stated for name in one.columns if name in self._places}
        self._wanted.values = self._value_places
        self._silent: dict[str, int] = {}
        """How many cells made no event as their code stands for nothing."""
        self._unlisted: dict[str, int] = {}
        """How many made none as a field takes only what it lists."""
        self._filled: dict[str, Ranges] = {}
        """The merged cells whose text stands for each of their rows, by column."""
        self._used = {place for _, place in self._read} | {one.place for one in self._melted} | self._wanted.places

    def rows(self, table: Iterable[TableRow]) -> Iterator[Row]:
        """The events of the rows, or why there are none."""
        for number, cells, fault, faults, _ in self._wanted.of(map(self._unmerged, table)):
            if fault is not None:
                yield faulty(number, "malformed_cell", fault)
            elif faults:
                yield from self._readable(number, cells, faults)
            elif any(cells):
                yield from self._events(number, cells)

    def _unmerged(self, row: TableRow) -> TableRow:
        """The row with what merged cells say in its columns of keys; where they hold a value, nobody knows of which row
        or column that is.
        """
        if not row.merged:
            return row
        cells, faults = list(row.cells), dict(row.faults)
        for place, merged in row.merged.items():
            if place in self._value_places:
                if merged.first in self._value_places or not merged.is_across:
                    faults[place] = f"the cells {merged.cells} are merged: unmerge them, and type each value"
                    cells[place] = ""
            elif place in self._used and place < len(cells):
                cells[place] = merged.text
                if merged.fault is not None:
                    faults[place] = merged.fault
                self._filled.setdefault(self.columns[place], Ranges()).add(merged.cells)
        return row._replace(cells=cells, faults=faults)

    def _readable(self, number: int, cells: Sequence[str], faults: Mapping[int, str]) -> Iterator[Row]:
        """The events of a row some cells of which cannot be read: only what these are needed for is lost."""
        of_all = next((place for place in faults if place in self._of_all), None)
        lost: list[int] = []
        left = list(cells)
        for one in self._melted:
            place = next((place for place in one.reads if place in faults), of_all)
            if place is not None and (cells[one.place].strip() or one.place in faults):
                lost.append(place)
                left[one.place] = ""
        if of_all is not None and not lost:
            lost.append(of_all)
        for place in lost:
            yield faulty(number, "malformed_cell", faults[place], column=self.columns[place])
        if of_all is None:
            yield from self._events(number, left)

    def _events(self, number: int, cells: Sequence[str]) -> Iterator[Row]:
        # Only what fields look at: of a wide row, each of its events costs as much as it says.
        row = {**self._said, **{name: cells[place] for name, place in self._read}}
        if not self.mapping.values:
            yield from self._event(number, row, self.mapping.fields, None, "")
        for one in self._melted:
            text = cells[one.place].strip()
            if text:
                yield from self._event(number, {**row, **one.parts}, (*self.mapping.fields, *one.fields), one, text)

    def _event(
        self, number: int, row: Mapping[str, str], fields: Sequence[MappedField], melted: _Melted | None, text: str
    ) -> Iterator[Row]:
        sent: dict[str, Any] = {}
        printed: list[str] = []
        self._new = []
        faults: list[Violation] = []
        try:
            if melted is not None:
                try:
                    stated = statement_of(text, self.mapping.separators, self.mapping.symbols)
                except CellError as error:
                    faults.append(self._fault(error, None, melted))
                    stated = {}
                if stated is None:
                    self._silent[text] = self._silent.get(text, 0) + 1
                    return
                sent |= stated
                printed.append(text)
            for one in fields:
                try:
                    self._put(sent, one, row, printed)
                except CellError as error:
                    faults.append(self._fault(error, one, melted))
            try:
                if (times := sent.pop("times", None)) is not None and not faults:
                    multiply(sent, times, printed)
            except CellError as error:
                faults.append(self._fault(error, None, melted))
        except _NoEvent:
            return
        if faults:
            for registration in self._new:  # which the row does not make, so that a later one does
                for name in (registration["name"].casefold(), registration["entity"]):
                    self.names.pop(name, None)
            yield Row(number, None, faults[0], tuple(faults[1:]))
            return
        for registration in self._new:
            yield Row(number, registration, None)
        yield Row(number, sent, None)

    def _fault(self, error: CellError, at: MappedField | None, melted: _Melted | None) -> Violation:
        path = () if melted is None else (self._column_of(at, melted),)
        return Violation(path, "mapping", str(error))

    def _column_of(self, at: MappedField | None, melted: _Melted) -> str:
        """The column that is at fault: the one that the field reads, so that what is wrong in it is one fault for all
        columns of values; else that of the value.
        """
        if at is None or any(name in melted.parts for name in at.columns):
            return melted.column
        return next((name for name in at.columns if name in self._places), melted.column)

    def _put(self, sent: dict[str, Any], one: MappedField, row: Mapping[str, str], printed: list[str]) -> None:
        text = one.filled(row)
        if one.replace and len(text) > TEXT_LENGTH_MAX:
            raise CellError(f"the text has {len(text)} characters, and patterns are held against {TEXT_LENGTH_MAX}")
        for pattern, by in one.replace:
            if pattern.search(text):
                text = pattern.sub(by, text)
                break
        if text in one.values:
            text = one.values[text]
        elif one.only:
            path = ".".join(one.path)
            self._unlisted[path] = self._unlisted.get(path, 0) + 1
            raise _NoEvent
        elif one.names and text:
            slug = self.names.get(text.casefold()) or self._registered(text, one.path)
            if slug is None:
                self.unknown[text] = self.unknown.get(text, 0) + 1
                way = f"or let the import register it: register={self._kind_of(one.path)}"
                if not slug_for(text):
                    way = "for no slug can be made of a name without letters from a to z"
                raise CellError(
                    f"no registered entity is called {text[:80]!r}: say in the mapping which slug that is "
                    f"({'.'.join(one.path)}.values), {way}"
                )
            text = slug
        value: Any = text
        if one.path in STATED:
            stated = statement_of(text, self.mapping.separators, self.mapping.symbols)
            if stated is None:
                if text:
                    self._silent[text] = self._silent.get(text, 0) + 1
                raise _NoEvent
            printed.append(text)
            sent.update({**stated, **({} if one.path == ("value",) else {one.path[0]: stated.get("value")})})
            return
        if text == "":
            if one.path == TIMES:
                sent.pop("times", None)
            return
        if one.path[-1] in ("approximate", "binding") and text in ("true", "false"):
            value = text == "true"
        elif one.path[-1] in NUMBERS and text.isdecimal():
            value = int(text)
        inside = sent
        for name in one.path[:-1]:
            inside = inside.setdefault(name, {})
        inside[one.path[-1]] = value

    @staticmethod
    def _kind_of(path: Sequence[str]) -> str:
        return kind_of(path, "country") + ("" if kind_of(path, "") else ", or what it is")

    def _registered(self, name: str, path: Sequence[str]) -> str | None:
        """The slug of a name that is registered with the event, where the import was told to do so."""
        slug = slug_for(name)
        if self.register is None or not slug:
            return None
        if slug in self.names:  # another spelling of the same letters
            return self.names[slug]
        self._new.append(
            {"type": "EntityRegistered", "entity": slug, "kind": self.register.of(slug, path), "name": name}
        )
        self.names[name.casefold()] = self.names[slug] = slug
        return slug

    def notes(self) -> list[str]:
        """What is to be said of the table as a whole, once its rows were read."""
        return [*self._multiplied(), *self._of_merged(), *self._wanted.notes(), *self._left_out()]

    def _left_out(self) -> Iterator[str]:
        """Which cells of wanted rows make no event."""
        for code, count in self._silent.items():
            yield f"{counted(count, 'cell')} with {code[:40]!r} made no event: by [symbols] it stands for nothing"
        for path, count in self._unlisted.items():
            yield f"{counted(count, 'figure')} made no event: {path} takes only what its values list"

    def _of_merged(self) -> Iterator[str]:
        """Which merged cells were read as if each of their rows said what they say."""
        for column, ranges in self._filled.items():
            yield f"In {column[:40]} each row of merged cells has what they say: {ranges}"

    def _multiplied(self) -> Iterator[str]:
        """Which columns were multiplied, and by what."""
        common = next((one for one in self.mapping.fields if one.path == TIMES), None)
        columns: dict[str, list[str]] = {}
        for melted in self._melted:
            own = next((one for one in melted.fields if one.path == TIMES), common)
            if own is not None:
                columns.setdefault(own.shown, []).append(melted.column)
        if not self._melted and common is not None:
            columns[common.shown] = ["value"]
        for times, names in columns.items():
            shown = ", ".join(name[:40] for name in names[:COLUMNS_SHOWN])
            more = f" and {len(names) - COLUMNS_SHOWN} more" if len(names) > COLUMNS_SHOWN else ""
            yield (
                f"The mapping {self.mapping.name} multiplies by {times} the numbers in {shown}{more}; as printed they "
                "stay in the events' notes"
            )

    @property
    def unused(self) -> list[str]:
        """The columns that the mapping takes nothing from."""
        return [name for place, name in enumerate(self.columns) if place not in self._used]

    def _matches(self, value: MappedValue) -> Iterator[_Melted]:
        pattern, fields = value.columns, value.fields
        reads = frozenset(self._places[name] for one in fields for name in one.columns if name in self._places)
        found = False
        for place, column in enumerate(self.columns):
            if len(column) <= TEXT_LENGTH_MAX and (match := pattern.fullmatch(column)) is not None:
                found = True
                yield _Melted(
                    place, column, {k: v or "" for k, v in match.groupdict().items()}, fields, reads | {place}
                )
        if not found and not value.optional:
            raise MappingError(f"value.columns: no column matches {pattern.pattern!r}; {self._known()}")

    def _check(self, one: MappedField, parts: set[str]) -> None:
        for name in one.columns:
            if name not in self._places and name not in parts and name not in self.mapping.parameters:
                raise MappingError(f"{'.'.join(one.path)}: there is no column {name!r}; {self._known()}")
        if one.path == ("type",) and not one.columns and one.filled({}) not in REGISTRY:
            raise MappingError(f"type: there is no event type {one.filled({})[:80]!r}")

    def _known(self) -> str:
        listed = ", ".join(repr(name[:40]) for name in self.columns[:30])
        return f"the columns are {listed}" + (" and more" if len(self.columns) > 30 else "")
