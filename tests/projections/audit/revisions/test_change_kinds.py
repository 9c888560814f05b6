"""Each rule of what kind a change is, by examples; and rebases and relabels, of which none may be missed."""

import random
from collections.abc import Iterator, Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

import pytest

from projections.audit import Options, revisions
from tests.projections.conftest import Book, Item, figure, merge, withdrawal

EDITIONS = ("2024-01-31", "2025-01-31", "2026-01-31")


def asked(book: Book, **options: Any) -> tuple[list[Item], Item]:
    """The items and the members of an answer; `filters` among the options."""
    filters = options.pop("filters", {})
    with book.engine.reader(book.engine.viewpoint(as_of="2026-12-31")) as reader:
        found = revisions(reader, filters, options=Options(**options))
    return found.items, found.members


def steps(book: Book, **options: Any) -> list[Item]:
    """The steps of the only series."""
    (item,), _ = asked(book, **options)
    found: list[Item] = item["steps"]
    return found


CASES: list[tuple[Item, Item, str, str]] = [
    ({"value": "2080"}, {"value": "2080"}, "unchanged", "same"),
    ({"value": "2080"}, {"value": "2080.0"}, "unchanged", "same"),
    ({"symbol": "withheld"}, {"symbol": "withheld"}, "unchanged", "same"),
    (
        {"value": "2080", "status": "estimated"},
        {"value": "2080", "status": "reported"},
        "status",
        "other_status",
    ),
    ({"value": "2080", "status": "estimated"}, {"value": "2.08", "unit": "kt"}, "status", "other_status"),
    ({"low": "85", "high": "95"}, {"low": "85", "high": "95", "status": "audited"}, "status", "other_status"),
    ({"value": "2080"}, {"value": "2.080", "unit": "kt"}, "unit_relabel", "other_unit"),
    # A number and its unit part: the printed unit changed too.
    ({"value": "2080"}, {"value": "2.08", "unit": "Mt"}, "unit_relabel", "power_of_ten"),
    ({"value": "255"}, {"value": "255.123", "unit": "kt"}, "unit_relabel", "power_of_ten_rounded"),
    ({"value": "10009", "unit": "kg"}, {"value": "4.540", "unit": "t"}, "unit_relabel", "mass_units"),
    # A factor alone proves nothing: tenfold, hundredfold, a thousandfold, up and down, exactly.
    ({"value": "100"}, {"value": "1000"}, "substantial", "suspected_unit"),
    ({"value": "255000"}, {"value": "281000"}, "substantial", "suspected_unit"),
    ({"value": "255000"}, {"value": "270000"}, "substantial", "other_value"),
    ({"value": "7"}, {"value": "70"}, "substantial", "suspected_unit"),
    ({"value": "-7.5"}, {"value": "-7500"}, "substantial", "suspected_unit"),
    ({"value": "350000"}, {"value": "350"}, "substantial", "suspected_unit"),
    ({"value": "2080"}, {"value": "2080", "unit": "kt"}, "unit_relabel", "power_of_ten"),
    # In the digits of the shorter of two, if those are three.
    ({"value": "255"}, {"value": "255123"}, "substantial", "suspected_unit"),
    ({"value": "255123"}, {"value": "255"}, "substantial", "suspected_unit"),
    ({"value": "255000"}, {"value": "255.123"}, "substantial", "suspected_unit"),
    ({"value": "2.00"}, {"value": "2003"}, "substantial", "suspected_unit"),
    ({"value": "2.0"}, {"value": "2003"}, "substantial", "other_value"),
    ({"value": "200"}, {"value": "200300"}, "substantial", "other_value"),
    ({"value": "255"}, {"value": "255900"}, "substantial", "other_value"),
    ({"value": "0"}, {"value": "1000"}, "substantial", "other_value"),
    ({"value": "1000"}, {"value": "0"}, "substantial", "other_value"),
    ({"value": "-10"}, {"value": "100"}, "substantial", "other_value"),
    # Pounds as kilograms, short tons as tonnes.
    ({"value": "4540", "unit": "kg"}, {"value": "10009", "unit": "kg"}, "substantial", "suspected_unit"),
    ({"value": "10009", "unit": "kg"}, {"value": "4540", "unit": "kg"}, "substantial", "suspected_unit"),
    ({"value": "1102.3"}, {"value": "1000.0"}, "substantial", "suspected_unit"),
    ({"value": "1.1"}, {"value": "1000.0"}, "substantial", "other_value"),
    ({"value": "45"}, {"value": "99.2"}, "substantial", "other_value"),
    ({"value": "4540", "unit": "USD"}, {"value": "10009", "unit": "USD"}, "substantial", "other_value"),
    # The same, rounded: by half a unit of the coarser at most.
    ({"value": "49"}, {"value": "49.5"}, "rounding", "printed_precision"),
    ({"value": "49"}, {"value": "49.51"}, "substantial", "other_value"),
    ({"value": "49.31"}, {"value": "49"}, "rounding", "printed_precision"),
    ({"value": "49.3"}, {"value": "49.4"}, "substantial", "other_value"),
    ({"value": "-0.4"}, {"value": "0"}, "rounding", "printed_precision"),
    ({"value": "2.1", "unit": "kt"}, {"value": "2149"}, "rounding", "printed_precision"),
    ({"value": "2149"}, {"value": "2.1", "unit": "kt"}, "rounding", "printed_precision"),
    ({"value": "2151"}, {"value": "2.1", "unit": "kt"}, "substantial", "other_value"),
    # Zeros at the end may be rounding where three digits precede them.
    ({"value": "12345"}, {"value": "12300"}, "rounding", "printed_precision"),
    ({"value": "12300"}, {"value": "12345"}, "rounding", "printed_precision"),
    ({"value": "12300"}, {"value": "12351"}, "substantial", "other_value"),
    ({"value": "255000"}, {"value": "255.4", "unit": "kt"}, "rounding", "printed_precision"),
    ({"value": "-12300"}, {"value": "-12345"}, "rounding", "printed_precision"),
    ({"value": "12000"}, {"value": "12345"}, "substantial", "other_value"),
    ({"value": "100"}, {"value": "130"}, "substantial", "other_value"),
    ({"value": "13000"}, {"value": "29000"}, "substantial", "other_value"),
    ({"value": "100"}, {"low": "100"}, "substantial", "other_form"),
    ({"symbol": "withheld"}, {"value": "100"}, "substantial", "other_form"),
    ({"symbol": "withheld"}, {"symbol": "not_available"}, "substantial", "other_form"),
    ({"low": "85"}, {"high": "85"}, "substantial", "other_form"),
]


