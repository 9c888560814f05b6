"""Data frames of the libraries that analysts use. They are no part of the ledger: what is not installed is said.

Exact decimals become the floating-point numbers nearest to them, which is what these libraries calculate with quickly.
(Arrow's own conversion misses the nearest by one in the last place, in one of seven: so it goes by way of the text.)
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from api.client.door_errors import MissingLibrary

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa


def pandas_frame(table: "pa.Table", *, exact: bool) -> "pd.DataFrame":
    """A data frame of pandas. Raises MissingLibrary."""
    _library("pandas", "df()")
    return (table if exact else _with_floats(table)).to_pandas(date_as_object=False)


def polars_frame(table: "pa.Table", *, exact: bool) -> "pl.DataFrame":
    """A data frame of polars. Raises MissingLibrary."""
    polars = _library("polars", "pl()")
    frame: pl.DataFrame = polars.DataFrame(polars.from_arrow(table))
    return frame if exact else frame.with_columns(polars.selectors.decimal().cast(polars.Float64))


def _with_floats(table: "pa.Table") -> "pa.Table":
    import pyarrow as pa

    columns = []
    for column in table.columns:
        is_decimal = pa.types.is_decimal(column.type)
        columns.append(column.cast(pa.string()).cast(pa.float64()) if is_decimal else column)
    return pa.table(columns, names=table.column_names)


def _library(name: str, form: str) -> Any:
    try:
        return import_module(name)
    except ImportError:
        raise MissingLibrary(
            f"{form} needs {name}, which is not installed here: pip install {name}. "
            "Without it there are .rows() and .arrow()."
        ) from None
