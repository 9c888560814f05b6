"""A public table: its name, what one of its rows is, its columns, and where its rows come from."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from ledger import Ledger
from projections.queries.reader import Reader


@dataclass(frozen=True)
class PublicTable:
    """`columns` have the types that a statement sees. `rows` gives some columns at a reader's viewpoint, in parts.

    Without a ledger there is everything but the log itself. There is one part at least, and a value may be the text of
    what its type says: a child of the sandbox casts it.
    """

    name: str
    description: str
    columns: Mapping[str, str]
    rows: Callable[[Ledger | None, Reader, Sequence[str]], Iterator[pa.Table]]
