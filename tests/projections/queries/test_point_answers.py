"""Point-in-time answers: names and periods at each row's own viewpoint, reasons that tell no future, and growth."""

import random
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pytest

from ledger import Ledger
from projections import FIGURES, Engine, QuestionsRefused
from projections.queries.viewpoint_cursor import ViewpointCursor
from tests.api.helpers import BASICS, country, mined, organisation
from tests.shared_tables import engine_of

MINED = {"subject": "china", "metric": "mine_production"}


@pytest.fixture
def engine() -> Iterator[Engine]:
    with Ledger(":memory:") as ledger, engine_of(ledger) as engine:
        ledger.append(BASICS)
        yield engine


def answered(engine: Engine, *rows: dict[str, Any]) -> list[dict[str, Any]]:
    names = dict.fromkeys(name for row in rows for name in row)
    table = pa.table({name: pa.array([row.get(name) for row in rows], pa.string()) for name in names})
    items: list[dict[str, Any]] = engine.point_answers(table, engine.viewpoint()).to_pylist()
    return items


def test_why_there_is_no_answer_is_said_from_the_rows_own_viewpoint(engine: Engine) -> None:
    figure = {key: value for key, value in mined("china", "1", "2024-03-31").items() if key != "value"}
    engine.ledger.append([mined("china", "1", "2024-01-31"), {**figure, "type": "FigureWithdrawn"}])
    engine.ledger.append([mined("china", "2", "2024-06-30", period="2022")])
    days = ("2023-12-31", "2024-01-31", "2024-03-31", "2024-06-30")
    found = answered(engine, *({**MINED, "as_of": day} for day in days))
    assert [one["reason"] for one in found] == ["nothing_known", None, "withdrawn", None]
    assert [one["value"] for one in found] == [None, "1", None, "2"]
    engine.ledger.append([mined("china", "3", "2024-05-31", period="2021")])
    (one,) = answered(engine, {**MINED, "as_of": "2024-06-30"})
    assert (one["found"], one["reason"], one["value"]) == (False, "several_figures", None)


def test_names_mean_what_they_mean_at_the_viewpoint_of_the_row(engine: Engine) -> None:
    facts = [
        country("zhongguo"),
        mined("china", "1", "2024-01-31"),
        mined("zhongguo", "7", "2024-01-31"),
        {"type": "EntityAliasAdded", "entity": "china", "alias": "PRC", "published_at": "2024-02-29"},
        {"type": "EntitiesMerged", "kept": "china", "merged": "zhongguo", "reason": "The same place."},
    ]
    engine.ledger.append(facts)
    head = engine.ledger.head()
    rows = [
        {"subject": "zhongguo", "metric": "mine_production", "as_of": "2024", "recorded_as_of": f"position:{head - 1}"},
        {"subject": "zhongguo", "metric": "mine_production", "as_of": "2024", "recorded_as_of": f"position:{head}"},
        {"subject": "PRC", "metric": "mine_production", "as_of": "2024"},
        {"subject": "PRC", "metric": "mine_production", "as_of": "2024-01-31"},
        {"subject": "China", "metric": "mine_production", "as_of": "2024", "publisher": "USGS"},
    ]
    found = answered(engine, *rows)
    for row, one in zip(rows, found, strict=True):
        at = engine.viewpoint(as_of=row["as_of"], recorded_as_of=row.get("recorded_as_of"))
        with engine.reader(at) as reader:
            words = {name: text for name, text in row.items() if name not in ("as_of", "recorded_as_of")}
            alone = reader.read("figures", filters=reader.meant(FIGURES, words).filters).to_pylist()
        assert one["value"] == (alone[0]["value"] if alone else None), row
    assert [one["value"] for one in found][:1] == ["7"]
    old = found[0]["figure_id"]
    by_id = answered(engine, *({**row, "figure_id": old, "subject": None, "metric": None} for row in rows[:2]))
    assert [one["figure_id"] for one in by_id] == [old, found[1]["figure_id"]]


def test_revisions_are_those_of_the_publisher_who_answers(engine: Engine) -> None:
    said = {"usgs": ("2024-02-29", "2024-03-31", "2024-04-30"), "bgs": ("2024-01-31", "2024-06-30")}
    facts = [
        {**mined("china", day[6], day), "source": {"publisher": publisher}}
        for publisher, days in said.items()
        for day in days
    ]
    engine.ledger.append(facts)
    days = ("2024-01-31", "2024-02-29", "2024-04-30", "2024-06-30")
    found = answered(engine, *({**MINED, "as_of": day} for day in days))
    assert [(one["publisher"], one["revisions"]) for one in found] == [("bgs", 0), ("usgs", 0), ("usgs", 2), ("bgs", 1)]


