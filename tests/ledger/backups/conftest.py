"""A ledger in a data directory, backups of it, and what comes of them."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ledger import Ledger
from ledger.backups import Manifest, Restored, make_backup, restore
from tests.ledger.conftest import WORLD, figure

AT = datetime(2026, 11, 27, 7, tzinfo=UTC)


def unheard(done: int, total: int) -> None:
    """Progress that nobody looks at."""


class Place:
    """A folder with a ledger in `data`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.data.mkdir()

    def opened(self, directory: Path | None = None) -> Ledger:
        """The ledger of a data directory."""
        return Ledger((directory or self.data) / "ledger.db")

    def fill(self, figures: int = 3) -> None:
        """Record some facts."""
        with self.opened() as ledger:
            if not ledger.head():
                ledger.append(WORLD)
            ledger.append([figure(ledger.head() + number) for number in range(figures)])

    def backup(self, name: str = "ledger.backup", directory: Path | None = None) -> Path:
        """A backup of it."""
        with self.opened(directory) as ledger:
            backed_up(ledger, self.folder / name)
        return self.folder / name

    def restored(self, file: Path, name: str = "restored", **options: Any) -> Restored:
        """What comes of a backup in another folder."""
        return restore(file, self.folder / name, at=AT, progress=unheard, **options)


def backed_up(ledger: Ledger, file: Path) -> Manifest:
    """A backup of a ledger that is open."""
    return make_backup(ledger, file, at=AT, program="0", copied=unheard, packed=unheard)


def names_in(folder: Path) -> set[str]:
    """What is in a folder, with what begins with a dot."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


@pytest.fixture
def place(tmp_path: Path) -> Place:
    place = Place(tmp_path)
    place.fill()
    return place
