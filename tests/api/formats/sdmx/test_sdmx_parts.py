"""A large message is written as its items are read: no more of them are held than those of one series."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pyarrow as pa
import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.formats.sdmx import sdmx_csv as csv_messages
from api.formats.sdmx.sdmx_csv import sdmx_csv
from api.formats.sdmx.sdmx_json import sdmx_json
from api.formats.sdmx.sdmx_ml import sdmx_ml
from api.questions.sdmx.observations import Observed
from api.questions.sdmx.sdmx_components import DATAFLOWS
from api.questions.sdmx.sdmx_data_query import observe
from ledger import Ledger
from projections import Allowance, Engine, OutOfTime, Viewpoint
from projections.queries.inquiry import BoundedInquiry
from tests.api.helpers import country, mined, organisation

SUBJECTS, YEARS, PART = 30, 20, 10
PLACES = [f"place-{number:02}" for number in range(SUBJECTS)]


class FewAtATime(Engine):
    """An engine that gives a list a few items at a time, counts how often it did, and may fail on the way."""

    taken = 0
    fails_after: int | None = None

    def read_all(
        self,
        name: str,
        viewpoint: Viewpoint,
        *,
        filters: Mapping[str, Any] | None = None,
        sort: str | None = None,
        offset: int = 0,
        as_text: bool = True,
    ) -> Iterator[pa.Table]:
        """The items, a few at a time."""
        for table in super().read_all(name, viewpoint, filters=filters, sort=sort, offset=offset, as_text=as_text):
            for start in range(0, len(table), PART):
                self.taken += 1
                if self.fails_after is not None and self.taken > self.fails_after:
                    raise OutOfTime(1)
                yield table.slice(start, PART)

    def within(self, allowance: Allowance) -> Any:
        """The same within an allowance."""
        engine = self

        class Bounded(BoundedInquiry):
            def read_all(self, *args: Any, **named: Any) -> Iterator[pa.Table]:
                return engine.read_all(*args, **named)

        return Bounded(self.ledger, super().within(allowance)._open_reader, allowance)  # type: ignore[attr-defined]


@pytest.fixture
def engine() -> Iterator[FewAtATime]:
    with Ledger(":memory:") as ledger, FewAtATime(ledger) as engine:
        ledger.append([organisation("usgs"), *map(country, PLACES)])
        ledger.append(
            [
                mined(place, f"{number}", "2026-01-31", period=str(2000 + number))
                for place in PLACES
                for number in range(YEARS)
            ]
        )
        yield engine


FORMS: tuple[Callable[[Observed], Iterator[bytes]], ...] = (
    lambda observed: sdmx_csv(observed, older=False),
    lambda observed: sdmx_json(observed, lambda codes: {name: {} for name in codes}, flat=False),
    lambda observed: sdmx_ml(observed, flat=False),
)


@pytest.mark.parametrize("form", FORMS)
def test_a_message_is_written_as_its_items_are_read(
    engine: FewAtATime, form: Callable[[Observed], Iterator[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_messages, "LINES", YEARS)
    seen = []
    for part in form(observe(engine, DATAFLOWS["FIGURES"], "*", {})):
        assert len(part) < 30_000
        seen.append(engine.taken)
    assert seen[-1] == SUBJECTS * YEARS / PART
    # A series is two parts of the list, and that it is at its end shows in the next.
    assert all(taken <= 2 * (number + 1) + 1 for number, taken in enumerate(seen))
    assert len(seen) >= SUBJECTS


def test_a_message_that_fails_midway_is_a_problem(engine: FewAtATime) -> None:
    engine.fails_after = 20
    with TestClient(create_app(engine)) as client:
        answer = client.get("/sdmx/data/FIGURES")
    assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
