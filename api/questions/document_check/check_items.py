"""The items of a check: a claim with its place, what it was read as, and what is to be said of it, in columns and in
words.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from api.documents import Claim, LineStarts, Unread, UnreadNumber
from api.questions.document_check.claim_verdict import Judgement, Misquote, Verdict
from api.questions.document_check.document_check import CheckedClaim
from ledger.values import plain
from projections.audit import Saying

ITEM_COLUMNS = (
    *("number", "quoted", "verdict", "how", "said", "line", "column", "offset", "length", "row", "cell"),
    *("subject", "metric", "material", "dimensions", "nature", "period", "figure_id", "attributed_to"),
    *("read_value", "read_high", "read_unit", "rounded", "value", "low", "high", "symbol", "unit", "publisher"),
    *(
        "published_at",
        "event_id",
        "quoted_event_id",
        "since",
        "by",
        "disputed_by",
        "candidates",
        "periods",
        "said_later",
    ),
    *("written_verdict", "written_how", "written_said", "written_value", "written_unit", "written_event_id"),
)

REASONS = {
    Unread.no_subject: "nothing says of whom or what it is",
    Unread.no_metric: "nothing says what is measured",
    Unread.no_material: "nothing says of which material it is",
    Unread.no_period: "nothing says when",
    Unread.other_unit: "no figure of this is in such a unit",
    Unread.other_goods: "it is of other goods",
    Unread.qualified: "it is of a part, or only expected",
    Unread.change: "it is by how much something changed",
}
APART_MAX = 5
"""So many candidates are told apart in words."""


def claim_item(number: int, checked: CheckedClaim, lines: LineStarts | None) -> dict[str, Any]:
    """A claim as an item. `lines` are those of the source, where it is a text."""
    claim, now, then = checked.claim, checked.now, checked.written
    series = claim.series[0] if len(claim.series) == 1 else None
    item: dict[str, Any] = {
        "number": number,
        "quoted": claim.number.text,
        "verdict": now.verdict.value,
        "how": now.how.value if now.how else None,
        "said": said(claim, now),
        **place_of(claim, lines),
        "subject": claim.series[0].subject if len({one.subject for one in claim.series}) == 1 else None,
        "metric": claim.series[0].metric if len({one.metric for one in claim.series}) == 1 else None,
        "material": series.material if series else None,
        "dimensions": dict(series.dimensions) if series and series.dimensions else None,
        "nature": series.nature if series else None,
        "period": claim.period_text,
        "figure_id": claim.figure_id,
        "attributed_to": list(claim.attributed),
        "read_value": plain(claim.number.value),
        "read_high": None if claim.number.high is None else plain(claim.number.high),
        "read_unit": claim.number.units[0].name,
        "rounded": now.rounded,
        **_answer(now.answer),
        "quoted_event_id": now.quoted.event_id if now.quoted else None,
        "since": _since(now.by),
        "by": dict(now.by) if now.by else None,
        "disputed_by": [_stated(one) for one in now.others],
        "candidates": _candidates(claim) if now.verdict is Verdict.ambiguous else [],
        "periods": list(now.periods),
        "said_later": None if now.said_later is None else _stated(now.said_later),
    }
    if then is not None:
        answer = _answer(then.answer)
        item |= {
            "written_verdict": then.verdict.value,
            "written_how": then.how.value if then.how else None,
            "written_said": said(claim, then),
            "written_value": answer["value"],
            "written_unit": answer["unit"],
            "written_event_id": answer["event_id"],
        }
    return item


def unread_item(unread: UnreadNumber, said_of: Sequence[Mapping[str, Any]], lines: LineStarts | None) -> dict[str, Any]:
    """A number that names no figure, with its place and why, and the few figures of which exactly this is said."""
    return {
        "quoted": unread.number.text,
        "reason": unread.reason.value,
        "said_of": list(said_of),
        **place_of(unread, lines),
    }


def unread_said(unread: UnreadNumber, said_of: Sequence[Mapping[str, Any]]) -> str:
    """The same in words."""
    reason = f"not read: {REASONS[unread.reason]}"
    if not said_of:
        return reason
    figures = " or of ".join(_named(one) for one in said_of)
    return f"{reason}; exactly this is said of {figures}"


def _named(figure: Mapping[str, Any]) -> str:
    parts = (figure["metric"], "of", figure["subject"], figure["material"], figure["period"])
    dimensions = f"({_in_words(figure['dimensions'])})" if figure["dimensions"] else None
    return " ".join(one for one in (*parts, dimensions) if one)


def place_of(one: Claim | UnreadNumber, lines: LineStarts | None) -> dict[str, Any]:
    """Where a number stands: in a text its line, column, offset and length, in a table its row and cell."""
    place = one.place
    found: dict[str, Any] = dict.fromkeys(("line", "column", "offset", "length", "row", "cell"))
    if lines is not None:
        found["line"], found["column"] = lines.place(place.start)
        found["offset"], found["length"] = place.start, place.end - place.start
    if place.row is not None:
        found["row"] = place.row
        found["cell"] = None if place.column is None or lines is not None else f"{_letters(place.column)}{place.row}"
    return found


def _letters(column: int) -> str:
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def amount_text(saying: Saying | None) -> str:
    """What a statement says, as printed, with its unit: `45500 t`, `85-95 percent`, `not_available`."""
    if saying is None:
        return "nothing"
    if saying.value is not None:
        return f"{saying.value} {saying.unit}"
    if saying.low is not None or saying.high is not None:
        return f"{saying.low or ''}-{saying.high or ''} {saying.unit}"
    return saying.symbol or "nothing"


def said(claim: Claim, judged: Judgement) -> str:
    """The verdict in words."""
    now = f"{judged.answer.publisher} says {amount_text(judged.answer)}" if judged.answer else "nothing is said"
    if judged.verdict is Verdict.current:
        quoted = judged.quoted
        by = f"{quoted.publisher} says {amount_text(quoted)}" if quoted else now
        others = f"; {_others(judged.others)}" if judged.others else ""
        return f"current: {by}{', here rounded' if judged.rounded else ''}{others}"
    if judged.verdict is Verdict.disputed:
        quoted_by = judged.quoted.publisher if judged.quoted else ""
        return f"disputed: {quoted_by} says so; {_others(judged.others)}"
    if judged.verdict is Verdict.superseded and judged.by:
        return f"superseded since {judged.by['published_at']}: {now} (event {judged.by['event_id']})"
    if judged.verdict is Verdict.our_error and judged.by:
        day = judged.by["recorded_at"][:10]
        return f"an error of this ledger, put right on {day} (event {judged.by['event_id']}): {now}"
    if judged.verdict is Verdict.misquoted:
        return f"misquoted ({_how(judged)}): {now}"
    if judged.verdict is Verdict.ambiguous:
        candidates = _candidates(claim)
        return f"may be one of {len(candidates)} figures: {_apart(candidates)}"
    if judged.verdict is Verdict.not_held:
        return "this ledger holds no such figure"
    return f"never said: {now}"


def _how(judged: Judgement) -> str:
    if judged.how is Misquote.unit:
        return f"the number is right {judged.detail}"
    return judged.detail or ""


def _apart(candidates: Sequence[Mapping[str, Any]]) -> str:
    """What tells candidates apart, a few of them."""
    names = [name for name in candidates[0] if name != "figure_id" and len({str(one[name]) for one in candidates}) > 1]
    told = [" ".join(_in_words(one[name]) for name in names or ("figure_id",)) for one in candidates[:APART_MAX]]
    return " or ".join((*told, *(["others"] if len(candidates) > APART_MAX else ())))


def _in_words(part: Any) -> str:
    if isinstance(part, Mapping):
        return ", ".join(f"{name}={value}" for name, value in part.items()) or "-"
    return str(part or "-")


def _others(others: Sequence[Saying]) -> str:
    return ", ".join(f"{one.publisher} says {amount_text(one)}" for one in others)


def _since(by: Mapping[str, Any] | None) -> str | None:
    return None if by is None else by.get("published_at") or by.get("recorded_at")


def _answer(saying: Saying | None) -> dict[str, Any]:
    names = ("value", "low", "high", "symbol", "unit", "publisher", "published_at", "event_id")
    return {name: None if saying is None else getattr(saying, name) for name in names}


def _stated(saying: Saying) -> dict[str, Any]:
    return {name: value for name, value in _answer(saying).items() if value is not None}


def _candidates(claim: Claim) -> list[dict[str, Any]]:
    found = []
    for one in claim.series:
        for period, figure_id in one.figures.items():
            if figure_id in claim.candidates:
                days = None if period is None else f"{period.start}/{period.end}"
                found.append(
                    {
                        "figure_id": figure_id,
                        "subject": one.subject,
                        "metric": one.metric,
                        "material": one.material,
                        "dimensions": dict(one.dimensions),
                        "nature": one.nature,
                        "days": days,
                        "unit": one.canonical_unit,
                    }
                )
    return found
