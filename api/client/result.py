"""A result: the answer to one question, in whatever form it is wanted.

Its first page comes when the question is asked, so that what is wrong with the question is said at once. What is
further is read when it is wanted, from the same viewpoint: however the ledger grows meanwhile, every form of one result
has the same rows.
"""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

from api.client.data_frames import pandas_frame, polars_frame
from api.client.door import Door, FirstRows, Parameters, Row, SqlRows
from api.client.door_errors import BookError, Refusal
from api.client.shown_rows import as_html, as_text
from api.client.typed_rows import typed_rows

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

FIRST_ROWS = 1000
"""So many rows come with the question itself."""
RECEIPT_ROWS_MAX = 10_000
SHOWN_ROWS = 10
END_OF_DAY = "T23:59:59.999999Z"


class Source(Protocol):
    """Where the rows of a result come from."""

    title: str
    basis: Mapping[str, Any]
    members: Mapping[str, Any]

    @property
    def is_cut(self) -> bool:
        """Whether a limit left rows out."""

    def count(self) -> int:
        """How many rows there are."""

    def rows(self) -> list[Row]:
        """The rows, numbers and dates as such."""

    def first_rows(self, count: int) -> list[Row]:
        """Some of them, as they are shown."""

    def table(self) -> "pa.Table":
        """The rows as a table."""

    def receipt(self) -> dict[str, Any]:
        """A signed receipt."""


class Result:
    """The answer to a question: rows, and what they rest on.

    `df()` is a data frame of pandas, `pl()` one of polars, `arrow()` a table, `rows()` a list of dictionaries. `basis`
    says from which viewpoint, and from which state of the log, the answer was made; `receipt` proves it.

    >>> then = book.as_of("2024-06-30")
    >>> answer = then.figures(subject="world", metric="mine_production", publisher="usgs", period="2023")
    >>> [(row["value"], row["canonical_value"], row["period_end"]) for row in answer]
    [('350000', Decimal('350000'), datetime.date(2023, 12, 31))]
    >>> answer.df()["canonical_value"].to_list(), answer.pl(exact=True)["canonical_value"].to_list()
    ([350000.0], [Decimal('350000.000000000000000000')])
    >>> len(answer), answer.is_cut, answer.basis["as_of"]
    (1, False, '2024-06-30T23:59:59.999999Z')
    """

    def __init__(self, source: Source) -> None:
        self._source = source

    def rows(self) -> list[dict[str, Any]]:
        """The rows as dictionaries: numbers exact (Decimal), days and instants as such, lists and objects as such."""
        return self._source.rows()

    def df(self, *, exact: bool = False) -> "pd.DataFrame":
        """The rows as a data frame of pandas, numbers as floating-point numbers; `exact` gives Decimal instead.

        What a source printed stays a text (`value`); the number to calculate with is beside it (`canonical_value`).
        Raises MissingLibrary where pandas is not installed.
        """
        return pandas_frame(self._source.table(), exact=exact)

    def pl(self, *, exact: bool = False) -> "pl.DataFrame":
        """The rows as a data frame of polars; see `df`. Raises MissingLibrary where polars is not installed."""
        return polars_frame(self._source.table(), exact=exact)

    def arrow(self) -> "pa.Table":
        """The rows as a table of Arrow, numbers exact: decimal128(38, 18)."""
        return self._source.table()

    @property
    def basis(self) -> dict[str, Any]:
        """What the answer was made from: the viewpoint, the position of the log, the root over all events up to it."""
        return dict(self._source.basis)

    @property
    def members(self) -> dict[str, Any]:
        """What the answer says beside its rows: a `summary`, how names were taken (`resolved`), hints."""
        return dict(self._source.members)

    @property
    def is_cut(self) -> bool:
        """Whether `limit` left rows out."""
        return self._source.is_cut

    @cached_property
    def receipt(self) -> dict[str, Any]:
        """A signed receipt: the question, the hash of the answer, and the events that decided it with their proofs.

        Raises BookError where the answer is too long for one.
        """
        return self._source.receipt()

    def __len__(self) -> int:
        return self._source.count()

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self.rows())

    def __bool__(self) -> bool:
        """True, also for a result without rows: ask `len` whether there are any."""
        return True

    def __repr__(self) -> str:
        return as_text(self._title(), self._source.first_rows(SHOWN_ROWS), len(self), said=self._said())

    def _repr_html_(self) -> str:
        return as_html(self._title(), self._source.first_rows(SHOWN_ROWS), len(self), said=self._said())

    def _said(self) -> list[str]:
        """How names in the question were taken, and which of them name nothing."""
        from api.questions.name_hints import name_lines

        return list(name_lines(self._source.members))

    def _title(self) -> str:
        sides = [self._source.basis[side] for side in ("from", "to") if side in self._source.basis]
        said = " to ".join(str(one["as_of"]).removesuffix(END_OF_DAY) for one in sides or [self._source.basis])
        rows = f"{len(self):,} {'row' if len(self) == 1 else 'rows'}{', cut by the limit' if self.is_cut else ''}"
        return f"{self._source.title}, as of {said}: {rows}"


