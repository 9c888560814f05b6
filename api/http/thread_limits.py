"""Limits on threads: imports, which take long, use only some of the threads, so that others are left for appends.

Questions have threads of their own: see `api.http.question_queue`.
"""

from collections.abc import Callable
from functools import partial
from typing import ParamSpec, TypeVar

import anyio
from anyio.lowlevel import RunVar

P = ParamSpec("P")
T = TypeVar("T")


class ThreadLimit:
    """Runs work in threads, at most `threads_max` at a time; further work waits in order."""

    def __init__(self, threads_max: int) -> None:
        self._threads_max = threads_max
        self._limiter: RunVar[anyio.CapacityLimiter] = RunVar("thread_limit")  # a limiter belongs to one event loop

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What the work returns."""
        limiter = self._limiter.get(None)
        if limiter is None:
            limiter = anyio.CapacityLimiter(self._threads_max)
            self._limiter.set(limiter)
        return await anyio.to_thread.run_sync(partial(work, *args, **kwargs), limiter=limiter)


IMPORTS = ThreadLimit(2)
"""One file is recorded while the next one is read."""
