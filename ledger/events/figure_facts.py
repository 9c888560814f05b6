"""The facts of an event about a figure: what rules and imports ask of it most often, told once, without a ledger."""

from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any, NamedTuple

import orjson

from ledger.events.base import ref_paths
from ledger.events.figures import Figure, figure_stream
from ledger.values.calendars import is_fiscal, may_be_fiscal_year, parse_moment, parse_period
from ledger.values.identifiers import microseconds
from ledger.values.units import unit


class FigureFacts(NamedTuple):
    """What rules ask of an event about a figure most often, so that its body need not be read for them."""

    subject: str
    material: str | None
    publisher: str
    metric: str
    family: str
    """Of its unit."""
    figure: bytes | None
    """The figure's id in bytes, as long as none of its entities was merged. None where more has to be known: the
    subject's fiscal year, or whether other entities that the event names are registered."""
    oddities: int | None
    """How many things are odd about the event by itself, without anything that was said before: see
    `ledger.rules.warnings`. None where more has to be known."""
    form: bytes
    """Which parts of a figure it names, and with which values: see `form_text`."""
    published_us: int | None
    """When it was published, at the end of what is printed: microseconds since 1970. None where it does not say."""
    value: float | None
    """About the value, where it states one."""
    unit: str


def figure_facts(cls: type[Figure], fields: dict[str, Any]) -> FigureFacts:
    """The facts of an event with these fields, as pydantic holds them."""
    subject, material, period = fields["subject"], fields["material"], fields["period"]
    its_unit, metric, nature = unit(fields["unit"]), cls.metric_of(fields), cls.nature_of(fields)
    publisher, dimensions = fields["source"].publisher, fields["dimensions"]
    figure = days = None
    # A fiscal period, also one to compare with, needs the subject's fiscal year.
    compared_with = fields.get("compared_with")
    may_be_fiscal, is_one = (False, False) if period is None else _fiscal(period)
    if _facts_name_every_entity(cls) and not is_one and (compared_with is None or not is_fiscal(compared_with)):
        days = parse_period(period) if period else None
        figure = figure_stream(
            subject=subject,
            metric=metric,
            material=material,
            dimensions=dimensions,
            nature=nature,
            period=days,
            canonical_unit=its_unit.canonical,
        )
    family, published = its_unit.family, fields["published_at"]
    oddities: int | None = 1 if published is None else 0
    if (family == "share" and cls.is_share(fields)) or may_be_fiscal:
        oddities = None
    elif days is not None and published is not None and nature == "observed" and not cls.ahead:
        oddities = _ends_after(period, published)
    value, form_of = fields.get("value"), (publisher, metric, nature, family, material)
    form = form_text(*form_of, dimensions) if dimensions else _form_without(*form_of)
    return FigureFacts(
        subject,
        material,
        publisher,
        metric,
        family,
        figure,
        oddities,
        form,
        None if published is None else end_us(published),
        None if value is None else float(value),
        its_unit.name,
    )


@lru_cache(maxsize=65536)
def _fiscal(period: str) -> tuple[bool, bool]:
    """Whether a period may be a fiscal year, printed as a month is; and whether it is fiscal for certain."""
    return may_be_fiscal_year(period), is_fiscal(period)


@lru_cache(maxsize=65536)
def _ends_after(period: str, published: str) -> int:
    """1 where a period, which is not fiscal, was not over when something was published."""
    return 1 if parse_period(period).end > parse_moment(published).end.date() else 0


@lru_cache(maxsize=65536)
def end_us(published: str) -> int:
    """The end of a printed moment: microseconds since 1970."""
    return microseconds(parse_moment(published).end)


@cache
def _facts_name_every_entity(cls: type[Figure]) -> bool:
    return {("source", "publisher"), ("subject",), ("material",)}.issuperset(ref_paths(cls))


def form_text(
    publisher: str,
    metric: str,
    nature: str,
    family: str,
    material: str | None,
    dimensions: Mapping[str, str] | None,
) -> bytes:
    """A publisher's way to say a metric, as JSON: see `ledger.rules.figure_forms`. Equal for equal ways."""
    said = publisher, metric, nature, family, material, dimensions or None
    return orjson.dumps(said, option=orjson.OPT_SORT_KEYS)


@lru_cache(maxsize=4096)
def _form_without(publisher: str, metric: str, nature: str, family: str, material: str | None) -> bytes:
    """The text of a figure without dimensions."""
    return form_text(publisher, metric, nature, family, material, None)
