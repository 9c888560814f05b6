"""Object stores of the tests' own, each in a process of its own that listens on this machine alone.

Amazon's is moto's server, Google's `gcp-storage-emulator`, and Azure's Azurite (`make azurite`). Where one is missing,
what needs it is skipped and says why; `SUPPLY_LEDGER_JUDGES=required` lets nothing be skipped.
"""

import os
import re
import shutil
import subprocess
import sys
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.ledger.proof.judges import need

KINDS = ("s3", "gs", "abfs")
"""The stores, by the schemes of their addresses."""
EVERY_STORE = pytest.mark.parametrize("kind", KINDS)
KEY = b64encode(b"of the tests").decode()
_MOTO = """
import sys
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
print("listens on", server.get_host_and_port()[1], flush=True)
sys.stdin.read()
server.stop()
"""
_GOOGLE = """
import sys
from gcp_storage_emulator.server import create_server
server = create_server("127.0.0.1", 0, in_memory=True)
server.start()
print("listens on", server._api._httpd.server_port, flush=True)
sys.stdin.read()
server.stop()
"""

_AZURITE_TOLD = """
import http from "node:http";
const { createServer } = http;
http.createServer = (...options) => createServer(...options).on("checkContinue", function (request, response) {
  const go = () => this.emit("request", request, response);
  if (request.headers["content-length"] === "0") return go();
  request.once("readable", go);
  response.writeContinue();
});
process.stdin.on("end", () => process.exit()).resume();
"""
"""Lets Azurite end when its input does, and answer only what has come: where `100 Continue` and a refusal arrive
at once, Azure's library mistakes where the refusal ends, waits for six seconds more, and begins again.
"""


def need_object_store(kind: str = "s3") -> None:
    """Skip a test that cannot have an object store, or fail it where none may be skipped."""
    match kind:
        case "s3":
            there = all(find_spec(name) is not None for name in ("moto", "flask", "flask_cors"))
            need(there, "moto's server of S3 (`moto[s3]`, `flask` and `flask-cors` of the group `test`)")
        case "gs":
            need(find_spec("gcp_storage_emulator") is not None, "`gcp-storage-emulator` of the group `test`")
        case _:
            there = _azurite() is not None and shutil.which("node") is not None
            need(there, "Azurite (`make azurite`, which needs Node.js and npm)")


@contextmanager
def object_store(kind: str = "s3") -> Iterator[dict[str, str]]:
    """The environment in which a scheme's store is one that is empty, and gone when the block has ended."""
    command, environment, settings = _STORES[kind]()
    pipe = subprocess.PIPE
    server = subprocess.Popen(
        command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True, env={**os.environ, **environment}
    )
    with server:
        if server.stdout is None or server.stdin is None:
            raise AssertionError
        try:
            listens = (re.search(r"listens on \D*(?:127\.0\.0\.1:)?(\d+)", line) for line in server.stdout)
            port = next(found[1] for found in listens if found)
            yield {name: value.replace("PORT", port) for name, value in settings.items()}
        finally:
            server.stdin.close()


def make_bucket(name: str, kind: str = "s3") -> str:
    """Make a bucket in the store of this process's environment; its address."""
    from ledger.segments import storage_place

    settings = "?allow_bucket_creation=true" if kind == "s3" else "?project_id=tests" if kind == "gs" else ""
    storage_place(f"{kind}://{name}/{settings}").filesystem.create_dir(name)
    return f"{kind}://{name}"


def _azurite() -> Path | None:
    """Azurite's script, in the folder of the project or one above it: the tests may run in a copy."""
    within = Path(".azurite/node_modules/azurite/dist/src/blob/main.js")
    return next((path for folder in Path(__file__).parents if (path := folder / within).exists()), None)


Store = tuple[list[str], dict[str, str], dict[str, str]]
"""How to start a store, what its own environment has, and that of who uses it, in which its port is PORT."""


def _moto() -> Store:
    settings = {
        "AWS_ENDPOINT_URL": "http://127.0.0.1:PORT",
        "AWS_ACCESS_KEY_ID": "tests",
        "AWS_SECRET_ACCESS_KEY": "tests",
        "AWS_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    return [sys.executable, "-W", "ignore", "-c", _MOTO], {}, settings


def _google() -> Store:
    return [sys.executable, "-W", "ignore", "-c", _GOOGLE], {}, {"STORAGE_EMULATOR_HOST": "http://127.0.0.1:PORT"}


def _azure() -> Store:
    options = ["--inMemoryPersistence", "--silent", "--skipApiVersionCheck", "--disableTelemetry"]
    connection = f"AccountName=tests;AccountKey={KEY};BlobEndpoint=http://127.0.0.1:PORT/tests"
    return (
        [
            "node",
            "--import",
            f"data:text/javascript,{quote(_AZURITE_TOLD)}",
            str(_azurite()),
            "--blobPort",
            "0",
            *options,
        ],
        {"AZURITE_ACCOUNTS": f"tests:{KEY}"},
        {"AZURE_STORAGE_CONNECTION_STRING": connection},
    )


_STORES: dict[str, Callable[[], Store]] = {"s3": _moto, "gs": _google, "abfs": _azure}
