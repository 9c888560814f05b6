"""Findings: what was looked at, how it is, and what to do where it is not well."""

from enum import StrEnum
from typing import NamedTuple


class State(StrEnum):
    """How something is. A warning can wait; a fault loses something, or will."""

    ok = "ok"
    warning = "warning"
    fault = "fault"


class Finding(NamedTuple):
    """One thing that was looked at: `what` it is, its state, how it is, and what to do; nothing where it is well."""

    what: str
    state: State
    detail: str
    advice: str = ""


def well(what: str, detail: str) -> Finding:
    """Something that is as it should be."""
    return Finding(what, State.ok, detail)


def warning(what: str, detail: str, advice: str) -> Finding:
    """Something that somebody should see to."""
    return Finding(what, State.warning, detail, advice)


def fault(what: str, detail: str, advice: str) -> Finding:
    """Something that somebody has to see to now."""
    return Finding(what, State.fault, detail, advice)
