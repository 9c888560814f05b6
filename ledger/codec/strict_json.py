"""Strict JSON: the bytes that a client sends, as values, and the digest of a value.

JSON here means RFC 8259 and nothing more: no duplicate keys, no NaN, no lone surrogates, nesting of at most 32.
Numbers are read from their text and never pass through a float: `2.080` is the Decimal 2.080.
"""

import codecs
import hashlib
import json
import re
from decimal import Decimal, InvalidOperation
from typing import Any

import jiter
import orjson

from ledger.errors import ContentTooLarge, LedgerError

DEPTH_MAX = 32
EXPONENT_WRITTEN_MAX = 100
INTEGER_DIGITS_MAX = 100
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_MINUS_ZERO = re.compile(rb"-0(?![^\s\],}])(?<![^\s:\[,]-0)")
"""Where a value may stand: in the middle of an id it is none. What comes before is looked at last, so that the search
leaps from one `-0` to the next."""
_LONG_DIGITS = b"0" * INTEGER_DIGITS_MAX
_DIGITS_AS_ZERO = bytes.maketrans(b"123456789", b"000000000")


class MalformedJSON(LedgerError, ValueError):
    """A text is not JSON as this ledger reads it."""


def parse_json(raw: bytes, *, values_max: int | None = None) -> Any:
    """The value that the bytes stand for, numbers as int or Decimal. Raises MalformedJSON.

    Raises ContentTooLarge, before anything is made of them, where they stand for more than `values_max` values: as
    values of Python, small ones take up to a hundred times the bytes that they have in JSON.
    """
    if values_max is not None and len(raw) > values_max and _values_in(raw, values_max) > values_max:
        raise ContentTooLarge(f"there are more than {values_max} values in it; send it in several parts")
    # Where the quick parser would give another value, or refuses, the slow one decides, and says what is wrong.
    # (`find` and `count` are quicker here than `in`, which first takes what it is given for a number.)
    if _MINUS_ZERO.search(raw) or raw.translate(_DIGITS_AS_ZERO).find(_LONG_DIGITS) >= 0:
        value = _parse_slowly(raw)
    else:
        try:
            value = jiter.from_json(raw, allow_inf_nan=False, catch_duplicate_keys=True, float_mode="decimal")
        except ValueError:
            value = _parse_slowly(raw)
    # Only an escape can smuggle a surrogate in, and only as many brackets as that can nest too deep.
    if raw.find(b"\\") >= 0 or raw.count(b"[") + raw.count(b"{") > DEPTH_MAX:
        _check(value, DEPTH_MAX)
    return value


def _values_in(raw: bytes, enough: int) -> int:
    """How many values and keys a text has at most, by the signs between them."""
    count = _signs_in(raw)
    return count if count <= enough else _signs_in(_STRING.sub(b"", raw))


def _signs_in(raw: bytes) -> int:
    return 1 + raw.count(b",") + raw.count(b":")


def _parse_slowly(raw: bytes) -> Any:
    try:
        return json.loads(
            raw.decode("utf-8").removeprefix("\ufeff"),
            parse_int=_integer,
            parse_float=Decimal,
            parse_constant=_no_constant,
            object_pairs_hook=_object_without_duplicates,
        )
    except UnicodeDecodeError as error:
        raise MalformedJSON(f"the body is not UTF-8: {error.reason} at byte {error.start}") from None
    except RecursionError:
        raise MalformedJSON(f"the body is nested deeper than {DEPTH_MAX}") from None
    except json.JSONDecodeError as error:
        if not raw.removeprefix(codecs.BOM_UTF8).strip():
            raise MalformedJSON("there is nothing in it: send JSON") from None
        said = error.msg.removesuffix(" at")
        raise MalformedJSON(f"{said} at line {error.lineno}, column {error.colno}") from None
    except InvalidOperation:
        raise MalformedJSON("a number has an exponent of too many digits") from None
    except ValueError as error:
        raise MalformedJSON(str(error)) from None


def digest(value: Any) -> bytes:
    """SHA-256 of a JSON value: the same for equal values, whatever the order of keys and the spelling of numbers."""
    try:
        text = orjson.dumps(value, default=_number, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # A whole number of more than 64 bits, for example.
        text = b"\x7f"
    # The digest is of JSON in ASCII, with whatever is not printable escaped.
    if not text.isascii() or text.find(b"\x7f") >= 0:
        text = json.dumps(value, sort_keys=True, separators=(",", ":"), default=_number).encode()
    return hashlib.sha256(text).digest()


def _number(number: Any) -> Any:
    """A Decimal for the digest: the integer that it equals, else its digits and exponent, which no other value is."""
    if not isinstance(number, Decimal):
        raise TypeError(f"{type(number).__name__} is no JSON value")
    sign, digits, exponent = number.as_tuple()
    if not isinstance(exponent, int):
        raise TypeError(f"{number} is no JSON number")
    text = "".join(map(str, digits)).lstrip("0")
    significant = text.rstrip("0")
    exponent += len(text) - len(significant)
    if not significant:
        return 0
    if 0 <= exponent <= EXPONENT_WRITTEN_MAX:
        return int(("-" if sign else "") + significant + "0" * exponent)
    return {"": f"{'-' if sign else ''}{significant}e{exponent}"}


def _integer(text: str) -> int | Decimal:
    """A whole number; a Decimal where an int would lose the sign of zero, or have more digits than Python reads."""
    return Decimal(text) if text == "-0" or len(text) > INTEGER_DIGITS_MAX else int(text)


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _object_without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise ValueError(f"the key {key!r} is there twice")
            seen.add(key)
    return value


def _check(value: Any, depth_left: int) -> None:
    """Refuses lone surrogates anywhere, and nesting over the limit."""
    if isinstance(value, str):
        if not value.isascii():
            try:
                value.encode("utf-8")
            except UnicodeEncodeError:
                raise MalformedJSON("a string holds a lone surrogate") from None
    elif isinstance(value, dict | list):
        if depth_left == 0:
            raise MalformedJSON(f"the body is nested deeper than {DEPTH_MAX}")
        for item in value if isinstance(value, list) else (part for pair in value.items() for part in pair):
            _check(item, depth_left - 1)
