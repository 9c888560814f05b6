"""Questions about one figure or one subject, hundreds of different ones, in process."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from tests.benchmarks import by_hand, ours, sampled_questions, truth
from tests.benchmarks.apart import Apart
from tests.benchmarks.measurements import Measurement, Reference, Timed, check_equal, in_ms, median, p99, timed
from tests.benchmarks.naive import Judge, check_items
from tests.benchmarks.place import Place
from tests.benchmarks.sampled_questions import Question
from tests.benchmarks.states import microseconds

PATH = "selective read"
FIGURES, SUBJECTS, HISTORIES = 400, 200, 200
WARM = 5
BUDGET_S = 20.0
GROWS_AT_MOST = 1.5


def measure(place: Place, apart: Apart) -> list[Measurement]:
    """One figure, one subject and one history, on the publication clock and on both."""
    with ours.engine(place.data) as engine, truth.opened(place.truth) as tables, by_hand.opened(place.by_hand) as hand:
        asked = Asked(engine, Judge(place.history, sampled_questions.subjects(tables), last=place.events))
        alone = Alone(tables, hand, asked.judge)
        figures, subjects = (
            sampled_questions.questions(tables, count) for count in map(place.so_many, (FIGURES, SUBJECTS))
        )
        dated = sampled_questions.questions(tables, place.so_many(FIGURES), events=place.events, seed=2)
        histories = figures[: place.so_many(HISTORIES)]
        return [
            *_rows("one figure", map(asked.figure, figures), alone.figure(figures), at_most=3),
            *_rows("one figure, on both clocks", map(asked.figure, dated), alone.figure(dated)[:1]),
            *_rows("one subject (50 figures)", map(asked.subject, subjects), alone.subject(subjects), at_most=3),
            *_rows("one subject, on both clocks", map(asked.subject, dated[: place.so_many(SUBJECTS)]), ()),
            *_rows("one history", (asked.history(one, "publication") for one in histories), ()),
            *_rows("one history on the ledger clock", (asked.history(one, "ledger") for one in histories), ()),
        ]


def _rows(
    what: str, pieces: Iterable[Timed], references: Sequence[Reference], at_most: float | None = None
) -> list[Measurement]:
    runs = _in_ms(pieces)
    return [
        Measurement(PATH, what, "ms", median(runs), tuple(references), at_most=at_most, grows_at_most=GROWS_AT_MOST),
        Measurement(PATH, f"{what}, p99", "ms", p99(runs)),
    ]


def _in_ms(pieces: Iterable[Timed]) -> list[float]:
    """Milliseconds of each, once warm."""
    runs = in_ms(timed(pieces, budget_s=BUDGET_S))
    return runs[WARM:] or runs


class Asked:
    """Questions to this project, each with the check of its answer by the naive model."""

    def __init__(self, engine: Any, judge: Judge) -> None:
        self.engine = engine
        self.judge = judge

    def figure(self, one: Question) -> Timed:
        """One figure."""
        figure_id, subject = one.figure.figure_id, one.figure.subject
        return Timed(
            lambda: ours.one_figure(self.engine, ours.viewpoint(self.engine, one.day, one.position), figure_id),
            lambda found: check_items(
                found.to_pylist(), self.judge.figure(subject, figure_id, one.day, one.position), f"figure at {one}"
            ),
        )

    def subject(self, one: Question) -> Timed:
        """One subject."""
        subject = one.figure.subject
        return Timed(
            lambda: ours.one_subject(self.engine, ours.viewpoint(self.engine, one.day, one.position), subject),
            lambda found: check_items(
                found.to_pylist(), self.judge.subject(subject, one.day, one.position), f"subject at {one}"
            ),
        )

    def history(self, one: Question, clock: str) -> Timed:
        """One history."""
        figure_id, subject = one.figure.figure_id, one.figure.subject
        return Timed(
            lambda: ours.one_history(self.engine, ours.viewpoint(self.engine, one.day), figure_id, clock),
            lambda found: check_items(
                found.to_pylist(), self.judge.history(subject, figure_id, one.day, clock), f"history at {one}"
            ),
        )


class Alone:
    """The same questions to SQLite indexed by hand, and to DuckDB over answers precomputed."""

    def __init__(self, tables: truth.Truth, hand: by_hand.ByHand, judge: Judge) -> None:
        self._tables = tables
        self._hand = hand
        self._judge = judge

    def figure(self, asked: Sequence[Question]) -> list[Reference]:
        """One figure; DuckDB's precomputed answers know only the end of the log."""
        found = [self._reference("SQLite indexed by hand", [self._figure_by_hand(one) for one in asked])]
        if all(one.position is None for one in asked):
            found.append(self._reference("DuckDB alone, precomputed", [self._figure_in_duckdb(one) for one in asked]))
        return found

    def subject(self, asked: Sequence[Question]) -> list[Reference]:
        """One subject."""
        return [
            self._reference("SQLite indexed by hand", [self._subject_by_hand(one) for one in asked]),
            self._reference("DuckDB alone, precomputed", [self._subject_in_duckdb(one) for one in asked]),
        ]

    def _reference(self, name: str, pieces: Iterable[Timed]) -> Reference:
        return Reference(name, median(_in_ms(pieces)))

    def _figure_by_hand(self, one: Question) -> Timed:
        position = one.position or truth.FOREVER - 1
        number, at = one.figure.number, microseconds(one.day)
        return Timed(
            lambda: self._hand.rows(by_hand.ONE_FIGURE, figure=number, at=at, position=position),
            lambda rows: self._compare([(place, _decimal(tenths)) for _, place, tenths in rows], one),
        )

    def _figure_in_duckdb(self, one: Question) -> Timed:
        number, at = one.figure.number, truth.end_of(one.day)
        return Timed(
            lambda: self._tables.rows(truth.ONE_FIGURE, figure=number, at=at), lambda rows: self._compare(rows, one)
        )

    def _subject_by_hand(self, one: Question) -> Timed:
        subject, at = one.figure.subject, microseconds(one.day)
        position = truth.FOREVER - 1
        return Timed(
            lambda: self._hand.rows(by_hand.ONE_SUBJECT, subject=subject, at=at, position=position),
            lambda rows: self._compare_count(rows, one),
        )

    def _subject_in_duckdb(self, one: Question) -> Timed:
        numbers = [figure.number for figure in self._tables.figures_of(one.figure.subject)]
        first, last, at = numbers[0], numbers[-1], truth.end_of(one.day)
        return Timed(
            lambda: self._tables.rows(truth.ONE_SUBJECT, first=first, last=last, at=at),
            lambda rows: self._compare_count(rows, one),
        )

    def _compare(self, rows: Sequence[Any], one: Question) -> None:
        wanted = self._judge.figure(one.figure.subject, one.figure.figure_id, one.day, one.position)
        answers = [(item["position"], _exact(item["canonical_value"])) for item in wanted]
        check_equal([tuple(row) for row in rows], answers, f"reference for the figure at {one}")

    def _compare_count(self, rows: Sequence[Any], one: Question) -> None:
        wanted = sorted(item["position"] for item in self._judge.subject(one.figure.subject, one.day))
        check_equal(sorted(row[1] for row in rows), wanted, f"reference for the subject at {one}")


def _decimal(tenths: int | None) -> Decimal | None:
    return None if tenths is None else Decimal(tenths) / by_hand.TENTHS


def _exact(value: str | None) -> Decimal | None:
    return None if value is None else Decimal(value)
