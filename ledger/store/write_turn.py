"""A lock of one process that is held from one step to another: the turn to write."""

import threading
from collections.abc import Generator


def held(lock: threading.Lock) -> Generator[None]:
    """Hold a lock from the first step until this is closed.

    An interrupt that comes just as the lock was got leaves nobody who knows it; closing this lets it go all the same.
    """
    with lock:
        yield
