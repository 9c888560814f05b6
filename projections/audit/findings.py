"""What a question of the audit gives."""

import json
from typing import Any, NamedTuple

import pyarrow as pa

Item = dict[str, Any]


class Findings(NamedTuple):
    """The items in their order, and by name what is said about all of them together."""

    items: list[Item]
    members: dict[str, Any] = {}  # noqa: RUF012  a default that is never changed


def items_of(table: pa.Table) -> list[Item]:
    """The rows of a table, the dimensions in them as objects."""
    items: list[Item] = table.to_pylist()
    for item in items:
        if item.get("dimensions") is not None:
            item["dimensions"] = json.loads(item["dimensions"])
    return items
