"""A figure among those of its subject has the answer that it has alone."""

from tests.projections.conftest import IDS, Book, figure, retraction, withdrawal


def test_what_was_taken_back_counts_for_a_figure_among_others_as_for_it_alone(book: Book) -> None:
    book.record(
        figure("1", on="2024-01-31", event_id=IDS[0]),
        withdrawal(on="2024-02-29"),
        figure("2", on="2024-03-31"),
        withdrawal(on="2024-04-30", event_id=IDS[1]),
        withdrawal(on="2024-05-31"),
        figure("3", on="2024-06-30"),
        figure("3", on="2024-07-31"),
        figure("7", period="1999"),
    )
    book.record(retraction(IDS[0]))  # Now a withdrawal comes first.
    subject, period = book.ask("figures", limit=100)[0]["subject"], "1999"
    among = [item for item in book.ask("figures", filters={"subject": subject}) if item["period"] != period]
    assert [(one["value"], one["statements"], one["revisions"]) for one in among] == [("3", 6, 5)]
    assert book.ask("figures", filters={"figure_id": among[0]["figure_id"]}) == among
