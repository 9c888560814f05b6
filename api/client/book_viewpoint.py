"""A viewpoint: from when to look. It is a value, made once, compared, printed, and asked as often as wanted.

    then = book.as_of("2025-12-31")            # what had been published by the end of that day
    then.figures(metric="mine_production")

It has up to three clocks: `as_of`, by when something was published; `recorded_as_of`, by when this ledger had recorded
it (also `position:1200`: its first 1,200 events); and `effective_at`, when it holds in the world, for what holds over
time. One that is left out is now, for `effective_at` it is `as_of`.
"""

from dataclasses import dataclass, field
from datetime import date

from api.client.book_questions import Questions
from api.client.door import Door
from api.client.door_errors import BookError, WrongMoment
from api.client.filter_texts import text_of

POSITION = "position:"


@dataclass(frozen=True, repr=False)
class Viewpoint(Questions):
    """From when to look, as texts; None is now. Equal where the clocks are, whatever book it belongs to.

    >>> Viewpoint("2025-12-31") == Viewpoint("2025-12-31")
    True
    >>> Viewpoint("2025-12-31", recorded_as_of="position:120")
    Viewpoint(as_of='2025-12-31', recorded_as_of='position:120')
    >>> print(Viewpoint("2025-12-31", recorded_as_of="2026-01-15"))
    as of 2025-12-31, recorded as of 2026-01-15
    """

    as_of: str | date | None = None
    recorded_as_of: str | date | int | None = None
    effective_at: str | date | None = None
    _door: Door | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        for name in CLOCKS:
            value = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, _moment(name, value))

    def __repr__(self) -> str:
        clocks = (f"{name}={text!r}" for name, text in self.clocks().items())
        return f"Viewpoint({', '.join(clocks)})"

    def __str__(self) -> str:
        return ", ".join(f"{name.replace('_', ' ')} {text}" for name, text in self.clocks().items()) or "as of now"

    def clocks(self) -> dict[str, str]:
        """The clocks that are set, as parameters of a question."""
        return {name: str(value) for name in CLOCKS if (value := getattr(self, name)) is not None}

    def _at(self) -> "tuple[Door, Viewpoint]":
        if self._door is None:
            raise BookError(f"{self!r} belongs to no book: ask book.at(viewpoint).")
        return self._door, self


CLOCKS = ("as_of", "recorded_as_of", "effective_at")


def _moment(name: str, value: str | date | int) -> str:
    """A moment as a text, if it is one. Raises WrongMoment."""
    if isinstance(value, int) and not isinstance(value, bool) and name == "recorded_as_of":
        value = f"{POSITION}{value}"
    text = text_of(name, value)
    if name == "recorded_as_of" and text.startswith(POSITION) and text.removeprefix(POSITION).isdigit():
        return text
    from ledger.values import parse_moment

    try:
        parse_moment(text)
    except ValueError as error:
        raise WrongMoment(f"{name}: {error}.") from None
    return text
