"""Programs of others that judge what a ledger does: Go's sumdb and OpenSSL what it signs, strace what it writes.

Where they are not installed, what asks them is skipped and says why. `.ci/run` installs them, and says by a variable
that nothing of this may be skipped.
"""

import os

import pytest

REQUIRED = os.environ.get("SUPPLY_LEDGER_JUDGES") == "required"


def need(there: bool, packages: str) -> None:
    """Skip the test where what it needs is not there: fail where it must be. `packages` are Debian's."""
    if there:
        return
    why = f"not installed: {packages}"
    if REQUIRED:
        pytest.fail(why)
    pytest.skip(why)
