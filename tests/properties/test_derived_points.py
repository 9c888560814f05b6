"""Rows about derived figures in a table of questions are answered as the model answers each at its own viewpoint."""

import json
import random
from typing import Any

import pyarrow as pa
import pytest

from ledger.values import instant_text
from projections import Engine
from projections.audit import answered_points
from tests.depth import seeds
from tests.oracle import model_derived
from tests.oracle.facts import Item
from tests.oracle.histories import FAR, Viewpoint, random_viewpoint
from tests.oracle.model import Model
from tests.oracle.model_derived import Formulas
from tests.properties.test_derived import drawn

ROWS = 12
COLUMNS = ("subject", "metric", "material", "nature", "period", "publisher", "dimension.basis", "as_of")
TOLD = ("value", "unit", "status", "event_id", "publisher")


def random_words(rng: random.Random, known: list[Item]) -> Item:
    """What a row asks for: words of some derived figure, a few of them left out; now and then of one publisher."""
    figure = rng.choice([one for one in known if one["exact"] is not None] or known)
    words: Item = {"subject": figure["subject"], "metric": figure["metric"]}
    if figure["period_start"] and rng.random() < 0.8:
        words["period"] = figure["period"]
    if figure["material"] and rng.random() < 0.6:
        words["material"] = figure["material"]
    if rng.random() < 0.4:
        words["nature"] = figure["nature"]
    if rng.random() < 0.2:
        words["dimension.basis"] = "reo"
    if rng.random() < 0.2:
        words["publisher"] = rng.choice(("usgs", "bgs"))
    return words


def fits(item: Item, words: Item, days: dict[str, tuple[str, str]]) -> bool:
    said = json.loads(item["dimensions"]) if isinstance(item["dimensions"], str) else item["dimensions"] or {}
    return (
        all(item[name] == words[name] for name in ("subject", "material", "nature") if name in words)
        and ("dimension.basis" not in words or said.get("basis") == words["dimension.basis"])
        and ("period" not in words or (item["period_start"], item["period_end"]) == days[words["period"]])
    )


def expected(model: Model, words: Item, at: Viewpoint, formulas: Formulas, days: dict[str, tuple[str, str]]) -> Item:
    """The answer to one row, by the model."""
    names = model.names(at.position)
    asked: Item = {name: names.resolve(words[name]) for name in ("subject", "material") if name in words}
    reading = {"publisher": words["publisher"]} if "publisher" in words else {}
    items = [
        item
        for item in model_derived.derived(model, at, formulas, words["metric"], **reading)
        if item["exact"] is not None and fits(item, {**words, **asked}, days)
    ]
    if len(items) != 1:
        return {"found": False, "reason": "several_figures" if items else "nothing_known"}
    (item,) = items
    publisher = item["said_by"][0] if len(item["said_by"]) == 1 else None
    told = {name: item[name] for name in ("value", "unit", "status")}
    return {"found": True, "reason": None, **told, "event_id": item["definition"], "publisher": publisher}


def answers(engine: Engine, rows: list[tuple[Item, Viewpoint]]) -> list[dict[str, Any]]:
    table = pa.Table.from_pylist(
        [{**words, "as_of": instant_text(at.as_of), "recorded_as_of": f"position:{at.position}"} for words, at in rows],
        schema=pa.schema([(name, pa.string()) for name in (*COLUMNS, "recorded_as_of")]),
    )
    found: list[dict[str, Any]] = answered_points(engine, table, engine.viewpoint()).to_pylist()
    return found


@pytest.mark.parametrize("seed", seeds(ordinarily=4))
def test_rows_about_derived_figures_are_answered_as_the_model_answers_them(seed: int) -> None:
    rng = random.Random(seed)
    for engine, events, formulas in drawn(rng):
        model = Model(events)
        views = [Viewpoint(FAR, len(events), FAR), *(random_viewpoint(rng, events) for _ in range(5))]
        views = [Viewpoint(at.as_of, at.position, at.as_of) for at in views]
        known = [item for at in views for item in model_derived.derived(model, at, formulas)]
        if not known:
            continue
        days = {item["period"]: (item["period_start"], item["period_end"]) for item in known}
        rows = [(random_words(rng, known), rng.choice(views)) for _ in range(ROWS)]
        found = answers(engine, rows)
        for (words, at), one in zip(rows, found, strict=True):
            wanted = expected(model, words, at, formulas, days)
            wrong = {name: (value, one[name]) for name, value in wanted.items() if one[name] != value}
            assert not wrong, f"seed {seed}: {words} at {at} (model, projection): {wrong}"


def test_the_histories_have_rows_of_every_sort() -> None:
    seen: set[Any] = set()
    for seed in range(1, 40):
        rng = random.Random(seed)
        for engine, events, formulas in drawn(rng):
            model = Model(events)
            view = Viewpoint(FAR, len(events), FAR)
            known = model_derived.derived(model, view, formulas)
            if known:
                found = answers(engine, [(random_words(rng, known), view) for _ in range(ROWS)])
                seen |= {
                    one["reason"] or ("by viewpoint" if one["revisions"] is None else "over time") for one in found
                }
        if seen >= {"over time", "by viewpoint", "several_figures", "nothing_known"}:
            return
    pytest.fail(f"only {seen}")
