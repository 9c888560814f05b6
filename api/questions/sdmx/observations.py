"""Observations: what a data query of SDMX is answered with, read by the questions of `/v1`.

An observation is a mapping from the ids of components to their values as text; None where there is none. Observations
come as series, one key each, and series in data sets: one without a time of its own, or, in a history, one for every
publication.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any, NamedTuple

import orjson

from api.questions.page import Page
from api.questions.sdmx.sdmx_codes import NOTHING, breakdown_code, unit_code
from api.questions.sdmx.sdmx_components import (
    DATAFLOWS,
    FREQ,
    OBS_STATUS,
    STATUS_CODES,
    SYMBOL_CODES,
    TIME_PERIOD,
    Component,
    Dataflow,
)
from api.questions.sdmx.sdmx_periods import time_period
from ledger.values import parse_period

Observation = dict[str, Any]
DAYS = "_days"
"""The days of an observation's period, beside its components."""
TOGETHER = ("subject", "metric", "material", "dimensions", "nature", "canonical_unit")
"""What items of one series have in common, besides their frequency and publisher."""
_FIELDS = {
    flow.id: [(one.id, one.field) for one in flow.components if one.field is not None] for flow in DATAFLOWS.values()
}
_AMOUNTS = ("canonical_value", "canonical_low", "canonical_high", "symbol")


class DataSet(NamedTuple):
    """What a data set says of its observations: what becomes of them, and from when on or up to when they were so."""

    action: str = "Information"
    valid_from: str | None = None
    valid_to: str | None = None
    turn: int = 1


class Series(NamedTuple):
    """Some observations of one data set with one key, in the order of their time."""

    data_set: DataSet
    key: tuple[str, ...]
    observations: list[Observation]


class Observed(NamedTuple):
    """An answer to a data query: which components are shown, the series, and the page that it was made from.

    `series` can be taken once.
    """

    flow: Dataflow
    shown: tuple[Component, ...]
    series: Iterator[Series]
    page: Page


class Cut(NamedTuple):
    """Which of the observations are wanted: the first and last of each series, and of all so many from a place on."""

    first: int | None = None
    last: int | None = None
    offset: int = 0
    limit: int | None = None

    def of_series(self, observations: list[Observation]) -> list[Observation]:
        """Those of one series."""
        if self.first is None and self.last is None:
            return observations
        first = self.first or 0
        last = max(len(observations) - (self.last or 0), first)
        return [*observations[:first], *observations[last:]]

    def of_all(self, series: Iterable[Series]) -> Iterator[Series]:
        """Those of all."""
        if not self.offset and self.limit is None:
            yield from series
            return
        skip, left = self.offset, self.limit
        for one in series:
            some = one.observations[skip:]
            skip -= len(one.observations) - len(some)
            some = some[:left]
            if some:
                yield one._replace(observations=some)
            if left is not None:
                left -= len(some)
                if left == 0:
                    return


def series_of(
    flow: Dataflow,
    items: Iterable[Mapping[str, Any]],
    *,
    data_set: Callable[[Mapping[str, Any]], DataSet],
    fits: Callable[[Observation], bool],
    cut: Cut,
) -> Iterator[Series]:
    """The series that items make, which come with all of one figure's words but its period together.

    Of items that differ only in their period, frequency and publisher a few thousand may be in memory.
    """
    return cut.of_all(_series(flow, items, data_set=data_set, fits=fits, cut=cut))


def _series(
    flow: Dataflow,
    items: Iterable[Mapping[str, Any]],
    *,
    data_set: Callable[[Mapping[str, Any]], DataSet],
    fits: Callable[[Observation], bool],
    cut: Cut,
) -> Iterator[Series]:
    names = [one.id for one in flow.series_dimensions]
    dated = (one for one in items if (one["period_start"] is not None) == flow.dated)
    for (head, *_), together in groupby(dated, lambda one: (data_set(one), *map(one.get, TOGETHER))):
        by_key: dict[tuple[str, ...], list[Observation]] = {}
        for item in together:
            observation = observation_of(flow, item)
            if fits(observation):
                by_key.setdefault(tuple(observation[name] for name in names), []).append(observation)
        for key, observations in sorted(by_key.items()):
            yield Series(head, key, cut.of_series(observations))


def observation_of(flow: Dataflow, item: Mapping[str, Any]) -> Observation:
    """An item of `/v1/figures`, or an entry of a history, as an observation."""
    observation: Observation = {name: _text(item.get(field)) for name, field in _FIELDS[flow.id]}
    dimensions = item["dimensions"]
    observation |= {
        "MATERIAL": item["material"] or NOTHING,
        "BREAKDOWN": breakdown_code(orjson.dumps(dimensions).decode() if isinstance(dimensions, dict) else dimensions),
        "UNIT_MEASURE": unit_code(item["canonical_unit"]),
        OBS_STATUS: _obs_status(item),
    }
    if flow.dated:
        start, end = item["period_start"], item["period_end"]
        observation[TIME_PERIOD], observation[FREQ] = time_period(start, end)
        observation[DAYS] = parse_period(f"{start}/{end}")
    return observation


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _obs_status(item: Mapping[str, Any]) -> str | None:
    if all(item[name] is None for name in _AMOUNTS):
        return None
    if item["symbol"] is not None:
        return SYMBOL_CODES.get(item["symbol"], "O")
    if item["nature"] == "forecast":
        return "F"
    return STATUS_CODES.get(item["status"], "A")
