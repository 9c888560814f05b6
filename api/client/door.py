"""A door: how a ledger is reached. There are two, which give the same: through the files of a data directory
(`local_door`), and over HTTP (`server_door`).

A question is a path of the API and its parameters, `/v1/figures` with `subject=china`.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol, TypeAlias

if TYPE_CHECKING:
    import pyarrow as pa

Parameters: TypeAlias = Mapping[str, str]
Row: TypeAlias = dict[str, Any]
Drawing = Literal["json", "svg", "png"]


class JsonPage(NamedTuple):
    """A page of an answer as JSON has it: some items, where they go on, what they were folded from, what is beside."""

    items: list[Row]
    next: str | None
    basis: dict[str, Any]
    members: dict[str, Any]


class FirstRows(NamedTuple):
    """What comes with a question: its first rows, whether there are more, what they were made from, what is beside.

    `table` has all rows, where they came too.
    """

    rows: list[Row]
    is_all: bool
    basis: dict[str, Any]
    members: dict[str, Any]
    table: "pa.Table | None" = None


class SqlRows(NamedTuple):
    """What a statement of SQL gives, or a table of questions, and what it was answered from."""

    table: "pa.Table"
    basis: dict[str, Any]


class Door(Protocol):
    """How a ledger is reached. Everything raises Refusal; over HTTP also NoServer."""

    place: str
    """The directory or the address, as it is shown."""

    def first(self, path: str, parameters: Parameters, *, rows: int | None) -> FirstRows:
        """The first rows of the answer to a question, so many at least; None where it takes no limit.

        With a limit among the parameters there are no others.
        """

    def page(self, path: str, parameters: Parameters) -> JsonPage:
        """A page of the answer to a question."""

    def rows(self, path: str, parameters: Parameters) -> Iterator[Row]:
        """All items of an answer as JSON has them, one after another."""

    def table(self, path: str, parameters: Parameters) -> "pa.Table":
        """All items of an answer as a table with typed columns."""

    def sql(self, statement: Mapping[str, str]) -> SqlRows:
        """The rows of a statement, which comes with its viewpoint."""

    def asof(self, table: bytes, media_type: str, parameters: Parameters) -> SqlRows:
        """A table of questions, each at a point in time of its own, with its answers."""

    def check(self, document: bytes, media_type: str, parameters: Parameters) -> dict[str, Any]:
        """A document that is checked: `items`, `counts`, `unread` and `basis`."""

    def marked(self, document: bytes, media_type: str, parameters: Parameters) -> bytes:
        """The same document with its marks."""

    def chart(self, name: str, parameters: Parameters, form: Drawing) -> bytes:
        """A chart, as a specification or drawn."""

    def append(self, raw: bytes, *, key: str | None, dry_run: bool) -> dict[str, Any]:
        """Record the events of a JSON text, or see what that would do. `key` names the request for ever."""

    def take_in(self, file: Path, parameters: Parameters) -> dict[str, Any]:
        """Record the events of a file, or see what that would do."""

    def close(self) -> None:
        """Let go of what is held."""
