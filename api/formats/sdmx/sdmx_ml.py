"""SDMX-ML 2.1, which the older programs read: generic data, which need no structure to be read, and data that are
specific to their structure, which are shorter.
"""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import groupby
from typing import Any

from api.questions.sdmx.observations import DataSet, Observation, Observed
from api.questions.sdmx.sdmx_components import AGENCY, OBS_VALUE, TIME_PERIOD, VERSION, Role

_NAMESPACES = "http://www.sdmx.org/resources/sdmxml/schemas/v2_1/"
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MARKS = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\n": "&#10;", "\r": "&#13;", "\t": "&#9;"}
_MARKED = re.compile('[&<>"\n\r\t]')


@lru_cache(maxsize=4096)
def xml_text(text: str) -> str:
    """A text within an element or an attribute. A character that XML cannot hold becomes U+FFFD."""
    return _MARKED.sub(lambda match: _MARKS[match[0]], _NOT_XML.sub("\ufffd", text))


def namespaces(**prefixes: str) -> str:
    """The declarations of namespaces of SDMX-ML 2.1 by prefix."""
    return " ".join(f'xmlns:{prefix}="{_NAMESPACES}{name}"' for prefix, name in prefixes.items())


def header_of(basis: Mapping[str, Any], more: str = "") -> str:
    """The header of a message."""
    prepared = basis["recorded_at"] or "1970-01-01T00:00:00Z"
    return (
        f"<message:Header><message:ID>position-{basis['position']}</message:ID><message:Test>false</message:Test>"
        f'<message:Prepared>{prepared}</message:Prepared><message:Sender id="{AGENCY}"/>{more}</message:Header>'
    )


def sdmx_ml(observed: Observed, *, flat: bool, specific: bool = False) -> Iterator[bytes]:
    """A message with the observations: in series, or where it is `flat` one by one; of generic data, or of data that
    are `specific` to their structure.
    """
    return (_Specific if specific else _Generic)(observed, flat=flat).parts()


class _Generic:
    """A message of generic data."""

    tag = "GenericData"
    spaces = namespaces(message="message", common="common", generic="data/generic")

    def __init__(self, observed: Observed, *, flat: bool) -> None:
        self.observed = observed
        self.flow = observed.flow
        self.flat = flat
        self.at_observation = [one.id for one in self.flow.dimensions if flat or one.role is Role.TIME]
        self.measured = any(one.role is Role.MEASURE for one in observed.shown)
        self.attributes = [one.id for one in observed.shown if one.role is Role.ATTRIBUTE]

    def parts(self) -> Iterator[bytes]:
        """The text of the message, some at a time."""
        structure = self.flow.structure
        yield (
            f"{HEAD}<message:{self.tag} {self.spaces}>"
            + header_of(
                self.observed.page.basis,
                f'<message:Structure structureID="{structure}" {self.named()}'
                f'dimensionAtObservation="{"AllDimensions" if self.flat else TIME_PERIOD}">'
                f'<common:Structure><Ref id="{structure}" version="{VERSION}" agencyID="{AGENCY}" '
                'class="DataStructure" package="datastructure"/></common:Structure></message:Structure>',
            )
        ).encode()
        for data_set, together in groupby(self.observed.series, lambda one: one.data_set):
            yield self.beginning(data_set).encode()
            for series in together:
                texts = [self.observation(one) for one in series.observations]
                if texts:
                    yield ("".join(texts) if self.flat else self.series(series.key, "".join(texts))).encode()
            yield b"</message:DataSet>"
        yield f"</message:{self.tag}>".encode()

    def named(self) -> str:
        """What else the reference to the structure has."""
        return ""

    def beginning(self, data_set: DataSet) -> str:
        """The beginning of a data set."""
        times = {"validFromDate": data_set.valid_from, "validToDate": data_set.valid_to}
        said = "".join(f' {name}="{at}"' for name, at in times.items() if at is not None)
        return f'<message:DataSet structureRef="{self.flow.structure}" action="{data_set.action}"{said}>'

    def series(self, key: tuple[str, ...], observations: str) -> str:
        """A series with its observations."""
        values = "".join(map(_value, (one.id for one in self.flow.series_dimensions), key))
        return f"<generic:Series><generic:SeriesKey>{values}</generic:SeriesKey>{observations}</generic:Series>"

    def observation(self, observation: Observation) -> str:
        """An observation."""
        if self.flat:
            key = "".join(_value(name, observation[name]) for name in self.at_observation)
            said = f"<generic:ObsKey>{key}</generic:ObsKey>"
        else:
            said = f'<generic:ObsDimension value="{observation[TIME_PERIOD]}"/>'
        if self.measured and (amount := observation[OBS_VALUE]) is not None:
            said += f'<generic:ObsValue value="{amount}"/>'
        values = "".join(_value(name, value) for name in self.attributes if (value := observation[name]) is not None)
        if values:
            said += f"<generic:Attributes>{values}</generic:Attributes>"
        return f"<generic:Obs>{said}</generic:Obs>"


class _Specific(_Generic):
    """A message of data that are specific to their structure, whose components are the names of attributes."""

    tag = "StructureSpecificData"
    spaces = namespaces(message="message", common="common", specific="data/structurespecific")

    def named(self) -> str:
        """What else the reference to the structure has."""
        name = f"urn:sdmx:org.sdmx.infomodel.datastructure.DataStructure={AGENCY}:{self.flow.structure}({VERSION})"
        return f'namespace="{name}" '

    def beginning(self, data_set: DataSet) -> str:
        """The beginning of a data set."""
        text = super().beginning(data_set)
        at_observation = "AllDimensions" if self.flat else TIME_PERIOD
        return (
            text.replace("structureRef=", "specific:structureRef=")
            .replace(" action=", " specific:action=")
            .replace(" valid", " specific:valid")
            .replace(">", f' specific:dataScope="DataStructure" specific:dimensionAtObservation="{at_observation}">')
        )

    def series(self, key: tuple[str, ...], observations: str) -> str:
        """A series with its observations."""
        values = " ".join(map(_attribute, (one.id for one in self.flow.series_dimensions), key))
        return f"<Series {values}>{observations}</Series>"

    def observation(self, observation: Observation) -> str:
        """An observation."""
        names = [*self.at_observation, *([OBS_VALUE] if self.measured else ()), *self.attributes]
        values = " ".join(_attribute(name, value) for name in names if (value := observation[name]) is not None)
        return f"<Obs {values}/>"


def _value(name: str, value: str) -> str:
    return f'<generic:Value id="{name}" value="{xml_text(value)}"/>'


def _attribute(name: str, value: str) -> str:
    return f'{name}="{xml_text(value)}"'
