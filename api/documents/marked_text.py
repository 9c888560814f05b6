"""Marked text: a document as it comes back, with what is to be said of its numbers beside them.

Markdown gets footnotes, plain text remarks in brackets, HTML `<mark>` with a title. Nothing else of it changes.
"""

from collections.abc import Callable, Sequence
from html import escape
from typing import NamedTuple


class Remark(NamedTuple):
    """What is said of a part of a text: its characters from `start` to before `end`, a number, a word and a
    sentence.
    """

    start: int
    end: int
    number: int
    word: str
    said: str


def marked_markdown(source: str, remarks: Sequence[Remark], closing: str) -> str:
    """Markdown with a footnote for each remark, and a line at its end."""
    notes = [f"[^check-{one.number}]: {_on_one_line(one.said)}" for one in remarks]
    body = _with(source, remarks, lambda one, quoted: f"{quoted}[^check-{one.number}]")
    ending = "" if body.endswith("\n") else "\n"
    return body + ending + "\n" + "".join(f"{note}\n" for note in [*notes, "", closing])


def marked_plain(source: str, remarks: Sequence[Remark], closing: str) -> str:
    """Plain text with each remark in brackets, and a line at its end."""
    body = _with(source, remarks, lambda one, quoted: f"{quoted} [{one.number}: {_on_one_line(one.said)}]")
    return f"{body}{'' if body.endswith(chr(10)) else chr(10)}\n{closing}\n"


def marked_html(source: str, remarks: Sequence[Remark]) -> str:
    """HTML with each part that is remarked on in `<mark>`; what spans tags is marked behind it."""

    def mark(one: Remark, quoted: str) -> str:
        opening = f'<mark class="check-{escape(one.word)}" title="{escape(_on_one_line(one.said))}">'
        if "<" in quoted or ">" in quoted:
            return f"{quoted}{opening}[{one.number}]</mark>"
        return f"{opening}{quoted}</mark>"

    return _with(source, remarks, mark)


def _with(source: str, remarks: Sequence[Remark], marked: Callable[[Remark, str], str]) -> str:
    parts, at = [], 0
    for one in sorted(remarks):
        if one.start < at:
            continue
        parts += [source[at : one.start], marked(one, source[one.start : one.end])]
        at = one.end
    return "".join([*parts, source[at:]])


def _on_one_line(text: str) -> str:
    return " ".join(text.split())
