"""Bugs planted in the SQL, one line each, to see the judge catch them: `make mutants`.

Each mutant is made in a copy of the project, in which the tests are then run (`tests.oracle.mutant_trials`); it must
not pass them all. Without a bug they must.
"""

import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from tests.oracle.derived_mutants import DERIVED_MUTANTS
from tests.oracle.mutant_trials import copies, failing_test, finder, stages_of, together
from tests.oracle.planted_bugs import Mutant, Stage
from tests.oracle.preference_mutants import PREFERENCE_MUTANTS
from tests.oracle.thing_mutants import THING_MUTANTS
from tests.places import ROOT

Found = TypeVar("Found")

AT_ONCE = 2

THING_DIFFS = Stage(("tests/properties/test_thing_diffs.py", "tests/api/questions/test_thing_diff.py"), histories=12)
THING_SERIES = Stage(
    ("tests/properties/test_thing_series.py", "tests/api/questions/test_thing_disputes.py"), histories=8
)

MUTANTS = (
    Mutant(
        "what was taken back lies between two statements",
        "queries/statement_places.sql",
        "WHERE is_ending AND NOT taken_back) OVER placing_{told}",
        "WHERE is_ending) OVER placing_{told}",
    ),
    Mutant(
        "an ending of the whole does not lie between statements of a part",
        "queries/statement_places.sql",
        "WHEN own_part = '' THEN 0",
        "WHEN TRUE THEN 0",
    ),
    Mutant(
        "what may happen again is apart where it overlaps",
        "queries/statement_places.sql",
        "COALESCE(LEAD(starts) OVER of_{told} > starts_until, TRUE)",
        "COALESCE(LEAD(starts) OVER of_{told} >= starts, TRUE)",
    ),
    Mutant(
        "a chain of statements is followed one step only",
        "queries/statement_places.sql",
        "COALESCE(far.restated, near.restated)",
        "COALESCE(near.restated, far.restated)",
    ),
    Mutant(
        "what says another anew is of its own transition",
        "queries/statement_places.sql",
        "COALESCE(first_said.occurrence, said.occurrence)",
        "COALESCE(said.occurrence, first_said.occurrence)",
    ),
    Mutant("a slip counts what was taken back", "audit/slips.sql", "WHERE NOT taken_back", "WHERE TRUE"),
    Mutant(
        "a date that overlaps the one before has moved",
        "audit/slips.sql",
        "starts > LAG(starts_until) OVER series",
        "starts > LAG(starts) OVER series",
    ),
    Mutant(
        "what was foreseen has happened",
        "audit/slips.sql",
        "last_said.starts <= world AND spoken_until >= last_said.starts",
        "last_said.starts <= world",
    ),
    Mutant(
        "a shift of overlapping coarse dates is told",
        "audit/slips.sql",
        "last_said.starts <= first_said.ends",
        "last_said.starts < first_said.starts",
    ),
    Mutant(
        "what is ahead is in the mean",
        "audit/slips.py",
        "FILTER (WHERE happened AND shift_days IS NOT NULL) AS shifts",
        "FILTER (WHERE shift_days IS NOT NULL) AS shifts",
    ),
    Mutant(
        "what an opposite parts is taken for one transition",
        "queries/decisive_statements.py",
        "opposites = starts[-one.side]",
        "opposites = starts[one.side][:0]",
    ),
    Mutant(
        "what may be taken back stands for what came before",
        "queries/decisive_statements.py",
        "if one.about is not None or one.event_id in unsure:",
        "if one.about is not None:",
    ),
    Mutant("as_of is exclusive", "queries/clocks.sql", "visible_from <= known", "visible_from < known"),
    Mutant(
        "a version holds one position too long",
        "queries/clocks.sql",
        "versions.until > $position",
        "versions.until >= $position",
    ),
    Mutant(
        "an event is held one position late",
        "queries/clocks.sql",
        "versions.since <= viewpoints.position",
        "versions.since < viewpoints.position",
    ),
    Mutant(
        "what begins now has not begun", "queries/clocks.sql", "starts <= world AS begun", "starts < world AS begun"
    ),
    Mutant("an end is exclusive", "queries/clocks.sql", "ends < world", "ends <= world"),
    Mutant(
        "things are listed from their publication only",
        "queries/clocks.sql",
        "LEAST(starts, published_from) <= world",
        "published_from <= world",
    ),
    Mutant(
        "a partial date is known from its start",
        "tables/sql/family.sql",
        "ELSE batch.published_until",
        "ELSE batch.published_from",
    ),
    Mutant(
        "a month ends on its first day",
        "tables/sql/macros.sql",
        "CAST(LAST_DAY(CAST(printed",
        "CAST((CAST(printed",
    ),
    Mutant(
        "an offset is ignored",
        "tables/sql/macros.sql",
        "ELSE MAKE_TIMESTAMP(EPOCH_US(CAST(UPPER(printed) AS TIMESTAMPTZ)))",
        "ELSE CAST(SUBSTR(printed, 1, 19) AS TIMESTAMP)",
    ),
    Mutant(
        "ties go to the earlier position",
        "tables/sql/macros.sql",
        "1125899906842624\n  + place",
        "1125899906842624\n  - place",
    ),
    Mutant(
        "prefer is ignored",
        "views/figures.sql",
        "COALESCE(NULLIF(LIST_POSITION($prefer, publisher), 0), 2147483647)",
        "0",
    ),
    Mutant(
        "a withdrawal takes back nothing",
        "views/figures.sql",
        "WHERE position > withdrawn_position",
        "WHERE TRUE",
    ),
    Mutant(
        "symbols are no disagreement",
        "views/figures.sql",
        "figures.canonical_high, figures.symbol)",
        "figures.canonical_high, NULL)",
    ),
    Mutant("one point makes a spread", "views/figures.sql", "WHEN points > 1", "WHEN points > 0"),
    Mutant("a revision at the same time is no conflict", "views/internal/history.sql", "'conflict'", "'revision'"),
    Mutant(
        "announcements override enactments",
        "views/policies.sql",
        "WHEN type = 'PolicyEnacted' THEN 1 ELSE 0",
        "WHEN type = 'PolicyEnacted' THEN 0 ELSE 1",
    ),
    Mutant(
        "a reinstatement at the same instant loses",
        "views/policies.sql",
        "COALESCE(reinstated < starts, TRUE)",
        "COALESCE(reinstated <= starts, TRUE)",
    ),
    Mutant(
        "an arg_max that skips NULL: a field that was amended away comes back",
        "tables/sql/macros.sql",
        "ARG_MAX_NULL(value, turn) FILTER (WHERE value IS NOT NULL OR LIST_CONTAINS(changed, field))",
        "ARG_MAX(value, turn) FILTER (WHERE value IS NOT NULL OR LIST_CONTAINS(changed, field))",
    ),
    Mutant(
        "of one day's vintage the first said counts",
        "views/internal/vintages.sql",
        "ORDER BY position DESC",
        "ORDER BY position",
    ),
    Mutant(
        "a withdrawal counts as a release",
        "views/internal/vintages.sql",
        "COUNT(*) FILTER (WHERE type <> 'FigureWithdrawn')",
        "COUNT(*)",
    ),
    Mutant(
        "a horizon that lies ahead shows what is known now",
        "audit/vintages_asked.sql",
        "seen_at <= CAST($as_of AS TIMESTAMP)",
        "TRUE",
    ),
    Mutant(
        "a horizon's own day is left out",
        "audit/vintages_asked.sql",
        "published_until <= seen_at",
        "published_until < seen_at - INTERVAL 1 DAY",
    ),
    Mutant(
        "three months after June's end is not September's",
        "tables/sql/macros.sql",
        "WHEN day = LAST_DAY(day)",
        "WHEN FALSE",
    ),
    Mutant(
        "amendments of an MoU live on",
        "views/agreements.sql",
        "COALESCE(LEAST(starts, published_from) >= definitive.afresh, TRUE)",
        "TRUE",
    ),
    Mutant(
        "a corrected event keeps its first publication date",
        "tables/later_versions.py",
        "encoded(body)",
        "encoded({**body, **{k: v for k, v in entry.body.items() if k == 'published_at'}})",
    ),
    Mutant(
        "an answer is shown one instant late",
        "queries/clocks.sql",
        "answer_intervals.shown_from <= {as_of}",
        "answer_intervals.shown_from < {as_of}",
    ),
    Mutant(
        "an answer is replaced as soon as the next is published, recorded or not",
        "queries/clocks.sql",
        "OR answer_intervals.shortened_at > {position}",
        "OR FALSE",
    ),
    Mutant(
        "an answer interval ends one instant late",
        "queries/clocks.sql",
        "answer_intervals.shown_until > {as_of}",
        "answer_intervals.shown_until >= {as_of}",
    ),
    Mutant(
        "an answer interval holds one position too long",
        "queries/clocks.sql",
        "answer_intervals.until > {position}",
        "answer_intervals.until >= {position}",
    ),
    Mutant(
        "successions: what came late is taken for what came in turn",
        "tables/sql/answer_intervals.sql",
        "WHERE since <= since_before\n  OR until < {forever}",
        "WHERE until < {forever}",
    ),
    Mutant(
        "successions: what is gone is taken for what stands",
        "tables/sql/answer_intervals.sql",
        "WHERE since <= since_before\n  OR until < {forever}",
        "WHERE since <= since_before",
    ),
    Mutant(
        "successions: what is said at the same time is shown beside the last",
        "tables/sql/answer_intervals.sql",
        "CASE WHEN shown_next = shown_from THEN since_next ELSE {forever} END AS until",
        "{forever} AS until",
    ),
    Mutant(
        "successions: ties are not noted where all came in turn",
        "tables/sql/answer_intervals.sql",
        "COALESCE(shown_before = shown_from, FALSE) AS tied",
        "FALSE AS tied",
    ),
    Mutant(
        "successions: ties are not noted where something came late",
        "tables/successions.py",
        "tied = place > 0 and sayings[held[place - 1]].shown_from == shown_from",
        "tied = False",
    ),
    Mutant(
        "successions: what goes gives nothing back",
        "tables/successions.py",
        "            near.update(held[max(0, place - 1) : place + 2])\n            del held[place]",
        "            near.add(number)\n            del held[place]",
    ),
    Mutant(
        "successions: an interval is shortened twice",
        "tables/successions.py",
        "known.shortened_at == FOREVER and",
        "True and",
    ),
    Mutant(
        "successions: one neighbour is taken for enough",
        "tables/sql/answer_intervals.sql",
        "ROWS BETWEEN 2 PRECEDING AND 2 FOLLOWING",
        "ROWS BETWEEN 0 PRECEDING AND 1 FOLLOWING",
    ),
    Mutant(
        "tallies: in a rebuild, what says the same again is a revision",
        "tables/sql/answer_intervals.sql",
        "IS DISTINCT FROM said AS INTEGER)",
        "IS NOT NULL AS INTEGER)",
    ),
    Mutant(
        "tallies: in a rebuild, a withdrawal is no revision",
        "tables/sql/answer_intervals.sql",
        "WHEN withdrawn THEN 1",
        "WHEN withdrawn THEN 0",
    ),
    Mutant(
        "tallies: in a catch-up, a withdrawal is no revision",
        "tables/sql/answer_intervals.sql",
        "CASE WHEN withdrawn OR told IS DISTINCT",
        "CASE WHEN told IS DISTINCT",
    ),
    Mutant(
        "tallies: what came late is taken for what came in turn",
        "tables/sql/answer_intervals.sql",
        "WHEN since <= LAG(since) OVER series THEN 1",
        "WHEN since <= LAG(since) OVER series THEN 0",
    ),
    Mutant(
        "tallies: what went is forgotten by the next catch-up",
        "tables/sql/answer_intervals.sql",
        "CASE WHEN until < {forever} THEN 1 ELSE 0 END AS went FROM versions",
        "CASE WHEN until < {forever} THEN 1 ELSE 0 END AS went FROM sayings",
    ),
    Mutant(
        "tallies: a series that moves keeps those it had",
        "tables/sql/answer_intervals.sql",
        "AND made.tally IS NOT NULL",
        "AND made.tally IS NULL",
    ),
    Mutant(
        "tallies: a series that moves takes along what was corrected to be of another",
        "tables/sql/answer_intervals.sql",
        "  AND made.since >= moved.since\n  AND made.since < moved.until\n",
        "",
    ),
    Mutant(
        "tallies: what many viewpoints are told is that of the publisher who does not answer",
        "queries/point_answers.sql",
        "ARG_MAX_NULL(tally, {rank}) AS tally",
        "MIN(tally) AS tally",
    ),
    Mutant(
        "tallies: one publisher's stands for another's who has none",
        "views/internal/chosen.sql",
        "ARG_MAX_NULL(tally, rank) AS tally",
        "ARG_MAX(tally, rank) AS tally",
    ),
    Mutant(
        "answers: a withdrawal takes back nothing before it",
        "views/internal/chosen.sql",
        "WHERE position > withdrawn_position",
        "WHERE TRUE",
    ),
    Mutant(
        "answers: what is said at one time does not stand together",
        "views/internal/chosen.sql",
        "WHERE answer_intervals.tied",
        "WHERE FALSE",
    ),
    Mutant(
        "answers: secondary sources outrank primary ones",
        "tables/sql/macros.sql",
        "CASE WHEN is_primary THEN 1298",
        "CASE WHEN NOT is_primary THEN 1298",
    ),
    Mutant(
        "answers: one point makes a spread",
        "views/internal/current.sql",
        "CASE WHEN points > 1 THEN within",
        "CASE WHEN points > 0 THEN within",
    ),
    Mutant(
        "near answers: a withdrawal takes back nothing before it",
        "queries/near_answers.py",
        "if one.withdrawn or one.shown_from",
        "if one.shown_from",
    ),
    Mutant(
        "near answers: secondary sources outrank primary ones",
        "queries/near_answers.py",
        "last.is_primary, last.shown_from",
        "not last.is_primary, last.shown_from",
    ),
    Mutant(
        "figures are made again only where something new is said",
        "tables/ingest.py",
        "self.touched.append(self._arrow(series + which, **within))",
        "pass",
    ),
    Mutant(
        "a page begins with its subject, wherever in it",
        "queries/figure_pages.py",
        "first = first if subjects else seen",
        "first = first if subjects else offset",
    ),
    Mutant("a page is of one subject", "queries/figure_pages.py", "seen < offset + limit:", "not subjects:"),
    Mutant(
        "a page ends with the subjects that are counted first",
        "queries/figure_pages.py",
        "if seen >= offset + limit:",
        "if subjects:",
    ),
    Mutant(
        "a page of things that nothing has opened is short",
        "queries/reader.py",
        "return page if len(page) == limit else None",
        "return page",
    ),
    Mutant(
        "a second act in a stretch leaves the version of the first",
        "tables/later_versions.py",
        "opened[-1] = opened[-1]._replace(until=at)",
        "pass",
    ),
    Mutant(
        "what moves after an act is not read again",
        "tables/later_versions.py",
        "(says.stands and reads != read)",
        "(says.stands and reads != read and not opened)",
    ),
    Mutant(
        "a move bears on the slugs that were recorded, not on those that are corrected",
        "tables/later_versions.py",
        "says, slugs = contents.get(at, says), names.get(at, slugs)",
        "says = contents.get(at, says)",
    ),
    Mutant(
        "moves before an event bear on it",
        "tables/later_versions.py",
        "start = max(after, entry.position)",
        "start = after",
    ),
    Mutant(
        "the next act on an event goes on from before the last one",
        "tables/ingest.py",
        "self._contents.put(entry.event_id, change.now)",
        "self._contents.put(entry.event_id, before[position])",
    ),
    Mutant("what a dry run said of an event is remembered", "tables/ingest.py", "        self._contents.clear()\n", ""),
    Mutant(
        "what is done to a merge moves nothing",
        "tables/ingest.py",
        "if one.target.type == EntitiesMerged.__name__]",
        "if one.target.type == '']",
    ),
    Mutant(
        "an event that came between two moves stays as it was first read",
        "tables/ingest.py",
        "if change.misread:",
        "if False:",
    ),
    Mutant(
        "aliases: a slug moves one position late",
        "tables/changes.py",
        "return self._values[key][bisect_right(self._positions[key], at)]",
        "return self._values[key][bisect_right(self._positions[key], at - 1)]",
    ),
    Mutant(
        "aliases: a group that is joined to a larger one keeps its name",
        "tables/slug_groups.py",
        "        self._name(number, top, at=at)\n        return True",
        "        return True",
    ),
    Mutant(
        "aliases: a slug whose group changes its name does not move",
        "tables/slug_meanings.py",
        "places += self.named.within(group, since, until)",
        "pass",
    ),
    Mutant(
        "aliases: what a merge is taken back from is called by the slug that goes",
        "tables/slug_groups.py",
        "self._name(number, top if is_behind else merged, at=at)",
        "self._name(number, merged if is_behind else top, at=at)",
    ),
    Mutant(
        "aliases: a slug that moves again keeps what it meant before",
        "tables/aliases.py",
        "ends = list(changes.ends())",
        "ends: list[Any] = []",
    ),
    Mutant(
        "aliases: versions that name what a slug meant are not read again",
        "tables/slug_groups.py",
        "self._changed.left.add(merged)",
        "self._changed.left.add(kept)",
    ),
    Mutant(
        "answer history: what is published later counts",
        "queries/answer_history.py",
        "visible = bisect_right(held, self._as_of, key=lambda one: one.shown_from)",
        "visible = len(held)",
    ),
    Mutant(
        "answer history: a withdrawal takes back nothing",
        "queries/answer_history.py",
        "if visible and not held[visible - 1].withdrawn:",
        "if visible:",
    ),
    Mutant(
        "answer history: an old id goes on answering for itself",
        "queries/answer_history.py",
        "current = figure_id\n            elif",
        "pass\n            elif",
    ),
    Mutant(
        "answer history: secondary sources outrank primary ones",
        "queries/answer_history.py",
        "version.is_primary, version.shown_from, version.position",
        "not version.is_primary, version.shown_from, version.position",
    ),
    Mutant(
        "answer history: whatever is recorded came late",
        "queries/answer_history.py",
        "held[-1].shown_from > version.shown_from",
        "held[-1].shown_from >= version.shown_from",
    ),
    Mutant(
        "answer history: what goes is still ranked",
        "queries/answer_history.py",
        "del self._ranked[bisect_right(self._ranked, self._rank(known), key=self._rank) - 1]",
        "pass",
    ),
    Mutant(
        "answer history: a corrected value is no change",
        "queries/answer_changes.py",
        "event_id != known or _printed(after) != _printed(before)",
        "event_id != known",
    ),
    Mutant(
        "a withdrawal changes nothing that was said",
        "views/internal/tallies.sql",
        "told IS NULL OR told IS DISTINCT",
        "told IS DISTINCT",
    ),
    Mutant("a third statement is no revision", "views/internal/tallies.sql", "COUNT(*) > 2 THEN", "COUNT(*) > 3 THEN"),
    Mutant(
        "the latest period is the first",
        "queries/viewpoint_cursor.py",
        "period_end DESC NULLS LAST",
        "period_end ASC NULLS LAST",
    ),
    Mutant(
        "near answers: the latest period is that which starts last",
        "queries/near_answers.py",
        "return last or date.min, first or date.min",
        "return first or date.min, last or date.min",
    ),
    Mutant(
        "near history: the second revision is the first",
        "queries/near_history.py",
        "known.revision + 1 if known",
        "1 if known",
    ),
    Mutant(
        "near history: what is said at one time revises",
        "queries/near_history.py",
        'return "conflict" if row[shown] == before[shown] else "revision"',
        'return "revision"',
    ),
    Mutant(
        "diff: a restatement is no difference",
        "queries/figure_differences.py",
        "WHEN before.status IS DISTINCT FROM after.status THEN 'restated'",
        "WHEN FALSE THEN 'restated'",
    ),
    Mutant(
        "diff: an answer of one of several publishers is compared with another's",
        "queries/figure_differences.py",
        'matched = "figure_id, publisher" if of_each else "figure_id"',
        'matched = "figure_id"',
        Stage(("tests/projections/queries/test_pages_of_figures.py",)),
    ),
    Mutant(
        "diff: of a few figures a restatement is no difference",
        "queries/figure_differences.py",
        'return "restated" if before["status"] != after["status"] else None',
        "return None",
    ),
    Mutant(
        "diff: of the first subjects none is looked at where figures turn by another preference",
        "queries/touched_figures.py",
        "elif not before.ranking.asks_as(self._reader.ranking):",
        "elif False:",
    ),
    Mutant(
        "diff: the last of some subjects is left out",
        "queries/touched_figures.py",
        "subject BETWEEN $first AND $last",
        "subject >= $first AND subject < $last",
    ),
    Mutant(
        "diff: what a statement depends on is no cause",
        "queries/difference_causes.py",
        "for position in self._depended_on(one.position):",
        "for position in [one.position]:",
    ),
    Mutant(
        "diff: what was known at the earlier moment is a cause",
        "queries/diff.py",
        "visible_from > $earlier",
        "visible_from >= $earlier",
    ),
    Mutant(
        "diff: what was done up to the earlier position is a cause",
        "queries/difference_causes.py",
        "self._earlier < act.position <= self._later",
        "self._earlier <= act.position <= self._later",
    ),
    Mutant(
        "diff: the first retraction is the cause",
        "queries/difference_causes.py",
        'if act.type != "EventCorrected"][-1])',
        'if act.type != "EventCorrected"][0])',
    ),
    Mutant(
        "things differ: what begins in between is not looked at",
        "queries/thing_diff.sql",
        "versions.starts BETWEEN $earliest_world AND $latest_world",
        "FALSE",
        THING_DIFFS,
    ),
    Mutant(
        "things differ: what ends in between is not looked at",
        "queries/thing_diff.sql",
        "OR versions.ends BETWEEN $earliest_world AND $latest_world",
        "",
        THING_DIFFS,
    ),
    Mutant(
        "things differ: what is taken back in between is not looked at",
        "queries/thing_diff.sql",
        "OR versions.event_id IN (",
        "OR FALSE AND versions.event_id IN (",
        THING_DIFFS,
    ),
    Mutant(
        "things differ: dates that an amendment moves are not looked at",
        "queries/thing_diff.sql",
        "OR starts_at(versions.changes.effective_from) BETWEEN $earliest_world AND $latest_world",
        "",
        THING_DIFFS,
    ),
    Mutant(
        "things differ: what is published in between is not looked at",
        "queries/thing_diff.sql",
        "AND versions.visible_from <= ${side}_known",
        "",
        THING_DIFFS,
    ),
    Mutant(
        "things differ: intervals are matched by their places only",
        "queries/thing_diff.sql",
        "nth) > 1 AS is_met",
        "nth) > 2 AS is_met",
        THING_DIFFS,
    ),
    Mutant(
        "things differ: filters look at the first viewpoint only",
        "queries/thing_diff.sql",
        "OR COALESCE(after.is_wanted, FALSE)",
        "",
        THING_DIFFS,
    ),
    Mutant(
        "things differ: who says so is a difference",
        "queries/thing_comparison.py",
        'NO_DIFFERENCE = ("publisher", ',
        "NO_DIFFERENCE = (",
        THING_DIFFS,
    ),
    Mutant(
        "things differ: a number printed otherwise is another",
        "queries/thing_comparison.py",
        "is Kind.PRINTED",
        "is Kind.COUNT",
        THING_DIFFS,
    ),
    Mutant(
        "things differ: relationships of operators are not looked at",
        "queries/thing_comparison.py",
        'touched += "\\nUNION ALL\\n" + self._touched',
        'touched += "" and self._touched',
        THING_DIFFS,
    ),
    Mutant(
        "causes of things: what was taken back is said",
        "queries/thing_causes.sql",
        "there_after AND NOT COALESCE(after, FALSE) AS said_after",
        "there_after AS said_after",
        THING_DIFFS,
    ),
    Mutant(
        "causes of things: what takes a statement back is none",
        "queries/thing_causes.sql",
        "FILTER (WHERE before <> after) AS withdrawals",
        "FILTER (WHERE FALSE) AS withdrawals",
        THING_DIFFS,
    ),
    Mutant(
        "causes of things: merges are none",
        "queries/thing_causes.py",
        "positions.update(self._merges_of(slug, at))",
        "pass",
        THING_DIFFS,
    ),
    Mutant(
        "causes of things: a stage has the causes of all stages",
        "queries/thing_causes.py",
        "parts.values() if named is None else",
        "parts.values() if True else",
        THING_DIFFS,
    ),
    Mutant(
        "series of things: withdrawals are not among them",
        "audit/thing_series.sql",
        "ON told.event_id = withdrawals.withdraws",
        "ON FALSE",
        THING_SERIES,
    ),
    Mutant(
        "series of things: what one publisher says is contested",
        "audit/thing_series.sql",
        "<> MAX(publisher)",
        "= MAX(publisher)",
        THING_SERIES,
    ),
    Mutant(
        "series of things: what was taken back is still said",
        "audit/thing_series.py",
        "while stack and stack[-1][0].event_id in taken_back:",
        "while False:",
        THING_SERIES,
    ),
    Mutant(
        "disputes of things: dates that touch clash",
        "audit/thing_disputes.py",
        "start > -end",
        "start >= -end",
        THING_SERIES,
    ),
    Mutant(
        "disputes of things: one that has ended goes on",
        "audit/thing_disputes.py",
        "while self._heap and self._standing.get(self._heap[0][1]) != -self._heap[0][0]:",
        "while False:",
        THING_SERIES,
    ),
    Mutant(
        "limits: the time of a question is never used up",
        "queries/allowance.py",
        "if self.seconds is not None and time.monotonic() >= self.ends_at:",
        "if False:",
    ),
    Mutant(
        "limits: what a question holds is not added up",
        "queries/allowance.py",
        "self._bytes += size",
        "self._bytes = size",
    ),
    Mutant(
        "limits: rows take no memory when they are made",
        "queries/allowance.py",
        "self.hold(cells * CELL_BYTES)",
        "self.hold(0)",
    ),
    Mutant(
        "limits: a question whose client has gone goes on in DuckDB",
        "queries/watchdog.py",
        "allowance.on_abandoned = self._look_now",
        "pass",
    ),
    Mutant(
        "limits: a statement is interrupted once",
        "queries/watchdog.py",
        "self._looks_at = now + AGAIN_S if over else",
        "self._looks_at =",
    ),
    Mutant(
        "damage: a full disk is taken for damage",
        "tables/remedies.py",
        "if is_full(error):",
        "if False:",
    ),
    Mutant(
        "damage: tables that fail anew are made anew for ever",
        "tables/remedies.py",
        "if not proven and self in (Remedy.ANEW, Remedy.UNWRITTEN):",
        "if False:",
    ),
    Mutant(
        "what follows from the rows that were there is part of plans",
        "tables/planned_statements.py",
        "SET disabled_optimizers = 'statistics_propagation'",
        "SET disabled_optimizers = ''",
    ),
    Mutant(
        "a variable changes, and plans with its old value stay",
        "tables/planned_statements.py",
        "    def set(self, variable: str, value: str) -> None:\n"
        '        """Set a variable of the cursor to an expression."""\n'
        "        self._forget_plans()\n",
        "    def set(self, variable: str, value: str) -> None:\n"
        '        """Set a variable of the cursor to an expression."""\n',
    ),
    Mutant(
        "a dispute takes three sayings",
        "audit/dispute_runs.sql",
        "sayings > 1 AS disputed",
        "sayings > 2 AS disputed",
    ),
    Mutant(
        "what was taken back at once is disputed",
        "audit/dispute_runs.sql",
        "WHERE position > withdrawn_position",
        "WHERE NOT withdrawn",
    ),
    Mutant(
        "disputed statements of one instant follow each other",
        "audit/dispute_runs.sql",
        "MAX(next_until) OVER instant AS last_next",
        "next_until AS last_next",
    ),
    Mutant(
        "who has a say in a dispute is seen when it is over",
        "audit/dispute_runs.sql",
        "- say_change AS say_before",
        "AS say_before",
    ),
    Mutant(
        "one publisher has no dispute with itself",
        "audit/dispute_runs.sql",
        "(MIN(publisher) <> MAX(publisher) OR MAX(together) > 1)",
        "MIN(publisher) <> MAX(publisher)",
    ),
    Mutant(
        "pairs are compared by what was recorded last",
        "audit/publisher_pairs.sql",
        "ORDER BY published_until, position",
        "ORDER BY position",
    ),
    Mutant(
        "pairs that give other symbols agree",
        "audit/publisher_pairs.sql",
        "      AND one.symbol IS NOT DISTINCT FROM other.symbol AS agree",
        "      AS agree",
    ),
    Mutant(
        "revisions within the rounding are none of it",
        "audit/revisions/series_changes.sql",
        "WHEN ABS(now - before) < coarse THEN 'rounding'",
        "WHEN ABS(now - before) < LEAST(off, off_before) THEN 'rounding'",
    ),
    Mutant(
        "revisions of the status are none",
        "audit/revisions/series_changes.sql",
        "WHEN same AND status IS DISTINCT FROM status_before THEN 'status'",
        "WHEN same AND status IS NULL AND status_before IS NOT NULL THEN 'status'",
    ),
    Mutant(
        "revisions settle when they were last off",
        "audit/revisions/series_changes.sql",
        "MAX(next_until) FILTER (WHERE distance = 'off')",
        "MAX(published_until) FILTER (WHERE distance = 'off')",
    ),
    Mutant(
        "revisions of a table take three figures",
        "audit/revisions/series_changes.sql",
        "most * 98.999 < least * 101.001) > 1",
        "most * 98.999 < least * 101.001) > 2",
    ),
    Mutant(
        "revisions count what was said within a vintage as releases",
        "audit/revisions/series_changes.sql",
        "CAST(COUNT(release) AS INTEGER) AS releases",
        "CAST(COUNT(*) FILTER (WHERE NOT withdrawn) AS INTEGER) AS releases",
    ),
    Mutant(
        "revisions near another unit are not looked at",
        "audit/revisions/series_changes.sql",
        "WHEN {may_be_relabelled} THEN 'close'",
        "WHEN FALSE THEN 'close'",
    ),
    *THING_MUTANTS,
    *DERIVED_MUTANTS,
    *PREFERENCE_MUTANTS,
)


