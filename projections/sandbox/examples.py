"""Examples of statements, each with what it says. Tests run them."""

from typing import NamedTuple


class Example(NamedTuple):
    """A statement, and what it answers in words."""

    says: str
    sql: str


def examples() -> tuple[Example, ...]:
    """The examples, from simple ones on."""
    return _EXAMPLES


_EXAMPLES = (
    Example(
        "Mine production of rare earths by country in 2023",
        "SELECT subject, publisher, canonical_value AS tonnes\n"
        "FROM figures\n"
        "WHERE metric = 'mine_production' AND material = 'rare-earths' AND period_start = DATE '2023-01-01'\n"
        "ORDER BY tonnes DESC NULLS LAST\n"
        "LIMIT 10",
    ),
    Example(
        "Figures by one of their dimensions",
        "SELECT dimensions->>'basis' AS basis, COUNT(*) AS figures\n"
        "FROM figures\n"
        "GROUP BY basis\n"
        "ORDER BY basis NULLS FIRST",
    ),
    Example(
        "How many statements of each publisher changed what it had said before",
        "SELECT publisher, COUNT(*) FILTER (WHERE cause = 'revision') AS revisions, COUNT(*) AS statements\n"
        "FROM history\n"
        "GROUP BY publisher\n"
        "ORDER BY revisions DESC, publisher",
    ),
    Example(
        "Which policies are in force, and for which materials",
        "SELECT policy, effective_from, UNNEST(materials) AS material\n"
        "FROM policies\n"
        "WHERE status = 'in_force'\n"
        "ORDER BY policy, material",
    ),
    Example(
        "Events of the log by type and month of recording",
        "SELECT type, DATE_TRUNC('month', recorded_at) AS month, COUNT(*) AS events\n"
        "FROM events\n"
        "GROUP BY type, month\n"
        "ORDER BY events DESC, type",
    ),
    Example(
        "What was sent with one event",
        "SELECT position, type, content->'source'->>'title' AS title\n"
        "FROM events\n"
        "WHERE content->'source'->>'title' IS NOT NULL\n"
        "ORDER BY position\n"
        "LIMIT 3",
    ),
    Example(
        "Kinds of revision, step by step",
        "SELECT step->>'kind' AS kind, COUNT(*) AS steps\n"
        "FROM (SELECT UNNEST(CAST(steps AS JSON[])) AS step FROM revisions)\n"
        "GROUP BY kind\n"
        "ORDER BY steps DESC, kind",
    ),
    Example(
        "How far the stated dates of plants moved",
        "SELECT facility, transition, publisher, first_effective_from, effective_from, shift_days\n"
        "FROM slips\n"
        "WHERE resource = 'facilities'\n"
        "ORDER BY shift_days DESC NULLS LAST, facility, transition, publisher",
    ),
    Example(
        "Plants with who operates them, by the names of the operators",
        "SELECT facilities.facility, stage, status, entities.name AS operator\n"
        "FROM facilities\n"
        "LEFT JOIN entities ON entities.entity = facilities.operator\n"
        "ORDER BY facilities.facility, stage",
    ),
    Example(
        "Days from the end of a period until something was first published of it",
        "WITH firsts AS (\n"
        "  SELECT metric, vintage_date - period_end AS days FROM vintages WHERE release = 1 AND nature = 'observed'\n"
        ")\n"
        "SELECT metric, MEDIAN(days) AS days, COUNT(*) AS figures FROM firsts GROUP BY metric ORDER BY days, metric",
    ),
    Example("Where the statement looks from", "SELECT * FROM viewpoint"),
)
