"""The chart of vintages: what is drawn, and that the same facts are drawn the same."""

import re
import xml.etree.ElementTree as ET
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from api.reports.charts import Spec, svg, vintages_chart
from api.reports.charts.axes import Scale, bounds, milliseconds
from api.reports.charts.labels import Box, around, placed

UNTIL = datetime(2026, 3, 1, tzinfo=UTC)
SVG = "{http://www.w3.org/2000/svg}"


def vintage(by: str, on: str, value: str | None = None, **fields: Any) -> dict[str, Any]:
    said = dict.fromkeys(("canonical_low", "canonical_high", "symbol"))
    plain = {"canonical_value": value, "canonical_unit": "t", "withdrawn": False, "cause": "revision", "position": 1}
    return {"publisher": by, "published_at": on, **said, **plain, **fields}


def chart(*vintages: dict[str, Any], until: datetime = UNTIL, names: dict[str, str] | None = None) -> Spec:
    spec = vintages_chart(vintages, names=names or {}, until=until)
    assert spec is not None
    return spec


def rows(spec: Spec, mark: str, **like: Any) -> list[dict[str, Any]]:
    """The rows of the layers of a mark."""
    layers = [layer for layer in spec["layer"] if layer["mark"]["type"] == mark]
    layers = [layer for layer in layers if all(layer["mark"].get(name) == value for name, value in like.items())]
    found: list[dict[str, Any]] = []
    for layer in layers:
        data = layer["data"]
        found += data["values"] if "values" in data else spec["datasets"][data["name"]]
    return found


def test_a_step_lasts_until_the_publisher_says_something_else() -> None:
    spec = chart(vintage("usgs", "2025-01-31", "13000"), vintage("usgs", "2026-02-06", "29000"))
    ends = [(row["at"], row["level"]) for row in rows(spec, "line")]
    first, second = (milliseconds(datetime(*day, tzinfo=UTC)) for day in ((2025, 1, 31), (2026, 2, 6)))
    assert ends == [(first, 13000.0), (second, 13000.0), (second, 29000.0), (milliseconds(UNTIL), 29000.0)]
    assert [row["label"] for row in rows(spec, "text")] == ["13,000", "29,000"]


def test_where_a_figure_is_expected_stands_behind_the_last_date() -> None:
    said = (vintage("usgs", "2025-01-31", "13000"), vintage("usgs", "2026-02-06", "29000"), vintage("bgs", "2026", "9"))
    plain = vintages_chart(said, names={}, until=UNTIL)
    bands = (
        {"publisher": "usgs", "low": "28000", "expected": "28500", "high": "33000"},
        {"publisher": "bgs", "low": None, "expected": None, "high": None},
        {"publisher": "elsewhere", "low": "1", "expected": "1", "high": "1"},
    )
    spec = vintages_chart(said, names={}, until=UNTIL, expected=bands)
    assert plain is not None
    assert spec is not None
    assert rows(plain, "rect") == []
    (band,) = rows(spec, "rect")
    assert (band["name"], band["low"], band["high"]) == ("usgs", 28000.0, 33000.0)
    assert milliseconds(UNTIL) < band["at"] < band["upto"]
    middle = [row for row in rows(spec, "line") if row["segment"] == -1]
    assert [(row["at"], row["level"]) for row in middle] == [(band["at"], 28500.0), (band["upto"], 28500.0)]
    scales = [layer["encoding"]["x"]["scale"] for layer in spec["layer"]]
    (axis,) = {tuple(scale["domain"]) for scale in scales if "domain" in scale}
    assert axis[0] < band["at"]
    assert band["upto"] < axis[1]


def test_a_date_less_exact_than_a_day_counts_from_its_end() -> None:
    spec = chart(vintage("usgs", "2019", "1"), vintage("usgs", "2025-10", "2"))
    days = [milliseconds(datetime(*day, tzinfo=UTC)) for day in ((2019, 12, 31), (2025, 10, 31))]
    assert [row["at"] for row in rows(spec, "point")] == days


def test_a_line_ends_where_a_figure_is_withdrawn_or_withheld_and_begins_anew() -> None:
    spec = chart(
        vintage("usgs", "2020-06-01", "100"),
        vintage("usgs", "2021-06-01", withdrawn=True),
        vintage("usgs", "2022-06-01", "120"),
        vintage("usgs", "2023-06-01", symbol="net_exporter"),
    )
    assert [(row["segment"], row["level"]) for row in rows(spec, "line")] == [(0, 100), (0, 100), (1, 120), (1, 120)]
    crosses = [row for row in rows(spec, "point") if "label" in row]
    assert [(row["level"], row["label"]) for row in crosses] == [(100, "withdrawn"), (120, "net exporter")]
    assert max(row["at"] for row in rows(spec, "line")) == crosses[-1]["at"]


def test_a_range_is_a_band_and_one_with_an_open_end_a_line() -> None:
    spec = chart(
        vintage("a", "2020-06-01", canonical_low="85", canonical_high="95"),
        vintage("b", "2020-06-01", canonical_low="70"),
        vintage("c", "2020-06-01", canonical_high="0"),
    )
    assert [(row["name"], row["low"], row["high"]) for row in rows(spec, "rect")] == [("a", 85, 95)]
    assert {row["name"] for row in rows(spec, "line")} == {"b", "c"}
    assert {row["label"] for row in rows(spec, "text")} == {"85 to 95", "at least 70", "at most 0"}


