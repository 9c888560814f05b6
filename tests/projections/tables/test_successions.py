"""Successions: who answers for a publisher at every viewpoint, whatever came late or went, and at what cost in rows."""

from collections.abc import Callable, Iterable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projections.tables.families import FOREVER
from projections.tables.successions import Interval, Saying, successions

Place = tuple[int, int, int, int, int, int, int, bool]


def answering(sayings: list[Saying], as_of: int, held: int) -> int | None:
    """The saying that answers at a viewpoint: the last that is shown and held, unless it says nothing."""
    seen = [number for number, one in enumerate(sayings) if one.shown_from <= as_of and one.since <= held < one.until]
    return seen[-1] if seen and not sayings[seen[-1]].withdrawn else None


def found(sayings: list[Saying], intervals: list[Interval], as_of: int, held: int) -> Iterator[Interval]:
    for one in intervals:
        shown = sayings[one.saying].shown_from <= as_of < one.shown_until
        shortened = one.shortened_to <= as_of and one.shortened_at <= held
        if shown and one.since <= held < one.until and not shortened:
            yield one


def places(intervals: list[Interval]) -> list[Place]:
    return sorted(
        (one.saying, one.since, one.until, one.shown_until, one.shortened_to, one.shortened_at, one.since, one.tied)
        for one in intervals
    )


@st.composite
def series(draw: st.DrawFn) -> list[Saying]:
    """Sayings in their order: shown at few times, in any order of arrival, some with an end or withdrawn."""
    count = draw(st.integers(1, 9))
    sinces = draw(st.permutations(range(1, 2 * count + 1)))[:count]
    sayings = []
    for number, since in enumerate(sinces):
        until = draw(st.just(FOREVER) | st.integers(since + 1, 2 * count + 2))
        sayings.append((draw(st.integers(0, 5)), number, Saying(0, since, until, draw(st.integers(0, 4)) == 0)))
    return [one._replace(shown_from=shown) for shown, _, one in sorted(sayings, key=lambda each: each[:2])]


@given(series())
def test_at_every_viewpoint_the_right_saying_answers(sayings: list[Saying]) -> None:
    intervals, changed = successions(sayings)
    assert not changed
    for as_of in range(7):
        for held in range(max(one.since for one in sayings) + 3):
            answers = [one.saying for one in found(sayings, intervals, as_of, held)]
            wanted = answering(sayings, as_of, held)
            assert answers == ([] if wanted is None else [wanted])


@given(series())
def test_an_answer_with_others_at_the_same_time_is_tied(sayings: list[Saying]) -> None:
    intervals, _ = successions(sayings)
    for held in range(max(one.since for one in sayings) + 3):
        for one in found(sayings, intervals, 6, held):
            same = [other for other in sayings if other.since <= held < other.until]
            assert one.tied or [other.shown_from for other in same].count(sayings[one.saying].shown_from) == 1


@given(series(), st.data())
def test_step_by_step_is_as_at_once(sayings: list[Saying], data: st.DataObject) -> None:
    last = max(at for one in sayings for at in (one.since, one.until) if at < FOREVER)
    cuts = sorted(data.draw(st.sets(st.integers(1, last), max_size=4)) | {last + 1})
    intervals: list[Interval] = []
    for after, before in zip([0, *cuts], cuts, strict=False):
        known = [one._replace(until=one.until if one.until <= before else FOREVER) for one in sayings]
        numbers = [number for number, one in enumerate(known) if one.since <= before and one.until > after]
        of_these = {number: place for place, number in enumerate(numbers)}
        standing = [one for one in intervals if one.until == FOREVER]
        for one in standing:
            one.saying = of_these[one.saying]
        made, _ = successions([known[number] for number in numbers], after=after, standing=standing)
        for one in (*standing, *made):
            one.saying = numbers[one.saying]
        intervals += made
    assert places(intervals) == places(successions(sayings)[0])


ORDERS: dict[str, Callable[[int], Iterable[int]]] = {
    "in turn": range,
    "newest first": lambda count: range(count - 1, -1, -1),
    "from both ends": lambda count: sorted(range(count), key=lambda number: min(number, count - number)),
    "between those before": lambda count: sorted(range(count), key=lambda number: (-(number & -number), number)),
    "shuffled": lambda count: (number * 7919 % count for number in range(count)),
}


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("tied", [False, True])
def test_intervals_are_at_most_about_two_for_each_statement(order: str, tied: bool) -> None:
    count = 2_003
    arrivals = {shown: since for since, shown in enumerate(dict.fromkeys(ORDERS[order](count)), 1)}
    sayings = [Saying(0 if tied else shown, arrivals[shown], FOREVER, False) for shown in sorted(arrivals)]
    intervals, _ = successions(sayings)
    assert len(intervals) <= 2.2 * len(sayings)


def test_what_is_retracted_and_brought_back_again_and_again_costs_two_intervals_each_time() -> None:
    before = Saying(1, 1, FOREVER, False)
    versions = [Saying(2, at, at + 1, False) for at in range(2, 2_000, 2)]
    assert len(successions([before, *versions])[0]) <= 2.2 * (len(versions) + 1)
