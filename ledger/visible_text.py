r"""Text that people read: what they could not see of it, and what would act on that which shows it, is written out.

Names and notes come from anywhere. A terminal obeys ESC and the controls beside it (it sets titles and the clipboard,
and moves the cursor over what was printed before); a mark of direction turns the text after it around, so that
`1300` reads `0031`; a character without a shape makes two names look like one; and the end of a line in a message
forges the next line of a log. Where a text is shown, each of these stands as Python writes it: `\x1b`, `\u202e`,
`\U000e0041`.

What is recorded, and what goes out as data (JSON, CSV, Parquet) to a program or a file, is never changed. A command
that prints data to a terminal writes it out there too.
"""

import re

_UNSEEN = (
    "\x00-\x1f\x7f-\x9f"  # controls, C0 and C1
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"  # no shape of their own
    "\u200b-\u200f"  # zero width, marks of direction
    "\u2028\u2029"  # ends of a line and of a paragraph
    "\u202a-\u202e\u2060-\u206f"  # embeddings, overrides and isolates; joiners
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"  # fillers, variants, the mark of byte order, annotations
    "\ufdd0-\ufdef\ufffe\uffff\U0001fffe\U0001ffff"  # no characters at all
    "\U00013430-\U0001345f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"  # controls of scripts and of music
    "\U000e0000-\U000e0fff"  # tags
    "\ud800-\udfff"  # halves of characters
)
_ON_ONE_LINE = re.compile(f"[{_UNSEEN}]")
_IN_LINES = re.compile(f"(?!\n)[{_UNSEEN}]")


def visible(text: str) -> str:
    r"""A text on one line, with what is unseen in it written out: `a\nb` for two lines."""
    # Most texts have nothing of it: this is the quickest way to know.
    return text if text.isascii() and text.isprintable() else _ON_ONE_LINE.sub(_written, text)


def visible_lines(text: str) -> str:
    """The same for a text of several lines, which stay lines."""
    return text if text.isascii() and text.isprintable() else _IN_LINES.sub(_written, text)


def visible_json(document: str) -> str:
    """A JSON document with what is unseen in its texts as JSON escapes, so that it stands for the same value."""
    return document if document.isascii() and document.isprintable() else _IN_LINES.sub(_escaped, document)


def shortened(text: str, length_max: int) -> str:
    """A text of at most about this length, which says how much of it is left out."""
    left_out = len(text) - length_max
    return text if left_out <= 0 else f"{text[:length_max]}… ({left_out} more characters)"


def _written(found: "re.Match[str]") -> str:
    return found[0].encode("unicode_escape").decode("ascii")


def _escaped(found: "re.Match[str]") -> str:
    units = found[0].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))
