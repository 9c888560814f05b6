"""Canonical JSON: as RFC 8785 has it, and the verifier that stands alone writes the same."""

import json
import struct
from decimal import Decimal
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.proof import standalone_verifier
from ledger.proof.canonical_json import canonical, canonical_hash, number_text

# Appendix B of RFC 8785: the bits of a number, and how it is written.
NUMBERS = {
    "0000000000000000": "0",
    "8000000000000000": "0",
    "0000000000000001": "5e-324",
    "8000000000000001": "-5e-324",
    "7fefffffffffffff": "1.7976931348623157e+308",
    "ffefffffffffffff": "-1.7976931348623157e+308",
    "4340000000000000": "9007199254740992",
    "c340000000000000": "-9007199254740992",
    "4430000000000000": "295147905179352830000",
    "44b52d02c7e14af5": "9.999999999999997e+22",
    "44b52d02c7e14af6": "1e+23",
    "44b52d02c7e14af7": "1.0000000000000001e+23",
    "444b1ae4d6e2ef4e": "999999999999999700000",
    "444b1ae4d6e2ef4f": "999999999999999900000",
    "444b1ae4d6e2ef50": "1e+21",
    "3eb0c6f7a0b5ed8c": "9.999999999999997e-7",
    "3eb0c6f7a0b5ed8d": "0.000001",
    "41b3de4355555553": "333333333.3333332",
    "41b3de4355555554": "333333333.33333325",
    "41b3de4355555555": "333333333.3333333",
    "41b3de4355555556": "333333333.3333334",
    "41b3de4355555557": "333333333.33333343",
    "becbf647612f3696": "-0.0000033333333333333333",
    "43143ff3c1cb0959": "1424953923781206.2",
}
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5),
)


@pytest.mark.parametrize("bits", NUMBERS)
def test_numbers_are_written_as_the_standard_has_them(bits: str) -> None:
    (number,) = struct.unpack(">d", bytes.fromhex(bits))
    assert number_text(number) == NUMBERS[bits] == standalone_verifier.canonical(number).decode()


def test_names_stand_in_the_order_of_the_standard() -> None:
    # Section 3.2.3 of RFC 8785.
    value = {"\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\U0001f600": 5, "\u0080": 6, "\u00f6": 7}
    names = ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]
    assert list(json.loads(canonical(value))) == names
    assert list(json.loads(standalone_verifier.canonical(value))) == names
    nested = {"a\ufb33": 1, "a\U0001f600": 2}
    assert canonical(nested) == standalone_verifier.canonical(nested) == '{"a\U0001f600":2,"a\ufb33":1}'.encode()


def test_a_text_is_escaped_as_little_as_can_be() -> None:
    text = '\u20ac$\x0f\nA\'B"\\\\"/\x7f\u2028'
    assert canonical(text) == '"\u20ac$\\u000f\\nA\'B\\"\\\\\\\\\\"/\x7f\u2028"'.encode()


def sensible(value: Any) -> bool:
    """Without numbers, which other writers write otherwise, and without names that need the order of UTF-16."""
    if isinstance(value, dict):
        return all(max(name, default="") < "\ud800" and sensible(inner) for name, inner in value.items())
    if isinstance(value, list):
        return all(map(sensible, value))
    return not isinstance(value, float) and (type(value) is not int or abs(value) <= 1 << 53)


@given(VALUES)
def test_it_is_what_others_write(value: Any) -> None:
    try:
        text = canonical(value)
    except OverflowError:  # no number of ECMAScript is as large
        with pytest.raises(OverflowError):
            standalone_verifier.canonical(value)
        return
    assert text == standalone_verifier.canonical(value)
    assert canonical(json.loads(text)) == text
    if sensible(value):
        assert text == orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


WITHOUT_FLOATS: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 60), 1 << 60) | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5),
)


@given(WITHOUT_FLOATS)
def test_what_is_made_sooner_is_the_same(value: Any) -> None:
    assert canonical(value, floats=False) == canonical(value)
    assert canonical([value, Decimal("0.50")], floats=False) == canonical([value, Decimal("0.50")])


def test_a_number_that_was_read_as_a_decimal_is_the_same() -> None:
    assert canonical([Decimal("2.080"), Decimal("1e2"), 1.0]) == b"[2.08,100,1]"
    assert canonical_hash({"b": 1, "a": Decimal(2)}) == canonical_hash({"a": 2, "b": 1})
    for wrong in (float("nan"), float("inf"), Decimal("1e999")):
        with pytest.raises((ValueError, OverflowError)):
            canonical(wrong)
    with pytest.raises(TypeError):
        canonical({"at": object()})
