"""A specification drawn as SVG, to stand in a page: with a title, a description, and ids of its own."""

import re
from html import escape
from typing import Any

from ledger import visible_lines

VERSION = "6.4"
"""Of Vega-Lite: the one whose specifications Altair writes."""
_ELEMENT_WITH_ID = re.compile(r'(<\w+ id=)"([\w-]+)"')
_SIZE = re.compile(r'width="([\d.]+)" height="([\d.]+)"')


def svg(spec: dict[str, Any], *, name: str, title: str, description: str) -> str:
    """The chart drawn: an `svg` element whose ids begin with `name`, with a title and a description for those who do
    not see it. The same specification gives the same text.
    """
    import vl_convert

    drawn: str = _with_own_ids(vl_convert.vegalite_to_svg(_seen(spec), vl_version=VERSION), name)
    size = _SIZE.search(drawn)
    if size is None:
        raise ValueError("the converter drew a chart without a size")
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size[1]} {size[2]}" width="{size[1]}" '
        f'height="{size[2]}" role="img" aria-labelledby="{name}-title {name}-description">'
        f'<title id="{name}-title">{escape(title)}</title><desc id="{name}-description">{escape(description)}</desc>'
    )
    return opening + drawn[drawn.index(">") + 1 :]


def _seen(value: Any) -> Any:
    """A specification in whose texts nothing is unseen: a control character ends the converter, and the program."""
    if isinstance(value, str):
        return visible_lines(value)
    if isinstance(value, dict):
        return {_seen(name): _seen(part) for name, part in value.items()}
    return [_seen(part) for part in value] if isinstance(value, list) else value


def _with_own_ids(drawn: str, name: str) -> str:
    """The converter numbers the ids of all its drawings through; here each drawing counts from 1, under its name."""
    numbers = {one: f"{name}-{place}" for place, (_, one) in enumerate(_ELEMENT_WITH_ID.findall(drawn), 1)}
    drawn = _ELEMENT_WITH_ID.sub(lambda match: f'{match[1]}"{numbers[match[2]]}"', drawn)
    return re.sub(r"url\(#([\w-]+)\)", lambda match: f"url(#{numbers.get(match[1], match[1])})", drawn)


def drawn_png(spec: dict[str, Any]) -> bytes:
    """The chart as a picture, twice as fine as a screen."""
    import vl_convert

    picture: bytes = vl_convert.vegalite_to_png(_seen(spec), vl_version=VERSION, scale=2)
    return picture
