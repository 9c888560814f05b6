"""The audit's questions, one module each: its parameters, and the page that answers it.

An endpoint `/v1/<name>`, a command, its export formats and its description follow from a line in `AUDITS`.
"""

from api.audit.asking import Audit
from api.audit.comparing import DIFF
from api.audit.concentration import CONCENTRATION
from api.audit.disputes import DISPUTES
from api.audit.impact import IMPACT
from api.audit.revisions import REVISIONS
from api.audit.scorecards import SCORECARDS
from api.audit.sums import SUMS
from api.audit.tracing import TRACE
from api.audit.vintages import VINTAGES

__all__ = ["AUDITS", "Audit"]

AUDITS: tuple[Audit, ...] = (VINTAGES, REVISIONS, DIFF, IMPACT, DISPUTES, SCORECARDS, SUMS, TRACE, CONCENTRATION)
