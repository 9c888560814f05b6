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
from api.questions.document_check.claim_verdict import Judgement, Verdict, judgement
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
    known, wider = lexicons_of(engine, texts, viewpoint)
    found = _read(engine, read, known, viewpoint)
    if wider is not None:
        found = _with_absent(engine, found, _read(engine, read, wider, viewpoint), viewpoint)
    claims = [one for one in found if isinstance(one, Claim)]
    now = _judged(engine, claims, viewpoint)
    then: Iterator[Judgement | None] = (
        iter([None] * len(claims)) if written is None else iter(_judged(engine, claims, written))
    )
    checked = [CheckedClaim(*one) for one in zip(claims, now, then, strict=True)]
    unread = [one for one in found if isinstance(one, UnreadNumber)]
    return DocumentCheck(checked, unread, _said_of(engine, unread, viewpoint))


def _read(
    engine: Inquiry, read: Callable[[Lexicon], Reading], lexicon: Lexicon, viewpoint: Viewpoint
) -> list[Claim | UnreadNumber]:
    found = []
    with engine.reader(viewpoint) as reader:
        for one in reader.allowance.each(read(lexicon)):
            found.append(one)
            if len(found) > NUMBERS_MAX:
                raise Problem(
                    422, "document-refused", f"Nothing was checked: the document has more than {NUMBERS_MAX:,} numbers."
                )
    return found


def _with_absent(
    engine: Inquiry, found: Sequence[Claim | UnreadNumber], wider: Reading, viewpoint: Viewpoint
) -> list[Claim | UnreadNumber]:
    """What was found, with claims for the numbers that name no figure of which anything stands: those that name one
    which is not known yet, or that say what this ledger had wrong.
    """
    elsewhere = {one.place: one for one in wider if isinstance(one, Claim) and one.figure_id is not None}
    silent = [
        one.place for one in found if isinstance(one, UnreadNumber) or (one.figure_id is None and not one.is_ambiguous)
    ]
    named = [elsewhere[place] for place in silent if place in elsewhere]
    judged = zip(named, _judged(engine, named, viewpoint), strict=True)
    absent = {
        one.place: one
        for one, told in judged
        if told.verdict in (Verdict.not_held, Verdict.our_error) or told.said_later is not None
    }
    return [absent.get(one.place, one) for one in found]


def lexicons_of(engine: Inquiry, texts: Iterable[str], viewpoint: Viewpoint) -> tuple[Lexicon, Lexicon | None]:
    """The lexicon of the subjects that some texts name; and a wider one, where there are figures of them of which
    nothing stands.
    """
    with engine.reader(viewpoint) as reader:
        labels = [Label(*one) for one in entity_labels(reader)]
        named = _named(labels, texts)
        figures = figures_of(reader, sorted(named))
        rows = [Row._make(row) for *row, _ in figures]
        fiscal_years = reader.names.fiscal_years(sorted({one.subject for one in rows}))
        standing = [row for row, one in zip(rows, figures, strict=True) if one.stands]
        known = Lexicon(labels, standing, fiscal_years)
        return known, None if len(standing) == len(rows) else Lexicon(labels, rows, fiscal_years)


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
