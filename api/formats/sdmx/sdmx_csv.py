"""SDMX-CSV 2.0 and 1.0: an observation a line, under the ids of the components."""

import csv
import io
from collections.abc import Iterator
from itertools import islice

from api.questions.sdmx.observations import Observed
from api.questions.sdmx.sdmx_components import AGENCY, VERSION

LINES = 1000
ACTIONS = {"Information": "I", "Replace": "R", "Delete": "D"}


def sdmx_csv(observed: Observed, *, older: bool) -> Iterator[bytes]:
    """The header and the lines. In the older version, which has no actions, what was deleted has no value."""
    flow = f"{AGENCY}:{observed.flow.id}({VERSION})"
    names = [one.id for one in observed.shown]
    first = ["DATAFLOW"] if older else ["STRUCTURE", "STRUCTURE_ID", "ACTION"]
    yield _lines([[*first, *names]])
    rows = (
        [
            *([flow] if older else ["dataflow", flow, ACTIONS[series.data_set.action]]),
            *map(one.get, names),
        ]
        for series in observed.series
        for one in series.observations
    )
    while some := list(islice(rows, LINES)):
        yield _lines(some)


def _lines(rows: list[list[str | None]] | list[list[str]]) -> bytes:
    sink = io.StringIO(newline="")
    csv.writer(sink, lineterminator="\r\n").writerows(rows)
    return sink.getvalue().encode()
