"""How concentrated a quantity is: who has which share of it, at one viewpoint, or at two.

The shares are of what the figures of one period add up to, each by its answer at the viewpoint. The measures are those
of competition authorities: the Herfindahl-Hirschman index, HHI = sum of the squared shares in percent, from near 0 to
10,000 (one has all), and the concentration ratio of the n largest (Hirschman 1945, Herfindahl 1950; US Department of
Justice and FTC, Merger Guidelines, 2023, section 2.1). 10,000 / HHI is the effective number: that many holders
of equal size would be as concentrated.

What is a total of others has no share beside them, and what lies in another has none beside that one: by what is
declared (`part_of`, `located_in`; see `projections.audit.declared_parts`), directly or through others. What is no
number has none, and what is negative makes shares meaningless. All of these are left out, and listed.

Where nothing is declared, the largest of three or more may still be the total of the others: it is as much as they
are together. Where it is also of a kind of its own (a region beside countries), it is left out, as `perhaps_total`;
else it is counted, and `reasons` says so, also of a region that is more than all the others.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from itertools import accumulate
from typing import Any, NamedTuple

from ledger.values import EXACT, half_even, plain
from projections.audit.declared_parts import WHOLES, adds_up, wholes_of_subjects
from projections.audit.findings import Findings, Item
from projections.audit.vintages import cell
from projections.queries.filter_values import FilterError, Value
from projections.queries.reader import Reader

SUBJECT, MATERIAL, DIMENSION = "subject", "material", "dimension."
TOP = (1, 3, 5)
NAMED_MAX = 10
"""How many values of a key an error names."""
HHI_MAX = 10_000
_KEY = ("subject", "material", "dimensions", "figure_id")
_SAID = ("publisher", "published_at", "event_id")
NOTHING = "nothing to add up"
ALL_ZERO = "all values are zero"
REGION = "region"
TOTAL_AND_PARTS_MIN = 3
"""A total and two parts."""
CURE = "say what is part_of it, or choose with subject_kind"


def concentration(
    reader: Reader,
    filters: Mapping[str, Value],
    *,
    by: str = SUBJECT,
    canonical_unit: str | None = None,
    top: Sequence[int] = TOP,
    before: Reader | None = None,
) -> Findings:
    """The shares of the figures that filters select, largest first, equals by name.

    `by` is what has the shares: `subject`, `material` or `dimension.NAME`. Values are canonical, shares and ratios in
    percent; every rounded number is rounded once, half to even at 4 decimals, from the exact fraction. `before` reads
    at an earlier viewpoint: then items have what was there, and a change; what has gone since comes last, and counts as
    a share of zero. Members: `summary`, `left_out`; with `before` also `previous_left_out`.

    Without a `period` among the filters, figures without one are meant.

    Raises UnknownFilter; FilterError where one name has several figures or where units differ, saying how to choose.
    """
    readers = [one for one in (reader, before) if one is not None]
    answers = [_answers(one, filters, canonical_unit) for one in readers]
    _one_unit([item for items in answers for item in items])
    now, *earlier = (_shared(one, items, by) for one, items in zip(readers, answers, strict=True))
    summary = now.summary(top)
    if not earlier:
        return Findings(list(now.items()), {"summary": summary, "left_out": now.left_out})
    (then,) = earlier
    previous = then.summary(top)
    summary |= {"previous": previous, "change": now.change_since(then, top)}
    members = {"summary": summary, "left_out": now.left_out, "previous_left_out": then.left_out}
    return Findings(list(_changed(now, then)), members)


@dataclass(frozen=True)
class _Shared:
    """The holders of parts of the whole, largest first: (name, canonical value, the answer that says so)."""

    holders: Sequence[tuple[str, Fraction, Item]]
    left_out: list[Item] = field(default_factory=list)
    total_in_doubt: str | None = None
    """What may be a total beside its parts, in words."""

    @cached_property
    def total(self) -> Fraction:
        """The canonical values of all holders together."""
        return sum((value for _, value, _ in self.holders), Fraction(0))

    @cached_property
    def shares(self) -> dict[str, Fraction]:
        """In percent; none where the total is zero."""
        return {name: 100 * value / self.total for name, value, _ in self.holders} if self.total else {}

    @cached_property
    def hhi(self) -> Fraction | None:
        """The sum of the squared shares."""
        return sum((share**2 for share in self.shares.values()), Fraction(0)) if self.shares else None

    def of_largest(self, count: int) -> Fraction | None:
        """The share of the largest together, of which there are `count`."""
        return sum(list(self.shares.values())[:count], Fraction(0)) if self.shares else None

    def measures(self, top: Sequence[int]) -> Iterator[tuple[tuple[str, ...], Fraction | None]]:
        """Each measure under its path in the summary."""
        yield ("hhi",), self.hhi
        yield ("effective_number",), None if self.hhi is None else HHI_MAX / self.hhi
        for count in top:
            yield ("top", str(count)), self.of_largest(count)

    def summary(self, top: Sequence[int]) -> Item:
        """`total`, `n`, the measures, and why there are none."""
        reasons = {} if self.shares else {"hhi": ALL_ZERO if self.holders else NOTHING}
        if self.total_in_doubt is not None:
            reasons["total"] = self.total_in_doubt
        units = {item["canonical_unit"] for _, _, item in self.holders}
        known = {"total": _exact(self.total), "unit": next(iter(units), None), "n": len(self.holders)}
        return {**known, **_nested(self.measures(top)), "reasons": reasons}

    def change_since(self, then: "_Shared", top: Sequence[int]) -> Item:
        """The measures less what they were; null where either is."""
        earlier = dict(then.measures(top))
        changes = ((path, _difference(measure, earlier[path])) for path, measure in self.measures(top))
        counted = {"total": _exact(self.total - then.total), "n": len(self.holders) - len(then.holders)}
        return {**counted, **_nested(changes)}

    def items(self) -> Iterator[Item]:
        """One item for each holder."""
        rank, larger = 0, None
        cumulated = accumulate(self.shares.values()) if self.shares else (None for _ in self.holders)
        for place, ((name, value, item), upto) in enumerate(zip(self.holders, cumulated, strict=True), start=1):
            rank = rank if value == larger else place
            larger = value
            yield {
                **_key_of(item),
                "value": _exact(value),
                "unit": item["canonical_unit"],
                "share": _rounded(self.shares.get(name)),
                "rank": rank,
                "cumulative_share": _rounded(upto),
                **{column: item[column] for column in _SAID},
            }


def _answers(reader: Reader, filters: Mapping[str, Value], canonical_unit: str | None) -> list[Item]:
    answers = list(reader.allowance.rows_of(reader.read("figures", filters={**filters, "resolve": "latest"})))
    for item in answers:
        item["dimensions"] = json.loads(item["dimensions"] or "{}")
    answers = [item for item in answers if canonical_unit in (None, item["canonical_unit"])]
    if "period" in filters:
        return answers
    without = [item for item in answers if item["period"] is None]
    if answers and not without:
        periods = sorted({item["period"] for item in answers})
        shown = f"{', '.join(periods[:NAMED_MAX])}{' …' if len(periods) > NAMED_MAX else ''}"
        raise FilterError("period", f"these figures have periods: choose one of {shown}")
    return without


def _one_unit(answers: Sequence[Item]) -> None:
    """Raises FilterError where the answers are in several units, or in one that does not add up."""
    units = sorted({item["canonical_unit"] for item in answers})
    if len(units) > 1:
        raise FilterError("unit", f"these figures are in several units: choose one of {', '.join(units[:NAMED_MAX])}")
    if units and not adds_up(units[0]):
        raise FilterError("unit", f"amounts in {units[0]} cannot be added, so nobody has a share of their sum")


def _shared(reader: Reader, answers: Sequence[Item], by: str) -> _Shared:
    """The holders of parts, and what is left out. Raises FilterError where one name has several figures."""
    named: dict[str, list[Item]] = {}
    left_out: list[tuple[Item, str]] = []
    for item in answers:
        name = item["dimensions"].get(by.removeprefix(DIMENSION)) if by.startswith(DIMENSION) else item[by]
        if name is None:
            left_out.append((item, "unnamed"))
        else:
            named.setdefault(name, []).append(item)
    for name, items in sorted(named.items()):
        if len(items) > 1:
            raise _ambiguous(name, items, by)
    within = _within(reader, named, by)
    totals = {whole for wholes in within.values() for whole in wholes}
    holders = []
    covered: dict[str, Fraction] = {}
    for name, (item,) in sorted(named.items()):
        value = item["canonical_value"]
        if name not in within:
            left_out.append((item, "part"))
        elif name in totals:
            left_out.append((item, "total"))
            covered[item["figure_id"]] = _covered(name, named, within)
        elif value is None:
            left_out.append((item, "no_number"))
        elif Fraction(value) < 0:
            left_out.append((item, "negative"))
        else:
            holders.append((name, Fraction(value), item))
    holders.sort(key=lambda holder: (-holder[1], holder[0]))
    doubt = _total_in_doubt(reader, holders, by)
    if doubt is not None and doubt.left_out:
        (_, value, item), *holders = holders
        left_out.append((item, "perhaps_total"))
        covered[item["figure_id"]] = value
    listed = [_left_out(item, reason, covered.get(item["figure_id"])) for item, reason in left_out]
    return _Shared(holders, listed, doubt and doubt.reason)


class _Doubt(NamedTuple):
    """Why the largest may be a total of the others, and whether it is left out for that."""

    reason: str
    left_out: bool


def _total_in_doubt(reader: Reader, holders: Sequence[tuple[str, Fraction, Item]], by: str) -> _Doubt | None:
    """Whether the largest of holders, in order, may be the total of the others; None where nothing speaks for it."""
    if len(holders) < TOTAL_AND_PARTS_MIN or not holders[0][1]:
        return None
    (name, value, _), *others = holders
    rest = sum((other for _, other, _ in others), Fraction(0))
    if value < rest:
        return None
    kinds = reader.names.kinds([holder for holder, _, _ in holders]) if by == SUBJECT else {}
    of_its_own = name in kinds and kinds[name] not in {kinds.get(other) for other, _, _ in others}
    what = f"{by.removeprefix(DIMENSION)} {name!r}"
    if value == rest and of_its_own:
        return _Doubt(
            f"{what}, a {kinds[name]}, is as much as all the others together and is left out as a total", True
        )
    if value == rest:
        return _Doubt(
            f"{what} is as much as all the others together and is counted; if it is their total, {CURE}", False
        )
    if of_its_own and kinds[name] == REGION:
        return _Doubt(f"{what}, a region, is more than all the others and is counted; if it is a total, {CURE}", False)
    return None


def _within(reader: Reader, named: Mapping[str, Any], by: str) -> dict[str, set[str]]:
    """The names that have a share or are a total, each with those of them that it is a part of.

    A name that only lies in another one that is there (a mine in its country) is counted with that one, and not here.
    """
    if by.startswith(DIMENSION):
        wholes = named.keys() & set(WHOLES)
        return {name: set() if name in wholes else set(wholes) for name in named}
    parts, places = wholes_of_subjects(reader), wholes_of_subjects(reader, places=True)
    nowhere: set[str] = set()
    counted = {name for name in named if named.keys().isdisjoint(places.get(name, nowhere) - parts.get(name, nowhere))}
    return {name: parts.get(name, nowhere) & counted for name in sorted(counted)}


def _ambiguous(name: str, items: Sequence[Item], by: str) -> FilterError:
    """Names what the figures differ in, as filters. Of one figure several publishers were asked for."""
    columns = ("subject", "metric", "material", "nature", "period")
    keys = [{**{column: item[column] for column in columns}, **_dimensions(item)} for item in items]
    choices = {
        column: sorted({key[column] for key in keys if key.get(column) is not None})
        for column in dict.fromkeys(column for key in keys for column in key)
        if len({key.get(column) for key in keys}) > 1
    } or {"publisher": sorted({item["publisher"] for item in items})}
    choice = "; ".join(f"{column}={' or '.join(values[:NAMED_MAX])}" for column, values in choices.items())
    return FilterError(next(iter(choices)), f"{by} {name} has {len(items)} figures here: choose by {choice}")


def _dimensions(item: Item) -> dict[str, str]:
    return {f"{DIMENSION}{name}": value for name, value in item["dimensions"].items()}


def _covered(whole: str, named: Mapping[str, Sequence[Item]], within: Mapping[str, set[str]]) -> Fraction:
    """What those add up to that have a share and are parts of a whole."""
    totals = {one for wholes in within.values() for one in wholes}
    parts = (name for name, wholes in within.items() if whole in wholes and name not in totals)
    values = (named[name][0]["canonical_value"] for name in parts)
    return sum((max(Fraction(value), Fraction(0)) for value in values if value is not None), Fraction(0))


def _left_out(item: Item, reason: str, covered: Fraction | None) -> Item:
    value = item["canonical_value"]
    percent = 100 * covered / Fraction(value) if covered is not None and value and Fraction(value) > 0 else None
    return {
        **_key_of(item),
        "says": cell(item),
        **{column: item[column] for column in _SAID},
        "reason": reason,
        "covered_percent": _rounded(percent),
    }


def _key_of(item: Item) -> Item:
    return {**{column: item[column] for column in _KEY}, "dimensions": item["dimensions"] or None}


def _changed(now: _Shared, then: _Shared) -> Iterator[Item]:
    """The items of now with what was there before, and after them those that have gone, by name."""
    before = {name: value for name, value, _ in then.holders}
    for (name, _, _), item in zip(now.holders, now.items(), strict=True):
        yield {**item, **_before(name, before, now, then)}
    present = {name for name, _, _ in now.holders}
    for (name, _, _), item in sorted(zip(then.holders, then.items(), strict=True), key=lambda gone: gone[0][0]):
        if name not in present:
            nothing = dict.fromkeys(("value", "share", "rank", "cumulative_share", *_SAID))
            yield {**item, **nothing, **_before(name, before, now, then)}


def _before(name: str, before: Mapping[str, Fraction], now: _Shared, then: _Shared) -> Item:
    """What an item says of the earlier viewpoint. A holder that was not there had a share of zero, if any had."""
    share, earlier = ((one.shares.get(name, Fraction(0)) if one.shares else None) for one in (now, then))
    return {
        "previous_value": _exact(before[name]) if name in before else None,
        "previous_share": _rounded(then.shares.get(name)),
        "share_change": _rounded(_difference(share, earlier)),
    }


def _difference(later: Fraction | None, earlier: Fraction | None) -> Fraction | None:
    return None if later is None or earlier is None else later - earlier


def _nested(measures: Iterator[tuple[tuple[str, ...], Fraction | None]]) -> Item:
    nested: Item = {}
    for (*outer, name), measure in measures:
        place = nested
        for step in outer:
            place = place.setdefault(step, {})
        place[name] = _rounded(measure)
    return nested


def _exact(value: Fraction) -> str:
    """A sum of decimals, which is one itself."""
    return plain(EXACT.divide(Decimal(value.numerator), Decimal(value.denominator)))


def _rounded(value: Fraction | None) -> str | None:
    return None if value is None else f"{half_even(value):f}"
