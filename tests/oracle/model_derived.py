"""The judge of derived figures: formulas as trees, counted out naively over the model of the ledger.

It shares no code with `projections/audit/derived` and reads no formula: whoever writes a history draws a tree, writes
it down as text (`written`) and gives both. A result is looked for at every instant, or at every position, and what each
input did to a change is the mean over all orders in which the inputs could have moved.

A tree is `("number", "1.5")`, `("+", left, right)` with any of `+ - * /`, `("figure", metric, {selected}, shift)`,
`("sum", figure, [subjects])` (None: the declared parts), or `("share", figure, (name, value))` (None: of the whole).
"""

import json
import re
from calendar import monthrange
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import permutations
from typing import Any, NamedTuple

from ledger.values import instant_text, unit
from tests.oracle.facts import Body, Fact, Item, canonical_json
from tests.oracle.histories import Viewpoint
from tests.oracle.model import Model
from tests.oracle.model_sums import parts_of

Tree = tuple[Any, ...]
Formulas = Mapping[str, Tree]
"""What each formula that may stand in an event means."""
NATURES = ["forecast", "plan", "target", "observed"]
STATUSES = ["estimated", "announced", "provisional", "reported", "restated", "audited"]


class Spot(NamedTuple):
    """Where a derived figure is: what its inputs have in common. Dimensions as canonical JSON."""

    subject: str
    material: str | None
    dimensions: str
    nature: str
    period_start: str | None
    period_end: str | None


class Leaf(NamedTuple):
    """What stands in one place of a formula: whose figures, which are added, or why there is nothing."""

    name: str
    figures: tuple[tuple[Any, tuple[Item, ...]], ...]
    reason: str | None


class Undefined(Exception):
    """There is no result."""


# --- Formulas as text ---------------------------------------------------------------------------------------------


def written(tree: Tree) -> str:
    """A tree as the formula that means it."""
    kind, *rest = tree
    if kind == "number":
        return str(rest[0])
    if kind in "+-*/":
        return f"({written(rest[0])} {kind} {written(rest[1])})"
    if kind == "figure":
        metric, selected, shift = rest
        chosen = ", ".join(f'{name}="{value}"' for name, value in sorted(selected.items()))
        text = f"{metric}[{chosen}]" if chosen else metric
        return f"{shift}({text})" if shift else text
    figure, other = rest
    if kind == "sum":
        return f"sum({', '.join([written(figure), *(other or [])])})"
    return f"share({written(figure)}{', ' + '='.join(other) if other else ''})"


def plain_tree(tree: Tree) -> Tree:
    """The same without `share`: a quotient, of which the whole may be declared."""
    kind, *rest = tree
    if kind == "share":
        (_, metric, selected, shift), other = rest
        part = ("figure", metric, selected, shift)
        over = ("figure", metric, {**selected, other[0]: other[1]}, shift) if other else ("whole", part)
        return ("/", part, over)
    if kind in "+-*/":
        return (kind, *(plain_tree(one) for one in rest))
    return tree


def leaves(tree: Tree) -> Iterator[Tree]:
    """Its inputs, from left to right."""
    if tree[0] in "+-*/":
        yield from leaves(tree[1])
        yield from leaves(tree[2])
    elif tree[0] != "number":
        yield tree


def figure_in(leaf: Tree) -> Tree:
    """The figure of an input."""
    return leaf if leaf[0] == "figure" else leaf[1]


# --- Definitions --------------------------------------------------------------------------------------------------


def definitions(model: Model, position: int) -> dict[str, Fact]:
    """The definitions in force at a position: of each metric the last that stands."""
    facts = [one for one in model.content(position).values() if one.standing and one.type == "MetricDefined"]
    return {one.body["metric"]: one for one in sorted(facts, key=lambda one: one.position)}


# --- At one viewpoint ---------------------------------------------------------------------------------------------


