"""The audit's questions, one module each: its parameters, and the page that answers it.

An endpoint `/v1/<name>`, a command, its export formats and its description follow from a line in `AUDITS`.
"""

from api.questions.audit.audit_question import Audit
from api.questions.audit.concentration_question import CONCENTRATION
from api.questions.audit.diff_question import DIFF
from api.questions.audit.dispute_question import DISPUTES
from api.questions.audit.impact_question import IMPACT
from api.questions.audit.revision_question import REVISIONS
from api.questions.audit.scorecard_question import SCORECARDS
from api.questions.audit.sum_question import SUMS
from api.questions.audit.trace_question import TRACE
from api.questions.audit.vintage_question import VINTAGES

__all__ = ["AUDITS", "Audit"]

AUDITS: tuple[Audit, ...] = (VINTAGES, REVISIONS, DIFF, IMPACT, DISPUTES, SCORECARDS, SUMS, TRACE, CONCENTRATION)
