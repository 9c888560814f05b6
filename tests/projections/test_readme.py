"""The examples in projections/README.md are what the tables hold."""

from datetime import datetime

from projections.tables.families import FOREVER
from tests.places import ROOT
from tests.projections.conftest import IDS, Book, correction, figure

README = (ROOT / "projections" / "README.md").read_text(encoding="utf-8")


def table_after(words: str) -> list[dict[str, str]]:
    """The rows of the first table after some words."""
    lines = README[README.index(words) :].split("\n|", 1)[1].split("\n\n", 1)[0].splitlines()
    head, _, *rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [dict(zip(head, row, strict=True)) for row in rows]


def filled_up_to(book: Book, position: int) -> None:
    """Something else at every position before this one."""
    while book.ledger.head() < position - 1:
        book.record(figure(subject="china", period=str(1900 + book.ledger.head())))


def test_a_corrected_event_has_two_versions(book: Book) -> None:
    rows = table_after("has two rows")
    first, second = (int(rows[0]["position"]), int(rows[0]["until"]))
    start = book.ledger.head()
    filled_up_to(book, start + first)
    book.record(figure(rows[0]["value"], event_id=IDS[1]))
    filled_up_to(book, start + second)
    book.record(correction(IDS[1], value=rows[1]["value"]))
    versions = [row for row in book.engine.table("figures").to_pylist() if row["position"] == start + first]
    assert rows == [
        {
            "position": str(row["position"] - start),
            "since": str(row["since"] - start),
            "until": "∞" if row["until"] == FOREVER else str(row["until"] - start),
            "value": row["value"],
        }
        for row in versions
    ]


def test_a_statement_answers_until_the_next_is_later_on_both_clocks(book: Book) -> None:
    rows = table_after("An example. A publisher")
    start = book.ledger.head()
    said = dict(row["event"].split(": ") for row in rows)
    for (position, value), day in zip(sorted(said.items()), ("03-01", "04-01", "03-15"), strict=True):
        filled_up_to(book, start + int(position))
        book.record(figure(value, on=f"2024-{day}"))
    with book.engine.reader(book.engine.viewpoint()) as reader:
        answers = reader.ask(
            "SELECT position - $start, shown_from, NULLIF(shown_until, TIMESTAMP 'infinity'), "
            "NULLIF(shortened_to, TIMESTAMP 'infinity'), since - $start, NULLIF(shortened_at, $forever) - $start, "
            "NULLIF(until, $forever) - $start FROM log.answer_intervals "
            "WHERE position - $start IN (5, 8, 9) ORDER BY position, since",
            start=start,
            forever=FOREVER,
        )
    assert [{**row, "event": row["event"].partition(":")[0]} for row in rows] == [
        dict(zip(rows[0], map(printed, answer), strict=True)) for answer in answers
    ]
    in_may = {"as_of": "2024-05", "filters": {"subject": "world"}}
    assert book.one("figures", **in_may)["value"] == "110"
    assert book.one("figures", recorded_as_of=f"position:{start + 7}", **in_may)["value"] == "100"
    assert book.one("figures", **{**in_may, "as_of": "2024-03-20"})["value"] == "105"
    in_march = {**in_may, "as_of": "2024-03-20", "recorded_as_of": f"position:{start + 8}"}
    assert book.one("figures", **in_march)["value"] == "100"


def printed(value: datetime | int | None) -> str:
    """A day or a position as the README prints it."""
    if isinstance(value, datetime):
        return f"{value.day} {value:%B}"
    return "–" if value is None else str(value)
