"""A table of questions: each row asks for a figure, by its id or its words, as it was known at its own viewpoint.

Example: the rows (`subject` lynas-rare-earths, `metric` production, `period` 2025-Q2, `as_of` 2025-09-30) and (the
same, `as_of` 2025-10-31) ask what was known of one figure at the end of two months. The words mean what they mean as
filters of a list of figures at the viewpoint of their row: aliases, slugs before a merge and fiscal years too.

The rows become *points* in SQL, in a few statements for any number of rows. What is printed in some unusual way is read
in Python, each spelling once.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any
from uuid import UUID

import pyarrow as pa

from ledger import CalendarError, Ledger
from ledger.values import POSITION_DIGITS_MAX, POSITION_PREFIX, is_fiscal, parse_moment, parse_period
from projections.queries.compose import text_of
from projections.queries.question_columns import (
    AS_OF,
    DIMENSION,
    FIGURE,
    NAMES,
    QUESTION_COLUMNS,
    RECORDED_AS_OF,
    QuestionsRefused,
)
from projections.queries.reader import Reader
from projections.queries.viewpoint_cursor import naive
from projections.sql_text import quoted, sections
from projections.tables.families import FOREVER
from projections.tables.lookups import id_of

LISTED_MAX = 100
LABELS_MAX = 100
"""A name that so many entities have, or had, and more means none of them."""
ROW = "row"
_PLAINLY = (
    r"[1-8][0-9]{3}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01])"
    r"(T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,6})?Z)?)?)?"
)
"""How moments are mostly printed: years, months, days, and instants in UTC."""


def make_points(reader: Reader, ledger: Ledger, sent: pa.Table) -> list[str]:
    """Make the table `points` of the cursor's database out of a table of texts; by which columns figures are asked for.

    No row sees what was recorded after the reader's viewpoint. Raises QuestionsRefused.
    """
    known = [name for name in sent.column_names if name in QUESTION_COLUMNS or name.startswith(DIMENSION)]
    asked = {name: sent[name] for name in known if sent[name].null_count < len(sent)}
    asked.setdefault(AS_OF, pa.nulls(len(sent), pa.string()))
    numbered = {ROW: pa.array(range(1, len(sent) + 1), pa.int64()), **asked}
    reading = _Reading(reader, ledger, list(asked))
    with reader.lending(sent=pa.table(numbered)):
        reader.ask(_text("faults"))
        reading.check_rows()
        reading.read_clocks()
        reading.read_names()
        return reading.read_periods()


class _Reading:
    """Reads the rows of `sent`, which has these columns, into `points`, step by step."""

    def __init__(self, reader: Reader, ledger: Ledger, columns: Sequence[str]) -> None:
        self._reader = reader
        self._ledger = ledger
        self._columns = columns
        self._ask = reader.ask

    def check_rows(self) -> None:
        """What every row must say."""
        words = [f"{one} IS NULL" for one in ("subject", "metric") if one in self._columns]
        no_words = " OR ".join(words) if len(words) == 2 else "TRUE"
        no_figure = f"({no_words})" + (" AND figure_id IS NULL" if FIGURE in self._columns else "")
        figure = "say which figure: its figure_id, or its subject and metric, and what else tells it apart"
        known = "say what was known when: a year, month, day or instant"
        for column, lacks, detail in ((AS_OF, "as_of IS NULL", known), (FIGURE, no_figure, figure)):
            self._ask(_text("lacking").format(column=column, detail=detail, lacks=lacks))
        if FIGURE in self._columns:
            no_id = "figure_id IS NOT NULL AND TRY_CAST(figure_id AS UUID) IS NULL"
            unread = self._ask(f"SELECT DISTINCT figure_id FROM sent WHERE {no_id}")
            self._fault(FIGURE, "uuid", [(one, f"{one[:60]!r} is no UUID") for (one,) in unread])
        self._raise()

    def read_clocks(self) -> None:
        """The moments of both clocks become instants and positions."""
        by_ledger = RECORDED_AS_OF in self._columns
        if by_ledger:
            self._read_positions()
        self._read_moments(AS_OF)
        self._raise()
        words = [name for name in self._columns if name not in (AS_OF, RECORDED_AS_OF)]
        if "period" in words:
            words.append("CAST(NULL AS VARCHAR) AS fiscal_year")
        columns = "".join(f"{one if ' ' in one else quoted(one)},\n  " for one in words)
        held_at = "COALESCE(recorded.held_at, $position)" if by_ledger else "$position"
        recorded = _text("questions_recorded") if by_ledger else ""
        self._ask(_text("questions").format(columns=columns, held_at=held_at, recorded=recorded))

    def _read_positions(self) -> None:
        self._read_moments(RECORDED_AS_OF)
        beyond = self._ask("SELECT printed, held_at FROM moments WHERE held_at > $position")
        ends = f"the log that is asked ends at position {self._reader.viewpoint.position}"
        faults = [(one, f"position {held_at} is not there: {ends}") for one, held_at in beyond]
        self._fault(RECORDED_AS_OF, "beyond_head", faults)
        self._place_moments()
        self._ask(_text("recorded"))

    def _read_moments(self, column: str) -> None:
        as_position = rf"{POSITION_PREFIX}[0-9]{{1,{POSITION_DIGITS_MAX}}}" if column == RECORDED_AS_OF else ""
        self._ask(_text("moments").format(column=column), plainly=_PLAINLY, as_position=as_position)
        unread = self._ask("SELECT printed FROM moments WHERE ends IS NULL AND held_at IS NULL")
        read = [(one, *_moment(one)) for (one,) in self._each(unread)]
        self._read([(one, ends) for one, ends, fault in read if not fault])
        self._fault(column, "moment", [(one, fault) for one, _, fault in read if fault])

    def _read(self, ends: Sequence[tuple[str, Any]] = (), at: Sequence[tuple[str, int]] = ()) -> None:
        if ends or at:
            rows = {
                "printed": pa.array([one for one, _ in (*ends, *at)], pa.string()),
                "ends": pa.array([*(one for _, one in ends), *(None for _ in at)], pa.timestamp("us")),
                "held_at": pa.array([*(None for _ in ends), *(one for _, one in at)], pa.int64()),
            }
            self._lend(rows, _text("moments_read"))

    def _place_moments(self) -> None:
        """The positions of the moments of the ledger clock: in one pass, and where something was erased one by one."""
        if not self._ask("SELECT 1 FROM moments WHERE ends IS NOT NULL LIMIT 1"):
            return
        families = (f"SELECT position, recorded_at FROM log.{quoted(name)}" for name in self._reader.families)
        self._ask(_text("ledger_clock").format(recorded=" UNION ALL ".join(families)), head=self._ledger.head())
        ((first,),) = self._ask("SELECT MIN(first) FROM ledger_clock")
        self._ask(_text("moments_placed"), first=first or 0)
        left = self._ask("SELECT printed FROM moments WHERE held_at IS NULL")
        self._read(at=[(one, self._ledger.position_at(parse_moment(one).end)) for (one,) in self._each(left)])
        self._ask("UPDATE moments SET held_at = LEAST(held_at, $position)")

    def read_names(self) -> None:
        """Names of entities that are no slugs become slugs; slugs that were merged become those that are kept."""
        names = [one for one in NAMES if one in self._columns]
        merged = self._reader.names.merged
        if names:
            of_names = " UNION ".join(f"SELECT {one} AS name FROM questions" for one in names)
            self._ask(_text("doubtful").format(names=of_names, forever=FOREVER))
            if self._ask("SELECT 1 FROM doubtful LIMIT 1"):
                for column in names:
                    self._take(column)
        if "period" in self._columns and "subject" in self._columns:
            self._ask(_text("fiscal"))
        if merged and FIGURE in self._columns:
            self._identify()
        if merged:
            for column in names:
                self._ask(_text("kept").format(table="questions", column=column))

    def _take(self, column: str) -> None:
        self._ask(_text("unknown").format(column=column))
        if not self._ask("SELECT 1 FROM unknown LIMIT 1"):
            return
        self._ask(_text("labels").format(labels=text_of("labels"), labels_max=LABELS_MAX))
        self._ask(_text("meant").format(of_kind=_text("organisations") if column == "publisher" else "TRUE"))
        if self._reader.names.merged:
            self._ask(_text("kept").format(table="meant", column="slug"))
        self._ask(_text("taken").format(column=column))

    def _identify(self) -> None:
        """Ids of figures become those under which the figures are known at the position of their row."""
        ids = [
            UUID(one) for (one,) in self._ask("SELECT DISTINCT figure_id FROM questions WHERE figure_id IS NOT NULL")
        ]
        keys = {one: key for one, key in self._reader.names.keys(ids).items() if key is not None}
        rows = {
            "id": _texts(str(one) for one in keys),
            "subject": _texts(key[0] for key in keys.values()),
            "material": _texts(key[2] for key in keys.values()),
        }
        self._ask("UPDATE questions SET figure_id = CAST(CAST(figure_id AS UUID) AS VARCHAR)")
        self._lend(rows, _text("identified"))
        for column in ("subject", "material"):
            self._ask(_text("kept").format(table="identified", column=column))
        kept = self._ask("SELECT DISTINCT id, subject, material FROM identified")
        made = [
            (one, subject, material, str(id_of(subject, keys[UUID(one)][1], material, *keys[UUID(one)][3:])))
            for one, subject, material in self._each(kept)
            if (subject, material) != (keys[UUID(one)][0], keys[UUID(one)][2])
        ]
        columns = ("id", "subject", "material", "kept_id")
        self._lend(
            {name: _texts(row[place] for row in made) for place, name in enumerate(columns)}, _text("identities")
        )

    def read_periods(self) -> list[str]:
        """The days of periods; then the points are made. Gives the columns by which figures are asked for."""
        words = [name for name in self._columns if name not in (AS_OF, RECORDED_AS_OF, "period")]
        replacing = "REPLACE (CAST(figure_id AS UUID) AS figure_id)" if FIGURE in words else ""
        if "period" not in self._columns:
            self._ask(_text("points").format(words=_listed(words), replacing=replacing, of_periods=""))
            return words
        pairs = self._ask("SELECT DISTINCT period, fiscal_year FROM questions WHERE period IS NOT NULL")
        days = [_period(*pair) for pair in self._each(pairs)]
        rows = {
            "period": _texts(period for period, _ in pairs),
            "fiscal_year": _texts(year for _, year in pairs),
            "period_start": pa.array([start for start, _, _ in days], pa.date32()),
            "period_end": pa.array([end for _, end, _ in days], pa.date32()),
            "detail": _texts(detail for _, _, detail in days),
        }
        self._lend(rows, _text("faulty_periods"))
        self._raise()
        words += ["period_start", "period_end"]
        of_days = f"EXCLUDE (period, fiscal_year) {replacing}, lent.period_start, lent.period_end"
        text = _text("points").format(words=_listed(words), replacing=of_days, of_periods=_text("of_periods"))
        self._lend(rows, text)
        return words

    def _fault(self, column: str, rule: str, faults: Sequence[tuple[str, str]]) -> None:
        if faults:
            rows = {"printed": _texts(one for one, _ in faults), "detail": _texts(detail for _, detail in faults)}
            self._lend(rows, _text("faulty").format(column=column, rule=rule))

    def _raise(self) -> None:
        ((count,),) = self._ask("SELECT COUNT(*) FROM faults")
        if count:
            rows = self._ask("SELECT * FROM faults ORDER BY row, pointer LIMIT $most", most=LISTED_MAX)
            names = (ROW, "pointer", "rule", "detail")
            raise QuestionsRefused([dict(zip(names, row, strict=True)) for row in rows], count)

    def _lend(self, rows: Mapping[str, pa.Array], statement: str) -> None:
        with self._reader.lending(lent=pa.table(dict(rows))):
            self._ask(statement)

    def _each(self, rows: Sequence[Any]) -> Iterator[Any]:
        return self._reader.allowance.each(rows)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(map(quoted, names)) or "TRUE"


def _moment(text: str) -> tuple[Any, str | None]:
    """(the last microsecond of a printed moment, None), or (None, why it is none)."""
    try:
        return naive(parse_moment(text).end), None
    except CalendarError as error:
        return None, str(error)


def _period(text: str, fiscal_year: str | None) -> tuple[Any, Any, str | None]:
    """(the first day, the last day, None), or (None, None, why it is no period)."""
    try:
        period = parse_period(text, fiscal_year or "12-31")
    except CalendarError as error:
        return None, None, str(error)
    if is_fiscal(text) and fiscal_year is None:
        return None, None, f"{text!r} is a fiscal period: name one subject, which has a fiscal year, with it"
    return period.start, period.end, None


def _texts(values: Any) -> pa.Array:
    return pa.array(list(values), pa.string())


@cache
def _text(name: str) -> str:
    return sections("queries/question_table.sql")[name]
