"""JSON is read strictly, and numbers from their text."""

import hashlib
import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ledger import MalformedJSON, digest, parse_event, parse_json
from ledger.codec import strict_json
from tests.ledger.conftest import figure


@pytest.mark.parametrize(
    "raw",
    [
        b"{",
        b"",
        b"[1,]",
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": 1, "a": 2}',
        b'{"a": {"b": 1, "b": 1}}',
        b'"\\ud800"',
        b'{"\\udc00": 1}',
        b"\xff",
        b"[" * 33 + b"]" * 33,
        b"[" * 100_000,
    ],
)
def test_what_is_not_json_is_refused(raw: bytes) -> None:
    with pytest.raises(MalformedJSON):
        parse_json(raw)


def test_nesting_of_32_is_accepted() -> None:
    assert parse_json(b"[" * 32 + b"]" * 32)


def test_a_number_never_passes_through_a_float() -> None:
    text = "12345678901234567890.123456789012345678"
    assert parse_json(text.encode()) == Decimal(text)
    event = parse_event(parse_json(b'{"value": ' + text.encode() + b"}") | {**figure(), "value": Decimal(text)})
    assert event.body()["value"] == text


def test_a_number_of_any_length_is_json_and_minus_zero_keeps_its_sign() -> None:
    assert parse_json(b"9" * 5000) == Decimal("9" * 5000)
    assert str(parse_json(b"-0")) == "-0"


def test_equal_json_values_have_equal_digests() -> None:
    assert digest(parse_json(b'{"a": 1.0, "b": [1e2, "x"]}')) == digest(parse_json(b'{"b":[100,"x"],"a":1}'))
    assert digest("1") != digest(1)
    assert digest(True) != digest(1)
    assert digest([1, 23]) != digest([12, 3])
    assert digest(None) != digest("null")


# The quick ways give what the slow ones give: the same value, the same error, the same digest

NUMBERS = st.one_of(
    st.integers().map(str),
    st.from_regex(r"-?(0|[1-9][0-9]{0,40})(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,4})?", fullmatch=True),
    st.integers(95, 105).flatmap(lambda size: st.sampled_from(["9", "1", "10"]).map(lambda text: text * size)),
    st.sampled_from(["-0", "-0.0", "0e5", "1e999999999999999999", "1e9999999999999999999", "NaN", "-Infinity", "01"]),
)
STRINGS = st.one_of(
    st.text(max_size=8).map(json.dumps),
    st.text(max_size=8).map(lambda text: json.dumps(text, ensure_ascii=False)),
    st.sampled_from(
        ['"\\ud800"', '"\\ud83d\\ude00"', '"\\udc00\\ud800"', '"2024-01-05"', '"-0"', '"\x7f"', '"\\u0061"']
    ),
)
ATOMS = st.one_of(NUMBERS, STRINGS, st.sampled_from(["true", "false", "null"]))
TEXTS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4).map(lambda items: f"[{', '.join(items)}]"),
        st.lists(st.tuples(STRINGS, inner), max_size=4).map(
            lambda pairs: "{" + ",".join(f"{key}:{value}" for key, value in pairs) + "}"
        ),
    ),
    max_leaves=12,
)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """JSON, often with a few bytes put in, taken out or changed."""
    raw = bytearray(draw(TEXTS).encode("utf-8", "surrogatepass"))
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(0, len(raw)))
        width = draw(st.integers(0, 2))
        raw[place : place + width] = draw(
            st.sampled_from([b"", b"-0", b'"', b"\\", b"}", b",", b"\xff", b"\x00", b"[" * 33])
        )
    return bytes(draw(st.sampled_from([b"", b"\xef\xbb\xbf", b" \n"])) + raw)


def slowly(raw: bytes) -> Any:
    value = strict_json._parse_slowly(raw)
    strict_json._check(value, strict_json.DEPTH_MAX)
    return value


def outcome(parse: Any, raw: bytes) -> tuple[str, str]:
    try:
        return "value", repr(parse(raw))
    except MalformedJSON as error:
        return "error", str(error)


@given(mutated())
@example(b"[" * 33 + b"]" * 33)
@example(b'{"a": 1, "\\u0061": 2}')
@example(b"-" + b"9" * 100)
@example(b"9" * 5000)
@example(b'{"value":-0,"note":"2024-01"}')
def test_the_quick_parser_gives_what_the_slow_one_gives(raw: bytes) -> None:
    assert outcome(parse_json, raw) == outcome(slowly, raw)


def digest_slowly(value: Any) -> bytes:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), default=strict_json._number)
    return hashlib.sha256(text.encode()).digest()


@given(TEXTS)
@example('{"b":[1.50,1e2,-0,12345678901234567890123],"a":"\x7f\\u007f\\n","é":"ß","Z":"\U0001f600"}')
def test_the_digest_is_that_of_sorted_ascii_json(text: str) -> None:
    try:
        value = parse_json(text.encode("utf-8", "surrogatepass"))
    except MalformedJSON:
        return
    assert digest(value) == digest_slowly(value)


def test_stored_digests_stay_what_they_were() -> None:
    event = {
        "type": "PriceReported",
        "value": Decimal("60.20"),
        "note": "größer\x7f",
        "dimensions": {"b": "2", "a": "1"},
    }
    assert digest(event).hex() == "f649195ead4b7ac49012d67ceff843c5c1d5c2db771a7ce85a19f750530bf0ca"


@pytest.mark.parametrize("raw", [b"1e9999999999999999999", b'{"value": 1e-9999999999999999999}'])
def test_an_exponent_that_no_number_can_have_is_refused(raw: bytes) -> None:
    with pytest.raises(MalformedJSON, match="exponent"):
        parse_json(raw)


@pytest.mark.parametrize("raw", [b"", b" \n", b"\xef\xbb\xbf", b"\xef\xbb\xbf\n"])
def test_what_holds_nothing_is_said_so(raw: bytes) -> None:
    with pytest.raises(MalformedJSON, match="there is nothing in it"):
        parse_json(raw)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b'["\t"]', "Invalid control character at line 1, column 3"),
        (b'["\\x"]', "Invalid \\escape"),
        (b'["', "Unterminated string starting at line 1, column 2"),
    ],
)
def test_a_fault_is_told_with_its_place_once(raw: bytes, said: str) -> None:
    with pytest.raises(MalformedJSON) as refused:
        parse_json(raw)
    assert str(refused.value).startswith(said)
    assert "at at" not in str(refused.value)
