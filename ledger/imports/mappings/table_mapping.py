r"""Table mappings: a file that says how the rows of a table become events.

    name = "mine-production-wide"
    version = 1

    [table]
    thousands = ","

    [symbols]
    W = "withheld"
    NA = "not_available"

    [event]
    type = "ProductionReported"
    metric = "mine_production"
    subject = { from = "{Country}", names = true }
    unit = "t"
    published_at = "2025-01-31"
    source = { publisher = "usgs", edition = "{Source}" }

    [[value]]
    columns = "Prod_t_(?P<year>[0-9]{4})"
    period = "{year}"

Each `[[value]]` makes an event of each column that its pattern matches, where the cell holds something: so years across
become rows, and a row may have several figures; one with `optional = true` may find no column. A field of `[event]`, or
of a `[[value]]` beside `columns`, is a text with the names of columns, and of the parts of a pattern, in braces; or a
table:

- `from`: such a text;
- `replace`: pairs of a pattern and what stands for it, tried in turn until one matches:
  `[["^(.*)-S([12])$", '\1-H\2']]`;
- `values`: what texts stand for: `{ "World total (rounded)" = "world" }`;
- `names`: true, where the text is a name, an alias, an ISO code or another identifier of a registered entity;
- `only`: true, where a text that `values` does not know makes no event.

- `times`, beside the unit: what printed numbers are multiplied by (`ledger.imports.mappings.multipliers`):
  `unit = "USD/lb"`, `times = "0.01"` for cents per pound.

Which rows are left out, and what blank cells mean, is in `ledger.imports.mappings.wanted_rows`.

A mapping without `[[value]]` makes one event of each row. `[parameters]` names what is said when it is used (`--set
metric=mine_production`), with what it is else; one that is `` else must be said. They stand in braces like columns.
"""

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from string import Formatter
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from ledger.imports.mappings.cell_values import SYMBOLS, Separators, statement_of
from ledger.imports.mappings.multipliers import multiplier
from ledger.imports.mappings.patterns import compiled

TIMES = ("times",)
"""The place of a multiplier, which is no field of events."""
NAME = re.compile(r"^[a-z][a-z0-9-]{0,79}$")


class MappingError(ValueError):
    """A mapping cannot be, or does not fit its table: its text says why, and what to do."""


def _is_pattern(text: str) -> str:
    compiled(text)
    return text


PatternText = Annotated[str, AfterValidator(_is_pattern)]
_TIMES: dict[str, Any] = {
    "description": "What printed numbers are multiplied by to be in the unit that is named: an exact decimal above 0, "
    '`"0.01"` for cents, or columns that hold one. Symbols are not multiplied; what was printed stays in the note.',
    "type": ["string", "integer", "object"],
}


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid")


class TableForm(_Form):
    """How the table is written."""

    delimiter: str | None = None
    encoding: str | None = None
    encoding_else: str | None = None
    """The encoding of a table that is not in UTF-8, where the source has only one other."""
    skip_rows: int = Field(default=0, ge=0, le=1000)
    header_rows: int = Field(default=1, ge=1, le=10)
    decimal: str = "."
    thousands: str = ""
    sheet: str | None = None
    skip: dict[str, list[str]] = {}
    """Rows that are left out: by column, the texts of a cell that say so."""
    skip_rows_where: dict[str, PatternText] = {}
    """Rows that are left out: by column, a pattern that the cell matches."""
    fill_down: list[str] = []
    """Columns in which a blank cell means the one above it."""
    until: PatternText | None = None
    """The table ends before the first row whose first text matches this."""
    footnotes: PatternText | None = None
    """What matches this is taken out of every cell."""
    hidden: bool = True
    """Whether the hidden rows and columns of a sheet are read."""


class FieldForm(_Form):
    """Where a field of an event comes from."""

    source: str = Field(alias="from")
    replace: list[tuple[str, str]] = []
    values: dict[str, str] = {}
    names: bool = False
    only: bool = False


