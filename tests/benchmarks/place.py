"""Where a run keeps its files: the generated log, the ledger made from it, and what it is compared with.

The ledger in `data` is never appended to once it is imported, so that what is read from it can be checked; appends go
to a copy of it.
"""

import shutil
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tests.benchmarks import history, ours

SMALL = 10_000
SHORT = 200_000


@dataclass(frozen=True)
class Place:
    """A directory for one size of the log."""

    directory: Path
    size: int

    @property
    def history(self) -> Path:
        """The generated log."""
        return self.directory / "history.jsonl"

    @property
    def data(self) -> Path:
        """The data directory of the ledger that it was imported into."""
        return self.directory / "data"

    @property
    def appending(self) -> Path:
        """The data directory of a copy that is appended to."""
        return self.directory / "appending"

    @property
    def truth(self) -> Path:
        """The typed tables in DuckDB that answers are checked against."""
        return self.directory / "truth.duckdb"

    @property
    def twin(self) -> Path:
        """A table in SQLite with the columns, indexes and rows of the log, and nothing else."""
        return self.directory / "twin.db"

    @property
    def by_hand(self) -> Path:
        """The same facts in SQLite, indexed by hand."""
        return self.directory / "by_hand.db"

    @cached_property
    def registrations(self) -> int:
        """How many events the preface of the log has."""
        return sum(1 for _ in history.preface(self.size))

    @cached_property
    def events(self) -> int:
        """How many events the log has; the last position in `data`."""
        return self.registrations + self.size

    @property
    def small(self) -> bool:
        """Whether it is about trying the benchmark rather than about numbers."""
        return self.size < SMALL

    def so_many(self, count: int) -> int:
        """How often something is done."""
        return max(5, count // 25) if self.small else count

    def seconds(self, seconds: float) -> float:
        """How long a load is put on a server."""
        return seconds / 10 if self.small else seconds

    @property
    def runs(self) -> int:
        """How often a whole import or rebuild is run, which is short where the log is."""
        return 3 if SMALL <= self.size <= SHORT else 1

    def has(self, product: str) -> bool:
        """Whether a product has been made to its end."""
        return (self.directory / f"{product}.made").exists()

    def mark(self, product: str) -> None:
        """Note that a product has been made to its end."""
        (self.directory / f"{product}.made").touch()

    def unmark(self, *products: str) -> None:
        """Note that products have to be made again."""
        for product in products:
            (self.directory / f"{product}.made").unlink(missing_ok=True)

    def fresh(self, name: str) -> Path:
        """An empty directory of that name."""
        path = self.directory / name
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir(parents=True)
        return path

    def drop(self, path: Path) -> None:
        """Delete a file with all that SQLite and DuckDB put beside it, or a directory."""
        if path.is_dir():
            shutil.rmtree(path)
        for name in (path.name, f"{path.name}-wal", f"{path.name}-shm", f"{path.name}.wal"):
            path.with_name(name).unlink(missing_ok=True)

    def copy_to_append(self) -> Path:
        """The copy that is appended to, made where it is absent; with its projections."""
        if not self.appending.exists():
            shutil.rmtree(self.directory / "copying", ignore_errors=True)
            shutil.copytree(self.data, self.directory / "copying")
            (self.directory / "copying").rename(self.appending)
        return self.appending

    def sizes(self) -> dict[str, int]:
        """Bytes of the log, of the projection, and of whatever else is in the data directory."""
        files = {path: path.stat().st_size for path in self.data.rglob("*") if path.is_file()}
        log, projection = ours.log_path(self.data), ours.projection_path(self.data)
        return {
            "log": sum(size for path, size in files.items() if path.name.startswith(log.name)),
            "projection": sum(size for path, size in files.items() if path.name.startswith(projection.name)),
            "segments": sum(
                size for path, size in files.items() if not path.name.startswith((log.name, projection.name))
            ),
        }
