"""The revision triangle: what was said when, by day, by release and by age."""

from datetime import UTC, datetime

import pytest

from projections import FilterError
from projections.audit import Columns, vintages
from projections.audit.findings import Item
from tests.projections.conftest import Book, correction, figure, retraction, withdrawal


def asked(book: Book, *, wide: bool = False, columns: Columns | None = None, **filters: str) -> list[Item]:
    with book.engine.reader(book.engine.viewpoint(as_of="2030-01-01")) as reader:
        return vintages(reader, filters, columns=columns, wide=wide).items


def seen(items: list[Item], *names: str) -> list[tuple[object, ...]]:
    return [tuple(item[name] for name in names) for item in items]


def day(text: str) -> tuple[str, datetime]:
    return text, datetime.fromisoformat(text).replace(hour=23, minute=59, tzinfo=UTC)


def test_each_time_of_publication_is_a_vintage_until_the_next(book: Book) -> None:
    book.record(figure("350000", on="2024-01-31"), figure("376000", on="2025"), figure("376.0", on="2026", unit="kt"))
    assert seen(asked(book), "vintage", "superseded_on", "release", "canonical_value", "cause", "change") == [
        ("2024-01-31", "2025-12-31", 1, "350000", "first_report", None),
        ("2025-12-31", "2026-12-31", 2, "376000", "revision", "26000"),
        ("2026-12-31", None, 3, "376000", "confirmation", "0"),
    ]


def test_of_what_contradicts_itself_on_one_day_the_last_said_is_the_vintage(book: Book) -> None:
    book.record(figure("1"), figure("2"), figure("3", on="2025"))
    assert seen(asked(book), "canonical_value", "release", "cause") == [("2", 1, "conflict"), ("3", 2, "revision")]


def test_a_withdrawal_is_a_vintage_that_says_nothing_and_no_release(book: Book) -> None:
    book.record(figure("1300"), withdrawal(on="2025-01-01"), figure("1400", on="2026-01-01"))
    every = asked(book)
    assert seen(every, "release", "withdrawn", "canonical_value", "previous_value", "cause") == [
        (1, False, "1300", None, "first_report"),
        (None, True, None, "1300", "withdrawal"),
        (2, False, "1400", None, "republication"),
    ]
    (across,) = asked(book, wide=True)
    assert [across[one] for one in ("2024-01-31", "2025-01-01", "2026-01-01")] == ["1300", None, "1400"]
    columns = Columns(dates=[day("2025-06-30")], releases=["2", "latest"])
    assert seen(asked(book, columns=columns), "vintage", "canonical_value") == [("2", "1400"), ("latest", "1400")]


def test_of_a_figure_that_is_withdrawn_nothing_is_latest(book: Book) -> None:
    book.record(figure("1300"), withdrawal(on="2025-01-01"))
    assert seen(asked(book, columns=Columns(releases=["first", "latest"])), "vintage") == [("first",)]


def test_wide_holds_what_was_said_until_the_next_vintage_of_any_figure(book: Book) -> None:
    book.record(
        figure("1", on="2024-02-01"),
        figure("2", on="2025-02-01"),
        figure("10", period="2024", on="2025-02-01"),
        figure(None, low="85", high="95", unit="t", period="2025", on="2026-02-01"),
        figure(None, symbol="withheld", period="2026", on="2026-02-01"),
        figure(None, low="95", period="2027", on="2026-02-01"),
    )
    rows = asked(book, wide=True)
    assert list(rows[0])[-3:] == ["2024-02-01", "2025-02-01", "2026-02-01"]
    assert seen(rows, "period", "2024-02-01", "2025-02-01", "2026-02-01") == [
        ("2023", "1", "2", "2"),
        ("2024", None, "10", "10"),
        ("2025", None, None, "85..95"),
        ("2026", None, None, "withheld"),
        ("2027", None, None, "95.."),
    ]


@pytest.mark.parametrize(
    ("period", "months", "known_on"),
    [
        ("2023", 3, "2024-03-31"),
        ("2023-06", 3, "2023-09-30"),
        ("2023-02", 12, "2024-02-29"),
        ("2024-02", 12, "2025-02-28"),
        ("2024-01-30", 1, "2024-02-29"),
        ("2024-01-15", 13, "2025-02-15"),
    ],
)
def test_a_horizon_is_so_many_months_after_the_end_of_the_period(
    book: Book, period: str, months: int, known_on: str
) -> None:
    book.record(figure("1", period=period, on="2020-01-01"), figure("2", period=period, on=known_on))
    before = figure("3", period=period, on=f"{known_on}T23:59:59.999999Z")
    book.record({**before, "published_at": f"{int(known_on[:4]) + 1}{known_on[4:8]}01"})
    assert seen(asked(book, columns=Columns(horizons=[months])), "vintage", "vintage_date", "canonical_value") == [
        (f"{months}m", known_on, "2")
    ]


def test_a_horizon_that_lies_ahead_and_one_of_no_period_show_nothing(book: Book) -> None:
    book.record(figure("1", period="2029"), figure("2", period=None))
    assert asked(book, columns=Columns(horizons=[3, 12])) == []


def test_a_day_after_as_of_is_refused(book: Book) -> None:
    with pytest.raises(FilterError, match="after as_of"):
        asked(book, columns=Columns(dates=[day("2031-01-01")]))


def test_our_own_corrections_make_no_vintage(book: Book) -> None:
    event_id = "00000000-0000-4000-8000-000000000001"
    other = "00000000-0000-4000-8000-000000000002"
    book.record(figure("113000", event_id=event_id), figure("1", on="2025", event_id=other))
    book.record(correction(event_id, value="13000"), retraction(other))
    assert seen(asked(book), "vintage", "canonical_value") == [("2024-01-31", "13000")]


def test_publishers_are_series_of_their_own(book: Book) -> None:
    book.record(figure("1", by="bgs", on="2025"), figure("2"), figure("3", by="bgs", on="2026"))
    assert seen(asked(book), "publisher", "release") == [("bgs", 1), ("bgs", 2), ("usgs", 1)]
    assert seen(asked(book, publisher="usgs"), "canonical_value") == [("2",)]


def test_subjects_of_a_kind_are_selected_as_they_are_registered(book: Book) -> None:
    book.record(figure("1"), figure("2", subject="australia"), figure("3", subject="prc"))
    book.record({"type": "EntitiesMerged", "kept": "china", "merged": "prc", "reason": "One country."})
    assert seen(asked(book, subject_kind="country"), "subject") == [("australia",), ("china",)]
    assert seen(asked(book, subject_kind="region"), "subject") == [("world",)]
