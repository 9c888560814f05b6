"""Vintages at every viewpoint are those of the naive model, in both layouts, all of them or those asked for."""

import random
from datetime import timedelta

import pytest

from ledger.values import instant_text
from projections.audit import Columns, vintages
from tests.depth import seeds
from tests.oracle.histories import random_viewpoint
from tests.oracle.model import Model
from tests.oracle.model_vintages import comparable, tidy, wide
from tests.properties.test_viewpoints import differences, recorded, seen_from


@pytest.mark.parametrize("seed", seeds(ordinarily=2, first=9000))
def test_vintages_are_those_of_the_model(seed: int) -> None:
    rng = random.Random(seed)
    for engine, events in recorded(rng):
        model = Model(events)
        for _ in range(3):
            at = random_viewpoint(rng, events)
            dates = sorted(at.as_of - timedelta(days=rng.randrange(400)) for _ in range(3))
            releases = rng.sample(["first", "latest", "1", "2", "3"], 2)
            horizons = rng.sample([1, 2, 3, 6, 12], 2)
            with engine.reader(seen_from(engine, at)) as reader:
                every = vintages(reader).items
                across = vintages(reader, wide=True).items
                asked = vintages(
                    reader,
                    columns=Columns(
                        dates=[(instant_text(day), day) for day in dates], releases=releases, horizons=horizons
                    ),
                ).items
            expected = tidy(model, at.as_of, at.position)
            assert not (wrong := differences(expected, [comparable(item) for item in every])), f"{seed}: {wrong}"
            days = sorted({item["vintage"] for item in expected})
            rows = wide(expected, days)
            found = {(row["figure_id"], row["publisher"]): {day: row[day] for day in days} for row in across}
            assert found == rows, seed
            expected = tidy(model, at.as_of, at.position, dates=dates, releases=releases, horizons=horizons)
            named = {instant_text(day): day.isoformat() for day in dates}
            shown = [{**comparable(one), "vintage": named.get(one["vintage"], one["vintage"])} for one in asked]
            assert not (wrong := differences(expected, shown)), f"{seed}: {wrong}"
