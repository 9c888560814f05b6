"""What a question of the audit gives."""

import json
from typing import Any, NamedTuple

import pyarrow as pa

from projections.queries.allowance import Allowance

Item = dict[str, Any]


class Findings(NamedTuple):
    """The items in their order, and by name what is said about all of them together."""

    items: list[Item]
    members: dict[str, Any] = {}  # noqa: RUF012  a default that is never changed


def items_of(table: pa.Table, allowance: Allowance) -> list[Item]:
    """The rows of a table, the dimensions in them as objects. Raises OutOfTime, OutOfMemory and Abandoned."""
    items = list(allowance.rows_of(table))
    for item in items:
        if item.get("dimensions") is not None:
            item["dimensions"] = json.loads(item["dimensions"])
    return items
