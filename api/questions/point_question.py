"""Point-in-time questions: a table comes in, and comes out with what was known at the moment that each row names.

Example: a row (`subject` lynas-rare-earths, `metric` production, `period` 2025-Q2, `as_of` 2025-09-30) gets the columns
`value`, `unit`, `publisher` and so on, as `GET /v1/figures` with these words would have answered it. All other columns
come back as they were. Where the table has a column of an answer's name already, that of the answer is called
`answer_value`, and so on.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from api.problems import Problem, bad_parameter
from api.questions.page import ONCE, TYPED, Page, viewpoint_of
from api.questions.parameters import FORMAT, LIMIT_MAX, RECORDED_AS_OF, SAFE, Parameter
from api.questions.question_texts import question_texts
from api.questions.unit_conversion import CONVERSION, UNIT, conversion_of
from api.settings import ASOF_ROWS
from projections import Inquiry, Kind

FORMS = ("json", "jsonl", "csv", "parquet", "arrow")
LEDGER = Parameter(
    RECORDED_AS_OF.name,
    "The ledger as it was then, for rows that say nothing of its clock; no row is answered from a later one. A year, "
    "month, day, instant, or `position:N`. Default: now.",
)
PARAMETERS = (
    LEDGER,
    *CONVERSION,
    Parameter(
        FORMAT.name,
        "How the table comes back; else the `Accept` header decides.",
        schema={"type": "string", "enum": list(FORMS)},
    ),
    SAFE,
)
EXAMPLE = [
    {"subject": "china", "metric": "rare_earth_mining_quota", "period": "2023", "as_of": "2023-06-30"},
    {"subject": "china", "metric": "rare_earth_mining_quota", "period": "2023", "as_of": "2024-06-30"},
]
BESIDE = "answer_"
_DECIMAL = "canonical_value"


class AnsweredTable(NamedTuple):
    """A table with its answers, `names` being what each column of an answer is called in it; and the basis of all."""

    table: pa.Table
    names: Mapping[str, str]
    basis: dict[str, Any]


def answered_table(engine: Inquiry, table: pa.Table, parameters: Mapping[str, str]) -> AnsweredTable:
    """The table, in its order, with the answers to its rows in further columns. Raises Problem, QuestionsRefused."""
    rows_max = ASOF_ROWS.value()
    if len(table) > rows_max:
        detail = f"{len(table):,} rows are more than the {rows_max:,} that are answered at once ({ASOF_ROWS.variable})"
        raise Problem(422, "questions-refused", f"{detail}: send them in several tables.")
    from projections.audit import answered_points

    texts = question_texts(table)
    conversion = conversion_of(parameters)
    clocks = {name: parameters[name] for name in (LEDGER.name,) if name in parameters}
    viewpoint = viewpoint_of(engine, clocks)
    answers = answered_points(engine, texts, viewpoint)
    if conversion is not None:
        units = pc.unique(answers["canonical_unit"].drop_null()).to_pylist()
        if units and conversion.unit.canonical not in units:
            detail = f"unit: none of these figures can be shown in {conversion.unit.name}"
            raise bad_parameter(UNIT.name, "unit", detail)
        converted = conversion.of(answers)
        answers = converted if isinstance(converted, pa.Table) else answers
    names = _names(table.column_names, answers.column_names)
    columns = [*table.columns, *answers.columns]
    return AnsweredTable(pa.table(columns, names=[*table.column_names, *names.values()]), names, viewpoint.basis())


def _names(taken: list[str], wanted: list[str]) -> dict[str, str]:
    names: dict[str, str] = {}
    for name in wanted:
        ours = name
        while ours in taken:
            ours = BESIDE + ours
        names[name] = ours
    return names


def point_page(engine: Inquiry, table: pa.Table, parameters: Mapping[str, str]) -> Page:
    """The same as a page, in the format that the parameters name. Raises Problem, QuestionsRefused."""
    form = parameters.get("format", "json")
    if form == "json" and len(table) > LIMIT_MAX:
        detail = f"JSON holds {LIMIT_MAX:,} rows: ask for jsonl, csv, parquet or arrow, or send fewer"
        raise bad_parameter("format", "rows", detail)
    answered = answered_table(engine, table, parameters)
    items = answered.table if form in TYPED else _shown(answered.table)
    kinds = {answered.names[_DECIMAL]: Kind.DECIMAL}
    return Page(items, answered.basis, None, ONCE, kinds=kinds)


def _shown(table: pa.Table) -> pa.Table:
    """The table as formats of texts have it: days and instants as ISO 8601, decimals without zeros behind them."""
    return pa.table([_column(one) for one in table.columns], names=table.column_names)


def _column(column: pa.ChunkedArray) -> pa.ChunkedArray:
    kind = column.type
    if pa.types.is_decimal(kind):
        texts = [None if one is None else _plain(format(one, "f")) for one in column.to_pylist()]
        return pa.chunked_array([pa.array(texts, pa.string())])
    if pa.types.is_timestamp(kind):
        moments = column.cast(pa.timestamp("us", kind.tz), safe=False)
        if kind.tz is not None:
            moments = moments.cast(pa.timestamp("us", "UTC"))
        return pc.strftime(moments, f"%Y-%m-%dT%H:%M:%S{'Z' if kind.tz is not None else ''}")
    if pa.types.is_date(kind) or pa.types.is_null(kind):
        return column.cast(pa.string())
    return column


def _plain(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text
