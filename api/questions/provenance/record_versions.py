"""Record versions: what this ledger held an event to say, from when to when.

An event that is recorded at position 7 and corrected at position 12 has two versions: `event:ID`, and `version:ID/12`,
which revises it. Each is made by the recording of an event, and may end by that of another: a correction, a retraction,
an erasing. What the ledger did stands at `recorded_at`, and never at the time of publication.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from api.questions.provenance.prov_graph import OWN, ProvGraph, local
from ledger import Entry, content

RETRACTED, ERASED = f"{OWN}:Retracted", f"{OWN}:Erased"


def take_records(graph: ProvGraph, entry: Entry, acts: Sequence[Entry], erased: Mapping[str, Any] | None) -> str | None:
    """State the versions of an event that there are after these acts on it, oldest first. The name of the last, None
    where none stands.
    """
    said = None if entry.is_erased else content((entry.cls, entry.body), [])
    name = _version(graph, f"event:{entry.event_id}", entry, entry, said, ERASED if entry.is_erased else None)
    standing: str | None = name
    if erased is not None:
        activity = f"recording:{erased['position']}"
        graph.thing("Activity", activity, says={one: erased[one] for one in ("reason", "explanation")})
        graph.relation("Association", activity, graph.thing("Agent", f"recorder:{local(erased['by'])}"))
        graph.relation("Invalidation", name, activity, at=erased["at"], types=(ERASED,))
        return None
    for count, act in enumerate(acts, 1):
        recording = _act(graph, act)
        said = content((entry.cls, entry.body), [(one.type, one.body) for one in acts[:count]])
        if standing is not None:
            types = () if said is not None else (RETRACTED,)
            graph.relation("Invalidation", standing, recording, at=act.recorded_at, types=types)
        if said is None:
            standing = None
            continue
        standing = _version(graph, f"version:{entry.event_id}/{act.position}", entry, act, said)
        graph.relation("Derivation", standing, name, recording, types=("prov:Revision",))
        name = standing
    return standing


def recording_of(graph: ProvGraph, entry: Entry) -> str:
    """State that an event was recorded, and by whom. The name of the recording."""
    name = graph.thing("Activity", f"recording:{entry.position}", f"{OWN}:Recording", says={"position": entry.position})
    graph.relation("Association", name, graph.thing("Agent", f"recorder:{local(entry.recorded_by)}"))
    return name


def _version(
    graph: ProvGraph, name: str, entry: Entry, made_by: Entry, said: Mapping[str, Any] | None, *types: str | None
) -> str:
    recording = recording_of(graph, made_by)
    says = {"position": made_by.position, **(said or {})}
    graph.thing("Entity", name, f"{OWN}:{entry.type}", *(one for one in types if one), says=says)
    graph.relation("Generation", name, recording, at=made_by.recorded_at)
    return name


def _act(graph: ProvGraph, act: Entry) -> str:
    """State a ledger event. The name of its recording."""
    _version(graph, f"event:{act.event_id}", act, act, act.body)
    return recording_of(graph, act)
