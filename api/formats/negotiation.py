"""In which format an answer goes out: what `format=` says, else what the `Accept` header prefers."""

from collections.abc import Sequence
from typing import NamedTuple

from api.problems import Problem, bad_parameter


class Format(NamedTuple):
    """A name for `format=`, the media type it is sent as, and others that ask for it."""

    name: str
    media_type: str
    also: tuple[str, ...] = ()


JSON = Format("json", "application/json")
JSONL = Format("jsonl", "application/x-ndjson", ("application/jsonl", "application/ndjson", "application/json-lines"))
CSV = Format("csv", "text/csv")
PARQUET = Format("parquet", "application/vnd.apache.parquet")
ARROW = Format("arrow", "application/vnd.apache.arrow.stream")
XLSX = Format("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
FORMATS = (JSON, JSONL, CSV, PARQUET, ARROW, XLSX)


def chosen(*, asked: str | None, accept: str | None, offered: Sequence[Format] = FORMATS) -> Format:
    """The format to answer in. Raises Problem: 422 for an unknown `format=`, 406 where nothing is acceptable."""
    if asked is not None:
        for one in offered:
            if one.name == asked:
                return one
        names = ", ".join(one.name for one in offered)
        raise bad_parameter("format", "unknown_format", f"format is one of {names}, not {asked[:40]!r}")
    if not accept or accept.strip() in ("", "*/*", offered[0].media_type):
        return offered[0]
    ranges = _ranges(accept)
    preferred = max(offered, key=lambda one: _quality(one, ranges))  # the first of equals: the server's order
    if _quality(preferred, ranges) == 0:
        types = ", ".join(one.media_type for one in offered)
        raise Problem(406, "not-acceptable", f"None of the types in Accept is offered here; offered: {types}.")
    return preferred


def _quality(one: Format, ranges: dict[str, float]) -> float:
    """How much a client wants a format, from 0 to 1: what its most specific media range says."""
    best = 0.0
    for media_type in (one.media_type, *one.also):
        main = media_type.partition("/")[0]
        for fitting in (media_type, f"{main}/*", "*/*"):
            if fitting in ranges:
                best = max(best, ranges[fitting])
                break
    return best


def _ranges(accept: str) -> dict[str, float]:
    qualities: dict[str, float] = {}
    for part in accept.split(","):
        media_range, *settings = (piece.strip().lower() for piece in part.split(";"))
        quality = 1.0
        for setting in settings:
            name, _, value = setting.partition("=")
            if name.strip() == "q":
                try:
                    quality = min(max(float(value), 0.0), 1.0)
                except ValueError:
                    quality = 0.0
        if media_range and quality == quality:
            qualities[media_range] = max(qualities.get(media_range, 0.0), quality)
    return qualities
