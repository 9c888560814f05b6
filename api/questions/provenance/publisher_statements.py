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
        self.last: dict[tuple[Any, ...], str] = {}
        """The event_id of the last statement of each voice: of a publisher, and of things of a transition and part."""
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
            taken_back = self._withdraws.get(event_id)
            named = before if taken_back is None else f"statement:{taken_back}"
            if named is not None:
                graph.relation("Invalidation", named, publication, at=published)
        self.last[voice] = event_id
        self._voices.setdefault(voice, []).append(name)

    def _before(self, voice: tuple[Any, ...], cause: str) -> str | None:
        """The statement before one of a voice; None where there is none, or where several series may be meant."""
        self._firsts[voice] = self._firsts.get(voice, 0) + (cause == "first_report")
        said = self._voices.get(voice, ())
        return said[-1] if said and self._firsts[voice] == 1 and cause != "first_report" else None
