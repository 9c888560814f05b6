"""A checked document: what is still true of the numbers in it, number by number, and the document with its marks.

check = book.check("report.md", written="2025-07-28")
check                    # how many are current, superseded, misquoted, …
check.rows()             # each with its place, its verdict and the value that is so
check.document()         # the report with remarks
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from api.client.data_frames import pandas_frame, polars_frame
from api.client.door import Door, Parameters, Row
from api.client.door_errors import BookError
from api.client.shown_rows import as_html, as_text

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

SHOWN = ("quoted", "verdict", "said")
SHOWN_MAX = 10


class DocumentToCheck(NamedTuple):
    """A document as it is sent: its bytes, and the media type that says what it is."""

    raw: bytes
    media_type: str


def document_to_check(
    document: str | PathLike[str] | Sequence[Mapping[str, Any]] | None, text: str | None
) -> DocumentToCheck:
    """A file, a list of claims, or a text. Raises BookError."""
    if (document is None) == (text is None):
        raise BookError("Give a file or a list of claims, or a text as text=.")
    if text is not None:
        return DocumentToCheck(text.encode(), "text/markdown; charset=utf-8")
    if isinstance(document, str | PathLike):
        # Here, since what reads documents takes long to load, and a text needs none of it.
        from api.questions.document_check import DOCUMENT_FORMS, form_of_name

        path = Path(document)
        form = next(one for one in DOCUMENT_FORMS if one.name == form_of_name(path.name))
        try:
            return DocumentToCheck(path.read_bytes(), form.media_types[0])
        except OSError as error:
            raise BookError(f"{path} cannot be read: {error.strerror}. A text is given as text=.") from None
    try:
        return DocumentToCheck(json.dumps(list(document or ()), default=str).encode(), "application/json")
    except (TypeError, ValueError) as error:
        raise BookError(f"These are no claims: {error}.") from None


class CheckedDocument:
    """What is to be said of the numbers of a document.

    >>> check = book.check(text="China mined 240,000 t of rare earths in 2023.")
    >>> [(row["quoted"], row["verdict"], row["value"]) for row in check]
    [('240,000 t', 'superseded', '255000')]
    >>> check.counts
    {'superseded': 1, 'unread': 0}
    """

    def __init__(self, door: Door, sent: DocumentToCheck, parameters: Parameters) -> None:
        self._door, self._sent, self._parameters = door, sent, dict(parameters)
        answer = door.check(sent.raw, sent.media_type, parameters)
        self._rows: list[Row] = answer["items"]
        self.basis: dict[str, Any] = answer["basis"]
        """What the verdicts were made from: the viewpoint, and the position of the log."""
        self.counts: dict[str, int] = answer["counts"]
        """How many numbers have which verdict."""
        self.unread: list[dict[str, Any]] = answer["unread"]
        """The numbers that name no figure, and why."""

    def rows(self) -> list[dict[str, Any]]:
        """The numbers that name a figure, in their order: see `POST /v1/check`."""
        return [dict(row) for row in self._rows]

    def document(self) -> bytes:
        """The document with its marks: a report in its own form, a table with columns added.

        It is as of the same viewpoint, whatever was recorded since.
        """
        fixed = {"as_of": self.basis["as_of"], "recorded_as_of": f"position:{self.basis['position']}"}
        return self._door.marked(self._sent.raw, self._sent.media_type, {**self._parameters, **fixed})

    def arrow(self) -> "pa.Table":
        """The rows as a table of Arrow, lists and objects as JSON."""
        import pyarrow as pa

        def cell(value: Any) -> Any:
            return json.dumps(value) if isinstance(value, list | dict) else value

        return pa.Table.from_pylist([{name: cell(value) for name, value in row.items()} for row in self._rows])

    def df(self) -> "pd.DataFrame":
        """The rows as a data frame of pandas. Raises MissingLibrary where pandas is not installed."""
        return pandas_frame(self.arrow(), exact=True)

    def pl(self) -> "pl.DataFrame":
        """The rows as a data frame of polars. Raises MissingLibrary where polars is not installed."""
        return polars_frame(self.arrow(), exact=True)

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self.rows())

    def __bool__(self) -> bool:
        """True, also where no number names a figure: ask `len` for that."""
        return True

    def __repr__(self) -> str:
        return as_text(self._title(), self._shown(), len(self))

    def _repr_html_(self) -> str:
        return as_html(self._title(), self._shown(), len(self))

    def _shown(self) -> list[Row]:
        return [{name: row[name] for name in SHOWN} for row in self._rows[:SHOWN_MAX]]

    def _title(self) -> str:
        counted = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in self.counts.items())
        return f"numbers checked as of {self.basis['as_of'][:10]}: {counted}"