@pytest.fixture(scope="module")
def changes_of_cases() -> Iterator[dict[str, list[Item]]]:
    """The steps of each case, recorded as a figure of its own."""
    book = Book()
    for number, (first, then, *_) in enumerate(CASES):
        for day, said in zip(EDITIONS, (first, then), strict=False):
            book.record({**figure(None, on=day, metric=f"case_{number}"), **said})
    items, _ = asked(book)
    yield {item["metric"]: item["steps"] for item in items}
    book.close()


@pytest.mark.parametrize("number", range(len(CASES)), ids=lambda number: f"{CASES[number][0]} {CASES[number][1]}")
def test_a_change_is_of_the_first_kind_that_fits(changes_of_cases: dict[str, list[Item]], number: int) -> None:
    *_, kind, rule = CASES[number]
    assert [(step["kind"], step["rule"]) for step in changes_of_cases[f"case_{number}"]] == [(kind, rule)]


def test_a_withdrawal_and_what_follows_it_are_of_no_kind(book: Book) -> None:
    book.record(figure("100", on="2024-01-31"), withdrawal(on="2025-01-31"), figure("100000", on="2026-01-31"))
    assert [(step["cause"], step["kind"], step["rule"]) for step in steps(book)] == [
        ("withdrawal", None, None),
        ("republication", None, None),
    ]


