"""Shares, and how concentrated they are: what is counted, what is left out, and what changed."""

from collections.abc import Iterator
from typing import Any

import pytest

from projections import FilterError
from projections.audit import Findings, concentration
from tests.projections.conftest import Book, Item, figure, withdrawal


@pytest.fixture(scope="module")
def market() -> Iterator[Book]:
    """Mine production of several years, each of them a case."""
    book = Book()
    in_2023 = {"world": "11", "china": "5", "australia": "2", "prc": "2", "lynas": "1"}
    in_2021 = {"china": "0", "australia": "0.0"}
    unspoken = {"type": "FigureReported", "metric": "stock"}
    book.record(
        {
            "type": "RelationshipStated",
            "subject": "china",
            "relation": "part_of",
            "object": "world",
            "published_at": "2020",
        },
        *(figure(value, subject=subject) for subject, value in in_2023.items()),
        figure("3", subject="china", on="2024-06-01"),
        figure("4", subject="js-link", on="2024-06-01"),
        figure(None, subject="lynas", symbol="withheld", on="2024-06-01"),
        figure("-1", subject="kuantan-plant"),
        figure("99", subject="china", by="bgs", on="2024-03-01"),
        *(figure(value, subject=subject, period="2021") for subject, value in in_2021.items()),
        figure("2", subject="china", period="2020", dimensions={"basis": "reo"}),
        figure("3", subject="china", period="2020", dimensions={"basis": "metal"}),
        figure("1", subject="china", period="2019", unit="USD", **unspoken),
        figure("1", subject="australia", period="2019", unit="AUD", **unspoken),
        figure("1", subject="china", period="2016", unit="AUD", **unspoken),
        withdrawal(on="2024-06-01", subject="china", period="2016", unit="AUD", metric="stock"),
        figure("1", subject="china", period="2016", unit="USD", on="2024-06-01", **unspoken),
        figure("1", subject="china", type="PriceReported", metric="price", unit="USD/kg"),
        *(
            figure(value, period="2018", dimensions={"end": end})
            for end, value in (("total", "4"), ("a", "3"), ("b", "1"))
        ),
        figure("7", period="2018"),
        figure("6", period="2017", material="ndpr-oxide"),
        figure("6", period="2017"),
    )
    yield book
    book.close()


def found(book: Book, *, as_of: str = "2024-12-31", before: str | None = None, **asked: Any) -> Findings:
    options = {name: asked.pop(name) for name in ("by", "top", "canonical_unit") if name in asked}
    filters = {"metric": "mine_production", "period": "2023", "publisher": "usgs", **asked}
    with book.engine.reader(book.engine.viewpoint(as_of=as_of)) as reader:
        if before is None:
            return concentration(reader, filters, **options)
        with book.engine.reader(book.engine.viewpoint(as_of=before)) as earlier:
            return concentration(reader, filters, before=earlier, **options)


UNDECLARED = [
    {"type": "EntityRegistered", "entity": slug, "kind": kind, "name": slug.upper()}
    for slug, kind in (
        ("globe", "region"),
        ("union", "region"),
        ("alpha", "country"),
        ("beta", "country"),
        ("gamma", "country"),
    )
]
AS_MUCH = "is as much as all the others together"


@pytest.mark.parametrize(
    ("values", "counted", "told"),
    [
        ({"globe": "100", "alpha": "60", "beta": "40"}, ["alpha", "beta"], f"'globe', a region, {AS_MUCH} and is left"),
        ({"globe": "100", "alpha": "60", "beta": "30"}, ["globe", "alpha", "beta"], "'globe', a region, is more than"),
        (
            {"alpha": "100", "beta": "60", "gamma": "40"},
            ["alpha", "beta", "gamma"],
            f"'alpha' {AS_MUCH} and is counted",
        ),
        (
            {"globe": "100", "union": "60", "beta": "40"},
            ["globe", "union", "beta"],
            f"'globe' {AS_MUCH} and is counted",
        ),
        ({"union": "10", "alpha": "60", "beta": "40"}, ["alpha", "beta", "union"], None),
        ({"alpha": "100", "beta": "60", "gamma": "30"}, ["alpha", "beta", "gamma"], None),
        ({"globe": "100", "alpha": "100"}, ["alpha", "globe"], None),
        ({"globe": "0", "alpha": "0", "beta": "0"}, ["alpha", "beta", "globe"], None),
    ],
)
def test_a_total_that_nobody_declared_is_not_counted_in_silence(
    book: Book, values: dict[str, str], counted: list[str], told: str | None
) -> None:
    book.record(*UNDECLARED, *(figure(value, subject=subject) for subject, value in values.items()))
    answer = found(book)
    assert [item["subject"] for item in answer.items] == counted
    reasons = answer.members["summary"]["reasons"]
    assert (told in reasons["total"]) if told else "total" not in reasons
    assert [(one["subject"], one["reason"], one["covered_percent"]) for one in answer.members["left_out"]] == [
        (subject, "perhaps_total", "100.0000") for subject in values if subject not in counted
    ]


