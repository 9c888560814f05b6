"""Filters as texts: what is written in Python, as the parameters of a question.

A list is several values, of which one must fit; a date is a day; a dictionary is several filters under one beginning,
such as `dimension={"basis": "REO"}` for `dimension.basis=REO`. None is no filter.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TypeAlias

from api.client.door_errors import BookError, WrongMoment

Value: TypeAlias = str | int | bool | Decimal | date
FilterValue: TypeAlias = Value | Sequence[Value] | Mapping[str, Value] | None


def parameters_of(filters: Mapping[str, FilterValue]) -> dict[str, str]:
    """The parameters of filters. Raises BookError for what can be none."""
    parameters: dict[str, str] = {}
    for name, value in filters.items():
        if isinstance(value, Mapping):
            parameters |= {f"{name}.{key}": text_of(name, one) for key, one in value.items()}
        elif isinstance(value, Sequence) and not isinstance(value, str):
            parameters[name] = ",".join(text_of(name, one) for one in value)
        elif value is not None:
            parameters[name] = text_of(name, value)
    return parameters


def text_of(name: str, value: object) -> str:
    """One value as a text. Raises BookError, and WrongMoment for a time of day that is nowhere."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise WrongMoment(f"{name}: {value} has no time zone; write {value.isoformat()}Z if it is in UTC.")
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str | int | Decimal):
        return str(value)
    raise BookError(f"{name}: {type(value).__name__} is no filter; give a text, a number, a date, or a list of these.")
