"""Definitions: a metric that nobody states, and that follows from metrics that publishers state.

They are this ledger's own: a definition counts on the ledger clock from its recording on, at any publication date. Of
definitions of one metric the last that stands counts.
"""

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from ledger.errors import FormulaError
from ledger.events.amounts import Metric, UnitName
from ledger.events.base import Event, Text
from ledger.values.formulas import FORMULA_LENGTH_MAX, RESULT_DECIMALS, inputs_of, parse_formula

RESULT_DECIMALS_MAX = 18


def _formula(text: str) -> str:
    try:
        parse_formula(text)
    except FormulaError as error:
        raise PydanticCustomError("formula", "{detail}", {"detail": str(error)}) from None
    return text


class MetricDefined(Event):
    """A metric is derived from others by a formula; defined again, by the formula of that time."""

    family: ClassVar[str] = "definitions"
    thing: ClassVar[str | None] = "metric"
    known_at_once: ClassVar[bool] = True
    example: ClassVar[dict[str, Any]] = {
        "type": "MetricDefined",
        "metric": "world_share",
        "title": "Share of world mine production",
        "unit": "percent",
        "formula": "mine_production / mine_production[subject=world]",
    }

    metric: Metric = Field(description="The name of the derived metric.")
    title: Text | None = Field(None, description="What it is, in words.")
    unit: UnitName = Field(description="The unit of the result; `percent` or `ratio` for a share.")
    decimals: Annotated[int, Field(strict=True, ge=0, le=RESULT_DECIMALS_MAX)] | None = Field(
        None, description=f"How many decimals the result is rounded to, half to even. Default: {RESULT_DECIMALS}."
    )
    formula: Annotated[
        str, StringConstraints(min_length=1, max_length=FORMULA_LENGTH_MAX), AfterValidator(_formula)
    ] = Field(
        description="Metrics that publishers state, numbers, `+ - * / ( )`, `share`, `sum`, `previous`, "
        "`year_before`: see ledger/README.md, Derived figures."
    )

    @classmethod
    def named_within(cls, body: dict[str, Any]) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """The entities in the formula; none where it is no formula."""
        try:
            inputs = list(inputs_of(parse_formula(str(body.get("formula")))))
        except FormulaError:
            return
        slugs = dict.fromkeys(slug for one in inputs for slug in one.slugs())
        yield from ((("formula",), slug) for slug in slugs)
