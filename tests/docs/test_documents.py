"""What the READMEs say is there: tables are what the code makes of them, links and module names lead somewhere."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.imports.mappings.table_mapping import parse_mapping
from tests.docs.generated import PLACE, PLACES, brought_up_to_date
from tests.places import ROOT

DOCUMENTS = [
    name
    for name in (
        "README.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        *(f"{one}/README.md" for one in ("ledger", "projections", "api")),
    )
    if (ROOT / name).is_file()
]
LINK = re.compile(r"\]\(([^)\s]+)\)")
NAME = re.compile(r"`((?:ledger|projections|api|tests)(?:[./][\w./*-]+)?)`")
FENCED = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)


def read(document: str) -> str:
    return (ROOT / document).read_text(encoding="utf-8")


@pytest.mark.parametrize("document", PLACES)
def test_generated_tables_are_up_to_date(document: str) -> None:
    assert {name for _, name, _, _ in PLACE.findall(read(document))} == set(PLACES[document])
    assert brought_up_to_date(document) == read(document), "run `make docs`"


@pytest.mark.parametrize("document", DOCUMENTS)
def test_relative_links_lead_to_files_and_headings(document: str) -> None:
    for target in LINK.findall(FENCED.sub("", read(document))):
        path, _, heading = target.partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        file = (ROOT / document).parent / path if path else ROOT / document
        assert file.exists(), target
        assert not heading or heading in set(headings(file)), target


def headings(file: Path) -> Iterator[str]:
    """The anchors that a page's headings get."""
    for line in FENCED.sub("", file.read_text(encoding="utf-8")).splitlines():
        if line.startswith("#"):
            yield re.sub(r"[^\w -]", "", line.lstrip("# ").lower()).replace(" ", "-")


@pytest.mark.parametrize("document", DOCUMENTS)
def test_files_modules_and_names_in_backticks_exist(document: str) -> None:
    for name in NAME.findall(FENCED.sub("", read(document))):
        assert is_there(name), name


def is_there(name: str) -> bool:
    """Whether a path (`ledger/rules/rules.py`) or a dotted name (`ledger.rules.rules`, `projections.CATALOGUE`) is."""
    if "/" in name:
        return any(ROOT.glob(name.rstrip("/")))
    package, _, rest = name.rpartition(".")
    found = [ROOT / f"{name.replace('.', '/')}{ending}" for ending in ("", ".py")]
    module = ROOT / f"{package.replace('.', '/')}.py"
    inside = module if module.is_file() else ROOT / package.replace(".", "/") / "__init__.py"
    return any(path.exists() for path in found) or (inside.is_file() and rest in defined_in(inside))


def defined_in(module: Path) -> set[str]:
    """The names at the top of a module: defined there or imported."""
    names: set[str] = set()
    for node in ast.parse(module.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ImportFrom | ast.Import):
            names.update(alias.asname or alias.name for alias in node.names)
        elif isinstance(node, ast.Assign):
            names.update(ast.unparse(target) for target in node.targets)
        elif isinstance(node, ast.AnnAssign | ast.ClassDef | ast.FunctionDef):
            names.add(ast.unparse(node.target) if isinstance(node, ast.AnnAssign) else node.name)
    return names


def test_every_make_target_that_is_offered_is_explained() -> None:
    offered = re.findall(r"^#   (make [\w-]+)", read("Makefile"), re.MULTILINE)
    assert len(offered) > 8
    assert {target for target in offered if f"| `{target}` |" not in read("CONTRIBUTING.md")} == set()


def test_json_in_the_http_contract_is_json() -> None:
    blocks = re.findall(r"^```json\n(.*?)^```$", read("api/README.md"), re.DOTALL | re.MULTILINE)
    assert blocks
    for block in blocks:
        json.loads(block)


def test_every_rule_that_may_refuse_an_event_is_in_the_contract() -> None:
    contract = read("ledger/README.md")
    rules = {
        rule.value
        for path in (ROOT / "ledger").rglob("*.py")
        if path.parent.name in ("rules", "append")
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "Violation" and len(call.args) > 1
        if isinstance(rule := call.args[1], ast.Constant)
    }
    assert len(rules) > 10
    missing = {rule for rule in rules if f"| `{rule!s}` |" not in contract}
    assert not missing, "say in ledger/README.md, section 3, what they refuse"


def test_every_kind_of_problem_is_in_the_contract() -> None:
    contract = read("api/README.md")
    kinds = {
        kind.value
        for path in (ROOT / "api").rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "Problem" and len(call.args) > 1
        for kind in constants(call.args[1])
    }
    assert len(kinds) > 10
    missing = {kind for kind in kinds if f"| `{kind!s}` |" not in contract}
    assert not missing, "say in api/README.md, section 6, when they come"


def constants(node: ast.expr) -> Iterator[ast.Constant]:
    """The constants that an expression may be."""
    if isinstance(node, ast.IfExp):
        yield from (*constants(node.body), *constants(node.orelse))
    elif isinstance(node, ast.Constant):
        yield node


def test_code_cites_sections_and_rulings_of_the_contract_that_exist() -> None:
    contract = read("ledger/README.md")
    sections = set(re.findall(r"^## (\d+)\.", contract, re.MULTILINE))
    rulings = set(re.findall(r"^(\d+)\. ", contract.partition("## 7.")[2], re.MULTILINE))
    cited = [
        found
        for layer in ("ledger", "projections", "api", "tests")
        for path in (ROOT / layer).rglob("*.py")
        for found in re.findall(r"ledger/README\.md, (section|ruling) (\d+)", path.read_text(encoding="utf-8"))
    ]
    assert cited
    assert {number for kind, number in cited if kind == "section"} <= sections
    assert {number for kind, number in cited if kind == "ruling"} <= rulings


def test_the_mapping_that_is_shown_can_be_used() -> None:
    (text,) = re.findall(r"^```toml\n(.*?)^```$", read("ledger/README.md"), re.DOTALL | re.MULTILINE)
    mapping = parse_mapping(text.encode())
    assert (mapping.name, len(mapping.values), list(mapping.parameters)) == ("export-monitor", 2, ["published_at"])
