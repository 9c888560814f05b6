"""Names: what a slug or the id of a figure means at a position of the log, where entities may have been merged."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import Any
from uuid import UUID

from ledger.values import fiscal_year_text
from projections.queries.figure_keys import Key, keys_by_other_names, recorded_keys
from projections.sql_text import literals
from projections.tables.lookups import id_of
from projections.tables.slug_meanings import SlugMeanings

NEAR_MAX = 128
"""Up to this many figures are looked for one by one, without reading all: those of a page, and the one after it."""

_HELD = "since <= $at AND until > $at"


def near(slugs: Iterable[str]) -> str:
    """A condition on a table with `subject_code` that leaves out the rows of other subjects, except a few.

    Subjects may share a code, so a condition on the subject itself must stand beside this one, which only saves time.
    """
    codes = ", ".join(map(_code_of, dict.fromkeys(slugs)))
    return f"subject_code IN ({codes})"


@lru_cache(maxsize=4096)
def _code_of(slug: str) -> str:
    return f"code_of({literals([slug])})"


class Names:
    """Looks names up in the tables. `ask` runs a query with parameters, `each` gives items as long as there is time for
    them; the tables must have reached `position`.

    `merged` says whether any slug was ever merged. `subject_of` gives the subject that the first event on a figure
    named, where the log has one.
    """

    def __init__(
        self,
        ask: Callable[..., list[Any]],
        position: int,
        *,
        merged: bool,
        subject_of: Callable[[UUID], str | None],
        each: Callable[[Iterable[Any]], Iterator[Any]] = iter,
    ) -> None:
        self._ask = ask
        self._each = each
        self._position = position
        self._merged = merged
        self._subject_of = subject_of
        self._known_keys: dict[UUID, Key | None] = {}

    @property
    def merged(self) -> bool:
        """Whether any slug was ever merged."""
        return self._merged

    def kept(self, slug: str) -> str:
        """The slug that a slug was merged into, or itself."""
        return self._meanings.kept(slug, self._position) if self._merged else slug

    def meanings_of(self, slug: str) -> list[tuple[int, str]]:
        """What a slug resolves to from which position on, up to now; the first from the start."""
        if not self._merged:
            return [(0, slug)]
        moves = (at for at in self._meanings.moves(slug) if at <= self._position)
        return [(at, self._meanings.kept(slug, at)) for at in (0, *moves)]

    def slugs_of(self, slug: str) -> list[str]:
        """Every slug that means the same as this one, the kept one first."""
        kept = self._slugs.get(slug, slug)
        return [kept, *sorted(merged for merged, into in self._slugs.items() if into == kept)]

    def kinds(self, slugs: Sequence[str]) -> dict[str, str]:
        """What kind of entity each of these slugs names, of those that are registered."""
        return dict(
            self._ask(
                f"SELECT entity, kind FROM log.entities WHERE type = 'EntityRegistered' AND {_HELD} "
                "AND LIST_CONTAINS($slugs, entity)",
                at=self._position,
                slugs=list(slugs),
            )
        )

    def fiscal_year(self, slug: str) -> str | None:
        """As `parse_period` takes it, of the entity registered under exactly this slug."""
        return self.fiscal_years([slug]).get(slug)

    def fiscal_years(self, slugs: Sequence[str]) -> dict[str, str | None]:
        """The same of each of these slugs, of those that are registered."""
        rows = self._ask(
            "SELECT entity, fiscal_year_end, fiscal_year_named FROM log.entities "
            f"WHERE type = 'EntityRegistered' AND {_HELD} AND LIST_CONTAINS($slugs, entity)",
            at=self._position,
            slugs=list(slugs),
        )
        return {slug: fiscal_year_text(end, named) for slug, end, named in rows}

    def figures(self, figure_ids: Sequence[UUID]) -> list[UUID]:
        """The figures under which ids answer: those of their keys with the slugs that are kept."""
        if not self._slugs:
            return list(figure_ids)
        keys = self.keys(figure_ids)
        return [self._figure_at(one, self._position, keys[one]) for one in figure_ids]

    def subjects(self, figure_id: UUID) -> list[str]:
        """The slugs under which the tables may have a figure; none where only all of them can tell.

        The slug of its subject is part of what a figure is, so it is the one that the first event named, or one that
        this has resolved to.
        """
        named = self._subject_of(figure_id)
        if named is None:
            return []
        resolved = {self._meanings.kept(named, at) for at in self._meanings.moves(named)} if self._merged else set()
        return [named, *sorted(resolved - {named})]

    def near(self, figure_ids: Collection[UUID | str]) -> str:
        """A condition on a table with `subject_code`: the rows that may be about these figures, as far as is known."""
        known = [self.subjects(UUID(str(one))) for one in figure_ids] if len(figure_ids) <= NEAR_MAX else [[]]
        return near(slug for slugs in known for slug in slugs) if known and all(known) else "TRUE"

    def identities(self, figure_ids: Sequence[UUID]) -> list[list[tuple[int, UUID]]]:
        """Under which id each of some figures answers from which position on, so far; the first one from the start."""
        if not self._merged:
            return [[(0, one)] for one in figure_ids]
        keys = self.keys(figure_ids)
        return [
            [(start, self._figure_at(one, start, keys[one])) for start in (0, *self._moves(keys[one]))]
            for one in figure_ids
        ]

    @cached_property
    def _meanings(self) -> SlugMeanings:
        return SlugMeanings.of_rows(
            self._ask("SELECT slug, number, since, until FROM log.slugs"),
            self._ask("SELECT number, kept, since, until FROM log.slug_groups"),
        )

    @cached_property
    def _slugs(self) -> dict[str, str]:
        """The slugs that are merged at the position, and the ones that they mean."""
        return self._meanings.merged(self._position) if self._merged else {}

    def _moves(self, key: Key | None) -> list[int]:
        """The positions so far from which on the slugs in a key mean others than before."""
        slugs = (key[0], key[2]) if key else ()
        moves = {at for slug in slugs if slug for at in self._meanings.moves(slug)}
        return sorted(at for at in moves if at <= self._position)

    def _figure_at(self, figure_id: UUID, position: int, key: Key | None) -> UUID:
        if key is None:
            return figure_id
        subject, metric, material, *rest = key
        kept = self._meanings.kept
        return id_of(kept(subject, position), metric, material and kept(material, position), *rest)

    def keys(self, figure_ids: Sequence[UUID]) -> Mapping[UUID, Key | None]:
        """The keys of figures; None where no event was ever recorded on one, under whatever names."""
        known = self._known_keys
        unknown = [one for one in dict.fromkeys(figure_ids) if one not in known]
        if unknown:
            known.update(dict.fromkeys(unknown))
            known.update(recorded_keys(self._ask, unknown, near=self.near(unknown), at=self._position))
            wanted = [one for one in unknown if known[one] is None]
            if wanted:
                tried = keys_by_other_names(self._ask, wanted, self._meanings.kin(), at=self._position)
                known.update(one for one in self._each(tried) if one)
        return known
