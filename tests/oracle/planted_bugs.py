"""What a planted bug is, and the tests that ought to catch it."""

from typing import NamedTuple


class Stage(NamedTuple):
    """Tests that ought to catch a bug."""

    tests: tuple[str, ...]
    histories: int = 1
    seed: int = 1


class Mutant(NamedTuple):
    """A bug: what it is, the file under projections/, the text there, and the text in its place.

    `stage` are tests that ought to catch it, before the others are tried.
    """

    name: str
    file: str
    text: str
    instead: str
    stage: Stage | None = None
