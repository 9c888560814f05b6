"""What statements say, beside each other: whether two rows are one fact, and whether they say as much.

For example, `2.08 kt` says as much as `2080 t`, and what was said of `burma` says what is said of `myanmar`, where the
two were merged.
"""

from decimal import Decimal
from typing import Any

from ledger.imports.content_ids import ContentId, content_id
from ledger.rules.state import State
from ledger.values.quantities import canonical, plain


def by_kept_names(state: State, type_name: str, body: dict[str, Any]) -> ContentId:
    """The content id of what a statement says, with the names that its entities were merged into."""
    resolve, source = state.resolve, body["source"]
    names: dict[str, Any] = {name: resolve(body[name]) for name in ("subject", "material") if name in body}
    return content_id(type_name, {**body, **names, "source": {**source, "publisher": resolve(source["publisher"])}})


def told(type_name: str, body: dict[str, Any]) -> tuple[object, ...]:
    """How much a statement says there is, in canonical units, so that two of them can be compared."""
    unit = body["unit"]
    numbers = (body.get(name) for name in ("value", "low", "high"))
    amounts = (None if one is None else plain(canonical(Decimal(one), unit)) for one in numbers)
    return type_name == "FigureWithdrawn", *amounts, body.get("symbol")


def printed(type_name: str, body: dict[str, Any]) -> str:
    """What a statement says, for people: `13000 t`, `2 to 3 kt`, `withheld`, `nothing more`."""
    if type_name == "FigureWithdrawn":
        return "nothing more"
    if (symbol := body.get("symbol")) is not None:
        return str(symbol)
    if (value := body.get("value")) is not None:
        return f"{value} {body['unit']}"
    low, high = body.get("low"), body.get("high")
    if low is None or high is None:
        return f"at least {low} {body['unit']}" if high is None else f"at most {high} {body['unit']}"
    return f"{low} to {high} {body['unit']}"
