"""Bugs to plant in derived figures: where they are, what they are counted out from, and who did what to a change."""

from tests.oracle.planted_bugs import Mutant, Stage

_PLACES = "audit/derived/places.py"
_BOUND = "audit/derived/bound_formulas.py"
_RESULTS = "audit/derived/results.py"
_SHARES = "audit/derived/attributions.py"
_HISTORIES = "audit/derived/input_histories.py"
_VINTAGES = "audit/derived/derived_vintages.py"
_METRICS = "audit/derived/derived_metrics.py"
_JUDGED = Stage(("tests/api/questions/test_derived_question.py", "tests/properties/test_derived.py"), histories=60)


def _mutant(name: str, file: str, text: str, instead: str) -> Mutant:
    return Mutant(f"derived: {name}", file, text, instead, _JUDGED)


DERIVED_MUTANTS = (
    _mutant(
        "a selected material stays in the place",
        _PLACES,
        'None if "material" in selected else key.material',
        "key.material",
    ),
    _mutant("a selected nature is not looked at", _PLACES, 'or selected.get("nature", key.nature) != key.nature', ""),
    _mutant("a selected unit is not looked at", _PLACES, "if one.canonical_unit not in (None, unit):", "if False:"),
    _mutant("of several wholes the first is taken", _PLACES, "if len(wholes) != 1:", "if not wholes:"),
    _mutant(
        "slugs in a formula are not followed",
        _PLACES,
        "place.subject if selected is None else around.kept(selected)",
        "selected or place.subject",
    ),
    _mutant("parts that were merged count twice", _PLACES, "return dict.fromkeys(parts)", "return parts"),
    _mutant("a quarter before is a month before", _PLACES, "else end - start + 1\n", "else 1\n"),
    _mutant(
        "days before overlap", _PLACES, "timedelta(days=(last - first).days + 1)", "timedelta(days=(last - first).days)"
    ),
    _mutant("of several units the first is taken", _BOUND, "if len(self.answers) > 1:", "if len(self.answers) > 9:"),
    _mutant("what is unlike is added", _RESULTS, "if left.powers != right.powers:", "if False:"),
    _mutant("a quotient keeps the unit", _RESULTS, "quotient_of_powers(left.powers, right.powers)", "left.powers"),
    _mutant("a result is not converted", _RESULTS, "return result.number / measure.factor", "return result.number"),
    _mutant(
        "all orders weigh the same", _SHARES, "factorial(size) * factorial(count - size - 1)", "factorial(count - 1)"
    ),
    _mutant(
        "a part that left a sum is still in it",
        _SHARES,
        "figure = after if mask & self._bits.get(player, 0) else before",
        "figure = (after if mask & self._bits.get(player, 0) else before) or before",
    ),
    _mutant("a withdrawal leaves what was said", _HISTORIES, "last.pop(one.publisher, None)", "pass"),
    _mutant(
        "secondary sources come first",
        _HISTORIES,
        "ranks.get(one.publisher, 0), one.is_primary,",
        "ranks.get(one.publisher, 0), not one.is_primary,",
    ),
    _mutant(
        "preferred publishers do not come first",
        _HISTORIES,
        "return ranks.get(one.publisher, 0),",
        "return 0,",
    ),
    _mutant("a version goes one position late", _HISTORIES, "(one.until, 0, one)", "(one.until + 1, 0, one)"),
    _mutant(
        "statements come in order of the log",
        _HISTORIES,
        "return one.published_until, one.position",
        "return one.position, one.position",
    ),
    _mutant(
        "the first definition of a name counts",
        _VINTAGES,
        "max(in_force, key=lambda one: one.position)",
        "min(in_force, key=lambda one: one.position)",
    ),
    _mutant("a retracted definition goes on", _VINTAGES, "if one.since <= at < one.until]", "if one.since <= at]"),
    _mutant(
        "parts stay as they were first", _VINTAGES, "last = self._part_times[place - 1]", "last = self._part_times[0]"
    ),
    _mutant(
        "a redefinition is an input's doing",
        "audit/derived/derived_changes.py",
        "redefined = _says(before.definition) != _says(after.definition)",
        "redefined = False",
    ),
    _mutant(
        "a place of another definition counts",
        _VINTAGES,
        "if not any(makes(one, there) for one in epoch.definition.makers):",
        "if False:",
    ),
    _mutant(
        "names mean what they mean now", _VINTAGES, "if self._clock == PUBLICATION or not names.merged:", "if True:"
    ),
    _mutant(
        "a definition holds one position late",
        _METRICS,
        "WHERE since <= $position AND until > $position",
        "WHERE since < $position AND until > $position",
    ),
    _mutant(
        "inputs that select more make places too",
        _METRICS,
        "if len(parts_selected(one)) == least]",
        "if len(parts_selected(one)) >= least]",
    ),
)
