"""Problems: what a client is told when something is wrong, as a value (a problem document, RFC 9457).

Example: `{"type": "urn:supply-ledger:problem:bad-parameter", "title": "Bad parameter", "status": 422, "detail": ...}`.
Errors of the ledger and of the projections know nothing of HTTP; `problem_of` alone says which status each has. The
server sends a problem as it is, the command line prints its detail.

`errors` lists the faults found: in a body by its JSON pointer (in a batch it begins with the event's place), in a
query by the parameter's name. Where there are very many, the first are listed, and `errors_more` says how many there
are beside these.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from api.settings import QUESTION_MEMORY, QUESTION_SECONDS, SQL_ANSWER_MB, SQL_MEMORY, SQL_SECONDS
from ledger import (
    CalendarError,
    ClockInDoubt,
    ContentTooLarge,
    EventIdReused,
    KeyReused,
    LedgerAltered,
    LedgerDamaged,
    MalformedJSON,
    PositionBeyondHead,
    Refused,
    StoreBusy,
    StoreError,
    StoreFull,
    VersionConflict,
    Violation,
    shortened,
    visible,
)
from projections import (
    FilterError,
    OutOfMemory,
    OutOfTime,
    OverLimit,
    QuestionsRefused,
    SandboxUnavailable,
    TablesUnavailable,
    Unanswered,
    UnknownFilter,
)

NARROWER = (
    "ask for less, by filters (subject, metric, material, period, publisher), a lower limit, an earlier viewpoint or a "
    "shorter document"
)
"""What a client can do that asked for too much."""
MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_S = 1
CLOCK_RETRY_AFTER_S = 60
"""Somebody has to look at the clock first."""
DETAIL_LENGTH_MAX = 4000
"""How long a detail may be: it may hold several messages of the ledger, and words of the client."""
RETRY_AFTER_S_MAX = 60
EVENTS_A_SECOND = 50_000
"""About how many events are made into tables in a second: it says when to ask again."""
TYPE_PREFIX = "urn:supply-ledger:problem:"
logger = logging.getLogger("supply_ledger")


class Problem(Exception):
    """An answer that is a problem: status, a short name (`kind`), and what the client can do about it (`detail`)."""

    def __init__(
        self,
        status: int,
        kind: str,
        detail: str,
        *,
        title: str | None = None,
        errors: Sequence[Mapping[str, Any]] | None = None,
        headers: Mapping[str, str] | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        self.status = status
        self.kind = kind
        self.detail = _said(detail)
        self.title = _said(title or kind.replace("-", " ").capitalize())
        super().__init__(self.detail)
        self.errors = errors and [{**one, "detail": _said(one["detail"])} for one in errors]
        self.headers = dict(headers or {})
        self.more = dict(more or {})

    def document(self) -> dict[str, Any]:
        """The members of the problem document."""
        document: dict[str, Any] = {
            "type": TYPE_PREFIX + self.kind,
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
        }
        if self.errors is not None:
            document["errors"] = list(self.errors)
        return {**document, **self.more}


def bad_parameter(name: str, rule: str, detail: str) -> Problem:
    """A query parameter that is unknown, given twice, or has no meaning."""
    return Problem(422, "bad-parameter", detail, errors=[{"parameter": name, "rule": rule, "detail": detail}])


def not_found(detail: str) -> Problem:
    """A path that names nothing here."""
    return Problem(404, "not-found", detail)


def refused(error: Refused, *, batch: bool) -> Problem:
    """Events that were refused. The pointers of a single event leave out its place in the batch."""
    conflict = isinstance(error, EventIdReused | VersionConflict)
    violations = error.violations if batch else [_alone(violation) for violation in error.violations]
    first = violations[0].detail if violations else "the event was refused"
    more = error.count - len(violations)
    listed = f", of which {len(violations)} are listed" if more else ""
    detail = first if error.count == 1 else f"{error.count} faults{listed}; the first: {first}"
    return Problem(
        409 if conflict else 422,
        "conflict" if conflict else "event-refused",
        f"Nothing was recorded: {detail}",
        errors=[{"pointer": v.pointer, "rule": v.rule, "detail": v.detail} for v in violations],
        more={"errors_more": more} if more else None,
    )


def questions_refused(detail: str, faults: Sequence[Mapping[str, Any]], count: int) -> Problem:
    """A table of questions of which none is answered, since some ask for nothing that can be."""
    more = count - len(faults)
    said = detail if count <= 1 else f"{count} faults; the first: {detail}"
    return Problem(
        422,
        "questions-refused",
        f"No question was answered: {said}",
        errors=faults,
        more={"errors_more": more} if more > 0 else None,
    )


SQL_NARROWER = (
    "read fewer rows (an earlier viewpoint, fewer tables), name the columns that you need instead of *, aggregate, and "
    "join on keys"
)
"""What the author of a statement can do that needs too much."""
_SQL_LIMITS: Mapping[str, tuple[int, str, str]] = {
    "time": (503, "time-limit", SQL_SECONDS.variable),
    "memory": (503, "memory-limit", SQL_MEMORY.variable),
    "answer": (422, "answer-limit", SQL_ANSWER_MB.variable),
}


def over_limit(error: OverLimit) -> Problem:
    """A statement of SQL that was stopped at a limit."""
    status, kind, variable = _SQL_LIMITS[error.limit]
    more = {"limit": {"name": error.limit, "setting": variable}}
    return Problem(status, kind, f"{error} ({variable}), and was stopped: {SQL_NARROWER}.", more=more)


def unanswered(error: Unanswered) -> Problem:
    """A question that was given up. To ask again helps where others were in its way, else only to ask for less."""
    if isinstance(error, OverLimit):
        return over_limit(error)
    if isinstance(error, SandboxUnavailable):
        headers = {"Retry-After": str(RETRY_AFTER_S)}
        return Problem(503, "sql-unavailable", _sentence(f"{error}; ask again in a while"), headers=headers)
    again = {"Retry-After": str(RETRY_AFTER_S)}
    if isinstance(error, OutOfTime):
        said = f"more than the {error.seconds:g} seconds that a question may take here ({QUESTION_SECONDS.variable})"
        if error.waited:
            detail = f"The question waited {said}, since the server was busy or taking in what was recorded: ask again."
            return Problem(503, "time-limit", detail, headers=again)
        return Problem(503, "time-limit", f"The question took {said}: {NARROWER}.")
    if isinstance(error, OutOfMemory):
        detail = f"{str(error).capitalize()} ({QUESTION_MEMORY.variable}): {NARROWER}."
        return Problem(503, "memory-limit", detail, headers=again)
    return Problem(503, "time-limit", "Whoever asked has gone, so the question was stopped.")


def problem_of(error: Exception) -> Problem:
    """What an error is in HTTP. Anything unforeseen is a 500, and the log says where it came from."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, Refused):
        return refused(error, batch=True)
    if isinstance(error, FilterError | UnknownFilter):
        rule = "unknown_parameter" if isinstance(error, UnknownFilter) else "value"
        return bad_parameter(error.parameter, rule, str(error))
    if isinstance(error, QuestionsRefused):
        return questions_refused(str(error), error.faults, error.count)
    if isinstance(error, TablesUnavailable):
        return _tables_unavailable(error)
    if isinstance(error, Unanswered):
        return unanswered(error)
    if isinstance(error, LedgerDamaged):
        logger.error("the log is damaged: %s", error)
    for known, make in _KNOWN:
        if isinstance(error, known):
            return make(str(error))
    logger.error("unforeseen error", exc_info=error)
    return Problem(500, "internal-error", "The server failed; this is a bug, and nothing was recorded.")


