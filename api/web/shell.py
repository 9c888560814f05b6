"""The shell: the page that every screen of the explorer is drawn in. It holds nothing of the ledger."""

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from api.web.assets import release

SCREENS = (
    "/",
    "/figures",
    "/figures/{figure_id}",
    "/catalogue",
    "/things/{resource}",
    "/things/{resource}/{slug}",
    "/series",
    "/vintages",
    "/timeline",
    "/chain",
    "/append",
    "/compare",
    "/log",
    "/log/{event_id}",
)
"""The addresses of screens; the scripts choose by them what is shown."""


@cache
def page(*, version: str) -> str:
    """The page, with the addresses of what it loads."""
    environment = Environment(
        loader=PackageLoader("api.web"), autoescape=select_autoescape(), undefined=StrictUndefined, trim_blocks=True
    )
    return environment.get_template("explorer.html").render(assets=f"/assets/{release()}", version=version)
