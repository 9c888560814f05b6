"""A list of 50,000 figures, and a server over it that real programs can read from."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pyarrow as pa
import uvicorn
from fastapi import FastAPI

from api.app import create_app
from api.cli.server import Service, listen
from ledger import Ledger
from projections import Engine, Inquiry, Viewpoint
from projections.queries.inquiry import BoundedInquiry
from tests.api.helpers import country, mined, organisation

SUBJECTS, YEARS = 500, 100
FIGURES = SUBJECTS * YEARS
PLACES = [f"place-{number:03}" for number in range(SUBJECTS)]
"""The subjects, in the order of the list."""


def value_of(place: int) -> str:
    """What the figure of that place in the list says: with a printed zero at its end, and digits that no float has."""
    return f"{place}.1234567890123450"


class CountedEngine(Engine):
    """An engine that counts how often all of something was read."""

    lists_read = 0

    def within(self, allowance: Any) -> Inquiry:
        """The same, counted."""
        engine, inquiry = self, super().within(allowance)

        class Counted(BoundedInquiry):
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
                engine.lists_read += 1
                return super().read_all(name, viewpoint, filters=filters, sort=sort, offset=offset, as_text=as_text)

        return Counted(self.ledger, self.reader, inquiry.allowance)  # type: ignore[attr-defined]


@contextmanager
def long_list() -> Iterator[CountedEngine]:
    """An engine over the list: a figure a subject and year, in the order of the list."""
    with Ledger(":memory:") as ledger, CountedEngine(ledger) as engine:
        ledger.append([organisation("usgs"), *map(country, PLACES)])
        facts = [
            mined(subject, value_of(place * YEARS + year), "2026-01-31", period=str(1900 + year))
            for place, subject in enumerate(PLACES)
            for year in range(YEARS)
        ]
        for start in range(0, FIGURES, 10_000):
            ledger.append(facts[start : start + 10_000])
        yield engine


@contextmanager
def served(engine: Engine, app: FastAPI | None = None) -> Iterator[str]:
    """The address of a server over an engine, as long as the block takes; `app` where it is no usual one."""
    listening = listen(Service("127.0.0.1"), 0)
    config = uvicorn.Config(app or create_app(engine), log_level="warning", access_log=False, lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listening.close()