def statement(about: str, attribute: str, on: str, **fields: Any) -> Item:
    """A qualitative fact."""
    said = {"type": "StatementRecorded", "subject": about, "attribute": attribute, "text": "As the source says."}
    return {**said, "published_at": on, **fields}


@pytest.mark.parametrize(
    ("about", "attribute"),
    [("usgs", "definition_change"), ("world", "methodology_change"), ("ndpr-oxide", "definition_change")],
)
def test_a_recorded_change_of_definition_bears_on_what_is_published_after_it(
    book: Book, about: str, attribute: str
) -> None:
    for value, day in zip(("100", "130", "150"), EDITIONS, strict=True):
        book.record(figure(value, on=day, material="ndpr-oxide"))
    book.record(statement(about, attribute, "2025-01-31"))
    found = steps(book)
    assert [(step["kind"], step["rule"]) for step in found] == [
        ("definition", "recorded"),
        ("substantial", "other_value"),
    ]
    assert [step["announced"] for step in found] == [True, False]


@pytest.mark.parametrize(("about", "on"), [("usgs", "2024-01-31"), ("usgs", "2025-02-01"), ("bgs", "2024-06-30")])
def test_a_change_of_definition_at_another_time_or_of_another_publisher_does_not(
    book: Book, about: str, on: str
) -> None:
    book.record(figure("100", on="2024-01-31"), figure("130", on="2025-01-31"))
    book.record(statement(about, "definition_change", on))
    assert [step["kind"] for step in steps(book)] == ["substantial"]


def test_a_change_of_definition_follows_its_publisher_through_a_merge(book: Book) -> None:
    book.record(figure("100", on="2024-01-31"), figure("130", on="2025-01-31"))
    book.record(statement("wire", "methodology_change", "2024-06-30"))
    book.record(merge(kept="usgs", merged="wire"))
    assert [step["kind"] for step in steps(book)] == ["definition"]


@pytest.mark.parametrize(
    ("note", "kind"),
    [
        ("The method changed since the edition of 2010.", "definition"),
        ("New basis: metal content", "definition"),
        ("Redefined.", "definition"),
        ("Coverage was extended; now with Myanmar.", "definition"),
        ("Gross basis, as the summary says. The number was revised.", "substantial"),
        ("Methodical work. Nothing new.", "substantial"),
        ("Revised.", "substantial"),
    ],
)
def test_a_note_may_speak_of_another_definition(book: Book, note: str, kind: str) -> None:
    book.record(figure("100", on="2024-01-31"), figure("130", on="2025-01-31", note=note))
    book.record(figure("150", on="2026-01-31", note=note))
    found = steps(book)
    assert [step["kind"] for step in found] == [kind, "substantial"], "a note that stays the same says nothing new"
    assert [(step["announced"], step["announced_by"]) for step in found] == [
        (True, found[0]["event_id"]),
        (False, None),
    ]


def test_what_the_numbers_prove_goes_before_what_is_said_of_them(book: Book) -> None:
    book.record(
        figure("100", on="2024-01-31"), figure("100000", on="2025-01-31", unit="tonnes", note="A new definition.")
    )
    (step,) = steps(book)
    assert (step["kind"], step["announced"]) == ("unit_relabel", True)


def test_a_factor_without_company_is_suspected_and_counts(book: Book) -> None:
    book.record(figure("255000", on="2024-01-31"), figure("281000", on="2025-01-31"))
    (step,) = steps(book)
    assert (step["kind"], step["rule"]) == ("substantial", "suspected_unit")
    assert "as if the unit were another" in step["explanation"]
    (item,), _ = asked(book, kinds=("substantial",))
    assert item["total_change"] == "26000"


