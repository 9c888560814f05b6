"""Amounts inside events: so many tonnes, so much money, a price; exact, as printed, in a unit of the table.

For example, the floor of an offtake, `{"value": "110", "unit": "USD/kg"}`, or what a permit allows,
`{"metric": "production", "high": "20000", "unit": "t/yr"}`. This module defines no event.
"""

from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache
from typing import Annotated, ClassVar, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from ledger.errors import QuantityError
from ledger.events.base import Moment, Number, Part, Text
from ledger.values.quantities import canonical, room
from ledger.values.slugs import NAME_PATTERN
from ledger.values.units import unit


@lru_cache(maxsize=4096)
def _unit(name: str) -> str:
    try:
        unit(name)
    except QuantityError as error:
        raise PydanticCustomError("unit", "{detail}", {"detail": str(error)}) from None
    return name


Metric = Annotated[str, StringConstraints(pattern=NAME_PATTERN)]
UnitName = Annotated[str, AfterValidator(_unit), Field(examples=["t"])]


def check_room(numbers: Iterable[tuple[str, str | None]], unit_name: str) -> None:
    """Raises an error at the first number, by the name of its field, that has no room in canonical units."""
    for name, text in numbers:
        if text is not None and len(text) > room(unit_name):
            try:
                canonical(Decimal(text), unit_name)
            except QuantityError as error:
                raise PydanticCustomError("decimal", "{detail}", {"detail": str(error), "field": name}) from None


def check_order(low: str | None, high: str | None, *, of: str = "") -> None:
    """Raises an error where a range ends below its start; `of` comes before `low` and `high` in the fields' names."""
    if low is not None and high is not None and Decimal(low) > Decimal(high):
        ends = {"low": low, "high": high, "field": f"{of}low"}
        raise PydanticCustomError("range_order", f"{of}low {{low}} is above {of}high {{high}}", ends)


class Amount(Part):
    """A value, or a range or bound, in a unit."""

    kinds: ClassVar[str] = ""
    """What its unit is of, for people; empty where it may be of anything."""

    value: Number | None = Field(None, description="Exact decimal, as printed.")
    low: Number | None = Field(None, description="Lower end of a range, or a lower bound where `high` is absent.")
    high: Number | None = Field(None, description="Upper end of a range, or an upper bound where `low` is absent.")
    unit: UnitName

    @classmethod
    def takes(cls, family: str) -> bool:
        """Whether its unit may be of this family."""
        return True

    @model_validator(mode="after")
    def _states_one_amount(self) -> Self:
        if (self.value is not None) + (self.low is not None or self.high is not None) != 1:
            raise PydanticCustomError("one_amount", "say exactly one of value, low and/or high", {"field": "value"})
        family = unit(self.unit).family
        if not self.takes(family):
            of = {"unit": self.unit, "family": family.replace("_", " "), "kinds": self.kinds, "field": "unit"}
            raise PydanticCustomError("unit", "{unit} is a unit of {family}; here it is {kinds}", of)
        check_room((("value", self.value), ("low", self.low), ("high", self.high)), self.unit)
        check_order(self.low, self.high)
        return self


class Quantity(Amount):
    """How much of something: a mass, a count, a mass per year, a share of an output."""

    kinds: ClassVar[str] = "a quantity, for example t, t/yr, units or percent"

    @classmethod
    def takes(cls, family: str) -> bool:
        """Anything but money and prices."""
        return not (Money.takes(family) or Price.takes(family))


class Money(Amount):
    """An amount of money."""

    kinds: ClassVar[str] = "money, for example million USD"

    @classmethod
    def takes(cls, family: str) -> bool:
        """Money alone."""
        return family == "money"


class Price(Amount):
    """A price: money per mass, volume or energy."""

    kinds: ClassVar[str] = "a price, for example USD/kg"

    @classmethod
    def takes(cls, family: str) -> bool:
        """Prices of any kind."""
        return family.split("_")[0] == "price"


class Condition(Part):
    """What somebody must keep to: a metric at least so high, at most so high, by some date."""

    metric: Metric
    low: Number | None = Field(None, description="It must be at least this.")
    high: Number | None = Field(None, description="It must be at most this.")
    unit: UnitName
    by: Moment | None = Field(None, description="By when.")
    text: Text | None = Field(None, description="The condition in words.")

    @model_validator(mode="after")
    def _demands_something(self) -> Self:
        if self.low is None and self.high is None and self.by is None and self.text is None:
            raise PydanticCustomError("one_demand", "say at least one of low, high, by, text", {"field": "low"})
        check_room((("low", self.low), ("high", self.high)), self.unit)
        check_order(self.low, self.high)
        return self