def test_publishers_differ_in_colour_and_in_shape_and_in_dashes() -> None:
    spec = chart(*(vintage(f"publisher-{number}", "2020", str(number)) for number in range(8)))
    points = next(layer for layer in spec["layer"] if layer["mark"]["type"] == "point")["encoding"]
    looks = list(zip(points["color"]["scale"]["range"], points["shape"]["scale"]["range"], strict=True))
    assert len({colour for colour, _ in looks}) == 8
    assert len(set(looks)) == 8
    assert len({(row["colour"], str(row["dash"])) for row in rows(spec, "line")}) == 8


def test_publishers_of_one_name_are_told_apart_by_their_slugs() -> None:
    spec = chart(vintage("a", "2020", "1"), vintage("b", "2020", "2"), names={"a": "Survey", "b": "Survey"})
    assert {row["name"] for row in rows(spec, "point")} == {"Survey (a)", "Survey (b)"}


def test_there_is_no_chart_of_one_point_or_of_no_number() -> None:
    assert vintages_chart([], names={}, until=UNTIL) is None
    assert vintages_chart([vintage("a", "2020", "1")], names={}, until=UNTIL) is None
    silent = [vintage("a", "2020", symbol="withheld"), vintage("b", "2020", withdrawn=True)]
    assert vintages_chart(silent, names={}, until=UNTIL) is None


@pytest.mark.parametrize(
    "values",
    [
        ("0", "0"),
        ("-12.5", "-13"),
        ("99999999999999999999.123456789012345678", "1"),
        ("0.000000000000000001", "0.000000000000000003"),
    ],
)
def test_any_values_can_be_drawn_and_named_oddly(values: tuple[str, str]) -> None:
    odd = "<script>\"'&</script> \\ ${x} \N{SNOWMAN}"
    spec = chart(
        vintage("a", "2020-01-01T10:00:00Z", values[0]),
        vintage("b", "2020-01-01T10:05:00+08:00", values[1]),
        names={"a": odd},
    )
    drawn = svg(spec, name="chart", title=odd, description=odd)
    tree = ET.fromstring(drawn)
    assert tree.findtext(f"{SVG}title") == odd
    assert not [element for element in tree.iter() if element.tag.endswith("script")]
    assert odd in [element.text for element in tree.iter(f"{SVG}text")]


def test_the_end_of_the_calendar_can_be_drawn() -> None:
    end = datetime.max.replace(tzinfo=UTC)
    assert rows(chart(vintage("a", "0001-01-01", "1"), vintage("b", "9999-12-31", "2"), until=end), "line")


def test_the_same_facts_are_drawn_the_same_and_two_drawings_share_no_id() -> None:
    spec = chart(vintage("a", "2020", "1"), vintage("b", "2021", "2"))
    clipped = {**spec, "layer": [{**layer, "mark": {**layer["mark"], "clip": True}} for layer in spec["layer"]]}
    for drawable in (spec, clipped):
        one, again, other = (svg(drawable, name=name, title="t", description="d") for name in ("one", "one", "other"))
        assert one == again
        ids = [{element.get("id") for element in ET.fromstring(text).iter()} - {None} for text in (one, other)]
        assert ids[0]
        assert not ids[0] & ids[1]
        assert set(re.findall(r"url\(#([^)]+)\)", one)) <= ids[0]


def test_an_axis_starts_at_zero_unless_all_values_are_far_from_it() -> None:
    assert bounds([Decimal(13000), Decimal(29000)])[0] == 0
    low, high = bounds([Decimal(240000), Decimal(255000)])
    assert 0 < low < 240000 < 255000 < high
    assert bounds([Decimal(-30), Decimal(-10)])[1] == 0
    assert bounds([Decimal(-30), Decimal(10)])[0] < -30
    title = chart(vintage("a", "2020", "240000"), vintage("b", "2020", "255000"))
    axis = title["layer"][0]["encoding"]["y"]["axis"]
    assert axis["title"] == "Value in t (the axis does not start at zero)"


def test_large_values_are_counted_in_millions_and_labelled_in_few_digits() -> None:
    scale = Scale.of([Decimal(642_500_000)], "MYR")
    assert (scale.title, scale.text(Decimal(642_500_000))) == ("million MYR", "642.5")
    assert Scale.of([Decimal(9_999_999)], "t").text(Decimal("-9999999")) == "\N{MINUS SIGN}9,999,999"
    assert Scale.of([Decimal(1)], "percent").title == "%"
    assert Scale.of([Decimal(1)], "t").text(Decimal("0.12345678901")) == "0.1235"


def test_labels_never_stand_on_each_other() -> None:
    within = Box(0, 0, 300, 100)
    wanted = [(150.0, 50.0, "12,345")] * 9
    places = [place for _, place in placed(wanted, taken=[around(150, 50)], within=within)]
    assert 1 < len(places) == len(set(places)) < 9
    assert not list(placed(wanted, taken=[within], within=within))
    assert not list(placed([(1.0, 1.0, "a long label in a corner" * 9)], taken=[], within=within))
