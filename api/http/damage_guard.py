"""The guard of a damaged log: while a verification has found a fault, nothing is recorded.

What is appended to a log that is not as it was recorded would be signed with the rest, and make the damage harder to
tell from the truth. So appends wait (503) until whoever runs the ledger has acted: has restored a backup, or has mended
the log and verified it again. Reads go on, since they are how one finds out; but the server says that it is not ready,
so that others are asked instead of it, where there are any.
"""

from starlette.requests import HTTPConnection

from api.http.visit import visit_of
from api.keys.scopes import APPEND
from api.operations.care_watch import CareWatch
from api.problems import Problem

KIND = "ledger-damaged"


class DamageGuard:
    """Lets no append pass while the last verification found a fault."""

    def __init__(self, care: CareWatch) -> None:
        self._care = care

    def __call__(self, connection: HTTPConnection) -> None:
        """Raises Problem (503)."""
        route = visit_of(connection.scope).route
        if route is not None and route.scope is APPEND and (fault := self._care.fault) is not None:
            raise damage_found(fault)


def damage_found(fault: str) -> Problem:
    """What is said while the last verification found a fault."""
    return Problem(
        503,
        KIND,
        f"The last verification found that the log is not as it was recorded: {fault}. Nothing is recorded until "
        "whoever runs this ledger has restored a backup, or has mended it and run `supply-ledger verify` again.",
    )
