"""The judge itself, by hand: the contract's worked examples (ledger/README.md), then its rulings, a small case each."""

import json
import random
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.depth import examples
from tests.oracle.facts import moment
from tests.oracle.histories import LEDGER_TYPES, histories, random_history, random_viewpoint, viewpoints
from tests.oracle.model import KNOWN_AT_ONCE, OTHER_CAUSES, Model

Body = dict[str, Any]
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def recorded(*bodies: Body) -> list[Body]:
    """Bodies as the log gives them back, one a second; the event_id of the n-th is `n` where it chose none."""
    return [
        {
            "event_id": str(position),
            **body,
            "position": position,
            "recorded_at": (NOW + timedelta(seconds=position)).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "recorded_by": "local",
        }
        for position, body in enumerate(bodies, start=1)
    ]


def model(*bodies: Body) -> Model:
    """The judge of a log of these bodies."""
    return Model(recorded(*bodies))


def at(text: str) -> datetime:
    """The end of a printed date: `as_of` that day."""
    return moment(text).end


def mined(value: str | None, published_at: str, publisher: str = "usgs", **fields: Any) -> Body:
    """A statement on world mine production in 2023."""
    statement = {
        "type": "ProductionReported",
        "subject": "world",
        "metric": "mine_production",
        "period": "2023",
        "unit": "t",
        "value": value,
        "published_at": published_at,
        "source": {"publisher": publisher},
        **fields,
    }
    return {name: field for name, field in statement.items() if field is not None}


def withdrawn(published_at: str, publisher: str = "usgs", **fields: Any) -> Body:
    """The same figure, taken back."""
    return mined(None, published_at, publisher, **{"type": "FigureWithdrawn", **fields})


def corrected(target: int, **changes: Any) -> Body:
    """Our mistake, repaired. Two underscores stand for a dot."""
    dotted = {name.replace("__", "."): value for name, value in changes.items()}
    return {"type": "EventCorrected", "target": str(target), "changes": dotted, "reason": "other", "explanation": "-"}


def retracted(target: int) -> Body:
    """Our mistake, taken out."""
    return {"type": "EventRetracted", "target": str(target), "reason": "other", "explanation": "-"}


def reinstated(target: int) -> Body:
    """A retraction, taken back."""
    return {"type": "EventReinstated", "target": str(target), "explanation": "-"}


def merged(kept: str, gone: str) -> Body:
    """Two slugs made one."""
    return {"type": "EntitiesMerged", "kept": kept, "merged": gone, "reason": "-"}


def registered(entity: str, **fields: Any) -> Body:
    """An entity with a name."""
    return {"type": "EntityRegistered", "entity": entity, "kind": "organisation", "name": entity.title(), **fields}


def values(judge: Model, as_of: str, position: int = 99, **reading: Any) -> list[str | None]:
    """The values of all figures at a viewpoint."""
    return [item["value"] for item in judge.figures(at(as_of), position, **reading)]


def only(items: list[Body]) -> Body:
    """The one item there is."""
    assert len(items) == 1
    return items[0]


def column(items: list[Body], *names: str) -> list[Any]:
    """Fields of items, side by side."""
    return [item[names[0]] if len(names) == 1 else tuple(item[name] for name in names) for item in items]


def publications(judge: Model, as_of: str = "2030", position: int = 99) -> list[Body]:
    """The publication history of the only figure."""
    return judge.history(only(judge.figures(at(as_of), position))["figure_id"], "publication", at(as_of), position)


def keepings(judge: Model, figure_id: str, as_of: str = "2030", position: int = 99) -> list[Body]:
    """The ledger history of a figure."""
    return judge.history(figure_id, "ledger", at(as_of), position)


class TestWorkedExamples:
    """The examples of ledger/README.md, section 6, by number."""

    def test_1_late_and_revised(self) -> None:
        judge = model(mined("350000", "2024-01-31"), mined("376000", "2025-01-31"))
        assert values(judge, "2023-12-31") == []
        assert values(judge, "2024-06-30") == ["350000"]
        assert values(judge, "2025-02-01") == ["376000"]
        first, second = publications(judge)
        assert first["cause"] == "first_report"
        assert (second["cause"], second["previous_value"]) == ("revision", "350000")
        assert (second["change"], second["change_percent"]) == ("26000", "7.4286")

    def test_2_our_own_error(self) -> None:
        judge = model(mined("113000", "2025-01-31"), corrected(1, value="13000"))
        assert values(judge, "2025-06-30") == ["13000"]
        assert values(judge, "2025-06-30", position=1) == ["113000"]
        assert column(publications(judge), "value", "cause", "change") == [("13000", "first_report", None)]
        figure = only(judge.figures(at("2025-06-30"), 2))
        assert column(keepings(judge, figure["figure_id"]), "value", "cause", "event_id") == [
            ("113000", "recorded", "1"),
            ("13000", "correction", "2"),
        ]
        assert keepings(judge, figure["figure_id"])[1]["change"] == "-100000"

    def test_3_then_the_world_moves(self) -> None:
        judge = model(mined("113000", "2025-01-31"), corrected(1, value="13000"), mined("29000", "2026-02-06"))
        assert values(judge, "2025-12-31") == ["13000"]
        assert values(judge, "2026-03-01") == ["29000"]
        assert column(publications(judge), "value", "cause", "change") == [
            ("13000", "first_report", None),
            ("29000", "revision", "16000"),
        ]

    def test_4_disagreement(self) -> None:
        judge = model(mined("190000", "2020-01-31"), mined("253777", "2021", "bgs"))
        answer = only(judge.figures(at("2022"), 2))
        assert (answer["value"], answer["publisher"], answer["disputed"]) == ("253777", "bgs", True)
        assert (answer["publishers"], answer["spread"], answer["revisions"]) == (2, "63777", 0)
        usgs = only(judge.figures(at("2022"), 2, publisher="usgs"))
        assert (usgs["value"], usgs["disputed"], usgs["spread"]) == ("190000", True, "63777")
        assert column(publications(judge), "cause") == ["first_report", "first_report"]

    def test_5_a_unit_relabelled_is_a_confirmation(self) -> None:
        judge = model(mined("2080", "2025-01-01"), mined("2.080", "2025-02-01", unit="kt"))
        second = publications(judge)[1]
        assert (second["value"], second["unit"], second["canonical_value"]) == ("2.080", "kt", "2080")
        assert (second["cause"], second["change"], second["change_percent"]) == ("confirmation", "0", "0.0000")

    def test_6_suspended_before_it_began(self) -> None:
        judge = model(
            {
                "type": "PolicyEnacted",
                "policy": "announcement-61",
                "jurisdiction": "china",
                "kind": "export_control",
                "effective_from": "2025-12-01",
                "published_at": "2025-10-09",
            },
            {
                "type": "PolicySuspended",
                "policy": "announcement-61",
                "effective_from": "2025-11-07",
                "effective_to": "2026-11-10",
                "published_at": "2025-11-07",
            },
        )

        def state(as_of: str, effective_at: str) -> tuple[str, str]:
            item = only(judge.policies(at(as_of), 2, at(effective_at)))
            return item["status"], item["event_id"]

        assert state("2025-11-01", "2025-11-01") == ("announced", "1")
        assert state("2026-12-01", "2025-11-01") == ("announced", "1")
        assert state("2025-12-15", "2025-12-15") == ("suspended", "2")
        assert state("2026-11-10", "2026-11-10") == ("suspended", "2")
        assert state("2026-11-11", "2026-11-11") == ("in_force", "1")
        assert state("2025-11-01", "2025-12-15") == ("in_force", "1")
        item = only(judge.policies(at("2025-12-15"), 2, at("2025-12-15")))
        assert (item["effective_from"], item["effective_to"]) == ("2025-12-01", None)

    def test_7_an_mou_is_known_from_its_day_on(self) -> None:
        judge = model(
            {
                "type": "MoUSigned",
                "agreement": "magnets",
                "parties": [{"entity": "js-link", "role": "magnet maker"}, {"entity": "lynas"}],
                "published_at": "2025-07-24",
            }
        )
        assert judge.agreements(at("2025-07-23"), 1, at("2025-07-23")) == []
        item = only(judge.agreements(at("2025-07-24"), 1, at("2025-07-24")))
        assert (item["status"], item["binding"]) == ("mou", None)
        assert item["parties"] == [{"entity": "js-link", "role": "magnet maker"}, {"entity": "lynas", "role": None}]

    def test_8_withdrawn_and_withheld_do_not_bring_the_old_value_back(self) -> None:
        taken_back = model(mined("1300", "2024"), withdrawn("2025"))
        assert taken_back.figures(at("2025"), 2) == []
        assert values(taken_back, "2024") == ["1300"]
        withheld = model(mined("1300", "2024"), mined(None, "2025", symbol="withheld"))
        item = only(withheld.figures(at("2025"), 2))
        assert (item["value"], item["canonical_value"], item["symbol"]) == (None, None, "withheld")

    def test_9_a_partial_date_counts_from_its_end(self) -> None:
        judge = model(mined("1", "2019"))
        assert values(judge, "2019-06-30") == []
        assert values(judge, "2019-12-31") == ["1"]

    def test_10_the_same_number_is_no_duplicate(self) -> None:
        judge = model(mined("1359", "2025", period="2024-Q1"), mined("1359", "2025", period="2024-Q2"))
        items = judge.figures(at("2025"), 2)
        assert column(items, "value", "period_start") == [("1359", "2024-01-01"), ("1359", "2024-04-01")]
        assert len({item["figure_id"] for item in items}) == 2


