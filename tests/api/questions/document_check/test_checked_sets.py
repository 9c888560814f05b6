"""The two sets of sentences and tables, counted: neither precision nor recall may fall below what was counted first."""

import pytest

from projections import Engine
from tests.checked_sets import counted, marked_sentences, marked_tables


@pytest.mark.parametrize(
    ("name", "judged", "right", "wanted"),
    [
        ("first_sentences.txt", 236, 236, 236),
        ("first_tables.txt", 77, 77, 77),
        ("second_sentences.txt", 232, 231, 234),
        ("second_tables.txt", 56, 55, 56),
    ],
)
def test_no_fewer_are_right_than_were_counted(shipped: Engine, name: str, judged: int, right: int, wanted: int) -> None:
    count = counted(shipped, marked_tables(name) if "tables" in name else marked_sentences(name))
    assert count.wanted == wanted
    assert count.right / count.judged >= right / judged, count.misses
    assert count.right >= right, count.misses


def test_the_sets_are_as_large_and_as_wrong_as_they_should_be() -> None:
    for sentences, tables in (
        ("first_sentences.txt", "first_tables.txt"),
        ("second_sentences.txt", "second_tables.txt"),
    ):
        texts = marked_sentences(sentences)
        assert len(texts) >= 200
        assert len(marked_tables(tables)) == 10
        named = [text for text in texts if text.expected]
        wrong = [text for text in named if any(one.verdict != "current" for one in text.expected)]
        assert len(wrong) >= len(named) * 0.4
