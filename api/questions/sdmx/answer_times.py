"""Answer times: what the answer to each figure was, from each publication of it on, until it was another one.

At every time at which something was said of a figure it is asked what the answer was then, all at once: see
`projections.queries.point_answers`. So a history of answers follows the same rules as any answer.
"""

from collections.abc import Iterator, Mapping
from itertools import groupby
from operator import itemgetter
from typing import Any

import pyarrow as pa

from api.questions.sdmx.observations import TOGETHER
from projections import Inquiry, Viewpoint

Entry = dict[str, Any]


def answer_times(engine: Inquiry, viewpoint: Viewpoint, entries: pa.Table) -> list[Entry]:
    """The answers that figures had, as entries of their histories with the times in which they were so.

    `entries` are those of `projections.audit.statement_validity`, of all publishers. Where nothing is said any more the
    entry that took back the last answer stands, `withdrawn`. The earliest come first.
    """
    moments = pa.table(
        {
            "figure_id": entries["figure_id"],
            "as_of": entries["valid_from"],
        }
    ).group_by(["figure_id", "as_of"], use_threads=False)
    questions = moments.aggregate([]).sort_by([("figure_id", "ascending"), ("as_of", "ascending")])
    held = pa.array([f"position:{viewpoint.position}"] * len(questions), pa.string())
    answers = engine.point_answers(questions.append_column("recorded_as_of", held), viewpoint)
    rows = entries.to_pylist()
    by_event: dict[str, Entry] = {row["event_id"]: row for row in rows}
    taken_back = {(row["figure_id"], row["valid_from"]): row for row in rows if row["withdrawn"]}
    asked = zip(
        questions["figure_id"].to_pylist(), questions["as_of"].to_pylist(), answers["event_id"].to_pylist(), strict=True
    )
    found = [
        one
        for figure_id, times in groupby(asked, itemgetter(0))
        for one in _of_figure(figure_id, [(at, event) for _, at, event in times], by_event, taken_back)
    ]
    found.sort(key=lambda one: (one["valid_from"], one["withdrawn"], *(one[name] or "" for name in _ORDER)))
    return found


_ORDER = (*TOGETHER, "period_start", "period_end")


def _of_figure(
    figure_id: str,
    times: list[tuple[str, str | None]],
    by_event: Mapping[str, Entry],
    taken_back: Mapping[tuple[str, str], Entry],
) -> Iterator[Entry]:
    """The answers to one figure, of those that followed on one another and were the same the first."""
    changes = [one for place, one in enumerate(times) if place == 0 or one[1] != times[place - 1][1]]
    ends = [at for at, _ in changes[1:]]
    for (at, event), end in zip(changes, [*ends, None], strict=True):
        if event is not None:
            yield {**by_event[event], "valid_from": at, "valid_to": end, "turn": 1, "cause": None}
        elif (entry := taken_back.get((figure_id, at))) is not None:
            yield {**entry, "valid_from": at, "valid_to": end, "turn": 1, "cause": None}
