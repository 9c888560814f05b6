"""Bugs to plant in the SQL of what holds over time: statements, transitions, and the states that follow from them."""

from tests.oracle.planted_bugs import Mutant, Stage

_TRANSITIONS = "queries/transitions.sql"
_PLACING = "queries/statement_places.sql"
_POLICIES = "views/policies.sql"
_COMMITMENTS = "views/commitments.sql"
_NEAR, _NEAR_STATES = "queries/near_transitions.py", "queries/near_states.py"
_NEAR_AMENDED = "queries/near_amended_states.py"
_BY_NAME = Stage(
    (
        "tests/projections/queries/test_near_things.py",
        "tests/api/questions/test_over_time.py",
        "tests/properties/test_thing_histories.py",
    ),
    histories=12,
)

THING_MUTANTS = (
    Mutant(
        "things: what was taken back still counts",
        _TRANSITIONS,
        "SELECT viewpoint, withdraws AS event_id FROM withdrawals",
        "SELECT viewpoint, withdraws AS event_id FROM withdrawals WHERE FALSE",
    ),
    Mutant(
        "things: what begins now has not begun",
        _TRANSITIONS,
        "starts <= world AS begun",
        "starts < world AS begun",
    ),
    Mutant("things: an end is exclusive", _TRANSITIONS, "ends < world", "ends <= world"),
    Mutant(
        "things: what is published later is not listed before",
        _TRANSITIONS,
        "LEAST(starts, published_from) <= world",
        "published_from <= world",
    ),
    Mutant(
        "things: what names no part bears on the whole alone",
        _TRANSITIONS,
        "WHERE stated_{family}.{part} IS NULL\n    OR ",
        "WHERE ",
    ),
    Mutant(
        "things: a thing of which only parts were opened is not opened",
        _TRANSITIONS,
        "type IN ({openings})) = 0 AS of_all",
        "type IN ({openings})) < 0 AS of_all",
    ),
    Mutant(
        "things: spans that touch are apart",
        _PLACING,
        "COALESCE(LEAD(starts) OVER of_{told} > starts_until, TRUE)",
        "COALESCE(LEAD(starts) OVER of_{told} >= starts_until, TRUE)",
    ),
    Mutant(
        "things: a second opening at the instant of the ending is another one",
        _PLACING,
        "INTERVAL 1 MICROSECOND PRECEDING\n    )\n),\n{first_placed}",
        "CURRENT ROW\n    )\n),\n{first_placed}",
    ),
    Mutant(
        "things: secondary sources come first",
        _TRANSITIONS,
        "WHEN source_kind = 'primary' THEN 2 ELSE 1",
        "WHEN source_kind = 'primary' THEN 1 ELSE 2",
    ),
    Mutant(
        "things: prefer is ignored",
        _TRANSITIONS,
        "COALESCE({preferred_most} - LIST_POSITION(CAST($prefer AS VARCHAR[]), voices_{family}.publisher), 0)",
        "LEN(CAST($prefer AS VARCHAR[])) * 0",
    ),
    Mutant(
        "things: a publisher says what it said first",
        _TRANSITIONS,
        "ARG_MAX(starts, said_turn) FILTER (WHERE effective_from IS NOT NULL) AS starts,",
        "ARG_MIN(starts, said_turn) FILTER (WHERE effective_from IS NOT NULL) AS starts,",
    ),
    Mutant(
        "things: the last to speak of it decides alone what is foreseen",
        _TRANSITIONS,
        "'foreseen': spoken_until < starts",
        "'foreseen': published_until < starts",
    ),
    Mutant(
        "things: without a start it begins when it was said last",
        _TRANSITIONS,
        "ARG_MAX(starts, voice_rank), MIN(published_from)) AS starts",
        "ARG_MAX(starts, voice_rank), MAX(published_from)) AS starts",
    ),
    Mutant(
        "things: whoever comes last decides",
        _TRANSITIONS,
        "CAST((MAX(voice_rank) >> 2)",
        "CAST((MIN(voice_rank) >> 2)",
    ),
    Mutant(
        "things: primary sources do not come first",
        _TRANSITIONS,
        "4 * {preferred} + (said_last & 3)",
        "4 * {preferred}",
    ),
    Mutant(
        "things: an end before the start counts",
        _TRANSITIONS,
        "CASE WHEN stated_ends >= starts THEN stated_ends END AS ends",
        "stated_ends AS ends",
    ),
    Mutant(
        "things: what was said before the ending counts after a second opening",
        _TRANSITIONS,
        "AND COALESCE(starts > since_ended, TRUE)",
        "AND COALESCE(starts >= since_ended - INTERVAL 400 DAY, TRUE)",
    ),
    Mutant(
        "things: amendments go by what was recorded last",
        _TRANSITIONS,
        "      starts,\n      transitions_{family}.published_until,",
        "      transitions_{family}.published_until,\n      starts,",
    ),
    Mutant(
        "things: what is said of a provision counts no more than what is said of all",
        _POLICIES,
        "    ROW(\n      of_part <> '' AND own_part <> '',",
        "    ROW(\n      FALSE,",
    ),
    Mutant(
        "things: a suspension of the whole leaves its provisions alone",
        _POLICIES,
        "WHEN type = 'PolicySuspended' AND begun",
        "WHEN type = 'PolicySuspended' AND (of_part = '' OR own_part <> '') AND begun",
    ),
    Mutant(
        "things: a policy that was never enacted expires",
        _POLICIES,
        "CASE WHEN own.enacted THEN 'expired' ELSE 'lapsed' END",
        "'expired'",
    ),
    Mutant("things: an expired commitment is open", _COMMITMENTS, "AND past THEN 2", "AND past AND FALSE THEN 2"),
    Mutant(
        "things: what was met in part is met as a whole",
        _COMMITMENTS,
        "WHEN type = 'CommitmentMet' AND begun THEN 5",
        "WHEN type IN ('CommitmentMet', 'CommitmentMetInPart') AND begun THEN 5",
    ),
    Mutant(
        "things: parts that are still to come are summed",
        _COMMITMENTS,
        "    WHERE type = 'CommitmentMetInPart'\n      AND begun\n",
        "    WHERE type = 'CommitmentMetInPart'\n",
    ),
    Mutant(
        "things: a planned interval ends the one before",
        "views/relationships.sql",
        "type = 'RelationshipStated' AND nature = 'actual'",
        "type = 'RelationshipStated'",
    ),
    Mutant(
        "near things: nobody in particular comes before secondary sources",
        _NEAR,
        "0 if not publisher else 2",
        "1 if not publisher else 2",
        _BY_NAME,
    ),
    Mutant(
        "near things: what is said anew is a transition of its own",
        _NEAR,
        "places[roots.get(event_id, event_id)]",
        "places.get(event_id, (*places[roots.get(event_id, event_id)][:2], event_id))",
        _BY_NAME,
    ),
    Mutant(
        "near things: what was taken back still counts",
        "queries/near_things.py",
        'if row["event_id"] not in withdrawn]',
        "]",
        _BY_NAME,
    ),
    Mutant(
        "near things: a second opening makes the first one nothing before it starts",
        _NEAR,
        "if one.begun:\n                    since",
        "if one.listed:\n                    since",
        _BY_NAME,
    ),
    Mutant(
        "near things: an operator says so after its relationship has ended",
        _NEAR_STATES,
        'one["subject"] if one["status"] == "open" else None',
        'one["subject"]',
        _BY_NAME,
    ),
    Mutant(
        "near things: a memorandum's dates go over to the agreement",
        _NEAR_AMENDED,
        'KEPT_OF_MEMORANDA = ("title", "facility")',
        'KEPT_OF_MEMORANDA = ("title", "facility", *DATES)',
        _BY_NAME,
    ),
    Mutant(
        "near things: dates that clash are no dispute",
        _NEAR,
        "max(one for one, _ in said_starts) > min(until for _, until in said_starts)",
        "max(one for one, _ in said_starts) > max(until for _, until in said_starts)",
        _BY_NAME,
    ),
)
