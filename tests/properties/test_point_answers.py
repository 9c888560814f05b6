"""A table of questions is answered row by row as the naive model answers each of them at the row's own viewpoint.

Histories are drawn with late, corrected, withdrawn, tied, merged and erased events; each row asks for a figure by its
id or by some of its words, at a viewpoint of its own. Each is also answered once with every question and span called
crowded, so that the way for very many of them is judged on the same histories.
"""

import random
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pytest

from ledger.values import instant_text, is_fiscal
from projections import Engine
from projections.queries import point_answers
from tests.depth import seeds
from tests.oracle.histories import Viewpoint, random_viewpoint
from tests.oracle.model import Model
from tests.properties.test_viewpoints import recorded

ROWS = 60
TOLD = ("figure_id", "value", "unit", "publisher", "status", "revisions", "event_id", "published_at")
Item = dict[str, Any]


def random_words(rng: random.Random, events: list[Item], ever: list[str]) -> Item:
    """What a row asks for: an id, or words of some statement, a few of them left out; now and then a publisher."""
    figures = [event for event in events if "unit" in event]
    if not figures or (ever and rng.random() < 0.4):
        words: Item = {"figure_id": rng.choice(ever)}
    else:
        figure = rng.choice(figures)
        words = {"subject": figure["subject"], "metric": figure.get("metric", "production")}
        if rng.random() < 0.6 and not is_fiscal(figure.get("period") or "2024"):
            words["period"] = figure.get("period") or "2024"
        if figure.get("material") and rng.random() < 0.6:
            words["material"] = figure["material"]
        if rng.random() < 0.2:
            words["nature"] = rng.choice(("observed", "target"))
        if rng.random() < 0.2:
            words["dimension.basis"] = "reo"
    if figures and rng.random() < 0.3:
        words["publisher"] = rng.choice(figures)["source"]["publisher"]
    return words


def expected(model: Model, words: Item, at: Viewpoint) -> Item:
    """The answer to one row, by the model."""
    items = model.figures(at.as_of, at.position, **words)
    if len(items) == 1:
        return {"found": True, "reason": None, **{name: items[0][name] for name in TOLD}}
    return {"found": False, **({"reason": "several_figures"} if items else {})}


def wrong_rows(model: Model, engine: Engine, rows: list[tuple[Item, Viewpoint]]) -> Iterator[str]:
    """What differs in the answers to rows, asked all at once."""
    table = pa.Table.from_pylist(
        [{**words, "as_of": instant_text(at.as_of), "recorded_as_of": f"position:{at.position}"} for words, at in rows],
        schema=pa.schema(
            [
                (name, pa.string())
                for name in (
                    *("figure_id", "subject", "metric", "material", "nature", "period", "publisher"),
                    *("dimension.basis", "as_of", "recorded_as_of"),
                )
            ]
        ),
    )
    found = engine.point_answers(table, engine.viewpoint()).to_pylist()
    assert len(found) == len(rows)
    for (words, at), one in zip(rows, found, strict=True):
        wanted = expected(model, words, at)
        if wrong := {name: (value, one[name]) for name, value in wanted.items() if one[name] != value}:
            yield f"{words} at {at} (model, projection): {wrong}"
        elif not one["found"] and any(one[name] is not None for name in TOLD):
            yield f"{words} at {at}: no answer, and yet {one}"


@pytest.mark.parametrize("few", [point_answers.FEW, 0])
@pytest.mark.parametrize("seed", seeds(ordinarily=2))
def test_every_row_is_answered_as_the_model_answers_it(seed: int, few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(point_answers, "FEW", few)
    rng = random.Random(seed)
    for engine, events in recorded(rng):
        model = Model(events)
        ever = sorted({one for position in range(len(events) + 1) for one in model.statements_on(position)})
        if not ever:
            return
        rows = [(random_words(rng, events, ever), random_viewpoint(rng, events)) for _ in range(ROWS)]
        for wrong in wrong_rows(model, engine, rows):
            pytest.fail(f"seed {seed}\n{wrong}")
