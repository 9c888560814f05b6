"""A provenance graph: statements of PROV-DM, before they are written as JSON-LD or as PROV-JSON.

A statement has a kind (`Entity`, `Generation`, …), in its roles the names of what it relates, and attributes in our own
words. A name is `prefix:rest`; the prefixes are those of the graph.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote

from ledger.values import instant_text

NAMESPACE = "urn:supply-ledger:"
OWN = "ledger"
"""The prefix of our own words: types and attributes."""
TIME = "time"
ROLES: Mapping[str, tuple[str, ...]] = {
    "Entity": (),
    "Activity": (),
    "Agent": (),
    "Generation": ("entity", "activity", TIME),
    "Attribution": ("entity", "agent"),
    "Association": ("activity", "agent"),
    "Derivation": ("generatedEntity", "usedEntity", "activity"),
    "Invalidation": ("entity", "activity", TIME),
    "Alternate": ("alternate1", "alternate2"),
}
"""The kinds of statements that are made here, with their roles as PROV-DM calls them. The first role is whose it is."""


@dataclass(frozen=True)
class ProvStatement:
    """One statement. `name` is that of an entity, an activity or an agent; of a relation it is None.

    `types` are names; `says` are attributes in our own words, without what is null.
    """

    kind: str
    roles: Mapping[str, str]
    name: str | None = None
    types: tuple[str, ...] = ()
    says: Mapping[str, Any] = field(default_factory=dict)
    value: Any = None
    """What an entity is itself (`prov:value`): a text, or what is written as JSON."""


class ProvGraph:
    """Statements in the order in which they were made, each once."""

    def __init__(self, *, origin: str) -> None:
        """An empty graph of what the log of this origin holds."""
        log = f"{NAMESPACE}log:{quote(origin, safe='')}:"
        self.prefixes: Mapping[str, str] = {
            OWN: f"{NAMESPACE}provenance:",
            "event": "urn:uuid:",
            "statement": f"{NAMESPACE}statement:",
            "publication": f"{NAMESPACE}publication:",
            "publisher": f"{NAMESPACE}entity:",
            "answer": f"{log}answer:",
            "version": f"{log}version:",
            "recording": f"{log}recording:",
            "recorder": f"{log}recorder:",
            "software": f"{NAMESPACE}software:",
        }
        self._statements: dict[tuple[Any, ...], ProvStatement] = {}

    @property
    def statements(self) -> Iterable[ProvStatement]:
        """All statements."""
        return self._statements.values()

    def thing(self, kind: str, name: str, *types: str, says: Mapping[str, Any] | None = None, value: Any = None) -> str:
        """State that there is an entity, an activity or an agent, unless its name was stated before. Its name."""
        given = {key: one for key, one in (says or {}).items() if one is not None}
        self._statements.setdefault((kind, name), ProvStatement(kind, {}, name, types, given, value))
        return name

    def relation(
        self,
        kind: str,
        *names: str | None,
        types: tuple[str, ...] = (),
        at: datetime | str | None = None,
        says: Mapping[str, Any] | None = None,
    ) -> None:
        """State a relation of names, in the order of the kind's roles, at a time `at`. None leaves a role out."""
        roles = {role: name for role, name in zip(ROLES[kind], names, strict=False) if name is not None}
        if at is not None:
            roles[TIME] = at if isinstance(at, str) else instant_text(at)
        given = {key: one for key, one in (says or {}).items() if one is not None}
        self._statements.setdefault((kind, *roles.items(), types), ProvStatement(kind, roles, None, types, given))


def local(*parts: object) -> str:
    """The rest of a name, of parts that may hold anything."""
    return "/".join(quote(str(part), safe=":-._~") for part in parts)