class TestMoments:
    @pytest.mark.parametrize(
        ("text", "start", "end"),
        [
            ("2019", "2019-01-01T00:00:00+00:00", "2019-12-31T23:59:59.999999+00:00"),
            ("2024-02", "2024-02-01T00:00:00+00:00", "2024-02-29T23:59:59.999999+00:00"),
            ("2025-10-27", "2025-10-27T00:00:00+00:00", "2025-10-27T23:59:59.999999+00:00"),
            ("2025-10-27T09:00:00+08:00", "2025-10-27T01:00:00+00:00", "2025-10-27T01:00:00+00:00"),
            ("2025-10-27t09:00:00.5z", "2025-10-27T09:00:00.500000+00:00", "2025-10-27T09:00:00.500000+00:00"),
            ("9999", "9999-01-01T00:00:00+00:00", "9999-12-31T23:59:59.999999+00:00"),
        ],
    )
    def test_a_printed_date_is_an_interval_with_both_ends(self, text: str, start: str, end: str) -> None:
        assert [edge.isoformat() for edge in moment(text)] == [start, end]

    def test_an_instant_without_an_offset_is_none(self) -> None:
        with pytest.raises(ValueError, match="no offset"):
            moment("2025-10-27T09:00:00")

    def test_midnight_belongs_to_the_day_it_starts(self) -> None:
        judge = model(mined("1", "2025-02-01T00:00:00Z"))
        assert values(judge, "2025-01-31") == []
        assert values(judge, "2025-02-01") == ["1"]


class TestKeys:
    def test_the_figure_id_is_the_uuid5_of_the_canonical_key(self) -> None:
        item = only(model(mined("1", "2024", dimensions={"segment": "für", "basis": "reo"})).figures(at("2024"), 1))
        key = (
            '{"dimensions":{"basis":"reo","segment":"für"},"material":null,"metric":"mine_production",'
            '"nature":"observed","period_end":"2023-12-31","period_start":"2023-01-01","subject":"world","unit":"t"}'
        )
        assert item["figure_id"] == str(uuid5(uuid5(NAMESPACE_URL, "urn:supply-ledger:figure"), key))

    def test_the_type_gives_metric_and_nature_unless_they_are_given(self) -> None:
        def key(type_name: str, **fields: Any) -> tuple[str, str]:
            body = mined("1", "2024", type=type_name, **fields)
            item = only(model({name: value for name, value in body.items() if value != ""}).figures(at("2024"), 1))
            return item["metric"], item["nature"]

        assert key("ProductionReported", metric="") == ("production", "observed")
        assert key("QuotaSet", metric="") == ("quota", "observed")
        assert key("QuotaSet") == ("mine_production", "observed")
        assert key("TargetSet") == ("mine_production", "target")
        assert key("ForecastPublished") == ("mine_production", "forecast")
        assert key("FigureReported") == ("mine_production", "observed")
        assert key("ForecastPublished", nature="plan") == ("mine_production", "plan")
        assert key("CapacityReported", metric="", unit="t/yr") == ("capacity", "observed")
        assert key("CapacityReported", metric="", unit="t/yr", status="announced") == ("capacity", "plan")
        explicit = key("CapacityReported", metric="", unit="t/yr", status="announced", nature="observed")
        assert explicit == ("capacity", "observed")

    def test_correcting_the_status_of_a_capacity_moves_it_to_another_nature(self) -> None:
        capacity = mined("5", "2024", type="CapacityReported", unit="t/yr", status="announced")
        judge = model(capacity, corrected(1, status="reported"))
        assert column(judge.figures(at("2024"), 1), "nature") == ["plan"]
        assert column(judge.figures(at("2024"), 2), "nature") == ["observed"]

    def test_fiscal_and_calendar_spellings_of_a_period_are_one_figure(self) -> None:
        judge = model(
            registered("lynas", fiscal_year_end="06-30"),
            mined("2080", "2025-07-24", subject="lynas", period="FY2025-Q4"),
            mined("2080", "2025-07-25", subject="lynas", period="2025-Q2"),
        )
        item = only(judge.figures(at("2025"), 3))
        assert (item["period"], item["period_start"], item["period_end"]) == ("2025-Q2", "2025-04-01", "2025-06-30")
        assert (item["statements"], item["revisions"]) == (2, 0)

    def test_correcting_a_fiscal_year_end_moves_the_keys_on_the_ledger_clock(self) -> None:
        judge = model(
            registered("lynas", fiscal_year_end="06-30"),
            mined("2080", "2025", subject="lynas", period="FY2025"),
            corrected(1, fiscal_year_end="12-31"),
        )
        before, after = (only(judge.figures(at("2025"), position)) for position in (2, 3))
        assert (before["period_start"], after["period_start"]) == ("2024-07-01", "2025-01-01")
        assert column(keepings(judge, before["figure_id"]), "cause", "value") == [
            ("recorded", "2080"),
            ("correction", None),
        ]
        assert column(keepings(judge, after["figure_id"]), "cause", "value") == [("correction", "2080")]

    def test_empty_dimensions_are_absent_ones(self) -> None:
        judge = model(
            mined("1", "2024"), mined("2", "2025", dimensions={"basis": "reo"}), corrected(2, dimensions__basis=None)
        )
        item = only(judge.figures(at("2025"), 3))
        assert (item["dimensions"], item["revisions"], item["value"]) == (None, 1, "2")

    def test_another_currency_is_another_figure_and_another_scale_is_not(self) -> None:
        prices = [("60", "USD/kg"), ("60000", "USD/t"), ("60", "AUD/kg"), ("27", "USD/lb")]
        judge = model(*(mined(value, "2024", type="PriceReported", unit=unit) for value, unit in prices))
        assert column(judge.figures(at("2024"), 4), "canonical_unit", "canonical_value", "unit", "publishers") == [
            ("AUD/kg", "60", "AUD/kg", 1),
            ("USD/kg", "60", "USD/t", 1),
            ("USD/lb", "27", "USD/lb", 1),
        ]


