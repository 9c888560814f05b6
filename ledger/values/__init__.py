"""The values that facts are made of: exact quantities in units, dates as sources print them, and identifiers."""

from ledger.values.calendars import (
    Interval,
    Period,
    fiscal_year_text,
    instant_text,
    is_fiscal,
    may_be_fiscal_year,
    parse_fiscal_year_end,
    parse_moment,
    parse_period,
)
from ledger.values.currencies import CURRENCIES
from ledger.values.identifiers import (
    EPOCH,
    POSITION_DIGITS_MAX,
    POSITION_PREFIX,
    id_text,
    microseconds,
    of_name,
    of_time,
)
from ledger.values.quantities import (
    EXACT,
    canonical,
    difference,
    exponent_of,
    half_even,
    parse_number,
    percent_of,
    plain,
    printed,
    room,
)
from ledger.values.unit_hints import UNCLEAR_UNITS
from ledger.values.unit_table import PLAIN_UNITS, PRICED, RATE_TIMES, RATED, SCALED, SCALES, UNIT_NAMES, Unit, UnitName
from ledger.values.units import unit

__all__ = [
    "CURRENCIES",
    "EPOCH",
    "EXACT",
    "PLAIN_UNITS",
    "POSITION_DIGITS_MAX",
    "POSITION_PREFIX",
    "PRICED",
    "RATED",
    "RATE_TIMES",
    "SCALED",
    "SCALES",
    "UNCLEAR_UNITS",
    "UNIT_NAMES",
    "Interval",
    "Period",
    "Unit",
    "UnitName",
    "canonical",
    "difference",
    "exponent_of",
    "fiscal_year_text",
    "half_even",
    "id_text",
    "instant_text",
    "is_fiscal",
    "may_be_fiscal_year",
    "microseconds",
    "of_name",
    "of_time",
    "parse_fiscal_year_end",
    "parse_moment",
    "parse_number",
    "parse_period",
    "percent_of",
    "plain",
    "printed",
    "room",
    "unit",
]
