"""Pieces of SQL: this package's files, and names and texts as they are written in a statement."""

from collections.abc import Iterable
from functools import cache, lru_cache
from importlib.resources import files


@cache
def sql(name: str) -> str:
    """The text of one of this package's SQL files."""
    return files("projections").joinpath(name).read_text(encoding="utf-8")


@lru_cache(maxsize=1024)
def quoted(name: str) -> str:
    """A name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literals(texts: Iterable[str]) -> str:
    """Texts as SQL literals with commas between."""
    return ", ".join("'" + text.replace("'", "''") + "'" for text in texts)
