"""The intake of a file: each of its rows against what the log holds, one after the other.

A row is new; or a duplicate of an event, which may have been corrected or retracted since, and stays so; or repeated,
where another row of the file says the same; or in conflict with a standing statement, and then the options say what
becomes of it; or rejected by a rule. A row that names its `event_id` is a fact of its own, whatever else is held.
"""

from collections.abc import Sequence
from typing import Any, cast
from uuid import UUID

from ledger.append.batch import Batch
from ledger.append.prepare import Draft, prepare
from ledger.codec.entry import Entry
from ledger.errors import InvalidEvent, Refused, RuleBroken, Violation
from ledger.events.definitions import MetricDefined
from ledger.events.entities import EntityRegistered
from ledger.events.figure_facts import FigureFacts
from ledger.events.figures import Figure
from ledger.events.ledger_events import EventErased
from ledger.events.preferences import PreferenceSet
from ledger.events.reliances import RelianceEnded, RelianceRegistered
from ledger.imports.acted_since import acted_on_after, acted_since
from ledger.imports.content_ids import content_id
from ledger.imports.editions import Edition, Scope
from ledger.imports.exported_rows import Recorded, as_first_said
from ledger.imports.import_options import ImportOptions
from ledger.imports.import_report import ENTRIES_MAX, REPLACED, ImportReport
from ledger.imports.registrations import Kinds, registrations_for
from ledger.imports.said_amounts import by_kept_names, printed, told
from ledger.imports.said_before import SaidBefore, is_act
from ledger.imports.verdicts import read_back
from ledger.proof.leaves import SALT_BYTES
from ledger.rules.publisher_series import ALL_SAID
from ledger.values.calendars import instant_text
from ledger.values.identifiers import instant_of

SAID_LAST = frozenset(one.__name__ for one in (PreferenceSet, MetricDefined, RelianceRegistered, RelianceEnded))
"""Types of events of which, of one thing, the last that stands counts."""
LAST_SAID_MAX = 10_000
"""Of how many things it is told that what counts is not what the file says last."""
STATED = ("value", "low", "high", "symbol", "unit", "approximate", "status")
"""The fields of a statement that say how much there is: what a correction of it may change."""


