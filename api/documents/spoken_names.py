"""Spoken names: where a text names something that the ledger knows, by whatever it is called.

A name is a row of words. Words are compared without their case, their plural `s`, their hyphens and underscores, so
that `rare-earth oxides` is `Rare earth oxide`; names of three capitals at most, such as US, are compared as they are
written. Of names that begin at one place the longest is meant.
"""

import re
from collections.abc import Hashable, Iterator
from itertools import pairwise
from typing import Generic, NamedTuple, TypeVar

M = TypeVar("M", bound=Hashable)
SHORT_MAX = 3
NAME_WORDS_MAX = 20
_WORD = re.compile(r"[^\W_]+")
_BETWEEN = re.compile(r"[\s_\-\u2010\u2011\u2013.,'\u2019/&()]{1,3}")
_NO_NAMES = frozenset("a an and as at be by for in is it of on or so the to was".split())


class Word(NamedTuple):
    """A word of a text, folded, and where it stands."""

    folded: str
    start: int
    end: int


class Spoken(NamedTuple, Generic[M]):
    """Where something is named, and what the name may mean."""

    start: int
    end: int
    meanings: tuple[M, ...]


def folded_word(word: str) -> str:
    """A word without case and plural."""
    plain = word.casefold()
    return plain[:-1] if len(plain) > 3 and plain.endswith("s") and not plain.endswith("ss") else plain


def words_of(text: str) -> list[Word]:
    """The words of a text."""
    return [Word(folded_word(one[0]), one.start(), one.end()) for one in _WORD.finditer(text)]


class NameIndex(Generic[M]):
    """Names and what they mean, looked up by their first words."""

    def __init__(self) -> None:
        self._by_first: dict[str, dict[tuple[str, ...], list[tuple[str | None, M]]]] = {}
        self._longest_first: dict[str, list[tuple[str, ...]]] = {}

    def add(self, name: str, meaning: M) -> None:
        """Add a name; one that is a single letter, or a word that every text has, is passed over."""
        spelled = [one[0] for one in _WORD.finditer(name)][: NAME_WORDS_MAX + 1]
        whole = "".join(spelled)
        if not spelled or len(spelled) > NAME_WORDS_MAX or len(whole) < 2 or whole in _NO_NAMES or whole.isdigit():
            return
        short = len(whole) <= SHORT_MAX
        self._put([folded_word(one) for one in spelled], whole if short else None, meaning)
        if short and whole.isupper() and len(spelled) == 1:
            self._put([one.casefold() for one in whole], whole, meaning)  # U.S.

    def _put(self, words: list[str], written: str | None, meaning: M) -> None:
        self._longest_first.pop(words[0], None)
        meanings = self._by_first.setdefault(words[0], {}).setdefault(tuple(words), [])
        if (written, meaning) not in meanings:
            meanings.append((written, meaning))

    def find(self, text: str, words: list[Word] | None = None) -> Iterator[Spoken[M]]:
        """The names in a text, from left to right, none within another."""
        words = words_of(text) if words is None else words
        at = 0
        while at < len(words):
            found = self._at(text, words, at)
            if found is None:
                at += 1
                continue
            count, spoken = found
            yield spoken
            at += count

    def _at(self, text: str, words: list[Word], at: int) -> tuple[int, Spoken[M]] | None:
        known = self._by_first.get(words[at].folded)
        if known is None:
            return None
        first = words[at].folded
        if first not in self._longest_first:
            self._longest_first[first] = sorted(known, key=len, reverse=True)
        for name in self._longest_first[first]:
            last = at + len(name)
            if last > len(words) or any(words[at + place].folded != one for place, one in enumerate(name)):
                continue
            within = words[at:last]
            if any(not _BETWEEN.fullmatch(text, one.end, other.start) for one, other in pairwise(within)):
                continue
            spelled = "".join(text[one.start : one.end] for one in within)
            meant = tuple(meaning for written, meaning in known[name] if written is None or written == spelled)
            if meant:
                return len(name), Spoken(within[0].start, within[-1].end, meant)
        return None
