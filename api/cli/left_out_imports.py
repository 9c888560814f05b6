"""Libraries left out of a process that does not use them, though others would import them for it.

DuckDB and pyarrow import pandas, where it is installed, with the first value that they are given: they look whether the
value is one of pandas'. None of ours is, and the import takes as long as half of a read on the command line. pyarrow
imports numpy with itself, to exchange arrays with it; a command that only reads has none, and a tenth of its time goes
there.

Both do without where a library is not installed, and so they are told that it is not. Commands that compute let the
libraries in: those of the statistics of the audit (pandas, through statsmodels), and all that are not for reading alone
(numpy, which has to be let in before pyarrow is imported).
"""

import sys
from collections.abc import Iterable, Sequence
from importlib.abc import MetaPathFinder
from types import ModuleType

LIBRARIES = frozenset({"numpy", "pandas"})


class _Without(MetaPathFinder):
    """Says that there are no such libraries, as it is said where they are not installed."""

    def __init__(self) -> None:
        self.names = set(LIBRARIES)

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> None:
        if fullname in self.names:
            raise ModuleNotFoundError(f"{fullname} is left out of this process", name=fullname)


_FINDER = _Without()


def leave_out() -> None:
    """From now on the libraries cannot be imported in this process, unless they were before."""
    sys.meta_path.insert(0, _FINDER)


def let_in(names: Iterable[str]) -> None:
    """Take that back for some of them."""
    _FINDER.names.difference_update(names)
