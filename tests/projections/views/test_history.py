"""Why a figure changed: the world's doing on one clock, this ledger's on the other."""

from typing import Any
from uuid import UUID

import pytest

from projections.queries.reader import Reader
from tests.projections.conftest import IDS, Book, correction, figure, merge, reinstatement, retraction, withdrawal

Rows = list[tuple[object, ...]]


def changes(book: Book, *fields: str, figure_id: str | None = None, **asked: str) -> Rows:
    wanted = figure_id or book.ask("figures", filters={"resolve": "all"})[0]["figure_id"]
    return [tuple(item[field] for field in fields) for item in book.history(wanted, **asked)]


def test_every_cause_on_the_publication_clock(book: Book) -> None:
    book.record(
        figure("350000", on="2024-01-31"),
        figure("350", unit="kt", on="2024-06-30"),
        figure("376000", on="2025-01-31"),
        figure("370000", on="2025-01-31"),
        withdrawal(on="2025-02-01"),
        withdrawal(on="2025-02-02"),
        figure("371000", on="2025-03-01"),
        figure(None, low="1", high="2", on="2025-03-02"),
        figure("0", on="2025-03-03"),
        figure("5", on="2025-03-04"),
    )
    assert changes(book, "cause", "previous_value", "change", "change_percent", "revision") == [
        ("first_report", None, None, None, 0),
        ("confirmation", "350000", "0", "0.0000", 1),
        ("revision", "350000", "26000", "7.4286", 2),
        ("conflict", "376000", "-6000", "-1.5957", 3),
        ("withdrawal", "370000", None, None, 4),
        ("withdrawal", None, None, None, 5),
        ("republication", None, None, None, 6),
        ("revision", "371000", None, None, 7),
        ("revision", None, None, None, 8),
        ("revision", "0", "5", None, 9),
    ]


def test_what_arrives_late_takes_its_place_by_publication(book: Book) -> None:
    book.record(figure("2", on="2025"), figure("1", on="2024"), figure("9", by="bgs", on="2024-06"))
    assert changes(book, "publisher", "value", "cause", "change") == [
        ("bgs", "9", "first_report", None),
        ("usgs", "1", "first_report", None),
        ("usgs", "2", "revision", "1"),
    ]
    assert changes(book, "value", as_of="2024") == [("9",), ("1",)]


def test_our_own_error_is_no_revision(book: Book) -> None:
    first = book.record(figure("113000", on="2025-01-31", event_id=IDS[1]))
    fixed = book.record(correction(IDS[1], value="13000"))
    book.record(figure("29000", on="2026-02-06"))
    assert changes(book, "value", "cause", "change", as_of="2025-06-30") == [("13000", "first_report", None)]
    assert changes(book, "position", "value", "cause", "previous_value", clock="ledger", as_of="2025-06-30") == [
        (first, "113000", "recorded", None),
        (fixed, "13000", "correction", "113000"),
    ]
    assert changes(book, "value", "cause", "change") == [
        ("13000", "first_report", None),
        ("29000", "revision", "16000"),
    ]


def test_every_cause_on_the_ledger_clock(book: Book) -> None:
    book.record(figure("1", on="2024-01-31", event_id=IDS[1]))
    book.record(figure("3", on="2026-01-31"))
    book.record(figure("2", on="2024-06-30", event_id=IDS[2]))
    book.record(correction(IDS[2], published_at="2023"))
    book.record(retraction(IDS[1]))
    book.record(reinstatement(IDS[1]))
    book.record(correction(IDS[1], note="seen again"))
    book.record(withdrawal(on="2024-07-01"))
    assert changes(book, "value", "cause", "event_id", "change", clock="ledger", as_of="2024-12-31")[:5] == [
        ("1", "recorded", IDS[1], None),
        ("2", "late_arrival", IDS[2], "1"),
        ("1", "correction", changes(book, "event_id", clock="ledger", as_of="2024-12-31")[2][0], "-1"),
        ("2", "retraction", changes(book, "event_id", clock="ledger", as_of="2024-12-31")[3][0], "1"),
        ("1", "reinstatement", changes(book, "event_id", clock="ledger", as_of="2024-12-31")[4][0], "-1"),
    ]
    assert changes(book, "value", "cause", "previous_value", clock="ledger", as_of="2024-12-31")[5:] == [
        (None, "late_arrival", "1")
    ]


