"""`supply-ledger mcp`: the ledger as tools for assistants, by the Model Context Protocol."""

import importlib.util
import signal
import sys
from contextlib import suppress
from typing import Annotated

import typer

from api.cli.listening_socket import listening_on, resolved
from api.cli.options import SERVE_PANEL, DataOption, PortOption
from api.cli.session import fail, opened
from api.distribution import DISTRIBUTION
from api.keys.key_file import KEYS_FILE, KeyFile
from api.settings import HOST_DEFAULT, data_directory
from projections import Engine

PORT_DEFAULT = 8001
PATH = "/mcp"
STOP_S = 5
app = typer.Typer()


@app.command("mcp", rich_help_panel=SERVE_PANEL)
def mcp_command(
    over_http: Annotated[
        bool, typer.Option("--http", help="Over streamable HTTP on this machine, instead of standard input and output.")
    ] = False,
    port: PortOption = PORT_DEFAULT,
    data: DataOption = None,
) -> None:
    """Serve read-only tools to assistants (Model Context Protocol)."""
    if importlib.util.find_spec("mcp") is None:
        fail("This needs the SDK of the protocol, which is not installed.", f"pip install '{DISTRIBUTION}[mcp]'")
    if over_http and KeyFile(data_directory(data).path / KEYS_FILE).is_there():
        fail(
            "This ledger asks for keys, and the protocol over HTTP would ask for none here.",
            "Let the assistant start `supply-ledger mcp` itself, which speaks over standard input and output.",
        )
    # The end by SIGTERM is the same as by an interrupt: what is open is closed.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with suppress(KeyboardInterrupt), opened(data, make=False) as engine:
        if over_http:
            _serve(engine, port)
        else:
            _speak(engine)


def _speak(engine: Engine) -> None:
    """Over standard input and output, until the input ends."""
    import anyio
    from mcp.server.stdio import stdio_server

    from api.assistants.protocol_server import protocol_server

    async def run() -> None:
        server = protocol_server(engine)
        async with stdio_server() as (reading, writing):
            await server.run(reading, writing, server.create_initialization_options())

    anyio.run(run)


def _serve(engine: Engine, port: int) -> None:
    """Over HTTP, for this machine alone; the SDK looks whether the host and the origin are of this machine."""
    import uvicorn

    from api.assistants.protocol_server import protocol_server

    with listening_on(resolved(HOST_DEFAULT, port)) as listening:
        web = protocol_server(engine).streamable_http_app(
            streamable_http_path=PATH, json_response=True, stateless_http=True, host=HOST_DEFAULT
        )
        print(f"Serving the tools on http://{HOST_DEFAULT}:{listening.getsockname()[1]}{PATH} (stop with Ctrl-C).")
        sys.stdout.flush()
        config = uvicorn.Config(web, log_level="warning", access_log=False, timeout_graceful_shutdown=STOP_S)
        uvicorn.Server(config).run(sockets=[listening])
