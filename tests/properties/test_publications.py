"""The days on which something was published are those that a naive count of the facts gives, at random viewpoints."""

import random
from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from projections.audit import publications, word_search
from projections.queries.reader import Reader
from tests.depth import seeds
from tests.oracle.facts import Fact
from tests.oracle.histories import Viewpoint, random_viewpoint
from tests.oracle.model import Model
from tests.properties.test_viewpoints import recorded, seen_from

VIEWPOINTS = 6
WORDS = ("lynas", "china", "usgs", "bgs", "burma", "myanmar")


def asked(histories: int) -> Iterator[tuple[Model, Viewpoint, Reader]]:
    """Readers of generated histories at random viewpoints, each with the model of its history."""
    for seed in seeds(histories, first=3):
        rng = random.Random(seed)
        for engine, events in recorded(rng):
            model = Model(events)
            for _ in range(VIEWPOINTS):
                at = random_viewpoint(rng, events)
                with engine.reader(seen_from(engine, at)) as reader:
                    yield model, at, reader


def published_by(model: Model, as_of: datetime, position: int) -> list[Fact]:
    """The facts that stand and were published: whatever a source says, and not what the ledger says of names."""
    return [
        fact
        for fact in model.content(position).values()
        if fact.standing and not fact.type.startswith("Entit") and fact.published.end <= as_of
    ]


def test_days_and_counts_are_those_of_the_facts() -> None:
    days = 0
    for model, at, reader in asked(3):
        facts = published_by(model, at.as_of, at.position)
        found = publications(reader)
        expected = Counter(fact.published.end.date().isoformat() for fact in facts)
        assert {item["day"]: item["statements"] for item in found.items} == expected
        assert [item["day"] for item in found.items] == sorted(expected)
        assert sum(found.members["holds"].values()) == len(facts)
        days += len(expected)
    assert days > 15


def series_known(model: Model, as_of: datetime, position: int) -> set[tuple[str, str, str | None]]:
    """Subject, metric and material of all that was said of figures by then, taken back or not."""
    said = (one for statements in model.statements_on(position).values() for one in statements)
    return {(one.key.subject, one.key.metric, one.key.material) for one in said if one.order[0] <= as_of}


def test_words_find_only_what_the_viewpoint_knows() -> None:
    found = 0
    for model, at, reader in asked(6):
        known = series_known(model, at.as_of, at.position)
        for subject, metric, _material in sorted(known, key=str):
            items = word_search(reader, f"{subject} {metric}").items
            series = {(one["subject"], one["metric"], one["material"]) for one in items if one["kind"] == "series"}
            assert series <= known
            assert any(one[:2] == (subject, metric) for one in series)
            found += 1
    assert found > 15


def test_words_find_entities_under_the_names_that_they_have_at_the_viewpoint() -> None:
    renamed = 0
    for model, at, reader in asked(6):
        known = {item["entity"]: item for item in model.entities(*at)}
        items = [item for word in WORDS for item in word_search(reader, word).items]
        for item in items:
            if item["kind"] == "entity":
                assert item["title"] == known[item["slug"]]["name"]
                renamed += bool(known[item["slug"]]["former_names"])
    assert renamed
