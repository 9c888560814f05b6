"""The tables of families have what their events say, parts and lists of parts too, with merges followed."""

from tests.projections.conftest import IDS, WORLD, Book, Item

POLICY = {
    "type": "PolicyEnacted",
    "policy": "p",
    "jurisdiction": "prc",
    "kind": "permit",
    "provision": "part 3",
    "applies_to": ["lynas"],
    "exempt": ["js-link", "wire"],
    "conditions": [{"metric": "production", "high": "1.50", "unit": "kt", "by": "2027-Q1"}],
    "published_at": "2025-01-01",
}
OWED = {
    "type": "CommitmentMade",
    "commitment": "offtake",
    "kind": "offtake",
    "by": "js-link",
    "to": "lynas",
    "material": "pr-nd-oxide",
    "quantity": {"value": "3000", "unit": "t/yr"},
    "published_at": "2025-07-24",
    "event_id": IDS[1],
}


def standing(book: Book, family: str) -> list[Item]:
    """The versions that stand at the end, in order."""
    rows: list[Item] = book.engine.table(family).to_pylist()
    forever = max(row["until"] for row in rows)
    return sorted((row for row in rows if row["until"] == forever), key=lambda row: int(row["position"]))


def test_parts_and_lists_are_columns_and_follow_merges() -> None:
    book = Book()
    amended = {"type": "PolicyAmended", "policy": "p", "changes": {"applies_to": ["js-link"]}, "published_at": "2026"}
    book.record(POLICY, amended, OWED, {**OWED, "event_id": IDS[2], "restates": IDS[1]})
    merge = {"type": "EntitiesMerged", "kept": "lynas", "merged": "js-link", "reason": "bought"}
    book.record(merge, {**merge, "kept": "ndpr-oxide", "merged": "pr-nd-oxide"})
    policy, amendment = standing(book, "policies")
    assert (policy["provision"], policy["applies_to"], policy["exempt"]) == ("part 3", ["lynas"], ["lynas", "wire"])
    assert policy["conditions"] == [
        {"metric": "production", "low": None, "high": "1.50", "unit": "kt", "by": "2027-Q1", "text": None}
    ]
    assert amendment["changes"]["applies_to"] == ["lynas"]
    assert "provision" not in amendment["changes"]
    _, again = standing(book, "commitments")
    assert (again["by"], again["to"], again["material"]) == ("lynas", "lynas", "ndpr-oxide")
    assert again["quantity"] == {"value": "3000", "low": None, "high": None, "unit": "t/yr"}
    assert str(again["restates"]) == IDS[1]


def test_withdrawals_have_a_table_of_their_own() -> None:
    book = Book()
    said = {**OWED, "source": {"publisher": "lynas"}}
    back = {
        "type": "ReportWithdrawn",
        "withdraws": IDS[1],
        "published_at": "2026-02",
        "source": {"publisher": "lynas"},
    }
    book.record(said, back)
    (row,) = standing(book, "withdrawals")
    assert (str(row["withdraws"]), row["publisher"], row["published_at"]) == (IDS[1], "lynas", "2026-02")
    assert row["position"] == len(WORLD) + 2
