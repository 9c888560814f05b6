"""What a publisher took back by `ReportWithdrawn` nobody says: names and qualitative statements among the rest."""

from typing import Any

import pytest

from projections.audit import word_search
from projections.audit.revisions.notices import Notices
from tests.projections.conftest import IDS, Book, correction, figure, merge, reinstatement, retraction

Item = dict[str, Any]

USGS = {"source": {"publisher": "usgs"}}
ROLE = {
    "type": "StatementRecorded",
    "event_id": IDS[1],
    "subject": "china",
    "attribute": "role",
    "text": "The largest producer.",
    "published_at": "2024-01-10",
    **USGS,
}
RENAMED = {
    "type": "EntityRenamed",
    "event_id": IDS[2],
    "entity": "lynas",
    "name": "Lynas Malaysia",
    "published_at": "2024-01-10",
    **USGS,
}


def taken_back(report: str, *, on: str = "2024-06-01", **fields: Any) -> Item:
    return {"type": "ReportWithdrawn", "withdraws": report, "published_at": on, **USGS, **fields}


def texts(book: Book, **asked: Any) -> list[str]:
    return [item["text"] for item in book.ask("statements", **asked)]


def names(book: Book, **asked: Any) -> tuple[str, list[str]]:
    item = book.one("entities", filters={"entity": "lynas"}, **asked)
    return item["name"], item["former_names"]


def found(book: Book, words: str, **clocks: str) -> list[tuple[Any, ...]]:
    with book.engine.reader(book.engine.viewpoint(**clocks)) as reader:
        items = word_search(reader, words).items
    return [(item["kind"], item["slug"] or item["subject"], item["title"]) for item in items]


def test_a_statement_is_listed_until_it_is_taken_back(book: Book) -> None:
    book.record(ROLE)
    held = book.record(taken_back(IDS[1], event_id=IDS[3]))
    for filters in (None, {"subject": "china"}, {"attribute": "role"}, {"publisher": "usgs"}):
        assert texts(book, as_of="2024-05-31", filters=filters) == ["The largest producer."]
        assert texts(book, as_of="2024-06-01", filters=filters) == []
    assert texts(book, recorded_as_of=f"position:{held - 1}") == ["The largest producer."]
    assert texts(book, limit=1) == []
    book.record(retraction(IDS[3]))
    assert texts(book, limit=1) == ["The largest producer."]
    book.record(reinstatement(IDS[3]))
    book.record(correction(IDS[3], published_at="2024-08-01"))
    assert texts(book, as_of="2024-07-31") == ["The largest producer."]
    assert texts(book, as_of="2024-08-01") == []


def test_a_page_of_statements_passes_over_those_that_were_taken_back(book: Book) -> None:
    roles = [{**ROLE, "event_id": IDS[10 + place], "text": f"Role {place}"} for place in range(4)]
    book.record(*roles, *(taken_back(IDS[10 + place]) for place in (0, 2)))
    assert texts(book, limit=2) == ["Role 1", "Role 3"]
    assert texts(book, limit=1) == ["Role 1"]


def test_a_name_that_was_taken_back_is_none(book: Book) -> None:
    book.record(RENAMED, taken_back(IDS[2]))
    assert names(book, as_of="2024-05-31") == ("Lynas Malaysia", ["Lynas"])
    assert names(book, as_of="2024-06-01") == ("Lynas", [])
    assert book.ask("entities", as_of="2024-06-01", filters={"q": "malaysia"}) == []
    assert found(book, "malaysia", as_of="2024-05-31") == [("entity", "lynas", "Lynas Malaysia")]
    assert found(book, "malaysia", as_of="2024-06-01") == []


def test_a_change_of_definition_that_was_taken_back_announces_nothing(book: Book) -> None:
    book.record({**ROLE, "attribute": "definition_change"}, taken_back(IDS[1]))
    for as_of, told in (("2024-05-31", 1), ("2024-06-01", 0)):
        with book.engine.reader(book.engine.viewpoint(as_of=as_of)) as reader:
            assert len(list(Notices(reader).told())) == told


@pytest.mark.parametrize("words", ["sanctuary", "Sanctuary, Inc."])
def test_words_find_a_name_from_its_publication_on_and_call_by_the_one_that_holds(book: Book, words: str) -> None:
    """A name has a date of publication and one of taking effect; to be found, the first is enough."""
    book.record(
        figure(subject="lynas", on="2023-01-01"),
        {**RENAMED, "name": "Sanctuary, Inc.", "effective_from": "2024-03-01"},
        {**RENAMED, "event_id": IDS[4], "name": "Older", "effective_from": "2023-06-01", "published_at": "2024-02-01"},
    )
    assert found(book, words, as_of="2024-01-09") == []
    assert ("entity", "lynas", "Lynas") in found(book, words, as_of="2024-01-10")
    assert ("entity", "lynas", "Older") in found(book, words, as_of="2024-02-01")
    assert ("entity", "lynas", "Sanctuary, Inc.") in found(book, words, as_of="2024-03-01")
    series = [title for kind, _, title in found(book, "mine production", as_of="2024-02-01") if kind == "series"]
    assert series == ["Older, mine production"]


def test_words_that_a_merged_slug_is_called_by_find_what_was_kept_with_all_that_is_said_of_it(book: Book) -> None:
    book.record(figure(subject="prc"), merge(kept="china", merged="prc"))
    with book.engine.reader(book.engine.viewpoint()) as reader:
        for word in ("prc", "china"):
            (entity,) = (item for item in word_search(reader, word).items if item["kind"] == "entity")
            assert (entity["slug"], entity["title"], entity["statements"]) == ("china", "China", 1)
            assert any(item["subject"] == "china" for item in word_search(reader, word).items)


def test_words_find_a_thing_by_its_title_as_it_was_said_last_and_not_by_what_was_taken_back(book: Book) -> None:
    signed = {"type": "MoUSigned", "agreement": "pact", "parties": [{"entity": "lynas"}, {"entity": "js-link"}], **USGS}
    book.record(
        {**signed, "event_id": IDS[5], "title": "Zinc plan", "published_at": "2024-01-01"},
        {**signed, "event_id": IDS[6], "title": "Magnet plan", "published_at": "2024-02-01"},
        {**signed, "agreement": "other", "event_id": IDS[7], "title": "Zinc", "published_at": "2024-01-01"},
        taken_back(IDS[7]),
    )
    assert found(book, "zinc", as_of="2024-01-31") == [
        ("agreement", "other", "Zinc"),
        ("agreement", "pact", "Zinc plan"),
    ]
    assert found(book, "magnet", as_of="2024-02-01") == [("agreement", "pact", "Magnet plan")]
    assert found(book, "zinc", as_of="2024-06-01") == []
    book.record(taken_back(IDS[6], on="2024-07-01"))
    assert found(book, "zinc", as_of="2024-07-01") == [("agreement", "pact", "Zinc plan")]
