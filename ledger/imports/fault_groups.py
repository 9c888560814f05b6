"""Faults of a file, each told once: what is wrong, in which rows, how often, and what mends it.

A publisher that nobody has registered is one fault, however many rows it stands in: `rows 1-40, 52`. Two faults are one
where they have the same rule, the same place in their rows and the same text.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ledger.errors import Violation
from ledger.imports.registrations import kind_of

FAULTS_TOLD_MAX = 1000
"""How many faults that differ are told; of others, only how many there are is known."""
RANGES_MAX = 20
"""How many ranges of rows are told of each."""


@dataclass
class FaultGroup:
    """One fault, and the rows that have it, which come in order."""

    pointer: str
    rule: str
    detail: str
    unregistered: str | None
    """Of a name that nobody has registered: the kind of entity that it must be, "" where its field does not tell."""
    count: int = 0
    ranges: list[list[int]] = field(default_factory=list)
    ranged: int = 0
    """How many of the rows are in the ranges."""

    def add(self, row: int) -> None:
        """One more row has it."""
        self.count += 1
        if self.ranges and self.ranges[-1][1] in (row, row - 1):
            self.ranges[-1][1] = row
        elif len(self.ranges) < RANGES_MAX:
            self.ranges.append([row, row])
        else:
            return
        self.ranged += 1

    def as_dict(self) -> dict[str, Any]:
        """The fault as plain values."""
        rows = ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in self.ranges)
        told: dict[str, Any] = {"rows": rows, "count": self.count, "pointer": self.pointer, "rule": self.rule}
        if self.count > self.ranged:
            told["rows_more"] = self.count - self.ranged
        return {**told, "detail": self.detail, **({} if self.cure is None else {"cure": self.cure})}

    @property
    def cure(self) -> str | None:
        """The option of an import that mends it, where there is one."""
        if self.unregistered is None:
            return None
        kind, whole = self.unregistered or "KIND", self.unregistered or "country, a region, a facility, ..."
        return (
            f"register={kind} registers it with the rows that name it, as {'an' if whole[0] in 'aio' else 'a'} {whole}"
        )


@dataclass
class FaultGroups:
    """The faults of one file."""

    _groups: dict[tuple[str, str, str], FaultGroup] = field(default_factory=dict)
    more: int = 0
    """How many faults there are beside those that are told."""

    def __len__(self) -> int:
        return len(self._groups)

    def __iter__(self) -> Iterator[FaultGroup]:
        return iter(self._groups.values())

    def add(self, row: int, violation: Violation) -> None:
        """Count a fault of a row."""
        key = violation.pointer, violation.rule, violation.detail
        group = self._groups.get(key)
        if group is None:
            if len(self._groups) >= FAULTS_TOLD_MAX:
                self.more += 1
                return
            unregistered = kind_of(violation.path, "") if violation.rule == "unregistered" else None
            group = self._groups[key] = FaultGroup(*key, unregistered)
        group.add(row)