def test_an_erratum_of_the_publisher_announces_a_revision(book: Book) -> None:
    attributes = ("erratum", "errata", "corrigendum", "revision", "restatement")
    for year, attribute in enumerate(attributes, start=2011):
        book.record(figure(str(year), on=f"{year}-01-31"), statement("usgs", attribute, f"{year}-06-30"))
    book.record(figure("2016", on="2016-01-31"), figure("2017", on="2017-01-31"))
    book.record(statement("world", "erratum", "2016-06-30"), statement("usgs", "outlook", "2016-06-30"))
    errata = [str(entry.event_id) for entry in book.ledger.entries() if entry.body.get("attribute") in attributes]
    (item,), _ = asked(book)
    said = [(step["announced"], step["announced_by"]) for step in item["steps"]]
    assert said == [*((True, erratum) for erratum in errata[:5]), (False, None)]
    assert (item["announced"], item["silent"]) == (5, 1)


def test_the_last_of_several_statements_is_what_announced_it(book: Book) -> None:
    book.record(figure("100", on="2024-01-31"), figure("130", on="2025-01-31"))
    book.record(statement("usgs", "erratum", "2024-06-30"), statement("world", "methodology_change", "2024-03-31"))
    (erratum,) = [str(entry.event_id) for entry in book.ledger.entries() if entry.body.get("attribute") == "erratum"]
    assert [step["announced_by"] for step in steps(book)] == [erratum]
    book.record(statement("world", "methodology_change", "2024-09-30"))
    assert steps(book)[0]["announced_by"] not in (None, erratum)


def test_a_restated_figure_is_announced_and_a_confirmation_or_conflict_is_neither(book: Book) -> None:
    book.record(figure("100", on="2024-01-31"), figure("120", on="2024-01-31", note="Body: 120."))
    book.record(figure("120", on="2025-01-31", note="As before."), figure("130", on="2026-01-31", status="restated"))
    found = steps(book)
    assert [(step["cause"], step["announced"]) for step in found] == [
        ("conflict", None),
        ("confirmation", None),
        ("revision", True),
    ]


# Tables


def table(book: Book, *editions: Sequence[str | None], **fields: Any) -> None:
    """Editions of a table of the years from 2018 on; None is not printed."""
    for day, values in zip(EDITIONS, editions, strict=False):
        for year, value in enumerate(values, start=2018):
            if value is not None:
                book.record(figure(value, on=day, period=str(year), **fields))


def table_kinds(book: Book, **filters: str) -> list[list[tuple[str | None, str | None]]]:
    """(kind, rule) of the steps of each year."""
    items, _ = asked(book, filters=filters)
    return [[(step["kind"], step["rule"]) for step in item["steps"]] for item in items]


RESCALED, RELABELLED = ("rescale", "table_factor"), ("unit_relabel", "table_power_of_ten")
UNCHANGED, SUBSTANTIAL = ("unchanged", "same"), ("substantial", "other_value")


def test_one_factor_over_a_table_in_one_vintage_is_a_rebase(book: Book) -> None:
    table(book, ["100.0", "104.2", "98.7"], ["87.3", "91.0", "86.2"])
    assert table_kinds(book) == [[RESCALED]] * 3
    (step,) = asked(book, filters={"period": "2018"})[0][0]["steps"]
    assert "0.87" in step["explanation"]


def test_the_factor_of_a_rebase_is_told_in_as_few_digits_as_the_table_allows(book: Book) -> None:
    table(book, ["100", "110", "121"], ["200", "220", "242"])
    (step,) = asked(book, filters={"period": "2018"})[0][0]["steps"]
    assert step["explanation"].startswith("times 2, ")
    assert "3 figures" in step["explanation"]


def test_the_rest_of_the_table_tells_though_one_year_is_asked_about(book: Book) -> None:
    table(book, ["100.0", "104.2", "98.7"], ["87.3", "91.0", "86.2"])
    (item,), _ = asked(book, filters={"period": "2019"})
    for filters in ({"period_from": "2020"}, {"period_to": "2018"}, {"figure_id": item["figure_id"]}):
        assert table_kinds(book, **filters) == [[RESCALED]]


def test_one_figure_that_moves_otherwise_makes_it_no_rebase(book: Book) -> None:
    table(book, ["100.0", "104.2", "98.7"], ["87.3", "91.0", "90.0"])
    assert table_kinds(book) == [[SUBSTANTIAL]] * 3


