"""In which format of SDMX an answer goes out: what `format=` says, else what the `Accept` header prefers.

The media types of SDMX have a version in them: `application/vnd.sdmx.data+csv;version=2.0.0`. Where a client names no
version, any will do.
"""

from collections.abc import Sequence
from typing import NamedTuple

from api.formats.negotiation import Format
from api.problems import Problem, bad_parameter

_DATA, _STRUCTURE = "application/vnd.sdmx.data", "application/vnd.sdmx.structure"
DATA_JSON = Format("sdmx-json", f"{_DATA}+json;version=2.0.0", ("application/json",))
DATA_CSV = Format("sdmx-csv", f"{_DATA}+csv;version=2.0.0", ("text/csv",))
OLDER_CSV = Format("sdmx-csv-1.0", f"{_DATA}+csv;version=1.0.0")
DATA_ML = Format(
    "sdmx-ml",
    "application/vnd.sdmx.genericdata+xml;version=2.1",
    (
        *("application/vnd.sdmx.generic+xml;version=2.1", "application/vnd.sdmx.generictimeseriesdata+xml;version=2.1"),
        *("application/xml", "text/xml"),
    ),
)
SPECIFIC_ML = Format(
    "sdmx-ml-specific",
    "application/vnd.sdmx.structurespecificdata+xml;version=2.1",
    ("application/vnd.sdmx.structurespecifictimeseriesdata+xml;version=2.1",),
)
STRUCTURE_JSON = Format("sdmx-json", f"{_STRUCTURE}+json;version=2.0.0", ("application/json",))
STRUCTURE_ML = Format("sdmx-ml", f"{_STRUCTURE}+xml;version=2.1", ("application/xml", "text/xml"))
DATA_FORMATS = (DATA_JSON, DATA_CSV, OLDER_CSV, DATA_ML, SPECIFIC_ML)
STRUCTURE_FORMATS = (STRUCTURE_JSON, STRUCTURE_ML)


class _Range(NamedTuple):
    """A media range of an `Accept` header: its type, the version that it names, and how much it is wanted."""

    type: str
    version: str | None
    quality: float


def sdmx_format(*, asked: str | None, accept: str, offered: Sequence[Format]) -> Format:
    """The format to answer in, the first offered where any will do.

    Raises Problem: 422 for an unknown `format=`, 406 where nothing is acceptable.
    """
    if asked is not None:
        for one in offered:
            if one.name == asked:
                return one
        names = ", ".join(one.name for one in offered)
        raise bad_parameter("format", "unknown_format", f"format is one of {names}, not {asked[:40]!r}")
    ranges = [_range(text) for text in accept.lower().split(",") if text.strip()]
    if not ranges:
        return offered[0]
    preferred = max(offered, key=lambda one: _quality(one, ranges))
    if _quality(preferred, ranges) == 0:
        types = ", ".join(one.media_type for one in offered)
        raise Problem(406, "not-acceptable", f"None of the types in Accept is offered here; offered: {types}.")
    return preferred


def _quality(one: Format, ranges: Sequence[_Range]) -> float:
    """How much a client wants a format: what the most specific of its ranges that fit says."""
    fitting = []
    for media_type in (one.media_type, *one.also):
        kind, _, version = media_type.partition(";version=")
        for wanted in ranges:
            if wanted.type == kind and wanted.version in (None, version):
                fitting.append((2 if wanted.version is None else 3, wanted.quality))
            elif wanted.type in ("*/*", f"{kind.partition('/')[0]}/*"):
                fitting.append((0 if wanted.type == "*/*" else 1, wanted.quality))
    return max(fitting)[1] if fitting else 0.0


def _range(text: str) -> _Range:
    kind, *settings = (part.strip() for part in text.split(";"))
    named = dict(setting.replace(" ", "").partition("=")[::2] for setting in settings)
    try:
        quality = min(max(float(named.get("q", "1")), 0.0), 1.0)
    except ValueError:
        quality = 0.0
    return _Range(kind, named.get("version") or None, quality if quality == quality else 0.0)
