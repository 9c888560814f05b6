"""Components: what an observation has in the terms of SDMX, as data. Columns, structures and filters follow from here.

There are four dataflows. `FIGURES` has the answer to each figure, with its publisher as an attribute; `STATEMENTS` what
each publisher says, with the publisher as a dimension. So a table of figures counts nothing twice, and one of
statements loses nothing. An observation has a time period in SDMX, so figures that are about no period are in dataflows
of their own, `FIGURES_UNDATED` and `STATEMENTS_UNDATED`, which have none.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

AGENCY = "SUPPLY_LEDGER"
VERSION = "1.0.0"
CONCEPTS = "CS_LEDGER"
TIME_PERIOD, OBS_VALUE, OBS_STATUS, FREQ = "TIME_PERIOD", "OBS_VALUE", "OBS_STATUS", "FREQ"


class Role(StrEnum):
    """What a component is in a structure."""

    DIMENSION = "dimension"
    TIME = "time"
    MEASURE = "measure"
    ATTRIBUTE = "attribute"


class Shown(StrEnum):
    """In which answers a component has values."""

    ALWAYS = "always"
    AT_A_TIME = "at a time"
    IN_HISTORY = "in a history"


@dataclass(frozen=True)
class Component:
    """A dimension, measure or attribute: the data type of its values, and the codelist where they are codes.

    `field` is the field of an item that it shows, where it shows one as it is.
    """

    id: str
    name: str
    role: Role
    type: str = "String"
    codelist: str | None = None
    field: str | None = None
    shown: Shown = Shown.ALWAYS


@dataclass(frozen=True)
class Dataflow:
    """A dataflow and its structure: of answers or of statements, of figures with a period or without."""

    id: str
    name: str
    description: str
    of_publishers: bool
    dated: bool

    @property
    def structure(self) -> str:
        """The id of its data structure."""
        return f"DSD_{self.id}"

    @property
    def series_dimensions(self) -> tuple[Component, ...]:
        """The dimensions of a key, in their order: all but the time."""
        wanted = {
            *({FREQ} if self.dated else ()),
            *({"PUBLISHER"} if self.of_publishers else ()),
        }
        return tuple(one for one in _KEY if one.id not in (FREQ, "PUBLISHER") or one.id in wanted)

    @property
    def dimensions(self) -> tuple[Component, ...]:
        """All dimensions in their order."""
        return (*self.series_dimensions, *((_TIME,) if self.dated else ()))

    @property
    def attributes(self) -> tuple[Component, ...]:
        """The attributes in their order."""
        publisher = () if self.of_publishers else (_PUBLISHER_ATTRIBUTE,)
        return (*ATTRIBUTES[:2], *publisher, *ATTRIBUTES[2:])

    @property
    def components(self) -> tuple[Component, ...]:
        """Dimensions, measure and attributes, as the columns of a table have them."""
        return (*self.dimensions, MEASURE, *self.attributes)


def _dimension(id: str, name: str, field: str | None = None) -> Component:
    return Component(id, name, Role.DIMENSION, codelist=f"CL_{id}", field=field)


def _attribute(
    id: str,
    name: str,
    type: str = "String",
    *,
    coded: bool = False,
    field: str | None = None,
    shown: Shown = Shown.ALWAYS,
) -> Component:
    codelist = f"CL_{id}" if coded else None
    return Component(id, name, Role.ATTRIBUTE, type, codelist, field or id.lower(), shown)


_KEY = (
    _dimension(FREQ, "Frequency"),
    _dimension("SUBJECT", "What the figure is about", "subject"),
    _dimension("METRIC", "What is measured", "metric"),
    _dimension("MATERIAL", "Material"),
    _dimension("BREAKDOWN", "What else tells figures apart: basis, segment, stage, …"),
    _dimension("NATURE", "Observed, forecast, target or plan", "nature"),
    _dimension("UNIT_MEASURE", "Unit of measure"),
    _dimension("PUBLISHER", "Who says so", "publisher"),
)
_TIME = Component(TIME_PERIOD, "Time period", Role.TIME, "ObservationalTimePeriod")
MEASURE = Component(
    OBS_VALUE, "Observation value, in the unit of measure", Role.MEASURE, "Decimal", None, "canonical_value"
)
_PUBLISHER_ATTRIBUTE = Component("PUBLISHER", "Who says so", Role.ATTRIBUTE, codelist="CL_PUBLISHER", field="publisher")
ATTRIBUTES = (
    Component(OBS_STATUS, "Observation status", Role.ATTRIBUTE, codelist="CL_OBS_STATUS"),
    _attribute("STATUS", "What the source calls the figure", coded=True),
    _attribute("OBS_LOW", "Low end of a range, in the unit of measure", "Decimal", field="canonical_low"),
    _attribute("OBS_HIGH", "High end of a range, in the unit of measure", "Decimal", field="canonical_high"),
    _attribute("SYMBOL", "Why there is no number", coded=True),
    _attribute("APPROXIMATE", "Whether the source says about", "Boolean"),
    _attribute("PUBLISHED_AT", "When it was published, as printed"),
    _attribute("RECORDED_AT", "When this ledger took it down", "DateTime"),
    _attribute("POSITION", "Position in the log", "Integer"),
    _attribute("EVENT_ID", "The event that says so"),
    _attribute("FIGURE_ID", "The figure"),
    _attribute("PERIOD", "Period, as printed"),
    _attribute("VALUE", "Value, as printed"),
    _attribute("LOW", "Low end of a range, as printed"),
    _attribute("HIGH", "High end of a range, as printed"),
    _attribute("UNIT", "Unit, as printed"),
    _attribute("VIA", "Who passed it on"),
    _attribute(
        "STATEMENTS", "How many statements of this publisher there are so far", "Integer", shown=Shown.AT_A_TIME
    ),
    _attribute("REVISIONS", "How many of them changed something", "Integer", shown=Shown.AT_A_TIME),
    _attribute("CORRECTED", "Whether this ledger corrected its own record", "Boolean", shown=Shown.AT_A_TIME),
    _attribute("PUBLISHERS", "How many publishers say something", "Integer", shown=Shown.AT_A_TIME),
    _attribute("DISPUTED", "Whether publishers differ", "Boolean", shown=Shown.AT_A_TIME),
    _attribute("SPREAD", "Largest value less the smallest", "Decimal", shown=Shown.AT_A_TIME),
    _attribute("VALID_FROM", "From when on it was so", "DateTime", shown=Shown.IN_HISTORY),
    _attribute("VALID_TO", "Up to when it was so", "DateTime", shown=Shown.IN_HISTORY),
    _attribute("CAUSE", "Why it differs from what was said before", shown=Shown.IN_HISTORY),
    _attribute("EDITION", "Edition of the source", shown=Shown.IN_HISTORY),
    _attribute("NOTE", "Note", shown=Shown.IN_HISTORY),
)
"""The attributes of an observation; `PUBLISHER` is one more where it is no dimension."""

OBS_STATUSES = {
    "A": "Normal value",
    "E": "Estimated value",
    "F": "Forecast value",
    "M": "Missing value; data cannot exist",
    "O": "Missing value",
    "P": "Provisional value",
    "Q": "Missing value; suppressed",
}
"""The codes of SDMX's list that are used."""
STATUS_CODES: Mapping[str | None, str] = {"estimated": "E", "provisional": "P"}
SYMBOL_CODES: Mapping[str, str] = {"withheld": "Q", "undisclosed": "Q", "not_applicable": "M"}

DATAFLOWS: Mapping[str, Dataflow] = {
    one.id: one
    for one in (
        Dataflow(
            "FIGURES",
            "Figures",
            "The answer to each figure. Those that are about no period of time are in FIGURES_UNDATED.",
            of_publishers=False,
            dated=True,
        ),
        Dataflow(
            "STATEMENTS",
            "Statements",
            "What each publisher says of each figure. Those about no period of time are in STATEMENTS_UNDATED.",
            of_publishers=True,
            dated=True,
        ),
        Dataflow(
            "FIGURES_UNDATED",
            "Figures without a period",
            "The answer to each figure that is about no period of time.",
            of_publishers=False,
            dated=False,
        ),
        Dataflow(
            "STATEMENTS_UNDATED",
            "Statements on figures without a period",
            "What each publisher says of each figure that is about no period of time.",
            of_publishers=True,
            dated=False,
        ),
    )
}
"""The dataflows by id."""
