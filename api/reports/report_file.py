"""A report as a file: its form, and a name to file it under."""

import re
from collections.abc import Callable, Sequence

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
    if facts.things:
        said = [facts.resource, *(str(one.key[name]) for one in facts.things[:1] for name in one.key if one.key[name])]
        return _named(said if len(facts.things) == 1 else said[:1], facts, form)
    keys = [figure.key for figure in facts.figures]
    common = [str(keys[0][name]) for name in _NAMED_BY if len({key[name] for key in keys}) == 1 and keys[0][name]]
    return _named(common, facts, form)


def _named(words: Sequence[str], facts: Facts, form: str) -> str:
    stem = re.sub(r"[^A-Za-z0-9_]+", "-", "-".join(words) or "report").strip("-")
    return f"{stem[:NAME_LENGTH_MAX]}-as-of-{day(facts.basis['as_of'])}.{form}"
