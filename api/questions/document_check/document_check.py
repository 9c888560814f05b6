"""A check of a document: its numbers are read, what was ever said of their figures is looked up, and each is judged.

All numbers are looked up together: the names of entities, the figures of the subjects that are named, and what was
said of the figures that are claimed and of those of their series, a statement of SQL each.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeAlias

from api.documents import Claim, Label, Lexicon, Row, UnreadNumber, entity_names
from api.problems import Problem
from api.questions.document_check.claim_fit import amounts_of
from api.questions.document_check.claim_verdict import Judgement, judgement
from projections import Inquiry, Viewpoint
from projections.audit import entity_labels, figure_sayings, figures_of, same_amounts

NUMBERS_MAX = 20_000
SAID_OF_MAX = 3
"""An unread number that more figures share tells nothing."""
Reading: TypeAlias = Iterable["Claim | UnreadNumber"]


@dataclass(frozen=True)
class CheckedClaim:
    """A claim with what is to be said of it now, and perhaps of the day on which it was written."""

    claim: Claim
    now: Judgement
    written: Judgement | None


@dataclass(frozen=True)
class DocumentCheck:
    """The claims of a document in their order, each judged, and the numbers that name no figure."""

    claims: Sequence[CheckedClaim]
    unread: Sequence[UnreadNumber]
    said_of: Sequence[Sequence[Mapping[str, Any]]]
    """Of each unread number, the few figures of which exactly this is said."""


def checked_document(
    engine: Inquiry,
    texts: Iterable[str],
    read: Callable[[Lexicon], Reading],
    viewpoint: Viewpoint,
    written: Viewpoint | None = None,
) -> DocumentCheck:
    """Judge the claims that `read` finds with a lexicon. `texts` are all of the document, for the names in it."""
    lexicon = lexicon_of(engine, texts, viewpoint)
    with engine.reader(viewpoint) as reader:
        found = []
        for one in reader.allowance.each(read(lexicon)):
            found.append(one)
            if len(found) > NUMBERS_MAX:
                raise Problem(
                    422, "document-refused", f"Nothing was checked: the document has more than {NUMBERS_MAX:,} numbers."
                )
    claims = [one for one in found if isinstance(one, Claim)]
    now = _judged(engine, claims, viewpoint)
    then: Iterator[Judgement | None] = (
        iter([None] * len(claims)) if written is None else iter(_judged(engine, claims, written))
    )
    checked = [CheckedClaim(*one) for one in zip(claims, now, then, strict=True)]
    unread = [one for one in found if isinstance(one, UnreadNumber)]
    return DocumentCheck(checked, unread, _said_of(engine, unread, viewpoint))


def lexicon_of(engine: Inquiry, texts: Iterable[str], viewpoint: Viewpoint) -> Lexicon:
    """The lexicon of the subjects that some texts name."""
    with engine.reader(viewpoint) as reader:
        labels = [Label(*one) for one in entity_labels(reader)]
        named = _named(labels, texts)
        rows = [Row(*one) for one in figures_of(reader, sorted(named))]
        fiscal_years = reader.names.fiscal_years(sorted({one.subject for one in rows}))
        return Lexicon(labels, rows, fiscal_years)


def _named(labels: Sequence[Label], texts: Iterable[str]) -> set[str]:
    kinds = {one.entity: one.kind for one in labels}
    called: dict[str, list[str]] = {}
    for one in labels:
        called.setdefault(one.entity, []).append(one.label)
    names = entity_names(kinds, called)
    found = {
        slug for text in texts for spoken in names.find(text) for meaning in spoken.meanings for slug in meaning.values
    }
    return found | {entity for entity, kind in kinds.items() if kind == "facility"}


def _judged(engine: Inquiry, claims: Sequence[Claim], viewpoint: Viewpoint) -> list[Judgement]:
    figures = {one for claim in claims for series in claim.series for one in series.figures.values()}
    subjects = {series.subject for claim in claims for series in claim.series}
    with engine.reader(viewpoint) as reader:
        known = figure_sayings(reader, sorted(figures), sorted(subjects)) if figures else {}
        return [judgement(claim, known) for claim in reader.allowance.each(claims)]


def _said_of(
    engine: Inquiry, unread: Sequence[UnreadNumber], viewpoint: Viewpoint
) -> list[Sequence[Mapping[str, Any]]]:
    amounts = [list(amounts_of(one.number)) for one in unread]
    with engine.reader(viewpoint) as reader:
        known = same_amounts(reader, {amount for ones in amounts for amount in ones})
    found: list[Sequence[Mapping[str, Any]]] = []
    for ones in amounts:
        figures = {figure["figure_id"]: figure for amount in ones for figure in known.get(amount, ())}
        found.append([*figures.values()] if len(figures) <= SAID_OF_MAX else [])
    return found


def day_of(viewpoint: Viewpoint | None) -> date | None:
    """The day of a viewpoint."""
    return None if viewpoint is None else viewpoint.as_of.date()
