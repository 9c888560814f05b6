"""The judge of `/v1/catalogue`: what there is to ask for among the figures, counted statement by statement."""

import json
from collections import defaultdict
from datetime import datetime

from ledger.values import unit
from tests.oracle.facts import Item
from tests.oracle.model import Model, Statement, head_of, series_of

KINDS = ("publisher", "metric", "material", "subject")


def catalogue(model: Model, as_of: datetime, position: int, effective_at: datetime) -> list[Item]:
    """The items of the catalogue at a viewpoint, in order."""
    said: dict[tuple[str, str], list[Statement]] = defaultdict(list)
    answered: dict[tuple[str, str], set[str]] = defaultdict(set)
    for figure_id, statements in model.statements_on(position).items():
        visible = [one for one in statements if one.order[0] <= as_of]
        speaking = {publisher for publisher, series in series_of(visible).items() if head_of(series)}
        for one in visible:
            for kind, name in named(one):
                said[kind, name].append(one)
                if one.publisher in speaking:
                    answered[kind, name].add(figure_id)
    titles = {item["entity"]: item["name"] for item in model.entities(as_of, position, effective_at)}
    return [
        item_of(kind, name, said[kind, name], len(answered[kind, name]), titles if kind != "metric" else {})
        for kind, name in sorted(said)
    ]


def named(statement: Statement) -> list[tuple[str, str]]:
    """What a statement is counted under."""
    key = statement.key
    names = (statement.publisher, key.metric, key.material, key.subject)
    return [(kind, name) for kind, name in zip(KINDS, names, strict=True) if name is not None]


def item_of(kind: str, name: str, said: list[Statement], figures: int, titles: dict[str, str]) -> Item:
    """One item, from all that is said under it."""
    said = sorted(said, key=lambda one: one.order)
    units = sorted({one.key.unit for one in said})
    starts = [one.key.period_start for one in said if one.key.period_start]
    ends = [one.key.period_end for one in said if one.key.period_end]
    return {
        "kind": kind,
        "name": name,
        "title": titles.get(name),
        "figures": figures,
        "statements": len(said),
        "publishers": len({one.publisher for one in said}),
        "subjects": len({one.key.subject for one in said}),
        "metrics": sorted({one.key.metric for one in said}),
        "materials": sorted({one.key.material for one in said if one.key.material}),
        "natures": sorted({one.key.nature for one in said}),
        "units": units,
        "unit_family": unit(units[0]).family if kind == "metric" else None,
        "dimensions": sorted({name for one in said for name in json.loads(one.key.dimensions or "{}")}),
        "period_start": min(starts, default=None),
        "period_end": max(ends, default=None),
        "first_published_at": said[0].fact.published_at,
        "latest_published_at": said[-1].fact.published_at,
    }
