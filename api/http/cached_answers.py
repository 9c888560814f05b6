"""Cached answers: an answer that stays the same need not be computed again, nor sent to a client that has it.

*Here*, answers are kept in memory. One whose viewpoint is stated and past is kept for ever
(`as_of=2024-06-30&recorded_as_of=position:100`), or until an event is erased, which may be in it. One of which only
`as_of` is stated is kept until something is recorded. Without `as_of` an answer is as of now, which moves on with every
request, so it is not kept. Where memory runs out, the least recently used answer goes.

*At a client*: one that names the answer it has already gets no body (`api.http.conditional_responses`).
"""

import re
import threading
from collections import OrderedDict
from typing import NamedTuple

from starlette.datastructures import Headers
from starlette.types import Scope

from api.formats.answer import Answer

ERASED_AT = "erased_at"
"""Where a connection's scope says which EventErased was the last before its answer was computed."""
BYTES_MAX = 64 * 1024 * 1024
SHARE_MAX = 8
"""No answer takes more than this part (an eighth) of the cache, so that one does not drive out all others."""
ENTRY_BYTES = 1024
"""What an entry takes beside its texts, about."""
_MAY_STAY = re.compile(rb"as_?[oO]f|cursor|recorded_from")


class Question(NamedTuple):
    """What an answer depends on, beside the log and the time."""

    path: str
    query: bytes
    accept: str


def question_of(scope: Scope) -> Question | None:
    """The question that a read asks; None where its answer cannot be one that stays the same."""
    query = scope.get("query_string", b"")
    if not _MAY_STAY.search(query):
        return None
    return Question(scope["path"], query, ",".join(Headers(scope=scope).getlist("accept")))


class CachedAnswer(NamedTuple):
    """An answer, and the head of the log at which it holds; None where it holds for ever.

    For ever is until an event is erased: `erased_at` is the position of the last EventErased before it was computed.
    """

    answer: Answer
    at_head: int | None
    erased_at: int


class CachedAnswers:
    """The least recently used cache of answers, of at most `bytes_max`. Several threads may use it."""

    def __init__(self, *, bytes_max: int = BYTES_MAX) -> None:
        self._bytes_max = bytes_max
        self._bytes = 0
        self._entries: OrderedDict[Question, CachedAnswer] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def bytes(self) -> int:
        """How many bytes the cache holds."""
        return self._bytes

    def get(self, question: Question) -> CachedAnswer | None:
        """What is cached for a question; whether it still holds is for the caller to check."""
        with self._lock:
            if question in self._entries:
                self._entries.move_to_end(question)
            return self._entries.get(question)

    def clear(self) -> None:
        """Let all answers go."""
        with self._lock:
            self._entries.clear()
            self._bytes = 0

    def put(self, question: Question, answer: Answer, *, at_head: int | None, erased_at: int) -> None:
        """Cache an answer: until another event than that at `erased_at` erases one; or only as long as `at_head` is the
        head of the log.
        """
        size = _size(question, answer)
        if size * SHARE_MAX > self._bytes_max or answer.in_memory < answer.size:
            return
        with self._lock:
            self._drop(question)
            self._entries[question] = CachedAnswer(answer, at_head, erased_at)
            self._bytes += size
            while self._bytes > self._bytes_max:
                self._drop(next(iter(self._entries)))

    def _drop(self, question: Question) -> None:
        if (entry := self._entries.pop(question, None)) is not None:
            self._bytes -= _size(question, entry.answer)


def _size(question: Question, answer: Answer) -> int:
    texts = sum(len(name) + len(value) for name, value in answer.headers.items())
    return answer.size + texts + len(question.path) + len(question.query) + len(question.accept) + ENTRY_BYTES