def test_figures_without_a_period_have_shares_too(book: Book) -> None:
    book.record(
        figure("6", subject="china", period=None),
        figure("4", subject="australia", period=None),
        figure("9", subject="australia", period="2023"),
        figure("1", subject="china", period="2023", metric="refinery_production"),
    )
    with book.engine.reader(book.engine.viewpoint(as_of="2024-12-31")) as reader:
        answer = concentration(reader, {"metric": "mine_production"})
        assert [(item["subject"], item["share"]) for item in answer.items] == [
            ("china", "60.0000"),
            ("australia", "40.0000"),
        ]
        with pytest.raises(FilterError, match="choose one of 2023"):
            concentration(reader, {"metric": "refinery_production"})
        assert concentration(reader, {"metric": "unheard_of"}).items == []


def shares(items: list[Item]) -> list[tuple[Any, ...]]:
    return [(item["subject"], item["value"], item["share"], item["rank"], item["cumulative_share"]) for item in items]


def test_shares_ranks_and_indices_of_what_adds_up(market: Book) -> None:
    answer = found(market, as_of="2024-02-28")
    assert shares(answer.items) == [
        ("china", "5", "50.0000", 1, "50.0000"),
        ("australia", "2", "20.0000", 2, "70.0000"),
        ("prc", "2", "20.0000", 2, "90.0000"),
        ("lynas", "1", "10.0000", 4, "100.0000"),
    ]
    summary = answer.members["summary"]
    # 50² + 20² + 20² + 10²; 10,000 / 3,400
    assert (summary["total"], summary["n"], summary["hhi"], summary["effective_number"]) == (
        "10",
        4,
        "3400.0000",
        "2.9412",
    )
    assert summary["top"] == {"1": "50.0000", "3": "90.0000", "5": "100.0000"}


def test_totals_of_parts_what_is_no_number_and_what_is_negative_have_no_share(market: Book) -> None:
    left_out = found(market).members["left_out"]
    assert [(one["subject"], one["says"], one["reason"]) for one in left_out] == [
        ("kuantan-plant", "-1", "negative"),
        ("lynas", "withheld", "no_number"),
        ("world", "11", "total"),
    ]
    alone = found(market, subject="world")
    assert [item["share"] for item in alone.items] == ["100.0000"]


def test_the_change_between_two_viewpoints_counts_who_came_and_who_went(market: Book) -> None:
    answer = found(market, before="2024-02-28", top=(1,))
    assert [
        (item["subject"], item["share"], item["previous_share"], item["share_change"]) for item in answer.items
    ] == [
        ("js-link", "36.3636", None, "36.3636"),
        ("china", "27.2727", "50.0000", "-22.7273"),
        ("australia", "18.1818", "20.0000", "-1.8182"),
        ("prc", "18.1818", "20.0000", "-1.8182"),
        ("lynas", None, "10.0000", "-10.0000"),
    ]
    gone = answer.items[-1]
    assert (gone["value"], gone["rank"], gone["publisher"], gone["previous_value"]) == (None, None, None, "1")
    summary = answer.members["summary"]
    assert (summary["hhi"], summary["previous"]["hhi"], summary["change"]["hhi"]) == (
        "2727.2727",
        "3400.0000",
        "-672.7273",
    )
    assert summary["change"]["total"] == "1"
    assert summary["change"]["n"] == 0
    assert summary["change"]["top"] == {"1": "-13.6364"}
    assert [one["subject"] for one in answer.members["previous_left_out"]] == ["kuantan-plant", "world"]


def test_each_figure_speaks_by_its_answer_and_prefer_chooses_it(market: Book) -> None:
    with market.engine.reader(market.engine.viewpoint(as_of="2024-12-31")) as reader:
        filters = {"metric": "mine_production", "period": "2023", "subject": "china"}
        latest, preferred = (concentration(reader, {**filters, **more}) for more in ({}, {"prefer": "bgs"}))
    assert [item["value"] for item in (*latest.items, *preferred.items)] == ["3", "99"]


def test_where_all_is_zero_or_there_is_nothing_the_summary_says_why(market: Book) -> None:
    zero, nothing = found(market, period="2021"), found(market, period="1999")
    assert shares(zero.items) == [("australia", "0", None, 1, None), ("china", "0", None, 1, None)]
    assert (zero.members["summary"]["hhi"], zero.members["summary"]["top"]["1"]) == (None, None)
    assert zero.members["summary"]["reasons"] == {"hhi": "all values are zero"}
    assert (nothing.items, nothing.members["summary"]["total"]) == ([], "0")
    assert nothing.members["summary"]["reasons"] == {"hhi": "nothing to add up"}
    changed = found(market, period="2021", before="2024-02-28")
    assert [item["share_change"] for item in changed.items] == [None, None]


