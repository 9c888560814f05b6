"""What questions of the audit cost, counted in rows that are read at a time and in calls."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import pyarrow as pa
import pytest

from ledger import Ledger
from projections import Engine, FilterError, Reader
from projections.audit import Columns, Findings, disputes, revisions, scorecards, vintages
from projections.queries import figure_pages
from tests.projections.conftest import WORLD, Item
from tests.shared_tables import engine_of

COUNTRIES = 200


def country(number: int) -> str:
    return f"country-{number:04}"


def stated(number: int, *, year: int, value: int = 1, publisher: str = "usgs") -> Item:
    return {
        "type": "ProductionReported",
        "subject": country(number),
        "metric": "mine_production",
        "period": "2009",
        "value": str(value),
        "unit": "t",
        "published_at": f"{year}-03-01",
        "source": {"publisher": publisher},
    }


@pytest.fixture(scope="module")
def many() -> Iterator[Engine]:
    """Two hundred countries with three vintages each."""
    registered = [
        {"type": "EntityRegistered", "entity": country(number), "kind": "country", "name": country(number)}
        for number in range(COUNTRIES)
    ]
    said = [stated(number, year=year, value=year) for number in range(COUNTRIES) for year in (2010, 2011, 2012)]
    with Ledger(":memory:") as ledger, engine_of(ledger) as engine:
        ledger.append([*WORLD, *registered, *said])
        yield engine


@contextmanager
def counting(engine: Engine) -> Iterator[tuple[Reader, list[int]]]:
    """A reader, and how many rows each of its questions about series gave."""
    rows: list[int] = []

    class Counting(Reader):
        def _ask(self, *args: Any, **options: Any) -> pa.Table:
            table = super()._ask(*args, **options)
            rows.append(len(table))
            return table

    with engine.reader(engine.viewpoint()) as reader:
        reader.__class__ = Counting
        yield reader, rows


@pytest.mark.parametrize("columns", [Columns(), Columns(releases=("first", "latest"))])
@pytest.mark.parametrize("wide", [False, True])
def test_a_page_of_vintages_reads_the_subjects_of_the_page(
    many: Engine, columns: Columns, wide: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(figure_pages, "ENTITIES_MANY", 0)
    with counting(many) as (reader, rows):
        everything = vintages(reader, columns=columns, wide=wide).items
        whole = max(rows)
        rows.clear()
        pages: list[Item] = []
        limit = 7
        while page := vintages(reader, columns=columns, wide=wide, limit=limit, offset=len(pages)).items:
            pages += page
            assert rows[-1] <= limit * 3 + 2 * 3
            if len(pages) == 7:
                assert sum(rows) < whole / 5
            if len(pages) >= 28:
                limit = 60
    assert pages == everything


def test_a_triangle_of_too_many_days_is_told_from_the_days() -> None:
    days = [
        {
            **stated(0, year=2010),
            "subject": "world",
            "published_at": (date(1990, 1, 1) + timedelta(days=day)).isoformat(),
        }
        for day in range(1_001)
    ]
    with Ledger(":memory:") as ledger, engine_of(ledger) as engine:
        ledger.append([*WORLD, *days])
        with counting(engine) as (reader, rows), pytest.raises(FilterError, match="1001 vintages are too many columns"):
            vintages(reader, wide=True, limit=10)
        assert rows == [1_001]


def differing(number: int) -> list[Item]:
    return [stated(number, year=2011, value=number + 1, publisher="bgs")]


@pytest.fixture(scope="module")
def disputed() -> Iterator[Engine]:
    """Forty countries on which two publishers differ, one of them twice."""
    registered = [
        {"type": "EntityRegistered", "entity": country(number), "kind": "country", "name": country(number)}
        for number in range(40)
    ]
    said = [stated(number, year=year, value=year % 2) for number in range(40) for year in (2010, 2011, 2012)]
    with Ledger(":memory:") as ledger, engine_of(ledger) as engine:
        ledger.append([*WORLD, *registered, *said, *(one for number in range(40) for one in differing(number))])
        yield engine


PAGED: dict[str, Callable[..., Findings]] = {
    "revisions": revisions,
    "disputes": lambda reader, **page: disputes(reader, status="all", **page),
}


@pytest.mark.parametrize("name", PAGED)
def test_the_pages_of_an_answer_are_the_answer(disputed: Engine, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with disputed.reader(disputed.viewpoint()) as reader:
        whole = PAGED[name](reader)
        assert len(whole.items) >= 40
        monkeypatch.setattr("projections.audit.subjects_together.ENTRIES_TOGETHER", 30)
        pages: list[Item] = []
        while (page := PAGED[name](reader, limit=9, offset=len(pages))).items:
            pages += page.items
            assert page.members == whole.members
    assert pages == whole.items


def test_a_page_of_disputes_reads_the_figures_of_the_page(disputed: Engine) -> None:
    with counting(disputed) as (reader, rows):
        pages: list[Item] = []
        while page := disputes(reader, status="all", limit=9, offset=len(pages)).items:
            pages += page
            assert len(rows) <= 4  # how many of each subject, which of them, their entries, the pairs
            assert max(rows) <= (9 + 1) * 4
            rows.clear()
        assert len(pages) == 40


def test_a_page_of_revisions_reads_the_series_of_the_page(disputed: Engine) -> None:
    with counting(disputed) as (reader, rows):
        for offset in (0, 30):
            rows.clear()
            assert len(revisions(reader, limit=6, offset=offset).items) == 6
            # The notices are asked elsewhere. Units, rescaled tables, units, one row a series, entries of the page.
            assert rows[:-1] == [0, 1, 0, 1, 80]
            assert rows[-1] <= 6 * 4


def test_scorecards_hold_a_few_subjects(disputed: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    with counting(disputed) as (reader, rows):
        whole = scorecards(reader)
        assert max(rows) == 160
        rows.clear()
        monkeypatch.setattr("projections.audit.subjects_together.ENTRIES_TOGETHER", 20)
        assert scorecards(reader) == whole
        assert sorted(rows)[-2:] == [20, 40]  # 40: how many entries each subject has


def calls(run: Callable[[], object]) -> int:
    """How many functions are called."""
    count = 0

    def called(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(called)
    try:
        run()
    finally:
        sys.setprofile(before)
    return count


def of_many_publishers(count: int) -> list[Item]:
    """As many publishers on one figure, one of which contradicts the others every second time that it speaks."""
    known = [
        {"type": "EntityRegistered", "entity": f"publisher-{number}", "kind": "organisation", "name": f"P{number}"}
        for number in range(count)
    ]
    others = [
        {**stated(0, year=2010), "subject": "world", "source": {"publisher": f"publisher-{n}"}} for n in range(count)
    ]
    days = [(date(2011, 1, 1) + timedelta(days=day)).isoformat() for day in range(count)]
    turns = [
        {**stated(0, year=2011, value=1 + place % 2), "subject": "world", "published_at": day}
        for place, day in enumerate(days)
    ]
    return [*known, *others, *turns]


@pytest.mark.parametrize(
    "ask",
    [
        lambda reader: disputes(reader, {"publisher": "usgs"}, status="all", limit=1),
        lambda reader: revisions(reader, {"publisher": "usgs"}, limit=1),
        scorecards,
    ],
    ids=["disputes", "revisions", "scorecards"],
)
def test_many_publishers_on_one_figure_cost_in_proportion(ask: Callable[[Reader], Findings]) -> None:
    counts = []
    for count in (100, 400):
        with Ledger(":memory:") as ledger, engine_of(ledger) as engine:
            ledger.append([*WORLD, *of_many_publishers(count)])
            with engine.reader(engine.viewpoint()) as reader:
                ask(reader)
                counts.append(calls(lambda: ask(reader)))
    assert counts[1] < 5 * counts[0]
