"""The columns of a table of questions as texts, whatever types the table has.

A notebook has days as dates, a sheet years as numbers, a database instants with a time zone. All of them are said as
they would be in a query: `2024-06-30`, `2024`, `2024-06-30T09:30:00Z`. What could be meant in two ways is refused: an
instant without a time zone, unless the column is of days, each at midnight, as pandas has them.
"""

import difflib
import re
from collections.abc import Collection, Mapping

import pyarrow as pa
import pyarrow.compute as pc

from api.problems import Problem, questions_refused
from api.questions.question_dimensions import DIMENSIONS, OF_DIMENSION, DimensionsRefused, dimension_columns
from ledger.events import NAME_PATTERN
from projections import FIGURES, QUESTION_COLUMNS

LIKENESS_LEAST = 0.88
_CLOCKS = ("as_of", "recorded_as_of")
_COUNT = "publishers"
"""A column of a list of figures that is spelled almost like one that asks: how many publishers say something."""
_ASKS_ELSEWHERE = frozenset(
    ("effective_at", *(one.name for one in FIGURES.filters if one.column is None and one.name not in QUESTION_COLUMNS))
)
"""What chooses an answer of `/v1/figures`, is no column of it, and is not asked here."""


def question_texts(table: pa.Table) -> pa.Table:
    """The columns of a table that ask something, as texts; an empty text is none. Raises Problem."""
    names = table.column_names
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise refused_column(twice[0], "repeated", f"there are several columns {twice[0][:60]!r}: leave one")
    for name in names:
        if name != _COUNT or not _is_count(table[name]):
            _check_name(name)
    asked = [name for name in names if name in QUESTION_COLUMNS or name.startswith(OF_DIMENSION)]
    if "as_of" not in asked:
        raise refused_column("as_of", "missing", "there is no column as_of: say in each row what was known when")
    texts: dict[str, pa.ChunkedArray] = {name: _texts(name, table[name]) for name in asked}
    if DIMENSIONS in names:
        texts |= _dimensions(table[DIMENSIONS], texts)
    return pa.table(texts)


def refused_column(name: str, rule: str, detail: str) -> Problem:
    """A column that is not taken."""
    fault = {"pointer": f"/{name[:80]}", "rule": rule, "detail": detail}
    return questions_refused(detail, [fault], 1)


def _check_name(name: str) -> None:
    """A column that is only spelled almost like one that asks would be passed over, and the answer be another one."""
    if name in (*QUESTION_COLUMNS, DIMENSIONS):
        return
    if name in _ASKS_ELSEWHERE:
        detail = f"the column {name!r} asks nothing here, as it does in /v1/figures: leave it out, or call it otherwise"
        raise refused_column(name, "unknown_column", detail)
    if name.startswith(OF_DIMENSION):
        if not re.fullmatch(NAME_PATTERN, name.removeprefix(OF_DIMENSION)):
            raise refused_column(name, "unknown_column", f"{name[:80]!r} names no dimension: write dimension.basis")
        return
    spelled = re.sub(r"\W+", "_", name.strip().lower())
    if spelled.startswith(OF_DIMENSION.rstrip(".")):
        asks = OF_DIMENSION + (spelled.partition("_")[2] or "NAME")
        detail = f"the column {name[:80]!r} asks nothing: call it {asks[:80]}, or otherwise if it is no question"
        raise refused_column(name, "unknown_column", detail)
    if near := difflib.get_close_matches(spelled, QUESTION_COLUMNS, n=1, cutoff=LIKENESS_LEAST):
        detail = f"the column {name[:80]!r} asks nothing: call it {near[0]}, or otherwise if it is no question"
        raise refused_column(name, "unknown_column", detail)


def _is_count(column: pa.ChunkedArray) -> bool:
    try:
        column.cast(pa.int64())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return False
    return True


def _dimensions(column: pa.ChunkedArray, asked: Collection[str]) -> Mapping[str, pa.ChunkedArray]:
    """The columns that a column of JSON objects stands for."""
    try:
        made = dimension_columns(_texts(DIMENSIONS, column))
    except DimensionsRefused as error:
        raise refused_column(DIMENSIONS, "value", f"the column {DIMENSIONS}: {error}") from None
    if twice := sorted(made.keys() & set(asked)):
        raise refused_column(DIMENSIONS, "repeated", f"{twice[0][:80]} is asked in {DIMENSIONS} too: leave one")
    return made


def _texts(name: str, column: pa.ChunkedArray) -> pa.ChunkedArray:
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _texts(name, pa.chunked_array([part.dictionary_decode() for part in column.chunks], kind.value_type))
    if pa.types.is_null(kind):
        return column.cast(pa.string())
    if pa.types.is_floating(kind):
        column, kind = _whole(name, column), pa.int64()
    if pa.types.is_timestamp(kind) and name in _CLOCKS:
        return _instants(name, column)
    if pa.types.is_date(kind) and name in (*_CLOCKS, "period"):
        return column.cast(pa.date32()).cast(pa.string())
    if pa.types.is_integer(kind):
        return column.cast(pa.string())
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)):
        raise refused_column(name, "type", f"the column {name} is of {kind}: send texts")
    texts = column.cast(pa.string())
    if pc.any(pc.match_substring(texts, "\0")).as_py():
        raise refused_column(name, "value", f"the column {name} holds the character U+0000: leave it out")
    return pc.if_else(pc.equal(texts, ""), None, texts)


def _whole(name: str, column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Whole numbers that pandas keeps as floating-point numbers, since some rows have none."""
    try:
        return pc.if_else(pc.is_nan(column), None, column).cast(pa.int64())
    except pa.ArrowInvalid:
        raise refused_column(name, "type", f"the column {name} holds numbers that are not whole: send texts") from None


def _instants(name: str, column: pa.ChunkedArray) -> pa.ChunkedArray:
    zone = column.type.tz
    moments = column.cast(pa.timestamp("us", zone), safe=False)
    if zone is not None:
        return pc.strftime(moments.cast(pa.timestamp("us", "UTC")), "%Y-%m-%dT%H:%M:%SZ")
    of_day = pc.subtract(column, pc.floor_temporal(column, unit="day")).cast(pa.int64())
    if pc.any(pc.not_equal(of_day, 0)).as_py():
        detail = f"the column {name} has instants without a time zone: give it one, or send days"
        raise refused_column(name, "moment", detail)
    return moments.cast(pa.date32()).cast(pa.string())