def test_fiscal_periods_are_those_of_the_subject(engine: Engine) -> None:
    sold = mined("lynas", "5", "2024-08-31", period="FY2024-Q4")
    engine.ledger.append([sold])
    asked = {"subject": "lynas", "metric": "mine_production", "as_of": "2024"}
    found = answered(engine, *({**asked, "period": text} for text in ("FY2024-Q4", "2024-Q2", "2024-04-01/2024-06-30")))
    assert [one["value"] for one in found] == ["5", "5", "5"]
    with pytest.raises(QuestionsRefused, match="fiscal period"):
        answered(engine, {**MINED, "period": "FY2024", "as_of": "2024"})


def test_moments_are_read_as_they_are_in_a_read(engine: Engine) -> None:
    engine.ledger.append([mined("china", "1", "2024-06-30")])
    texts = ("2024", "2024-06", "2024-06-30", "2024-H1", "mid-2024", "2024-W26", "2024-06-30t23:59:59.999999z")
    assert all(one["found"] for one in answered(engine, *({**MINED, "as_of": text} for text in texts)))
    early = ("2024-06-29", "2024-06-30T23:59:59Z", "2024-05", "2024-07-01T07:59:59+08:00", "2024-Q1")
    assert not any(one["found"] for one in answered(engine, *({**MINED, "as_of": text} for text in early)))
    for wrong in ("2024-02-30", "2024-06-30T12:00:00", "24", "2024-13", "position:1", " 2024"):
        with pytest.raises(QuestionsRefused, match="row 1: as_of"):
            answered(engine, {**MINED, "as_of": wrong})


def crowded(engine: Engine, count: int) -> pa.Table:
    """A figure of which so many statements came in any order, and so many questions about it."""
    chance = random.Random(1)
    days = [f"20{chance.randrange(10, 24)}-0{chance.randrange(1, 10)}-{chance.randrange(10, 29)}" for _ in range(count)]
    publishers = [organisation(f"p{number}") for number in range(5)]
    engine.ledger.append(publishers)
    for start in range(0, count, 1000):
        engine.ledger.append_what_fits(
            [
                mined("china", str(chance.randrange(10**6)), day, publisher=f"p{chance.randrange(5)}")
                for day in days[start : start + 1000]
            ]
        )
    asked = [chance.choice(days) for _ in range(count)]
    positions = [f"position:{chance.randrange(12, count + 12)}" for _ in range(count)]
    words = {name: [text] * count for name, text in MINED.items()}
    return pa.table({**words, "as_of": asked, "recorded_as_of": positions})


def test_questions_times_versions_are_never_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    """What questions and versions of one figure meet in grows with both of them, and statements do not grow at all."""
    statements: list[str] = []
    met: dict[int, int] = {}
    ask = ViewpointCursor.ask

    def counted(self: ViewpointCursor, query: str, **params: Any) -> list[Any]:
        statements.append(query)
        rows = ask(self, query, **params)
        if query.lstrip("- \n").startswith("One row is a cell"):
            ((cells,),) = ask(self, "SELECT COUNT(*) FROM cells")
            met[count] = cells
        return rows

    sent = {}
    for count in (500, 2000):
        with Ledger(":memory:") as ledger, engine_of(ledger) as engine:
            ledger.append(BASICS)
            table = crowded(engine, count)
            engine.catch_up()
            with monkeypatch.context() as patch:
                patch.setattr(ViewpointCursor, "ask", counted)
                statements.clear()
                found = engine.point_answers(table, engine.viewpoint())
            sent[count] = len(statements)
            for number in random.Random(2).sample(range(count), 10):
                row = table.slice(number, 1).to_pylist()[0]
                at = engine.viewpoint(as_of=row["as_of"], recorded_as_of=row["recorded_as_of"])
                alone = engine.read("figures", at, filters=MINED).to_pylist()
                one = found.slice(number, 1).to_pylist()[0]
                names = ("value", "publisher", "revisions", "event_id")
                assert [one[name] for name in names] == [alone[0][name] if alone else None for name in names]
    assert sent[500] == sent[2000]
    assert met[2000] < 4 * 2 * met[500]
    assert met[2000] < 2000 * 2000 / 5
