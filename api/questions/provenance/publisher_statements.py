"""Publisher statements: what was said in the world, by whom and when, one after the other.

They are the items of a history on the publication clock. What a publisher says after it has said something else of the
same is a revision of that; what says the same again is an alternate of it; and a withdrawal invalidates what is taken
back. A statement stands at its `published_at`, and never at the time when this ledger took it down.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from api.questions.provenance.prov_graph import OWN, ProvGraph, local
from ledger.values import parse_moment

REVISING = ("revision", "conflict", "republication")
_OF_THE_LEDGER = ("event_id", "position", "recorded_at")


class PublisherStatements:
    """The statements of one history, as they are stated in a graph."""

    def __init__(self, graph: ProvGraph, items: Iterable[Mapping[str, Any]], *, withdraws: Mapping[str, str]) -> None:
        """State the items of a history in their order; `withdraws` says by event_id which event another takes back."""
        self._graph = graph
        self._withdraws = withdraws
        self._voices: dict[tuple[Any, ...], list[str]] = {}
        self._firsts: dict[tuple[Any, ...], int] = {}
        self._standing: dict[tuple[Any, ...], list[str]] = {}
        self.withdrawals: list[str] = []
        """The event_ids of withdrawals."""
        for item in items:
            self._take(item)

    def _take(self, item: Mapping[str, Any]) -> None:
        graph, event_id = self._graph, str(item["event_id"])
        name, at = f"statement:{event_id}", item["published_at"] or item["recorded_at"]
        published = parse_moment(at).end
        says = {key: one for key, one in item.items() if key not in _OF_THE_LEDGER}
        graph.thing("Entity", name, f"{OWN}:Statement", says=says)
        publication = graph.thing("Activity", f"publication:{event_id}", f"{OWN}:Publication")
        graph.relation("Generation", name, publication, at=published)
        if item["publisher"] is not None:
            publisher = graph.thing("Agent", f"publisher:{local(item['publisher'])}", "prov:Organization")
            graph.relation("Attribution", name, publisher)
            graph.relation("Association", publication, publisher)
        voice = (item["publisher"], item.get("transition"), item.get("part"))
        before, cause = self._before(voice, item["cause"]), item["cause"]
        if before is not None:
            if cause in REVISING:
                graph.relation("Derivation", name, before, publication, types=("prov:Revision",))
            elif cause == "confirmation":
                graph.relation("Alternate", name, before)
        if cause == "withdrawal":
            self.withdrawals.append(event_id)
            named = self._taken_back(event_id, voice, before)
            if named is not None:
                graph.relation("Invalidation", named, publication, at=published)
        else:
            self._standing.setdefault(voice, []).append(event_id)
        self._voices.setdefault(voice, []).append(name)

    def last(self) -> list[str]:
        """The event_ids of what is said last: by each publisher, and of things of each transition and part."""
        return [said[-1] for said in self._standing.values() if said]

    def _taken_back(self, event_id: str, voice: tuple[Any, ...], before: str | None) -> str | None:
        """The statement that a withdrawal takes back: of a thing the one that it names, and that before stands again;
        of a figure the last, and its publisher says nothing.
        """
        taken_back = self._withdraws.get(event_id)
        if taken_back is None:
            self._standing.pop(voice, None)
            return before
        for said in self._standing.values():
            if taken_back in said:
                said.remove(taken_back)
        return f"statement:{taken_back}"

    def _before(self, voice: tuple[Any, ...], cause: str) -> str | None:
        """The statement before one of a voice; None where there is none, or where several series may be meant."""
        self._firsts[voice] = self._firsts.get(voice, 0) + (cause == "first_report")
        said = self._voices.get(voice, ())
        return said[-1] if said and self._firsts[voice] == 1 and cause != "first_report" else None
