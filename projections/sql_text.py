"""Pieces of SQL: this package's files, and names and texts as they are written in a statement."""

import re
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from importlib.resources import files

_SECTION = re.compile(r"^-- name: ([a-z_]+)\n", re.MULTILINE)


@cache
def sql(name: str) -> str:
    """The text of one of this package's SQL files."""
    return files("projections").joinpath(name).read_text(encoding="utf-8")


@cache
def sections(name: str) -> Mapping[str, str]:
    """The parts of one of this package's SQL files that has several, by the names that stand above them."""
    _, *parts = _SECTION.split(sql(name))
    return {name: text.strip() for name, text in zip(parts[::2], parts[1::2], strict=True)}


@lru_cache(maxsize=1024)
def quoted(name: str) -> str:
    """A name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literals(texts: Iterable[str]) -> str:
    """Texts as SQL literals with commas between."""
    return ", ".join("'" + text.replace("'", "''") + "'" for text in texts)