def test_one_figure_that_stays_makes_it_no_rebase_unless_rounding_hides_the_factor(book: Book) -> None:
    table(book, ["100.0", "104.2", "98.7", "4"], ["87.3", "91.0", "98.7", "4"])
    assert table_kinds(book) == [[SUBSTANTIAL], [SUBSTANTIAL], [UNCHANGED], [UNCHANGED]]
    other = Book()
    table(other, ["100.0", "104.2", "98.7", "3", "0"], ["87.3", "91.0", "86.2", "3", "0"])
    assert table_kinds(other) == [[RESCALED], [RESCALED], [RESCALED], [UNCHANGED], [UNCHANGED]]
    other.close()


def test_two_figures_that_round_to_few_digits_prove_no_factor(book: Book) -> None:
    table(book, ["10", "20", "30"], ["11", "22", "33"])
    assert table_kinds(book) == [[SUBSTANTIAL]] * 3


def test_a_zero_may_hide_a_factor_and_a_change_of_sign_may_not(book: Book) -> None:
    table(book, ["100.0", "104.2", "1"], ["30.0", "31.3", "0"])
    assert table_kinds(book) == [[RESCALED]] * 3
    other = Book()
    table(other, ["100.0", "104.2", "1"], ["30.0", "31.3", "-1"])
    assert table_kinds(other) == [[SUBSTANTIAL]] * 3
    other.close()


def test_a_factor_of_one_country_is_not_that_of_another(book: Book) -> None:
    table(book, ["100.0", "104.2", "98.7"], ["87.3", "91.0", "86.2"], subject="china")
    table(book, ["500.0", "600.0", "98.7"], ["500.0", "700.0", "86.2"], subject="australia")
    assert table_kinds(book, subject="china") == [[RESCALED]] * 3
    assert table_kinds(book, subject="australia") == [[UNCHANGED], [SUBSTANTIAL], [SUBSTANTIAL]]


def test_two_figures_are_no_table(book: Book) -> None:
    table(book, ["100.0", "104.2"], ["87.3", "91.0"])
    assert table_kinds(book) == [[SUBSTANTIAL]] * 2


def editions_of(count: int, *, factor: Decimal, otherwise: dict[int, str]) -> tuple[list[str], list[str]]:
    """A table before and after it was multiplied, but for some years."""
    before = [Decimal(1000 + 37 * year) / 10 for year in range(count)]
    after = [otherwise.get(year) or rounded(value * factor, 2) for year, value in enumerate(before)]
    return [f"{value:f}" for value in before], after


@pytest.mark.parametrize(
    ("count", "others", "rescaled"), [(20, 1, 19), (20, 4, 16), (20, 5, 0), (5, 1, 4), (4, 1, 0), (3, 0, 3)]
)
def test_what_is_revised_in_a_rebased_table_leaves_the_rest_rebased(
    book: Book, count: int, others: int, rescaled: int
) -> None:
    otherwise = {year: f"{500 + 3 * year}" for year in range(others)}
    table(book, *editions_of(count, factor=Decimal("0.87"), otherwise=otherwise))
    found = table_kinds(book)
    assert found == [[SUBSTANTIAL]] * (count - rescaled) + [[RESCALED]] * rescaled
    items, _ = asked(book, kinds=("substantial",))
    if rescaled:
        assert {item["total_change"] for item in items[others:]} == {"0"}
    if rescaled and others:
        # 100.0 times 0.87 is 87: what counts is the change from there.
        assert (items[0]["first"], items[0]["first_comparable"], items[0]["total_change"]) == ("100", "87", "413")
        assert "judged against the one before times 0.87" in items[0]["steps"][0]["explanation"]
        (counted,) = asked(book, kinds=("substantial", "rescale"), filters={"period": "2018"})[0]
        assert (counted["first_comparable"], counted["total_change"]) == ("100", "400")


