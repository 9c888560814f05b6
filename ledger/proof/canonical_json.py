"""Canonical JSON (RFC 8785): the one way to write a value, so that equal values have one hash.

The names of an object stand in the order of their UTF-16 code units, nothing stands between, and a number is written as
ECMAScript does: `{"b":1.0,"a":"é"}` is written `{"a":"é","b":1}`.
"""

from collections.abc import Iterator
from decimal import Decimal
from hashlib import sha256
from json.encoder import encode_basestring
from typing import Any

import orjson

_WHOLE_MAX = 1 << 53
"""Up to here every whole number is one that ECMAScript can tell from the next."""
_LATE_LETTERS = 0xEE
"""How the first letter begins in UTF-8 that stands elsewhere in UTF-16."""
_POINT_MAX = 21
_ZEROS_MAX = 6


def canonical(value: Any, *, floats: bool = True) -> bytes:
    """A value of JSON as its canonical text. A Decimal stands for the nearest floating-point number.

    Without `floats`, there is no floating-point number in it, and it is made sooner.
    """
    if not floats:
        try:
            text = orjson.dumps(value, option=orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER)
        except TypeError:  # a Decimal, or a number that ECMAScript writes otherwise
            pass
        else:
            # Below U+E000 the names stand in the same order by code points as by the units of UTF-16.
            if text.isascii() or max(text) < _LATE_LETTERS:
                return text
    return "".join(_parts(value)).encode()


def canonical_hash(value: Any, *, floats: bool = True) -> str:
    """The SHA-256 of that text, in hex."""
    return sha256(canonical(value, floats=floats)).hexdigest()


def _parts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield encode_basestring(value)
    elif isinstance(value, dict):
        yield from _members(value)
    elif isinstance(value, list | tuple):
        before = "["
        for one in value:
            yield before
            yield from _parts(one)
            before = ","
        yield "]" if value else "[]"
    elif value is None or isinstance(value, bool):
        yield {None: "null", True: "true", False: "false"}[value]
    elif isinstance(value, int) and abs(value) <= _WHOLE_MAX:
        yield str(value)
    elif isinstance(value, int | float | Decimal):
        yield number_text(float(value))
    else:
        raise TypeError(f"{type(value).__name__} has no form in JSON")


def _members(value: dict[str, Any]) -> Iterator[str]:
    names = sorted(value)
    if not all(map(str.isascii, names)):
        names.sort(key=_units)
    before = "{"
    for name in names:
        yield before
        yield encode_basestring(name)
        yield ":"
        yield from _parts(value[name])
        before = ","
    yield "}" if names else "{}"


def _units(name: str) -> bytes:
    return name.encode("utf-16-be")


def number_text(number: float) -> str:
    """A finite number as ECMAScript writes it: 1e21 is `1e+21`, and 0.000001 is `0.000001`. Raises ValueError."""
    if number - number != 0:
        raise ValueError("JSON has finite numbers only")
    if number == 0:
        return "0"
    sign, figures, exponent = Decimal(repr(number)).as_tuple()
    digits = "".join(map(str, figures)).rstrip("0")
    point = len(figures) + int(exponent)
    minus = "-" if sign else ""
    if len(digits) <= point <= _POINT_MAX:
        return f"{minus}{digits}{'0' * (point - len(digits))}"
    if 0 < point <= _POINT_MAX:
        return f"{minus}{digits[:point]}.{digits[point:]}"
    if -_ZEROS_MAX < point <= 0:
        return f"{minus}0.{'0' * -point}{digits}"
    rest = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{minus}{digits[0]}{rest}e{point - 1:+}"