class World:
    """What is answered at a viewpoint, and what is declared to be a part of what."""

    def __init__(self, model: Model, at: Viewpoint, **reading: Any) -> None:
        self.names = model.names(at.position)
        self.figures = model.figures(at.as_of, at.position, **reading)
        self.parts = parts_of(model, at)
        self.wholes: dict[str, list[str]] = {}
        for whole, parts in self.parts.items():
            for part in parts:
                self.wholes.setdefault(part, []).append(whole)

    def spots(self, tree: Tree) -> dict[Spot, str | None]:
        """Where the derived figure is, with the period as the first figure there prints it."""
        makers = [one for one in leaves(tree) if self._may_make(one)]
        least = min(len(selected_parts(one)) for one in makers)
        found: dict[Spot, str | None] = {}
        for maker in makers:
            if len(selected_parts(maker)) == least:
                for item in sorted(self.figures, key=lambda item: str(item["canonical_unit"])):
                    for spot in self._spots_of(maker, item):
                        found.setdefault(spot, item["period"])
        return found

    @staticmethod
    def _may_make(leaf: Tree) -> bool:
        _, _, selected, shift = figure_in(leaf)
        return "subject" not in selected and not shift and leaf[0] != "whole" and not (leaf[0] == "sum" and leaf[2])

    def _spots_of(self, leaf: Tree, item: Item) -> Iterator[Spot]:
        _, metric, selected, _ = figure_in(leaf)
        dimensions = dict(item["dimensions"] or {})
        for name, value in selected.items():
            there = (
                dimensions.pop(name.removeprefix("dimension."), None) if "dimension." in name else item_says(item, name)
            )
            wanted = (
                unit(value).canonical if name == "unit" else self.names.resolve(value) if name == "material" else value
            )
            if there != wanted:
                return
        if item["metric"] != metric:
            return
        for subject in self.wholes.get(item["subject"], []) if leaf[0] == "sum" else [item["subject"]]:
            yield Spot(
                subject,
                None if "material" in selected else item["material"],
                canonical_json(dimensions),
                item["nature"],
                item["period_start"],
                item["period_end"],
            )

    def leaf(self, leaf: Tree, spot: Spot) -> Leaf:
        """What stands for an input there."""
        name = name_of(leaf)
        _, metric, selected, shift = figure_in(leaf)
        days = shifted(spot, shift)
        if days is None:
            return Leaf(name, (), "no_period")
        subjects = [self.names.resolve(selected.get("subject", spot.subject))]
        if leaf[0] == "sum":
            declared = self.parts.get(spot.subject, [])
            subjects = list(dict.fromkeys(map(self.names.resolve, leaf[2]))) if leaf[2] else declared
        if leaf[0] == "whole":
            subjects = self.wholes.get(spot.subject, [])
            if len(subjects) != 1:
                return Leaf(name, (), "several_wholes" if subjects else "no_whole")
        if not subjects:
            return Leaf(name, (), "no_parts")
        dimensions = json.loads(spot.dimensions)
        for one, value in selected.items():
            if one.startswith("dimension."):
                dimensions[one.removeprefix("dimension.")] = value
        material = self.names.resolve(selected["material"]) if "material" in selected else spot.material
        figures = []
        for subject in subjects:
            key = (subject, metric, material, canonical_json(dimensions), selected.get("nature", spot.nature), *days)
            there = [item for item in self.figures if key_of(item) == key]
            if "unit" in selected:
                there = [item for item in there if item["canonical_unit"] == unit(selected["unit"]).canonical]
            figures.append((key, tuple(sorted(there, key=lambda item: str(item["canonical_unit"])))))
        reasons = [reason_of(there) for _, there in figures if reason_of(there)]
        return Leaf(name, tuple(figures), reasons[0] if reasons else None)


def item_says(item: Item, name: str) -> Any:
    """What a figure has in the place of a selected part."""
    return item["canonical_unit"] if name == "unit" else item[name]


def selected_parts(leaf: Tree) -> set[str]:
    """The parts of a place that an input selects."""
    return set(figure_in(leaf)[2]) - {"unit", "subject"}


def key_of(item: Item) -> tuple[Any, ...]:
    """A figure without its unit."""
    key = (item["subject"], item["metric"], item["material"], canonical_json(item["dimensions"] or {}), item["nature"])
    return (*key, item["period_start"], item["period_end"])