def test_what_is_rounded_in_a_rebased_table_is_rounded_on_the_new_scale(book: Book) -> None:
    table(book, *editions_of(6, factor=Decimal("0.87"), otherwise={0: "88.3"}))
    assert table_kinds(book)[0] == [SUBSTANTIAL]
    other = Book()
    before, after = editions_of(6, factor=Decimal("8.7"), otherwise={})
    table(other, ["12345", *before[1:]], ["107000", *after[1:]])
    assert table_kinds(other) == [[("rounding", "printed_precision")]] + [[RESCALED]] * 5
    items, _ = asked(other, kinds=("substantial",))
    assert {item["total_change"] for item in items} == {"0"}
    other.close()


def test_figures_that_move_by_the_factor_of_a_unit_together_are_relabelled(book: Book) -> None:
    """Three of a publisher, metric and publication, of whichever subject and material; two are not enough."""
    moved: dict[str, Item] = {"world": {}, "china": {"material": "ndpr-oxide"}, "australia": {"period": "2023"}}
    for number, (subject, fields) in enumerate(moved.items()):
        before = f"{255 + number}123"
        book.record(figure(before, on="2024-01-31", subject=subject, **fields))
        book.record(figure(f"{255 + number}", on="2025-01-31", subject=subject, **fields))
    rule = ("unit_relabel", "power_of_ten_rounded")
    for filters in ({}, {"subject": "china"}, {"period": "2023"}):
        items, _ = asked(book, filters=filters)
        assert {(one["kind"], one["rule"]) for item in items for one in item["steps"]} == {rule}
    assert "as are 3 figures of that publication" in items[0]["steps"][0]["explanation"]
    book.record(figure("777", on="2025-01-31", subject="australia", period="2023"))
    items, _ = asked(book)
    found = {(one["kind"], one["rule"]) for item in items for one in item["steps"] if one["cause"] == "revision"}
    assert found == {("substantial", "suspected_unit")}


@pytest.mark.parametrize(
    "other", [{"source": {"publisher": "bgs"}}, {"metric": "capacity"}, {"on": "2025-06-30"}, {"times": 1000}]
)
def test_company_is_of_one_publisher_metric_publication_and_factor(book: Book, other: Item) -> None:
    for number, subject in enumerate(("world", "china", "australia")):
        fields: Item = {"subject": subject, "on": "2025-01-31", "times": 100, "metric": "production"}
        fields |= other if number == 2 else {}
        on, times = fields.pop("on"), fields.pop("times")
        value = 13 + number
        book.record(figure(f"{value}", **{**fields, "on": "2024-01-31"}), figure(f"{value * times}", on=on, **fields))
    items, _ = asked(book)
    assert {step["rule"] for item in items for step in item["steps"]} == {"suspected_unit"}


def test_factors_in_different_vintages_are_no_factor_of_a_table(book: Book) -> None:
    table(book, ["100.0", "104.2", "98.7"], ["87.3", None, None], [None, "91.0", "86.2"])
    assert table_kinds(book) == [[SUBSTANTIAL]] * 3


def test_a_relabelled_table_is_no_rebase_though_some_of_it_is_also_rounded(book: Book) -> None:
    table(book, ["255123", "13010", "1200"], ["255.1", "13.0", "1"])
    assert table_kinds(book) == [[RELABELLED]] * 3


def test_a_table_in_pounds_is_relabelled(book: Book) -> None:
    table(book, ["10000", "23456", "30000"], ["4535.924", "10639.463", "13607.772"])
    assert table_kinds(book) == [[("unit_relabel", "table_mass_units")]] * 3


def test_what_a_vintage_repeats_or_contradicts_does_not_hide_its_factor(book: Book) -> None:
    table(book, ["100.0", "104.2", "98.7"], ["87.3", "91.0", "86.2"])
    book.record(figure("87.30", on="2025-01-31", period="2018"))
    assert table_kinds(book) == [[RESCALED, UNCHANGED], [RESCALED], [RESCALED]]
    book.record(figure("1", on="2025-01-31", period="2018"), figure("87.3", on="2025-01-31", period="2018"))
    assert table_kinds(book) == [[RESCALED, UNCHANGED, SUBSTANTIAL, SUBSTANTIAL], [RESCALED], [RESCALED]]


