"""There are no tables to answer from, and it is said how far they are."""


class TablesUnavailable(Exception):
    """There are no tables to answer from now: they are made up to `position`, and the log goes to `head`.

    `phase` is what is done with what was read, where they are being made from a long log.
    """

    def __init__(self, reason: str, *, position: int, head: int, phase: str | None = None) -> None:
        super().__init__(f"{reason}: position {position} of {head}" + (f", {phase}" if phase else ""))
        self.position = position
        self.head = head
        self.phase = phase
