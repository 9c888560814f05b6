"""Printed numbers: the amounts in a text, with their units, exactly as they are printed.

`1,509 t`, `1 509 t`, `1.509 kt`, `A$170.2 million`, `$52 per kg`, `240 thousand tonnes`, `20,000-25,000 t`, `570
people`. A comma before three digits groups thousands, any other is a decimal comma; a point stands before decimals,
but where there are several of them. A number without a unit is none.

What a unit may mean is what the ledger's table of units says. `tons` and `mt` have several readings there, and `$` is
any dollar: then a number has several units, the likeliest first.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from ledger import UnitError
from ledger.values import CURRENCIES, EXACT, UNCLEAR_UNITS, Unit, unit

NEAR = 40
"""So many characters before a number are looked at for what is said of it."""
_GAP = r"[,\u00a0\u2009\u202f' ]"
_NUMBER = rf"\d{{1,3}}(?:{_GAP}\d{{3}})+(?:\.\d+)?(?!\d)|\d+(?:[.,]\d+)*"
_SCALE = {"thousand": 3, "k": 3, "million": 6, "mn": 6, "mln": 6, "m": 6, "billion": 9, "bn": 9, "b": 9, "trillion": 12}
_SCALES = r"(?:\s*(?P<scale>thousand|million|billion|trillion|mn|mln|bn)\b|(?P<letter>[kKmMbB])(?![\w²³]))"
_MONEY = {
    "US$": ("USD",), "A$": ("AUD",), "AU$": ("AUD",), "C$": ("CAD",), "S$": ("SGD",), "HK$": ("HKD",), "NZ$": ("NZD",),
    "$": ("USD", "AUD", "CAD", "SGD", "HKD", "NZD"), "€": ("EUR",), "£": ("GBP",), "¥": ("JPY", "CNY"), "₩": ("KRW",),
    "RM": ("MYR",), "RMB": ("CNY",),
}  # fmt: skip
_MONEY_WORDS = {"dollar": _MONEY["$"], "euro": ("EUR",), "ringgit": ("MYR",), "yuan": ("CNY",), "won": ("KRW",)}
_SYMBOL = "|".join(re.escape(one) for one in sorted(_MONEY, key=len, reverse=True))
_BEFORE = re.compile(rf"(?<![\w$])(?:(?P<symbol>{_SYMBOL})|(?P<code>[A-Z]{{3}}))\s?$")
_AMOUNT = re.compile(
    rf"(?:(?<![\w.,])|(?<=RM)|(?<=[A-Z]{{3}}))(?P<sign>[-\u2212](?=\d))?(?P<first>{_NUMBER})"
    rf"(?:{_SCALES.replace('scale', 'scale1').replace('letter', 'letter1')})?"
    rf"(?:\s?(?P<range>-|\u2013|to|and)\s?(?P<symbol2>{_SYMBOL})?(?P<second>{_NUMBER}))?(?:{_SCALES})?"
)
_AFTER = re.compile(r"[\s-]?(?P<words>%|per\s?cent\b|[^\W\d_][\w²³]*(?:\s[^\W\d_][\w²³]*){0,3})")
_PER = re.compile(
    r"\s?(?:/\s?|per\s+|an?\s+(?!\w+\s+(?:earlier|before|ago)\b))(?P<per>[^\W\d_]+(?:\s(?:ton|tons|tonne))?)"
)
_PEOPLE = {"people": "persons", "persons": "persons", "workers": "persons", "employees": "persons", "jobs": "jobs"}
_HEDGE = re.compile(
    r"(?:(?P<about>about|around|approximately|approx\.?|roughly|some|circa|ca\.|~|≈|an\s+estimated|estimated)"
    r"|(?P<under>nearly|almost|just\s+under|close\s+to|up\s+to|less\s+than|fewer\s+than|under|below)"
    r"|(?P<over>more\s+than|over|above|at\s+least|in\s+excess\s+of|exceeding|just\s+over|upwards\s+of))"
    rf"\s*(?:{_SYMBOL}|[A-Z]{{3}}\s)?$",
    re.I,
)


@dataclass(frozen=True)
class PrintedNumber:
    """An amount in a text: where it and its unit are printed, its value, and which units may be meant, likeliest first.

    `step` is the value of one unit of its last printed digit, and `digits` those that are printed; of a range `high`
    is the end. `hedge` is `about`, `over` or `under`.
    """

    start: int
    end: int
    text: str
    value: Decimal
    high: Decimal | None
    step: Decimal
    digits: str
    units: tuple[Unit, ...]
    hedge: str | None
    scale: int = 0

    @property
    def is_percent(self) -> bool:
        """Whether it is a percentage."""
        return self.units[0].family == "share"


def printed_numbers(text: str) -> Iterator[PrintedNumber]:
    """The numbers of a text that have a unit, from left to right."""
    at = 0
    while match := _AMOUNT.search(text, at):
        at = max(match.end("first"), match.start() + 1)
        for one in _readings(text, match):
            yield one
            at = max(at, one.end)
            break


def _readings(text: str, match: re.Match[str]) -> Iterator[PrintedNumber]:
    before = _BEFORE.search(text, max(0, match.start() - NEAR), match.start())
    money = _money(before)
    if not money and text[max(0, match.start() - 1) : match.start()].isalnum():
        return
    for with_range in (True, False) if match["second"] else (False,):
        found = _amount(text, match, money, before, with_range=with_range)
        if found is not None:
            yield found
            return


def _money(before: re.Match[str] | None) -> tuple[str, ...]:
    if before is None:
        return ()
    if before["symbol"]:
        return _MONEY[before["symbol"]]
    return (before["code"],) if before["code"] in CURRENCIES else ()


def _amount(
    text: str, match: re.Match[str], money: tuple[str, ...], before: re.Match[str] | None, *, with_range: bool
) -> PrintedNumber | None:
    if with_range:
        scale, end = match["scale"] or match["letter"], match.end()
        if match["range"] == "to" and re.search(
            r"\bfrom\s+\S{0,3}$", text[max(0, match.start() - NEAR) : match.start()], re.I
        ):
            return None
        if match["range"] == "and" and not re.search(
            r"\bbetween\s+\S{0,3}$", text[max(0, match.start() - NEAR) : match.start()], re.I
        ):
            return None
    elif match["second"]:
        scale, end = match["scale1"] or match["letter1"], match.end("letter1")
        end = max(match.end("first"), match.end("scale1"), end)
    else:
        scale, end = match["scale1"] or match["letter1"] or match["scale"] or match["letter"], match.end()
    if scale and scale.casefold() in ("m", "b") and not money:
        scale, end = None, match.end("second" if with_range else "first")
    power = _SCALE[scale.casefold()] if scale else 0
    units, end = _units(text, end, money)
    if not units:
        return None
    digits = match["first"]
    value = number_value(digits)
    if value is None:
        return None
    high = number_value(match["second"]) if with_range else None
    if with_range and (high is None or not value < high <= 10 * value or re.fullmatch(r"(?:19|20)\d\d", digits)):
        return None
    ten = Decimal(10) ** power
    if match["sign"] and not with_range:
        value = -value
    hedge = _HEDGE.search(text, max(0, match.start() - NEAR), match.start())
    start = before.start() if money and before else match.start()
    exponent = value.as_tuple().exponent
    return PrintedNumber(
        start,
        end,
        text[start:end],
        EXACT.multiply(value, ten),
        None if high is None else EXACT.multiply(high, ten),
        EXACT.multiply(Decimal(1).scaleb(exponent if isinstance(exponent, int) else 0), ten),
        re.sub(r"\D", "", digits),
        units,
        hedge.lastgroup if hedge else None,
        power,
    )


def number_value(text: str) -> Decimal | None:
    """The number that digits with separators print; None where they are no number."""
    plain = re.sub(r"[\u00a0\u2009\u202f' ]", "", text)
    if re.fullmatch(r"\d{1,3}(,\d{3})+(\.\d+)?", plain):
        plain = plain.replace(",", "")
    elif re.fullmatch(r"\d{1,3}(\.\d{3}){2,}", plain):
        plain = plain.replace(".", "")
    elif re.fullmatch(r"\d+,\d+", plain):
        plain = plain.replace(",", ".")
    return Decimal(plain) if re.fullmatch(r"\d{1,20}(\.\d{1,18})?", plain) else None


def _units(text: str, at: int, money: tuple[str, ...]) -> tuple[tuple[Unit, ...], int]:
    if money:
        if (per := _PER.match(text, at)) and (units := _known(f"{one}/{_singular(per['per'])}" for one in money)):
            return units, per.end()
        return _known(money), at
    after = _AFTER.match(text, at)
    if after is None:
        return (), at
    start = after.start("words")
    words = after["words"].split()
    for count in range(len(words), 0, -1):
        spelled = text[start : after.end()] if count == len(words) else " ".join(words[:count])
        end = start + len(spelled)
        if text[start:end] != spelled:
            continue
        if coins := _MONEY_WORDS.get(spelled.rstrip("s").casefold()):
            per = _PER.match(text, end)
            if per and (units := _known(f"{one}/{_singular(per['per'])}" for one in coins)):
                return units, per.end()
            return _known(coins), end
        if units := _units_called(spelled):
            if (per := _PER.match(text, end)) and (
                rates := _known(f"{one.name}/{_singular(per['per'])}" for one in units)
            ):
                return rates, per.end()
            return units, end
    return (), at


def _singular(word: str) -> str:
    return {"tonne": "t", "ton": "t", "metric ton": "t", "metric tonne": "t", "kilo": "kg", "annum": "yr"}.get(
        word, word
    )


def _known(names: object) -> tuple[Unit, ...]:
    found = (_unit(one) for one in names)  # type: ignore[attr-defined]
    return tuple(one for one in found if one is not None)


@lru_cache(maxsize=4096)
def _unit(name: str) -> Unit | None:
    try:
        return unit(name)
    except UnitError:
        return None


@lru_cache(maxsize=4096)
def _units_called(name: str) -> tuple[Unit, ...]:
    if name == "%" or re.fullmatch(r"per\s?cent", name, re.I):
        return _known(("percent",))
    if one := _PEOPLE.get(name.casefold()):
        return _known((one,))
    if name in UNCLEAR_UNITS:
        return _known(UNCLEAR_UNITS[name])
    found = _unit(name)
    return () if found is None or found.family in ("money", "multiple", "index") else (found,)


def units_in(text: str) -> tuple[tuple[Unit, ...], Decimal]:
    """The units that a header says alone, `A$ million` or `kt`, and what it multiplies by. None where it says none."""
    plain = " ".join(text.split())
    power = 0
    if match := re.search(r"(?:^|\s)(thousand|million|billion|bn|mn)s?(?:\s+of)?(?=\s|$)", plain, re.I):
        power = _SCALE[match[1].casefold()]
        plain = " ".join((plain[: match.start()] + " " + plain[match.end() :]).split())
    ten = Decimal(10) ** power
    symbol, _, per = plain.partition("/")
    if coins := _MONEY.get(symbol.strip()):
        names = [f"{one}/{per.strip()}" for one in coins] if per else list(coins)
        return _known(names), ten
    if plain in CURRENCIES:
        return _known((plain,)), ten
    found = _units_called(plain)
    if not found and (one := _unit(plain)) is not None:
        found = (one,)
    return tuple(one for one in found if one.family != "count" or one.canonical in ("persons", "jobs")), ten
