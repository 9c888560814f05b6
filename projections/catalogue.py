"""The projections, one line each.

An endpoint, a command, the export formats and the documentation of a projection follow from its line here and from
`views/<name>.sql`. A view is a plain SELECT over the families of events, cut to the viewpoint; what one of its rows is
stands at its top.
"""

from dataclasses import dataclass
from enum import Enum


class Applies(Enum):
    """Where a filter bites."""

    ROWS = "rows"
    """On the events, before they are folded: only for what never differs between the events of one item."""
    ITEMS = "items"
    """On the items, after the fold."""


@dataclass(frozen=True)
class Filter:
    """A query parameter that selects items. A name that ends in `*` stands for all names with that beginning.

    `column` is compared with the value, or holds it where the column is a list; filters without one have a meaning of
    their own in `projections.queries.filters`. A `slug` is followed through merges.
    """

    name: str
    description: str
    column: str | None = None
    applies: Applies = Applies.ITEMS
    slug: bool = False
    example: str | None = None
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Projection:
    """A resource: what one item is, in which order items come, and how they are selected.

    `slug` is the column that names an item in a path. `objects` are the columns that hold a JSON object as text.
    `hidden` are columns of the view that serve filters and the order, and are no part of an item.
    """

    name: str
    description: str
    family: str
    order: tuple[str, ...]
    filters: tuple[Filter, ...]
    slug: str | None = None
    objects: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()


def _rows(name: str, description: str, *, slug: bool = False, example: str | None = None) -> Filter:
    return Filter(name, description, name, Applies.ROWS, slug, example)


def _items(
    name: str,
    description: str,
    column: str | None = None,
    *,
    slug: bool = False,
    example: str | None = None,
    choices: tuple[str, ...] = (),
) -> Filter:
    return Filter(name, description, column or name, Applies.ITEMS, slug, example, choices)


FIGURE_KEY = ("subject", "metric", "material", "dimensions", "nature", "period", "period_start", "period_end")
"""What an item says a figure is, besides its `figure_id` and `canonical_unit`: the period as printed and as days."""

FIGURE_ORDER = (
    "subject",
    "metric",
    "material",
    "nature",
    "period_start",
    "period_end",
    "canonical_unit",
    "dimensions",
    "publisher",
    "figure_id",
)

FIGURE_FILTERS = (
    _rows("subject", "What the figure is about: a slug.", slug=True, example="lynas-rare-earths"),
    Filter("subject_kind", "What kind of entity the figure is about: organisation, country, …", example="country"),
    _rows("metric", "What is measured.", example="mine_production"),
    _rows("material", "A slug.", slug=True, example="ndpr-oxide"),
    _rows("nature", "observed, forecast, target or plan.", example="observed"),
    _items("publisher", "Only what this publisher says: a slug. Disputes are still over all publishers.", slug=True),
    Filter("period", "Exactly these days, in any form; fiscal forms (FY2025-Q4) need `subject`.", example="2025-Q2"),
    Filter("period_from", "Periods that start on its first day or later, in any form.", example="2023"),
    Filter("period_to", "Periods that end on its last day or earlier, in any form.", example="2024"),
    Filter("dimension.*", "A dimension of that name with this value, for example `dimension.basis=reo`."),
    Filter("figure_id", "One figure; an id from before a merge answers with the kept figure."),
    Filter("prefer", "Publishers first, in this order: slugs with commas between.", slug=True, example="usgs,bgs"),
    Filter("resolve", "`latest`: one answer per figure; `all`: one per publisher.", choices=("latest", "all")),
    _items("disputed", "Only figures that are disputed, or only others.", choices=("true", "false")),
)

SERIES = Projection(
    "series",
    "What each publisher said of each figure, entry by entry.",
    "figures",
    (*FIGURE_ORDER[:-2], "figure_id", "publisher", "published_until", "position"),
    tuple(one for one in FIGURE_FILTERS if one.name not in ("prefer", "resolve", "disputed")),
)
"""The series that the audit reads: no resource of its own, but filters and an order."""

_STATUS = "Only items with this status."

