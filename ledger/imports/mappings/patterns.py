"""Patterns of mappings: regular expressions that end soon, whatever text they are held against.

Python's search goes back over what it has taken, and a repetition within a repetition makes it do so in as many ways as
there are to part a text: `(a+)+b` takes years for sixty letters. So a repetition may hold neither one whose length
varies, nor a choice; there are few whose length varies; and the texts are short.
"""

import re
from re import _parser  # what a pattern is made of is nowhere else
from typing import Any

VARYING_MAX = 3
"""How many repetitions whose length varies a pattern may have."""
TEXT_LENGTH_MAX = 200
PATTERN_LENGTH_MAX = 500


def compiled(text: str) -> re.Pattern[str]:
    """The pattern. Raises ValueError where it is none, or where it might not end soon."""
    shown = text[:80]
    if len(text) > PATTERN_LENGTH_MAX:
        raise ValueError(f"the pattern {shown!r}… is longer than {PATTERN_LENGTH_MAX} characters")
    try:
        pattern, parts = re.compile(text), _parser.parse(text)
    except (re.error, RecursionError, OverflowError) as error:
        raise ValueError(f"{shown!r} is no pattern: {error}") from None
    if _varying(parts, inside=False) > VARYING_MAX:
        raise ValueError(f"the pattern {shown!r} has more than {VARYING_MAX} repetitions whose length varies")
    return pattern


def _varying(parts: Any, *, inside: bool) -> int:
    """How many repetitions there are whose length varies. Raises ValueError for one, or a choice, within another."""
    count = 0
    for operation, argument in parts:
        name = str(operation)
        if name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            least, most, within = argument
            if least != most and inside:
                raise ValueError("a pattern may have no repetition within a repetition, as in (a+)+: it may never end")
            count += (least != most) + _varying(within, inside=inside or int(most) > 1)
        elif name == "BRANCH":
            if inside:
                raise ValueError("a pattern may have no choice within a repetition, as in (a|b)*: it may never end")
            count += sum(_varying(one, inside=inside) for one in argument[1])
        elif name == "GROUPREF":
            raise ValueError("a pattern may not refer back to a part of itself")
        else:
            for one in argument if isinstance(argument, tuple | list) else (argument,):
                if isinstance(one, _parser.SubPattern):
                    count += _varying(one, inside=inside)
    return count
