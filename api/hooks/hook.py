"""A hook: an address, what it is told of, and how far it has got.

A hook is told of events as they are recorded, or of answers as they change. It has got as far as a *place*: a position
of the log and an instant of the publication clock. `event` hooks go on from the position; hooks of answers compare what
was answered at the place with what is answered now, so that a figure also counts as changed by a publication that was
recorded before and only came into force since. Which answers is said by filters, or by the name of one that somebody
relies on (`RelianceRegistered`).
"""

import base64
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from api.problems import bad_parameter
from api.questions.audit.diff_question import CHANGED_BY, CLOCKS, OF_FIGURES
from api.questions.audit.resource_parameters import check_taken
from api.questions.log_stream import STREAM
from api.questions.parameters import PAGING, checked
from projections import FIGURES

EVENT = "event"
ANY_CHANGE = "changed"
SECRET_PREFIX = "whsec_"  # noqa: S105 - what every secret of Standard Webhooks begins with
SECRET_BYTES = 32
_CONDITION = re.compile(r"event|changed(?:>(?P<percent>\d{1,9}(?:\.\d{1,9})?)%)?", re.ASCII)
RELIANCE = "reliance"
"""The filter of a hook of answers that is told of one that somebody relies on, by its name."""
_OF_THE_PLACE = ("after", CHANGED_BY.name, *(one.name for one in CLOCKS))
"""Parameters of the questions that say from where on: a hook knows that itself."""


class Place(NamedTuple):
    """How far a hook has got: a position of the log, and an instant as text."""

    position: int
    as_of: str


class Comparison(NamedTuple):
    """Answers that are being told: what they are compared with, the page that is told (None: the first), how many of
    it were, and the position at which an event was last erased when it began.
    """

    target: Place
    page: str | None = None
    told: int = 0
    erased_at: int = 0


@dataclass(frozen=True)
class Hook:
    """A hook as it is kept. Instants are in microseconds since 1970.

    `condition` is `event`, `changed` or `changed>5%`; `filters` are parameters of the question that is asked for it.
    `paused` says why nothing is sent. `turn` is another one whenever somebody did something to the hook.
    """

    name: str
    url: str
    secret: str
    condition: str
    filters: Mapping[str, str]
    may_be_private: bool
    created_at: int
    turn: int
    paused: str | None
    place: Place
    comparison: Comparison | None
    delivered: int
    delivered_at: int | None
    failures: int
    next_at: int
    error: str | None

    @property
    def is_of_answers(self) -> bool:
        """Whether it is told of answers that changed, and not of events."""
        return self.condition != EVENT

    @property
    def question(self) -> dict[str, str]:
        """The parameters of the question that is asked for it, without the place."""
        match = _CONDITION.fullmatch(self.condition)
        percent = match and match["percent"]
        return {**self.filters, **({CHANGED_BY.name: percent} if percent else {})}


def checked_condition(text: str) -> str:
    """A condition. Raises Problem (422)."""
    if not _CONDITION.fullmatch(text):
        said = f"a condition is event, changed, or changed>N% (changed>5%), not {text[:40]!r}"
        raise bad_parameter("when", "condition", said)
    return text


def checked_filters(condition: str, given: Mapping[str, str]) -> dict[str, str]:
    """The filters of a hook with that condition, as far as their names can say. Raises Problem (422)."""
    if condition == EVENT:
        return checked(given.items(), [one for one in STREAM if one.name not in _OF_THE_PLACE])
    if RELIANCE in given:
        return _of_reliance(condition, given)
    resource = check_taken(given, [one for one in OF_FIGURES if one.name not in _OF_THE_PLACE], ())
    if condition != ANY_CHANGE and resource != FIGURES.name:
        said = f"figures alone change by a percentage: {resource} take the condition changed"
        raise bad_parameter("when", "condition", said)
    if unknown := given.keys() & {one.name for one in PAGING}:
        raise bad_parameter(min(unknown), "unknown", f"{min(unknown)} is no filter")
    return dict(given)


def _of_reliance(condition: str, given: Mapping[str, str]) -> dict[str, str]:
    if condition != ANY_CHANGE:
        raise bad_parameter("when", "condition", "an answer that is relied on is told of by the condition changed")
    if others := given.keys() - {RELIANCE}:
        said = f"{min(others)}: the question of a reliance has its own filters; {RELIANCE}=NAME stands alone"
        raise bad_parameter(min(others), "unknown", said)
    return dict(given)


def new_secret() -> str:
    """A secret to sign with, as Standard Webhooks writes it."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()
