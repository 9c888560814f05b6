"""The projections, one line each.

An endpoint, a command, the export formats and the documentation of a projection follow from its line here and from
`views/<name>.sql`. A view is a plain SELECT over the families of events, cut to the viewpoint; what one of its rows is
stands at its top.
"""

from projections.column_kinds import Kind
from projections.projection import Applies, Filter, Projection


def _rows(name: str, description: str, *, example: str | None = None) -> Filter:
    return Filter(name, description, name, Applies.ROWS, example)


def _items(
    name: str,
    description: str,
    column: str | None = None,
    *,
    example: str | None = None,
    choices: tuple[str, ...] = (),
) -> Filter:
    return Filter(name, description, column or name, Applies.ITEMS, example, choices)


FIGURE_KEY = ("subject", "metric", "material", "dimensions", "nature", "period", "period_start", "period_end")
"""What an item says a figure is, besides its `figure_id` and `canonical_unit`: the period as printed and as days."""

FIGURE_IDENTITY = ("figure_id", *FIGURE_KEY, "canonical_unit")
"""All that an item says a figure is."""

FIGURE_BESIDE_PERIOD = ("subject", "metric", "material", "dimensions", "nature", "canonical_unit")
"""What figures that differ in their period only have in common."""

FIGURE_VALUE = ("canonical_value", "canonical_low", "canonical_high", "symbol")
"""What an item says that a figure amounts to: a number, a range, or a symbol for none."""

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
    _rows("subject", "What the figure is about: a slug.", example="lynas-rare-earths"),
    Filter("subject_kind", "What kind of entity the figure is about: organisation, country, …", example="country"),
    _rows("metric", "What is measured.", example="mine_production"),
    _rows("material", "A slug.", example="ndpr-oxide"),
    _rows("nature", "observed, forecast, target or plan.", example="observed"),
    _items("publisher", "Only what this publisher says: a slug. Disputes are still over all publishers."),
    Filter(
        "period",
        "Exactly these days, in any form; fiscal forms (FY2025-Q4) need `subject`. In lists of figures `latest`: of "
        "those that differ in their period only, the latest that the other filters leave.",
        example="2025-Q2",
    ),
    Filter("period_from", "Periods that start on its first day or later, in any form.", example="2023", several=False),
    Filter("period_to", "Periods that end on its last day or earlier, in any form.", example="2024", several=False),
    Filter("dimension.*", "A dimension of that name with this value, for example `dimension.basis=reo`."),
    Filter("figure_id", "One figure; an id from before a merge answers with the kept figure."),
    Filter("prefer", "Publishers first, in this order: slugs with commas between.", example="usgs,bgs"),
    Filter(
        "resolve",
        "`latest`: one answer per figure; `all`: one per publisher.",
        choices=("latest", "all"),
        several=False,
    ),
    _items("disputed", "Only figures that are disputed, or only others.", choices=("true", "false")),
)

SERIES = Projection(
    "series",
    "What each publisher said of each figure, entry by entry.",
    "figures",
    (*FIGURE_ORDER[:-2], "figure_id", "publisher", "published_until", "position"),
    tuple(one for one in FIGURE_FILTERS if one.name not in ("prefer", "resolve", "disputed")),
    reads=(),
)
"""The series that the audit reads: no resource of its own, but filters and an order."""

FIGURES = Projection(
    "figures",
    "What publishers say of figures.",
    "figures",
    FIGURE_ORDER,
    FIGURE_FILTERS,
    reads=("ranked_items", "figures", "tallies_items"),
    columns={"dimensions": Kind.OBJECT},
    hidden=("place", "published_until", "spread_beyond"),
    sorts={
        "period": ("period_end", "period_start"),
        "published": ("published_until",),
        "recorded": ("position",),
        "series": FIGURE_BESIDE_PERIOD,
        "subject": ("subject",),
        "value": ("canonical_value",),
    },
)

