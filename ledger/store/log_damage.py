"""Damage to a log in tables that its entries and leaves do not show one by one."""

from collections.abc import Iterator, Sequence
from typing import Any

from ledger.store.merkle_tiles import HEIGHT, WIDTH, tile_root
from ledger.store.table_database import TableDatabase

TILES_AT_ONCE = 64


def damage(database: TableDatabase, *, right_tiles: int = 0) -> Iterator[tuple[int | None, str]]:
    """What is wrong, and from which position on, where there is one; so many tiles of leaves were seen to be right."""
    yield from _streams(database)
    yield from _tiles(database, right_tiles)


def has_leaf_tiles(database: TableDatabase, first: int, hashes: Sequence[bytes]) -> bool:
    """Whether the whole tiles over leaf hashes, the first of them that of tile `first`, are right."""
    numbers = range(first, first + len(hashes) // WIDTH)
    parts = [hashes[start : start + WIDTH] for start in range(0, len(hashes), WIDTH)]
    wanted = [(number, tile_root(own), b"".join(own)) for number, own in zip(numbers, parts, strict=True)]
    return _kept(database, 0, numbers) == wanted


def _streams(database: TableDatabase) -> Iterator[tuple[int | None, str]]:
    """Streams whose events are not numbered 1, 2, 3 … in order of position."""
    uneven = database.fetch(
        "SELECT originator_id FROM stored_events GROUP BY originator_id "
        "HAVING MIN(originator_version) <> 1 OR MAX(originator_version) <> COUNT(*) LIMIT 10"
    )
    for (stream,) in uneven:
        rows = database.fetch(
            "SELECT position, originator_version FROM stored_events WHERE originator_id = ? "
            "ORDER BY originator_version",
            (stream,),
        )
        wrong = next((position for wanted, (position, version) in enumerate(rows, start=1) if version != wanted), None)
        yield wrong, f"the events of stream {stream.hex()} are not numbered one after the other"


def _tiles(database: TableDatabase, right: int) -> Iterator[tuple[int | None, str]]:
    """Tiles that are not the hashes of what is below them."""
    ((head,),) = database.fetch("SELECT COALESCE(MAX(position), 0) FROM stored_events")
    level, below = 0, head
    while below >= WIDTH:
        wanted = below // WIDTH
        ((count,),) = database.fetch("SELECT COUNT(*) FROM tiles WHERE level = ? AND tile < ?", (level, wanted))
        if count != wanted:
            yield None, f"level {level} of the tree has {count} tiles instead of {wanted}"
        for first in range(right if level == 0 else 0, wanted, TILES_AT_ONCE):
            numbers = range(first, min(first + TILES_AT_ONCE, wanted))
            kept = {row[0]: (bytes(row[1]), row[2]) for row in _kept(database, level, numbers)}
            hashes = _below(database, level, numbers)
            for number in numbers:
                own = hashes[(number - first) * WIDTH : (number - first + 1) * WIDTH]
                wanted_row = (tile_root(own), b"".join(own) if level == 0 else None) if len(own) == WIDTH else None
                if kept.get(number) != wanted_row:
                    position = (number << HEIGHT * (level + 1)) + 1
                    yield position, f"tile {number} of level {level} of the tree is not of the hashes below it"
        level, below = level + 1, wanted


def _kept(database: TableDatabase, level: int, tiles: range) -> list[tuple[Any, ...]]:
    """The number, the root and the hashes of these tiles, of those that are there."""
    return database.fetch_tuples(
        "SELECT tile, root, hashes FROM tiles WHERE level = ? AND tile >= ? AND tile < ? ORDER BY tile",
        (level, tiles.start, tiles.stop),
    )


def _below(database: TableDatabase, level: int, tiles: range) -> Sequence[bytes]:
    """The hashes that these tiles are over: of leaves, or the roots of tiles."""
    first, last = tiles.start * WIDTH, tiles.stop * WIDTH
    if level == 0:
        rows = database.fetch_tuples(
            "SELECT hash FROM leaves WHERE position > ? AND position <= ? ORDER BY position", (first, last)
        )
    else:
        rows = database.fetch_tuples(
            "SELECT root FROM tiles WHERE level = ? AND tile >= ? AND tile < ? ORDER BY tile", (level - 1, first, last)
        )
    return [bytes(one) for (one,) in rows]
