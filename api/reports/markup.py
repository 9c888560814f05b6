"""A report as a file: HTML that needs nothing beside it, or Markdown for GitHub.

Names, notes and addresses come from events, and so from anywhere: every text is escaped where it is put in, what nobody
would see of it is written out (`ledger.visible_text`), an address is followed only where it is http or https, and the
HTML forbids itself to load or run anything.
"""

import re
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

from api.reports.charts import svg
from api.reports.report_parts import Chart, Presentation
from ledger import visible_lines

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).parent / "templates"
DRAWN_TOGETHER = 2
"""Charts are drawn outside of Python, so some at the same time."""
_MARKDOWN = re.compile(r"([\\`*_\[\]<>|~&$])")
_LINE_START = re.compile(r"^([-=+](?!\d)|#|\d+[.)] )")
_DATE = re.compile(r"\d{4}-\d\d(?:-\d\d)?")


def html(report: Presentation) -> str:
    """A page of its own: its styles and charts are in it, and no script."""
    charts = {
        (section.anchor, place): chart for section in report.sections for place, chart in enumerate(section.charts, 1)
    }
    with ThreadPoolExecutor(DRAWN_TOGETHER) as pool:
        drawn = dict(zip(charts, pool.map(_drawn, charts, charts.values()), strict=True))
    css = Markup((TEMPLATES / "report.css").read_text(encoding="utf-8"))  # noqa: S704  ours
    page = _environment("html").get_template("report.html").render(report=report, drawn=drawn, css=css)
    return _seen(page)


def _drawn(place: tuple[str, int], chart: Chart) -> Markup:
    anchor, number = place
    name = f"{anchor}-chart" if number == 1 else f"{anchor}-chart-{number}"
    drawing = svg(chart.spec, name=name, title=chart.title, description=chart.description)
    return Markup(drawing)  # noqa: S704  the drawing has its texts escaped


def markdown(report: Presentation) -> str:
    """The same in GitHub's Markdown, with a table of vintages for each chart."""
    text = _environment("md").get_template("report.md").render(report=report)
    return re.sub(r"\n{3,}", "\n\n", _seen(text)).strip() + "\n"


def _seen(text: str) -> str:
    """A text whose unseen characters are written out; tabs and the ends of lines in Windows' manner are spaces."""
    return visible_lines(text.replace("\r\n", "\n").replace("\r", " ").replace("\t", " "))


@cache
def _environment(form: str) -> "Environment":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        autoescape=True,
        finalize=None if form == "html" else _escaped,
        keep_trailing_newline=True,
    )
    made.filters |= {"code": code, "fenced": fenced, "address": address, "whole": whole}
    return made


def _escaped(value: Any) -> Any:
    """A text of a report as Markdown that says just that, on one line. What the filters made stays as it is."""
    if isinstance(value, Markup) or not isinstance(value, str):
        return value
    text = " ".join(value.split())
    return Markup(_LINE_START.sub(r"\\\1", _MARKDOWN.sub(r"\\\1", text)))  # noqa: S704


def whole(text: str) -> Markup:
    """A text as HTML in which no date is broken at the end of a line."""
    return Markup(_DATE.sub(r'<span class="date">\g<0></span>', str(escape(text))))  # noqa: S704


def code(text: str) -> Markup:
    """A text as a code span, in a table too."""
    text = " ".join(text.split()).replace("|", "\\|")
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    if not longest:
        return Markup(f"`{text}`")  # noqa: S704
    fence = "`" * (longest + 1)
    return Markup(f"{fence} {text} {fence}")  # noqa: S704


def fenced(text: str) -> Markup:
    """A text as a block of code."""
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", text)), default=0))
    return Markup(f"{fence}\n{text}\n{fence}")  # noqa: S704


def address(url: str) -> Markup:
    """An address that may be followed."""
    quoted = "".join(f"%{ord(letter):02X}" if letter in "<>|\\`" else letter for letter in url)
    return Markup(f"<{quoted}>")  # noqa: S704
