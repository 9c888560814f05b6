"""The chain of an entity: who supplies it (upstream) or is supplied by it (downstream), link by link, at one viewpoint.

A chain is walked over *edges*. A supply link is walked in one direction only: upstream from the consumer to the
supplier, downstream from the supplier to the consumer. Relations of control (`owns`, `operates`, `subsidiary_of`) are
walked both ways: the mine of a supplier is in the chain, and so is the operator of a plant. Who a facility's own
events say operates it, operates it here too. What only says where a thing lies is not walked, unless it is asked for.

The walk is breadth first, so each entity is reached by a shortest path, and each edge is walked once, at its least
depth. An edge to an entity that was reached before, a cycle or a second way, is shown and not followed.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from projections.audit.findings import Findings, Item
from projections.queries.filter_values import Value
from projections.queries.reader import Reader

DIRECTIONS = ("upstream", "downstream")
RELATIONS = ("owns", "operates", "subsidiary_of")
OPERATES = "operates"
_GONE = ("closed", "cancelled")
"""What nobody operates any more, or was never built."""
DEPTH = 5
_LINK = ("link", "supplier", "consumer", "material", "stage", "share")
_RELATIONSHIP = ("relation", "subject", "object", "share")
_DECIDED = ("effective_from", "effective_to", "event_id", "published_at", "position")
_FIELDS = dict.fromkeys(
    ("link", "supplier", "consumer", "relation", "subject", "object", "material", "stage", "share", *_DECIDED)
)


@dataclass(frozen=True)
class _Edge:
    """One step that can be taken. `identity` is the same for the two ways of a relation."""

    source: str
    target: str
    identity: tuple[str, ...]
    item: Item


def trace(
    reader: Reader,
    entity: str,
    *,
    direction: str = DIRECTIONS[0],
    material: str | None = None,
    depth: int = DEPTH,
    relations: Collection[str] = RELATIONS,
    planned: bool = False,
) -> Findings:
    """The edges that lead from an entity, up to `depth` steps away.

    `material` bears on links only. With `planned`, links that are planned are walked too, and each item says its
    `status`. One item an edge, by depth and then by path: `from` and `to` in the direction that was
    walked, and the `path` from the entity to `to`. Members: `entities`, all that were reached, the entity itself at
    depth 0; `risks`, those open on any of them; `summary`, counts, and whether `depth` has cut the chain. Where no such
    entity is registered, there is nothing.
    """
    root = reader.names.kept(entity)
    named = {one["entity"]: one for one in reader.allowance.rows_of(reader.read("entities"))}
    if root not in named:
        return Findings([], _members([], {}, {}, [], cut=False))
    steps: dict[str, list[_Edge]] = {}
    for edge in (*_links(reader, direction, material, planned=planned), *_relationships(reader, relations)):
        steps.setdefault(edge.source, []).append(edge)
    paths: dict[str, list[str]] = {root: [root]}
    walked: set[tuple[str, ...]] = set()
    items: list[Item] = []
    frontier = [root]
    for far in range(1, depth + 1):
        reached: list[str] = []
        for source in reader.allowance.each(frontier):
            for edge in sorted(steps.get(source, ()), key=lambda edge: (edge.target, edge.identity)):
                if edge.identity in walked:
                    continue
                walked.add(edge.identity)
                known = edge.target in paths
                item = _item(edge, depth=far, path=[*paths[source], edge.target], already_reached=known)
                # What is no link is open, else it is not walked.
                items.append({**item, "status": item.get("status", "open")} if planned else item)
                if not known:
                    paths[edge.target] = items[-1]["path"]
                    reached.append(edge.target)
        frontier = reached
    cut = any(edge.identity not in walked for source in frontier for edge in steps.get(source, ()))
    risks = reader.allowance.rows_of(reader.read("risks", filters={"status": "open"}))
    return Findings(items, _members(items, paths, named, [risk for risk in risks if risk["subject"] in paths], cut=cut))


def _links(reader: Reader, direction: str, material: str | None, *, planned: bool) -> Iterator[_Edge]:
    """Open supply links, and with `planned` those that are planned, each from where it is walked."""
    status = ["open", "planned"] if planned else ["open"]
    filters: dict[str, Value] = {"status": status, **({} if material is None else {"material": material})}
    ends = ("consumer", "supplier") if direction == DIRECTIONS[0] else ("supplier", "consumer")
    for link in reader.allowance.rows_of(reader.read("links", filters=filters)):
        source, target = (link[end] for end in ends)
        item = {"kind": "link", **_chosen(link, _LINK), **({"status": link["status"]} if planned else {})}
        yield _Edge(source, target, ("link", link["link"]), item)


def _relationships(reader: Reader, relations: Collection[str]) -> Iterator[_Edge]:
    """Open relationships of the kinds that are followed, both ways."""
    filters: dict[str, Value] = {"status": "open", "relation": sorted(relations)}
    stated = list(reader.allowance.rows_of(reader.read("relationships", filters=filters)))
    known = {(one["subject"], one["relation"], one["object"]) for one in stated}
    for one in stated:
        identity = ("relationship", one["relation"], one["subject"], one["object"])
        yield from _both_ways(identity, {"kind": "relationship", **_chosen(one, _RELATIONSHIP)})
    if OPERATES not in relations:
        return
    for facility in reader.allowance.rows_of(reader.read("facilities")):
        operator, plant, stage = facility["operator"], facility["facility"], facility["stage"]
        if operator is None or facility["status"] in _GONE or (operator, OPERATES, plant) in known:
            continue
        own = {"relation": OPERATES, "subject": operator, "object": plant, "stage": stage}
        # The dates of a facility are those of its status, not of who operates it.
        item = {"kind": "operator", **own, **{name: facility[name] for name in _DECIDED[2:]}}
        yield from _both_ways(("operator", operator, plant, stage or ""), item)


def _both_ways(identity: tuple[str, ...], item: Item) -> Iterator[_Edge]:
    for source, target in {(item["subject"], item["object"]), (item["object"], item["subject"])}:
        yield _Edge(source, target, identity, item)


def _chosen(row: Item, names: Iterable[str]) -> Item:
    return {name: row[name] for name in (*names, *_DECIDED)}


def _item(edge: _Edge, *, depth: int, path: list[str], already_reached: bool) -> Item:
    way = {"depth": depth, "from": edge.source, "to": edge.target, "path": path}
    return {**way, "kind": edge.item["kind"], **_FIELDS, **edge.item, "already_reached": already_reached}


def _members(
    items: list[Item], paths: dict[str, list[str]], named: dict[str, Any], risks: list[Item], *, cut: bool
) -> dict[str, Any]:
    """What is said about the chain as a whole."""
    entities = [
        {
            "entity": slug,
            "name": named[slug]["name"],
            "kind": named[slug]["kind"],
            "depth": len(path) - 1,
            "located_in": [
                one["object"]
                for one in named[slug]["relationships"]
                if one["subject"] == slug and one["relation"] == "located_in"
            ],
        }
        for slug, path in sorted(paths.items(), key=lambda reached: (len(reached[1]), reached[0]))
    ]
    kinds = Counter(item["kind"] for item in items)
    summary = {
        "entities": len(entities),
        "edges": len(items),
        **{f"{kind}s": kinds[kind] for kind in ("link", "relationship", "operator")},
        "depth": max((item["depth"] for item in items), default=0),
        "cut": cut,
    }
    shown = ("risk", "subject", "category", "severity", "description", "event_id", "published_at")
    return {
        "summary": summary,
        "entities": entities,
        "risks": [{name: risk[name] for name in shown} for risk in risks],
    }
