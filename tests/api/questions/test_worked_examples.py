"""The ten worked examples (ledger/README.md, section 6), asked over HTTP."""

from uuid import uuid4

import pytest

from tests.api.helpers import Api, mined
from tests.stores import STORES

pytestmark = pytest.mark.parametrize("engine", STORES, indirect=True)

SUSPENDED = "china-announcement-61-2025"


def test_1_late_and_revised(api: Api) -> None:
    api.post(mined("world", "350000", "2024-01-31"), mined("world", "376000", "2025-01-31"))
    assert api.only("figures", as_of="2024-06-30")["value"] == "350000"
    now = api.only("figures", as_of="2025-02-01")
    assert (now["value"], now["revisions"]) == ("376000", 1)
    assert api.items("figures", as_of="2023-12-31") == []
    first, second = api.items(f"figures/{now['figure_id']}/history", as_of="2025-02-01")
    assert (first["cause"], first["change"]) == ("first_report", None)
    assert (second["cause"], second["change"], second["change_percent"]) == ("revision", "26000", "7.4286")
    assert second["previous_value"] == "350000"


def test_2_our_own_error_and_3_then_the_world_moves(api: Api) -> None:
    (wrong,) = api.post(mined("australia", "113000", "2025-01-31"))
    api.post(
        {
            "type": "EventCorrected",
            "target": wrong["event_id"],
            "changes": {"value": "13000"},
            "reason": "transcription",
            "explanation": "A footnote mark was glued to the number.",
        }
    )
    assert api.only("figures", as_of="2025-06-30")["value"] == "13000"
    before = api.only("figures", as_of="2025-06-30", recorded_as_of=f"position:{wrong['position']}")
    assert before["value"] == "113000"
    path = f"figures/{wrong['figure_id']}/history"
    assert [(item["value"], item["cause"]) for item in api.items(path)] == [("13000", "first_report")]
    answers = [(item["value"], item["cause"]) for item in api.items(path, clock="ledger")]
    assert answers == [("113000", "recorded"), ("13000", "correction")]

    api.post(mined("australia", "29000", "2026-02-06"))
    last = api.items(path)[-1]
    assert (last["cause"], last["previous_value"], last["change"]) == ("revision", "13000", "16000")


def test_4_disagreement(api: Api) -> None:
    api.post(mined("world", "190000", "2020-01-31"), mined("world", "253777", "2021-06-30", publisher="bgs"))
    item = api.only("figures")
    assert (item["value"], item["publisher"]) == ("253777", "bgs")
    assert (item["disputed"], item["spread"], item["publishers"]) == (True, "63777", 2)
    one = api.only("figures", publisher="usgs")
    assert (one["value"], one["disputed"]) == ("190000", True)


def test_5_unit_relabelled(api: Api) -> None:
    api.post(mined("world", "2080", "2024"), mined("world", "2.08", "2025", unit="kt"))
    item = api.only("figures")
    assert (item["value"], item["unit"], item["canonical_value"]) == ("2.08", "kt", "2080")
    causes = [entry["cause"] for entry in api.items(f"figures/{item['figure_id']}/history")]
    assert causes == ["first_report", "confirmation"]


def test_6_suspended_before_it_began(api: Api) -> None:
    api.post(
        {
            "type": "PolicyEnacted",
            "policy": SUSPENDED,
            "jurisdiction": "china",
            "kind": "export_control",
            "published_at": "2025-10-09",
            "effective_from": "2025-12-01",
        },
        {
            "type": "PolicySuspended",
            "policy": SUSPENDED,
            "effective_from": "2025-11-07",
            "effective_to": "2026-11-10",
            "published_at": "2025-11-07",
        },
    )
    for day, status in {"2025-11-01": "announced", "2025-12-15": "suspended", "2026-11-11": "in_force"}.items():
        assert api.only("policies", as_of=day)["status"] == status
        assert api.only("policies", as_of="2026-11-12", effective_at=day)["status"] == status
    assert api.only("policies", as_of="2025-11-01", effective_at="2025-12-15")["status"] == "in_force"


def test_7_mou(api: Api) -> None:
    api.post(
        {
            "type": "MoUSigned",
            "agreement": "js-link-lynas-mou",
            "parties": [{"entity": "lynas"}, {"entity": "usgs", "role": "witness"}],
            "published_at": "2025-07-24",
        }
    )
    assert api.items("agreements", as_of="2025-07-23") == []
    item = api.only("agreements", as_of="2025-07-24")
    assert (item["agreement"], item["status"], item["binding"]) == ("js-link-lynas-mou", "mou", None)
    assert [party["entity"] for party in item["parties"]] == ["lynas", "usgs"]


def test_8_withdrawn_and_withheld(api: Api) -> None:
    api.post(mined("australia", "1300", "2024-01-31"), mined("china", "1300", "2024-01-31"))
    withdrawn = {name: value for name, value in mined("australia", "", "2025").items() if name != "value"}
    withheld = {**withdrawn, "subject": "china", "symbol": "withheld"}
    api.post({**withdrawn, "type": "FigureWithdrawn"}, withheld)
    assert [item["value"] for item in api.items("figures", subject="australia")] in ([], [None])
    item = api.only("figures", subject="china")
    assert (item["value"], item["symbol"]) == (None, "withheld")


def test_9_partial_date(api: Api) -> None:
    api.post(mined("world", "190000", "2019"))
    assert api.items("figures", as_of="2019-06-30") == []
    assert api.only("figures", as_of="2019-12-31")["published_at"] == "2019"


def test_10_same_number_is_no_duplicate(api: Api) -> None:
    first = {**mined("lynas", "1359", "2024", publisher="lynas", period="FY2024-Q1"), "event_id": str(uuid4())}
    api.post(first, mined("lynas", "1359", "2024", publisher="lynas", period="FY2024-Q2"))
    assert len(api.items("figures", subject="lynas")) == 2
    assert api.post(first)[0]["status"] == "duplicate"
    assert len(api.items("events", type="ProductionReported")) == 2
