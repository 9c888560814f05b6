"""What a server writes down of its visits: who asked what (access), and what was done or refused (audit).

Lines of two logs, `supply_ledger.access` and `supply_ledger.audit`, with fields and no prose; how they are written is
for whoever serves (`--log-format json`). They name a key and never hold one, nor what was asked beyond the path: a
query may say more than a log should keep.

    access  key, method, route, path, status, seconds, position, address, and refusal where it was refused
    audit   action: served, appended, refused, verified, key_create, key_rotate, key_revoke
"""

import json
import logging
from collections.abc import Sequence
from typing import Any

from api.http.visit import Answered
from api.keys.key_check import KeyChange
from api.keys.scopes import APPEND
from api.operations.care_records import VerificationRecord

ACCESS = logging.getLogger("supply_ledger.access")
AUDIT = logging.getLogger("supply_ledger.audit")
LEDGER = logging.getLogger("supply_ledger")
FIELDS = "fields"
"""Under which name a line of the log has its fields."""
DOOR_STATUSES = frozenset({401, 403, 421, 429})
"""What those are answered who may not ask at all."""
PATH_LENGTH_MAX = 500


def log_visit(answered: Answered) -> None:
    """Write down a request that was answered."""
    visit = answered.visit
    who = {"key": visit.key, "address": answered.address}
    if visit.tried is not None:
        who["tried"] = visit.tried
    route = visit.route.template if visit.route is not None else None
    if ACCESS.isEnabledFor(logging.INFO):
        fields = {
            **who,
            "method": answered.method[:20],
            "route": route,
            "path": answered.path[:PATH_LENGTH_MAX],
            "status": answered.status,
            "seconds": round(answered.seconds, 6),
            "position": visit.position,
        }
        _write(ACCESS, fields if visit.refusal is None else {**fields, "refusal": visit.refusal})
    if not AUDIT.isEnabledFor(logging.INFO):
        return
    if visit.recorded is not None and answered.status < 300:
        _write(AUDIT, {"action": "appended", **who, "route": route, **visit.recorded, "position": visit.position})
    elif answered.status in DOOR_STATUSES or (answered.status >= 400 and visit.route and visit.route.scope is APPEND):
        _write(
            AUDIT,
            {"action": "refused", **who, "route": route, "status": answered.status, "reason": visit.refusal},
        )


def log_key_changes(changes: Sequence[KeyChange]) -> None:
    """Write down what was done to keys."""
    for change in changes:
        _write(AUDIT, {"action": f"key_{change.action}", "key": change.name, "detail": change.detail, "us": change.at})


def log_start(*, address: str, is_open: bool) -> None:
    """Write down that a server begins to serve, and whether it asks for keys."""
    _write(AUDIT, {"action": "served", "served_at": address, "mode": "open" if is_open else "guarded"})


def log_verification(record: VerificationRecord) -> None:
    """Write down what a verification of the whole log found."""
    fields = {"action": "verified", "position": record.position, "root": record.root, "faults": record.faults}
    _write(AUDIT, fields)
    if not record.is_whole():
        LEDGER.error("the log is not as it was recorded: %s; appends are refused", json.dumps(record.faults[0]))


def _write(log: logging.Logger, fields: dict[str, Any]) -> None:
    log.info("%s", "", extra={FIELDS: fields})
