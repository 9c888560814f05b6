"""The judge of selective answers: the generated lines about a few subjects, folded one by one by the naive model."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.benchmarks.measurements import check_equal
from tests.oracle.facts import Item, moment
from tests.oracle.model import Model

_SUBJECT = b'"subject":"'
_CORRECTION = b'{"type":"EventCorrected"'
_TARGET = b'"target":"'
UUID_LENGTH = 36
NOT_COMPARED = {"recorded_at", "note", "via", "dimensions"}


def collected(log: Path, subjects: Iterable[str]) -> dict[str, list[Item]]:
    """The events about each of the subjects, and the corrections of these, with their positions."""
    wanted = {subject.encode(): subject for subject in subjects}
    found: dict[str, list[Item]] = {subject: [] for subject in wanted.values()}
    about: dict[bytes, str] = {}
    with log.open("rb") as file:
        for position, line in enumerate(file, start=1):
            if line.startswith(_CORRECTION):
                start = line.index(_TARGET) + len(_TARGET)
                subject = about.get(line[start : start + UUID_LENGTH])
            else:
                start = line.find(_SUBJECT) + len(_SUBJECT)
                if start < len(_SUBJECT):
                    continue
                subject = wanted.get(line[start : line.index(b'"', start)])
            if subject is not None:
                event = json.loads(line)
                about[event["event_id"].encode()] = subject
                # The log's own time is in none of the answers that are compared.
                found[subject].append({**event, "position": position, "recorded_at": "2026-01-01T00:00:00.000000Z"})
    return found


class Judge:
    """What should be answered about a few subjects."""

    def __init__(self, log: Path, subjects: Sequence[str], *, last: int) -> None:
        self._events = collected(log, subjects)
        self._last = last
        self._models: dict[str, Model] = {}
        self._answers: dict[tuple[str, str, int | None], list[Item]] = {}

    def subject(self, subject: str, day: str, position: int | None = None) -> list[Item]:
        """The figures of a subject."""
        key = (subject, day, position)
        if key not in self._answers:
            self._answers[key] = self._model(subject).figures(moment(day).end, position or self._last)
        return self._answers[key]

    def figure(self, subject: str, figure_id: str, day: str, position: int | None = None) -> list[Item]:
        """One figure of a subject."""
        return [item for item in self.subject(subject, day, position) if item["figure_id"] == figure_id]

    def history(self, subject: str, figure_id: str, day: str, clock: str) -> list[Item]:
        """The history of one figure of a subject."""
        return self._of_figure(subject, figure_id).history(figure_id, clock, moment(day).end, self._last)

    def _model(self, subject: str) -> Model:
        if subject not in self._models:
            self._models[subject] = Model(self._events[subject])
        return self._models[subject]

    def _of_figure(self, subject: str, figure_id: str) -> Model:
        """A model of the events on one figure only, which has as few positions to look at."""
        if figure_id not in self._models:
            statements = self._model(subject).statements_on(self._last).get(figure_id, [])
            ids = {statement.fact.event_id for statement in statements}
            events = [one for one in self._events[subject] if ids & {one["event_id"], one.get("target")}]
            self._models[figure_id] = Model(events)
        return self._models[figure_id]


def check_items(found: Sequence[Mapping[str, Any]], wanted: Sequence[Item], what: str) -> None:
    """Raises WrongAnswer where items are not what they should be, in what the model says of them."""
    names = [name for name in (wanted[0] if wanted else ()) if name not in NOT_COMPARED]
    shown = [{name: item[name] for name in names} for item in found]
    check_equal(shown, [{name: item[name] for name in names} for item in wanted], what)
