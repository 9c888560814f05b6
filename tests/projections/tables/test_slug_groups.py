"""Groups of merged slugs: what each resolves to at any position, and how many rows say so."""

from collections.abc import Callable, Iterator, Sequence
from random import Random

import pytest

from projections.tables.changes import Span
from projections.tables.families import FOREVER
from projections.tables.slug_groups import SlugGroups
from projections.tables.slug_meanings import SlugMeanings

SLUGS = [f"place-{number}" for number in range(12)]


class Book:
    """Groups whose changes are written down stretch by stretch, as the tables `slugs` and `slug_groups` are."""

    def __init__(self) -> None:
        self.groups = SlugGroups()
        self.joined: list[tuple[str, int, int, int]] = []
        self.named: list[tuple[int, str, int, int]] = []
        self.into: dict[str, str] = {}
        self.resolved: list[dict[str, str]] = [{}]

    def write(self, moves: SlugMeanings) -> None:
        self.joined = [*written(self.joined, dict(moves.joined.ends())), *moves.joined.spans()]
        self.named = [*written(self.named, dict(moves.named.ends())), *moves.named.spans()]

    def start_again(self) -> None:
        """Recall the groups from what is written down."""
        joined = [(slug, number) for slug, number, _, until in self.joined if until == FOREVER]
        named = [(number, kept) for number, kept, _, until in self.named if until == FOREVER]
        self.groups = SlugGroups(joined, named, self.into.items())

    def act(self, rng: Random) -> None:
        """Merge two slugs, take a merge back, or let it say another slug; at the next position."""
        at = len(self.resolved)
        chosen = rng.choice(SLUGS)
        if chosen in self.into:
            self.groups.cut(chosen, at=at)
            del self.into[chosen]
        if rng.random() < 0.7:
            other = rng.choice(SLUGS)
            linked = self.groups.link(chosen, other, at=at)
            assert linked == (self.top(other) != chosen)
            if linked:
                self.into[chosen] = other
        self.resolved.append({slug: self.top(slug) for slug in SLUGS})

    def top(self, slug: str) -> str:
        while slug in self.into:
            slug = self.into[slug]
        return slug


def written(rows: Sequence[tuple], ends: dict) -> Iterator[tuple]:  # type: ignore[type-arg]
    for key, value, since, until in rows:
        yield key, value, since, ends.get(key, until) if until == FOREVER else until


@pytest.mark.parametrize("seed", range(30))
def test_slugs_resolve_as_one_walks_along_their_merges(seed: int) -> None:
    rng, book = Random(seed), Book()
    while len(book.resolved) < 60:
        before = len(book.resolved) - 1
        moves = book.groups.begin()
        for _ in range(rng.choice((1, 2, 10))):
            book.act(rng)
        for slug in SLUGS:
            meant = [one.get(slug, slug) for one in book.resolved]
            positions = range(before, len(book.resolved))
            assert [moves.kept(slug, at) for at in positions] == meant[before:]
            moved = [at for at in positions[1:] if meant[at] != meant[at - 1]]
            assert list(moves.moves(slug)) == moved
            assert moves.left >= {meant[at - 1] for at in moved}
        book.write(moves)
        if rng.random() < 0.5:
            book.start_again()
    ever = SlugMeanings.of_rows(book.joined, book.named)
    for at, resolved in enumerate(book.resolved):
        assert ever.merged(at) == {slug: kept for slug, kept in resolved.items() if kept != slug}
    assert all(since < until for _, _, since, until in (*book.joined, *book.named))


def shuffled(count: int) -> list[int]:
    numbers = list(range(count))
    Random(count).shuffle(numbers)
    return numbers


@pytest.mark.parametrize(
    "order", [range, lambda count: range(count)[::-1], shuffled], ids=["in turn", "backwards", "shuffled"]
)
def test_a_chain_costs_a_few_rows_a_merge_in_any_order(order: Callable[[int], Sequence[int]]) -> None:
    for count in (1_000, 4_000):
        groups = SlugGroups()
        moves = groups.begin()
        for at, number in enumerate(order(count)):
            groups.link(f"place-{number}", f"place-{number + 1}", at=at)
        assert len(list(moves.joined.spans())) + len(list(moves.named.spans())) <= 6 * count
        assert set(groups.merged().values()) == {f"place-{count}"}


def test_a_merge_that_is_taken_back_ten_thousand_times_moves_the_smaller_part() -> None:
    groups = SlugGroups()
    for number in range(5_000):
        groups.link(f"place-{number}", "place", at=number)
    groups.link("place", "country", at=5_000)
    moves = groups.begin()
    for at in range(5_001, 15_001, 2):
        groups.cut("place", at=at)
        groups.link("place", "country", at=at + 1)
    assert len(moves.joined.changed()) == 1
    assert len(list(moves.named.spans())) == 10_000
    assert moves.kept("place-7", 15_001) == "country"
    assert moves.kept("place-7", 14_999) == "place"


def test_what_does_not_last_is_not_written_down() -> None:
    groups = SlugGroups()
    groups.link("prc", "china", at=1)
    moves = groups.begin()
    groups.cut("prc", at=2)
    groups.link("prc", "china", at=2)
    assert list(moves.named.ends()) == [(3, 2)]
    assert list(moves.named.spans()) == [Span(5, "china", 2, FOREVER)]