def test_two_figures_of_one_name_must_be_chosen_from(market: Book) -> None:
    with pytest.raises(
        FilterError, match=r"china has 2 figures here: choose by dimension.basis=metal or reo"
    ) as refused:
        found(market, period="2020")
    assert refused.value.parameter == "dimension.basis"
    assert shares(found(market, period="2020", **{"dimension.basis": "reo"}).items)[0][:2] == ("china", "2")
    with pytest.raises(FilterError, match="choose by material=ndpr-oxide"):
        found(market, period="2017")
    with pytest.raises(FilterError, match="china has 2 figures here: choose by publisher=bgs or usgs") as refused:
        found(market, period="2023", publisher="usgs,bgs")
    assert refused.value.parameter == "publisher"


def test_units_are_never_mixed_and_what_does_not_add_up_has_no_shares(market: Book) -> None:
    with pytest.raises(FilterError, match="several units: choose one of AUD, USD"):
        found(market, metric="stock", period="2019")
    assert len(found(market, metric="stock", period="2016").items) == 1
    with pytest.raises(FilterError, match="several units: choose one of AUD, USD"):
        found(market, metric="stock", period="2016", before="2024-05-31")
    (item,) = found(market, metric="stock", period="2019", canonical_unit="AUD").items
    assert (item["subject"], item["unit"]) == ("australia", "AUD")
    with pytest.raises(FilterError, match="amounts in USD/kg cannot be added"):
        found(market, metric="price")


def test_shares_can_be_of_the_values_of_a_dimension_or_of_materials(market: Book) -> None:
    answer = found(market, period="2018", by="dimension.end")
    assert [(item["dimensions"], item["share"]) for item in answer.items] == [
        ({"end": "a"}, "75.0000"),
        ({"end": "b"}, "25.0000"),
    ]
    assert [(one["dimensions"], one["reason"]) for one in answer.members["left_out"]] == [
        (None, "unnamed"),
        ({"end": "total"}, "total"),
    ]
    by_material = found(market, period="2017", by="material")
    assert [(item["material"], item["share"]) for item in by_material.items] == [("ndpr-oxide", "100.0000")]
    assert [one["reason"] for one in by_material.members["left_out"]] == ["unnamed"]


def related(subject: str, relation: str, whole: str) -> Item:
    return {
        "type": "RelationshipStated",
        "subject": subject,
        "relation": relation,
        "object": whole,
        "published_at": "2020",
    }


def shared_and_left_out(book: Book) -> tuple[dict[str, str], dict[str, tuple[str, str | None]]]:
    findings = found(book)
    left_out = {one["subject"]: (one["reason"], one["covered_percent"]) for one in findings.members["left_out"]}
    return {item["subject"]: item["share"] for item in findings.items}, left_out


def test_a_part_of_a_part_is_a_part_of_the_whole(book: Book) -> None:
    book.record(related("china", "part_of", "prc"), related("prc", "part_of", "world"))
    book.record(figure("100"), figure("60", subject="china"))
    assert shared_and_left_out(book) == ({"china": "100.0000"}, {"world": ("total", "60.0000")})


def test_what_lies_in_another_is_counted_with_it_and_not_beside_it(book: Book) -> None:
    book.record(related("kuantan-plant", "located_in", "china"), related("china", "part_of", "world"))
    book.record(*(figure(value, subject=one) for one, value in (("kuantan-plant", "14"), ("china", "15"))))
    book.record(figure("5", subject="australia"), related("australia", "part_of", "world"), figure("21"))
    shares, left_out = shared_and_left_out(book)
    assert shares == {"china": "75.0000", "australia": "25.0000"}
    assert left_out == {"kuantan-plant": ("part", None), "world": ("total", "95.2381")}


def test_a_plant_whose_country_says_nothing_has_its_share(book: Book) -> None:
    book.record(related("kuantan-plant", "located_in", "china"), figure("14", subject="kuantan-plant"))
    assert shared_and_left_out(book) == ({"kuantan-plant": "100.0000"}, {})


def test_entities_that_are_said_to_be_parts_of_each_other_are_no_parts(book: Book) -> None:
    book.record(related("china", "part_of", "prc"), related("prc", "part_of", "china"))
    book.record(figure("1", subject="china"), figure("3", subject="prc"))
    assert shared_and_left_out(book) == ({"china": "25.0000", "prc": "75.0000"}, {})
