"""Names: what a slug or the id of a figure means at a position of the log, where entities may have been merged."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from itertools import product
from typing import Any
from uuid import UUID

from projections.sql_text import literals
from projections.tables.lookups import id_of
from projections.tables.slug_meanings import SlugMeanings

NEAR_MAX = 100
"""Up to this many figures are looked for one by one, without reading all."""

_KEY = "subject, metric, material, dimensions, nature, period_start, period_end, canonical_unit"
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
    """Looks names up in the tables. `ask` runs a query with parameters; the tables must have reached `position`.

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
    ) -> None:
        self._ask = ask
        self._position = position
        self._merged = merged
        self._subject_of = subject_of

    def kept(self, slug: str) -> str:
        """The slug that a slug was merged into, or itself."""
        return self._meanings.kept(slug, self._position) if self._merged else slug

    def slugs_of(self, slug: str) -> list[str]:
        """Every slug that means the same as this one, the kept one first."""
        slugs = self._slugs(self._position)
        kept = slugs.get(slug, slug)
        return [kept, *sorted(merged for merged, into in slugs.items() if into == kept)]

    def fiscal_year_end(self, slug: str) -> str | None:
        """`MM-DD`, of the entity registered under exactly this slug."""
        rows = self._ask(
            f"SELECT fiscal_year_end FROM log.entities WHERE type = 'EntityRegistered' AND entity = $slug AND {_HELD}",
            at=self._position,
            slug=slug,
        )
        return rows[0][0] if rows else None

    def figure(self, figure_id: UUID) -> UUID:
        """The figure under which an id answers: that of its key with the slugs that are kept."""
        if not self._slugs(self._position):
            return figure_id
        return self._figure_at(figure_id, self._position, self._key(figure_id))

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

    def identities(self, figure_id: UUID) -> list[tuple[int, UUID]]:
        """Under which id a figure answers from which position on, so far; the first one from the start."""
        if not self._merged:
            return [(0, figure_id)]
        key = self._key(figure_id)
        if key is None:
            moved = self._meanings.positions()
        else:
            moved = {at for slug in (key[0], key[2]) if slug for at in self._meanings.moves(slug)}
        starts = [0, *sorted(at for at in moved if at <= self._position)]
        return [(start, self._figure_at(figure_id, start, key)) for start in starts]

    @cached_property
    def _meanings(self) -> SlugMeanings:
        return SlugMeanings.of_rows(
            self._ask("SELECT slug, number, since, until FROM log.slugs"),
            self._ask("SELECT number, kept, since, until FROM log.slug_groups"),
        )

    def _slugs(self, position: int) -> dict[str, str]:
        """The slugs that are merged at a position, and the ones that they mean."""
        return self._meanings.merged(position) if self._merged else {}

    def _figure_at(self, figure_id: UUID, position: int, key: Sequence[Any] | None) -> UUID:
        if key is not None:
            subject, metric, material, *rest = key
            kept = self._meanings.kept
            return id_of(kept(subject, position), metric, material and kept(material, position), *rest)
        slugs = self._slugs(position)
        return next(self._with_other_slugs(figure_id, slugs, position), figure_id) if slugs else figure_id

    def _key(self, figure_id: UUID) -> Sequence[Any] | None:
        """The key of a figure, where an event was ever recorded on it."""
        known = self._ask(
            f"SELECT {_KEY} FROM log.figures WHERE {self.near([figure_id])} AND figure_id = $figure_id "
            "AND since <= $at LIMIT 1",
            at=self._position,
            figure_id=figure_id,
        )
        return known[0] if known else None

    def _with_other_slugs(self, figure_id: UUID, slugs: Mapping[str, str], position: int) -> Iterator[UUID]:
        """The figure whose key, with a slug that was merged, has this id, though no event ever had."""
        names: dict[str, list[str]] = {}
        for slug, kept in slugs.items():
            names.setdefault(kept, [kept]).append(slug)
        keys = self._ask(
            f"SELECT DISTINCT figure_id, {_KEY} FROM log.figures WHERE {_HELD} "
            "AND (LIST_CONTAINS($kept, subject) OR LIST_CONTAINS($kept, material))",
            at=position,
            kept=list(names),
        )
        for known, subject, metric, material, *rest in keys:
            for one, other in product(names.get(subject, [subject]), names.get(material, [material])):
                if id_of(one, metric, other, *rest) == figure_id:
                    yield known
