"""What nobody sees in a text, or what a terminal would obey, is written out; all else stays as it is."""

import json
import sys
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from ledger import Violation, shortened, visible, visible_json, visible_lines
from ledger.errors import DETAIL_LENGTH_MAX, PART_LENGTH_MAX, LedgerError

ALL = [chr(code) for code in range(sys.maxunicode + 1)]
SHOWN_BY_A_SHAPE = set("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd")
"""Of the format characters, these are signs that are drawn."""
INDIC_AND_MUSIC = {"\u17b4", "\u17b5"}


def test_every_control_mark_and_half_character_is_written_out() -> None:
    unseen = [one for one in ALL if unicodedata.category(one) in ("Cc", "Cf", "Cs", "Zl", "Zp")]
    raw = {one for one in unseen if visible(one) == one}
    assert raw == {one for one in SHOWN_BY_A_SHAPE if unicodedata.category(one) == "Cf"}
    for named in "\x1b\x9b\x7f\u202a\u202e\u2066\u2069\u200e\u200f\u061c\u2028\u2029\u200b\ufeff\U000e0041\u3164\u115f":
        assert visible(f"a{named}b") == f"a{named.encode('unicode_escape').decode()}b"


def test_letters_signs_and_spaces_stay() -> None:
    kept = [one for one in ALL if unicodedata.category(one) in ("Lu", "Ll", "Nd", "Sm", "Sc", "Pd", "Zs", "Mc")]
    assert all(visible(one) == one for one in kept)
    assert visible("Société “Ⅳ” 漢字 😀 a\u0301") == "Société “Ⅳ” 漢字 😀 a\u0301"


def test_the_end_of_a_line_stays_only_where_there_are_lines() -> None:
    assert visible("a\nb\r\tc") == r"a\nb\r\tc"
    assert visible_lines("a\nb\r\tc") == "a\nb" + r"\r\tc"


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_what_is_written_out_in_json_stands_for_the_same(text: str) -> None:
    written = visible_json(json.dumps({text: [text]}, ensure_ascii=False))
    assert json.loads(written) == {text: [text]}
    assert visible_lines(written) == written


@given(st.text())
def test_a_text_that_is_visible_stays_as_it_is(text: str) -> None:
    once = visible(text)
    assert visible(once) == once
    assert "\n" not in once


def test_an_error_and_a_violation_say_nothing_unseen_and_nothing_endless() -> None:
    assert str(LedgerError("a\x1b[2Jb")) == r"a\x1b[2Jb"
    violation = Violation(("x" * 10**6, 3), "rule", "\u202e" + "y" * 10**6)
    assert violation.detail.startswith(r"\u202ey")
    assert len(violation.detail) < DETAIL_LENGTH_MAX + 40
    assert len(violation.pointer) < PART_LENGTH_MAX + 40
    assert violation.at(7, type(None)).pointer.startswith("/7/x")  # type: ignore[arg-type]
    assert shortened("abc", 3) == "abc"
    assert shortened("abcd", 3) == "abc… (1 more characters)"
