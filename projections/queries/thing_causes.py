"""The events that made a thing another at one viewpoint than at the other.

Every statement of a thing bears on it, and on a facility also who is said to operate it. One that was said from one
viewpoint alone, or otherwise, leads to its causes: it was recorded or published in between, a ledger event acted on it,
a slug in it was merged, or its publisher took it back.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import UTC
from functools import cached_property
from itertools import chain
from typing import Any, NamedTuple

from ledger import Ledger
from projections.catalogue import CATALOGUE
from projections.queries.difference_causes import DifferenceCauses, Item, Seen, cause_item
from projections.queries.reader import Reader
from projections.queries.transition_types import things_of
from projections.queries.viewpoint_cursor import naive
from projections.sql_text import quoted, sections
from projections.tables.families import Family

Thing = tuple[str, ...]
OPERATES = "versions.relation = 'operates'"
"""Of which relationships a facility is told."""
_SIDES = ("before", "after")


class _Statement(NamedTuple):
    """A statement that is not said, or not as the same version, from both viewpoints."""

    seen: Seen
    cause: Item
    came_or_went: bool
    """Whether it is there from one of the viewpoints only, taken back or not."""
    withdrawals: list[Item]
    """What takes it back as seen from one of the viewpoints."""


Statements = dict[Thing, dict[str | None, list[_Statement]]]
"""By thing, and by the part that they name."""


class ThingCauses(DifferenceCauses):
    """Finds the causes of the differences of things."""

    def __init__(self, ledger: Ledger, before: Reader, after: Reader) -> None:
        super().__init__(ledger, before, after)
        self._families = after.families
        self._told: dict[int, Item] = {}

    def of_items(self, resource: str, items: Sequence[Item], turned: Collection[int]) -> Iterator[list[Item]]:
        """The causes of each of some differences of a resource, in order of position.

        `turned` are the places of those among them that the ledger's preferences turn.
        """
        family = self._families[CATALOGUE[resource].family]
        part = family.part
        things = [tuple(item[column] or "" for column in things_of(family)) for item in items]
        found = self._statements(family, list(dict.fromkeys(things)))
        if self._earlier != self._later:
            self._fetch({one.seen.position for parts in found.values() for one in chain(*parts.values())})
        for place, (item, thing) in enumerate(self._readers[0].allowance.each(zip(items, things, strict=True))):
            parts = found.get(thing, {})
            named = item[part] if part else None
            said = chain(*(parts.values() if named is None else map(parts.get, (None, named), ([], []))))
            yield self._causes(said, turned=place in turned)

    def _causes(self, statements: Iterable[_Statement], *, turned: bool) -> list[Item]:
        if self._earlier == self._later:
            made = ((one.cause, *one.withdrawals) if one.came_or_went else one.withdrawals for one in statements)
            causes = {cause["position"]: cause for cause in chain(*made)}
            return [causes[position] for position in sorted(causes)]
        positions = self._of_preference() if turned else set()
        for one in statements:
            positions |= self._positions([one.seen])
            for withdrawal in one.withdrawals:
                positions |= self._of_withdrawal(withdrawal["position"])
        return [self._cause_of(position) for position in sorted(positions)]

    def _of_withdrawal(self, position: int) -> set[int]:
        """The events that made a withdrawal seen from one viewpoint only."""
        body = self._says(position, self._later)
        is_published = {body is not None and self._published(position, body) <= at.as_of for at in self._views}
        return self._between(position) | ({position} if len(is_published) == 2 else set())

    def _cause_of(self, position: int) -> Item:
        if position not in self._told:
            self._told[position] = self._cause(position)
        return self._told[position]

    def _statements(self, family: Family, things: Sequence[Thing]) -> Statements:
        reader = self._readers[1]
        params: dict[str, Any] = {"things": things if len(things[:1] and things[0]) > 1 else [one for (one,) in things]}
        for side, at in zip(_SIDES, self._views, strict=True):
            params |= {f"{side}_position": at.position, f"{side}_known": naive(at.as_of)}
        found: Statements = {}
        for row in reader.allowance.rows_of(reader.table(_question(family), params)):
            recorded_at = row["recorded_at"].replace(tzinfo=UTC)
            cause = cause_item(row["event_id"], row["type"], row["position"], row["published_at"], recorded_at)
            withdrawals = [
                cause_item(**{**one, "recorded_at": one["recorded_at"].replace(tzinfo=UTC)}, kind="ReportWithdrawn")
                for one in row["withdrawals"] or ()
            ]
            statement = _Statement(Seen(row["position"], row["from_both"]), cause, row["came_or_went"], withdrawals)
            found.setdefault(tuple(row["thing"]), {}).setdefault(row["part"], []).append(statement)
        return found

    def _depended_on(self, position: int) -> set[int]:
        """Itself, and the merges of the slugs that it names."""
        positions = {position}
        family = self._families[self._entry(position).cls.family]
        for at in (self._earlier, self._later):
            for slug in family.slugs_in(self._says(position, at) or {}):
                positions.update(self._merges_of(slug, at))
        return positions

    def _reads_the_same(self, position: int) -> bool:
        family = self._families[self._entry(position).cls.family]
        earlier, later = (
            family.resolved(self._says(position, at) or {}, self._kept[at]) for at in (self._earlier, self._later)
        )
        return bool(earlier == later)

    @cached_property
    def _kept(self) -> dict[int, dict[str, str]]:
        """At each of the two positions, the slug that each merged one leads to in the end."""
        found: dict[int, dict[str, str]] = {}
        for at, merges in self._merges.items():
            kept = found.setdefault(at, {})
            for merged in merges:
                path = [merged]
                while path[-1] in merges and path[-1] not in kept:
                    path.append(merges[path[-1]][1])
                last = kept.get(path[-1], path[-1])
                kept.update(dict.fromkeys(path[:-1], last))
        return found


def _question(family: Family) -> str:
    """The query for the statements of things of a family that differ; of facilities, for those of operators too."""
    texts = sections("queries/thing_causes.sql")
    before, after = (f"({texts['held'].format(side=side)})" for side in _SIDES)
    columns = [f"versions.{quoted(column)}" for column in things_of(family)]
    thing = ", ".join([*columns[:3], *(f"COALESCE({one}, '')" for one in columns[3:])])
    part = family.part
    of_things = {
        "thing": thing,
        "named": thing if len(columns) == 1 else f"[{thing}]",
        "kind": "VARCHAR" if len(columns) == 1 else "VARCHAR[]",
        "part": f"versions.{quoted(part)}" if part else "CAST(NULL AS VARCHAR)",
        "family": family.name,
        "rows": "TRUE",
    }
    asked = [of_things]
    if family.name == "facilities":
        operated = {"thing": 'versions."object"', "part": "NULL", "family": "relationships", "rows": OPERATES}
        asked.append({**of_things, **operated, "named": operated["thing"]})
    statements = "\nUNION ALL\n".join(texts["of_things"].format(**one, before=before, after=after) for one in asked)
    return texts["seen"].format(statements=statements, before=before, after=after)
