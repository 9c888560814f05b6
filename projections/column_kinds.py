"""Column kinds: what the values of a column are, declared once for all who need to know.

A filter compares a slug, a decimal and a list of texts each in its own way; a column of Parquet or Excel is of numbers
for a decimal and of texts for a year; a terminal aligns numbers to the right. All three follow from the kind. So a
column of a new projection needs one thing: a name that is in the vocabulary here (`COMMON`), or its kind on the
projection's line in `projections.catalogue`.
"""

from collections.abc import Mapping
from enum import Enum
from functools import cached_property
from types import MappingProxyType


class Kind(Enum):
    """What the values of a column are, and the DuckDB type that a view gives it."""

    TEXT = "text"
    """VARCHAR: a text, also one of digits only: a name, a status, an edition (`2024`)."""
    SLUG = "slug"
    """VARCHAR: the slug of an entity; a filter on it follows merges."""
    DECIMAL = "decimal"
    """DECIMAL, or VARCHAR where SQL writes it: an exact number that was computed, for example a canonical value."""
    PRINTED = "printed"
    """VARCHAR: a number as a source printed it (`13000.50`). It is compared as a number, and stays as printed."""
    COUNT = "count"
    """INTEGER or BIGINT: a whole number, for example a count or a position of the log."""
    REAL = "real"
    """DOUBLE: a number in floating point: a mean, or a share of a count."""
    FLAG = "flag"
    """BOOLEAN: true or false."""
    DAY = "day"
    """DATE: a day."""
    INSTANT = "instant"
    """TIMESTAMP: an instant, in UTC."""
    MOMENT = "moment"
    """VARCHAR: a moment or period as a source printed it (`2025`, `2025-10`, `FY2025-Q4`). It is compared as text."""
    IDENTIFIER = "identifier"
    """UUID: the id of a figure or of an event."""
    TEXTS = "texts"
    """VARCHAR[]: a list of texts."""
    SLUGS = "slugs"
    """VARCHAR[]: a list of slugs of entities; a filter on it follows merges."""
    OBJECT = "object"
    """VARCHAR: a JSON object of texts, which the view gives as text."""
    OBJECTS = "objects"
    """STRUCT[]: a list of objects."""

    @cached_property
    def names_entities(self) -> bool:
        """Whether its values are slugs of entities, which are followed through merges."""
        return self in (Kind.SLUG, Kind.SLUGS)

    @cached_property
    def is_list(self) -> bool:
        """Whether a value is a list of texts, of which a filter wants one."""
        return self in (Kind.TEXTS, Kind.SLUGS)

    @cached_property
    def is_number(self) -> bool:
        """Whether a value is read as a number, and stands to the right on a terminal."""
        return self in (Kind.DECIMAL, Kind.PRINTED, Kind.COUNT, Kind.REAL)

    @cached_property
    def can_be_filtered(self) -> bool:
        """Whether a filter can compare a value with it."""
        return self not in (Kind.REAL, Kind.OBJECT, Kind.OBJECTS)


_NAMES: Mapping[Kind, str] = {
    Kind.TEXT: (
        "metric nature symbol unit canonical_unit status note text terms title name description explanation kind stage "
        "category severity attribute relation fiscal_year_end fiscal_year_named edition vintage reference locator url "
        "says said cause type source_kind policy agreement link risk role"
    ),
    Kind.SLUG: (
        "subject material publisher via entity jurisdiction facility operator supplier consumer object parent "
        "highest_by lowest_by"
    ),
    Kind.DECIMAL: (
        "canonical_value canonical_low canonical_high previous_value spread spread_beyond spread_percent change "
        "change_percent"
    ),
    Kind.PRINTED: "value low high share share_low share_high",
    Kind.COUNT: "position revision statements revisions publishers release place viewpoint",
    Kind.FLAG: "approximate disputed binding withdrawn corrected converted foreseen begun",
    Kind.DAY: "period_start period_end since_date until_date vintage_date superseded_on",
    Kind.INSTANT: "recorded_at published_until starts",
    Kind.MOMENT: (
        "period published_at since until effective_from effective_to interrupted_from interrupted_to "
        "first_published_at latest_published_at"
    ),
    Kind.IDENTIFIER: "figure_id event_id",
    Kind.TEXTS: "former_names aliases",
    Kind.SLUGS: "materials",
}
COMMON: Mapping[str, Kind] = MappingProxyType({name: kind for kind, names in _NAMES.items() for name in names.split()})
"""The vocabulary: the kind of every column whose name means the same wherever it stands."""

DETAILS = frozenset(
    "canonical_value canonical_low canonical_high canonical_unit period_start period_end position digest recorded_by "
    "revision statements publishers schema via spread nature approximate".split()
)
"""Columns that repeat another one in a form for machines, or say little to a person. Together with identifiers and
instants they are left out of tables on a terminal, and are in every other format."""


def is_detail(name: str, kinds: Mapping[str, Kind] = COMMON) -> bool:
    """Whether a column is left out of tables on a terminal."""
    return name in DETAILS or kinds.get(name) in (Kind.IDENTIFIER, Kind.INSTANT)