def test_a_conflict_is_no_rebase_though_it_makes_the_vintage_one(book: Book) -> None:
    table(book, ["100.0", "104.2", "98.7"], ["100.0", "91.0", "86.2"])
    book.record(figure("87.3", on="2025-01-31", period="2018"))
    assert table_kinds(book) == [[UNCHANGED, SUBSTANTIAL], [RESCALED], [RESCALED]]
    items, _ = asked(book, kinds=("substantial",))
    assert [item["total_change"] for item in items] == ["0"] * 3


def test_a_table_that_is_printed_finer_is_rounded_and_not_rebased(book: Book) -> None:
    table(book, ["1000", "2000", "3000"], ["1000.4", "2000.3", "3000.5"])
    assert table_kinds(book) == [[("rounding", "printed_precision")]] * 3


def test_a_rebase_that_few_digits_could_take_for_short_tons_is_a_rebase(book: Book) -> None:
    table(book, ["123", "456", "789"], ["135", "502", "868"])
    assert table_kinds(book) == [[RESCALED]] * 3


# Generated data: nothing is missed, and nothing of it counts as bias


def rounded(value: Decimal, decimals: int) -> str:
    return f"{value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_EVEN):f}"


def test_no_rebase_and_no_relabel_in_generated_tables_is_missed(book: Book) -> None:
    rng = random.Random(20)
    expected: dict[str, str] = {}
    events = []
    for number in range(60):
        metric, kind = f"measure_{number}", rng.choice(["rescale", "unit_relabel"])
        expected[metric] = kind
        factor = Decimal(rng.choice(["1000", "0.001", "1000000", "0.000001"]))
        if kind == "rescale":
            factor = Decimal(rng.choice([rng.randrange(200, 930), rng.randrange(1080, 9000)])).scaleb(-3)
        decimals = rng.choice([1, 2, 3])
        for year in range(2015, 2015 + rng.randrange(3, 8)):
            value = Decimal(rng.randrange(1000, 10**6)).scaleb(-1) * rng.choice([1, 1, 1, -1])
            fields = {"type": "FigureReported", "metric": metric, "period": str(year), "unit": "USD"}
            before = rounded(value, decimals)
            after = rounded(Decimal(before) * factor, decimals if kind == "rescale" else 9)
            events += [figure(before, on="2024-01-31", **fields), figure(after, on="2025-01-31", **fields)]
    book.record(*events)
    items, members = asked(book, kinds=("substantial",))
    found = [(item["metric"], step["kind"]) for item in items for step in item["steps"]]
    assert found == [(item["metric"], expected[item["metric"]]) for item in items]
    assert {item["total_change"] for item in items} == {"0"}
    for row in members["statistics"]:
        assert row["n"] == 0 or (row["mean"], row["mean_absolute"], row["share_unchanged"]) == (0, 0, 1)
    assert members["statistics"][0]["n"] == len(items)


OTHERWISE = {"USD": "US$", "t": "tonnes", "percent": "%"}
"""What else is printed for a unit: by then the text of the unit has changed."""


def test_no_thousandfold_relabel_of_a_single_figure_is_missed(book: Book) -> None:
    rng = random.Random(21)
    events = []
    for number in range(100):
        value = Decimal(rng.randrange(1, 10**6)).scaleb(-rng.randrange(4)) * rng.choice([1, -1])
        fields = {"type": "FigureReported", "metric": f"measure_{number}"}
        unit = rng.choice([*OTHERWISE])
        factor = Decimal(rng.choice(["1000", "0.001"]))
        events += [figure(f"{value:f}", on="2024-01-31", unit=unit, **fields)]
        events += [figure(f"{value * factor:f}", on="2025-01-31", unit=OTHERWISE[unit], **fields)]
    book.record(*events)
    items, members = asked(book, kinds=("substantial",))
    assert [[step["kind"] for step in item["steps"]] for item in items] == [["unit_relabel"]] * 100
    assert {item["total_change"] for item in items} == {"0"}
    assert members["statistics"][1]["mean"] == 0
