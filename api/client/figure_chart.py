"""A chart: shown in a notebook by itself, and had as SVG, as PNG, or as a specification of Vega-Lite."""

import json
from functools import cache
from typing import Any, cast

from api.client.door import Door, Drawing, Parameters


class Chart:
    """A chart of figures at a viewpoint. It is drawn when it is wanted."""

    def __init__(self, door: Door, name: str, parameters: Parameters) -> None:
        self._door, self._name, self._parameters = door, name, parameters
        self._form = cache(self._made)
        self.spec: dict[str, Any] = cast(dict[str, Any], json.loads(self._form("json")))
        """The specification of Vega-Lite, from which any program that knows it draws the chart."""

    def svg(self) -> str:
        """The drawing as SVG."""
        return self._form("svg").decode()

    def png(self) -> bytes:
        """The drawing as PNG."""
        return self._form("png")

    def _made(self, form: Drawing) -> bytes:
        return self._door.chart(self._name, self._parameters, form)

    def __repr__(self) -> str:
        return f"Chart({self._name}, {dict(self._parameters)!r})"

    def _repr_svg_(self) -> str:
        return self.svg()
