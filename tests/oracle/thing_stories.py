"""Stories of things: histories of what holds over time alone, with much said of little by few.

An ordinary history (`tests/oracle/histories.py`) has thirty events of every kind, of which two or three are about the
same plant. Here one family has most of them, on a few dates, by two or three publishers who restate, take back and
contradict what was said; corrections, retractions, reinstatements and merges are among them.
"""

import random
from collections.abc import Sequence

from tests.oracle.histories import MOMENTS, Body, Writer

FAMILIES = ("policy", "agreement", "facility", "link", "risk", "relationship")
ACTS = ("correction", "retraction", "reinstatement", "merge", "report_withdrawal", "report_withdrawal")


def thing_story(rng: random.Random, size: int) -> list[Body]:
    """A story of about `size` events after the registrations of its world."""
    writer = _StoryWriter(rng)
    for _ in range(size):
        writer.move(rng.choice(ACTS if writer.often(25) else writer.families))
    return writer.bodies


class _StoryWriter(Writer):
    """Writes one story."""

    def __init__(self, rng: random.Random) -> None:
        super().__init__(rng)
        self.moments = rng.sample(MOMENTS, rng.randint(3, 6))
        family = rng.choice(FAMILIES)
        self.families: Sequence[str] = (family, family, family, family, "relationship", rng.choice(FAMILIES))
        self.publishers = rng.sample([one for one in self.entities if self.kinds[one] == "organisation"], 2)

    def stated(self, publisher: str | None = None) -> Body:
        """An envelope: mostly by one of two publishers."""
        return super().stated(publisher or (self.rng.choice(self.publishers) if self.often(80) else None))

    def pick(self, *kinds: str) -> str:
        """An entity of the kinds: mostly the first one."""
        entities = [slug for slug in self.entities if self.kinds[slug] in kinds]
        return entities[0] if self.often(60) else self.rng.choice(entities)
