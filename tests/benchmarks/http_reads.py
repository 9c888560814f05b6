"""Reads over HTTP: the server in its process, eight clients in another."""

import io
import itertools
import json
import re
import time
from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from tests.benchmarks import load, ours, sampled_questions, truth
from tests.benchmarks.apart import Apart
from tests.benchmarks.measurements import Measurement, check, check_equal, in_ms, median, once, p99
from tests.benchmarks.naive import Judge, check_items
from tests.benchmarks.place import Place
from tests.benchmarks.sampled_questions import Question
from tests.benchmarks.server import Server, serving

PATH = "read over HTTP"
CLIENTS = 8
QUESTIONS = 400
SECONDS = 4.0
STATE_BUDGET_S = 30.0
_NEXT = re.compile(r'<([^>]+)>; rel="next"')
GROWS_AT_MOST = 1.5
OK = 200
PAGE = 100
FIRST_SUBJECTS = 4
"""Whose figures fill the first page."""

Answers = list[dict[str, Any]]


def measure(place: Place, apart: Apart) -> list[Measurement]:
    """One figure, one subject, one history, a page, and the full state."""
    with truth.opened(place.truth) as tables:
        first = tables.subjects()[:FIRST_SUBJECTS]
        judge = Judge(place.history, [*first, *sampled_questions.subjects(tables)], last=place.events)
        asked = sampled_questions.questions(tables, QUESTIONS, seed=3)

        def figure(one: Question) -> Answers:
            return judge.figure(one.figure.subject, one.figure.figure_id, one.day)

        def history(one: Question) -> Answers:
            return judge.history(one.figure.subject, one.figure.figure_id, one.day, "publication")

        def page(one: Question) -> Answers:
            return [item for subject in first for item in judge.subject(subject, one.day)][:PAGE]

        with serving(place.data) as server:
            reads = Reads(server, asked, place.seconds(SECONDS))
            return [
                *reads.rows("one figure", lambda one: ours.figure_path(one.figure.figure_id, one.day), figure, 25),
                *reads.rows(
                    "one subject (50 figures)",
                    lambda one: ours.subject_path(one.figure.subject, one.day),
                    lambda one: judge.subject(one.figure.subject, one.day),
                    25,
                ),
                *reads.rows(
                    "one history",
                    lambda one: ours.history_path(one.figure.figure_id, one.day, "publication"),
                    history,
                ),
                *reads.rows("the first page of all figures", lambda one: ours.page_path(one.day), page, grows=3),
                _full_state(server, tables),
                Measurement(PATH, "peak of the server's memory", "MB", once(server.peak() / 1e6)),
            ]


class Reads:
    """Loads of reads on one server."""

    def __init__(self, server: Server, asked: Sequence[Question], seconds: float) -> None:
        self._server = server
        self._asked = asked
        self._seconds = seconds

    def rows(
        self,
        what: str,
        path: Callable[[Question], str],
        wanted: Callable[[Question], Answers],
        at_most: float | None = None,
        grows: float = GROWS_AT_MOST,
    ) -> list[Measurement]:
        """Median and p99 of a kind of question; the answers are compared."""
        requests = [load.get(path(one)) for one in self._asked]
        put = load.put(
            self._server.port, enumerate(itertools.cycle(requests)), clients=CLIENTS, seconds=self._seconds, keep=True
        )
        check_equal(dict(put.statuses), {OK: len(put.latencies)}, f"statuses of {what}")
        right: dict[Question, bytes] = {}
        for number, body in put.bodies:
            one = self._asked[number % len(self._asked)]
            if right.get(one) != body:
                items = json.loads(body)["items"]
                check_items(items, wanted(one), f"{what} at {one} over HTTP")
                right[one] = body
        runs = in_ms(put.latencies)
        note = f"{CLIENTS} clients, {put.rate:,.0f} answers/s"
        return [
            Measurement(PATH, what, "ms", median(runs), grows_at_most=grows, note=note),
            Measurement(PATH, f"{what}, p99", "ms", p99(runs), at_most=at_most),
        ]


def _full_state(server: Server, tables: truth.Truth) -> Measurement:
    """The full state as Arrow, page after page; the rate of it, since it may be cut short."""
    day = sampled_questions.days(1, seed=4)[0]
    wanted = tables.fold(day)
    path: str | None = ours.state_path(day)
    pages: list[pa.Table] = []
    started = time.perf_counter()
    while path is not None and time.perf_counter() - started < STATE_BUDGET_S:
        status, headers, body = server.ask(path)
        check_equal(status, OK, "status of the full state")
        pages.append(pa.ipc.open_stream(io.BytesIO(body)).read_all())
        following = _NEXT.search(headers.get("link", ""))
        path = following[1] if following else None
    seconds = time.perf_counter() - started
    whole = pa.concat_tables(pages)
    if path is None:
        check_equal(ours.folded(whole), wanted, f"full state on {day} over HTTP")
        note = f"all {len(whole):,} in {seconds:.2f} s, one client"
    else:
        check(pc.count_distinct(whole["figure_id"]).as_py() == len(whole), "pages of the full state overlap")
        note = f"the first {len(whole):,} of {wanted.figures:,}, one client"
    return Measurement(PATH, "full state as Arrow", "figures/s", once(len(whole) / seconds), note=note)
