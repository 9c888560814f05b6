"""An import as a plan: what would become of a file is seen first, and then carried out.

plan = book.import_("production.csv", mapping="my-table")
plan                     # how many rows would be recorded, rejected, …
plan.effects             # which answers would change
plan.carry_out()
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from api.client.door import Door, Parameters
from api.client.door_errors import BookError

COUNTS = ("recorded", "corrected", "duplicate", "repeated", "rejected")


class Imported:
    """What became of the rows of a file."""

    def __init__(self, answer: Mapping[str, Any]) -> None:
        self.report = dict(answer)
        """All that the ledger says of the import: see `POST /v1/imports`."""
        self.recorded: int = answer["recorded"]
        self.corrected: int = answer["corrected"]
        self.duplicate: int = answer["duplicate"]
        self.repeated: int = answer["repeated"]
        self.rejected: int = answer["rejected"]
        self.errors: list[dict[str, Any]] = list(answer["errors"])
        """What is wrong with rejected rows: `row`, `pointer`, `rule`, `detail`."""
        self.warnings: list[dict[str, Any]] = list(answer["warnings"])
        self.missing: list[dict[str, Any]] = list(answer["missing"])
        """What the scope holds, and the file leaves out."""

    def __repr__(self) -> str:
        said = ", ".join(f"{self.report[name]} {name}" for name in COUNTS if self.report[name])
        first = f"; row {self.errors[0]['row']}: {self.errors[0]['detail']}" if self.errors else ""
        return f"{type(self).__name__}({said or 'no rows'}{first})"


class ImportPlan(Imported):
    """What would become of the rows of a file. Nothing of it is recorded before it is carried out."""

    def __init__(self, door: Door, file: Path, parameters: Parameters) -> None:
        self._door, self._file, self._parameters = door, file, dict(parameters)
        self._digest = _digest(file)
        super().__init__(door.take_in(file, {**parameters, "dry_run": "true"}))
        self.effects: list[dict[str, Any]] = list(self.report.get("effects", ()))
        """The figures and things whose answers would change, each `before` and `after`."""

    def carry_out(self) -> Imported:
        """Record the file. Raises Refusal where rows are rejected, and BookError where the file is another by now.

        The ledger may have grown since the plan was made: what the file says twice is still recorded once.
        """
        if _digest(self._file) != self._digest:
            raise BookError(f"{self._file} has changed since the plan was made: plan the import anew.")
        return Imported(self._door.take_in(self._file, self._parameters))


def _digest(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest()
    except OSError as error:
        raise BookError(f"{file} cannot be read: {error.strerror}.") from None