_VALUE: dict[str, Any] = {
    "type": "object",
    "required": ["columns"],
    "properties": {"columns": {"type": "string"}, "optional": {"type": "boolean"}, "times": _TIMES},
}


class _MappingForm(_Form):
    name: str
    version: int = Field(1, ge=1)
    about: str = ""
    parameters: dict[str, str] = {}
    table: TableForm = TableForm()
    symbols: dict[str, str] = {}
    document: Literal["epcis"] | None = None
    """What kind of document is read instead of a table, by a mapping that comes with the program."""
    event: dict[str, Any] | None = Field(default=None, json_schema_extra={"properties": {"times": _TIMES}})
    value: list[dict[str, Any]] = Field(default=[], json_schema_extra={"items": _VALUE})


@dataclass(frozen=True)
class MappedField:
    """One field of an event, by its dotted path."""

    path: tuple[str, ...]
    template: tuple[tuple[str, str | None], ...]
    """Texts, and after each the name in braces that follows it."""
    replace: tuple[tuple[re.Pattern[str], str], ...] = ()
    values: Mapping[str, str] = field(default_factory=dict)
    names: bool = False
    only: bool = False

    @property
    def columns(self) -> list[str]:
        """The names in braces."""
        return [name for _, name in self.template if name is not None]

    @property
    def shown(self) -> str:
        """The text as the mapping has it."""
        return "".join(text if name is None else f"{text}{{{name}}}" for text, name in self.template)

    def filled(self, row: Mapping[str, str]) -> str:
        """The text with what a row has under these names."""
        return "".join(text if name is None else text + row[name] for text, name in self.template).strip()


@dataclass(frozen=True)
class MappedValue:
    """The columns that hold values, and the fields that events of them have beside those of all."""

    columns: re.Pattern[str]
    fields: tuple[MappedField, ...]
    optional: bool = False
    """Whether a table may lack such columns, as long as it has those of another value."""


@dataclass(frozen=True)
class TableMapping:
    """A mapping that was read and is sound in itself."""

    name: str
    version: int
    about: str
    parameters: Mapping[str, str]
    table: TableForm
    separators: Separators
    symbols: Mapping[str, str]
    fields: tuple[MappedField, ...]
    values: tuple[MappedValue, ...]
    document: str | None = None
    """What kind of document it reads instead of a table."""


