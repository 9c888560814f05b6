"""What changed between two days, and what was said when."""

from collections.abc import Callable
from functools import partial
from typing import Any

from tests.benchmarks import ours, truth
from tests.benchmarks.apart import Apart, Failed
from tests.benchmarks.machine import memory_bytes
from tests.benchmarks.measurements import (
    NOT_FINISHED,
    Measurement,
    check_equal,
    in_ms,
    median,
    once,
    timed_once,
)
from tests.benchmarks.place import Place

PATH = "changes"
BEFORE, AFTER = "2018-06-30", "2019-06-30"
SUBJECTS = 20
GROWS_AT_MOST = 3
TIMEOUT_S = 300
ITEMS_MAX = 500_000
"""Questions whose answer is a list of Python objects are not asked where it would be longer."""
MATERIAL, PERIOD = "material-00", "2022"


def measure(place: Place, apart: Apart) -> list[Measurement]:
    """Differences of a subject and of everything; vintages of a part of a metric, and of the metric."""
    one, _ = apart(_of_subjects, place)
    found = [
        Measurement(PATH, "diff of a subject, a year apart", "ms", median(one), grows_at_most=1.5),
        *_limited(place, apart, "diff of all figures, a year apart", _of_everything),
    ]
    part = {"material": MATERIAL, "period": PERIOD}
    with truth.opened(place.truth) as tables:
        for what, selection in (("vintages of a fiftieth", part), ("vintages of one metric", {})):
            count = tables.vintages(AFTER, metric="reserves", **selection)
            if count <= ITEMS_MAX:
                found += _limited(place, apart, what, _vintages, selection, count)
    return found


def _limited(
    place: Place, apart: Apart, what: str, work: Callable[..., tuple[float, int]], *arguments: Any
) -> list[Measurement]:
    """A question with a long answer, in a process of its own, with its memory; nothing where it takes too long."""
    try:
        (seconds, count), peak = apart(work, place, *arguments, timeout_s=TIMEOUT_S, memory_max=memory_bytes() // 2)
    except Failed as failed:
        if "WrongAnswer" in str(failed):
            raise
        return [Measurement(PATH, what, "ms", NOT_FINISHED, note=f"not finished: {str(failed).splitlines()[0]}")]
    note = f"{count:,} items; peak of memory {peak / 1e6:,.0f} MB"
    return [Measurement(PATH, what, "ms", once(seconds * 1000), grows_at_most=GROWS_AT_MOST, note=note)]


def _of_subjects(place: Place) -> list[float]:
    runs = []
    with ours.engine(place.data) as engine, truth.opened(place.truth) as tables:
        before, after = ours.viewpoint(engine, BEFORE), ours.viewpoint(engine, AFTER)
        every = max(1, tables.count() // SUBJECTS)
        for figure in tables.figures(range(1, tables.count() + 1, every)):
            filters = {"subject": figure.subject}
            seconds, items = timed_once(partial(ours.differences, engine, before, after, filters))
            _check_kinds(items, tables.differing(BEFORE, AFTER, figure.subject))
            runs.append(seconds)
    return in_ms(runs)


def _of_everything(place: Place) -> tuple[float, int]:
    with ours.engine(place.data) as engine, truth.opened(place.truth) as tables:
        before, after = ours.viewpoint(engine, BEFORE), ours.viewpoint(engine, AFTER)
        seconds, items = timed_once(lambda: ours.differences(engine, before, after, {}))
        _check_kinds(items, tables.differing(BEFORE, AFTER))
    return seconds, len(items)


def _check_kinds(items: list[dict[str, object]], wanted: dict[str, int]) -> None:
    found: dict[object, int] = {}
    for item in items:
        found[item["kind"]] = found.get(item["kind"], 0) + 1
    check_equal(found, wanted, "differences")


def _vintages(place: Place, selection: dict[str, str], wanted: int) -> tuple[float, int]:
    filters = {"metric": "reserves", **{name: value for name, value in selection.items() if name != "period"}}
    if "period" in selection:
        filters |= {"period_from": selection["period"], "period_to": selection["period"]}
    with ours.engine(place.data) as engine:
        at = ours.viewpoint(engine, AFTER)
        seconds, items = timed_once(lambda: ours.vintages_of(engine, at, filters))
        check_equal(len(items), wanted, "vintages")
    return seconds, len(items)
