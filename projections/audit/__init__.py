"""The audit: how figures came about and how they change, as questions put to the projections at one viewpoint.

A *series* is what one publisher says of one figure; its *entries* are its statements and withdrawals in order of
publication; a *vintage* is what it said at one time; a *release* is a vintage that says something. Each question is a
function of a reader (`Engine.reader`) and the filters of a series, and gives its findings: items, and members that
are about all of them.
"""

from projections.audit.answers_relied_on import Reliance, reliances
from projections.audit.concentration import DIMENSION, MATERIAL, SUBJECT, TOP, concentration
from projections.audit.derived.derived_differences import derived_differences
from projections.audit.derived.derived_figures import COMPUTED, derived_figures
from projections.audit.derived.derived_metrics import definitions
from projections.audit.derived.derived_points import answered_points
from projections.audit.derived.derived_vintages import derived_vintages
from projections.audit.derived.input_histories import DERIVED_CLOCKS
from projections.audit.disputes import STATUSES, disputes
from projections.audit.expected_revisions.uncertainty import LEVEL, PUBLICATIONS, uncertainty
from projections.audit.figure_sayings import (
    FigureSayings,
    LedgerAct,
    Saying,
    entity_labels,
    figure_sayings,
    figures_of,
)
from projections.audit.findings import Findings
from projections.audit.freshness import FRESHNESS_STATES, freshness
from projections.audit.influence import TURNS, influence
from projections.audit.publications import publications
from projections.audit.revisions.accuracy import Options
from projections.audit.revisions.change_kinds import KINDS
from projections.audit.revisions.revisions import GROUPINGS, revisions
from projections.audit.same_amounts import Amount, same_amounts
from projections.audit.scorecards import scorecards
from projections.audit.slips import SLIP_GROUPS, Slips
from projections.audit.statement_validity import statement_validity
from projections.audit.sums import VERDICTS, WAYS, sums
from projections.audit.thing_disputes import thing_disputes
from projections.audit.thing_freshness import THING_STATES, thing_freshness
from projections.audit.thing_vintages import thing_vintages
from projections.audit.trace import DEPTH, DIRECTIONS, RELATIONS, trace
from projections.audit.vintages import Columns, vintages
from projections.audit.word_search import word_search

__all__ = [
    "COMPUTED",
    "DEPTH",
    "DERIVED_CLOCKS",
    "DIMENSION",
    "DIRECTIONS",
    "FRESHNESS_STATES",
    "GROUPINGS",
    "KINDS",
    "LEVEL",
    "MATERIAL",
    "PUBLICATIONS",
    "RELATIONS",
    "SLIP_GROUPS",
    "STATUSES",
    "SUBJECT",
    "THING_STATES",
    "TOP",
    "TURNS",
    "VERDICTS",
    "WAYS",
    "Amount",
    "Columns",
    "FigureSayings",
    "Findings",
    "LedgerAct",
    "Options",
    "Reliance",
    "Saying",
    "Slips",
    "answered_points",
    "concentration",
    "definitions",
    "derived_differences",
    "derived_figures",
    "derived_vintages",
    "disputes",
    "entity_labels",
    "figure_sayings",
    "figures_of",
    "freshness",
    "influence",
    "publications",
    "reliances",
    "revisions",
    "same_amounts",
    "scorecards",
    "statement_validity",
    "sums",
    "thing_disputes",
    "thing_freshness",
    "thing_vintages",
    "trace",
    "uncertainty",
    "vintages",
    "word_search",
]
