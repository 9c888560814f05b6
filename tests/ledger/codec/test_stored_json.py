"""What was written once is read for ever: a golden file of stored bytes per event type and version.

The files are checked in. A change to an event type that would write other bytes needs a new version of the type, a new
golden file beside the old one, and an upcast; the old file stays.
"""

import json
from pathlib import Path

import pytest

from ledger import REGISTRY, LedgerDamaged, body_of, parse_event
from tests.golden import golden_file, stored_example
from tests.places import STORED

FILES = sorted(STORED.glob("*.json"))


@pytest.mark.parametrize("name", sorted(REGISTRY))
def test_the_bytes_that_a_type_writes_are_those_of_its_golden_file(name: str) -> None:
    golden = golden_file(name, REGISTRY[name].version)
    assert golden.exists(), f"{name} has no golden bytes: make them with `make golden`, and keep them for ever"
    assert stored_example(name) == golden.read_bytes()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_bytes_of_every_version_ever_written_are_read_as_the_current_one(path: Path) -> None:
    name, _, version = path.stem.partition(".v")
    assert int(version) <= REGISTRY[name].version
    body = body_of(name, path.read_bytes(), position=1)
    assert body == parse_event({"type": name, **body}).body()


def test_every_version_of_a_type_has_a_golden_file() -> None:
    wanted = {f"{name}.v{version}" for name, cls in REGISTRY.items() for version in range(1, cls.version + 1)}
    assert {path.stem for path in FILES} == wanted


def test_a_party_of_version_1_was_a_bare_slug() -> None:
    state = golden_file("MoUSigned", 1).read_bytes()
    assert json.loads(state)["parties"] == ["js-link", "lynas-rare-earths"]
    assert body_of("MoUSigned", state, position=1)["parties"] == [
        {"entity": "js-link"},
        {"entity": "lynas-rare-earths"},
    ]


@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("Unheard", b"{}"),
        ("QuotaSet", b"[]"),
        ("QuotaSet", b"{"),
        ("QuotaSet", b"1"),
        ("QuotaSet", b'{"_version":2}'),
        ("MoUSigned", b'{"_version":"x"}'),
    ],
)
def test_what_this_ledger_never_wrote_is_damage_at_a_position(name: str, state: bytes) -> None:
    with pytest.raises(LedgerDamaged, match="position 7"):
        body_of(name, state, position=7)