def main() -> None:
    """Try every mutant, or those whose name or file has one of the words given; exits with 1 where one survives."""
    words = sys.argv[1:] or [""]
    chosen = [mutant for mutant in MUTANTS if any(word in mutant.name or word in mutant.file for word in words)]
    for mutant in chosen:
        if mutant.text not in (ROOT / "projections" / mutant.file).read_text(encoding="utf-8"):
            raise SystemExit(f"{mutant.name}: {mutant.file} has no such text any more; say the bug anew")
    with copies(AT_ONCE) as free, ThreadPoolExecutor(AT_ONCE) as threads:

        def tried(work: Callable[[Path], Found]) -> Found:
            copy = free.get()
            try:
                return work(copy)
            finally:
                free.put(copy)

        stages = together(stage for mutant in chosen for stage in stages_of(mutant))
        for failing in threads.map(lambda stage: tried(lambda copy: failing_test(copy, stage)), stages):
            if failing:
                raise SystemExit(f"{failing} fails without any bug planted, so it would seem to catch every one.")
        survivors = 0
        found = threads.map(lambda mutant: tried(lambda copy: finder(mutant, copy)), chosen)
        for mutant, test in zip(chosen, found, strict=True):
            caught = f"caught   {mutant.file}: {mutant.name} ({test})"
            print(caught if test else f"SURVIVES {mutant.file}: {mutant.name}", flush=True)
            survivors += not test
    print(f"{len(chosen) - survivors} of {len(chosen)} mutants caught")
    sys.exit(1 if survivors else 0)


if __name__ == "__main__":
    main()
