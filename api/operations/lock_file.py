"""Lock files: which of several processes does what only one should, for as long as it lives.

The system lets a lock go however its process ends, so nothing has to be cleared up after one that was killed.
"""

import fcntl
import os
from pathlib import Path


def locked(path: Path) -> int | None:
    """The lock, held by this process for as long as the descriptor is open; None where another holds it."""
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor
