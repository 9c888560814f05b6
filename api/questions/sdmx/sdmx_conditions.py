"""Conditions of a data query of SDMX: keys (`A.australia.mine_production`) and filters (`c[TIME_PERIOD]=ge:2020`).

What a condition asks of the words of a figure is put to the ledger as filters of `/v1/figures`, so that no more is read
than is wanted, and names mean what they mean there. The rest is asked of each observation.
"""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from api.problems import Problem, bad_parameter
from api.questions.sdmx.sdmx_codes import NOTHING
from api.questions.sdmx.sdmx_components import TIME_PERIOD, Component, Dataflow
from api.questions.sdmx.sdmx_periods import days_of
from ledger import CalendarError
from ledger.values import Period

KEYS_MAX = 100
CODES_MAX = 1_000
"""How many values all keys, and all filters, may hold together."""
ALL = ("", "*")
_EVERY_KEY = ("", "*", "all")
_READ = {"SUBJECT": "subject", "METRIC": "metric", "MATERIAL": "material", "NATURE": "nature", "PUBLISHER": "publisher"}
"""Dimensions that are filters of `/v1/figures`."""
_OPERATION = re.compile(r"(eq|ne|lt|le|gt|ge|co|nc|sw|ew):(.*)", re.DOTALL)
_NUMBERS = ("Decimal", "Integer")
Observation = Mapping[str, Any]


class Test(NamedTuple):
    """An operation and what it compares with: `ge`, `2020`. `days` and `number` are that as a period or a number."""

    operation: str
    text: str
    days: Period | None = None
    number: Decimal | None = None


class Filter(NamedTuple):
    """One component's: it fits where all tests of one of the choices do."""

    component: Component
    choices: tuple[tuple[Test, ...], ...]

    def codes(self) -> list[str] | None:
        """The values of which it wants one; None where it asks for something else."""
        if all(len(tests) == 1 and tests[0].operation == "eq" for tests in self.choices):
            return [tests[0].text for tests in self.choices]
        return None

    def fits(self, observation: Observation) -> bool:
        """Whether an observation is one that it wants."""
        return any(all(_holds(test, self.component, observation) for test in tests) for tests in self.choices)


Meant = Callable[[str | None, str], str]
"""(a filter of `/v1/figures`, or none; a code) -> the code that it is taken for, which is mostly itself"""
Key = Mapping[str, tuple[str, ...]]
"""By dimension, the codes of which one is wanted. Dimensions of which any is are left out."""


class Conditions(NamedTuple):
    """All that observations must fit: one of the keys, where there are any, and every filter."""

    flow: Dataflow
    keys: tuple[Key, ...] = ()
    filters: tuple[Filter, ...] = ()

    @property
    def read(self) -> dict[str, str]:
        """The filters of `/v1/figures` by the dimensions that they are."""
        return {one.id: _READ[one.id] for one in self.flow.series_dimensions if one.id in _READ}

    def names(self) -> dict[str, list[str]]:
        """The codes in it by filters of `/v1/figures`, whose names they may be."""
        named: dict[str, dict[str, None]] = {name: {} for name in self.read.values()}
        for key in self.keys:
            for dimension, codes in key.items():
                if dimension in self.read:
                    named[self.read[dimension]] |= dict.fromkeys(codes)
        for one in self.filters:
            if one.component.id in self.read:
                named[self.read[one.component.id]] |= dict.fromkeys(one.codes() or ())
        return {name: list(codes) for name, codes in named.items() if codes}

    def read_filters(self) -> dict[str, str]:
        """What of it the ledger is asked for, as parameters of `/v1/figures`."""
        asked: dict[str, str] = {}
        for dimension, name in self.read.items():
            codes = self._codes(dimension)
            if codes is not None and NOTHING not in codes:
                asked[name] = ",".join(_quoted(code) for code in dict.fromkeys(codes))
        for one in self.filters:
            if one.component.id == TIME_PERIOD and len(one.choices) == 1:
                for test in one.choices[0]:
                    bound = {"ge": "period_from", "le": "period_to"}.get(test.operation)
                    if bound is not None and test.days is not None:
                        asked.setdefault(bound, f"{test.days.start}/{test.days.end}")
        return asked

    def _codes(self, dimension: str) -> list[str] | None:
        """The codes of a dimension of which an observation must have one; None where it may have any."""
        if self.keys and all(dimension in key for key in self.keys):
            return [code for key in self.keys for code in key[dimension]]
        for one in self.filters:
            if one.component.id == dimension and (codes := one.codes()) is not None:
                return codes
        return None

    def test(self, meant: Meant) -> Callable[[Observation], bool]:
        """Whether an observation fits."""
        keys = [
            {
                dimension: {one for code in codes for one in (code, meant(self.read.get(dimension), code))}
                for dimension, codes in key.items()
            }
            for key in self.keys
        ]
        filters = [_as_meant(one, self.read.get(one.component.id), meant) for one in self.filters]

        def fits(observation: Observation) -> bool:
            if keys and not any(all(observation[name] in codes for name, codes in key.items()) for key in keys):
                return False
            return all(one.fits(observation) for one in filters)

        return fits


def keys_of(flow: Dataflow, text: str) -> tuple[Key, ...]:
    """The keys in a path: dimensions between dots, `*` or nothing for any, `+` between several codes of one, commas
    between keys. What is left out at the end is any. Raises Problem.
    """
    if text in _EVERY_KEY:
        return ()
    texts = text.split(",")
    if len(texts) > KEYS_MAX:
        raise _bad_key("too_many", f"{len(texts)} keys are too many; {KEYS_MAX} at most")
    keys = tuple(_key(flow, one) for one in texts)
    count = sum(len(codes) for key in keys for codes in key.values())
    if count > CODES_MAX:
        raise _bad_key("too_many", f"the key holds {count} codes; {CODES_MAX} at most")
    return () if any(not key for key in keys) else keys


