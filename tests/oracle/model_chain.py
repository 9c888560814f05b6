"""The judge of chains and of concentration, naive: paths by trying until nothing gets shorter, shares as fractions."""

from collections import Counter
from collections.abc import Collection, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from tests.oracle.facts import Item
from tests.oracle.histories import Viewpoint
from tests.oracle.model import Model
from tests.oracle.model_sums import WHOLE, can_be_added, shown

ENVELOPE = ("effective_from", "effective_to", "event_id", "published_at", "position")
FIELDS = ("link", "supplier", "consumer", "relation", "subject", "object", "material", "stage", "share", *ENVELOPE)


class Edge(NamedTuple):
    """A step from one entity to another. The two ways of one relationship have the same name."""

    source: str
    target: str
    name: tuple[str, ...]
    item: Item


def edges(
    model: Model, at: Viewpoint, *, direction: str, material: str | None, relations: Collection[str]
) -> list[Edge]:
    """Every step that may be taken."""
    names = model.names(at.position)
    found = []
    for link in model.links(*at):
        if link["status"] == "open" and (material is None or link["material"] == names.resolve(material)):
            ends = (link["supplier"], link["consumer"])
            source, target = ends if direction == "downstream" else ends[::-1]
            found.append(Edge(source, target, ("link", link["link"]), {"kind": "link", **link}))
    stated = [one for one in model.relationships(*at) if one["status"] == "open" and one["relation"] in relations]
    two_ways = [
        (("relationship", one["relation"], one["subject"], one["object"]), {"kind": "relationship", **one})
        for one in stated
    ]
    for plant in model.facilities(*at) if "operates" in relations else ():
        pair = (plant["operator"], "operates", plant["facility"])
        told = any((one["subject"], one["relation"], one["object"]) == pair for one in stated)
        if plant["operator"] and plant["status"] not in ("closed", "cancelled") and not told:
            own = {"relation": "operates", "subject": pair[0], "object": pair[2], "stage": plant["stage"]}
            item = {"kind": "operator", **own, **{name: plant[name] for name in ENVELOPE[2:]}}
            two_ways.append((("operator", pair[0], pair[2], plant["stage"] or ""), item))
    for name, item in two_ways:
        found.append(Edge(item["subject"], item["object"], name, item))
        if item["subject"] != item["object"]:
            found.append(Edge(item["object"], item["subject"], name, item))
    return found


def trace(
    model: Model,
    at: Viewpoint,
    entity: str,
    *,
    direction: str,
    material: str | None,
    depth: int,
    relations: Collection[str],
) -> tuple[list[Item], Item]:
    """The items of a chain, and its members."""
    root = model.names(at.position).resolve(entity)
    entities = {one["entity"]: one for one in model.entities(*at)}
    steps = edges(model, at, direction=direction, material=material, relations=relations)
    paths = {root: [root]} if root in entities else {}
    while True:
        before = dict(paths)
        for edge in steps:
            if edge.source in paths and len(paths[edge.source]) <= depth:
                new = [*paths[edge.source], edge.target]
                old = paths.get(edge.target)
                if old is None or (len(new), new) < (len(old), old):
                    paths[edge.target] = new
        if paths == before:
            break
    walked: dict[tuple[str, ...], Edge] = {}
    for edge in steps:
        if edge.source in paths and len(paths[edge.source]) <= depth:
            other = walked.get(edge.name)
            if other is None or _way(paths, edge) < _way(paths, other):
                walked[edge.name] = edge
    items: list[Item] = []
    arrived = {root}
    for edge in sorted(walked.values(), key=lambda edge: (*_way(paths, edge), edge.target, edge.name)):
        path = paths[edge.source]
        items.append(
            {
                "depth": len(path),
                "from": edge.source,
                "to": edge.target,
                "path": [*path, edge.target],
                "kind": edge.item["kind"],
                **{name: edge.item.get(name) for name in FIELDS},
                "already_reached": edge.target in arrived,
            }
        )
        arrived.add(edge.target)
    cut = any(edge.source in paths and edge.name not in walked for edge in steps)
    kinds = Counter(item["kind"] for item in items)
    members = {
        "summary": {
            "entities": len(paths),
            "edges": len(items),
            **{f"{kind}s": kinds[kind] for kind in ("link", "relationship", "operator")},
            "depth": max([0, *(item["depth"] for item in items)]),
            "cut": cut,
        },
        "entities": [
            {
                "entity": slug,
                "name": entities[slug]["name"],
                "kind": entities[slug]["kind"],
                "depth": len(path) - 1,
                "located_in": sorted(
                    one["object"]
                    for one in model.relationships(*at)
                    if (one["subject"], one["relation"], one["status"]) == (slug, "located_in", "open")
                ),
            }
            for slug, path in sorted(paths.items(), key=lambda pair: (len(pair[1]), pair[0]))
        ],
        "risks": [
            {
                name: risk[name]
                for name in ("risk", "subject", "category", "severity", "description", "event_id", "published_at")
            }
            for risk in model.risks(*at)
            if risk["status"] == "open" and risk["subject"] in paths
        ],
    }
    return items, members


