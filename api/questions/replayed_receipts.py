"""Receipts checked by the ledger that they are of: whether one is true, and whether the answer is still the same.

The verdict is `same`; `differs`, of a true receipt of which the question is answered otherwise today; or `invalid`, of
one that this ledger never signed, or that does not show what it says. `reasons` say why, each by a `rule`:

    malformed, signature, proof, other_log         the receipt itself is not true
    other_answer                                   the answer that was sent is not the one that the receipt is of
    log_altered                                    the log is not the continuation of the one of the receipt
    erased                                         the text of an event was erased since
    software                                       the events are the same, and the program is another version
    not_answered                                   the question is not answered today
    unexplained                                    the events and the program are the same, and the answer is not
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from api.problems import Problem, problem_of
from api.questions.answer_receipts import answer_of, software
from api.questions.asked_paths import question_at
from api.questions.page import Page
from api.questions.parameters import checked
from ledger import Ledger, LedgerDamaged, LedgerError, StoreBusy, StoreFull
from ledger.proof import (
    NoteError,
    ProofError,
    ProvedReceipt,
    SignedReceipt,
    VerifierKey,
    canonical,
    is_receipt,
    proved,
)
from projections import FilterError, Inquiry, UnknownFilter

SAME, DIFFERS, INVALID = "same", "differs", "invalid"
DIFFERENCES_MAX = 100
"""So many differences are told."""
BESIDE = ("items", "next", "basis", "receipt")
"""The members of an answer that every answer has, and the receipt."""


class Sent(NamedTuple):
    """What was sent: a receipt as JSON, and the whole answer that it is a part of, where that was sent."""

    document: Mapping[str, Any]
    receipt: SignedReceipt
    answer: Mapping[str, Any] | None


def sent_receipt(value: Any) -> Sent:
    """The receipt in a value of JSON, which is it, or an answer that has it. Raises Problem (422)."""
    whole = isinstance(value, dict) and not is_receipt(value) and "receipt" in value
    document = value["receipt"] if whole else value
    pointer = "/receipt" if whole else ""
    if not is_receipt(document):
        raise _bad(
            pointer, "receipt", "this is no receipt: send the member `receipt` of an answer, or all of the answer"
        )
    if whole and not isinstance(value.get("items"), list):
        raise _bad("/items", "array", "an answer has its items in an array")
    from pydantic import ValidationError

    try:
        canonical(value)  # what has no canonical form cannot be compared
        return Sent(document, SignedReceipt.model_validate(document), value if whole else None)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = "".join(f"/{part}" for part in first["loc"])
        raise _bad(f"{pointer}{place}"[:200], "receipt", f"the receipt is malformed: {first['msg']}") from None
    except (ValueError, OverflowError):
        raise _bad(pointer, "number", "a number in it is larger than any that an answer has") from None


def verdict_on(engine: Inquiry, sent: Sent, *, keys: Sequence[VerifierKey] = ()) -> dict[str, Any]:
    """What a receipt shows, and whether its question is answered the same today.

    `keys` are public keys that are trusted besides this log's own, of ledgers that it continues.
    """
    own = engine.ledger.proofs.key.verifier
    try:
        # In this log's own name nobody else signs.
        receipt = proved(sent.document, sent.receipt, [own, *(key for key in keys if key.name != own.name)])
    except ProofError as error:
        rule = "signature" if isinstance(error, NoteError) else "proof"
        return _told(sent, INVALID, [_reason(rule, f"{error}")])
    found = _replayed(engine, sent, receipt)
    return {**found, "signed_by": receipt.key.text()}


def _replayed(engine: Inquiry, sent: Sent, receipt: ProvedReceipt) -> dict[str, Any]:
    """The verdict on a receipt that is true."""
    ledger = engine.ledger
    if (other := _other_log(ledger, receipt)) is not None:
        return _told(sent, INVALID, [_reason("other_log", other)])
    altered = _altered(ledger, receipt)
    reasons = [_reason("log_altered", altered)] if altered else list(_erased(ledger, sent.receipt))
    explained = bool(reasons)
    false = answer_is_false(sent)
    if false is not None:
        reasons.append(_reason("other_answer", false))
    try:
        page = _asked_again(engine, sent.receipt)
    except (StoreBusy, StoreFull):
        raise
    except (Problem, LedgerError, FilterError, UnknownFilter) as error:
        reasons.append(_reason("not_answered", problem_of(error).detail))
        return _told(sent, INVALID if false else DIFFERS, reasons)
    rows, question = page.rows(), question_at(sent.receipt.question.path)
    following = None if question is None else question.following(page, sent.receipt.question.parameters)
    now = answer_of(rows, page.more, following)
    differences = _differences(sent, now, rows, page.more)
    if differences and not explained and false is None:
        reasons.append(_unexplained(sent.receipt))
    same = not differences and altered is None
    return _told(sent, INVALID if false else SAME if same else DIFFERS, reasons, differences)


def erased_positions(ledger: Ledger, receipt: SignedReceipt) -> list[int]:
    """The positions of those events of a receipt of which the text was erased since: then nothing is left of it."""
    positions = [event.leaf.position for event in receipt.events]
    return [entry.position for entry in ledger.log.at_positions(positions) if not entry.state]


def _other_log(ledger: Ledger, receipt: ProvedReceipt) -> str | None:
    """Why a true receipt is not of this log, nor of one that it continues; None where it is."""
    own = {ledger.proofs.origin, *(f"supply-ledger/{one}" for _, one in ledger.log.recorders())}
    origin = receipt.receipt.origin
    return None if origin in own else f"the receipt is of another log, {origin}"


def _altered(ledger: Ledger, receipt: ProvedReceipt) -> str | None:
    """Why the log is not the continuation of the one of a receipt; None where it is."""
    size, head = receipt.checkpoint.size, ledger.head()
    if size > head:
        return f"the log of the receipt has {size} events, and this one {head}: it has lost some, or is an older copy"
    try:
        same = ledger.log.root(size) == receipt.checkpoint.root
    except LedgerDamaged as error:
        return f"the log cannot be read: {error}"
    return None if same else f"the first {size} events are not those that the receipt was made of: run verify"


def answer_is_false(sent: Sent) -> str | None:
    """What of an answer that was sent is not as its receipt says; None where nothing is, or none was sent."""
    if sent.answer is None:
        return None
    told, answer = sent.receipt.answer, sent.answer
    found = answer_of(answer["items"], _more(answer), told.next)
    names = [name for name in ("count", "items") if found[name] != getattr(told, name)]
    names += [
        name
        for name in sorted({*found["members"], *told.members})
        if found["members"].get(name) != told.members.get(name)
    ]
    if (answer.get("next") is None) != (told.next is None):
        names.append("next")
    if answer.get("basis") != sent.receipt.basis:
        names.append("basis")
    return f"the answer that was sent is not the one of the receipt, in {', '.join(names)}"[:500] if names else None


def _asked_again(engine: Inquiry, receipt: SignedReceipt) -> Page:
    """The answer to the question of a receipt, as it is today. Raises Problem, and what the question raises."""
    asked, question = receipt.question, question_at(receipt.question.path)
    if question is None:
        raise Problem(
            422, "bad-parameter", f"{asked.path[:200]} asks nothing that this program answers with a receipt."
        )
    return question.ask(engine, checked(asked.parameters.items(), question.known))


def _differences(
    sent: Sent, now: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], more: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """What is answered otherwise: item by item where the items were sent, else which part of the answer."""
    told = sent.receipt.answer.model_dump()
    found: list[dict[str, Any]] = []
    if sent.answer is not None:
        told = answer_of(sent.answer["items"], _more(sent.answer), told["next"])
        found += _of_items(sent.answer["items"], rows) if told["items"] != now["items"] else ()
    elif (told["items"], told["count"]) != (now["items"], now["count"]):
        found.append({"member": "items", "before": told["count"], "after": now["count"]})
    for name in sorted({*now["members"], *told["members"]}):
        if now["members"].get(name) != told["members"].get(name):
            before = None if sent.answer is None else sent.answer.get(name)
            found.append({"member": name, "before": before, "after": more.get(name)})
    # A cursor may hold the moment at which it was asked for: what counts is whether there is more.
    if (now["next"] is None) != (told["next"] is None):
        found.append({"member": "next", "before": told["next"], "after": now["next"]})
    return found


def _more(answer: Mapping[str, Any]) -> dict[str, Any]:
    """What stands beside the items of an answer."""
    return {name: member for name, member in answer.items() if name not in BESIDE}


def _of_items(before: Sequence[Any], after: Sequence[Any]) -> Iterator[dict[str, Any]]:
    for place in range(max(len(before), len(after))):
        one = before[place] if place < len(before) else None
        other = after[place] if place < len(after) else None
        if one is not None and other is not None and canonical(one) == canonical(other):
            continue
        if isinstance(one, dict) and isinstance(other, dict):
            names = [name for name in {**one, **other} if _text(one, name) != _text(other, name)]
            one, other = ({name: item[name] for name in names if name in item} for item in (one, other))
        yield {"item": place, "before": one, "after": other}


def _text(item: Mapping[str, Any], name: str) -> bytes | None:
    return canonical(item[name]) if name in item else None


def _erased(ledger: Ledger, receipt: SignedReceipt) -> Iterator[dict[str, str]]:
    erased = erased_positions(ledger, receipt)
    if erased:
        listed = ", ".join(map(str, erased[:DIFFERENCES_MAX]))
        yield _reason("erased", f"the text of events that it rests on was erased since, at position {listed}")


def _unexplained(receipt: SignedReceipt) -> dict[str, str]:
    """Why a question is answered otherwise, though the log is the one of the receipt, and all of it is there."""
    if receipt.software != software():
        detail = f"the events are the same; {receipt.software} answered, and this is {software()}"
        return _reason("software", detail)
    return _reason("unexplained", "the events and the program are the same: rebuild the tables and ask again")


def _told(
    sent: Sent,
    verdict: str,
    reasons: Sequence[Mapping[str, str]],
    differences: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    receipt = sent.receipt
    more: dict[str, Any] = (
        {"differences_more": len(differences) - DIFFERENCES_MAX} if len(differences) > DIFFERENCES_MAX else {}
    )
    return {
        "verdict": verdict,
        "reasons": list(reasons),
        "differences": list(differences[:DIFFERENCES_MAX]),
        **more,
        "question": receipt.question.model_dump(),
        "software": {"receipt": receipt.software, "now": software()},
        "events": len(receipt.events),
        "whole_streams": len(receipt.streams),
    }


def _reason(rule: str, detail: str) -> dict[str, str]:
    return {"rule": rule, "detail": detail}


def _bad(pointer: str, rule: str, detail: str) -> Problem:
    error = {"pointer": pointer, "rule": rule, "detail": detail}
    return Problem(422, "bad-receipt", detail, title="Bad receipt", errors=[error])
