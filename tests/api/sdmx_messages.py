"""Messages of SDMX read back into items as `/v1/figures` has them, so that the two can be compared field by field."""

import csv
import io
import json
from collections.abc import Iterable, Mapping
from typing import Any

from api.questions.sdmx.sdmx_codes import NOTHING, dimensions_of_code, unit_of_code
from api.questions.sdmx.sdmx_components import DATAFLOWS, Dataflow, Role
from api.questions.sdmx.sdmx_periods import days_of

Item = dict[str, Any]
COUNTS = ("position", "statements", "revisions", "publishers")
FLAGS = ("approximate", "corrected", "disputed")
RENAMED = {"canonical_value": "OBS_VALUE", "canonical_low": "OBS_LOW", "canonical_high": "OBS_HIGH"}
NO_COLUMNS = ("material", "dimensions", "period_start", "period_end", "canonical_unit")


def item_of(row: Mapping[str, Any], names: Iterable[str]) -> Item:
    """The fields of an item, made of an observation's values as text."""
    item: Item = {}
    for name in names:
        if name not in NO_COLUMNS:
            text = row.get(RENAMED.get(name, name.upper())) or None
            item[name] = text
            if text is not None and name in COUNTS:
                item[name] = int(text)
            elif text is not None and name in FLAGS:
                item[name] = {"true": True, "false": False}[text]
    days = days_of(row["TIME_PERIOD"]) if "TIME_PERIOD" in row else None
    return {
        **item,
        "material": None if row["MATERIAL"] == NOTHING else row["MATERIAL"],
        "dimensions": dimensions_of_code(row["BREAKDOWN"]) or None,
        "canonical_unit": unit_of_code(row["UNIT_MEASURE"]),
        "period_start": days and days.start.isoformat(),
        "period_end": days and days.end.isoformat(),
    }


def rows_of_csv(text: str) -> list[Item]:
    """The observations of a message in SDMX-CSV, their values as text."""
    return list(csv.DictReader(io.StringIO(text, newline="")))


def rows_of_json(text: bytes | str) -> list[Item]:
    """The observations of a message in SDMX-JSON 2.0, with `ACTION` and `validFrom`, `validTo` of their data sets."""
    data = json.loads(text)["data"]
    (structure,) = data["structures"]
    dimensions, attributes = structure["dimensions"], structure["attributes"]["observation"]
    measures = structure["measures"]["observation"]
    rows: list[Item] = []

    def named(level: str, key: str) -> Item:
        values = zip(dimensions[level], key.split(":"), strict=True)
        return {one["id"]: value_of(one["values"][int(number)]) for one, number in values}

    def said(array: list[Any]) -> Item:
        found: Item = {}
        for one, value in zip([*measures, *attributes], [*array, *[None] * 99], strict=False):
            if value is None:
                found[one["id"]] = None
            elif "values" in one:
                found[one["id"]] = value_of(one["values"][value])
            else:
                found[one["id"]] = str(value).lower() if isinstance(value, bool) else str(value)
        return found

    for one in data["dataSets"]:
        head = {"ACTION": one["action"], "validFrom": one.get("validFrom"), "validTo": one.get("validTo")}
        for key, array in one.get("observations", {}).items():
            rows.append({**head, **named("observation", key), **said(array)})
        for series, held in one.get("series", {}).items():
            for key, array in held["observations"].items():
                rows.append({**head, **named("series", series), **named("observation", key), **said(array)})
    return rows


def value_of(value: Mapping[str, Any]) -> Any:
    return value["id"] if "id" in value else value["value"]


def columns_of(flow: Dataflow) -> list[str]:
    """The ids of the columns that a table of a dataflow has."""
    return [one.id for one in flow.components if one.role is not Role.TIME or flow.dated]


def flows(*, of_publishers: bool) -> list[str]:
    """The dataflows of answers, or of statements."""
    return [one.id for one in DATAFLOWS.values() if one.of_publishers is of_publishers]