def _way(paths: dict[str, list[str]], edge: Edge) -> tuple[int, list[str]]:
    return (len(paths[edge.source]), paths[edge.source])


# --- Concentration ------------------------------------------------------------------------------------------------


class CannotTell(Exception):
    """The question does not choose: several figures for one name, or several units, or one that does not add up."""


def stated_in(model: Model, at: Viewpoint, relation: str) -> list[tuple[str, str]]:
    """Who stands in an open relation to what."""
    stated = (one for one in model.relationships(*at) if one["relation"] == relation and one["status"] == "open")
    return [(one["subject"], one["object"]) for one in stated]


def climbed(start: str, steps: Sequence[tuple[str, str]]) -> set[str]:
    """What can be reached step by step, but for what leads back to the start."""

    def reach(origin: str) -> set[str]:
        found: set[str] = set()
        while more := {end for begin, end in steps if begin in {origin, *found}} - found:
            found |= more
        return found

    return {one for one in reach(start) if start not in {one, *reach(one)}}


class Stand(NamedTuple):
    """Who has how much at one viewpoint, largest first, and what is left out."""

    holders: list[tuple[str, Fraction, Item]]
    left_out: list[Item]
    units: set[str]
    doubt: str | None


def stand(model: Model, at: Viewpoint, by: str, period: tuple[str, str], reading: Item) -> Stand:
    """What the answers of one period say. Raises CannotTell."""
    answers = [
        item
        for item in model.figures(at.as_of, at.position, **reading)
        if (item["period_start"], item["period_end"]) == period
    ]
    units = {item["canonical_unit"] for item in answers}
    if len(units) > 1 or not all(map(can_be_added, units)):
        raise CannotTell
    dimension = by.partition(".")[2]
    names = [(item["dimensions"] or {}).get(dimension) if dimension else item[by] for item in answers]
    named = [name for name in names if name is not None]
    if len(set(named)) < len(named):
        raise CannotTell
    parts = [] if dimension else stated_in(model, at, "part_of")
    lies_in = [] if dimension else [*parts, *stated_in(model, at, "located_in")]
    placed = {one for one in named if (climbed(one, lies_in) - climbed(one, parts)) & {*named}}
    totals = {whole for one in {*named} - placed for whole in climbed(one, parts)} & ({*named} - placed)
    holders: list[tuple[str, Fraction, Item]] = []
    left_out: list[Item] = []
    for name, item in sorted(zip(names, answers, strict=True), key=lambda pair: (pair[0] is not None, pair[0] or "")):
        value = item["canonical_value"]
        others = set(named) - WHOLE if dimension else {*totals} & {name}
        if name is None:
            reason = "unnamed"
        elif name in placed:
            reason = "part"
        elif others and (not dimension or name in WHOLE):
            reason = "total"
        elif value is None:
            reason = "no_number"
        elif Decimal(value) < 0:
            reason = "negative"
        else:
            holders.append((name, Fraction(value), item))
            continue
        covered = {**_keys(item), "says": _says(item), **_said(item), "reason": reason, "covered_percent": None}
        left_out.append(covered)
        if reason == "total" and value is not None and Decimal(value) > 0:
            inside = (
                Fraction(one["canonical_value"])
                for part, one in zip(names, answers, strict=True)
                if part is not None and one["canonical_value"] is not None and Decimal(one["canonical_value"]) >= 0
                if part not in placed | totals | (WHOLE if dimension else set())
                if dimension or name in climbed(part, parts)
            )
            covered["covered_percent"] = rounded(100 * sum(inside, Fraction(0)) / Fraction(value))
    ordered = sorted(holders, key=lambda one: (-one[1], one[0]))
    doubt = in_doubt(model, at, ordered, by)
    if doubt is not None and "left out" in doubt:
        item = ordered[0][2]
        said = {**_keys(item), "says": _says(item), **_said(item)}
        left_out.append({**said, "reason": "perhaps_total", "covered_percent": "100.0000"})
        ordered = ordered[1:]
    return Stand(ordered, left_out, units, doubt)


