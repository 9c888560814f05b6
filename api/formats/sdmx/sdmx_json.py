"""SDMX-JSON 2.0: the data first, and then the structure, which lists what the numbers in the data stand for.

So a message is written as it is read: only the different values of each dimension and coded attribute are held.
Decimals are texts, exact.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from itertools import groupby
from typing import Any

import orjson

from api.questions.sdmx.observations import DataSet, Observed
from api.questions.sdmx.sdmx_components import AGENCY, TIME_PERIOD, VERSION, Component, Role
from ledger.values import parse_moment

Names = Callable[[Mapping[str, Collection[str]]], Mapping[str, Mapping[str, str]]]
"""(codes by codelist) -> what each of them is called"""
_URN = "urn:sdmx:org.sdmx.infomodel.datastructure."


class _Values:
    """The values of a component that occur, each with its number."""

    def __init__(self, component: Component) -> None:
        self.component = component
        self.numbers: dict[str, int] = {}

    def number(self, value: str) -> int:
        """The number of a value, from 0 in the order in which they come."""
        return self.numbers.setdefault(value, len(self.numbers))


class _Message:
    """A message as it is written."""

    def __init__(self, observed: Observed, *, flat: bool) -> None:
        flow = observed.flow
        self.observed = observed
        self.flat = flat
        self.count = 0
        self.of_series = [] if flat else [_Values(one) for one in flow.series_dimensions]
        at_observation = flow.dimensions if flat else [one for one in flow.dimensions if one.role is Role.TIME]
        self.of_observation = [_Values(one) for one in at_observation]
        self.measures = [one for one in observed.shown if one.role is Role.MEASURE]
        self.attributes = [_Values(one) for one in observed.shown if one.role is Role.ATTRIBUTE]
        self.links = [
            {"rel": "dataflow", "urn": f"{_URN}Dataflow={AGENCY}:{flow.id}({VERSION})"},
            {"rel": "datastructure", "urn": f"{_URN}DataStructure={AGENCY}:{flow.structure}({VERSION})"},
        ]

    def data_sets(self) -> Iterator[bytes]:
        """The members of the data sets, with commas between these."""
        between = b""
        for head, series in groupby(self.observed.series, lambda one: one.data_set):
            yield (
                between + orjson.dumps(self._head(head))[:-1] + (b',"observations":{' if self.flat else b',"series":{')
            )
            separator = b""
            for one in series:
                parts = [
                    orjson.dumps(self._key(observation, self.of_observation))
                    + b":"
                    + orjson.dumps(self._said(observation))
                    for observation in one.observations
                ]
                text = b",".join(parts)
                if not self.flat:
                    key = orjson.dumps(self._key(one.observations[0], self.of_series)) if parts else b""
                    text = key + b':{"observations":{' + text + b"}}" if parts else b""
                if text:
                    yield separator + text
                    separator = b","
            yield b"}}"
            self.count += 1
            between = b","

    def _head(self, head: DataSet) -> dict[str, Any]:
        times = {"validFrom": head.valid_from, "validTo": head.valid_to}
        said = {name: at for name, at in times.items() if at is not None}
        return {"structure": 0, "action": head.action, **said, "links": self.links}

    def _key(self, observation: Mapping[str, Any], dimensions: list[_Values]) -> str:
        return ":".join(str(one.number(observation[one.component.id])) for one in dimensions)

    def _said(self, observation: Mapping[str, Any]) -> list[Any]:
        said: list[Any] = [observation.get(one.id) for one in self.measures]
        for one in self.attributes:
            value = observation.get(one.component.id)
            if value is None:
                said.append(None)
            elif one.component.codelist is not None:
                said.append(one.number(value))
            else:
                said.append(_typed(one.component, value))
        while len(said) > len(self.measures) and said[-1] is None:
            said.pop()
        return said

    def structure(self, names: Names) -> dict[str, Any]:
        """The structure of the data, once these are written."""
        coded = [*self.of_series, *self.of_observation, *self.attributes]
        codes: dict[str, set[str]] = {}
        for one in coded:
            if one.component.codelist is not None:
                codes.setdefault(one.component.codelist, set()).update(one.numbers)
        called = names(codes)
        flow = self.observed.flow
        places = {one.id: place for place, one in enumerate(flow.dimensions)}

        def dimension(one: _Values) -> dict[str, Any]:
            component = one.component
            values = {"values": _values(one, called)} if one.numbers else {}
            return {"id": component.id, "name": component.name, "keyPosition": places[component.id], **values}

        def attribute(one: _Values) -> dict[str, Any]:
            values = {"values": _values(one, called)} if one.component.codelist is not None and one.numbers else {}
            return {**_described(one.component), "relationship": {"observation": {}}, **values}

        return {
            "links": self.links,
            "name": flow.name,
            "description": flow.description,
            **({"dataSets": list(range(self.count))} if self.count else {}),
            "dimensions": {
                "dataSet": [],
                "series": [dimension(one) for one in self.of_series],
                "observation": [dimension(one) for one in self.of_observation],
            },
            "measures": {"observation": [_described(one) for one in self.measures]},
            "attributes": {"dataSet": [], "series": [], "observation": [attribute(one) for one in self.attributes]},
        }


def _described(component: Component) -> dict[str, Any]:
    formed = {} if component.codelist is not None else {"format": {"dataType": component.type}}
    return {"id": component.id, "name": component.name, **formed}


def _values(one: _Values, called: Mapping[str, Mapping[str, str]]) -> list[dict[str, Any]]:
    if one.component.id == TIME_PERIOD:
        return [{"value": text} for text in one.numbers]
    names = called.get(one.component.codelist or "", {})
    return [{"id": code, "name": names.get(code, code)} for code in one.numbers]


def _typed(component: Component, value: str) -> Any:
    if component.type == "Boolean":
        return value == "true"
    return int(value) if component.type == "Integer" else value


def meta_of(basis: Mapping[str, Any], *, kind: str) -> dict[str, Any]:
    """The header of a message, which the basis of the answer says all of: so the same answer has the same."""
    prepared = basis["recorded_at"] or parse_moment("1970-01-01").start.isoformat().replace("+00:00", "Z")
    return {
        "schema": "https://raw.githubusercontent.com/sdmx-twg/sdmx-json/master/"
        f"{kind}-message/tools/schemas/2.0.0/sdmx-json-{kind}-schema.json",
        "id": f"position-{basis['position']}",
        "prepared": prepared,
        "test": False,
        "contentLanguages": ["en"],
        "sender": {"id": AGENCY, "name": "supply-ledger"},
    }


def sdmx_json(observed: Observed, names: Names, *, flat: bool) -> Iterator[bytes]:
    """A message with the observations: in series, or where it is `flat` one by one."""
    message = _Message(observed, flat=flat)
    yield b'{"meta":' + orjson.dumps(meta_of(observed.page.basis, kind="data")) + b',"data":{"dataSets":['
    yield from message.data_sets()
    yield b'],"structures":[' + orjson.dumps(message.structure(names)) + b"]}}"
