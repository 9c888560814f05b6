"""The verdict on a claim at a viewpoint: is what the document says of a figure so?

In this order: `current`, `disputed`, `superseded`, `our_error`, `misquoted`, `never_said`; and `not_held` where
nothing is known of the figure.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from api.documents import Claim
from api.questions.document_check.claim_fit import fits, is_coarse, is_exact, misprint, other_unit, power_of_ten
from projections.audit import FigureSayings, Saying


class Verdict(StrEnum):
    """What is to be said of a claim."""

    current = "current"
    superseded = "superseded"
    our_error = "our_error"
    disputed = "disputed"
    misquoted = "misquoted"
    never_said = "never_said"
    not_held = "not_held"
    ambiguous = "ambiguous"


class Misquote(StrEnum):
    """How a number was misquoted."""

    digits = "digits"
    factor = "factor"
    unit = "unit"
    period = "period"


MISPRINTS = {"swapped": "two digits exchanged", "dropped": "a digit left out", "added": "a digit too many"}


@dataclass(frozen=True)
class Judgement:
    """A verdict with its grounds: `answer` is the answer at the viewpoint, `by` the statement or ledger event that it
    rests on.

    `quoted` is the statement whose number the document has, rightly or not; `others` are publishers who say otherwise.
    """

    verdict: Verdict
    answer: Saying | None = None
    quoted: Saying | None = None
    by: Mapping[str, Any] | None = None
    others: Sequence[Saying] = ()
    how: Misquote | None = None
    detail: str | None = None
    rounded: bool = False
    said_later: Saying | None = None
    periods: Sequence[str] = field(default=())


def judgement(claim: Claim, known: Mapping[str, FigureSayings]) -> Judgement:
    """The verdict on a claim, where `known` has what was said of its figure and of those of its series."""
    if claim.is_ambiguous and claim.figure_id is None and claim.candidates:
        return Judgement(Verdict.ambiguous)
    sayings = known.get(claim.figure_id) if claim.figure_id is not None else None
    if sayings is None or not (sayings.standing or sayings.earlier or sayings.mistaken):
        later = next((one for one in (sayings.later if sayings else ()) if fits(claim.number, one)), None)
        return Judgement(Verdict.not_held, said_later=later)
    found = _standing(claim, sayings) or _replaced(claim, sayings) or _misquoted(claim, sayings, known)
    if found is not None:
        return found
    later = next((one for one in sayings.later if fits(claim.number, one)), None)
    return Judgement(Verdict.never_said, answer=_answer(sayings), said_later=later)


def _answer(sayings: FigureSayings) -> Saying | None:
    return sayings.standing[0] if sayings.standing else None


def _standing(claim: Claim, sayings: FigureSayings) -> Judgement | None:
    """Current or disputed: some publisher says so last. One that contradicts itself disputes what it says."""
    number, said = claim.number, [*sayings.standing, *sayings.beside]
    saying_so = [one for one in said if fits(number, one)]
    if not saying_so or (
        all(is_coarse(number, one) for one in saying_so) and any(is_exact(number, one) for one, _ in sayings.earlier)
    ):
        return None
    others = [one for one in said if not fits(number, one)]
    answer = sayings.standing[0]
    asked = [one for one in saying_so if one.publisher in claim.attributed]
    quoted = asked[0] if asked else saying_so[0]
    rivals = [
        one for one in others if one.publisher == quoted.publisher or (not asked and one.outranks >= quoted.outranks)
    ]
    verdict = Verdict.disputed if rivals else Verdict.current
    return Judgement(verdict, answer, quoted, others=others, rounded=not is_exact(number, quoted))


def _replaced(claim: Claim, sayings: FigureSayings) -> Judgement | None:
    """Superseded, or our error: somebody said so, or this ledger did."""
    number, answer = claim.number, _answer(sayings)
    pairs = sorted(sayings.earlier, key=lambda pair: pair[0].publisher not in claim.attributed)
    for one, following in pairs:
        if fits(number, one):
            now = next((last for last in sayings.standing if last.publisher == one.publisher), answer)
            by = {
                "event_id": following.event_id,
                "publisher": following.publisher,
                "published_at": following.published_at,
            }
            return Judgement(Verdict.superseded, now, one, by, rounded=not is_exact(number, one))
    for one, act in sayings.mistaken:
        if fits(number, one):
            by = {"event_id": act.event_id, "kind": act.kind, "recorded_at": act.recorded_at}
            return Judgement(Verdict.our_error, answer, one, by)
    return None


def _misquoted(claim: Claim, sayings: FigureSayings, known: Mapping[str, FigureSayings]) -> Judgement | None:
    """Misquoted: the value of another period, in another unit, times a power of ten, or with digits gone wrong."""
    answer, number = _answer(sayings), claim.number
    if (elsewhere := _other_periods(claim, known)) and number.hedge is None and number.high is None:
        periods = [one.period or "" for one in elsewhere]
        return Judgement(
            Verdict.misquoted,
            answer,
            elsewhere[0],
            how=Misquote.period,
            detail=f"the value of {', '.join(periods)}",
            periods=periods,
        )
    said = [*sayings.standing, *(one for one, _ in sayings.earlier)]
    for one in said:
        if other_unit(number, one):
            return Judgement(Verdict.misquoted, answer, one, how=Misquote.unit, detail=f"in {one.unit}")
    for one in said:
        if (power := power_of_ten(number, one)) is not None:
            detail = f"10^{abs(power)} times too {'large' if power > 0 else 'small'}"
            return Judgement(Verdict.misquoted, answer, one, how=Misquote.factor, detail=detail)
    for one in said:
        if (how := misprint(number, one)) is not None:
            return Judgement(Verdict.misquoted, answer, one, how=Misquote.digits, detail=MISPRINTS[how])
    return None


def _other_periods(claim: Claim, known: Mapping[str, FigureSayings]) -> list[Saying]:
    figures: Iterable[str] = claim.series[0].figures.values() if claim.series else ()
    found = [
        sayings.standing[0]
        for figure in figures
        if figure != claim.figure_id and (sayings := known.get(figure)) is not None and sayings.standing
    ]
    return [one for one in found if is_exact(claim.number, one)]