class TestStatements:
    def test_a_value_comes_back_as_printed_and_its_canonical_value_plain(self) -> None:
        def shown(value: str, unit: str = "t") -> tuple[str, str]:
            item = only(model(mined(value, "2024", unit=unit)).figures(at("2024"), 1))
            return item["value"], item["canonical_value"]

        assert shown("2.080", "kt") == ("2.080", "2080")
        assert shown("1.3e3") == ("1300", "1300")
        assert shown("120.50") == ("120.50", "120.5")
        assert shown("0.0") == ("0.0", "0")
        assert shown("-5") == ("-5", "-5")
        assert shown("12345678901234567890.123456789012345678") == ("12345678901234567890.123456789012345678",) * 2

    def test_the_last_published_answers_whatever_the_order_of_arrival(self) -> None:
        judge = model(mined("2", "2025"), mined("1", "2024"))
        item = only(judge.figures(at("2025"), 2))
        assert (item["value"], item["revisions"]) == ("2", 1)

    def test_ties_on_the_published_instant_go_to_the_later_position_and_are_disputed(self) -> None:
        judge = model(mined("1", "2024-12-31"), mined("2", "2024"))
        item = only(judge.figures(at("2025"), 2))
        assert (item["value"], item["disputed"], item["publishers"], item["spread"]) == ("2", True, 1, "1")
        assert column(publications(judge), "cause", "previous_value", "change") == [
            ("first_report", None, None),
            ("conflict", "1", "1"),
        ]

    def test_only_the_head_of_a_series_is_disputed_not_its_past(self) -> None:
        judge = model(mined("1", "2023"), mined("2", "2024"), mined("2.0", "2024", "bgs"))
        item = only(judge.figures(at("2025"), 3))
        assert (item["disputed"], item["spread"], item["publishers"]) == (False, "0", 2)

    def test_ranges_and_symbols_dispute_but_have_no_spread(self) -> None:
        judge = model(
            mined("90", "2024"),
            mined(None, "2024", "bgs", low="85", high="95"),
            mined(None, "2024", "wire", symbol="withheld"),
        )
        item = only(judge.figures(at("2025"), 3))
        assert (item["disputed"], item["spread"], item["publishers"]) == (True, None, 3)

    def test_a_withdrawal_empties_the_head_and_what_follows_is_a_republication(self) -> None:
        judge = model(mined("1", "2024"), withdrawn("2024"), mined("2", "2024"), mined("2", "2025"))
        item = only(judge.figures(at("2024"), 3))
        assert (item["value"], item["disputed"], item["spread"], item["revisions"]) == ("2", False, None, 2)
        assert column(publications(judge), "cause", "previous_value", "change") == [
            ("first_report", None, None),
            ("withdrawal", "1", None),
            ("republication", None, None),
            ("confirmation", "2", "0"),
        ]

    def test_a_statement_after_a_withdrawal_of_nothing_is_a_republication(self) -> None:
        judge = model(withdrawn("2023"), withdrawn("2024"), mined("1", "2025"))
        assert column(publications(judge), "cause") == ["withdrawal", "withdrawal", "republication"]
        assert only(judge.figures(at("2025"), 3))["revisions"] == 3

    def test_a_withdrawal_silences_its_own_publisher_only(self) -> None:
        judge = model(mined("1", "2024"), mined("2", "2023", "bgs"), withdrawn("2025"))
        item = only(judge.figures(at("2025"), 3))
        assert (item["publisher"], item["publishers"], item["disputed"]) == ("bgs", 1, False)
        assert judge.figures(at("2025"), 3, publisher="usgs") == []

    def test_primary_outranks_secondary_and_a_preference_outranks_both(self) -> None:
        judge = model(
            mined("255", "2023"),
            mined("240", "2024", "wire", source={"publisher": "wire", "kind": "secondary"}),
            mined("250", "2022", "bgs"),
        )
        assert values(judge, "2025") == ["255"]
        assert values(judge, "2025", prefer=("wire", "bgs")) == ["240"]
        assert values(judge, "2025", prefer=("bgs", "wire")) == ["250"]
        assert values(judge, "2025", prefer=("nobody",)) == ["255"]
        assert column(judge.figures(at("2025"), 3, resolve="all"), "publisher", "value") == [
            ("bgs", "250"),
            ("usgs", "255"),
            ("wire", "240"),
        ]

    def test_a_confirmation_may_change_the_status_and_shows_it(self) -> None:
        judge = model(mined("1", "2024", status="estimated"), mined("1", "2025", status="audited", note="final"))
        second = publications(judge)[1]
        assert (second["cause"], second["status"], second["note"]) == ("confirmation", "audited", "final")

    def test_change_needs_two_points_and_percent_a_base_that_is_not_zero(self) -> None:
        judge = model(
            mined("0", "2020"),
            mined("3", "2021"),
            mined(None, "2022", low="2"),
            mined("-3", "2023"),
            mined("-2", "2024"),
            mined("-2.00000000001", "2025"),
        )
        assert column(publications(judge), "previous_value", "change", "change_percent")[1:] == [
            ("0", "3", None),
            ("3", None, None),
            (None, None, None),
            ("-3", "1", "33.3333"),
            ("-2", "-0.00000000001", "0.0000"),
        ]

    @pytest.mark.parametrize(
        ("before", "after", "percent"),
        [
            ("2000000", "2000001", "0.0000"),  # 0.00005, half to even
            ("2000000", "2000003", "0.0002"),  # 0.00015, half to even
            ("2000000", "1999997", "-0.0002"),
            ("3", "4", "33.3333"),
            ("-4", "4", "200.0000"),
        ],
    )
    def test_percent_is_rounded_half_even_at_four_decimals(self, before: str, after: str, percent: str) -> None:
        judge = model(mined(before, "2024"), mined(after, "2025"))
        assert publications(judge)[1]["change_percent"] == percent

    def test_without_a_printed_date_a_statement_is_published_when_recorded(self) -> None:
        judge = model({name: value for name, value in mined("1", "").items() if value})
        assert judge.figures(NOW, 1) == []
        item = only(judge.figures(NOW + timedelta(seconds=1), 1))
        assert item["published_at"] == item["recorded_at"] == "2026-11-21T12:00:01.000000Z"

    def test_filters_select_items(self) -> None:
        judge = model(
            mined("1", "2024", period="2023", material="ndpr", dimensions={"basis": "reo"}),
            mined("2", "2024", period="2023-06", subject="china"),
            mined("3", "2024", period=None, nature="forecast"),
        )
        assert values(judge, "2024") == ["2", "3", "1"]
        assert values(judge, "2024", subject="china") == ["2"]
        assert values(judge, "2024", material="ndpr") == ["1"]
        assert values(judge, "2024", nature="forecast") == ["3"]
        dimension: Body = {"dimension.basis": "reo"}
        assert values(judge, "2024", **dimension) == ["1"]
        assert values(judge, "2024", period_from="2023-02") == ["2"]
        assert values(judge, "2024", period_from="2023", period_to="2023-12-31") == ["2", "1"]
        assert values(judge, "2024", period_to="2023-06") == ["2"]
        assert values(judge, "2024", metric="production") == []
        assert values(judge, "2024", disputed=True) == []
        assert values(judge, "2024", subject="nobody") == []

    def test_a_figure_item_has_all_its_fields(self) -> None:
        body = mined("2.08", "2025-07-24", unit="kt", source={"publisher": "usgs", "via": "Reuters"}, approximate=True)
        item = only(model(body).figures(at("2025"), 1))
        assert item.pop("figure_id")
        assert item == {
            "subject": "world",
            "metric": "mine_production",
            "material": None,
            "dimensions": None,
            "nature": "observed",
            "period": "2023",
            "period_start": "2023-01-01",
            "period_end": "2023-12-31",
            "value": "2.08",
            "low": None,
            "high": None,
            "symbol": None,
            "unit": "kt",
            "canonical_value": "2080",
            "canonical_low": None,
            "canonical_high": None,
            "canonical_unit": "t",
            "approximate": True,
            "status": None,
            "publisher": "usgs",
            "via": "Reuters",
            "published_at": "2025-07-24",
            "recorded_at": "2026-11-21T12:00:01.000000Z",
            "position": 1,
            "event_id": "1",
            "statements": 1,
            "revisions": 0,
            "corrected": False,
            "publishers": 1,
            "disputed": False,
            "spread": None,
        }