_STATUS = "Only items with this status."
_OVER_TIME = (
    Filter("publisher", "As these publishers say alone: slugs. How many there are, and disputes, are still of all."),
    next(one for one in FIGURE_FILTERS if one.name == "prefer"),
    _items("disputed", "Only what is disputed, or only other things.", choices=("true", "false")),
)
"""Filters of all that holds over time and has several publishers."""

CATALOGUE: dict[str, Projection] = {
    projection.name: projection
    for projection in (
        FIGURES,
        Projection(
            "policies",
            "What states announced, enacted, amended, suspended and repealed.",
            "policies",
            ("policy", "provision"),
            (
                _rows("policy", "A slug.", example="china-announcement-61-2025"),
                _items("jurisdiction", "Whose policy it is: a slug."),
                _items("kind", "Its kind, for example export_control."),
                _items("material", "A material that it is about: a slug.", "materials"),
                _items("applies_to", "Whom it applies to: a slug."),
                _items("provision", "A part of it with dates of its own, by its short name; else it is all of it."),
                _items(
                    "status", _STATUS, choices=("announced", "in_force", "suspended", "expired", "lapsed", "repealed")
                ),
                *_OVER_TIME,
            ),
            reads=("transitions_policies",),
            slug="policy",
            columns={
                "provision": Kind.TEXT,
                "provisions": Kind.OBJECTS,
                "applies_to": Kind.SLUGS,
                "exempt": Kind.SLUGS,
                "conditions": Kind.OBJECTS,
            },
            part="provision",
        ),
        Projection(
            "agreements",
            "Memoranda and contracts between parties.",
            "agreements",
            ("agreement",),
            (
                _rows("agreement", "A slug.", example="js-link-lynas-mou"),
                _items("party", "One of its parties: a slug.", "party_slugs"),
                _items("facility", "The facility that it is about: a slug."),
                _items("binding", "Whether it binds its parties.", choices=("true", "false")),
                _items("status", _STATUS, choices=("mou", "signed", "in_force", "expired", "terminated")),
                *_OVER_TIME,
            ),
            reads=("transitions_agreements",),
            slug="agreement",
            columns={"parties": Kind.OBJECTS, "party_slugs": Kind.SLUGS},
            hidden=("party_slugs",),
        ),
        Projection(
            "facilities",
            "Plants and mines, by stage of the value chain.",
            "facilities",
            ("facility", "stage"),
            (
                _rows("facility", "A slug.", example="js-link-kuantan-plant"),
                _items("stage", "A stage of the value chain, for example magnet."),
                _items("operator", "Who operates it: a slug."),
                _items(
                    "status",
                    _STATUS,
                    choices=("announced", "under_construction", "operating", "idled", "closed", "cancelled"),
                ),
                *_OVER_TIME,
            ),
            reads=("transitions_facilities", "relationships_items"),
            slug="facility",
        ),
        Projection(
            "links",
            "Who supplies whom with what.",
            "links",
            ("link",),
            (
                _rows("link", "A slug.", example="lynas-jare-ndpr"),
                _items("supplier", "A slug."),
                _items("consumer", "A slug."),
                _items("material", "A slug."),
                _items("stage", "A stage of the value chain, for example magnet."),
                _items("status", _STATUS, choices=("planned", "open", "closed")),
                *_OVER_TIME,
            ),
            reads=("transitions_links",),
            slug="link",
        ),
        Projection(
            "commitments",
            "What somebody owes somebody by an agreement, and what came of it.",
            "commitments",
            ("commitment",),
            (
                _rows("commitment", "A slug.", example="dod-mp-ndpr-price-floor"),
                _items("kind", "Its kind, for example offtake."),
                _items("by", "Who is committed: a slug."),
                _items("to", "To whom: a slug."),
                _items("agreement", "The agreement that it is part of: a slug."),
                _items("facility", "A slug."),
                _items("material", "A slug."),
                _items("status", _STATUS, choices=("planned", "open", "met", "released", "expired")),
                *_OVER_TIME,
            ),
            reads=("transitions_commitments",),
            slug="commitment",
            columns={
                "commitment": Kind.TEXT,
                "by": Kind.SLUG,
                "to": Kind.SLUG,
                "tranche": Kind.TEXT,
                "quantity": Kind.OBJECT,
                "amount": Kind.OBJECT,
                "price": Kind.OBJECT,
                "price_floor": Kind.OBJECT,
                "formula": Kind.TEXT,
                "conditions": Kind.TEXT,
                "met_quantity": Kind.OBJECTS,
                "met_amount": Kind.OBJECTS,
            },
        ),
        Projection(
            "risks",
            "What threatens an entity.",
            "risks",
            ("risk",),
            (
                _rows("risk", "A slug.", example="js-link-lynas-residue-regulation"),
                _items("subject", "What is threatened: a slug."),
                _items("category", "For example regulatory."),
                _items("severity", "low, medium, high or critical."),
                _items("status", _STATUS, choices=("planned", "open", "closed")),
                *_OVER_TIME,
            ),
            reads=("transitions_risks",),
            slug="risk",
        ),
        Projection(
            "relationships",
            "How entities stand to each other.",
            "relationships",
            ("subject", "relation", "object", "role", "starts"),
            (
                Filter(
                    "relationship",
                    "Subject, relation, object and, where there is one, role, with colons between.",
                    example="lynas-rare-earths:operates:lamp",
                ),
                _rows("subject", "A slug."),
                _rows("relation", "How the one stands to the other.", example="operates"),
                _rows("object", "A slug."),
                _items("status", _STATUS, choices=("planned", "open", "closed")),
                *_OVER_TIME,
            ),
            reads=("transitions_relationships",),
            slug="relationship",
            known_by=("subject", "relation", "object", "role"),
            columns={"relationship": Kind.TEXT},
            hidden=("starts", "published_until", "begun"),
        ),
        Projection(
            "statements",
            "Qualitative facts that no other type holds.",
            "statements",
            ("subject", "attribute", "published_until", "position"),
            (
                _rows("subject", "What it is about: a slug.", example="malaysia"),
                _rows("attribute", "What it says something of, for example role."),
                _rows("publisher", "Who says so: a slug."),
            ),
            reads=("statements", "withdrawals"),
            slug="subject",
            hidden=("published_until",),
        ),
        Projection(
            "catalogue",
            "What there is to ask for among the figures: publishers, metrics, materials and subjects.",
            "figures",
            ("kind", "name"),
            (
                _items(
                    "kind",
                    "Only publishers, metrics, materials or subjects.",
                    choices=("publisher", "metric", "material", "subject"),
                ),
                Filter("q", "Part of a name, alias or identifier, in any case.", example="production", several=False),
            ),
            reads=("answer_intervals", "figures", "entities_items"),
            columns={
                "figures": Kind.COUNT,
                "statements": Kind.COUNT,
                "subjects": Kind.COUNT,
                "metrics": Kind.TEXTS,
                "natures": Kind.TEXTS,
                "units": Kind.TEXTS,
                "unit_family": Kind.TEXT,
                "dimensions": Kind.TEXTS,
                "searched": Kind.TEXT,
            },
            hidden=("searched",),
        ),
        Projection(
            "entities",
            "Organisations, places, plants and materials, and what they are called.",
            "entities",
            ("entity",),
            (
                _items("entity", "A slug; a merged one answers with the kept one.", example="myanmar"),
                _items("kind", "For example organisation or material."),
                Filter(
                    "q",
                    "Part of a slug, name, former name, alias or identifier, in any case.",
                    example="burma",
                    several=False,
                ),
            ),
            reads=("entities", "merged_items", "relationships_items", "withdrawals"),
            slug="entity",
            columns={
                "identifiers": Kind.OBJECT,
                "merged": Kind.SLUGS,
                "relationships": Kind.OBJECTS,
                "searched": Kind.TEXT,
            },
            hidden=("searched",),
        ),
    )
}
