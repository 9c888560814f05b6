"""What an event says at a position of the log, after the ledger events that act on it.

Pure functions over bodies: `EventCorrected` replaces fields (each correction patches the result of the ones before),
`EventRetracted` removes the event, `EventReinstated` brings it back. `EventErased` removes it for good.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from ledger.codec.validation import validated
from ledger.errors import InvalidEvent, Violation
from ledger.events.base import Event

Act = tuple[str, dict[str, Any]]
"""A ledger event on another: its type and its body."""

PROTECTED = ("type", "event_id", "position", "recorded_at", "recorded_by", "expected_version", "origin")


def corrected(cls: type[Event], body: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """The body with the changes made: whole fields first, then dotted paths; null removes.

    Raises InvalidEvent, with paths into `changes`, where a field cannot be corrected or the result does not fit the
    type.
    """
    result = dict(body)
    for path in sorted(changes, key=lambda name: (name.count("."), name)):
        top = path.partition(".")[0]
        if top in PROTECTED:
            raise InvalidEvent([Violation(("changes", path), "not_correctable", f"{top} cannot be corrected")])
        if top not in cls.model_fields:
            raise InvalidEvent([Violation(("changes", path), "unknown_field", f"{cls.__name__} has no field {top}")])
        _set(result, path.split("."), changes[path], whole=path)
    for name in ("dimensions", "source"):
        if result.get(name) == {}:
            del result[name]
    try:
        return validated(cls, result).body()
    except InvalidEvent as error:
        raise InvalidEvent([in_changes(violation, changes) for violation in error.violations]) from None


class Content(NamedTuple):
    """What an event has come to say, and whether it stands: what is kept of the acts on it, so that the next act can go
    on from there. For example, after 999 corrections the thousandth patches the body that the last one left.
    """

    body: dict[str, Any]
    stands: bool = True
    corrected: bool = False
    """Whether any act was a correction."""

    @property
    def said(self) -> dict[str, Any] | None:
        """The body; None while the event is retracted."""
        return self.body if self.stands else None

    def after(self, cls: type[Event], act: Act) -> "Content":
        """The content after one more act. Raises InvalidEvent for a correction that does not fit."""
        type_name, body = act
        if type_name == "EventErased":
            return ERASED
        if type_name == "EventCorrected":
            return Content(corrected(cls, self.body, body["changes"]), self.stands, corrected=True)
        return self._replace(stands=type_name == "EventReinstated")


ERASED = Content({}, stands=False)
"""What an event says that was erased: nothing, as if it were retracted; but nothing brings it back."""


def content(base: tuple[type[Event], dict[str, Any]], acts: Iterable[Act]) -> dict[str, Any] | None:
    """What remains of an event after the acts on it, (type, body) in order of position.

    None while it is retracted.
    """
    cls, body = base
    says = Content(body)
    for act in acts:
        says = says.after(cls, act)
    return says.said


def _set(target: dict[str, Any], path: list[str], value: Any, *, whole: str) -> None:
    name, rest = path[0], path[1:]
    if not rest:
        if value is None:
            target.pop(name, None)
        else:
            target[name] = value
        return
    inner = target.get(name, {})
    if not isinstance(inner, dict):
        raise InvalidEvent([Violation(("changes", whole), "no_such_path", f"{name} has no fields of its own")])
    target[name] = dict(inner)
    _set(target[name], rest, value, whole=whole)


def in_changes(violation: Violation, changes: Mapping[str, Any]) -> Violation:
    """The same violation, pointing at the change that caused it where one did."""
    dotted = ".".join(map(str, violation.path))
    for path in sorted(changes, key=len, reverse=True):
        if dotted == path or dotted.startswith(path + "."):
            rest = tuple(dotted[len(path) + 1 :].split(".")) if len(dotted) > len(path) else ()
            return Violation(("changes", path, *rest), violation.rule, violation.detail)
    return Violation(("changes", *violation.path), violation.rule, violation.detail)