class TestLedgerEvents:
    def test_each_correction_patches_the_result_of_the_ones_before(self) -> None:
        judge = model(
            mined("1", "2024", status="estimated"),
            corrected(1, value="2", unit="kt"),
            corrected(1, value=None, low="3", status=None),
        )
        item = only(judge.figures(at("2024"), 3))
        assert (item["value"], item["low"], item["canonical_low"], item["status"]) == (None, "3", "3000", None)
        assert only(judge.figures(at("2024"), 2))["canonical_value"] == "2000"

    def test_whole_fields_are_corrected_before_dotted_paths(self) -> None:
        judge = model(mined("1", "2024"), corrected(1, source__via="Reuters", source={"publisher": "bgs"}))
        assert column(judge.figures(at("2024"), 2), "publisher", "via") == [("bgs", "Reuters")]

    def test_a_corrected_date_moves_a_statement_and_keeps_its_place_among_ties(self) -> None:
        judge = model(mined("1", "2025"), mined("2", "2024"), corrected(1, published_at="2024"))
        assert values(judge, "2025", position=2) == ["1"]
        assert values(judge, "2025", position=3) == ["2"]
        assert values(judge, "2024", position=3) == ["2"]
        assert column(publications(judge), "value", "cause") == [("1", "first_report"), ("2", "conflict")]

    def test_a_corrected_subject_or_publisher_moves_a_statement_to_another_series(self) -> None:
        judge = model(
            mined("1", "2024"), mined("2", "2025"), corrected(2, subject="china"), corrected(2, source__publisher="bgs")
        )
        items = judge.figures(at("2025"), 4)
        assert column(items, "subject", "publisher", "value", "revisions") == [
            ("china", "bgs", "2", 0),
            ("world", "usgs", "1", 0),
        ]

    def test_a_removed_date_falls_back_to_the_day_of_recording(self) -> None:
        judge = model(mined("1", "2024"), corrected(1, published_at=None))
        assert values(judge, "2026-11-20") == []
        assert values(judge, "2026-11-21") == ["1"]

    def test_retracted_is_gone_and_reinstated_is_back_with_its_corrections(self) -> None:
        judge = model(
            mined("1", "2024"), corrected(1, value="2"), retracted(1), reinstated(1), corrected(1, status="audited")
        )
        assert values(judge, "2024", position=3) == []
        item = only(judge.figures(at("2024"), 5))
        assert (item["value"], item["status"], item["position"]) == ("2", "audited", 1)
        assert column(keepings(judge, item["figure_id"]), "position", "cause", "value", "previous_value") == [
            (1, "recorded", "1", None),
            (2, "correction", "2", "1"),
            (3, "retraction", None, "2"),
            (4, "reinstatement", "2", None),
            (5, "correction", "2", "2"),
        ]

    def test_a_retracted_statement_bares_the_one_before(self) -> None:
        judge = model(mined("1", "2024"), mined("2", "2025"), retracted(2))
        assert values(judge, "2025") == ["1"]
        assert column(publications(judge), "value", "cause") == [("1", "first_report")]

    def test_a_retracted_withdrawal_gives_the_value_back(self) -> None:
        judge = model(mined("1", "2024"), withdrawn("2025"), retracted(2))
        assert values(judge, "2025") == ["1"]

    def test_the_ledger_clock_can_be_read_by_time(self) -> None:
        judge = model(mined("1", "2024"), mined("2", "2025"))
        assert judge.position_at(NOW) == 0
        assert judge.position_at(NOW + timedelta(seconds=1)) == 1
        assert judge.position_at(NOW + timedelta(days=1)) == 2


class TestLedgerHistory:
    def test_a_late_arrival_is_one_whose_series_had_a_later_date_already(self) -> None:
        judge = model(mined("2", "2025"), mined("1", "2024"), mined("3", "2023", "bgs"))
        figure = only(judge.figures(at("2025"), 3))["figure_id"]
        assert column(keepings(judge, figure, "2024"), "position", "cause", "value") == [(2, "late_arrival", "1")]
        assert column(keepings(judge, figure, "2023"), "position", "cause", "value") == [(3, "recorded", "3")]

    def test_what_leaves_the_answer_as_it_was_is_not_listed(self) -> None:
        judge = model(
            mined("2", "2025"),
            mined("1", "2024"),
            mined("9", "2024", "bgs"),
            corrected(1, note="seen"),
            corrected(2, value="3"),
        )
        figure = only(judge.figures(at("2025"), 5))["figure_id"]
        assert column(keepings(judge, figure), "position") == [1]

    def test_a_reprinted_number_is_a_change_of_the_answer(self) -> None:
        judge = model(mined("2080", "2025"), corrected(1, value="2.08", unit="kt"))
        figure = only(judge.figures(at("2025"), 2))["figure_id"]
        assert column(keepings(judge, figure), "value", "cause", "change") == [
            ("2080", "recorded", None),
            ("2.08", "correction", "0"),
        ]

    def test_a_withdrawal_leaves_null_fields(self) -> None:
        judge = model(mined("1", "2024"), withdrawn("2025"))
        figure = only(judge.figures(at("2024"), 2))["figure_id"]
        last = keepings(judge, figure)[1]
        assert (last["cause"], last["event_id"], last["publisher"], last["unit"]) == ("recorded", "2", None, None)
        assert (last["previous_value"], last["change"]) == ("1", None)
        assert len(keepings(judge, figure, "2024")) == 1


