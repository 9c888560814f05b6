"""Refusals: why a statement of the sandbox is not answered."""


class StatementRefused(Exception):
    """A statement that is not answered whatever there is: `rule` names what it breaks.

    `position` is the place in its text, in characters from 0, where that can be told.
    """

    def __init__(self, detail: str, *, rule: str, position: int | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.rule = rule
        self.position = position