def read_mapping(path: Path) -> TableMapping:
    """The mapping in a TOML or JSON file. Raises MappingError."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise MappingError(f"cannot read {path}: {error.strerror}") from None
    return parse_mapping(raw, is_json=path.suffix.lower() == ".json")


def parse_mapping(raw: bytes, *, is_json: bool = False) -> TableMapping:
    """The mapping that a text holds. Raises MappingError."""
    try:
        said = json.loads(raw) if is_json else tomllib.loads(raw.decode())
    except (ValueError, RecursionError) as error:
        raise MappingError(f"the mapping is no {'JSON' if is_json else 'TOML'}: {error}") from None
    try:
        form = _MappingForm.model_validate(said)
        if form.event is None and form.document is None:
            raise MappingError("event: a mapping says in [event] what its rows become")
        return TableMapping(
            _name(form.name),
            form.version,
            form.about,
            form.parameters,
            form.table,
            Separators(form.table.decimal, form.table.thousands),
            _symbols(form.symbols),
            tuple(_fields(form.event or {})),
            tuple(_value(one) for one in form.value),
            form.document,
        )
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the mapping"
        raise MappingError(f"{where}: {str(first['msg']).removeprefix('Value error, ')}") from None
    except MappingError:
        raise
    except ValueError as error:
        raise MappingError(str(error)) from None


def schema() -> dict[str, Any]:
    """The JSON Schema of a mapping."""
    return _MappingForm.model_json_schema(by_alias=True)


def _name(text: str) -> str:
    if not NAME.match(text):
        raise MappingError(f"name: {text[:80]!r} is no name: small letters, digits and hyphens, a letter first")
    return text


def _symbols(said: Mapping[str, str]) -> Mapping[str, str]:
    for code, stands_for in said.items():
        if stands_for and stands_for not in SYMBOLS:
            try:
                statement_of(stands_for, Separators(), {})
            except ValueError:
                known = ", ".join(SYMBOLS)
                raise MappingError(
                    f"symbols.{code}: {stands_for!r} is neither one of {known}, nor a number or a bound (`<0.5`), "
                    "nor '' for nothing"
                ) from None
    return said


def _value(said: dict[str, Any]) -> MappedValue:
    columns, optional = said.get("columns"), said.get("optional", False)
    if not isinstance(columns, str):
        raise MappingError("value.columns: a [[value]] needs the pattern of its columns")
    if not isinstance(optional, bool):
        raise MappingError("value.optional: true or false")
    fields = {name: one for name, one in said.items() if name not in ("columns", "optional")}
    return MappedValue(_pattern(columns), tuple(_fields(fields)), optional)


def _fields(said: Mapping[str, Any], path: Sequence[str] = ()) -> list[MappedField]:
    fields: list[MappedField] = []
    for name, one in said.items():
        here = (*path, *name.split("."))
        if isinstance(one, dict) and "from" not in one:
            fields += _fields(one, here)
        elif isinstance(one, dict):
            form = FieldForm.model_validate(one)
            replace = tuple((_pattern(pattern), by) for pattern, by in form.replace)
            template = _template(form.source, here)
            fields.append(_checked(MappedField(here, template, replace, form.values, form.names, form.only)))
        elif isinstance(one, bool | int | str):
            text = str(one).lower() if isinstance(one, bool) else str(one)
            fields.append(_checked(MappedField(here, _template(text, here))))
        elif isinstance(one, float):
            raise MappingError(f"{'.'.join(here)}: write {one!r} in quotes, as it is to be taken exactly")
        else:
            raise MappingError(f"{'.'.join(here)}: {one!r} is no text, number or table")
    return fields


def _checked(one: MappedField) -> MappedField:
    """The field, whose multipliers, where it says any, are some. Raises CellError."""
    if one.path == TIMES:
        for text in (*one.values.values(), *(() if one.columns or one.values else (one.filled({}),))):
            multiplier(text)
    return one


def _template(text: str, path: Sequence[str]) -> tuple[tuple[str, str | None], ...]:
    try:
        parts = list(Formatter().parse(text))
    except ValueError as error:
        raise MappingError(f"{'.'.join(path)}: {text[:80]!r}: {error}") from None
    if any(spec or conversion for _, name, spec, conversion in parts if name is not None):
        raise MappingError(f"{'.'.join(path)}: in braces stands the name of a column and nothing else")
    return tuple((literal, name) for literal, name, _, _ in parts)


def with_parameters(mapping: TableMapping, said: Mapping[str, str], *, hidden: bool = True) -> TableMapping:
    """The mapping with what its parameters are, and where not `hidden`, leaving hidden rows and columns out. Raises
    MappingError for a parameter that is unknown, or not said.
    """
    for name in said:
        if name not in mapping.parameters:
            known = ", ".join(mapping.parameters) or "none"
            raise MappingError(f"the mapping {mapping.name} has no parameter {name[:80]!r}; it has {known}")
    parameters = {**mapping.parameters, **said}
    for name, value in parameters.items():
        if value == "":
            raise MappingError(f"say what {name} is: --set {name}=…, over HTTP set.{name}=…")
    table = mapping.table if hidden else mapping.table.model_copy(update={"hidden": False})
    return replace(mapping, parameters=parameters, table=table)


def _pattern(text: str) -> re.Pattern[str]:
    try:
        return compiled(text)
    except ValueError as error:
        raise MappingError(str(error)) from None