class TestMerges:
    HISTORY = (
        mined("1", "2024", subject="burma"),
        mined("2", "2025", subject="myanmar"),
        merged("myanmar", "burma"),
    )

    def test_after_a_merge_both_slugs_read_the_kept_figure(self) -> None:
        judge = model(*self.HISTORY)
        old, kept = (only(judge.figures(at("2025"), 2, subject=slug)) for slug in ("burma", "myanmar"))
        for slug in ("burma", "myanmar"):
            item = only(judge.figures(at("2025"), 3, subject=slug))
            assert (item["figure_id"], item["subject"]) == (kept["figure_id"], "myanmar")
            assert (item["value"], item["revisions"]) == ("2", 1)
        for figure in (old, kept):
            assert column(judge.history(figure["figure_id"], "publication", at("2025"), 3), "cause") == [
                "first_report",
                "revision",
            ]
        assert only(judge.figures(at("2025"), 3, figure_id=old["figure_id"]))["figure_id"] == kept["figure_id"]

    def test_a_merge_changes_answers_on_the_ledger_clock_only_from_its_position_on(self) -> None:
        judge = model(*self.HISTORY)
        assert len(judge.figures(at("2025"), 2)) == 2
        kept = only(judge.figures(at("2025"), 3))["figure_id"]
        assert column(keepings(judge, kept, "2024"), "position", "cause", "value") == [(3, "merge", "1")]

    def test_a_retracted_merge_parts_the_figures_again(self) -> None:
        judge = model(*self.HISTORY, retracted(3))
        assert column(judge.figures(at("2025"), 4), "subject") == ["burma", "myanmar"]
        burma = judge.figures(at("2025"), 4)[0]["figure_id"]
        assert column(keepings(judge, burma), "position", "cause", "value") == [
            (1, "recorded", "1"),
            (3, "merge", "2"),
            (4, "retraction", "1"),
        ]

    def test_publishers_merge_like_subjects(self) -> None:
        judge = model(
            mined("1", "2024"), mined("2", "2024", "us-geological-survey"), merged("usgs", "us-geological-survey")
        )
        item = only(judge.figures(at("2024"), 3))
        assert (item["publisher"], item["publishers"], item["disputed"], item["spread"]) == ("usgs", 1, True, "1")
        assert values(judge, "2024", publisher="us-geological-survey") == ["2"]
        assert column(publications(judge), "cause") == ["first_report", "conflict"]

    def test_merges_chain_and_an_id_of_the_middle_still_answers(self) -> None:
        judge = model(mined("1", "2024", subject="a"), merged("b", "a"), merged("c", "b"))
        ids = [only(judge.figures(at("2024"), position))["figure_id"] for position in (1, 2, 3)]
        assert len(set(ids)) == 3
        assert {only(judge.figures(at("2024"), 3, figure_id=one))["figure_id"] for one in ids} == {ids[2]}

    def test_a_fiscal_period_is_that_of_the_slug_as_it_was_named(self) -> None:
        judge = model(
            registered("lynas", fiscal_year_end="06-30"),
            registered("lynas-corp", fiscal_year_end="12-31"),
            mined("1", "2026", subject="lynas-corp", period="FY2025"),
            merged("lynas", "lynas-corp"),
        )
        item = only(judge.figures(at("2026"), 4))
        assert (item["subject"], item["period_start"]) == ("lynas", "2025-01-01")

    def test_merges_reach_every_resource(self) -> None:
        judge = model(
            {
                "type": "PolicyEnacted",
                "policy": "ban",
                "jurisdiction": "prc",
                "kind": "tariff",
                "materials": ["nd", "pr"],
            },
            {
                "type": "MoUSigned",
                "agreement": "pact",
                "parties": [{"entity": "a"}, {"entity": "b"}],
                "facility": "plant",
            },
            {"type": "FacilityCommissioned", "facility": "plant", "operator": "a"},
            {"type": "FacilityIdled", "facility": "works", "effective_from": "2026-11-22"},
            {"type": "SupplyLinkOpened", "link": "flow", "supplier": "a", "consumer": "prc", "material": "pr"},
            {"type": "RiskRaised", "risk": "r", "category": "c", "subject": "plant", "description": "d"},
            {"type": "RelationshipStated", "subject": "a", "relation": "owns", "object": "plant"},
            {
                "type": "StatementRecorded",
                "subject": "a",
                "attribute": "role",
                "text": "t",
                "source": {"publisher": "a"},
            },
            merged("china", "prc"),
            merged("nd", "pr"),
            merged("b", "a"),
            merged("works", "plant"),
        )
        view = (at("2027"), 12, at("2027"))
        policy = only(judge.policies(*view))
        assert (policy["jurisdiction"], policy["materials"]) == ("china", ["nd"])
        agreement = only(judge.agreements(*view))
        assert (agreement["parties"], agreement["facility"]) == ([{"entity": "b", "role": None}], "works")
        facility = only(judge.facilities(*view))
        assert (facility["facility"], facility["operator"], facility["status"]) == ("works", "b", "idled")
        link = only(judge.links(*view))
        assert (link["supplier"], link["consumer"], link["material"]) == ("b", "china", "nd")
        assert only(judge.risks(*view))["subject"] == "works"
        assert column(judge.relationships(*view), "subject", "object") == [("b", "works")]
        assert column(judge.statements(at("2027"), 12), "subject", "publisher") == [("b", "b")]


def enacted(published_at: str, **fields: Any) -> Body:
    """A policy enacted."""
    return {
        "type": "PolicyEnacted",
        "policy": "ban",
        "jurisdiction": "china",
        "kind": "export_ban",
        "published_at": published_at,
        **fields,
    }


def announced(published_at: str, **fields: Any) -> Body:
    """A policy announced."""
    return enacted(published_at, type="PolicyAnnounced", **fields)


def on_policy(type_name: str, published_at: str, effective_from: str | None = None, **fields: Any) -> Body:
    """What happens to the policy afterwards."""
    dates = {"effective_from": effective_from} if effective_from else {}
    return {"type": type_name, "policy": "ban", "published_at": published_at, **dates, **fields}


class TestPolicies:
    @staticmethod
    def state(judge: Model, effective_at: str, as_of: str = "2099") -> tuple[str, str] | None:
        items = judge.policies(at(as_of), 99, at(effective_at))
        return (items[0]["status"], items[0]["event_id"]) if items else None

    def test_it_is_listed_from_the_earlier_of_publication_and_effect(self) -> None:
        judge = model(enacted("2025-06", effective_from="2025-03-01"))
        assert self.state(judge, "2025-02-28") is None
        assert self.state(judge, "2025-03-01") == ("in_force", "1")
        assert self.state(judge, "2025-07-01", as_of="2025-06-29") is None
        late = model(announced("2025-06", effective_from="2026"))
        assert self.state(late, "2025-05-31") is None
        assert self.state(late, "2025-06-01") == ("announced", "1")

    def test_an_announcement_alone_never_comes_into_force(self) -> None:
        judge = model(announced("2025-01-01", effective_from="2025-02-01"))
        assert self.state(judge, "2025-03-01") == ("announced", "1")

    def test_an_enactment_takes_what_it_does_not_say_from_the_announcement(self) -> None:
        judge = model(
            announced("2025-01-01", effective_from="2025-06-01", title="Ban", effective_to="2025-12-31"),
            enacted("2025-06-15", kind="tariff"),
        )
        assert self.state(judge, "2025-06-14") == ("announced", "1")
        item = only(judge.policies(at("2026"), 2, at("2025-06-15")))
        assert (item["status"], item["kind"], item["title"]) == ("in_force", "tariff", "Ban")
        assert (item["effective_from"], item["effective_to"]) == ("2025-06-01", "2025-12-31")
        assert self.state(judge, "2026-01-01") == ("expired", "1")

    def test_effective_to_is_its_last_day_included(self) -> None:
        judge = model(enacted("2025-01-01", effective_to="2025-06-30"))
        assert self.state(judge, "2025-06-30") == ("in_force", "1")
        assert only(judge.policies(at("2026"), 1, at("2025-06-30") + MICROSECOND))["status"] == "expired"

    def test_an_amendment_postpones_it_once_the_amendment_is_effective(self) -> None:
        judge = model(
            enacted("2025-01-01", effective_from="2025-03-01"),
            on_policy("PolicyAmended", "2025-02-01", changes={"effective_from": "2025-09-01"}),
            on_policy(
                "PolicyAmended", "2025-02-02", "2025-05-01", changes={"effective_to": "2025-12-31", "kind": "tariff"}
            ),
        )
        assert self.state(judge, "2025-03-15") == ("announced", "1")
        assert self.state(judge, "2025-03-15", as_of="2025-01-31") == ("in_force", "1")
        assert self.state(judge, "2025-09-01") == ("in_force", "3")
        assert self.state(judge, "2026") == ("expired", "3")
        item = only(judge.policies(at("2026"), 3, at("2025-04-30")))
        assert (item["effective_from"], item["effective_to"], item["kind"]) == ("2025-09-01", None, "export_ban")

    def test_the_last_amendment_by_effect_wins_not_the_last_to_arrive(self) -> None:
        judge = model(
            enacted("2025-01-01"),
            on_policy("PolicyAmended", "2025-02-01", "2025-08-01", changes={"kind": "licence"}),
            on_policy("PolicyAmended", "2025-03-01", "2025-07-01", changes={"kind": "tariff", "title": None}),
        )
        assert only(judge.policies(at("2026"), 3, at("2025-07-01")))["kind"] == "tariff"
        assert only(judge.policies(at("2026"), 3, at("2025-08-01")))["kind"] == "licence"

    def test_an_open_suspension_lasts_until_a_reinstatement(self) -> None:
        judge = model(
            enacted("2025-01-01"),
            on_policy("PolicySuspended", "2025-02-01", "2025-03-01"),
            on_policy("PolicySuspended", "2025-02-02", "2025-04-01", effective_to="2027"),
            on_policy("PolicyReinstated", "2025-02-03", "2025-06-01"),
        )
        assert self.state(judge, "2025-02-15") == ("in_force", "1")
        assert self.state(judge, "2025-03-15") == ("suspended", "2")
        assert self.state(judge, "2025-05-31") == ("suspended", "3")
        assert self.state(judge, "2025-06-01") == ("in_force", "4")

    def test_a_reinstatement_does_not_end_a_later_suspension_and_wins_a_tie(self) -> None:
        judge = model(
            enacted("2025-01-01"),
            on_policy("PolicyReinstated", "2025-02-01", "2025-03-01"),
            on_policy("PolicySuspended", "2025-02-02", "2025-03-01"),
            on_policy("PolicySuspended", "2025-02-02", "2025-03-02"),
        )
        assert only(judge.policies(at("2026"), 4, moment("2025-03-02").start - MICROSECOND))["status"] == "in_force"
        assert self.state(judge, "2025-03-02") == ("suspended", "4")

    def test_repealed_outranks_all_else(self) -> None:
        judge = model(
            enacted("2025-01-01", effective_to="2025-01-31"),
            on_policy("PolicySuspended", "2025-02-01", "2025-02-01"),
            on_policy("PolicyRepealed", "2025-02-02", "2025-03-01"),
        )
        assert self.state(judge, "2025-02-15") == ("suspended", "2")
        assert self.state(judge, "2025-03-01") == ("repealed", "3")

    def test_it_is_not_listed_while_only_its_suspension_is_visible(self) -> None:
        judge = model(enacted("2025"), on_policy("PolicySuspended", "2025-02-01", "2025-02-01"))
        assert self.state(judge, "2025-06-30", as_of="2025-06-30") is None
        assert self.state(judge, "2025-06-30", as_of="2025-12-31") == ("suspended", "2")

    def test_a_date_that_no_source_stated_is_null(self) -> None:
        item = only(model(enacted("2025-01-01")).policies(at("2025"), 1, at("2025")))
        assert (item["effective_from"], item["status"]) == (None, "in_force")