def _key(flow: Dataflow, text: str) -> Key:
    parts = text.split(".")
    names = [one.id for one in flow.series_dimensions]
    if len(parts) > len(names):
        detail = f"{text[:80]!r} has {len(parts)} dimensions, and {flow.id} has {len(names)}: {'.'.join(names)}"
        raise _bad_key("dimensions", f"{detail}; the time is a filter: c[TIME_PERIOD]=ge:2020")
    key = {}
    for name, part in zip(names, parts, strict=False):
        codes = tuple(part.split("+"))
        if not any(code in ALL for code in codes):
            key[name] = codes
    return key


def _bad_key(rule: str, detail: str) -> Problem:
    return bad_parameter("key", rule, detail)


def filters_of_query(flow: Dataflow, parameters: Mapping[str, str]) -> tuple[Filter, ...]:
    """The filters among the parameters of a query: `c[NAME]`, and the older `startPeriod` and `endPeriod`.

    Raises Problem.
    """
    known = {one.id: one for one in flow.components}
    found = []
    for name, text in parameters.items():
        if name.startswith("c["):
            component = known.get(name[2:-1]) if name.endswith("]") else None
            if component is None:
                detail = f"{name[:80]} is no filter of {flow.id}: c[NAME] with one of {', '.join(known)}"
                raise bad_parameter(name[:80], "unknown_component", detail)
            found.append(_filter(name, component, text))
    bounds = {"startPeriod": "ge", "endPeriod": "le"}
    for name, operation in bounds.items():
        if name in parameters:
            if TIME_PERIOD not in known:
                raise bad_parameter(name, "undated", f"{flow.id} has no time period: leave {name} out")
            test = _test(name, known[TIME_PERIOD], f"{operation}:{parameters[name]}")
            found.append(Filter(known[TIME_PERIOD], ((test,),)))
    if sum(len(tests) for one in found for tests in one.choices) > CODES_MAX:
        raise bad_parameter("c", "too_many", f"the filters hold more than {CODES_MAX} values")
    return tuple(found)


def _filter(name: str, component: Component, text: str) -> Filter:
    # A plus in a query stands for a space, unless it is written %2B; no value that can be asked for has a space.
    choices = (choice.replace(" ", "+").split("+") for choice in text.split(","))
    return Filter(component, tuple(tuple(_test(name, component, one) for one in tests) for tests in choices))


def _test(name: str, component: Component, text: str) -> Test:
    match = _OPERATION.fullmatch(text)
    operation, value = (match[1], match[2]) if match else ("eq", text)
    if not value:
        raise bad_parameter(name, "empty", f"{name}: there is a value missing in {text[:40]!r}")
    if operation in ("co", "nc", "sw", "ew"):
        return Test(operation, value)
    if component.id == TIME_PERIOD:
        try:
            return Test(operation, value, days=days_of(value))
        except CalendarError as error:
            raise bad_parameter(name, "period", f"{name}: {error}") from None
    if component.type in _NUMBERS:
        try:
            number = Decimal(value) if len(value) <= 60 else Decimal("NaN")
        except InvalidOperation:
            number = Decimal("NaN")
        if not number.is_finite():
            raise bad_parameter(name, "decimal", f"{name}: {value[:40]!r} is no number")
        return Test(operation, value, number=number)
    return Test(operation, value)


def _as_meant(one: Filter, name: str | None, meant: Meant) -> Filter:
    """The filter with what its codes are taken for as further choices."""
    others = (tuple(test._replace(text=meant(name, test.text)) for test in tests) for tests in one.choices)
    return one._replace(choices=tuple(dict.fromkeys((*one.choices, *others))))


def _holds(test: Test, component: Component, observation: Observation) -> bool:
    said = observation.get(component.id)
    if said is None:
        return test.operation in ("ne", "nc")
    if test.days is not None:
        return _BY_DAYS[test.operation](observation["_days"], test.days)
    if test.number is not None:
        return bool(_BY_ORDER[test.operation](Decimal(said), test.number))
    return _BY_TEXT[test.operation](said, test.text)


_BY_ORDER: Mapping[str, Callable[[Any, Any], bool]] = {
    "eq": lambda said, asked: said == asked,
    "ne": lambda said, asked: said != asked,
    "lt": lambda said, asked: said < asked,
    "le": lambda said, asked: said <= asked,
    "gt": lambda said, asked: said > asked,
    "ge": lambda said, asked: said >= asked,
}
_BY_TEXT: Mapping[str, Callable[[str, str], bool]] = {
    **_BY_ORDER,
    "co": lambda said, asked: asked in said,
    "nc": lambda said, asked: asked not in said,
    "sw": lambda said, asked: said.startswith(asked),
    "ew": lambda said, asked: said.endswith(asked),
}
_BY_DAYS: Mapping[str, Callable[[Period, Period], bool]] = {
    "eq": lambda said, asked: said == asked,
    "ne": lambda said, asked: said != asked,
    "lt": lambda said, asked: said.end < asked.start,
    "le": lambda said, asked: said.end <= asked.end,
    "gt": lambda said, asked: said.start > asked.end,
    "ge": lambda said, asked: said.start >= asked.start,
}


def _quoted(code: str) -> str:
    """A code as a value of a filter."""
    return '"' + code.replace('"', '""') + '"' if '"' in code or "," in code else code
