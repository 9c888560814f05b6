"""Editions: a file that is all that a publisher says, and what it leaves out.

`scope` names the publisher, and a publication date or an edition of its source: `usgs:2025-01-31`, `usgs:MCS 2025`.
Missing is, first, what the log holds in that scope and the file does not say; second, what the publisher's latest
earlier edition said of the metrics of the file, where the file says nothing of the figure. The first may be retracted
(it should never have been recorded), the second withdrawn (the publisher says it no longer).

Figures of a metric and period that no column of a table is about are not missing where nothing was taken from some
other column: they may stand in it, under another title.

A row that was rejected is not left out: it may be about any of these. So while a row is rejected, they are listed and
nothing more.

Figures and publishers are what they are now: what was said of an entity under a slug that was merged since, or about
another figure before a correction, counts for the one that it is about by now.

To find them the log is read once; what is kept in memory is one line for each statement of the two editions.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from ledger.append.batch import Batch
from ledger.append.prepare import Draft, prepare
from ledger.codec.entry import Entry
from ledger.errors import CalendarError, Violation
from ledger.events.base import REGISTRY
from ledger.events.figures import Figure, FigureWithdrawn
from ledger.events.ledger_events import EventCorrected
from ledger.imports.content_ids import content_id
from ledger.imports.import_options import ImportOptions
from ledger.imports.import_report import LISTED_MAX, ImportReport
from ledger.rules.publisher_series import figure_now
from ledger.values.calendars import Interval, parse_moment

KEY = ("subject", "metric", "material", "dimensions", "nature", "period", "unit")
"""The fields that say which figure a statement is about."""


NAMED_MAX = 20
SLUGS_SOUGHT_MAX = 3
"""Under so many slugs a publisher is looked for one by one; under more, everything is looked at once."""


class Scope(NamedTuple):
    """One edition of what a publisher says: all of it with this publication date, or of this edition of its source."""

    publisher: str
    edition: str

    @classmethod
    def of(cls, text: str) -> "Scope":
        """The scope that a text names: `PUBLISHER:DATE` or `PUBLISHER:EDITION`."""
        publisher, _, edition = text.partition(":")
        return cls(publisher, edition)

    def holds(self, body: dict[str, Any]) -> bool:
        """Whether what an event of the publisher says is part of it."""
        source = body.get("source") or {}
        return self.edition == source.get("edition") or self.is_date(body.get("published_at"))

    def is_date(self, published: str | None) -> bool:
        """Whether it is the edition of this publication date, however that is printed."""
        return published is not None and (published == self.edition or _moment(self.edition) == parse_moment(published))


class _Held(NamedTuple):
    """A standing statement of the publisher."""

    entry: Entry
    body: dict[str, Any]
    figure: bytes
    published: datetime

    @property
    def is_withdrawal(self) -> bool:
        """Whether the publisher takes back what it said."""
        return self.entry.type == FigureWithdrawn.__name__


class Edition:
    """What one file says of its scope, and afterwards what it leaves out."""

    def __init__(self, scope: Scope, options: ImportOptions, left_out: Sequence[str] = ()) -> None:
        self._scope = scope
        self._options = options
        self._figures: set[bytes] = set()
        """The figures of which the file says something in the scope."""
        self._metrics: set[str] = set()
        self._left_out = left_out
        """The columns of the file that nothing was taken from."""
        self._kinds: set[tuple[str, str | None]] = set()
        """Of which metrics and periods the file says something: what its columns are about, one by one."""
        self._beyond: dict[tuple[str, str | None], int] = {}
        """How many missing figures those columns may hold."""
        self._said: set[bytes] = set()
        """The event ids of what the file says."""
        self._published: str | None = None
        self._acts = True
        """Whether something may become of what is missing: only where no row was rejected."""

    def note(self, entry: Entry) -> None:
        """Take in what became of a row of the file."""
        self._said.add(entry.event_key)

    def close(self, batch: Batch, report: ImportReport) -> None:
        """List what is missing, and record what the options say is to become of it."""
        held = list(self._standing(batch))
        in_scope = [one for one in held if self._scope.holds(one.body)]
        there = [one for one in in_scope if not one.is_withdrawal]
        withdrawn = {one.figure for one in in_scope if one.is_withdrawal}
        said = [one for one in there if one.entry.event_key in self._said or self._is_said(one)]
        if not said:
            detail = f"no row of the file is in the scope {self._scope.publisher}:{self._scope.edition}"
            report.reject(0, [Violation((), "scope", f"{detail}, so it cannot be all of it")])
            return
        self._acts = not report.rejected
        self._figures = {one.figure for one in said}
        self._metrics = {_metric(one) for one in said}
        self._published = said[-1].body.get("published_at") if said else None
        self._kinds = {_kind(one) for one in said}
        keys = {one.entry.event_key for one in said}
        for one in there:
            if one.entry.event_key not in keys and not self._may_be_left_out(one):
                self._tell(batch, report, one, "in_scope", self._retraction(one))
        for one in self._earlier(held):
            if one.figure in withdrawn:
                continue  # It was taken in before that the edition leaves it out.
            if self._may_be_left_out(one):
                continue
            self._tell(batch, report, one, "edition_before", self._withdrawal(one))
        if self._beyond:
            report.notes.append(self._said_of_left_out())
        if report.rejected and report.missing:
            report.notes.append(self._said_of_rejected(report.rejected))

    def _may_be_left_out(self, one: _Held) -> bool:
        """Whether a figure that the file does not say may stand in a column that nothing was taken from."""
        kind = _kind(one)
        if not self._left_out or kind in self._kinds:
            return False
        self._beyond[kind] = self._beyond.get(kind, 0) + 1
        return True

    def _said_of_left_out(self) -> str:
        """Which figures are not in the scope of the file, and why."""
        columns = ", ".join(name[:40] for name in self._left_out[:NAMED_MAX])
        more = len(self._left_out) - NAMED_MAX
        columns += f" and {more} more" if more > 0 else ""
        kinds = ", ".join(" ".join(filter(None, kind)) for kind in [*self._beyond][:NAMED_MAX])
        more = len(self._beyond) - NAMED_MAX
        kinds += f" and {more} more" if more > 0 else ""
        count = sum(self._beyond.values())
        return (
            f"{count} figures ({kinds}) are not in this file's scope, and neither listed as missing nor changed: "
            f"nothing was taken from the columns {columns}, which may hold them"
        )

    def _said_of_rejected(self, count: int) -> str:
        rows, which = ("1 row was rejected", "it is") if count == 1 else (f"{count} rows were rejected", "they are")
        said = f"{rows}, and what is listed as missing may be what {which} about"
        if self._options.on_missing == "list":
            return said
        return (
            f"{said}: on_missing={self._options.on_missing} did nothing. Mend the rows and import the file again, or "
            "import it with on_missing=list"
        )

    def _standing(self, batch: Batch) -> Iterator[_Held]:
        """Every standing statement of the publisher on a figure."""
        state = batch.state
        publisher = state.resolve(self._scope.publisher)
        for entry in _naming(batch, list(state.merged_with(publisher))):
            content = batch.content_of(entry)
            source = content.body.get("source") or {}
            if content.stands and state.resolve(source.get("publisher", "")) == publisher:
                published = content.body.get("published_at")
                end = parse_moment(published).end if published else entry.recorded_at
                figure = figure_now(state, entry.cls, content.body)
                yield _Held(entry, content.body, figure or entry.stream_key, end)

    def _is_said(self, one: _Held) -> bool:
        """Whether the file says it under another id: it was recorded by other means, or corrected to it since."""
        return content_id(one.entry.type, one.body).event_key in self._said

    def _earlier(self, held: list[_Held]) -> list[_Held]:
        """What the edition before said of the metrics of the file, of figures that the file leaves out."""
        ours = [one.published for one in held if one.figure in self._figures and self._scope.holds(one.body)]
        if not ours:
            return []
        before = [one for one in held if one.published < min(ours) and _metric(one) in self._metrics]
        if not before:
            return []
        latest = max(one.published for one in before)
        last: dict[bytes, _Held] = {}
        for one in sorted(before, key=lambda one: (one.published, one.entry.position)):
            last[one.figure] = one
        return [
            one
            for one in last.values()
            if one.published == latest and one.figure not in self._figures and not one.is_withdrawal
        ]

    def _tell(self, batch: Batch, report: ImportReport, one: _Held, where: str, act: Draft | None) -> None:
        became = "listed"
        if act is not None:
            head = batch.state.head
            batch.expect([act])
            entries, violations = batch.place_all([act], recorded_by=self._options.recorded_by)
            if violations:
                became = violations[0].detail
            elif entries[0] is not None:
                became = "retracted" if where == "in_scope" else "withdrawn"
                report.recorded += entries[0].position > head
                if report.dry_run:
                    report.entries.append(entries[0])
        if len(report.missing) >= LISTED_MAX:
            report.missing_more += 1
            return
        report.missing.append(
            {
                "where": where,
                "event_id": str(one.entry.event_id),
                "position": one.entry.position,
                **{name: one.body[name] for name in (*KEY, "value", "low", "high", "symbol") if name in one.body},
                "published_at": one.body.get("published_at"),
                "became": became,
            }
        )

    def _retraction(self, one: _Held) -> Draft | None:
        if self._options.on_missing != "retract" or not self._acts:
            return None
        explanation = f"A file that is all of {self._scope.publisher}:{self._scope.edition} does not hold it."
        target = str(one.entry.event_id)
        return prepare({"type": "EventRetracted", "target": target, "reason": "other", "explanation": explanation})

    def _withdrawal(self, one: _Held) -> Draft | None:
        if self._options.on_missing != "withdraw" or not self._acts:
            return None
        said = {name: one.body[name] for name in KEY if name in one.body}
        cls = REGISTRY[one.entry.type]
        if issubclass(cls, Figure):
            said |= {"metric": cls.metric_of(one.body), "nature": cls.nature_of(one.body)}
        source = {"publisher": self._scope.publisher}
        if not self._scope.is_date(self._published):
            source["edition"] = self._scope.edition
        withdrawn = {"type": "FigureWithdrawn", **said, "published_at": self._published, "source": source}
        draft = prepare({name: value for name, value in withdrawn.items() if value is not None})
        key, digest = content_id(draft.type, draft.body)
        return draft._replace(event_key=key, digest=digest)


def _naming(batch: Batch, publishers: Sequence[str]) -> Iterator[Entry]:
    """The events on figures that may be of a publisher by now, under any of its slugs, in order."""
    figures = [name for name, cls in REGISTRY.items() if issubclass(cls, Figure)]
    if len(publishers) > SLUGS_SOUGHT_MAX:
        yield from batch.log.of_other_types([*REGISTRY.keys() - figures], after=0, until=batch.state.head)
        return
    found: dict[int, Entry] = {}
    for slug in publishers:
        found |= {entry.position: entry for entry in batch.mentioning(slug, figures)}
        for act in batch.mentioning(slug, [EventCorrected.__name__]):
            target = batch.find(UUID(act.body["target"]))
            if target is not None and issubclass(target.cls, Figure):
                found[target.position] = target
    yield from (found[position] for position in sorted(found))


@lru_cache(maxsize=256)
def _moment(text: str) -> Interval | None:
    try:
        return parse_moment(text)
    except CalendarError:
        return None


def _kind(one: _Held) -> tuple[str, str | None]:
    return _metric(one), one.body.get("period")


def _metric(one: _Held) -> str:
    cls = REGISTRY[one.entry.type]
    return cls.metric_of(one.body) if issubclass(cls, Figure) else ""
