"""What was written once is read for ever: a golden file of stored bytes per event type and version.

The files are checked in. A change to an event type that would write other bytes needs a new version of the type, a new
golden file beside the old one, and an upcast; the old file stays.
"""

import json
from pathlib import Path
from uuid import UUID

import pytest

from ledger import REGISTRY, parse_event
from ledger.codec.stored_json import EPOCH, Entry, PlainJSONMapper, StoredEntry
from tests.places import STORED

GOLDEN = STORED
FILES = sorted(GOLDEN.glob("*.json"))
ID = UUID("00000000-0000-4000-8000-000000000001")


def stored(type_name: str, state: bytes) -> StoredEntry:
    return StoredEntry(ID, 1, type_name, state, 1, ID.bytes, 0, "test", b"")


@pytest.mark.parametrize("name", sorted(REGISTRY))
def test_the_bytes_that_a_type_writes_are_those_of_its_golden_file(name: str) -> None:
    cls = REGISTRY[name]
    entry = Entry(ID, 1, 1, ID, name, parse_event(cls.example).body(), EPOCH, "test", b"")
    golden = GOLDEN / f"{name}.v{cls.version}.json"
    assert golden.exists(), f"write what the type stores now into {golden.name}, and keep it for ever"
    assert PlainJSONMapper().to_stored_event(entry).state == golden.read_bytes()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_bytes_of_every_version_ever_written_are_read_as_the_current_one(path: Path) -> None:
    name, _, version = path.stem.partition(".v")
    cls = REGISTRY[name]
    assert int(version) <= cls.version
    entry = PlainJSONMapper().to_domain_event(stored(name, path.read_bytes()))
    assert entry.body == parse_event({"type": name, **entry.body}).body()


def test_every_version_of_a_type_has_a_golden_file() -> None:
    wanted = {f"{name}.v{version}" for name, cls in REGISTRY.items() for version in range(1, cls.version + 1)}
    assert {path.stem for path in FILES} == wanted


def test_a_party_of_version_1_was_a_bare_slug() -> None:
    state = (GOLDEN / "MoUSigned.v1.json").read_bytes()
    assert json.loads(state)["parties"] == ["js-link", "lynas-rare-earths"]
    entry = PlainJSONMapper().to_domain_event(stored("MoUSigned", state))
    assert entry.body["parties"] == [{"entity": "js-link"}, {"entity": "lynas-rare-earths"}]