def signed(type_name: str, published_at: str, **fields: Any) -> Body:
    """An agreement, in some form."""
    parties = [{"entity": "lynas", "role": "supplier"}, {"entity": "js-link"}]
    return {"type": type_name, "agreement": "pact", "parties": parties, "published_at": published_at, **fields}


class TestAgreements:
    @staticmethod
    def state(judge: Model, effective_at: str) -> tuple[Any, ...] | None:
        items = judge.agreements(at("2099"), 99, at(effective_at))
        return tuple(items[0][name] for name in ("status", "binding", "event_id")) if items else None

    def test_a_definitive_signing_makes_an_mou_definitive(self) -> None:
        judge = model(
            signed("MoUSigned", "2025-01-01", terms="Talks"),
            signed("AgreementSigned", "2025-03-01", effective_from="2025-06-01", terms="Offtake"),
        )
        assert self.state(judge, "2025-02-01") == ("mou", None, "1")
        assert self.state(judge, "2025-03-01") == ("signed", True, "2")
        assert self.state(judge, "2025-06-01") == ("in_force", True, "2")
        assert column(judge.agreements(at("2026"), 2, at("2025-02-28")), "terms") == ["Talks"]
        assert column(judge.agreements(at("2026"), 2, at("2025-03-01")), "terms") == ["Offtake"]

    def test_amendments_of_the_mou_end_with_the_definitive_signing(self) -> None:
        changes = {"title": "Amended", "effective_to": "2025-04-30"}
        judge = model(
            signed("MoUSigned", "2025-01-01", title="First"),
            {"type": "AgreementAmended", "agreement": "pact", "changes": changes, "published_at": "2025-02-01"},
            signed("AgreementSigned", "2025-03-01"),
            {
                "type": "AgreementAmended",
                "agreement": "pact",
                "changes": {"binding": False},
                "published_at": "2025-05-01",
            },
        )
        assert column(judge.agreements(at("2026"), 4, at("2025-02-01")), "title", "effective_to") == [
            ("Amended", "2025-04-30")
        ]
        assert column(judge.agreements(at("2026"), 4, at("2025-03-01")), "title", "effective_to") == [("First", None)]
        assert self.state(judge, "2025-04-30") == ("in_force", True, "3")
        assert self.state(judge, "2025-05-01") == ("in_force", False, "3")

    def test_an_mou_lapses_and_the_event_that_gave_the_date_decided_it(self) -> None:
        amendment = {"type": "AgreementAmended", "agreement": "pact", "changes": {"effective_to": "2025-06"}}
        judge = model(signed("MoUSigned", "2025-01-01"), {**amendment, "published_at": "2025-02-01"})
        assert self.state(judge, "2025-06-30") == ("mou", None, "1")
        assert self.state(judge, "2025-07-01") == ("expired", None, "2")

    def test_an_amendment_to_null_removes_a_field(self) -> None:
        changes = {"effective_to": None, "effective_from": None, "binding": None, "title": None}
        judge = model(
            signed(
                "AgreementSigned", "2025-01-01", effective_from="2025-06-01", effective_to="2025-07-31", binding=False
            ),
            {"type": "AgreementAmended", "agreement": "pact", "changes": changes, "published_at": "2025-06-15"},
        )
        assert self.state(judge, "2025-05-31") == ("signed", False, "1")
        assert self.state(judge, "2025-08-01") == ("in_force", True, "2")
        item = only(judge.agreements(at("2026"), 2, at("2025-08-01")))
        assert (item["effective_from"], item["effective_to"], item["title"]) == (None, None, None)

    def test_a_termination_without_a_date_takes_effect_when_published(self) -> None:
        judge = model(
            signed("AgreementSigned", "2025-01-01", effective_to="2025-02-28"),
            {"type": "AgreementTerminated", "agreement": "pact", "published_at": "2025-03"},
        )
        assert self.state(judge, "2025-02-28") == ("in_force", True, "1")
        assert self.state(judge, "2025-03-01") == ("terminated", True, "2")


def plant(type_name: str, published_at: str, **fields: Any) -> Body:
    """Something happens at a plant."""
    return {"type": type_name, "facility": "kuantan", "published_at": published_at, **fields}