_MEND = (
    "No answer leaves it out, so reads have stopped. Install the version that wrote it, or restore the log from a "
    "backup; the tables that are made from it follow by themselves."
)


def _tables_unavailable(error: TablesUnavailable) -> Problem:
    after_s = min(RETRY_AFTER_S + (error.head - error.position) // EVENTS_A_SECOND, RETRY_AFTER_S_MAX)
    text = str(error)
    return Problem(
        503,
        "tables-unavailable",
        f"{_sentence(text)} Ask again.",
        headers={"Retry-After": str(after_s)},
        more={"position": error.position, "head": error.head, **({"phase": error.phase} if error.phase else {})},
    )


_KNOWN: tuple[tuple[type[Exception], Callable[[str], Problem]], ...] = (
    (MalformedJSON, lambda text: Problem(400, "malformed-json", text, title="Malformed JSON")),
    (ContentTooLarge, lambda text: Problem(413, "content-too-large", f"Nothing was recorded: {text}.")),
    (KeyReused, lambda text: Problem(422, "idempotency-key-reused", text)),
    (PositionBeyondHead, lambda text: bad_parameter("recorded_as_of", "beyond_head", text)),
    (CalendarError, lambda text: Problem(422, "bad-parameter", text)),
    (
        ClockInDoubt,
        lambda text: Problem(503, "clock-in-doubt", text, headers={"Retry-After": str(CLOCK_RETRY_AFTER_S)}),
    ),
    (StoreBusy, lambda text: Problem(503, "store-busy", text, headers={"Retry-After": str(RETRY_AFTER_S)})),
    (StoreFull, lambda text: Problem(507, "store-full", text)),
    (LedgerAltered, lambda text: Problem(503, "ledger-damaged", f"Nothing is recorded: {text}.")),
    (LedgerDamaged, lambda text: Problem(503, "ledger-damaged", f"{_sentence(text)} {_MEND}")),
    (StoreError, lambda text: Problem(503, "store-unavailable", text, headers={"Retry-After": str(RETRY_AFTER_S)})),
)


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith(('.', '?')) else '.'}"


def _alone(violation: Violation) -> Violation:
    path = violation.path[1:] if violation.path and isinstance(violation.path[0], int) else violation.path
    return Violation(path, violation.rule, violation.detail)


def _said(text: str) -> str:
    """A message as it goes out: on one line, with nothing unseen in it, and not endless."""
    return shortened(visible(text), DETAIL_LENGTH_MAX)
