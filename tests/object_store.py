"""An object store of the tests' own: moto's server of S3, in a process of its own that listens on this machine alone.

Where moto is missing, what needs it is skipped and says why; `SUPPLY_LEDGER_JUDGES=required` lets nothing be skipped.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec

from tests.ledger.proof.judges import need

_SERVER = """
import sys
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.read()
server.stop()
"""


def need_object_store() -> None:
    """Skip a test that cannot have an object store, or fail it where none may be skipped."""
    there = all(find_spec(name) is not None for name in ("moto", "flask", "flask_cors"))
    need(there, "moto's server of S3 (`moto[s3]`, `flask` and `flask-cors` of the group `test`)")


@contextmanager
def object_store() -> Iterator[dict[str, str]]:
    """The environment in which `s3://` is a store that is empty, and gone when the block has ended."""
    command = [sys.executable, "-W", "ignore", "-c", _SERVER]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True) as server:
        if server.stdout is None or server.stdin is None:
            raise AssertionError
        try:
            yield {
                "AWS_ENDPOINT_URL": f"http://127.0.0.1:{int(server.stdout.readline())}",
                "AWS_ACCESS_KEY_ID": "tests",
                "AWS_SECRET_ACCESS_KEY": "tests",
                "AWS_REGION": "us-east-1",
                "AWS_EC2_METADATA_DISABLED": "true",
            }
        finally:
            server.stdin.close()


def make_bucket(name: str) -> None:
    """Make a bucket in the store of this process's environment."""
    from pyarrow.fs import FileSystem

    filesystem, _ = FileSystem.from_uri(f"s3://{name}/?allow_bucket_creation=true")
    filesystem.create_dir(name)
