"""What can go wrong with a book, all of it a `BookError`:

BookError
├── NoLedger        there is no ledger in the directory
├── NoServer        nothing answers at the address, or no ledger does
├── WrongMoment     a text or date that is no moment
├── MissingLibrary  pandas or polars is not installed
└── Refusal         the ledger refuses a question or an event, and says why
"""

from collections.abc import Mapping, Sequence
from typing import Any


class BookError(Exception):
    """A book cannot do what it is asked; the message says what to do."""


class NoLedger(BookError):
    """There is no ledger in a directory."""


class NoServer(BookError):
    """Nothing answers at an address, or what answers is no ledger."""


class WrongMoment(BookError, ValueError):
    """What should say a point in time says none."""


class MissingLibrary(BookError, ImportError):
    """A library that is no part of the ledger is needed for a form of a result."""


class Refusal(BookError):
    """A question, an event or a file that the ledger refuses, in words of its own: a problem document (RFC 9457).

    `errors` has what is wrong one by one, `problem` the whole document.
    """

    def __init__(self, problem: Mapping[str, Any]) -> None:
        self.problem = dict(problem)
        super().__init__(_message(self.problem))

    @property
    def status(self) -> int:
        """The number of the kind of problem in HTTP: 404 for what is unknown, 422 for what breaks a rule."""
        return int(self.problem.get("status", 0))

    @property
    def kind(self) -> str:
        """The kind of problem in one word: `not-found`, `bad-parameter`, `event-refused`."""
        return str(self.problem.get("type", "")).rpartition(":")[2].rpartition("/")[2]

    @property
    def errors(self) -> Sequence[Mapping[str, Any]]:
        """What is wrong, one by one: each with the `rule` that it breaks, the place (`pointer`), and `detail`."""
        errors: Sequence[Mapping[str, Any]] = self.problem.get("errors") or ()
        return errors


SHOWN_MAX = 5


def _message(problem: Mapping[str, Any]) -> str:
    detail = str(problem.get("detail") or problem.get("title") or "The ledger refuses this.")
    errors = [one for one in problem.get("errors") or () if str(one.get("detail")) not in detail]
    lines = [f"  {one.get('pointer') or one.get('parameter') or '-'}: {one.get('detail')}" for one in errors]
    if len(lines) > SHOWN_MAX:
        lines = [*lines[:SHOWN_MAX], f"  and {len(lines) - SHOWN_MAX} more (see .errors)"]
    return "\n".join([detail, *lines])
