"""JSON is read strictly, and numbers from their text."""

from decimal import Decimal

import pytest

from ledger import MalformedJSON, digest, parse_event, parse_json
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
