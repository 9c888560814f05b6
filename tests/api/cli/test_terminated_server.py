"""A server that is told to end, by a signal as service managers send it, leaves nothing behind."""

import os
import subprocess
import sys
from pathlib import Path

from tests.places import ROOT


def test_a_server_that_is_terminated_removes_what_it_had_for_a_while(tmp_path: Path) -> None:
    (tmp_path / "projections.duckdb").mkdir()  # so the tables are in memory, and spill into a folder beside it
    command = [sys.executable, "-m", "api", "serve", "--port", "0"]
    variables = {**os.environ, "SUPPLY_LEDGER_DATA": str(tmp_path)}
    with subprocess.Popen(command, cwd=ROOT, env=variables, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        assert server.stdout.readline().startswith("Serving")
        assert len(list(tmp_path.glob(".supply-ledger-spill-*"))) == 1
        server.terminate()
        rest = server.stdout.read()
    assert (server.returncode, rest.splitlines()[-1]) == (0, "Stopped.")
    assert list(tmp_path.glob(".supply-ledger-spill-*")) == []
