"""Verdicts at a viewpoint, on a ledger whose statements are known one by one."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest

from api.documents import document_claims, markdown_passages
from api.questions.document_check import CheckedClaim, checked_document
from ledger import Ledger
from projections import Engine
from projections.audit import figure_sayings
from tests.api.helpers import BASICS, mined
from tests.shared_tables import engine_of

ID = "00000000-0000-4000-8000-00000000000{}"


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Ledger(":memory:") as ledger, engine_of(ledger) as engine:
        ledger.append(list(BASICS))
        ledger.append([mined("china", "240000", "2024-01-31"), mined("china", "255000", "2025-01-31")])
        wrong = {**mined("china", "25500", "2025-06-30", publisher="bgs"), "event_id": ID.format(1)}
        ledger.append([wrong])
        correction = {"type": "EventCorrected", "target": ID.format(1), "reason": "transcription",
                      "explanation": "A digit was lost.", "changes": {"value": "256000"}}  # fmt: skip
        ledger.append([correction])
        yield engine


def judged(engine: Engine, text: str, *, as_of: str | None = None, written: str | None = None) -> CheckedClaim:
    passages = list(markdown_passages(text))
    viewpoint = engine.viewpoint(as_of=as_of)
    then = engine.viewpoint(as_of=written) if written else None
    check = checked_document(engine, [text], lambda lexicon: document_claims(passages, lexicon), viewpoint, then)
    (one,) = check.claims
    return one


SENTENCE = "China's mine production of rare earths was {} in 2023."


@pytest.mark.parametrize(
    ("quoted", "verdict", "how"),
    [
        ("240,000 t", "superseded", None),
        ("255,000 t", "disputed", None),
        ("about 260,000 t", "current", None),
        ("25,500 t", "our_error", None),
        ("552,000 t", "misquoted", "digits"),
        ("255 t", "misquoted", "factor"),
        ("255,000 kg", "misquoted", "unit"),
        ("300,000 t", "never_said", None),
        ("between 250,000 and 260,000 t", "current", None),
        ("more than 250,000 t", "current", None),
        ("nearly 250,000 t", "never_said", None),
    ],
)
def test_a_verdict_follows_from_what_was_said(engine: Engine, quoted: str, verdict: str, how: str | None) -> None:
    now = judged(engine, SENTENCE.format(quoted)).now
    assert (now.verdict, now.how) == (verdict, how)


def test_a_verdict_is_of_its_day(engine: Engine) -> None:
    text = SENTENCE.format("240,000 t")
    assert judged(engine, text, as_of="2023").now.verdict == "not_held"
    assert judged(engine, text, as_of="2024-06-30").now.verdict == "current"
    both = judged(engine, text, written="2024-06-30")
    assert both.written is not None
    assert (both.written.verdict, both.now.verdict) == ("current", "superseded")
    later = judged(engine, SENTENCE.format("255,000 t"), as_of="2024-06-30").now
    assert later.verdict == "never_said"
    assert later.said_later is not None
    assert later.said_later.published_at == "2025-01-31"


def test_a_sentence_that_names_its_publisher_is_held_against_it(engine: Engine) -> None:
    now = judged(engine, f"According to bgs, {SENTENCE.format('256,000 t')}").now
    assert now.verdict == "current"
    assert [one.publisher for one in now.others] == ["usgs"]


@contextmanager
def holding(*bodies: dict[str, Any]) -> Iterator[Engine]:
    """An engine over a ledger of its own."""
    with Ledger(":memory:") as ledger, engine_of(ledger) as engine:
        ledger.append([*BASICS, *bodies])
        yield engine


def retraction(number: int) -> dict[str, Any]:
    return {"type": "EventRetracted", "target": ID.format(number), "reason": "other", "explanation": "-"}


@pytest.mark.parametrize("named", ["", "According to usgs, "])
def test_what_a_publisher_contradicts_in_the_same_publication_is_disputed(named: str) -> None:
    with holding(mined("china", "100", "2024-01-31"), mined("china", "110", "2024-01-31")) as engine:
        for quoted, other in (("100 t", "110"), ("110 t", "100")):
            now = judged(engine, named + SENTENCE.format(quoted)).now
            assert (now.verdict, [one.value for one in now.others]) == ("disputed", [other])
        engine.ledger.append([mined("china", "120", "2025-01-31")])
        for quoted in ("100 t", "110 t"):
            now = judged(engine, SENTENCE.format(quoted)).now
            assert (now.verdict, now.by and now.by["published_at"]) == ("superseded", "2025-01-31")
        assert judged(engine, SENTENCE.format("120 t")).now.verdict == "current"


@pytest.mark.parametrize(
    "later",
    [
        mined("china", "90", "2026-01-31", dimensions={"basis": "metal"}),
        mined("china", "90", "2026-01-31"),
        {**mined("china", "100", "2026-01-31", dimensions={"basis": "reo"}), "metric": "production"},
        mined("china", "100", "2026-01-31", publisher="bgs", dimensions={"basis": "reo"}),
        {"type": "EntityRenamed", "entity": "world", "name": "Mine", "published_at": "2026-01-31"},
    ],
)
def test_what_was_published_later_changes_nothing_in_how_a_document_is_read(later: dict[str, Any]) -> None:
    text = f"According to bgs: {SENTENCE.format('100 t')}"
    with holding(mined("china", "100", "2024-01-31", dimensions={"basis": "reo"})) as engine:
        before = judged(engine, text, as_of="2025-06-30")
        assert before.now.verdict == "current"
        engine.ledger.append([later])
        assert judged(engine, text, as_of="2025-06-30") == before


def test_a_figure_that_was_retracted_altogether_is_an_error_of_this_ledger() -> None:
    corrected = {"type": "EventCorrected", "target": ID.format(1), "changes": {"note": "-"}, "reason": "other",
                 "explanation": "-", "event_id": ID.format(2)}  # fmt: skip
    wrong = mined("china", "100", "2024-01-31", event_id=ID.format(1))
    with holding(wrong, corrected, {**retraction(1), "event_id": ID.format(3)}) as engine:
        now = judged(engine, SENTENCE.format("100 t")).now
        assert (now.verdict, now.by and now.by["event_id"]) == ("our_error", ID.format(3))
        passages = list(markdown_passages(SENTENCE.format("105 t")))
        read = partial(document_claims, passages)
        check = checked_document(engine, [SENTENCE], read, engine.viewpoint())
        assert (list(check.claims), [one.number.text for one in check.unread]) == ([], ["105 t"])


@pytest.mark.parametrize("before", [[], [{"value": "200"}]])
def test_what_was_held_for_known_too_early_is_an_error_of_that_time(before: list[dict[str, Any]]) -> None:
    value = "100" if before else "200"
    with holding(mined("china", value, "2024-01-31", event_id=ID.format(1))) as engine:
        for number, changes in enumerate([*before, {"published_at": "2025-01-31"}], 2):
            engine.ledger.append(
                [{"type": "EventCorrected", "target": ID.format(1), "changes": changes, "reason": "other",
                  "explanation": "-", "event_id": ID.format(number)}]
            )  # fmt: skip
        early = judged(engine, SENTENCE.format("200 t"), as_of="2024-06-30").now
        assert (early.verdict, early.by and early.by["event_id"]) == ("our_error", ID.format(number))
        assert judged(engine, SENTENCE.format("200 t")).now.verdict == "current"


@pytest.mark.parametrize(
    ("held", "quoted", "verdict", "rounded"),
    [
        ({"value": "-30"}, "-30 percent", "current", False),
        ({"value": "-30"}, "30 percent", "current", False),
        ({"value": "30"}, "-30 percent", "never_said", False),
        ({"value": "-30.2"}, "-30 percent", "current", True),
        ({"low": "85", "high": "95"}, "85-95 percent", "current", False),
        ({"low": "85"}, "more than 85 percent", "current", False),
    ],
)
def test_signs_ranges_and_bounds_are_quoted_as_they_stand(
    held: dict[str, str], quoted: str, verdict: str, rounded: bool
) -> None:
    stated = {name: value for name, value in mined("china", "0", "2024-01-31").items() if name != "value"}
    with holding(
        {**stated, **held, "metric": "recycling_share", "unit": "percent", "type": "FigureReported"}
    ) as engine:
        now = judged(engine, f"China's recycling share of rare earths was {quoted} in 2023.").now
        assert (now.verdict, now.rounded) == (verdict, rounded)


def test_what_stands_first_is_the_answer_of_the_ledger(shipped: Engine) -> None:
    for as_of in ("2021-06-30", "2025-06-30", "2026-11-27"):
        viewpoint = shipped.viewpoint(as_of=as_of)
        answers: list[dict[str, Any]] = shipped.read("figures", viewpoint).to_pylist()
        with shipped.reader(viewpoint) as reader:
            ids = [one["figure_id"] for one in answers]
            known = figure_sayings(reader, ids, sorted({one["subject"] for one in answers}))
        assert {one["figure_id"]: one["event_id"] for one in answers} == {
            figure: one.standing[0].event_id for figure, one in known.items() if one.standing
        }


@pytest.mark.parametrize(
    "text",
    [
        "China's mine production of rare earths was 255,000 t in 2023, up from 240,000 t.",
        "China's mine production of rare earths rose by 240,000 t in 2023.",
        "China's mine production of rare earths would have been 240,000 t in 2023.",
        "Peru's mine production of rare earths was 240,000 t in 2023.",
        "China's mine production of rare earths was 240,000 t.",
    ],
)
def test_what_is_in_doubt_stays_unread(engine: Engine, text: str) -> None:
    passages = list(markdown_passages(text))
    read = partial(document_claims, passages)
    check = checked_document(engine, [text], read, engine.viewpoint())
    assert "240,000 t" not in [one.claim.number.text for one in check.claims]
    assert "240,000 t" in [one.number.text for one in check.unread]