class Intake:
    """Takes the rows of one file into batches, in order, and tells the report what becomes of them."""

    def __init__(
        self,
        options: ImportOptions,
        report: ImportReport,
        register: Kinds | None = None,
        left_out: Sequence[str] = (),
    ) -> None:
        self._options = options
        self._register = register
        self._report = report
        self._before = report.position
        """The head of the log when the file began."""
        self._before_it = SaidBefore()
        self._recorder: str | None = None
        """The ledger that recorded the last event, where events are taken in as recorded."""
        self._without_text: set[int] = set()
        """The positions of rows without a text, for which no EventErased came yet."""
        self._head = -1
        """The head of the log after the last piece."""
        self._said_last: dict[bytes, tuple[int, Entry]] = {}
        """Of each thing of which what is said last counts, the last row of the file, where it was said before."""
        self._edition = None if options.scope is None else Edition(Scope.of(options.scope), options, left_out)

    def begin(self, batch: Batch) -> None:
        """A transaction begins. Where others have recorded something since the last one, nothing is known any more."""
        self._before_it.resolve = batch.state.resolve
        if batch.state.head != self._head:
            self._before_it.clear()

    def take(self, batch: Batch, piece: bytes) -> None:
        """Place the rows of a piece that may be recorded."""
        if self._before_it.is_much:
            self._before_it.clear()
        verdicts = read_back(piece)
        wanted: list[tuple[int, Draft]] = []
        if self._register is not None:
            wanted = list(registrations_for(verdicts.events, batch.state, self._register))
        batch.expect([*(registration for _, registration in wanted), *verdicts.events])
        for index, registration in wanted:
            self._place(batch, verdicts.numbers[index], registration, by_content=True)
        plain = [None] * len(verdicts.events) if self._options.as_recorded else self._plain(batch, verdicts.events)
        place_plain, is_certain = batch.place_plain, self._before_it.is_certain
        by, moves, as_told = self._options.recorded_by, batch.moves, True
        for number, kept, chooses, event, facts in zip(*verdicts, plain, strict=True):
            # What was placed before in this piece may have made it another matter.
            entry = None
            if moves != batch.moves and as_told:
                as_told = False
                batch.compare(verdicts.events, last=ALL_SAID)
            if facts is not None and isinstance(event, Draft) and as_told and is_certain(facts.figure):
                entry = place_plain(event, by)
            if entry is not None and facts is not None:
                self._count_plain(batch, number, facts.oddities, entry)
            elif kept is not None:
                self._restore(batch, number, event, kept)
            else:
                self._place(batch, number, event, by_content=not chooses)
        if moves != batch.moves:
            self._before_it.clear()
        self._head = batch.state.head

    def _plain(self, batch: Batch, events: Sequence[Draft | Refused]) -> list[FigureFacts | None]:
        """The facts of those rows that contradict nothing and are not odd beside what was said before, as far as that
        can be told now; None for each of the others.

        The log is asked twice for all of them: what it holds of their figures, and, of those that have to be compared
        exactly, what that is in full.
        """
        before_it, known, concern = self._before_it, batch.known, batch.state.moved.concern
        new = [one if isinstance(one, Draft) and known(one.event_key or b"") is None else None for one in events]
        if batch.state.head:
            of_new = (one.facts for one in new if one is not None)
            figures = {facts.figure for facts in of_new if facts is not None and facts.figure is not None}
            if unknown := before_it.unknown(figures):
                before_it.note(batch.log.streams(unknown, last=ALL_SAID))
        self._note_acts(batch, new)
        plain: list[FigureFacts | None] = []
        compared: list[Draft] = []
        for one in new:
            facts = None if one is None else one.facts
            if one is not None and (
                facts is None or concern(facts) or not before_it.is_plain(facts) or facts.oddities is None
            ):
                compared.append(one)
                facts = None
            plain.append(facts)
        batch.compare(compared, last=ALL_SAID)
        return plain

    def _note_acts(self, batch: Batch, new: Sequence[Draft | None]) -> None:
        """Take in what events on figures will say after the ledger events of the piece, wherever these stand in it."""
        acts = [one.body for one in new if one is not None and is_act(one.type)]
        if not acts:
            return
        drafts: dict[bytes | None, list[Draft]] = {}
        for one in new:
            if one is not None and one.facts is not None:
                drafts.setdefault(one.event_key, []).append(one)
        for act in acts:
            target = UUID(act["target"]).bytes
            for draft in drafts.get(target, ()):
                if draft.facts is not None:
                    self._before_it.note_act(act, draft.facts.figure, draft.body)
            if (entry := batch.target(target)) is not None:
                self._before_it.note_act(act, entry.stream_key, entry.body)

    def _count_plain(self, batch: Batch, row: int, oddities: int | None, entry: Entry) -> None:
        """Count a row that may be odd by itself alone."""
        report = self._report
        if oddities and report.lists_warnings:
            batch.warnings[entry.position] = batch.oddities(entry)
        elif oddities:
            report.warned += oddities
        self._count_recorded(batch, row, entry)

    def _count_recorded(self, batch: Batch, row: int, entry: Entry) -> None:
        report = self._report
        if self._edition is not None:
            self._edition.note(entry)
        report.recorded += 1
        if self._options.register is not None and entry.type == EntityRegistered.__name__:
            report.register(row, entry)
        if batch.warnings and (odd := batch.warnings.pop(entry.position, ())):
            report.warn(row, odd)
        if report.dry_run and len(report.entries) < ENTRIES_MAX:
            report.entries.append(entry)

    def close(self, batch: Batch) -> None:
        """Say what the file leaves out, where it is all of something; what comes after it, this ledger records."""
        if self._without_text:
            detail = (
                f"the text of the event at position {min(self._without_text)} is gone, and no row says who erased it"
            )
            self._report.reject(0, [Violation((), "as_recorded", detail)])
        if self._recorder not in (None, batch.log.identity):
            batch.log.note_recorder(batch.log.identity, first=batch.state.head + 1)
        if self._edition is not None:
            self._edition.close(batch, self._report)
        for row, entry in self._said_last.values():
            self._tell_if_replaced(batch, row, entry)

    def _tell_if_replaced(self, batch: Batch, row: int, entry: Entry) -> None:
        """Say it where the last row of a stream is an event that another has replaced since: it is not said anew."""
        if is_act(entry.type):
            if acted_on_after(batch, entry):
                self._report.stays(row, entry, REPLACED)
            return
        later = (one for one in batch.last_of_stream(entry.stream_key) if one.position > entry.position)
        stand = (not is_act(one.type) and not one.is_erased and batch.content_of(one).stands for one in later)
        if any(stand):
            self._report.stays(row, entry, REPLACED)

    def _restore(self, batch: Batch, row: int, event: Draft | Refused, kept: Recorded) -> None:
        """Place one exported row as it was recorded."""
        try:
            if isinstance(event, Refused):
                raise event
            if kept.position != batch.state.head + 1:
                detail = f"the row is the event at position {kept.position}, and {batch.state.head + 1} comes next"
                raise RuleBroken([Violation(("position",), "as_recorded", detail)])
            self._note_recorder(batch, kept)
            batch.recorded(instant_of(kept.recorded_us))
            if kept.stream is not None and kept.content is not None:
                self._restore_erased(batch, event, kept, stream=kept.stream, content=kept.content)
                return
            if kept.digest is not None:
                event = event._replace(digest=_from_hex("digest", kept.digest, bytes_wanted=32))
            if kept.salt is not None:
                batch.give_salt(kept.position, _from_hex("salt", kept.salt, bytes_wanted=SALT_BYTES))
            entries, violations = batch.place_all([event], recorded_by=kept.recorded_by)
            if entries[0] is None:
                raise (violations[0].kind or Refused)([one.within for one in violations])
            self._report.recorded += 1
            if event.type == EventErased.__name__:
                self._note_erased(batch, event)
        except Refused as error:
            self._report.reject(row, error.violations)

    def _restore_erased(self, batch: Batch, event: Draft, kept: Recorded, *, stream: str, content: str) -> None:
        """Place a row whose text was erased before it was exported. Raises RuleBroken."""
        key = event.event_key or b""
        if batch.known(key) is not None:
            raise RuleBroken([Violation(("event_id",), "as_recorded", "the event_id is that of a row before")])
        stream_key = UUID(stream).bytes
        entry = Entry(kept.position, key, stream_key, event.type, kept.recorded_us, kept.recorded_by, b"", b"")
        batch.place_erased(entry, bytes.fromhex(content))
        self._without_text.add(kept.position)
        self._report.recorded += 1

    def _note_erased(self, batch: Batch, event: Draft) -> None:
        body = event.body
        target = batch.find(UUID(body["target"]))
        self._without_text -= {*body.get("acts", ()), *([] if target is None else [target.position])}

    def _note_recorder(self, batch: Batch, kept: Recorded) -> None:
        """An event that is taken in as recorded stays one of the ledger that recorded it."""
        ledger = kept.ledger or batch.log.identity
        if ledger != (self._recorder or batch.log.identity):
            batch.log.note_recorder(ledger, first=kept.position)
            self._recorder = ledger

    def _place(self, batch: Batch, row: int, event: Draft | Refused, *, by_content: bool) -> None:
        """Place one row, if it may be recorded."""
        report, head = self._report, batch.state.head
        try:
            entry, corrects = self._entry(batch, row, event, by_content=by_content)
        except Refused as error:
            report.reject(row, error.violations)
            return
        if (thing := _said_last_of(event, entry)) is not None:
            self._said_last.pop(thing, None)
            if by_content and entry.position <= head and len(self._said_last) < LAST_SAID_MAX:
                self._said_last[thing] = row, entry
        if entry.position > head:
            report.corrected += corrects
            self._count_recorded(batch, row, entry)
            self._before_it.placed(event.facts if isinstance(event, Draft) else None, entry)
            return
        if self._edition is not None:
            self._edition.note(entry)
        if entry.position > self._before:
            report.repeated += 1
        else:
            report.duplicate += 1
            if (since := acted_since(batch, entry, event if by_content else None)) is not None:
                report.stays(row, entry, since)

    def _entry(self, batch: Batch, row: int, event: Draft | Refused, *, by_content: bool) -> tuple[Entry, bool]:
        """The entry of a row, there already or placed now, and whether it is a correction. Raises Refused."""
        if isinstance(event, Refused):
            raise event
        known = None if event.event_key is None else batch.known(event.event_key)
        corrects = False
        if known is None:
            known = _registered(batch, event)
        if known is None and by_content:
            known, event, corrects = self._against_what_stands(batch, row, event)
        elif known is not None and known.is_erased:
            return known, False
        elif (
            known is not None and known.digest != event.digest and not _says_the_same(event, batch.find(known.event_id))
        ):
            known = None
        if known is not None:
            return known, False
        entries, violations = batch.place_all([event], recorded_by=self._options.recorded_by, warn=True)
        (entry,) = entries
        if entry is None:
            raise (violations[0].kind or Refused)([one.within for one in violations])
        return entry, corrects

    def _against_what_stands(self, batch: Batch, row: int, event: Draft) -> tuple[Entry | None, Draft, bool]:
        """What the log holds of it already, or what to record instead, and whether that is a correction.

        Raises Refused where nobody has said yet what is to become of a conflict.
        """
        others = batch.said_as_well(event)
        if not others:
            return None, event, False
        body = event.body
        says = told(event.type, body)
        standing = [(one, batch.content_of(one).body) for one in others]
        for one, content in standing:
            if content_id(one.type, content).event_key == event.event_key or (
                batch.state.kept
                and by_kept_names(batch.state, one.type, content) == by_kept_names(batch.state, event.type, body)
            ):
                return one, event, False
        if any(told(one.type, content) == says for one, content in standing):
            return None, event, False
        one, content = standing[-1]
        before, after = printed(one.type, content), printed(event.type, body)
        self._report.change(row, one, before, after)
        match self._options.on_conflict:
            case "record":
                return None, event, False
            case "correct" if one.type == event.type:
                return None, self._correction(row, event, body, one, content), True
            case chosen:
                why = "" if chosen == "ask" else f"; {one.type} cannot be corrected to {event.type}"
                detail = (
                    f"{body['source']['publisher']} said {before} on {body['published_at']}, by event {one.event_id} "
                    f"at position {one.position}, and this row says {after}{why}. Import with on_conflict=correct "
                    "where the record was wrong, with on_conflict=record where the source really says both, or leave "
                    "the row out where it is wrong"
                )
                raise RuleBroken([Violation(_place_of(body), "conflict", detail)])

    def _correction(
        self, row: int, event: Draft, body: dict[str, Any], target: Entry, content: dict[str, Any]
    ) -> Draft:
        """The row as a correction of what was recorded; it keeps the row's id, so that the file can be sent again."""
        changes = {name: body.get(name) for name in STATED if body.get(name) != content.get(name)}
        figure = cast(type[Figure], target.cls)
        if figure.nature_of({**content, **changes}) != (nature := figure.nature_of(content)):
            changes["nature"] = nature  # The status of a capacity told it; the row is about the same figure.
        sent = {
            "type": "EventCorrected",
            "target": str(target.event_id),
            "changes": changes,
            "reason": "transcription",
            "explanation": f"Row {row} of a file that was imported says {printed(event.type, body)}.",
            "source": body["source"],
        }
        correction = prepare({name: value for name, value in sent.items() if value})
        return correction._replace(event_key=event.event_key, digest=event.digest)


