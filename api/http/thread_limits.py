"""Turns: work that may take long waits for its turn, so that threads are always left for what is quickly done.

Every request has a thread of its own while it is answered. Were all threads busy with large questions, a small one
would wait for a large one to end; and many large ones at once are answered no sooner than a few.
"""

import os
from collections.abc import Callable
from functools import partial
from typing import ParamSpec, TypeVar

import anyio
from anyio.lowlevel import RunVar

P = ParamSpec("P")
T = TypeVar("T")


class Turns:
    """Runs work in threads, so many at a time; what comes more waits in order."""

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._limiter: RunVar[anyio.CapacityLimiter] = RunVar("turns")  # a limiter belongs to one event loop

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What the work returns."""
        limiter = self._limiter.get(None)
        if limiter is None:
            limiter = anyio.CapacityLimiter(self._at_once)
            self._limiter.set(limiter)
        return await anyio.to_thread.run_sync(partial(work, *args, **kwargs), limiter=limiter)


QUESTIONS = Turns(max(2, os.cpu_count() or 2))
"""Those that compute, and large pages; more at once than there are processors would only wait for each other."""
IMPORTS = Turns(2)
"""One file is recorded while the next one is read."""
