"""The shell: the page that every screen of the explorer is drawn in. It holds nothing of the ledger.

And the page of an address at which there is nothing, for somebody who came to it with a browser: it leads home.
"""

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template, select_autoescape

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
    "/check",
    "/watch",
    "/derived",
    "/log",
    "/log/{event_id}",
)
"""The addresses of screens; the scripts choose by them what is shown."""


@cache
def page(*, version: str) -> str:
    """The page, with the addresses of what it loads."""
    return _template("explorer.html").render(assets=f"/assets/{release()}", version=version)


def not_found_page(path: str) -> str:
    """The page of a path at which there is nothing. The path is of the client: it is shown as text."""
    return _template("not_found.html").render(assets=f"/assets/{release()}", path=path)


@cache
def _template(name: str) -> Template:
    environment = Environment(
        loader=PackageLoader("api.web"), autoescape=select_autoescape(), undefined=StrictUndefined, trim_blocks=True
    )
    return environment.get_template(name)