def _said_last_of(event: Draft | Refused, entry: Entry) -> bytes | None:
    """The stream, or the event that is acted on, of which what is said last counts; None of another event."""
    if entry.type in SAID_LAST:
        return entry.stream_key
    return UUID(event.body["target"]).bytes if isinstance(event, Draft) and is_act(event.type) else None


def _from_hex(name: str, text: str, *, bytes_wanted: int) -> bytes:
    try:
        found = bytes.fromhex(text)
    except ValueError:
        found = b""
    if len(found) != bytes_wanted:
        detail = f"a {name} is {2 * bytes_wanted} hexadecimal digits"
        raise RuleBroken([Violation((name,), "as_recorded", detail)])
    return found


def _place_of(body: dict[str, Any]) -> tuple[str, ...]:
    return next(((name,) for name in ("value", "low", "high", "symbol") if name in body), ())


def _registered(batch: Batch, event: Draft) -> Entry | None:
    """The standing registration that says what this one says: two ledgers that are joined know the same entities."""
    if event.type != EntityRegistered.__name__:
        return None
    body = event.body
    standing = batch.state.entity(body["entity"])
    if standing is None or content_id(event.type, standing.body) != content_id(event.type, body):
        return None
    return batch.find(standing.event_id)


def _says_the_same(event: Draft, entry: Entry | None) -> bool:
    """Whether an event that chose the id of an entry says what that says: an export that comes back, for example."""
    if entry is None or entry.type != event.type:
        return False
    says = entry.body
    if "published_at" not in says and "published_at" in event.body:
        says["published_at"] = instant_text(entry.recorded_at)  # so it counts, and so it was exported
    try:
        return content_id(event.type, as_first_said(event.body)) == content_id(entry.type, as_first_said(says))
    except (InvalidEvent, TypeError):
        return False
