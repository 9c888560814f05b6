"""The pure step of an append: what is sent becomes a prepared event, checked against its type and ready to store.

Nothing here looks at a ledger, so it can be done anywhere, and in any order. What is left is the step that needs the
state at the head of the log: the rules, and a place (`ledger.append.batch`).

A prepared event is made of plain values only, so that it is cheap to hand from one process to another.
"""

from functools import cache
from typing import Any, NamedTuple

from ledger.codec.stored_json import body_of, stored
from ledger.codec.strict_json import digest, parse_event
from ledger.errors import InvalidEvent
from ledger.events.base import REGISTRY, Event, ref_paths
from ledger.events.figures import Figure, figure_stream
from ledger.values.calendars import parse_period
from ledger.values.units import unit

NOT_IN_THE_DIGEST = ("event_id", "expected_version")
_REFS = {("source", "publisher"), ("subject",), ("material",)}


AboutRow = tuple[str, str | None, str, str, str, bytes | None]
PreparedRow = tuple[str, bytes | None, int | None, bytes, bytes, AboutRow | None]
"""The same as `About` and `Prepared`, bare."""


class Prepared(NamedTuple):
    """An event without a place: its id where the client chose one, the digest of what was sent, the bytes to store."""

    topic: str
    event_id: bytes | None
    expected_version: int | None
    digest: bytes
    state: bytes
    about: AboutRow | None
    """For figures, see `About`."""

    @property
    def cls(self) -> type[Event]:
        """The class of its type."""
        return REGISTRY[self.topic]

    def body(self) -> dict[str, Any]:
        """What it says."""
        return body_of(self.cls, self.state, position=0)


class About(NamedTuple):
    """What the rules ask of an event about a figure, and the figure's id as long as nothing was merged."""

    subject: str
    material: str | None
    publisher: str
    metric: str
    family: str
    stream: bytes | None
    """None where more has to be known: the subject's fiscal year, or whether other entities are registered."""


def prepare(sent: Any) -> Prepared:
    """The prepared event in a decoded JSON value. Raises InvalidEvent with every fault found."""
    event = parse_event(sent)
    cls, fields = type(event), event.__dict__  # A model's own attributes and `isinstance` are slow.
    said = dict(sent)
    for name in NOT_IN_THE_DIGEST:
        said.pop(name, None)
    event_id = fields["event_id"]
    return Prepared(
        cls.__name__,
        None if event_id is None else event_id.bytes,
        fields["expected_version"],
        digest(said),
        stored(event),
        _about(cls, fields) if _is_figure(cls) else None,  # type: ignore[arg-type]
    )


def prepared(sent: Any) -> Prepared | InvalidEvent:
    """The same, with what is wrong instead of an error."""
    try:
        return prepare(sent)
    except InvalidEvent as error:
        return error


def _about(cls: type[Figure], fields: dict[str, Any]) -> About:
    subject, material, period, its_unit = fields["subject"], fields["material"], fields["period"], unit(fields["unit"])
    metric = cls.metric_of(fields)
    stream = None
    if _names_nothing_more(cls) and (period is None or not period.startswith("FY")):
        stream = figure_stream(
            subject=subject,
            metric=metric,
            material=material,
            dimensions=fields["dimensions"],
            nature=cls.nature_of(fields),
            period=parse_period(period) if period else None,
            canonical_unit=its_unit.canonical,
        )
    return About(subject, material, fields["source"].publisher, metric, its_unit.family, stream)


@cache
def _is_figure(cls: type[Event]) -> bool:
    return issubclass(cls, Figure)


@cache
def _names_nothing_more(cls: type[Figure]) -> bool:
    """Whether the entities in `About` are all that a type of figure names."""
    return _REFS.issuperset(ref_paths(cls))
