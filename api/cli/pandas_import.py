"""pandas left out of a process that does not use it.

DuckDB and pyarrow import pandas, where it is installed, with the first value that they are given: they look whether the
value is one of pandas'. None of ours is, and the import takes as long as half of a read on the command line. Only the
statistics of the audit use pandas (through statsmodels), so their commands let it in.
"""

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from types import ModuleType


class _WithoutPandas(MetaPathFinder):
    """Says that there is no pandas, as it is said where it is not installed; both libraries then do without."""

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> None:
        if fullname == "pandas":
            raise ModuleNotFoundError("pandas is left out of this process", name=fullname)


_FINDER = _WithoutPandas()


def leave_out_pandas() -> None:
    """From now on pandas cannot be imported in this process, unless it was before."""
    sys.meta_path.insert(0, _FINDER)


def let_pandas_in() -> None:
    """Take that back, where it was said."""
    if _FINDER in sys.meta_path:
        sys.meta_path.remove(_FINDER)
