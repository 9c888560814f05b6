"""Figures: a publisher states a value for a figure.

A figure's *key* is what is measured: subject, metric, material, dimensions, nature, period and canonical unit. A
*statement* says exactly one of: a value; a range or bound; a symbol. The same key is the same figure on every
machine: its `figure_id` is a UUIDv5 of the key (ledger/README.md, section 4; ledger/README.md, ruling 11).
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Any, ClassVar, Literal, Self, TypedDict, Unpack
from uuid import NAMESPACE_URL, UUID, uuid5

import orjson
from pydantic import AfterValidator, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from ledger.errors import CalendarError
from ledger.events.amounts import Metric, UnitName, check_order, check_room
from ledger.events.base import Event, Flag, Number, Ref, Source, Text
from ledger.values.calendars import Period, is_fiscal, parse_period
from ledger.values.identifiers import of_name
from ledger.values.slugs import NAME_PATTERN
from ledger.values.units import unit

FIGURE_NAMESPACE = uuid5(NAMESPACE_URL, "urn:supply-ledger:figure")

Nature = Literal["observed", "forecast", "target", "plan"]
Symbol = Literal["not_available", "withheld", "net_exporter", "undisclosed", "not_applicable"]
Status = Literal["estimated", "provisional", "reported", "restated", "announced", "audited"]


@lru_cache(maxsize=65536)
def _period(text: str) -> str:
    """Fits some period; whether a fiscal one can be resolved depends on the subject and is a rule of the ledger.

    A fiscal one is in the calendar whatever the fiscal year is, so that it stays so where that is corrected.
    """
    try:
        parse_period(text, "12-31")
        if is_fiscal(text):
            parse_period(text, "01-31")
            parse_period(text, "11-30 start")
    except CalendarError as error:
        raise PydanticCustomError("period", "{detail}", {"detail": str(error)}) from None
    return text


DimensionName = Annotated[str, StringConstraints(pattern=NAME_PATTERN)]
PeriodText = Annotated[str, AfterValidator(_period), Field(examples=["2025-Q2"])]


class FigureKey(TypedDict):
    """What is measured."""

    subject: str
    metric: str
    material: str | None
    dimensions: dict[str, str] | None
    nature: str
    period: Period | None
    canonical_unit: str


def figure_id(**key: Unpack[FigureKey]) -> UUID:
    """The id of the figure with this key: the UUIDv5 of its canonical JSON."""
    return UUID(bytes=figure_stream(**key))


def figure_stream(**key: Unpack[FigureKey]) -> bytes:
    """The same in bytes."""
    period = key["period"]
    canonical_key = {
        "subject": key["subject"],
        "metric": key["metric"],
        "material": key["material"],
        "dimensions": key["dimensions"] or None,
        "nature": key["nature"],
        "period_start": period.start if period else None,
        "period_end": period.end if period else None,
        "unit": key["canonical_unit"],
    }
    return of_name(FIGURE_NAMESPACE, orjson.dumps(canonical_key, option=orjson.OPT_SORT_KEYS))


class Figure(Event, abstract=True):
    """What every event about a figure has: the key, and a publisher who says so."""

    family: ClassVar[str] = "figures"
    default_metric: ClassVar[str | None] = None
    default_nature: ClassVar[str] = "observed"
    flow: ClassVar[bool] = False
    """Whether it measures what happened over the days of its period, so that a year is the sum of its quarters."""
    ahead: ClassVar[bool] = False
    """Whether it is usually said before its period is over, as of a quota."""

    source: Source = Field(description="`publisher`, a registered organisation, is required.")
    subject: Ref
    metric: Metric | None = Field(None, description="What is measured. Default: by the event's type, where it has one.")
    material: Ref | None = None
    dimensions: dict[DimensionName, Text] | None = Field(None, examples=[{"basis": "reo"}])
    nature: Nature | None = Field(None, description="Default: by the event's type.")
    period: PeriodText | None = None
    unit: UnitName

    @classmethod
    def metric_of(cls, body: dict[str, Any]) -> str:
        """The metric of a body of this type."""
        return str(body.get("metric") or cls.default_metric)

    @classmethod
    def nature_of(cls, body: dict[str, Any]) -> str:
        """The nature of a body of this type."""
        return str(body.get("nature") or cls.default_nature)

    @classmethod
    def is_share(cls, body: Mapping[str, Any]) -> bool:
        """Whether a body of this type says which part of a whole something is, and not a rate of growth."""
        return "share" in str(body.get("metric") or cls.default_metric).split("_")

    @classmethod
    def unit_family_of(cls, body: dict[str, Any]) -> tuple[str, str]:
        """The metric of a body of this type, and the family of its unit: `("production", "mass")`."""
        return cls.metric_of(body), unit(body["unit"]).family

    @model_validator(mode="after")
    def _names_publisher_and_metric(self) -> Self:
        if self.source.publisher is None:
            raise PydanticCustomError(
                "publisher_required", "a figure needs source.publisher: who says so", {"field": "source/publisher"}
            )
        if self.metric is None and type(self).default_metric is None:
            named = {"type": self.type_name, "field": "metric"}
            raise PydanticCustomError("metric_required", "{type} needs a metric", named)
        return self


class Statement(Figure, abstract=True):
    """A publisher states a value, a range or bound, or a symbol."""

    value: Number | None = Field(None, description="Exact decimal, as printed.")
    low: Number | None = Field(None, description="Lower end of a range, or a lower bound where `high` is absent.")
    high: Number | None = Field(None, description="Upper end of a range, or an upper bound where `low` is absent.")
    symbol: Symbol | None = Field(None, description="What is printed where no number is. Zero is a value.")
    approximate: Flag | None = None
    status: Status | None = None
    compared_with: PeriodText | None = Field(
        None,
        description="Of a figure of change: the period that it is against, so that it can be checked.",
        examples=["2025-Q1"],
    )

    @model_validator(mode="after")
    def _states_exactly_one_thing(self) -> Self:
        in_range = self.low is not None or self.high is not None
        if (self.value is not None) + in_range + (self.symbol is not None) != 1:
            raise PydanticCustomError(
                "one_statement", "say exactly one of value, low and/or high, symbol", {"field": "value"}
            )
        check_room((("value", self.value), ("low", self.low), ("high", self.high)), self.unit)
        check_order(self.low, self.high)
        return self


def _example(type_name: str, **fields: Any) -> dict[str, Any]:
    return {
        "type": type_name,
        "subject": "lynas-rare-earths",
        "period": "FY2025-Q4",
        "published_at": "2025-07-24",
        "source": {"publisher": "lynas-rare-earths", "title": "Quarterly report, June 2025"},
        **fields,
    }


class ProductionReported(Statement):
    """A quantity was produced in a period."""

    default_metric: ClassVar[str | None] = "production"
    flow: ClassVar[bool] = True
    example: ClassVar[dict[str, Any]] = _example(
        "ProductionReported", material="ndpr-oxide", value="2080", unit="t", status="reported"
    )


class SalesReported(Statement):
    """A quantity or an amount of money was sold in a period."""

    default_metric: ClassVar[str | None] = "sales"
    flow: ClassVar[bool] = True
    example: ClassVar[dict[str, Any]] = _example(
        "SalesReported", metric="sales_revenue", value="170.2", unit="million AUD"
    )


class PriceReported(Statement):
    """A price was paid or quoted."""

    default_metric: ClassVar[str | None] = "price"
    example: ClassVar[dict[str, Any]] = _example(
        "PriceReported", metric="average_selling_price", value="60.20", unit="AUD/kg"
    )


class CapacityReported(Statement):
    """A facility or company can make this much; a plan where it is only announced."""

    default_metric: ClassVar[str | None] = "capacity"
    example: ClassVar[dict[str, Any]] = _example(
        "CapacityReported", material="ndfeb-magnets", period="2027", value="3000", unit="t/yr", status="announced"
    )

    @classmethod
    def nature_of(cls, body: dict[str, Any]) -> str:
        """An announced capacity is a plan unless it says otherwise."""
        return str(body.get("nature") or ("plan" if body.get("status") == "announced" else cls.default_nature))


class ReservesReported(Statement):
    """So much is in the ground and can be mined at a profit."""

    default_metric: ClassVar[str | None] = "reserves"
    example: ClassVar[dict[str, Any]] = _example(
        "ReservesReported", period="2025", value="1.7", unit="Mt", approximate=True
    )


class TradeReported(Statement):
    """A quantity or value crossed a border."""

    default_metric: ClassVar[str | None] = "trade"
    flow: ClassVar[bool] = True
    example: ClassVar[dict[str, Any]] = _example(
        "TradeReported", metric="export_volume", period="2025-06", value="4.2", unit="kt"
    )


class InvestmentReported(Statement):
    """Money was invested, or is to be."""

    default_metric: ClassVar[str | None] = "investment"
    flow: ClassVar[bool] = True
    example: ClassVar[dict[str, Any]] = _example(
        "InvestmentReported", period="2025", value="600", unit="million MYR", status="announced"
    )


class EmploymentReported(Statement):
    """People work somewhere, or are to."""

    default_metric: ClassVar[str | None] = "employment"
    example: ClassVar[dict[str, Any]] = _example("EmploymentReported", period="2025", low="520", unit="persons")


class ShareReported(Statement):
    """A part of a whole, in percent or as a ratio."""

    default_metric: ClassVar[str | None] = "share"
    example: ClassVar[dict[str, Any]] = _example("ShareReported", period="2024", low="85", high="95", unit="percent")


class QuotaSet(Statement):
    """An authority set how much may be mined, separated or exported."""

    default_metric: ClassVar[str | None] = "quota"
    flow: ClassVar[bool] = True
    ahead: ClassVar[bool] = True
    example: ClassVar[dict[str, Any]] = _example(
        "QuotaSet", metric="mining_quota", period="2023", dimensions={"batch": "full_year"}, value="255000", unit="t"
    )


class TargetSet(Statement):
    """Someone set a goal."""

    default_nature: ClassVar[str] = "target"
    example: ClassVar[dict[str, Any]] = _example(
        "TargetSet", metric="export_revenue", period="2030", value="500", unit="million USD"
    )


class ForecastPublished(Statement):
    """Someone said what will be."""

    default_nature: ClassVar[str] = "forecast"
    example: ClassVar[dict[str, Any]] = _example(
        "ForecastPublished", metric="market_size", period="2030", value="25.8", unit="billion USD"
    )


class FigureReported(Statement):
    """Any other figure; the metric says which."""

    example: ClassVar[dict[str, Any]] = _example(
        "FigureReported", metric="water_recycling_rate", period="2025", value="95", unit="percent"
    )


class FigureWithdrawn(Figure):
    """A publisher takes its own statement back and says nothing for the figure until it speaks again."""

    example: ClassVar[dict[str, Any]] = _example(
        "FigureWithdrawn", metric="production", material="ndpr-oxide", unit="t"
    )
