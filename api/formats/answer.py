"""An answer as it goes out: its headers and its bytes, made once and sent to everybody who asks the same."""

from collections.abc import Mapping
from dataclasses import dataclass

from api.formats.answer_file import AnswerFile


@dataclass(frozen=True)
class Answer:
    """Headers, an `ETag` among them, and a body: bytes, or a file in any format but JSON."""

    headers: Mapping[str, str]
    body: bytes | AnswerFile
    position: int | None = None
    """The position of the log that it was folded from, where it is one."""

    @property
    def size(self) -> int:
        """How many bytes the body has."""
        return len(self.body) if isinstance(self.body, bytes) else self.body.size

    @property
    def in_memory(self) -> int:
        """How many bytes of it are in memory."""
        return 0 if isinstance(self.body, AnswerFile) and self.body.is_large else self.size
