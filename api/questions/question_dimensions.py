"""The dimensions of the figures that a table of questions asks for, where they stand in one column as JSON.

That is how items of figures have them, so that a list of figures can be asked again at other moments. Example: a row
with `{"basis": "reo", "batch": "second"}` asks what one with `reo` in a column `dimension.basis` and `second` in
`dimension.batch` asks; `{}` and an empty cell ask for nothing.
"""

import re
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ledger import MalformedJSON, parse_json
from ledger.events import NAME_PATTERN

OF_DIMENSION = "dimension."
DIMENSIONS = "dimensions"
DIMENSIONS_MAX = 50
"""So many dimensions of different names may stand in one column."""


class DimensionsRefused(ValueError):
    """A text that is no JSON object of texts, under the names of dimensions."""


def dimension_columns(texts: pa.ChunkedArray) -> dict[str, pa.ChunkedArray]:
    """A column `dimension.NAME` for each name in a column of JSON objects, in the order in which they are met.

    Raises DimensionsRefused.
    """
    coded = pc.dictionary_encode(texts).combine_chunks() if texts.null_count < len(texts) else None
    if coded is None:
        return {}
    said = [_read(text) for text in coded.dictionary.to_pylist()]
    names = dict.fromkeys(name for one in said for name in one)
    if len(names) > DIMENSIONS_MAX:
        raise DimensionsRefused(f"it names {len(names)} dimensions; {DIMENSIONS_MAX} at most")
    columns = {}
    for name in names:
        values = pa.array([one.get(name) for one in said], pa.string())
        columns[OF_DIMENSION + name] = pa.chunked_array([values.take(coded.indices)])
    return columns


def _read(text: str) -> dict[str, str]:
    try:
        said: Any = parse_json(text.encode())
    except MalformedJSON as error:
        raise DimensionsRefused(f"{text[:60]!r} is no JSON: {error}") from None
    if not isinstance(said, dict):
        raise DimensionsRefused(f"{text[:60]!r} is no JSON object")
    for name, value in said.items():
        if not re.fullmatch(NAME_PATTERN, name) or not isinstance(value, str) or not value:
            raise DimensionsRefused(f"{text[:60]!r} is not names of dimensions, each with a text")
    return said
