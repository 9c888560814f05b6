"""Drafts: what a process left that was killed goes with the next copy of a ledger, and nothing else does."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ledger.backups.lasting_files import lasting_file, remove_abandoned_drafts, staged_directory
from tests.ledger.backups.conftest import AT, Place, names_in, unheard
from tests.ledger.segments.exports import exported, restored
from tests.places import ROOT

MAKER = """
import sys
from pathlib import Path
from ledger.backups.lasting_files import lasting_file, nameless_file, staged_directory
place = Path(sys.argv[1])
with staged_directory(place) as folder, lasting_file(place.with_name("file")) as file, nameless_file() as (other, path):
    (folder / "ledger.db").write_text("a text")
    file.write(b"a text")
    other.write(b"a text")
    other.flush()
    assert path.read_bytes() == b"a text"
    print("made", flush=True)
    sys.stdin.read()
"""


def killed_after_it_was_made(place: Path, temporary: Path, meanwhile: Callable[[], None]) -> None:
    """Kill a process in the middle of what it makes."""
    temporary.mkdir()
    maker = subprocess.Popen(
        [sys.executable, "-c", MAKER, str(place)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(temporary)},
    )
    with maker:
        assert maker.stdout is not None
        assert maker.stdout.readline() == b"made\n"
        meanwhile()
        maker.kill()


def drafts(folder: Path) -> set[str]:
    return {name for name in names_in(folder) if name.endswith(".part")}


def test_what_a_killed_process_left_is_removed_and_what_is_in_use_is_not(tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    others = {".notes.part", ".data.0123.part", "data.0123456789abcdef.part"}
    for name in others:
        (folder / name).write_text("of somebody else")

    def meanwhile() -> None:
        remove_abandoned_drafts(folder)
        assert len(drafts(folder)) == 2 + len(others)

    killed_after_it_was_made(folder / "data", tmp_path / "temporary", meanwhile)
    assert len(drafts(folder)) == 2 + len(others)
    assert names_in(tmp_path / "temporary") == set()
    remove_abandoned_drafts(folder)
    assert names_in(folder) == others
    remove_abandoned_drafts(tmp_path / "nowhere")


def test_what_takes_its_place_stays(tmp_path: Path) -> None:
    with staged_directory(tmp_path / "data") as staged:
        (staged / "ledger.db").write_text("a text")
        staged.rename(tmp_path / "data")
    with lasting_file(tmp_path / "file") as file:
        file.write(b"a text")
    remove_abandoned_drafts(tmp_path)
    assert names_in(tmp_path) == {"data", "data/ledger.db", "file"}


@pytest.mark.parametrize("copy", ["a backup", "a restore", "a restore of segments"])
def test_the_next_copy_of_a_ledger_removes_what_was_left_beside_it(place: Place, copy: str) -> None:
    place.fill()
    file = place.backup()
    with place.opened() as ledger:
        exported(ledger, place.folder / "place")
    left = place.folder / ".another.0123456789abcdef.part"
    left.mkdir()
    (left / "ledger.db").write_text("a text that is erased since")
    match copy:
        case "a backup":
            place.backup("next")
        case "a restore":
            place.restored(file)
        case _:
            restored(place.folder / "place", place.folder / "restored", at=AT, progress=unheard)
    assert drafts(place.folder) == set()
