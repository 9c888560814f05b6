"""Version keys: by which column the versions of a family are put into buckets, and which bucket a key is in.

An item of a resource is made of the versions that have its key: a figure of those with its `figure_id`, a policy of
those with its slug. So all versions of one key are in one bucket, and a bucket makes whole items. A correction may move
a statement to another figure, and a merge does: that opens another version, which has the key of the other figure, so
that the versions of one event may lie in two buckets.

The bucket is taken from the MD5 of the key, which every engine has and which is the same in all of its versions.
"""

import hashlib
from collections.abc import Mapping

from projections.catalogue import CATALOGUE
from projections.sql_text import quoted

BUCKETS_MAX = 65_536
FIGURE_COLUMN = "figure_id"
UNPARTED = ("entities",)
"""Families of which an item is made of versions with several keys: an entity of those of all slugs merged into it."""

KEYS: Mapping[str, str] = {
    **{
        projection.family: projection.order[0]
        for projection in CATALOGUE.values()
        if projection.family not in ("figures", *UNPARTED)
    },
    "figures": FIGURE_COLUMN,
    "answer_intervals": FIGURE_COLUMN,
}
"""The column that is the key, by the name of the table. Tables that are not here are not parted."""


def bucket_of(key: str, buckets: int) -> int:
    """The bucket of a key, from 0; `key` is a slug, or the text of a `figure_id`."""
    digest = hashlib.md5(key.encode(), usedforsecurity=False).digest()
    return int.from_bytes(digest[8:], "little") % buckets


def bucket_sql(column: str, buckets: int) -> str:
    """The same as SQL."""
    return f"CAST(MD5_NUMBER_LOWER(CAST({quoted(column)} AS VARCHAR)) % {buckets:d} AS INTEGER)"
