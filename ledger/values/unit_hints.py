"""What to say of a unit that is unknown or unclear: what may have been meant, and how much each of these is.

A hint that names another unit without its size misleads: whoever prints `MT` for metric tons and is told "Mt" records a
million times as much. So every unit that a hint names stands there with what it is: "t; Mt (1000000 t)". What is
printed for several units (`unclear_units.csv`) is refused with all of them.
"""

import difflib
from collections.abc import Iterator, Mapping
from functools import lru_cache

from ledger.values.currencies import CURRENCIES
from ledger.values.unit_table import PLAIN_UNITS, UNIT_NAMES, Unit, known_unit, parts_of, rows_of

SHOWN_CHARACTERS_MAX = 60
COMPARED_CHARACTERS_MAX = 40
NEAREST_MAX = 3
NO_WORD_MAX = 3
"""Texts of so many characters are symbols, whose case says something: `Mt`, `mt`."""
_UNCLEAR = {row["printed"]: (row["perhaps"].split(";"), row["why"]) for row in rows_of("unclear_units.csv")}
UNCLEAR_UNITS: Mapping[str, tuple[str, ...]] = {name: tuple(perhaps) for name, (perhaps, _) in _UNCLEAR.items()}
"""What is printed for several units, and for which, the likeliest first."""


@lru_cache(maxsize=4096)
def hint(name: str) -> str:
    """What is wrong with the name of a unit, and what to write."""
    shown = repr(name[:SHOWN_CHARACTERS_MAX]) + ("…" if len(name) > SHOWN_CHARACTERS_MAX else "")
    text = " ".join(name[: 2 * SHOWN_CHARACTERS_MAX].split())
    if (unclear := _unclear(text)) is not None:
        perhaps, why = unclear
        return f"unclear unit {shown}: {why}; write {' or '.join(map(sized, perhaps))}"
    if (material := _with_material(text)) is not None:
        one, rest = material
        return (
            f"unknown unit {shown}: write {sized(one)} as the unit, and say {rest!r} in `material` or `dimensions` "
            "(basis: reo)"
        )
    return f"unknown unit {shown}; nearest known: {', '.join(map(sized, _nearest(text)))}"


def _unclear(text: str) -> tuple[list[str], str] | None:
    """What a text with an unclear part may mean, and why: of `thousand MT`, of `USD/oz`, of `lakh tonnes`."""
    scale, amount, per = parts_of(text)
    first, _, rest = amount.partition(" ")
    for part in filter(None, (text, amount, per, first)):
        if (found := _UNCLEAR.get(part) or _UNCLEAR.get(part.casefold() if len(part) > NO_WORD_MAX else "")) is None:
            continue
        meant, why = found
        if part == amount:
            made = [_joined(scale, one, per) for one in meant]
        elif part == per:
            made = [_joined(scale, amount, one) for one in meant]
        else:
            made = [_joined(one, rest, per) for one in meant] if part == first else meant
        if perhaps := [one for one in made if known_unit(one) is not None]:
            return perhaps, f"{why} ({part!r} in it)" if part != text else why
    return None


def _joined(scale: str, amount: str, per: str) -> str:
    return " ".join(filter(None, (scale, amount))) + (f"/{per}" if per else "")


def sized(name: str) -> str:
    """A unit with what it is, where that is not what its name says: `Mt (1000000 t)`."""
    one = known_unit(name)
    if one is None or (one.factor == 1 and one.canonical == name):
        return name
    return f"{name} ({_amount(one)})"


def _amount(one: Unit) -> str:
    return f"{one.factor.normalize():f} {one.canonical}"


def _with_material(text: str) -> tuple[str, str] | None:
    """A known unit and what follows it: `t REO`, `tonnes of NdPr oxide`."""
    words = text.split(" ")
    for kept in range(len(words) - 1, 0, -1):
        one = " ".join(words[:kept])
        if known_unit(one) is not None:
            return one, " ".join(words[kept:]).removeprefix("of ")
    return None


def _nearest(text: str) -> list[str]:
    known = {one.casefold(): one for one in _written()}
    if meant := [one for one in PLAIN_UNITS if one.casefold() == text.casefold()]:
        return meant
    names = {one.printed.casefold(): one.unit for one in UNIT_NAMES if one.kind == "name"}
    compared = text[:COMPARED_CHARACTERS_MAX].casefold()
    close = difflib.get_close_matches(compared, {**known, **names}, n=NEAREST_MAX, cutoff=0.5)
    found = list(dict.fromkeys(known.get(one) or names[one] for one in close))
    return found or ["t", "percent", "USD", "USD/kg"]


def _written() -> Iterator[str]:
    yield from PLAIN_UNITS
    for code in CURRENCIES:
        yield from (code, f"million {code}", f"billion {code}", f"{code}/kg", f"{code}/t")
