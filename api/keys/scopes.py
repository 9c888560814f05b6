"""Scopes: what a key may do.

    read     ask whatever can be asked
    append   record events, one by one or as files; it does not read
    admin    everything: `read`, `append`, and what only the operator does

A key has one or several. `append` alone is for a program that delivers facts and has no business with the others'.
Every route says, where it is defined, which scope it needs (`api.http.openapi.operation`), or that it is open to all.
"""

from collections.abc import Collection
from enum import StrEnum


class Scope(StrEnum):
    """A thing that a key may be allowed."""

    READ = "read"
    APPEND = "append"
    ADMIN = "admin"


READ, APPEND, ADMIN = Scope
OPEN: None = None
"""What a route needs that is open to all, also without a key."""
ALL_SCOPES = frozenset(Scope)


def implied(scopes: Collection[Scope]) -> frozenset[Scope]:
    """These scopes and those that they include: `admin` includes all."""
    return ALL_SCOPES if ADMIN in scopes else frozenset(scopes)


def scopes_in(text: str) -> frozenset[Scope]:
    """The scopes in a text with commas between. Raises ValueError."""
    names = [name for part in text.split(",") if (name := part.strip().lower())]
    known = {scope.value: scope for scope in Scope}
    if not names or not known.keys() >= set(names):
        raise ValueError(f"one or several of {', '.join(known)}, with commas between")
    return frozenset(known[name] for name in names)
