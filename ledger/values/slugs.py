"""Slugs and names: the short words that stand for things in events, and how one is made of what people write.

A slug stands for an entity, a policy or the like: `ndpr-oxide`. A name is a word of our own vocabulary, of a metric or
a dimension: `mine_production`.
"""

import re
import unicodedata

SLUG_LENGTH_MAX = 80
SLUG_PATTERN = r"^[a-z0-9][a-z0-9-]{0,79}$"
NAME_PATTERN = r"^[a-z][a-z0-9_]{0,79}$"
"""A name of our own vocabulary: of a metric, of a dimension, of a relation."""
_SHOWN_MAX = 80


def slug_for(name: str) -> str:
    """The slug that a name makes: Österreich is `osterreich`; nothing where it has no letter of a to z and no digit."""
    letters = "".join(one for one in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(one))
    plain = re.sub(r"['\u2018\u2019]", "", letters)
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:SLUG_LENGTH_MAX].strip("-")


def why_no_match(pattern: str, text: str) -> str | None:
    """Why a text is no slug or no name, and which one is meant, perhaps; None for any other pattern."""
    shown, slug = repr(text[:_SHOWN_MAX]), slug_for(text[: 4 * _SHOWN_MAX])
    if pattern == SLUG_PATTERN:
        like = "small letters from a to z, digits and hyphens, a letter or a digit first, 80 at most"
        return f"{shown} is no slug: {like}" + (f"; write {slug}" if slug else "")
    if pattern == NAME_PATTERN:
        like = "small letters from a to z, digits and underscores, a letter first, 80 at most"
        name = slug.replace("-", "_").lstrip("0123456789_")
        return f"{shown} is no name: {like}" + (f"; write {name}" if name else "")
    return None
