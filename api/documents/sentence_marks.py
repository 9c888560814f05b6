"""Marks of a sentence: where it names entities, metrics, materials, periods and numbers, and what is attached to what.

A number has a *left zone*, from the number before it to itself, and a *right zone*, to the number after it. A mark is
*attached* to a number where nothing but small words stand between: `270,000 t of rare earths in 2024`.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import Enum
from functools import cached_property
from typing import NamedTuple

from api.documents.lexicon import DIMENSION, ENTITY, MATERIAL, METRIC, OTHER, PLACES, PLANTS, Lexicon
from api.documents.printed_numbers import NEAR, PrintedNumber, printed_numbers
from api.documents.printed_periods import PrintedPeriod, printed_periods

_GLUE = re.compile(
    r"[\s,(\u2013:]*(?:(?:of|in|for|during|over|through|the|a|an|at|from|by|its|their|total|came|comes|was|were|is|are|as|whole|"
    r"combined|equivalent|contained|worth|into|on|full|respectively)\b[\s,(]*)*"
)
_PLACED = re.compile(r"(?:\b(?:in|at|from|by|for)\s+(?:the\s+)?|\()$", re.I)
_BESIDE = re.compile(
    r"\b(?:to|with|than|against|outside|excluding|versus|vs\.?|unlike|ex|non|into|from|besides)[\s-]+(?:the\s+)?$", re.I
)
_COMPARED = re.compile(r"\b(?:than|from|since|over|versus|on|with|to)\s+$", re.I)
_PARTNER = re.compile(r"\b(?:to|from|with|outside|excluding|via)[\s-]+(?:the\s+)?$", re.I)
_OTHER_MATTER = re.compile(
    r"\b(?P<noun>[a-z]+)\s+(?:rose|fell|grew|was|were|is|are|came|stood|reached|hit|dropped|climbed|slipped|jumped|totalled|"
    r"amounted|increased|decreased|declined)\b"
)
_NO_MATTER = frozenset(
    "it that this which they these there those year quarter half figure figures number numbers total totals and but "
    "then one two ago earlier before most some many all part out up down short because instead".split()
)
_SUPPOSED = re.compile(
    r"\b(?:would|could|might|may|will|expects?|expected|expecting|aims?|plans?|planned|targets?|targeted|targeting|hopes?|guidance|"
    r"guided|forecasts?|projects?|projected|intends?)\b"
)
_COMPARISON = re.compile(
    r"\b(?:from|against|after|versus|vs\.?|than|compared\s+(?:with|to)|following)\s+"
    r"(?:about\s+|around\s+|some\s+|nearly\s+|almost\s+|only\s+|just\s+)?$",
    re.I,
)
_CHANGE = re.compile(
    r"\b(?:by|(?:increase|rise|growth|gain|jump|decrease|drop|fall|decline|difference|change)\s+of)\s+"
    r"(?:about\s+|around\s+|some\s+|nearly\s+|almost\s+|more\s+than\s+|over\s+|just\s+)?$",
    re.I,
)
_SIZED = re.compile(r"\d-[a-z]+$")
_PLANT = re.compile(rf"(?:\s+[\w-]+){{0,6}}?\s+(?:{'|'.join(PLANTS)})\b")
"""What a 3,000-tonne plant is so large in: its capacity."""
_APPOSITION = re.compile(
    r"\s+(?:miner|company|group|firm|giant|producer|plant|customers?|operations?|unit|shares?|stock|listed|dollars?|based)\b|-(?:listed|based|owned)\b",
    re.I,
)


class Role(Enum):
    """What a mark says of a number."""

    subject = "subject"
    metric = "metric"
    material = "material"
    period = "period"
    dimension = "dimension"
    other = "other"


@dataclass(frozen=True)
class Mark:
    """Where something is named: what it may be, in its role."""

    start: int
    end: int
    role: Role
    values: frozenset[str]
    period: PrintedPeriod | None = None


class Zone(NamedTuple):
    """A number with the bounds of its zones."""

    number: PrintedNumber
    left: int
    right: int


class SentenceMarks:
    """The marks of a text, which are in their order, and its numbers."""

    def __init__(self, text: str, lexicon: Lexicon, written: date | None = None) -> None:
        self.text = text
        self._lexicon = lexicon
        self.numbers = list(printed_numbers(text))
        taken = [(one.start, one.end) for one in self.numbers]
        periods = [
            one for one in printed_periods(text, written) if not any(one.start < b and a < one.end for a, b in taken)
        ]
        self.marks = sorted(
            [
                *(mark for mark in self._named() if not any(mark.start < b and a < mark.end for a, b in taken)),
                *(Mark(one.start, one.end, Role.period, frozenset(), one) for one in periods),
            ],
            key=lambda one: (one.start, one.end),
        )

    def _named(self) -> Iterable[Mark]:
        kinds = self._lexicon.kinds
        for spoken in self._lexicon.names.find(self.text):
            by_role: dict[Role, set[str]] = {}
            for meaning in spoken.meanings:
                if meaning.kind == ENTITY:
                    (entity,) = meaning.values
                    role = Role.material if kinds.get(entity) == "material" else Role.subject
                    by_role.setdefault(role, set()).update(meaning.values)
                    if role is Role.material and entity in self._lexicon.by_subject:
                        by_role.setdefault(Role.subject, set()).add(entity)
                else:
                    role = {METRIC: Role.metric, MATERIAL: Role.material, DIMENSION: Role.dimension, OTHER: Role.other}[
                        meaning.kind
                    ]
                    by_role.setdefault(role, set()).update(meaning.values)
            for role, values in by_role.items():
                yield Mark(spoken.start, spoken.end, role, frozenset(values))
        yield from self._plants()
        for number in self.numbers:
            if _SIZED.search(number.text) and _PLANT.match(self.text, number.end):
                yield Mark(number.end, number.end, Role.metric, frozenset({"capacity"}))

    def _plants(self) -> Iterable[Mark]:
        present = {match[0]: match.end() for match in re.finditer(r"\w+", self.text)}
        for plant, needed, places in self._lexicon.plants:
            if needed <= present.keys() and any(one in present for one in places):
                at = max(present[one] for one in needed)
                yield Mark(at, at, Role.subject, frozenset([plant]))

    @cached_property
    def zones(self) -> list[Zone]:
        """The numbers with their zones."""
        numbers = self.numbers
        lefts = [0, *(one.end for one in numbers[:-1])]
        rights = [*(one.start for one in numbers[1:]), len(self.text)]
        return [Zone(*one) for one in zip(numbers, lefts, rights, strict=True)]

    def attached(self, zone: Zone) -> list[Mark]:
        """The marks in the right zone that are attached to the number."""
        found: list[Mark] = []
        at = zone.number.end
        for mark in self.marks:
            if mark.start < at or mark.end > zone.right:
                continue
            between = self.text[at : mark.start]
            if not _GLUE.fullmatch(between):
                if mark.start > at:
                    break
                continue
            if "," in between and mark.role is not Role.period:
                break
            if mark.role is Role.subject and not self._is_placed(mark):
                at = max(at, mark.end)
                continue
            found.append(mark)
            if not any(other.start == mark.start and other.end > mark.end for other in self.marks):
                at = mark.end
        return found

    def _is_placed(self, mark: Mark) -> bool:
        return _PLACED.search(self.text[max(0, mark.start - NEAR) : mark.start]) is not None

    def left(self, zone: Zone, role: Role) -> list[Mark]:
        """The marks of a role in the left zone, the last first; subjects that others are compared with come last."""
        found = [one for one in reversed(self.marks) if one.role is role and zone.left <= one.start < zone.number.start]
        if role is not Role.subject:
            return found
        found = [one for one in found if not _APPOSITION.match(self.text, one.end)]
        beside = [one for one in found if _BESIDE.search(self.text[max(0, one.start - NEAR) : one.start])]
        return [one for one in found if one not in beside] + beside

    def partners(self, zone: Zone) -> set[str]:
        """The places in the left zone to or from which something went."""
        marks = [
            one
            for one in self.marks
            if one.role is Role.subject
            and zone.left <= one.start < zone.number.start
            and any(self._lexicon.kinds.get(slug) in PLACES for slug in one.values)
        ]
        found = [one for one in marks if _PARTNER.search(self.text[max(0, one.start - NEAR) : one.start])]
        return {slug for one in found for slug in one.values}

    def is_compared(self, mark: Mark) -> bool:
        """Whether a period is one that something is only compared with: than a year earlier."""
        return _COMPARED.search(self.text[max(0, mark.start - NEAR) : mark.start]) is not None

    def is_compared_number(self, zone: Zone) -> bool:
        """Whether the number is one that something is compared with, of another period: up from 563 t."""
        return _COMPARISON.search(self.text[max(zone.left, zone.number.start - NEAR) : zone.number.start]) is not None

    def is_change(self, zone: Zone) -> bool:
        """Whether the number says by how much something changed."""
        return _CHANGE.search(self.text[max(zone.left, zone.number.start - NEAR) : zone.number.start]) is not None

    def is_supposed(self, zone: Zone) -> bool:
        """Whether what the number says is expected, planned, or would have been."""
        return _SUPPOSED.search(self.text[zone.left : zone.number.start]) is not None

    def has_other_matter(self, zone: Zone) -> bool:
        """Whether the left zone speaks of something that is not known: costs rose to."""
        for match in _OTHER_MATTER.finditer(self.text, zone.left, zone.number.start):
            start, end = match.span("noun")
            if match["noun"] not in _NO_MATTER and not any(one.start < end and start < one.end for one in self.marks):
                return True
        return False

    def following(self, zone: Zone, role: Role) -> list[Mark]:
        """The marks of a role in the right zone, the first first."""
        return [one for one in self.marks if one.role is role and zone.number.end <= one.start < zone.right]

    def of(self, role: Role) -> list[Mark]:
        """All marks of a role."""
        return [one for one in self.marks if one.role is role]

    def unknown_name(self, zone: Zone) -> bool:
        """Whether the left zone has a word with a capital that names nothing known: a subject of its own, perhaps."""
        for match in re.finditer(r"\b[A-Z][a-z]{2,}\w*", self.text[zone.left : zone.number.start]):
            start, end = zone.left + match.start(), zone.left + match.end()
            if start == 0 or re.search(r"[.:;!?]\s*$", self.text[:start]):
                continue
            if not any(one.start < end and start < one.end for one in self.marks):
                return True
        return False