def name_of(leaf: Tree) -> str:
    """An input as reasons name it."""
    text = written(("sum", *leaf[1:]) if leaf[0] == "sum" else figure_in(leaf))
    text = re.sub(r'"([^" ]*)"', r"\1", text)
    return f"{text} of the whole" if leaf[0] == "whole" else text


def reason_of(there: Sequence[Item]) -> str | None:
    """Why there is no number."""
    if not there:
        return "missing"
    if len(there) > 1:
        return "several_units"
    if there[0]["canonical_value"] is None:
        return there[0]["symbol"] or "range"
    return None


def shifted(spot: Spot, shift: str) -> tuple[str | None, str | None] | None:
    """The days of the period that is meant; None where there are none."""
    if not shift:
        return spot.period_start, spot.period_end
    if spot.period_start is None or spot.period_end is None:
        return None
    first, last = date.fromisoformat(spot.period_start), date.fromisoformat(spot.period_end)
    whole = first.day == 1 and last.day == monthrange(last.year, last.month)[1]
    months = 12 * (last.year - first.year) + last.month - first.month + 1
    if not whole:
        days = (last - first).days + 1
        back = timedelta(days=days)
        return None if shift == "year_before" else ((first - back).isoformat(), (last - back).isoformat())
    by = 12 if shift == "year_before" else months
    start = first.year * 12 + first.month - 1 - by
    end = last.year * 12 + last.month - 1 - by
    until = monthrange(end // 12, end % 12 + 1)[1]
    return date(start // 12, start % 12 + 1, 1).isoformat(), date(end // 12, end % 12 + 1, until).isoformat()


def amount(number: Any, name: str) -> tuple[Fraction, Counter[str]]:
    """So much of a canonical unit, in tonnes, currencies, persons … and what these are."""
    value = Fraction(number)
    if name == "percent":
        return value / 100, Counter()
    if "/" in name:
        above, below = name.split("/")
        (top, ups), (bottom, downs) = amount(value, above), amount(1, below)
        made = Counter(ups)
        made.subtract(downs)
        return top / bottom, made
    if name == "kg":
        return value / 1000, Counter({"t": 1})
    return value, Counter({name: 1})


def same(one: Counter[str], other: Counter[str]) -> bool:
    """Whether amounts are of the same things."""
    return all(one[name] == other[name] for name in {*one, *other})


def counted(
    tree: Tree, figures: Mapping[str, Sequence[tuple[Fraction, Counter[str]]]]
) -> tuple[Fraction, Counter[str]]:
    """The result of a tree whose inputs are these amounts, added where there are several. Raises Undefined."""
    if tree[0] == "number":
        return Fraction(tree[1]), Counter()
    if tree[0] not in "+-*/":
        amounts = figures[name_of(tree)]
        if not amounts or not all(same(one[1], amounts[0][1]) for one in amounts):
            raise Undefined("units")
        return sum((one for one, _ in amounts), Fraction(0)), amounts[0][1]
    (left, ups), (right, downs) = (counted(one, figures) for one in tree[1:])
    if tree[0] in "+-":
        if not same(ups, downs):
            raise Undefined("units")
        return (left + right if tree[0] == "+" else left - right), ups
    made = Counter(ups)
    if tree[0] == "*":
        made.update(downs)
        return left * right, made
    if right == 0:
        raise Undefined("divided_by_zero")
    made.subtract(downs)
    return left / right, made


def in_unit(result: tuple[Fraction, Counter[str]], name: str) -> Fraction:
    """A result in the unit declared. Raises Undefined."""
    known = unit(name)
    one, things = amount(Fraction(known.factor), known.canonical)
    if not same(result[1], things):
        raise Undefined("units")
    return result[0] / one


class Derived(NamedTuple):
    """A derived figure at a viewpoint: its value in the unit declared, or why there is none, and its inputs."""

    value: Fraction | None
    reasons: dict[str, str]
    leaves: tuple[Leaf, ...]
    period: str | None


def derived_at(world: World, body: Body, formulas: Formulas) -> dict[Spot, Derived]:
    """All figures of one definition."""
    tree = plain_tree(formulas[body["formula"]])
    found = {}
    for spot, period in world.spots(tree).items():
        all_leaves = tuple({one.name: one for one in (world.leaf(leaf, spot) for leaf in leaves(tree))}.values())
        reasons = {one.name: one.reason for one in all_leaves if one.reason}
        value = None
        if not reasons:
            try:
                value = result_of(tree, {one.name: [item for _, (item,) in one.figures] for one in all_leaves}, body)
                if len(str(rounded(value, body)).partition(".")[0].lstrip("-")) > 20:
                    value = None
                    reasons = {"formula": "too_large"}
            except Undefined as undefined:
                reasons = {"formula": str(undefined)}
        found[spot] = Derived(value, reasons, all_leaves, period)
    return found


def result_of(tree: Tree, figures: Mapping[str, Sequence[Item]], body: Body) -> Fraction:
    """The value in the unit declared. Raises Undefined."""
    amounts = {
        name: [amount(Decimal(one["canonical_value"]), one["canonical_unit"]) for one in items]
        for name, items in figures.items()
    }
    return in_unit(counted(tree, amounts), body["unit"])


def rounded(value: Fraction | None, body: Body) -> str | None:
    """Half to even, at the decimals declared."""
    if value is None:
        return None
    decimals = body.get("decimals", 4)
    digits = str(abs(round(value * 10**decimals))).zfill(decimals + 1)
    point = len(digits) - decimals
    sign = "-" if round(value * 10**decimals) < 0 else ""
    return f"{sign}{digits[:point]}.{digits[point:]}".removesuffix(".")


def derived(model: Model, at: Viewpoint, formulas: Formulas, metric: str | None = None, **reading: Any) -> list[Item]:
    """Every derived figure at a viewpoint."""
    world = World(model, at, **reading)
    items = []
    for name, fact in sorted(definitions(model, at.position).items()):
        if metric not in (None, name):
            continue
        for spot, one in sorted(derived_at(world, fact.body, formulas).items(), key=lambda found: order_of(found[0])):
            used = [item for leaf in one.leaves for _, there in leaf.figures for item in there]
            publishers = sorted({item["publisher"] for item in used})
            items.append(
                {
                    "metric": name,
                    **described(spot),
                    "period": one.period,
                    "value": rounded(one.value, fact.body),
                    "unit": fact.body["unit"],
                    "exact": None if one.value is None else one.value,
                    "reasons": one.reasons,
                    "weakest_nature": min((item["nature"] for item in used), key=NATURES.index, default=None),
                    "status": min(
                        (item["status"] for item in used if item["status"]), key=STATUSES.index, default=None
                    ),
                    "approximate": any(item["approximate"] for item in used),
                    "said_by": publishers,
                    "mixed": len(publishers) > 1,
                    "disputed": any(item["disputed"] for item in used),
                    "definition": fact.event_id,
                    "events": [item["event_id"] for item in used],
                }
            )
    return items


def described(spot: Spot) -> Item:
    """A place as items show it."""
    return {**spot._asdict(), "dimensions": json.loads(spot.dimensions) or None}


def order_of(spot: Spot) -> tuple[str, ...]:
    """The order of places."""
    key = (spot.subject, spot.material, spot.nature, spot.period_start, spot.period_end)
    return (*(one or "" for one in key), "" if spot.dimensions == "{}" else spot.dimensions)


# --- Over time ----------------------------------------------------------------------------------------------------


def vintages(
    model: Model, at: Viewpoint, formulas: Formulas, clock: str, metric: str | None = None, **reading: Any
) -> list[Item]:
    """Every change of every derived figure on one of the clocks, up to a viewpoint."""
    if clock == "publication":
        facts = [one for one in model.content(at.position).values() if one.standing]
        moments = sorted({one.published.end for one in facts if one.published.end <= at.as_of})
        steps: list[tuple[Any, Viewpoint]] = [(instant_text(moment), at._replace(as_of=moment)) for moment in moments]
    else:
        steps = [
            (event["position"], at._replace(position=event["position"]))
            for event in model.events
            if event["position"] <= at.position
        ]
    now = model.names(at.position)
    worlds = [(when, view, World(model, view, **reading)) for when, view in steps]
    metrics = {name for _, view in steps for name in definitions(model, view.position)}
    items = []
    for name in sorted(metrics if metric is None else metrics & {metric}):
        told = []
        for when, view, world in worlds:
            fact = definitions(model, view.position).get(name)
            told.append((when, world, fact, derived_at(world, fact.body, formulas) if fact else {}))
        spots = {spot for _, _, _, found in told for spot in found}
        kept = [
            one for one in spots if now.resolve(one.subject) == one.subject and now.shown(one.material) == one.material
        ]
        for spot in sorted(kept, key=order_of):
            before: State = (definitions(model, at.position).get(name) if clock == "publication" else None, None)
            seen = False
            for when, world, fact, found in told:
                there = spot._replace(
                    subject=world.names.resolve(spot.subject), material=world.names.shown(spot.material)
                )
                after = (fact, found.get(there))
                values = [None if one is None else one.value for _, one in (before, after)]
                if values[0] != values[1]:
                    kind = (
                        "gone"
                        if values[1] is None
                        else "revision"
                        if values[0] is not None
                        else "again"
                        if seen
                        else "first"
                    )
                    seen = True
                    items.append(
                        {
                            "metric": name,
                            **described(spot),
                            "when": when,
                            "kind": kind,
                            "exact": values[1],
                            "previous_exact": values[0],
                            **attributed(before, after, formulas),
                        }
                    )
                before = after
    return items


State = tuple[Fact | None, Derived | None]


def attributed(before: State, after: State, formulas: Formulas) -> Item:
    """The change, and what each input did to it."""
    (fact, one), (other_fact, other) = before, after
    sayings = [None if one is None else (one.get("formula"), one.get("unit")) for one in (fact, other_fact)]
    values = [None if one is None else one.value for one in (one, other)]
    units = [None if said is None else said[1] for said in sayings]
    change = values[1] - values[0] if values[0] is not None and values[1] is not None and units[0] == units[1] else None
    if sayings[0] != sayings[1]:
        return {"change": change, "attribution": "definition", "shares": None}
    if fact is None or one is None or other is None or change is None:
        return {"change": None, "attribution": None, "shares": None}
    tree, body = plain_tree(formulas[fact.body["formula"]]), fact.body
    players: dict[tuple[Any, Any], tuple[Item | None, Item | None]] = {}
    places: dict[str, list[tuple[Any, Any]]] = {}
    for left, right in zip(one.leaves, other.leaves, strict=True):
        then, now = ({key: item for key, (item,) in leaf.figures} for leaf in (left, right))
        if left.name.startswith("sum("):
            pairs = [(key if key in then else None, key if key in now else None) for key in {**then, **now}]
        else:
            pairs = list(zip(then, now, strict=True))
        places[left.name] = pairs
        players |= {pair: (then.get(pair[0]), now.get(pair[1])) for pair in pairs}
    moved = [pair for pair, (then_says, now_says) in players.items() if amount_of(then_says) != amount_of(now_says)]

    def value(switched: Sequence[Any]) -> Fraction:
        figures = {
            name: [item for pair in pairs if (item := players[pair][pair in switched]) is not None]
            for name, pairs in places.items()
        }
        return result_of(tree, figures, body)

    shares = dict.fromkeys(moved, Fraction(0))
    orders = list(permutations(moved)) if len(moved) <= 5 else []
    try:
        for order in orders:
            for place, pair in enumerate(order):
                shares[pair] += (value(order[: place + 1]) - value(order[:place])) / len(orders)
    except Undefined:
        return {"change": change, "attribution": "together", "shares": None}
    how = "one_input" if len(moved) == 1 else "every_order"
    return {"change": change, "attribution": how, "shares": sorted(shares.values())}


def amount_of(item: Item | None) -> Any:
    """What an input amounts to."""
    return item and (Fraction(item["canonical_value"]), item["canonical_unit"])
