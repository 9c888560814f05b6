"""Which statements of SQL a database was given: the cost of a question, counted and not timed."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from projections import Reader

_LOG = "duckdb_logs"


@contextmanager
def logged_statements(reader: Reader) -> Iterator[Callable[[], list[str]]]:
    """Gives the statements that anybody ran on the reader's database since the block began, whenever it is asked.

    Nothing of it stays: tests share databases, and the log outlives who turned it on.
    """
    reader.ask(f"CALL truncate_{_LOG}()")
    reader.ask("CALL enable_logging('QueryLog')")

    def so_far() -> list[str]:
        logged = reader.ask(f"SELECT message FROM {_LOG} WHERE type = 'QueryLog'")
        return [text for (text,) in logged if _LOG not in text and "enable_logging" not in text]

    try:
        yield so_far
    finally:
        reader.ask("CALL disable_logging()")
        reader.ask(f"CALL truncate_{_LOG}()")
