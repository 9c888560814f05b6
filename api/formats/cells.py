"""A value as one text: in a cell of CSV, in a column of texts."""

import json
from typing import Any

json_text = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode
"""A value as compact JSON, equal for equal values."""


def cell(value: Any) -> str:
    """A text as it is, nothing for null, and any other value as JSON."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json_text(value)
