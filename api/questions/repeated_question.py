"""A question that is asked again where the tables turned out to be damaged: by then they are made anew."""

from collections.abc import Callable
from typing import TypeVar

from projections import TablesUnavailable

T = TypeVar("T")


def asked(ask: Callable[[], T]) -> T:
    """What a question gives, at the second try if need be. Raises what the question raises."""
    try:
        return ask()
    except TablesUnavailable:
        return ask()
