"""The explorer: the page at `/`, which lets people look at the record and move it in time.

It is one shell, made here, and small scripts of our own in `static/`, which ask the API as any client does. Everything
on the screen is in the address, so that every view is a permanent link. Charts are drawn by the bundle of Vega that
`vl-convert` ships. Nothing is loaded from elsewhere.
"""

from api.web.assets import Asset, asset, release
from api.web.shell import SCREENS, not_found_page, page

__all__ = ["SCREENS", "Asset", "asset", "not_found_page", "page", "release"]