class TestFacilities:
    @staticmethod
    def states(judge: Model, effective_at: str) -> list[tuple[Any, ...]]:
        return column(judge.facilities(at("2099"), 99, at(effective_at)), "stage", "status", "event_id")

    def test_it_goes_from_announced_to_closed(self) -> None:
        judge = model(
            plant("FacilityAnnounced", "2020", operator="lynas"),
            plant("ConstructionStarted", "2021-01-01", effective_from="2021-06"),
            plant("FacilityCommissioned", "2022"),
            plant("FacilityIdled", "2023-01-01", effective_from="2023-02-01", effective_to="2023-03-31"),
            plant("FacilityIdled", "2024-01-01", operator="js-link"),
            plant("FacilityRestarted", "2024-06-01"),
            plant("FacilityClosed", "2025-01-01", effective_from="2026-01-01"),
        )
        assert self.states(judge, "2021-05-31") == [(None, "announced", "2")]
        assert self.states(judge, "2021-06-01") == [(None, "under_construction", "2")]
        assert self.states(judge, "2023-01-15") == [(None, "operating", "3")]
        assert self.states(judge, "2023-03-31") == [(None, "idled", "4")]
        assert self.states(judge, "2023-04-01") == [(None, "operating", "3")]
        assert self.states(judge, "2024-05-31") == [(None, "idled", "5")]
        assert self.states(judge, "2024-06-01") == [(None, "operating", "6")]
        assert self.states(judge, "2026-01-01") == [(None, "closed", "7")]
        idled = only(judge.facilities(at("2030"), 7, at("2023-03-31")))
        assert (idled["operator"], idled["effective_from"], idled["effective_to"]) == (
            "lynas",
            "2023-02-01",
            "2023-03-31",
        )
        assert column(judge.facilities(at("2030"), 7, at("2024")), "operator") == ["js-link"]

    def test_what_names_no_stage_bears_on_every_stage(self) -> None:
        judge = model(
            plant("FacilityAnnounced", "2020"),
            plant("FacilityCommissioned", "2021", stage="separation"),
            plant("FacilityCommissioned", "2022", stage="magnet"),
            plant("FacilityIdled", "2023"),
            plant("FacilityRestarted", "2024", stage="magnet"),
        )
        assert self.states(judge, "2021") == [("magnet", "announced", "1"), ("separation", "operating", "2")]
        assert self.states(judge, "2023") == [("magnet", "idled", "4"), ("separation", "idled", "4")]
        assert self.states(judge, "2024") == [("magnet", "operating", "5"), ("separation", "idled", "4")]

    def test_it_is_not_listed_before_it_was_opened(self) -> None:
        judge = model(
            plant("FacilityCommissioned", "2022", effective_from="2021-06-01"), plant("FacilityRestarted", "2020")
        )
        assert self.states(judge, "2021-05-31") == []
        assert self.states(judge, "2021-06-01") == [(None, "operating", "1")]
        assert judge.facilities(at("2021"), 2, at("2021")) == []


class TestWhatOpensAndCloses:
    def test_a_link_is_open_from_its_start_until_it_is_closed(self) -> None:
        link = {"type": "SupplyLinkOpened", "link": "flow", "supplier": "a", "consumer": "b", "material": "ndpr"}
        judge = model(
            {**link, "effective_from": "2025-06-01", "published_at": "2025-01-01", "share": "12.50"},
            {"type": "SupplyLinkClosed", "link": "flow", "effective_from": "2025-09-01", "published_at": "2025-08-01"},
        )

        def state(effective_at: str) -> list[Any]:
            return column(judge.links(at("2026"), 2, at(effective_at)), "status", "event_id", "share")

        assert state("2024-12-31") == []
        assert state("2025-01-01") == [("planned", "1", "12.50")]
        assert state("2025-06-01") == [("open", "1", "12.50")]
        assert state("2025-08-31") == [("open", "1", "12.50")]
        assert state("2025-09-01") == [("closed", "2", "12.50")]

    def test_a_risk_stays_listed_when_it_is_resolved(self) -> None:
        risk = {"type": "RiskRaised", "risk": "residue", "category": "c", "subject": "kuantan", "description": "d"}
        judge = model(
            {**risk, "published_at": "2025-01-01"},
            {**risk, "published_at": "2025-02-01", "severity": "high"},
            {"type": "RiskResolved", "risk": "residue", "effective_from": "2025-02-01", "published_at": "2025-03-01"},
        )

        def state(effective_at: str) -> Any:
            return only(column(judge.risks(at("2026"), 3, at(effective_at)), "status", "event_id", "severity"))

        # One risk, of which the same was said twice.
        assert state("2025-01-31") == ("open", "2", "high")
        assert state("2025-02-01") == ("closed", "3", "high")

    def test_a_relationship_holds_in_any_of_its_intervals(self) -> None:
        owns = {"type": "RelationshipStated", "subject": "a", "relation": "owns", "object": "b"}
        judge = model(
            {**owns, "share": "51", "effective_from": "2010", "effective_to": "2012", "published_at": "2010"},
            {**owns, "share": "60", "effective_from": "2014", "published_at": "2014"},
        )

        def state(effective_at: str) -> Any:
            return column(judge.relationships(at("2026"), 2, at(effective_at)), "status", "share", "effective_to")

        assert state("2012-12-31") == [("open", "51", "2012")]
        assert state("2013") == [("closed", "51", "2012")]
        assert state("2014") == [("closed", "51", "2012"), ("open", "60", None)]

    def test_statements_are_all_visible_ones(self) -> None:
        said = {"type": "StatementRecorded", "subject": "js-link", "attribute": "role", "text": "t"}
        judge = model({**said, "published_at": "2025"}, {**said, "published_at": "2024"})
        assert column(judge.statements(at("2025"), 2), "event_id", "publisher") == [("2", None), ("1", None)]
        assert column(judge.statements(at("2024"), 2), "event_id") == ["2"]


class TestEntities:
    def test_a_name_is_the_last_rename_published_and_effective(self) -> None:
        rename = {"type": "EntityRenamed", "entity": "burma", "name": "Myanmar", "published_at": "1990"}
        judge = model(
            registered("burma", published_at="2026", aliases=["Birma"]),
            {**rename, "effective_from": "1989-06-18"},
            {"type": "EntityAliasAdded", "entity": "burma", "alias": "Barma"},
        )

        def called(as_of: str, effective_at: str) -> Any:
            return only(column(judge.entities(at(as_of), 3, at(effective_at)), "name", "former_names", "aliases"))

        assert called("1989", "1989") == ("Burma", [], ["Barma", "Birma"])
        assert called("1990", "1989-06-17") == ("Burma", [], ["Barma", "Birma"])
        assert called("1990", "1989-06-18") == ("Myanmar", ["Burma"], ["Barma", "Birma"])

    def test_a_merged_entity_is_found_in_the_kept_one(self) -> None:
        judge = model(
            registered("lynas", identifiers={"ticker": "LYC"}, fiscal_year_end="06-30"),
            registered("lynas-corp", identifiers={"ticker": "LYNAS", "LEI": "5299"}, parent="lynas"),
            registered("mount-weld", parent="lynas-corp"),
            {"type": "RelationshipStated", "subject": "lynas-corp", "relation": "owns", "object": "mount-weld"},
            merged("lynas", "lynas-corp"),
        )
        lynas, mine = judge.entities(at("2027"), 5, at("2027"))
        assert (lynas["entity"], lynas["merged"], lynas["aliases"]) == ("lynas", ["lynas-corp"], ["Lynas-Corp"])
        assert lynas["identifiers"] == {"ticker": "LYC", "LEI": "5299"}
        assert (mine["entity"], mine["parent"]) == ("mount-weld", "lynas")
        assert column(mine["relationships"], "subject", "object") == [("lynas", "mount-weld")]
        assert lynas["relationships"] == mine["relationships"]
        assert len(judge.entities(at("2027"), 4, at("2027"))) == 3


