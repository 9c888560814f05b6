"""Of many statements few decide: a fold of a thing at many positions does not grow with all that was said of it."""

from datetime import datetime, timedelta

from projections.queries.decisive_statements import Recorded, decisive

FIRST = datetime(2020, 1, 1)
FOREVER = 2**63 - 1


def stated(place: int, *, side: int = 1, by: str = "lynas", given: tuple[str, ...] = ("effective_from",)) -> Recorded:
    """A statement at a position of the log that gives another date than those before."""
    published, starts = FIRST + timedelta(days=place), FIRST + timedelta(days=5000 + place)
    series = (side, by)
    times = (published, published)
    return Recorded("facilities", place, place, FOREVER, *times, place, None, starts, starts, side, series, given)


def test_of_one_transition_the_last_statements_of_each_publisher_decide() -> None:
    for count in (100, 1000):
        said = [stated(place, by="news" if place % 2 else "lynas") for place in range(1, count + 1)]
        assert decisive(said, count + 1, count + 50) == [1, 2, count - 1, count]


def test_what_another_statement_leaves_out_still_counts() -> None:
    said = [stated(1), stated(2, given=("operator",)), stated(3), stated(4), stated(5)]
    assert decisive(said, 10, 20) == [1, 2, 5]


def test_what_comes_or_goes_meanwhile_is_kept() -> None:
    said = [stated(1), stated(2), stated(3)._replace(until=15), stated(12)]
    assert decisive(said, 10, 20) == [1, 2, 3, 12]
    assert decisive(said, 20, 30) == [1, 12]


def test_an_opposite_between_two_statements_keeps_both() -> None:
    said = [stated(1), stated(2), stated(3, side=-1), stated(4), stated(5)]
    assert decisive(said, 10, 20) == [1, 2, 3, 4, 5]


def test_what_may_be_taken_back_meanwhile_stands_for_nothing_else() -> None:
    back = stated(12, by="back")._replace(family="withdrawals", about=3, starts=None, starts_until=None, side=0)
    said = [stated(1), stated(2), stated(3), back]
    assert decisive(said, 10, 20) == [1, 2, 3, 12]
    assert decisive(said, 20, 30) == [1, 2]


def test_what_was_taken_back_and_is_renamed_meanwhile_stays_taken_back() -> None:
    """A merge gives a statement another version: both are held meanwhile, and so is what took it back."""
    back = stated(12, by="back")._replace(family="withdrawals", about=2, starts=None, starts_until=None, side=0)
    renamed = stated(2)._replace(since=25)
    said = [stated(1), stated(2)._replace(until=25), renamed, stated(3), back]
    assert decisive(said, 15, 20) == [1, 3]
    assert decisive(said, 20, 30) == [1, 2, 3, 12]
