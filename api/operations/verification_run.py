"""One full verification of the ledger in a directory, and its record: in a process of its own, as a server starts it.

    python -m api.operations.verification_run [DIR]

Without a directory it is the ledger of the settings `data` and `folder`, where an address with a password may be.

It takes the processor and the disk only while nobody else wants them.
"""

import os
import sys
from contextlib import suppress
from datetime import UTC, datetime

from api.operations.care_records import FAULTS_LISTED, VerificationRecord, instant_now, keep_record
from api.settings import DataDirectory, data_directory
from ledger import Verification, visible


def verify_and_keep(data: DataDirectory) -> VerificationRecord:
    """Verify a ledger in full, and write down what was found. Raises LedgerError, OSError."""
    with data.ledger() as ledger:
        found = ledger.verify()
    record = record_of(found)
    keep_record(data.path, record)
    return record


def record_of(found: Verification) -> VerificationRecord:
    """The record of a verification that ends now."""
    faults = [{"position": one.position, "detail": visible(one.detail)} for one in found.faults[:FAULTS_LISTED]]
    return VerificationRecord(instant_now(datetime.now(UTC)), found.size, found.root.hex(), faults)


def be_idle() -> None:
    """Let every other process go first."""
    with suppress(OSError):
        os.nice(19)
    if hasattr(os, "SCHED_IDLE"):
        with suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


if __name__ == "__main__":
    be_idle()
    verify_and_keep(data_directory(sys.argv[1] if sys.argv[1:] else None))