class TestDiff:
    @staticmethod
    def between(judge: Model, before: tuple[str, int], after: tuple[str, int], **filters: Any) -> list[Body]:
        return judge.diff(at(before[0]), before[1], at(after[0]), after[1], **filters)

    def test_a_revision_between_two_days_is_a_change_caused_by_its_statement(self) -> None:
        judge = model(mined("350000", "2024-01-31"), mined("376000", "2025-01-31"), mined("1", "2025", subject="china"))
        item = only(self.between(judge, ("2024", 3), ("2025-06-30", 3)))
        assert (item["kind"], item["change"], item["change_percent"]) == ("changed", "26000", "7.4286")
        assert (item["before"]["value"], item["after"]["value"], item["subject"]) == ("350000", "376000", "world")
        assert item["causes"] == [
            {
                "event_id": "2",
                "type": "ProductionReported",
                "cause": "statement",
                "position": 2,
                "published_at": "2025-01-31",
                "recorded_at": "2026-11-21T12:00:02.000000Z",
            }
        ]
        back = only(self.between(judge, ("2025-06-30", 3), ("2024", 3)))
        assert (back["kind"], back["change"], back["causes"]) == ("changed", "-26000", item["causes"])

    def test_a_withdrawal_removes_and_a_first_report_adds(self) -> None:
        judge = model(mined("1", "2024"), withdrawn("2025"))
        added = only(self.between(judge, ("2023", 2), ("2024", 2)))
        assert (added["kind"], added["before"], column(added["causes"], "cause")) == ("added", None, ["statement"])
        removed = only(self.between(judge, ("2024", 2), ("2025", 2)))
        assert (removed["kind"], removed["after"], column(removed["causes"], "cause")) == (
            "removed",
            None,
            ["withdrawal"],
        )

    def test_another_status_is_a_restatement_and_a_mere_reprint_is_nothing(self) -> None:
        judge = model(mined("1", "2023"), mined("1", "2024"), mined("1.0", "2025", status="audited"))
        assert self.between(judge, ("2023", 3), ("2024", 3)) == []
        item = only(self.between(judge, ("2024", 3), ("2025", 3)))
        assert (item["kind"], item["change"], column(item["causes"], "event_id")) == ("restated", "0", ["3"])

    def test_causes_on_the_ledger_clock_are_the_ledger_events(self) -> None:
        judge = model(mined("1", "2024"), corrected(1, value="2"), retracted(1), reinstated(1))

        def causes(before: int, after: int) -> list[Any]:
            return [column(item["causes"], "cause") for item in self.between(judge, ("2024", before), ("2024", after))]

        assert causes(1, 2) == [["correction"]]
        assert causes(2, 3) == [["retraction"]]
        assert causes(3, 4) == [["reinstatement"]]
        assert causes(0, 2) == [["statement", "correction"]]
        assert causes(2, 4) == []
        assert causes(1, 4) == [["correction"]]
        assert causes(0, 3) == []
        assert causes(4, 1) == [["correction"]]

    def test_what_cancels_out_is_not_listed(self) -> None:
        judge = model(
            mined("1", "2024"),
            corrected(1, value="9"),
            corrected(1, value="1"),
            mined("3", "2025"),
            mined("4", "2025", "bgs"),
            retracted(5),
        )
        assert column(only(self.between(judge, ("2025", 1), ("2025", 6)))["causes"], "event_id") == ["4"]

    def test_a_statement_moved_by_a_correction_leaves_one_figure_and_enters_another(self) -> None:
        judge = model(mined("1", "2024"), corrected(1, subject="china"))
        items = self.between(judge, ("2024", 1), ("2024", 2))
        assert column(items, "subject", "kind") == [("china", "added"), ("world", "removed")]
        assert [column(item["causes"], "cause") for item in items] == [["correction"]] * 2

    def test_a_merge_is_a_cause(self) -> None:
        judge = model(*TestMerges.HISTORY, retracted(3))
        items = self.between(judge, ("2024", 2), ("2024", 3))
        assert column(items, "subject", "kind") == [("burma", "removed"), ("myanmar", "added")]
        assert [column(item["causes"], "cause", "event_id") for item in items] == [[("merge", "3")]] * 2
        apart = self.between(judge, ("2024", 3), ("2024", 4))
        assert [column(item["causes"], "cause") for item in apart] == [["retraction"]] * 2

    def test_a_corrected_fiscal_year_is_a_cause(self) -> None:
        judge = model(
            registered("lynas", fiscal_year_end="06-30"),
            mined("1", "2025", subject="lynas", period="FY2025"),
            corrected(1, fiscal_year_end="12-31"),
        )
        items = self.between(judge, ("2025", 2), ("2025", 3))
        assert [column(item["causes"], "event_id") for item in items] == [["3"], ["3"]]

    def test_filters_select_figures_at_either_viewpoint(self) -> None:
        judge = model(mined("1", "2024"), mined("2", "2025", "bgs"), mined("3", "2025", subject="china"))
        assert column(self.between(judge, ("2024", 3), ("2025", 3), subject="world"), "subject") == ["world"]
        assert self.between(judge, ("2024", 3), ("2025", 3), publisher="usgs", subject="world") == []


# --- Properties, on generated histories ---------------------------------------------------------------------------


def answers(judge: Model, as_of: datetime, position: int, effective_at: datetime) -> str:
    """Everything that the judge says at a viewpoint, as text."""
    items: list[Any] = [
        judge.figures(as_of, position),
        judge.figures(as_of, position, resolve="all"),
        *(method(as_of, position, effective_at) for method in (judge.policies, judge.agreements, judge.facilities)),
        *(method(as_of, position, effective_at) for method in (judge.links, judge.risks, judge.relationships)),
        judge.statements(as_of, position),
        judge.entities(as_of, position, effective_at),
    ]
    for item in items[0]:
        items.append(judge.history(item["figure_id"], "publication", as_of, position))
        items.append(judge.history(item["figure_id"], "ledger", as_of, position))
    return json.dumps(items)


@given(history=histories(20), data=st.data())
@settings(max_examples=examples(20, deeply=500))
def test_what_is_recorded_later_never_changes_an_answer_at_an_earlier_position(
    history: list[Body], data: st.DataObject
) -> None:
    events = recorded(*history)
    view = data.draw(viewpoints(events))
    assert answers(Model(events), *view) == answers(Model(events[: view.position]), *view)


@given(history=histories(20), data=st.data())
@settings(max_examples=examples(20, deeply=500))
def test_nothing_published_after_as_of_can_be_told_from_an_answer(history: list[Body], data: st.DataObject) -> None:
    """What is no publication, as a preference, counts from its position on."""
    history = [body for body in history if body["type"] not in LEDGER_TYPES]
    as_of, _, effective_at = data.draw(viewpoints(history))
    events = recorded(*history)
    known = [
        event
        for event in events
        if event["type"] in {*KNOWN_AT_ONCE, *OTHER_CAUSES}
        or moment(event.get("published_at") or event["recorded_at"]).end <= as_of
    ]
    view = (as_of, len(events), effective_at)
    whole, cut = (json.loads(answers(Model(some), *view)) for some in (events, known))
    states = 10
    assert whole[:states] == cut[:states]
    assert whole[states::2] == cut[states::2]


@given(history=histories(20), data=st.data())
@settings(max_examples=examples(20, deeply=500))
def test_any_order_of_arrival_gives_the_same_answers(history: list[Body], data: st.DataObject) -> None:
    bookkeeping = [body for body in history if body["type"] in KNOWN_AT_ONCE]
    dated = [
        body for body in history if body["type"] not in (*LEDGER_TYPES, *KNOWN_AT_ONCE) and body.get("published_at")
    ]
    facts = list({moment(body["published_at"]).end: body for body in dated}.values())
    view = data.draw(viewpoints(facts))
    placeless = []
    for order in (facts, data.draw(st.permutations(facts))):
        events = recorded(*bookkeeping, *order)
        text = answers(Model(events), view.as_of, len(events), view.effective_at)
        placeless.append(json.loads(text, object_hook=_without_place)[:10])
    assert placeless[0] == placeless[1]


def _without_place(item: Body) -> Body:
    return {name: value for name, value in item.items() if name not in ("position", "recorded_at")}


def test_every_difference_has_a_cause_and_no_difference_has_none() -> None:
    for seed in range(60):
        rng = random.Random(seed)
        events = recorded(*random_history(rng, 20))
        judge = Model(events)
        for _ in range(10):
            one, other = random_viewpoint(rng, events), random_viewpoint(rng, events)
            forth = judge.diff(one.as_of, one.position, other.as_of, other.position)
            back = judge.diff(other.as_of, other.position, one.as_of, one.position)
            assert judge.diff(one.as_of, one.position, one.as_of, one.position) == []
            assert all(item["causes"] for item in forth)
            assert column(forth, "figure_id", "causes") == column(back, "figure_id", "causes")


def test_a_generated_history_is_the_same_for_the_same_seed() -> None:
    assert random_history(random.Random(7), 30) == random_history(random.Random(7), 30)
