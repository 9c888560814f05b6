"""Point-in-time answers: very many questions, each about a figure and at a viewpoint of its own, answered at once.

A model that is tested on the past asks what was known at the end of each of a thousand days. One question at a time it
would wait a thousand times; and a join on dates of its own would let in what was found out later. Here each row sees
what was published by its `as_of` and recorded by its `recorded_as_of`, and nothing else.

The questions are *points* in the plane of the two clocks, and what publishers say last are *spans* in it, the answer
intervals (`projections.tables.answer_intervals`): a few joins find the spans that hold each point, and of these the one
that ranks first answers, as it does for one question. Where very many questions meet very many spans of one figure they
meet by cells (`crowded_points.sql`), so that no input costs the product of the two.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache

import pyarrow as pa

from ledger import Ledger
from projections.queries.compose import shown_at
from projections.queries.publisher_ranking import EVERYTHING, PreferenceChange, ranks_of
from projections.queries.question_columns import DIMENSION, FIGURE
from projections.queries.question_table import make_points
from projections.queries.reader import Reader
from projections.queries.series_revisions import Asked, Saying, series_revisions
from projections.sql_text import literals, quoted, sections
from projections.tables.families import FOREVER

_OWN = "SELECT DISTINCT metric FROM log.preferences WHERE metric IS NOT NULL"
"""The metrics that have preferences of their own, or had."""
FEW = 64
"""So many questions of one kind, or spans of one figure, are compared with any number of the other."""


def point_answers(reader: Reader, ledger: Ledger, questions: pa.Table) -> pa.Table:
    """The answers to a table of questions (texts: see `projections.queries.question_table`), in their order.

    `found` says whether there is one; where not, `reason` does: nothing was known then, what was said was withdrawn, or
    the words fit several figures. Raises QuestionsRefused.
    """
    words = make_points(reader, ledger, questions)
    _choose(reader, words)
    _find(reader)
    for name in ("answers", "series", "statements", "many_moved", "tallies"):
        reader.ask(_text(name).format(few=FEW, forever=FOREVER))
    _count_moved(reader)
    return reader.table(_text("answered"), {})


def _choose(reader: Reader, words: Sequence[str]) -> None:
    """Make `candidates`: which figures each question may be about, by the columns in which any says something."""
    publisher = "words.publisher" if "publisher" in words else "CAST(NULL AS VARCHAR)"
    besides = [quoted(one) for one in words if one not in (FIGURE, "publisher")]
    by_id_alone = " AND ".join(["TRUE", *(f"words.{one} IS NULL" for one in besides)])
    fits = " AND ".join(["TRUE", *(_fits(one) for one in words if one not in (FIGURE, "publisher"))])
    filled = {"publisher": publisher, "by_id_alone": by_id_alone, "fits": fits}
    reader.ask(_text("candidates"))
    if FIGURE in words:
        reader.ask(_text("by_id").format(**filled))
        if besides:
            reader.ask(_text("by_id_and_words").format(**filled))
    if "subject" in words and "metric" in words:
        of_words = "words.figure_id IS NULL" if FIGURE in words else "TRUE"
        if "period_start" in words:
            reader.ask(_text("by_words").format(of_period=_text("of_period"), alone=of_words, **filled))
            of_words += " AND words.period_start IS NULL"
        reader.ask(_text("by_words").format(of_period="", alone=of_words, **filled))


def _fits(word: str) -> str:
    """The condition that a figure is what a word says, where it says something."""
    said = f"figures.{quoted(word)}"
    if word.startswith(DIMENSION):
        path = literals([f'$."{word.removeprefix(DIMENSION)}"'])
        said = f"JSON_EXTRACT_STRING(figures.dimensions, {path})"
    return f"(words.{quoted(word)} IS NULL OR {said} = words.{quoted(word)})"


def _find(reader: Reader) -> None:
    """Make `found`: which event answers each question."""
    _note_preferences(reader)
    crowded = _crowd(reader)
    reader.ask(
        _text("found").format(
            spans=_spans(reader, "candidates"),
            **_ranked(reader, spans="answer_intervals", points="points"),
            shown=shown_at("points.as_of", "points.held_at"),
            uncrowded="points.key NOT IN (SELECT key FROM crowded_spans)" if crowded else "TRUE",
        )
    )
    if crowded:
        _find_in_cells(reader)


def _note_preferences(reader: Reader) -> None:
    """Make `preferred_since`, where the ledger ever preferred anybody: also for metrics with their own preferences."""
    if not reader.prefers:
        return
    asked = "SELECT metric FROM log.figures WHERE figure_id IN (SELECT figure_id FROM candidates)"
    scopes = [EVERYTHING, *(one for (one,) in reader.ask(f"{_OWN} INTERSECT {asked} ORDER BY 1"))]
    rows = [
        (scope, *one)
        for scope in scopes
        for one in _ranks_since(reader.allowance.each(reader.preference_changes(scope)))
    ]
    names = {"scope": pa.string(), "publisher": pa.string(), "since": pa.int64(), "preferred": pa.int64()}
    columns = zip(*rows, strict=True) if rows else ([],) * len(names)
    lent = {name: pa.array(ones, kind) for (name, kind), ones in zip(names.items(), columns, strict=True)}
    with reader.lending(lent=pa.table(lent)):
        reader.ask(_text("preferred"))


def _ranks_since(changes: Iterable[PreferenceChange]) -> Iterator[tuple[str, int, int]]:
    """Publisher, position and rank: how it ranks from there on, each time that this is otherwise."""
    ranks: Mapping[str, int] = {}
    for change in changes:
        before, ranks = ranks, ranks_of(change.order)
        for publisher in before.keys() | ranks.keys():
            if before.get(publisher, 0) != ranks.get(publisher, 0):
                yield publisher, change.position, ranks.get(publisher, 0)


def _ranked(reader: Reader, *, spans: str, points: str) -> dict[str, str]:
    """How spans rank at points, by the names that these have in a statement."""
    if not reader.prefers:
        return {"rank": "rank", "preferred_then": ""}
    then = _text("preferred_then").format(spans=spans, points=points)
    return {"rank": "preferred_rank(preferred_since.preferred, rank)", "preferred_then": then}


def _crowd(reader: Reader) -> bool:
    """Make `crowded_spans`, where there are any: very many spans of which there are very many questions."""
    reader.ask(_text("crowded").format(few=FEW))
    if not reader.ask("SELECT 1 FROM crowded_candidates LIMIT 1"):
        return False
    reader.ask(_text("crowded_spans").format(spans=_spans(reader, "crowded_candidates"), few=FEW))
    return bool(reader.ask("SELECT 1 FROM crowded_spans LIMIT 1"))


def _spans(reader: Reader, candidates: str) -> str:
    """The query of the spans of some candidates."""
    publishers = reader.ask(f"SELECT 1 FROM {candidates} WHERE publisher IS NOT NULL LIMIT 1")
    of_publishers = _text("of_publishers").format(candidates=candidates) if publishers else ""
    spans = _text("spans").format(candidates=candidates, of_publishers=of_publishers, forever=FOREVER)
    if not reader.prefers:
        return _text("alike").format(spans=spans)
    return _text("by_preference").format(spans=spans, candidates=candidates, own=_OWN)


def _find_in_cells(reader: Reader) -> None:
    texts = sections("queries/crowded_points.sql")
    reader.ask(texts["rectangles"])
    levels = {}
    for clock in ("time", "place"):
        reader.ask(texts["edges"].format(clock=clock))
        ((last,),) = reader.ask(texts["levels"].format(clock=clock))
        levels[clock] = int(last).bit_length() + 1
    covering = {
        f"{clock}_cells": texts["covering"].format(levels=levels[clock], first=first, last=last)
        for clock, first, last in (
            ("time", "time_from.number", "time_to.number"),
            ("place", "place_first", "place_last"),
        )
    }
    reader.ask(texts["cells"].format(**covering))
    ranked = _ranked(reader, spans="cells", points="located")
    reader.ask(texts["found"].format(time_levels=levels["time"], place_levels=levels["place"], **ranked))


def _count_moved(reader: Reader) -> None:
    """Add to `tallies` the questions of series of very many statements that did not come in turn."""
    if not reader.ask("SELECT 1 FROM many_moved LIMIT 1"):
        return
    told = map(Saying._make, reader.ask(_text("many_sayings")))
    asked = map(Asked._make, reader.ask(_text("many_asked")))
    counts = series_revisions(reader.allowance.each(told), asked)
    rows = {"row": pa.array(list(counts), pa.int64()), "revisions": pa.array(list(counts.values()), pa.int32())}
    with reader.lending(lent=pa.table(rows)):
        reader.ask("INSERT INTO tallies SELECT * FROM lent")


@cache
def _text(name: str) -> str:
    return sections("queries/point_answers.sql")[name]
