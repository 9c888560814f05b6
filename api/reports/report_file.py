"""A report as a file: its form, and a name to file it under."""

import re
from collections.abc import Callable

from api.reports.composition import presented
from api.reports.markup import html, markdown
from api.reports.phrases import day
from api.reports.report_facts import Facts
from api.reports.report_parts import Presentation

FORMS: dict[str, Callable[[Presentation], str]] = {"html": html, "md": markdown}
"""By the ending of a file's name."""
NAME_LENGTH_MAX = 120
_NAMED_BY = ("subject", "metric", "material", "period")


def written(facts: Facts, *, form: str, version: str) -> str:
    """The report as text, in one of `FORMS`; `version` is that of the software, which it names."""
    return FORMS[form](presented(facts, version=version, charts=form == "html"))


def file_name(facts: Facts, *, form: str) -> str:
    """A name that says what the report is about and as of when: `china-mining_quota-2023-as-of-2024-12-31.html`."""
    keys = [figure.key for figure in facts.figures]
    common = [str(keys[0][name]) for name in _NAMED_BY if len({key[name] for key in keys}) == 1 and keys[0][name]]
    stem = re.sub(r"[^A-Za-z0-9_]+", "-", "-".join(common) or "report").strip("-")
    return f"{stem[:NAME_LENGTH_MAX]}-as-of-{day(facts.basis['as_of'])}.{form}"
