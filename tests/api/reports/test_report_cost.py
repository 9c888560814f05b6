"""What a report costs in questions: as many of fifty figures as of five."""

from collections.abc import Iterator
from contextlib import contextmanager

from api.reports.report_facts import Facts, gather
from ledger import Ledger
from projections import Engine
from tests.logged_statements import logged_statements
from tests.projections.conftest import WORLD, Item


def stated(figures: int) -> list[Item]:
    return [
        {
            "type": "ProductionReported",
            "subject": "world",
            "metric": "mine_production",
            "period": str(1950 + figure),
            "value": str(100 + figure + statement),
            "unit": "t",
            "published_at": f"20{10 + statement}-03-01",
            "source": {"publisher": "usgs"},
        }
        for figure in range(figures)
        for statement in range(3)
    ]


@contextmanager
def gathered(figures: int) -> Iterator[tuple[Facts, int]]:
    """The facts of a report, and how many statements of SQL they took."""
    with Ledger(":memory:") as ledger, Engine(ledger) as engine:
        ledger.append([*WORLD, *stated(figures)])
        engine.catch_up()
        with engine.reader(engine.viewpoint()) as reader, logged_statements(reader) as statements:
            facts = gather(engine, {"subject": "world"})
            yield facts, len(statements())


def test_a_report_of_fifty_figures_asks_no_more_often_than_one_of_five() -> None:
    counts = []
    for figures in (5, 50):
        with gathered(figures) as (facts, statements):
            counts.append(statements)
            assert [len(figure.published) for figure in facts.figures] == [3] * figures
            assert [len(figure.answered) for figure in facts.figures] == [3] * figures
            assert {len(figure.statistics[0]["steps"]) for figure in facts.figures} == {2}
    assert counts[0] == counts[1]
