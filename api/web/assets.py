"""Assets: the scripts, the style and the library of charts, each under an address that names its content.

An address such as `/assets/1f2e3d4c5b6a7988/app.js` never means anything else, so a browser keeps it for ever; all
assets share the hash in it, so that scripts find each other by relative names.
"""

from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import NamedTuple

CHART_LIBRARY = "vega.js"
_TYPES = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml"}


class Asset(NamedTuple):
    """What an address gives."""

    content: bytes
    media_type: str


@cache
def release() -> str:
    """The hash of all assets, which is part of their addresses."""
    together = sha256(version("vl-convert-python").encode())
    for name, content in sorted(_own().items()):
        together.update(sha256(name.encode()).digest() + sha256(content).digest())
    return together.hexdigest()[:16]


def asset(name: str) -> Asset | None:
    """The asset of a name such as `screens/home.js`; None where there is none."""
    content = _chart_library() if name == CHART_LIBRARY else _own().get(name)
    return None if content is None else Asset(content, _TYPES[name.rpartition(".")[2]])


@cache
def _own() -> Mapping[str, bytes]:
    """Our own, by their names."""
    return dict(_read(files("api.web") / "static", ""))


def _read(folder: Traversable, before: str) -> list[tuple[str, bytes]]:
    found = []
    for one in folder.iterdir():
        if one.is_dir():
            found += _read(one, f"{before}{one.name}/")
        elif one.name.rpartition(".")[2] in _TYPES:
            found.append((before + one.name, one.read_bytes()))
    return found


@cache
def _chart_library() -> bytes:
    """Vega, Vega-Lite and vega-embed as one module. Takes some seconds the first time in a process."""
    import vl_convert

    names = "window.vegaEmbed = vegaEmbed; window.vega = vega; window.vegaLite = vegaLite;"
    bundle: str = vl_convert.javascript_bundle(names)
    return bundle.encode()
