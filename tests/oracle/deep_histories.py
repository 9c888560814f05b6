"""Deep histories: one thing on which very much is piled up, in every order of arrival.

An ordinary history (`tests/oracle/histories.py`) has thirty events of every kind. A deep one has hundreds of statements
on one figure (in turn, newest first, shuffled, all of one day, publisher by publisher), or hundreds of corrections,
retractions and reinstatements of one event, or a hundred merges, in a chain or into one. Late, withdrawn, corrected and
tied statements with partial dates are among them.
"""

import random
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from itertools import pairwise

from ledger.values import is_fiscal
from tests.oracle.histories import FISCAL_YEAR_ENDS, MOMENTS, Body, Writer

FIRST_DAY = date(2023, 1, 1)
DAYS = 1000

ORDERS = ("in turn", "newest first", "shuffled", "one day", "publisher by publisher", "publishers in turn")


def deep_history(rng: random.Random, size: int) -> list[Body]:
    """A history of about `size` events of one kind, after the registrations of its world."""
    writer = _DeepWriter(rng)
    pile: Callable[[int], None] = rng.choice((writer.statements, writer.statements, writer.acts, writer.merges))
    pile(size)
    return writer.bodies


class _DeepWriter(Writer):
    """Writes one history about one thing."""

    def __init__(self, rng: random.Random) -> None:
        super().__init__(rng)
        self.moments = sorted({*self._days(rng.choice((3, 30, 300))), *rng.sample(MOMENTS, 3)})
        self.keys = self.keys[:1]

    def when(self) -> str:
        """A printed date of this history."""
        return self.rng.choice(self.moments)

    def statements(self, size: int) -> None:
        """Hundreds of statements on one figure; what a source or this ledger takes back is among them."""
        publishers = self.rng.sample(("usgs", "bgs", "lynas"), self.rng.choice((1, 2, 3)))
        arrivals = self._arrivals(self.rng.choice(ORDERS), publishers, size)
        others = self.rng.choice((0, 10, 30))
        for publisher, day in arrivals:
            if self.often(others):
                self._take_back()
            else:
                self._say(publisher, day)

    def acts(self, size: int) -> None:
        """Hundreds of ledger events on one event: a statement mostly, a merge, or what else stands."""
        for _ in range(8):
            self._say(self.rng.choice(("usgs", "bgs")), self.when())
        for kind in ("withdrawal", "merge", "policy", "agreement", "facility", "relationship"):
            self.move(kind)
        wanted = self.rng.choice(("", "", "", "EntitiesMerged", "EntityRegistered"))
        stands = [body for body in self.standing() if body["type"] == wanted or (not wanted and "unit" in body)]
        target = self.rng.choice(stands or self.standing())["event_id"]
        for _ in range(size):
            if self.often(4):
                self._say(self.rng.choice(("usgs", "bgs")), self.when())
            elif self.often(6):
                self.move("merge")
            else:
                self._act_on(target)

    def merges(self, size: int) -> None:
        """A third as many merges, in a chain or into one, of entities that statements name."""
        kind = self.rng.choice(("organisation", "country"))
        slugs = [f"one-{number:03}" for number in range(size // 3)]
        for slug in slugs:
            self.kinds[slug] = kind
            self.entities.append(slug)
            self._register(slug)
        for slug in self.rng.choices(slugs, k=size // 3):
            self._say_of(slug)
        into = self.rng.choice(("chain", "one"))
        pairs = list(pairwise(slugs)) if into == "chain" else [(slugs[0], slug) for slug in slugs[1:]]
        if self.often(50):
            pairs = [(merged, kept) for kept, merged in pairs] if into == "chain" else pairs
        self._put_in_order(pairs)
        for kept, merged in pairs:
            if merged not in self.merged and self.resolved(kept) != self.resolved(merged):
                self.merged[merged] = self.post("EntitiesMerged", kept=kept, merged=merged, reason="One and the same.")
            if self.often(20):
                self._say_of(self.rng.choice(slugs))
            if self.often(10):
                self._take_back("EntitiesMerged")

    def _say(self, publisher: str, day: str, **fields: str) -> None:
        key = {**self._same_key(self.keys[0]), **fields}
        if is_fiscal(str(key["period"])) and key["subject"] not in FISCAL_YEAR_ENDS:
            key["period"] = "2025-Q2"
        measure = key.pop("measure")
        said = {**self._said(measure), **self.stated(publisher), "published_at": day}
        self.post("FigureReported", **key, metric=measure.metric, **said)

    def _say_of(self, slug: str) -> None:
        """A statement that names an entity, as its subject or its publisher."""
        publishes = self.kinds[slug] == "organisation" and self.often(60)
        self._say(slug if publishes else "usgs", self.when(), **({} if publishes else {"subject": slug}))

    def _take_back(self, *types: str) -> None:
        """A withdrawal, or a ledger event on anything of these types that was said before."""
        stands = [body for body in self.standing(*types) if types or "unit" in body]
        if not types and self.often(30):
            self.move("withdrawal")
        elif self.retracted and self.often(30):
            self._act_on(self.rng.choice(self.retracted))
        elif stands:
            self._act_on(self.rng.choice(stands)["event_id"])

    def _act_on(self, event_id: str) -> None:
        body = self.now[event_id]
        if event_id in self.retracted:
            self.reinstate(event_id)
        elif self.often(75) or body["type"] == "EntityRegistered" or self._holds_up(body):
            self.correct(body)
        else:
            self.retract(body)

    def _arrivals(self, order: str, publishers: Sequence[str], size: int) -> list[tuple[str, str]]:
        """Who says something, and the date printed on it, in order of arrival."""
        if order == "one day":
            return [(self.rng.choice(publishers), self.moments[len(self.moments) // 2]) for _ in range(size)]
        each = size // len(publishers)
        series = [[(publisher, day) for day in sorted(self._days(each))] for publisher in publishers]
        if order == "publisher by publisher":
            return [one for ones in series for one in ones]
        if order == "publishers in turn":
            return [one for ones in zip(*series, strict=True) for one in ones]
        arrivals = sorted((one for ones in series for one in ones), key=lambda one: one[1])
        if order == "newest first":
            arrivals.reverse()
        if order == "shuffled":
            self._put_in_order(arrivals, shuffled=100)
        return arrivals

    def _days(self, count: int) -> list[str]:
        """Printed dates: days mostly, the months and years that they end, and instants in them."""
        printed = []
        for _ in range(count):
            day = (FIRST_DAY + timedelta(days=self.rng.randrange(DAYS))).isoformat()
            forms = (day, day, day, day, day[:7], f"{day}T00:00:00Z", f"{day}T23:59:59.999999Z", "2024")
            printed.append(self.rng.choice(forms))
        return printed

    def _put_in_order(self, ones: list[tuple[str, str]], *, shuffled: int = 40) -> None:
        """As they are, the other way round, or with a chance of so many percent in no order."""
        if self.often(shuffled):
            self.rng.shuffle(ones)
        elif self.often(50):
            ones.reverse()