def in_doubt(model: Model, at: Viewpoint, ordered: list[tuple[str, Fraction, Item]], by: str) -> str | None:
    """Why the largest may be a total of the others that nobody declared."""
    if len(ordered) < 3:
        return None
    name, most = ordered[0][:2]
    rest = sum((value for _, value, _ in ordered[1:]), Fraction(0))
    kinds = {
        fact.body["entity"]: fact.body["kind"]
        for fact in model.visible(at.as_of, at.position, "EntityRegistered")
        if by == "subject"
    }
    alone = name in kinds and all(kinds.get(other) != kinds[name] for other, _, _ in ordered[1:])
    what = f"{by.replace('dimension.', '')} {name!r}"
    cure = "say what is part_of it, or choose with subject_kind"
    if most == 0 or most < rest:
        return None
    if most > rest:
        region = alone and kinds[name] == "region"
        return (
            f"{what}, a region, is more than all the others and is counted; if it is a total, {cure}"
            if region
            else None
        )
    if alone:
        return f"{what}, a {kinds[name]}, is as much as all the others together and is left out as a total"
    return f"{what} is as much as all the others together and is counted; if it is their total, {cure}"


def concentration(
    model: Model,
    at: Viewpoint,
    *,
    by: str,
    period: tuple[str, str],
    reading: Item,
    top: Sequence[int],
    before: Viewpoint | None = None,
) -> tuple[list[Item], Item]:
    """Items and members. Raises CannotTell."""
    now = stand(model, at, by, period, reading)
    items = [_item(now, place) for place in range(len(now.holders))]
    if before is None:
        return items, {"summary": summary(now, top), "left_out": now.left_out}
    then = stand(model, before, by, period, reading)
    if len(now.units | then.units) > 1:
        raise CannotTell
    names = {name for name, _, _ in now.holders}
    shares = [{name: share(one, value) for name, value, _ in one.holders} for one in (now, then)]
    values = {name: value for name, value, _ in then.holders}
    gone = sorted(place for place in range(len(then.holders)) if then.holders[place][0] not in names)
    for place in sorted(gone, key=lambda place: then.holders[place][0]):
        nothing = dict.fromkeys(("value", "share", "rank", "cumulative_share", "publisher", "published_at", "event_id"))
        items.append({**_item(then, place), **nothing})
    order = [name for name, _, _ in now.holders] + sorted(values.keys() - names)
    for name, item in zip(order, items, strict=True):
        computable = total(now) > 0 and total(then) > 0
        later, earlier = (one.get(name) or Fraction(0) for one in shares)
        item["previous_value"] = shown(values[name]) if name in values else None
        item["previous_share"] = rounded(shares[1].get(name))
        item["share_change"] = rounded(later - earlier) if computable else None
    measured = [measures(one, top) for one in (now, then)]
    change: Item = {
        "total": shown(total(now) - total(then)),
        "n": len(now.holders) - len(then.holders),
        **{name: rounded(_less(measured[0][name], measured[1][name])) for name in ("hhi", "effective_number")},
        "top": {str(n): rounded(_less(measured[0][str(n)], measured[1][str(n)])) for n in top},
    }
    whole = {**summary(now, top), "previous": summary(then, top), "change": change}
    return items, {"summary": whole, "left_out": now.left_out, "previous_left_out": then.left_out}


