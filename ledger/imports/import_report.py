"""The import report: what became of the rows of a file, or what would become of them."""

from dataclasses import dataclass, field
from typing import Any

from ledger.codec.entry import Entry
from ledger.errors import Violation
from ledger.imports.fault_groups import FaultGroups
from ledger.visible_text import shortened, visible

LISTED_MAX = 1000
REPLACED = "replaced"
"""Of a row whose event another one has replaced since, which counts because it was said last."""
"""How many errors, warnings, corrections and missing statements are listed, of each."""
VERDICTS_MAX, VERDICT_LENGTH_MAX = 100_000, 1_000
ENTRIES_MAX = 10_000
"""How many events of a dry run are kept, to say what they would change."""


@dataclass
class ImportReport:
    """What became of a file: counts of rows, what is to be said of some of them, and the head of the log after it.

    Of a dry run: what would become of it. Where a rejected row kept everything out, what was recorded counts as 0.
    """

    recorded: int = 0
    """Rows that are new in the log, corrections among them."""
    corrected: int = 0
    """Those of them that became a correction of what was recorded before."""
    duplicate: int = 0
    """Rows that were in the log already."""
    repeated: int = 0
    """Rows that say what another row of the file says."""
    rejected: int = 0
    since: dict[str, int] = field(default_factory=dict)
    """How many of the duplicates were corrected, retracted or erased since they were recorded, or replaced by another
    that counts because it was said last; they stay so.
    """
    changed_since: list[dict[str, Any]] = field(default_factory=list)
    """Which those are: {"row", "event_id", "position", "since"}."""
    registered: list[dict[str, Any]] = field(default_factory=list)
    """The entities that it registers, where it was told to: {"row", "entity", "kind", "name"}."""
    registered_more: int = 0
    errors: list[dict[str, Any]] = field(default_factory=list)
    errors_more: int = 0
    """How many errors there are beside those that are listed."""
    faults: FaultGroups = field(default_factory=FaultGroups)
    """The same, each fault told once with all of its rows."""
    verdicts: dict[int, str] | None = None
    """Where they are asked for: what is wrong with each row, of the first `VERDICTS_MAX`."""
    warnings: list[dict[str, Any]] = field(default_factory=list)
    warned: int = 0
    """How many warnings there are, those that are not listed too."""
    changed: list[dict[str, Any]] = field(default_factory=list)
    """What rows say otherwise than a standing statement: {"row", "event_id", "position", "before", "after"}."""
    notes: list[str] = field(default_factory=list)
    """What is to be said of the file as a whole."""
    missing: list[dict[str, Any]] = field(default_factory=list)
    """What the scope, or the edition before it, holds and the file leaves out."""
    missing_more: int = 0
    position: int = 0
    dry_run: bool = False
    entries: list[Entry] = field(default_factory=list)
    """In a dry run, the first events that would be recorded."""

    def reject(self, row: int, violations: list[Violation]) -> None:
        """Count a row that may not be recorded, and list why."""
        self.rejected += 1
        listed = violations[: max(LISTED_MAX - len(self.errors), 0)]
        self.errors_more += sum(1 + one.unlisted for one in violations) - len(listed)
        for one in listed:
            self.errors.append({"row": row, "pointer": one.pointer, "rule": one.rule, "detail": one.detail})
        if self.verdicts is not None and len(self.verdicts) < VERDICTS_MAX:
            known = self.verdicts.get(row, "")
            each = (visible(f"{one.pointer.lstrip('/')}: {one.detail}".lstrip(": ")) for one in violations)
            said = [one for one in each if shortened(one, VERDICT_LENGTH_MAX) not in known]
            self.verdicts[row] = shortened("; ".join(filter(None, (known, *said))), VERDICT_LENGTH_MAX)
        for one in violations:
            self.faults.add(row, one)

    def stays(self, row: int, entry: Entry, since: str) -> None:
        """Count a row that was corrected or retracted since it was recorded; it stays so."""
        self.since[since] = self.since.get(since, 0) + 1
        if len(self.changed_since) < LISTED_MAX:
            known = {"event_id": str(entry.event_id), "position": entry.position}
            self.changed_since.append({"row": row, **known, "since": since})

    def register(self, row: int, entry: Entry) -> None:
        """List an entity that is registered with the rows that name it."""
        if len(self.registered) < LISTED_MAX:
            body = entry.body
            self.registered.append({"row": row, **{name: body[name] for name in ("entity", "kind", "name")}})
        else:
            self.registered_more += 1

    @property
    def lists_warnings(self) -> bool:
        """Whether a further warning is listed, and not only counted."""
        return len(self.warnings) < LISTED_MAX

    def warn(self, row: int, warnings: tuple[dict[str, Any], ...]) -> None:
        """List what is legal and odd about a row."""
        self.warned += len(warnings)
        room = max(LISTED_MAX - len(self.warnings), 0)
        self.warnings += [{"row": row, **one} for one in warnings[:room]]

    def change(self, row: int, entry: Entry, before: str, after: str) -> None:
        """List what a row says otherwise than a standing statement."""
        if len(self.changed) < LISTED_MAX:
            self.changed.append(
                {
                    "row": row,
                    "event_id": str(entry.event_id),
                    "position": entry.position,
                    "before": before,
                    "after": after,
                }
            )

    def nothing_recorded(self) -> None:
        """Say that a rejected row kept everything out."""
        self.recorded = self.corrected = self.duplicate = self.repeated = 0
        self.since, self.changed_since = {}, []
        self.registered, self.registered_more = [], 0
