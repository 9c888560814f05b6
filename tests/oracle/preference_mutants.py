"""Bugs to plant in whom the ledger asks first."""

from tests.oracle.planted_bugs import Mutant, Stage

_PREFERRED = "views/internal/preferred.sql"
_RANKED = "views/internal/ranked_by_preference.sql"
_RANKING = "queries/publisher_ranking.py"
_BY_HAND = Stage(("tests/api/questions/test_preferences.py",))
_POINTS = Stage(("tests/properties/test_point_answers.py",), histories=12)
_DIFFS = Stage(
    (
        "tests/api/questions/test_preferences.py",
        "tests/properties/test_impact.py",
        "tests/properties/test_thing_diffs.py",
    ),
    histories=12,
)
_DERIVED = Stage(("tests/properties/test_derived.py",), histories=20)

PREFERENCE_MUTANTS = (
    Mutant(
        "preferences: the first one counts",
        _PREFERRED,
        "ARG_MAX(publishers, position)",
        "ARG_MIN(publishers, position)",
        _BY_HAND,
    ),
    Mutant("preferences: the last named comes first", _PREFERRED, "MAX(101 - place)", "MAX(place)", _BY_HAND),
    Mutant(
        "preferences: of one named twice the last place counts",
        _PREFERRED,
        "MAX(101 - place)",
        "MIN(101 - place)",
    ),
    Mutant(
        "preferences: the one for everything counts also where a metric has its own",
        _RANKED,
        "AND preferred.scope = COALESCE(own.scope, '')",
        "AND preferred.scope IN ('', own.scope)",
    ),
    Mutant(
        "preferences: a metric without its own has none",
        _RANKED,
        "COALESCE(own.scope, '')",
        "own.scope",
    ),
    Mutant(
        "preferences: they stand above what a question prefers",
        "views/figures.sql",
        "COALESCE(NULLIF(LIST_POSITION($prefer, publisher), 0), 2147483647),\n        rank DESC",
        "rank DESC,\n        COALESCE(NULLIF(LIST_POSITION($prefer, publisher), 0), 2147483647)",
    ),
    Mutant(
        "preferences: things follow those for metrics too",
        "queries/transitions.sql",
        "AND preferred_items.scope = ''\n",
        "",
        _DIFFS,
    ),
    Mutant(
        "preferences: of things they stand above what a question prefers",
        "queries/transitions.sql",
        "  {preferred_most} + {preferred_most} - LIST_POSITION(",
        "  {preferred_most} + preferred_items.preferred,\n  {preferred_most} - LIST_POSITION(",
    ),
    Mutant(
        "preferences: near answers know none for everything",
        _RANKING,
        "self._preferred.get(metric) or self._preferred.get(EVERYTHING, ())",
        "self._preferred.get(metric, ())",
    ),
    Mutant(
        "preferences: near answers put them above what a question prefers",
        _RANKING,
        "return [*self._prefer, *of_metric]",
        "return [*of_metric, *self._prefer]",
    ),
    Mutant(
        "preferences: near answers follow one that was retracted",
        _RANKING,
        "WHERE since <= $at AND until > $at",
        "WHERE since <= $at",
    ),
    Mutant(
        "preferences: an empty one does not take the one for a metric back along the ledger clock",
        _RANKING,
        "now = _last(held[metric]) or _last(held[EVERYTHING])",
        "now = _last(held[metric] or held[EVERYTHING])",
    ),
    Mutant(
        "preferences: along the ledger clock the answer stays until something is said",
        "queries/answer_history.py",
        "        self._ranked.sort(key=self._rank)\n",
        "",
        _BY_HAND,
    ),
    Mutant(
        "preferences: things are not looked at again where one is set",
        "queries/thing_histories.py",
        "moves |= {one.position for one in self.preference_changes()}",
        "moves |= set()",
        _BY_HAND,
    ),
    Mutant(
        "preferences: all points follow the one of the last",
        "queries/point_answers.sql",
        "  AND preferred_since.since <= {points}.held_at",
        "  AND preferred_since.since <= {points}.held_at + 1000",
        _POINTS,
    ),
    Mutant(
        "preferences: points know those for everything alone",
        "queries/point_answers.sql",
        "CASE WHEN metric IN ({own}) THEN metric ELSE '' END AS scope",
        "'' AS scope",
        _POINTS,
    ),
    Mutant(
        "preferences: what would be with another is what is",
        "queries/compose.py",
        'text.replace("$position", "$preferred_at").replace("viewpoints.position", "viewpoints.preferred_at")',
        "text",
        _DIFFS,
    ),
    Mutant(
        "preferences: each is a cause of every difference",
        "queries/diff.py",
        'if otherwise[key]["event_id"] != item["event_id"]',
        "if True",
        _DIFFS,
    ),
    Mutant(
        "preferences: things do not differ where only one was set",
        "queries/thing_diff.sql",
        "AND LIST_CONTAINS(CAST($first_asked AS VARCHAR[]), versions.publisher)",
        "AND FALSE",
        _DIFFS,
    ),
    Mutant(
        "preferences: the one for everything is no cause where that for a metric was taken back",
        "queries/difference_causes.py",
        "scopes = (metric,) if metric in held and held[metric].publishers else (metric, EVERYTHING)",
        "scopes = (metric,) if metric in held else (metric, EVERYTHING)",
        _DIFFS,
    ),
    Mutant(
        "preferences: an append that sets one touches no figure",
        "queries/touched_things.py",
        'preferred = f"OR {_SPOKEN} AND (LIST_CONTAINS',
        'preferred = f"OR FALSE AND {_SPOKEN} AND (LIST_CONTAINS',
        _BY_HAND,
    ),
    Mutant(
        "preferences: derived figures follow the last one along the ledger clock",
        "audit/derived/derived_vintages.py",
        "if one.position <= epoch.start]",
        "if one.position]",
        _DERIVED,
    ),
    Mutant(
        "preferences: derived figures are not counted out anew where one is set",
        "audit/derived/derived_vintages.py",
        "*self._preference_times(*self._metrics)}",
        "}",
        _DERIVED,
    ),
)