CATALOGUE: dict[str, Projection] = {
    projection.name: projection
    for projection in (
        Projection(
            "figures",
            "What publishers say of figures.",
            "figures",
            FIGURE_ORDER,
            FIGURE_FILTERS,
            objects=("dimensions",),
            hidden=("place",),
        ),
        Projection(
            "policies",
            "What states announced, enacted, amended, suspended and repealed.",
            "policies",
            ("policy",),
            (
                _rows("policy", "A slug.", example="china-announcement-61-2025"),
                _items("jurisdiction", "Whose policy it is: a slug.", slug=True),
                _items("kind", "Its kind, for example export_control."),
                _items("material", "A material that it is about: a slug.", "materials", slug=True),
                _items("status", _STATUS, choices=("announced", "in_force", "suspended", "expired", "repealed")),
            ),
            slug="policy",
        ),
        Projection(
            "agreements",
            "Memoranda and contracts between parties.",
            "agreements",
            ("agreement",),
            (
                _rows("agreement", "A slug.", example="js-link-lynas-mou"),
                _items("party", "One of its parties: a slug.", "party_slugs", slug=True),
                _items("facility", "The facility that it is about: a slug.", slug=True),
                _items("binding", "Whether it binds its parties.", choices=("true", "false")),
                _items("status", _STATUS, choices=("mou", "signed", "in_force", "expired", "terminated")),
            ),
            slug="agreement",
            hidden=("party_slugs",),
        ),
        Projection(
            "facilities",
            "Plants and mines, by stage of the value chain.",
            "facilities",
            ("facility", "stage"),
            (
                _rows("facility", "A slug.", slug=True, example="js-link-kuantan-plant"),
                _items("stage", "A stage of the value chain, for example magnet."),
                _items("operator", "Who operates it: a slug.", slug=True),
                _items(
                    "status",
                    _STATUS,
                    choices=("announced", "under_construction", "operating", "idled", "closed"),
                ),
            ),
            slug="facility",
        ),
        Projection(
            "links",
            "Who supplies whom with what.",
            "links",
            ("link",),
            (
                _rows("link", "A slug.", example="lynas-jare-ndpr"),
                _items("supplier", "A slug.", slug=True),
                _items("consumer", "A slug.", slug=True),
                _items("material", "A slug.", slug=True),
                _items("stage", "A stage of the value chain, for example magnet."),
                _items("status", _STATUS, choices=("open", "closed")),
            ),
            slug="link",
        ),
        Projection(
            "risks",
            "What threatens an entity.",
            "risks",
            ("risk",),
            (
                _rows("risk", "A slug.", example="js-link-lynas-residue-regulation"),
                _items("subject", "What is threatened: a slug.", slug=True),
                _items("category", "For example regulatory."),
                _items("severity", "low, medium, high or critical."),
                _items("status", _STATUS, choices=("open", "closed")),
            ),
            slug="risk",
        ),
        Projection(
            "relationships",
            "How entities stand to each other.",
            "relationships",
            ("subject", "relation", "object"),
            (
                _rows("subject", "A slug.", slug=True),
                _rows("relation", "How the one stands to the other.", example="operates"),
                _rows("object", "A slug.", slug=True),
                _items("status", _STATUS, choices=("open", "closed")),
            ),
        ),
        Projection(
            "statements",
            "Qualitative facts that no other type holds.",
            "statements",
            ("subject", "attribute", "published_until", "position"),
            (
                _rows("subject", "What it is about: a slug.", slug=True, example="js-link"),
                _rows("attribute", "What it says something of, for example role."),
                _rows("publisher", "Who says so: a slug.", slug=True),
            ),
            slug="subject",
            hidden=("published_until",),
        ),
        Projection(
            "entities",
            "Organisations, places, plants and materials, and what they are called.",
            "entities",
            ("entity",),
            (
                _items("entity", "A slug; a merged one answers with the kept one.", slug=True, example="myanmar"),
                _items("kind", "For example organisation or material."),
                Filter("q", "Part of a slug, name, former name, alias or identifier, in any case.", example="burma"),
            ),
            slug="entity",
            objects=("identifiers",),
            hidden=("searched",),
        ),
    )
}
