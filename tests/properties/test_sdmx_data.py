"""What is asked as SDMX asks is at every viewpoint what the naive model answers, and a history all that it knows.

The histories are full of corrections, merges, ties, withdrawals and erasures. Every message is read back into items,
so that whatever cannot be told from it is a fault.
"""

import random
from itertools import pairwise
from typing import Any

import pytest

from api.formats.sdmx.sdmx_csv import sdmx_csv
from api.formats.sdmx.sdmx_json import sdmx_json
from api.questions.sdmx.sdmx_components import DATAFLOWS
from api.questions.sdmx.sdmx_data_query import observe
from ledger.values import instant_text
from projections import Engine
from tests.api.sdmx_messages import Item, flows, item_of, rows_of_csv, rows_of_json
from tests.depth import seeds
from tests.oracle.histories import random_viewpoint
from tests.oracle.model import Model
from tests.properties.test_viewpoints import recorded

VIEWPOINTS = 6
SAID = (
    *("event_id", "publisher", "published_at", "value", "low", "high", "symbol", "unit", "canonical_value"),
    *("canonical_low", "canonical_high", "canonical_unit", "approximate", "status", "cause"),
)


def rows_of(engine: Engine, flow: str, **asked: str) -> list[Item]:
    """The observations of a dataflow, as two forms of message tell them alike."""
    key = asked.pop("key", "*")
    text = b"".join(sdmx_csv(observe(engine, DATAFLOWS[flow], key, asked), older=False))
    rows = rows_of_csv(text.decode())
    parts = sdmx_json(
        observe(engine, DATAFLOWS[flow], key, asked), lambda codes: {name: {} for name in codes}, flat=False
    )
    names = [one.id for one in DATAFLOWS[flow].components]
    if DATAFLOWS[flow].dated:  # else the message must be flat
        told = rows_of_json(b"".join(parts))
        assert [{name: row.get(name) or "" for name in names} for row in told] == [
            {name: row.get(name) or "" for name in names} for row in rows
        ]
    return rows


@pytest.mark.parametrize("seed", seeds(ordinarily=2, first=5))
def test_data_are_what_the_model_answers(seed: int) -> None:
    rng = random.Random(seed)
    for engine, events in recorded(rng):
        model = Model(events)
        for _ in range(VIEWPOINTS):
            at = random_viewpoint(rng, events)
            clocks = {"asOf": instant_text(at.as_of), "recordedAsOf": f"position:{at.position}"}
            for of_publishers in (False, True):
                items = model.figures(at.as_of, at.position, resolve="all" if of_publishers else "latest")
                names = [name for name in (items[0] if items else ()) if name not in ("via", "recorded_at")]
                expected = [{name: one[name] for name in names} for one in items]
                rows = [row for flow in flows(of_publishers=of_publishers) for row in rows_of(engine, flow, **clocks)]
                found = [{name: item_of(row, names).get(name) for name in names} for row in rows]
                assert sorted(found, key=place) == sorted(expected, key=place), f"seed {seed} at {at}"


def place(item: Item) -> Any:
    return item["figure_id"], item["publisher"]


@pytest.mark.parametrize("seed", seeds(ordinarily=2, first=5))
def test_a_history_is_what_the_model_knows_of_every_figure(seed: int) -> None:
    rng = random.Random(seed)
    for engine, events in recorded(rng):
        model = Model(events)
        for _ in range(VIEWPOINTS):
            at = random_viewpoint(rng, events)
            asked = {
                "asOf": instant_text(at.as_of),
                "recordedAsOf": f"position:{at.position}",
                "includeHistory": "true",
            }
            rows = [row for flow in flows(of_publishers=True) for row in rows_of(engine, flow, **asked)]
            found: dict[str, list[Item]] = {}
            for row in sorted(rows, key=lambda row: (row["VALID_FROM"], int(row["POSITION"]))):
                found.setdefault(row["FIGURE_ID"], []).append(item_of(row, SAID))
            for figure_id in model.statements_on(at.position):
                told = model.history(figure_id, "publication", at.as_of, at.position)
                expected = [{name: entry[name] for name in SAID} for entry in told]
                said = [{name: one[name] for name in SAID} for one in found.pop(figure_id, [])]
                assert said == expected, f"seed {seed} at {at}: {figure_id}"
            assert found == {}


@pytest.mark.parametrize("seed", seeds(ordinarily=3, first=5))
def test_what_is_valid_in_a_history_is_what_was_so_then(seed: int) -> None:
    """What is valid at a moment is what is answered as of that moment, and nothing else is; and each is another one."""
    rng = random.Random(seed)
    for engine, events in recorded(rng):
        for flow in DATAFLOWS:
            for position in {len(events), random_viewpoint(rng, events).position}:
                wrong = wrong_in_history(engine, flow, f"position:{position}")
                assert wrong is None, f"seed {seed} at {position}, {flow}: {wrong}"


def wrong_in_history(engine: Engine, flow: str, held: str) -> str | None:
    """What is wrong in the history of a dataflow up to the far future; None where nothing is."""
    history = rows_of(engine, flow, asOf="2999", recordedAsOf=held, includeHistory="true")
    for moment in sorted({row["VALID_FROM"] for row in history}):
        valid = {
            row["EVENT_ID"]
            for row in history
            if row["ACTION"] == "R" and row["VALID_FROM"] <= moment and (row["VALID_TO"] or "~") > moment
        }
        if {row["EVENT_ID"] for row in rows_of(engine, flow, asOf=moment, recordedAsOf=held)} != valid:
            return f"another answer at {moment}"
    told: dict[tuple[str, str], list[Item]] = {}
    for row in history:
        told.setdefault((row["FIGURE_ID"], row["PUBLISHER"] if DATAFLOWS[flow].of_publishers else ""), []).append(row)
    for rows in told.values():
        for one, other in pairwise(rows):
            if one["VALID_TO"] != other["VALID_FROM"]:
                return f"{one['EVENT_ID']} ends before the next one begins"
            if (one["ACTION"], one["EVENT_ID"]) == (other["ACTION"], other["EVENT_ID"]):
                return f"{one['EVENT_ID']} comes twice"
    return None


@pytest.mark.parametrize("seed", seeds(ordinarily=1, first=5))
def test_a_key_of_a_series_selects_that_series(seed: int) -> None:
    rng = random.Random(seed)
    for engine, events in recorded(rng):
        at = random_viewpoint(rng, events)
        clocks = {"asOf": instant_text(at.as_of), "recordedAsOf": f"position:{at.position}"}
        for flow in DATAFLOWS.values():
            rows = rows_of(engine, flow.id, **clocks)
            names = [one.id for one in flow.series_dimensions]
            keys = sorted({tuple(row[name] for name in names) for row in rows})
            for key in keys[:5]:
                wanted = [row for row in rows if tuple(row[name] for name in names) == key]
                assert rows_of(engine, flow.id, key=".".join(key), **clocks) == wanted
            two = [".".join(key) for key in keys[:2]]
            assert (
                rows_of(engine, flow.id, key=",".join(two), **clocks)
                == [row for row in rows if ".".join(row[name] for name in names) in two]
                or not two
            )
