"""What the explorer says stands in one place, and it says what its terms mean."""

import re

import pytest

from tests.api.web.test_assets import SCRIPTS, STATIC

SPEAKING = [name for name in SCRIPTS if name != "texts.js"]
_SHOWN = re.compile(r"""(?:\btitle|"aria-label"|placeholder|caption): ["`]\w|unseen: ["`]\w""")
_LITERAL = re.compile(r"""(class: |class=)?(?:"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\\n]|\\.)*)`)""")
_WORDS = re.compile(r"\b[A-Za-z]{2,} [a-z]{2,}\b")
_CODE = ("import supply_ledger", "supply-ledger ", "<", "noreferrer")


@pytest.mark.parametrize("name", SPEAKING)
def test_what_is_shown_stands_with_the_other_texts(name: str) -> None:
    for line in (STATIC / name).read_text(encoding="utf-8").splitlines():
        if line.lstrip().startswith(("//", "/**", "*")):
            continue
        assert not _SHOWN.search(line), f"{name}: {line.strip()}"
        for of_class, *literals in _LITERAL.findall(line):
            told = re.sub(r"\$\{[^}]*\}", "", "".join(literals))
            assert of_class or told.startswith(_CODE) or not _WORDS.search(told), f"{name}: {told}"


def test_every_field_of_an_item_has_a_title() -> None:
    texts = (STATIC / "texts.js").read_text(encoding="utf-8")
    things = (STATIC / "screens" / "things.js").read_text(encoding="utf-8")
    columns = re.search(r"const COLUMNS = \{(.*?)\n\};", things, re.DOTALL)
    fields = re.search(r"\n  fields: \{(.*?)\n  \},", texts, re.DOTALL)
    assert columns is not None
    assert fields is not None
    named = set(re.findall(r"(\w+): ", fields[1]))
    assert set(re.findall(r'"(\w+)"', columns[1])) <= named
