"""Filters: query parameters as SQL conditions on the items that a reader wants.

A condition applies to the rows of the log before they are folded (the subject of a figure), or to the items after the
fold (the status of a policy). A slug and the id of a figure mean what they mean at the viewpoint's position.
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from ledger import CalendarError
from ledger.events import NAME_PATTERN
from ledger.values import Period, is_fiscal, parse_period
from projections.catalogue import FIGURE_BESIDE_PERIOD
from projections.column_kinds import Kind
from projections.projection import OWN_MEANINGS, THINGS, Applies, Filter, Projection
from projections.queries import composite_ids
from projections.queries.comparisons import condition
from projections.queries.filter_values import FilterError, Value, values_of
from projections.queries.names import NEAR_MAX, Names, near
from projections.queries.transitions import PREFERRED_MAX
from projections.sql_text import quoted

LATEST_PERIOD = "latest"
"""The value of `period` that asks for the latest one of each figure."""

_OF_ONE_FIGURE = ({"figure_id"}, {"subject", "metric", "period"})
"""Filters that leave about one figure."""
NEAR_SUBJECTS_MAX = 128
"""Up to this many subjects are looked for one by one, without reading all that lies between them."""


class UnknownFilter(ValueError):
    """A projection has no filter of that name. `known` are those that it has."""

    def __init__(self, parameter: str, known: list[str]) -> None:
        super().__init__(f"unknown filter {parameter!r}; known: {', '.join(known)}")
        self.parameter = parameter
        self.known = known


class Selection:
    """Conditions on rows (of `versions`) and on items, with their parameters, whose names begin with `prefix`."""

    def __init__(self, prefix: str = "p") -> None:
        self._prefix = prefix
        self.rows: list[str] = []
        self.items: list[str] = []
        self.near: list[str] = []
        """Conditions on tables with `subject_code` that save reading other subjects. They leave no wanted row out."""
        self.latest: tuple[str, ...] = ()
        """Where set, of the items that are the same in these columns only those with the latest period are wanted."""
        self.of_whole: str | None = None
        """The condition on items that they are about whole things, where there are such of parts."""
        self.of_publishers = False
        """Whether things are wanted as the publishers in `$publishers` say alone."""
        self.params: dict[str, Any] = {}

    @property
    def of_all(self) -> bool:
        """Whether all things are wanted as they are, each of them whole."""
        return not self.of_publishers and self.items == ([self.of_whole] if self.of_whole else [])

    def rows_of(self, projection: Projection) -> dict[str, list[str]]:
        """The conditions on rows by relation, for a question about a projection."""
        return {projection.family: self.rows, "answer_intervals": self.near}

    def bind(self, value: Any) -> str:
        """Add a parameter with this value; gives how to write it in a condition."""
        name = f"{self._prefix}{len(self.params)}"
        self.params[name] = value
        return f"${name}"

    def keep_near(self, condition: str) -> None:
        """Leave out rows of other subjects: see `projections.queries.names.near`."""
        if condition != "TRUE":
            self.near.append(condition)
            self.rows.append(f"versions.{condition}")

    def keep_subjects(self, subjects: Sequence[str]) -> None:
        """Keep only figures about these subjects: all from the first to the last, in order, that have any."""
        if subjects:
            if len(subjects) <= NEAR_SUBJECTS_MAX:
                self.keep_near(near(subjects))
            self.rows.append(f"versions.subject BETWEEN {self.bind(subjects[0])} AND {self.bind(subjects[-1])}")
        else:
            self.near.append("FALSE")
            self.rows.append("FALSE")

    def choose(self, figure_ids: Collection[UUID | str], *, near: str) -> None:
        """Keep only these figures, which are near."""
        self.rows.append(one_of(self.bind(list(figure_ids)), count=len(figure_ids)))
        self.keep_near(near)


def is_of_one_figure(selection: Selection, filters: Mapping[str, Value]) -> bool:
    """Whether filters leave about one figure."""
    return not selection.latest and any(key <= set(filters) for key in _OF_ONE_FIGURE)


def one_of(figure_ids: str, *, count: int) -> str:
    """A condition on rows of figures: theirs is one of the `count` ids in a bound list."""
    if count <= NEAR_MAX:
        return f"LIST_CONTAINS(CAST({figure_ids} AS UUID[]), versions.figure_id)"
    return f"versions.figure_id IN (SELECT UNNEST(CAST({figure_ids} AS UUID[])))"


def select(
    projection: Projection, filters: Mapping[str, Value], names: Names, *, prefix: str | None = None
) -> Selection:
    """The conditions that filters make; `prefix` is how the names of their parameters begin, where another selection
    stands in the same question. Raises UnknownFilter and FilterError.
    """
    return _Conditions(projection, filters, names, Selection(prefix) if prefix else Selection()).selection


class _Conditions:
    """Makes the conditions of one set of filters; `selection` has them."""

    def __init__(
        self, projection: Projection, filters: Mapping[str, Value], names: Names, selection: Selection
    ) -> None:
        self.selection = selection
        self._projection = projection
        self._names = names
        known_filters = {name: filter_named(projection, name) for name in filters}
        self._filters = {name: values_of(known, name, filters[name]) for name, known in known_filters.items()}
        for name, values in self._filters.items():
            known = known_filters[name]
            wrong = next((one for one in values if known.choices and one not in known.choices), None)
            if wrong is not None:
                raise FilterError(name, f"{wrong[:40]!r} is none of: {', '.join(known.choices)}")
            if known.column is None:
                _MEANINGS[known.name](self, name, values)
            else:
                self._compare(known, known.column, values, kind=projection.kinds[known.column])
        subjects = self._filters.get("subject", [])
        if 0 < len(subjects) <= NEAR_SUBJECTS_MAX and projection.family == "figures":
            self.selection.keep_near(near(map(names.kept, subjects)))
        self._prefer()
        self._of_publishers()
        if projection.part is not None and projection.part not in self._filters:
            self.selection.of_whole = f"{quoted(projection.part)} IS NULL"
            self.selection.items.append(self.selection.of_whole)
        if projection.name == "figures":
            self._choose_answers()

    def _compare(self, known: Filter, column: str, values: list[str], *, kind: Kind) -> None:
        if kind.names_entities:
            values = [self._names.kept(slug) for slug in values]
        on_rows = known.applies is Applies.ROWS
        name = f"versions.{quoted(column)}" if on_rows else quoted(column)
        if on_rows and kind in (Kind.TEXT, Kind.SLUG) and len(values) == 1:
            # By equality with one value, DuckDB can skip parts of a table.
            self.selection.rows.append(f"{name} = {self.selection.bind(values[0])}")
            return
        try:
            fits = condition(kind, name, values, self.selection.bind)
        except ValueError as error:
            raise FilterError(known.name, str(error)) from None
        (self.selection.rows if on_rows else self.selection.items).append(fits)

    def _prefer(self) -> None:
        """In which order publishers are preferred."""
        slugs = self._filters.get("prefer", [])
        if len(slugs) > PREFERRED_MAX:
            raise FilterError("prefer", f"{len(slugs)} publishers are too many; {PREFERRED_MAX} at most")
        self.selection.params["prefer"] = [self._names.kept(slug) for slug in slugs]

    def _of_publishers(self) -> None:
        """Whose statements alone make things what they are."""
        if self._projection.family in THINGS and (slugs := self._filters.get("publisher")):
            if len(slugs) > PREFERRED_MAX:
                raise FilterError("publisher", f"{len(slugs)} publishers are too many; {PREFERRED_MAX} at most")
            self.selection.of_publishers = True
            self.selection.params["publishers"] = [self._names.kept(slug) for slug in slugs]

    def _choose_answers(self) -> None:
        """Which of the publishers' answers to a figure is shown."""
        if "publisher" not in self._filters and self._filters.get("resolve", ["latest"]) == ["latest"]:
            self.selection.items.append("place = 1")

    def _nothing(self, name: str, values: list[str]) -> None:
        """No condition: it chooses among what publishers say, not among figures or things."""

    def _subject_kind(self, name: str, values: list[str]) -> None:
        self.selection.rows.append(
            "versions.subject IN (SELECT entity FROM log.entities WHERE type = 'EntityRegistered' "
            f"AND since <= $position AND until > $position AND LIST_CONTAINS({self.selection.bind(values)}, kind))"
        )

    def _dimension(self, name: str, values: list[str]) -> None:
        path = self.selection.bind(f'$."{name.partition(".")[2]}"')
        wanted = self.selection.bind(values)
        self.selection.rows.append(f"LIST_CONTAINS({wanted}, JSON_EXTRACT_STRING(versions.dimensions, {path}))")

    def _figure_id(self, name: str, values: list[str]) -> None:
        try:
            ids = self._names.figures([UUID(value) for value in values])
        except ValueError:
            wrong = next(value for value in values if not _is_uuid(value))
            raise FilterError(name, f"{wrong[:60]!r} is no UUID") from None
        self.selection.choose(ids, near=self._names.near(ids))

    def _composite(self, name: str, values: list[str]) -> None:
        known_by, kinds = self._projection.known_by, self._projection.kinds
        entities = [column for column in known_by if kinds[column].names_entities]
        fits = (
            composite_ids.condition(
                composite_ids.parts_of(name, value, known_by),
                known_by,
                kept=self._names.kept,
                entities=entities,
                bind=self.selection.bind,
            )
            for value in values
        )
        self.selection.rows.append(f"({' OR '.join(fits)})")

    def _period(self, name: str, values: list[str]) -> None:
        if LATEST_PERIOD in values and self._projection.name == "figures":
            if len(values) > 1:
                raise FilterError(name, f"{LATEST_PERIOD} is no period among others: give it alone")
            self.selection.latest = FIGURE_BESIDE_PERIOD
            return
        bind = self.selection.bind
        exactly = []
        for period in self._periods(name, values):
            start, end = bind(period.start), bind(period.end)
            exactly.append(f"(versions.period_start = {start} AND versions.period_end = {end})")
        self.selection.rows.append(f"({' OR '.join(exactly)})")

    def _period_from(self, name: str, values: list[str]) -> None:
        first = min(period.start for period in self._periods(name, values))
        self.selection.rows.append(f"versions.period_start >= {self.selection.bind(first)}")

    def _period_to(self, name: str, values: list[str]) -> None:
        last = max(period.end for period in self._periods(name, values))
        self.selection.rows.append(f"versions.period_end <= {self.selection.bind(last)}")

    def _q(self, name: str, values: list[str]) -> None:
        wanted = (f"CONTAINS(searched, LOWER({self.selection.bind(value)}))" for value in values)
        self.selection.items.append(f"({' OR '.join(wanted)})")

    def _periods(self, name: str, values: list[str]) -> list[Period]:
        """Periods in a filter; a fiscal one is that of the subject in the same filters."""
        subjects = self._filters.get("subject", [])
        periods = []
        for value in values:
            fiscal = is_fiscal(value)
            fiscal_year = self._names.fiscal_year(subjects[0]) if fiscal and len(subjects) == 1 else None
            try:
                periods.append(parse_period(value, fiscal_year or "12-31"))
            except CalendarError as error:
                raise FilterError(name, str(error)) from None
            if fiscal and fiscal_year is None:
                raise FilterError(
                    name, f"{value!r} is a fiscal period: name one subject, which has a fiscal year, with it"
                )
        return periods


_MEANINGS: Mapping[str, Callable[[_Conditions, str, list[str]], None]] = {
    "period": _Conditions._period,
    "period_from": _Conditions._period_from,
    "period_to": _Conditions._period_to,
    "subject_kind": _Conditions._subject_kind,
    "dimension.*": _Conditions._dimension,
    "figure_id": _Conditions._figure_id,
    "relationship": _Conditions._composite,
    "prefer": _Conditions._nothing,
    "publisher": _Conditions._nothing,
    "resolve": _Conditions._nothing,
    "q": _Conditions._q,
}
if _MEANINGS.keys() != OWN_MEANINGS.keys():
    raise TypeError(
        f"filters without a column that are declared or defined only: {_MEANINGS.keys() ^ OWN_MEANINGS.keys()}"
    )


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def filter_named(projection: Projection, name: str) -> Filter:
    """The filter of a projection that a name stands for. Raises UnknownFilter."""
    for known in projection.filters:
        beginning = known.name[:-1]
        if known.name == name and not name.endswith("*"):
            return known
        if not known.name.endswith("*") or not name.startswith(beginning):
            continue
        if re.fullmatch(NAME_PATTERN, name[len(beginning) :]):
            return known
    raise UnknownFilter(name, [known.name for known in projection.filters])
