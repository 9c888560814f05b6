"""Codes of SDMX: letters, digits, `_`, `-`, `@` and `$` only, into which the words of a figure's identity are turned,
and back.

Slugs and metrics are such codes as they stand. In others a character that a code cannot hold becomes `$` and two hex
digits for each of its bytes in UTF-8, and so do `$` and `@`: `t CO2e` is `t$20CO2e`. Of units the slash is `_PER_`:
`USD/kg` is `USD_PER_kg`. The dimensions of a figure are one code, name and value in turn, with `@` between:
`basis@reo@segment@automotive`. What is not there is `_Z`, which no slug, unit or map of dimensions is.
"""

import json
import re
from functools import lru_cache

NOTHING = "_Z"
"""The code of SDMX for what does not apply."""
_PER = "_PER_"
_LIKE_PER = re.compile(r"_(?=PER(?:_|$))")
_BETWEEN = "@"
_ESCAPED = re.compile(r"\$([0-9A-F]{2})")


@lru_cache(maxsize=4096)
def code_of(text: str) -> str:
    """A text as a code."""
    return "".join(one if _is_plain(one) else "".join(f"${byte:02X}" for byte in one.encode()) for one in text)


def text_of_code(code: str) -> str:
    """The text that a code stands for. Raises ValueError where it stands for none."""
    parts = _ESCAPED.split(code)
    raw = b"".join(bytes([int(part, 16)]) if place % 2 else part.encode() for place, part in enumerate(parts))
    return raw.decode()


@lru_cache(maxsize=4096)
def unit_code(unit: str) -> str:
    """A canonical unit as a code."""
    return _PER.join(_LIKE_PER.sub("$5F", code_of(part)) for part in unit.split("/"))


def unit_of_code(code: str) -> str:
    """The unit that a code stands for. Raises ValueError."""
    return "/".join(text_of_code(part) for part in code.split(_PER))


@lru_cache(maxsize=4096)
def breakdown_code(dimensions: str | None) -> str:
    """A figure's dimensions, a JSON object as text, as a code."""
    named: dict[str, str] = json.loads(dimensions) if dimensions else {}
    words = (code_of(word) for pair in sorted(named.items()) for word in pair)
    return _BETWEEN.join(words) if named else NOTHING


def dimensions_of_code(code: str) -> dict[str, str]:
    """The dimensions that a code stands for. Raises ValueError."""
    if code == NOTHING:
        return {}
    words = [text_of_code(word) for word in code.split(_BETWEEN)]
    return dict(zip(words[::2], words[1::2], strict=True))


def _is_plain(character: str) -> bool:
    return character.isascii() and (character.isalnum() or character in "_-")
