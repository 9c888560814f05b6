"""A pause of Python's search for garbage, while thousands of events are taken in.

Taking them in makes many small objects and no cycles. Each search goes over all that the program holds, the events that
wait included: among two hundred thousand of those it took half of the time.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

EVENTS_MIN = 500
"""Fewer events are not worth a pause."""


@contextmanager
def garbage_pause(events: int) -> Iterator[None]:
    """Search for no garbage within the block, which takes in so many events."""
    was_on = gc.isenabled() and events >= EVENTS_MIN
    if was_on:
        gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
