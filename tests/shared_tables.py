"""Tables in memory for one engine after another: making them takes ten times as long as emptying them."""

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from ledger import Ledger
from projections import Engine

_free: dict[str, str] = {}
"""Sets of tables that nobody has now: the name of each, and the identity of the log that it was made from last."""

_kept: list[Engine] = []
"""Each set is there as long as somebody is connected to it."""


@contextmanager
def tables_for(ledger: Ledger) -> Iterator[str]:
    """The path of tables that no other engine has, and that are not of this ledger yet, so that it is read anew."""
    name = next((name for name, last in _free.items() if last != ledger.identity), None)
    if name is None:
        name = f":memory:shared-{len(_kept)}"
        _kept.append(Engine(Ledger(":memory:"), path=name))
        with duckdb.connect(name) as connection:
            connection.execute("SET threads = 1")  # Tests run on every core, and few rows need none of the others.
    else:
        del _free[name]
    try:
        yield name
    finally:
        _free[name] = ledger.identity


@contextmanager
def engine_of(ledger: Ledger) -> Iterator[Engine]:
    """An engine over tables of its own, closed at the end."""
    with tables_for(ledger) as path, Engine(ledger, path=path) as engine:
        yield engine