class Answer:
    """The answer to a question of the API."""

    def __init__(self, door: Door, path: str, parameters: Parameters, limit: int | None) -> None:
        from api.questions.asked_paths import question_at

        self.title = path.removeprefix("/v1/")
        self._door, self._path = door, path
        self._question = question_at(path)
        self._takes_limit = self._question is None or any(one.name == "limit" for one in self._question.known)
        self._limit = limit if self._takes_limit else None
        self._parameters = {**parameters, **({} if self._limit is None else {"limit": str(self._limit)})}
        self._first: FirstRows = door.first(path, self._parameters, rows=FIRST_ROWS if self._takes_limit else None)
        self.basis: Mapping[str, Any] = self._first.basis
        self.members: Mapping[str, Any] = self._first.members
        self._is_whole = self._first.is_all or self._limit is not None

    @property
    def is_cut(self) -> bool:
        """Whether a limit left rows out."""
        return self._limit is not None and not self._first.is_all

    def count(self) -> int:
        """How many rows there are; where they did not come with the question, the table knows."""
        return len(self._first.rows) if self._is_whole else self.table().num_rows

    def first_rows(self, count: int) -> list[Row]:
        """Some rows, as they are shown."""
        return self._first.rows[:count]

    def table(self) -> "pa.Table":
        """The rows as a table."""
        return self._table

    def rows(self) -> list[Row]:
        """The rows, with the types that the table has."""
        rows = self._first.rows if self._is_whole else list(self._door.rows(self._path, self._pinned))
        return typed_rows(rows, self._types)

    def receipt(self) -> dict[str, Any]:
        """A signed receipt of all rows. Raises BookError."""
        if not self._is_whole and self.count() > RECEIPT_ROWS_MAX:
            raise BookError(f"A receipt is of {RECEIPT_ROWS_MAX:,} rows at most: ask for fewer, by filters or a limit.")
        page = self._door.page(self._path, {**self._paged(self._pinned, RECEIPT_ROWS_MAX), "receipt": "full"})
        receipt: dict[str, Any] = page.members["receipt"]
        return receipt

    def _paged(self, parameters: Parameters, rows: int) -> dict[str, str]:
        """The parameters of a page of so many rows, unless a limit says how many."""
        return {"limit": str(rows), **parameters} if self._takes_limit else dict(parameters)

    @cached_property
    def _pinned(self) -> dict[str, str]:
        """The same question at the viewpoint of its first page."""
        from api.questions.page import Page

        if self._question is None:
            return self._parameters
        return self._question.pinned(self._parameters, Page([], self.basis, more=self.members))

    @cached_property
    def _table(self) -> "pa.Table":
        return self._door.table(self._path, self._pinned) if self._first.table is None else self._first.table

    @cached_property
    def _types(self) -> "Mapping[str, pa.DataType]":
        """The types of the columns; none where some number is too long for any, so that rows stay as JSON has them."""
        try:
            return {one.name: one.type for one in self._table.schema}
        except Refusal:
            return {}


class WholeAnswer:
    """The answer to a statement of SQL, or to a table of questions, which comes whole."""

    members: Mapping[str, Any] = {}
    is_cut = False

    def __init__(self, title: str, answer: SqlRows) -> None:
        self.title = title
        self._answer = answer
        self.basis: Mapping[str, Any] = self._answer.basis

    def count(self) -> int:
        """How many rows there are."""
        return int(self._answer.table.num_rows)

    def rows(self) -> list[Row]:
        """The rows, with the types that they came with."""
        rows: list[Row] = self._answer.table.to_pylist()
        return rows

    def first_rows(self, count: int) -> list[Row]:
        """Some of them."""
        rows: list[Row] = self._answer.table.slice(0, count).to_pylist()
        return rows

    def table(self) -> "pa.Table":
        """The rows as a table."""
        return self._answer.table

    def receipt(self) -> dict[str, Any]:
        """There is none. Raises BookError."""
        raise BookError("This is answered without receipts: ask for the figures or things themselves.")
