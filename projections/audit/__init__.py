"""How figures change: questions about series, put to the projections at one viewpoint.

A *series* is what one publisher says of one figure; its *entries* are its statements and withdrawals in order of
publication; a *vintage* is what it said at one time; a *release* is a vintage that says something. Each question is a
function of a reader (`Engine.reader`) and the filters of a series, and gives its findings: items, and members that
are about all of them.
"""

from projections.audit.concentration import concentration
from projections.audit.disputes import disputes
from projections.audit.findings import Findings
from projections.audit.revisions.revisions import revisions
from projections.audit.scorecards import scorecards
from projections.audit.sums import sums
from projections.audit.trace import trace
from projections.audit.vintages import Columns, vintages

__all__ = ["Columns", "Findings", "concentration", "disputes", "revisions", "scorecards", "sums", "trace", "vintages"]
