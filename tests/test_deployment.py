"""What is shipped to run a server with: the container's recipe and the service's, as far as reading them tells."""

import re
from configparser import RawConfigParser
from fnmatch import fnmatch

import pytest
from typer.main import get_command

from api.cli.main import app
from api.settings import SETTINGS
from tests.places import ROOT

DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
STEPS = re.findall(r"^([A-Z]+) ((?:.*\\\n)*.*)", DOCKERFILE, re.MULTILINE)
README = (ROOT / "README.md").read_text(encoding="utf-8")


def steps(name: str) -> list[str]:
    return [said for step, said in STEPS if step == name]


def test_the_base_is_one_version_of_one_image() -> None:
    bases = {said.partition(" ")[0] for said in steps("FROM")}
    assert len(bases) == 1
    assert re.fullmatch(r"python:3\.1[1-4]\.\d+-slim-[a-z]+", bases.pop())


def test_packages_come_from_the_lock_and_from_nowhere_else() -> None:
    installs = [said for said in steps("RUN") if "pip install" in said or "pip download" in said]
    assert "--require-hashes" in installs[0]
    assert "--requirement requirements.lock" in installs[0]
    for said in installs[1:]:
        assert said.count("pip install") == said.count("--no-index --find-links /wheels")


def test_the_server_is_nobody_of_importance_and_is_looked_after() -> None:
    assert steps("USER") == ["ledger"]
    assert steps("VOLUME") == ["/data"]
    assert steps("STOPSIGNAL") == ["SIGTERM"]
    assert "/healthz" in steps("HEALTHCHECK")[0]
    names = [step for step, _ in STEPS]
    assert names.index("USER") < names.index("CMD")
    assert "SUPPLY_LEDGER_DATA=/data" in steps("ENV")[-1]


def test_what_is_copied_is_there_and_let_through() -> None:
    let_through = {
        line[1:] for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line.startswith("!")
    }
    copied = {name for said in steps("COPY") if "--from" not in said for name in said.split()[:-1]}
    assert copied == let_through
    assert all((ROOT / name).exists() for name in copied)


def test_the_command_is_one_that_there_is() -> None:
    (said,) = steps("CMD")
    words = re.findall(r'"([^"]+)"', said)
    command = get_command(app).get_command(None, words[0])  # type: ignore[attr-defined]
    known = {flag for parameter in command.params for flag in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= known


@pytest.fixture(scope="module")
def unit() -> RawConfigParser:
    """The systemd unit in the README."""
    (text,) = re.findall(r"```ini\n(.*?)```", README, re.DOTALL)
    parser = RawConfigParser(strict=False)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read_string(text)
    return parser


def test_the_service_may_write_its_data_and_nothing_else(unit: RawConfigParser) -> None:
    service = dict(unit["Service"])
    assert service["ProtectSystem"] == "strict"
    assert service["StateDirectoryMode"] == "0700"
    assert service["NoNewPrivileges"] == "yes"
    assert service["ExecStart"].split()[1] == "serve"
    assert service["Environment"].partition("=")[0] in {setting.variable for setting in SETTINGS}


def test_the_service_is_given_longer_to_stop_than_it_takes(unit: RawConfigParser) -> None:
    from api.cli.stopping_server import LAST_S
    from api.settings import STOP_SECONDS

    limit = STOP_SECONDS.value({})
    assert limit is not None
    assert int(unit["Service"]["TimeoutStopSec"]) > limit + LAST_S


def test_what_is_let_through_is_no_secret() -> None:
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert ignored[0] == "*"
    assert not any(fnmatch(".supply-ledger", line.lstrip("!")) for line in ignored[1:])