def total(one: Stand) -> Fraction:
    """What all have."""
    return sum((value for _, value, _ in one.holders), Fraction(0))


def share(one: Stand, value: Fraction) -> Fraction | None:
    """In percent."""
    return value / total(one) * 100 if total(one) else None


def measures(one: Stand, top: Sequence[int]) -> dict[str, Fraction | None]:
    """By their names; those of the largest by their number."""
    if not total(one):
        return dict.fromkeys(["hhi", "effective_number", *map(str, top)])
    hhi = sum(((value / total(one) * 100) ** 2 for _, value, _ in one.holders), Fraction(0))
    found: dict[str, Fraction | None] = {"hhi": hhi, "effective_number": 10_000 / hhi}
    for count in top:
        found[str(count)] = sum((value for _, value, _ in one.holders[:count]), Fraction(0)) / total(one) * 100
    return found


def summary(one: Stand, top: Sequence[int]) -> Item:
    """The measures as shown."""
    found = measures(one, top)
    why = "all values are zero" if one.holders else "nothing to add up"
    return {
        "total": shown(total(one)),
        "unit": one.holders[0][2]["canonical_unit"] if one.holders else None,
        "n": len(one.holders),
        "hhi": rounded(found["hhi"]),
        "effective_number": rounded(found["effective_number"]),
        "top": {str(count): rounded(found[str(count)]) for count in top},
        "reasons": ({} if total(one) else {"hhi": why}) | ({"total": one.doubt} if one.doubt else {}),
    }


def _item(one: Stand, place: int) -> Item:
    _, value, item = one.holders[place]
    upto = sum((holder[1] for holder in one.holders[: place + 1]), Fraction(0))
    return {
        **_keys(item),
        "value": shown(value),
        "unit": item["canonical_unit"],
        "share": rounded(share(one, value)),
        "rank": 1 + sum(holder[1] > value for holder in one.holders),
        "cumulative_share": rounded(share(one, upto)),
        **_said(item),
    }


def _keys(item: Item) -> Item:
    return {name: item[name] for name in ("subject", "material", "dimensions", "figure_id")}


def _said(item: Item) -> Item:
    return {name: item[name] for name in ("publisher", "published_at", "event_id")}


def _says(item: Item) -> str | None:
    if item["canonical_low"] or item["canonical_high"]:
        return f"{item['canonical_low'] or ''}..{item['canonical_high'] or ''}"
    said: str | None = item["canonical_value"] or item["symbol"]
    return said


def _less(later: Fraction | None, earlier: Fraction | None) -> Fraction | None:
    return None if later is None or earlier is None else later - earlier


def rounded(number: Fraction | None) -> str | None:
    """At 4 decimals, ties to the even digit."""
    if number is None:
        return None
    whole, rest = divmod(abs(number.numerator) * 10_000, number.denominator)
    if 2 * rest > number.denominator or (2 * rest == number.denominator and whole % 2 == 1):
        whole += 1
    return f"{'-' if number < 0 and whole else ''}{whole // 10_000}.{whole % 10_000:04d}"
