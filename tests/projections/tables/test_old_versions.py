"""A log written with the first version of an event type reads, follows the rules and projects as one of today."""

import json
from typing import Any
from uuid import UUID, uuid5

import pytest

from ledger import Ledger, Refused
from ledger.codec.entry import Entry
from ledger.values.identifiers import microseconds
from projections import Engine
from tests.places import STORED

GOLDEN = STORED
ID = UUID("0198f0a2-5d3c-7c7e-9a51-3f2b8c6d1e00")
WORLD = [
    {"type": "EntityRegistered", "entity": slug, "kind": "organisation", "name": slug}
    for slug in ("js-link", "lynas-rare-earths", "lynas")
]
TODAY = {
    "type": "MoUSigned",
    "event_id": str(ID),
    **json.loads((GOLDEN / "MoUSigned.v1.json").read_bytes()),
    "parties": [{"entity": "js-link"}, {"entity": "lynas-rare-earths"}],
}
LATER: list[dict[str, Any]] = [
    {
        "type": "AgreementTerminated",
        "event_id": str(UUID(int=1, version=4)),
        "agreement": "js-link-lynas-mou",
        "published_at": "2026-08-01",
    },
    {"type": "EntitiesMerged", "kept": "lynas", "merged": "lynas-rare-earths", "reason": "one company"},
    {
        "type": "EventCorrected",
        "target": str(ID),
        "changes": {"title": "Another title"},
        "reason": "transcription",
        "explanation": "misread",
    },
]


def written_with_version_1(ledger: Ledger) -> None:
    """Put the bytes that the first version wrote at the head of the log."""
    head = ledger.head()
    state = (GOLDEN / "MoUSigned.v1.json").read_bytes()
    stream = uuid5(ID, "stream").bytes
    now = microseconds(ledger.now())
    ledger.log.append([Entry(head + 1, ID.bytes, stream, "MoUSigned", now, "local", b"", state)])


def test_an_old_log_answers_like_a_new_one() -> None:
    answers = []
    for old in (True, False):
        ledger = Ledger(":memory:")
        ledger.append(WORLD)
        if old:
            written_with_version_1(ledger)
        else:
            ledger.append([TODAY])
        engine = Engine(ledger)
        seen = []
        for event in (None, *LATER):
            if event is not None:
                ledger.append([event])
            for as_of in ("2025-07-23", "2025-07-24", "2026-12-31"):
                seen.append(engine.read("agreements", engine.viewpoint(as_of=as_of)).to_pylist())
        caught_up = engine.table("agreements")
        engine.rebuild()
        assert caught_up.equals(engine.table("agreements"))
        with pytest.raises(Refused):
            ledger.append([{**LATER[0], "event_id": str(UUID(int=2, version=4)), "agreement": "another"}])
        answers.append((seen, [entry.body for entry in ledger.entries()]))
        engine.close()
        ledger.close()
    assert answers[0] == answers[1]
    assert answers[0][0][-1][0]["parties"] == [{"entity": "js-link", "role": None}, {"entity": "lynas", "role": None}]
