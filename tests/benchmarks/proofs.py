"""The whole log verified, and answers on one figure with their receipts, in process.

The marks are those of a million events on two cores.
"""

from pathlib import Path
from typing import Any

from api.questions.answer_receipts import with_receipt
from api.questions.asked_paths import question_at
from api.questions.page import Page
from api.questions.parameters import checked
from api.questions.replayed_receipts import SAME, sent_receipt, verdict_on
from projections import Engine
from tests.benchmarks import ours, sampled_questions, truth
from tests.benchmarks.apart import Apart
from tests.benchmarks.measurements import (
    Measurement,
    Timed,
    check_equal,
    in_ms,
    median,
    once,
    p99,
    timed,
    timed_once,
)
from tests.benchmarks.place import Place

PATH = "proof"
RECEIPTS = 200
WARM = 5
BUDGET_S = 20.0
VERIFIED_AT_LEAST = 1_000_000 / 5
MB = 1e6
FIGURES = "/v1/figures"


def measure(place: Place, apart: Apart) -> list[Measurement]:
    """Events a second, and milliseconds of a question with its receipt."""
    verified_s, peak = apart(_verify, place.data, place.events)
    with ours.engine(place.data) as engine, truth.opened(place.truth) as tables:
        figures = [one.figure.figure_id for one in sampled_questions.questions(tables, place.so_many(RECEIPTS))]
        runs = in_ms(timed((_receipt(engine, one) for one in figures), budget_s=BUDGET_S))
    runs = runs[WARM:] or runs  # The first makes the map of streams.
    note = f"peak of memory {peak / MB:,.0f} MB, of all processes"
    rate = once(place.events / verified_s)
    return [
        Measurement(PATH, "verification of the log", "events/s", rate, at_least=VERIFIED_AT_LEAST, note=note),
        Measurement(PATH, "one figure with its receipt", "ms", median(runs), at_most=20),
        Measurement(PATH, "one figure with its receipt, p99", "ms", p99(runs)),
    ]


def _verify(data: Path, events: int) -> float:
    with ours.ledger(data) as log:
        seconds, found = timed_once(log.verify)
    check_equal((found.size, found.faults), (events, ()), "what the verification found")
    return seconds


def _receipt(engine: Engine, figure_id: str) -> Timed:
    def ask() -> Page:
        question = question_at(FIGURES)
        assert question is not None
        parameters = checked([("figure_id", figure_id), ("receipt", "full")], question.known)
        return with_receipt(engine, question.ask(engine, parameters), FIGURES, parameters)

    def check(found: Any) -> None:
        receipt = sent_receipt(found.more["receipt"])
        check_equal(verdict_on(engine, receipt)["verdict"], SAME, f"the receipt of {figure_id}")

    return Timed(ask, check)