def test_a_merge_shows_in_the_history_of_the_kept_figure_under_both_ids(book: Book) -> None:
    book.record(figure("1", subject="china"))
    book.record(figure("2", subject="prc", on="2025"))
    of_china, of_prc = (item["figure_id"] for item in book.ask("figures"))
    merged = book.record(merge(kept="china", merged="prc"))
    expected = [("1", "recorded"), ("2", "merge")]
    assert changes(book, "value", "cause", clock="ledger", figure_id=of_china) == expected
    assert changes(book, "value", "cause", clock="ledger", figure_id=of_prc) == expected
    assert changes(book, "value", "cause", figure_id=of_prc) == [("1", "first_report"), ("2", "revision")]
    before = f"position:{merged - 1}"
    assert changes(book, "value", "cause", clock="ledger", figure_id=of_prc, recorded_as_of=before) == [
        ("2", "recorded")
    ]


def test_a_history_ends_where_its_viewpoint_does(book: Book) -> None:
    first = book.record(figure("1", event_id=IDS[1]))
    book.record(correction(IDS[1], value="2"))
    assert changes(book, "value", clock="ledger", recorded_as_of=f"position:{first}") == [("1",)]
    assert changes(book, "value", clock="ledger", as_of="2023") == []
    assert changes(book, "value", as_of="2023") == []


def test_an_unknown_figure_has_no_history(book: Book) -> None:
    book.record(figure())
    for clock in ("publication", "ledger"):
        assert book.history(IDS[0], clock=clock) == []


def test_what_is_withdrawn_is_no_answer_and_others_answer_again(book: Book) -> None:
    book.record(figure("1", on="2024-01-31", by="bgs"), figure("2", on="2024-02-29"), withdrawal(on="2024-03-31"))
    assert changes(book, "publisher", "value", "cause", "previous_value", clock="ledger") == [
        ("bgs", "1", "recorded", None),
        ("usgs", "2", "recorded", "1"),
        ("bgs", "1", "recorded", "2"),
    ]
    figure_id = book.one("figures")["figure_id"]
    book.record(withdrawal(on="2024-04-30", by="bgs"))
    last = changes(book, "publisher", "value", "previous_value", clock="ledger", figure_id=figure_id)[-1]
    assert last == (None, None, "1")


def test_an_old_id_answers_for_the_kept_figure_from_the_merge_on(book: Book) -> None:
    book.record(figure("1", subject="prc"))
    of_prc = book.one("figures")["figure_id"]
    book.record(figure("2", subject="china"), merge(kept="china", merged="prc", event_id=IDS[1]))
    book.record(figure("3", subject="china", on="2024-02-29"), retraction(IDS[1]))
    assert changes(book, "value", "cause", clock="ledger", figure_id=of_prc) == [
        ("1", "recorded"),
        ("2", "merge"),
        ("3", "recorded"),
        ("1", "retraction"),
    ]


@pytest.mark.parametrize("statements", [1, 30])
def test_a_history_of_what_was_recorded_in_turn_takes_one_statement(book: Book, statements: int) -> None:
    """Other tables are looked at where a ledger event or a merge changed the answer, and only then."""
    book.record(figure("0", on="2023", event_id=IDS[1]), *(figure(str(one + 1)) for one in range(statements)))
    figure_id = UUID(book.one("figures")["figure_id"])
    asked: list[str] = []

    class Noting(Reader):
        def ask(self, query: str, **params: Any) -> list[Any]:
            asked.append(query)
            return super().ask(query, **params)

    def count() -> int:
        asked.clear()
        with book.engine.reader(book.engine.viewpoint()) as reader:
            reader.__class__ = Noting
            assert len(reader.answers(figure_id)) >= statements
        return len(asked)

    assert count() == 1
    book.record(retraction(IDS[1]), correction(book.history(str(figure_id))[-1]["event_id"], value="7000"))
    assert count() == 2
