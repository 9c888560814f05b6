"""The server of this machine: at an address that other machines cannot reach, on a free port."""

import gc
import signal
import socket
from contextlib import suppress

import uvicorn

from api.app import create_app
from api.cli.server_log import LOG_CONFIG
from api.cli.server_protocol import ProblemProtocol
from api.cli.session import MISUSED, fail
from api.cli.terminal import console
from api.questions.sql_question import sandbox_limits
from api.settings import HOSTS, is_loopback, served_hosts
from projections import Engine
from projections.sandbox import Sandbox


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens on a loopback address. Ends the program with a message where it cannot."""
    if not is_loopback(host):
        fail(
            f"Refusing to serve on {host}: other machines could reach it, and this server asks for no key.",
            f"Serve on 127.0.0.1, behind a proxy that checks who is asking, and name it in {HOSTS.variable}.",
            code=MISUSED,
        )
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    listening = socket.socket(family, kind, protocol)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(address)
        listening.listen()
    except PermissionError:
        listening.close()
        fail(f"Port {port} may not be used without special rights.", "Choose one from 1024 on with --port.")
    except OSError:
        listening.close()
        fail(
            f"Port {port} on {host} is taken: another program serves there.",
            f"Stop it, or choose another port: --port {port + 1 if port < 65_535 else 8000}",
        )
    return listening


def serve(engine: Engine, listening: socket.socket, *, host: str) -> None:
    """Serve until interrupted or terminated. `host` is the name that was listened on. Raises BadSetting."""
    # Whoever sends SIGTERM means the same as by an interrupt: what is open is closed, what is only for a while removed.
    # The server shuts down in good order first, and then passes the signal on.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with suppress(KeyboardInterrupt), Sandbox(sandbox_limits()) as sandbox:
        sandbox.warm()
        _serve(engine, listening, host=host, sandbox=sandbox)
    console().print("Stopped.")


def _serve(engine: Engine, listening: socket.socket, *, host: str, sandbox: Sandbox) -> None:
    ip, port = listening.getsockname()[:2]
    app = create_app(engine, hosts=served_hosts(host, ip), sandbox=sandbox)
    engine.serve()
    address = f"http://{f'[{ip}]' if ':' in ip else ip}:{port}"
    out = console()
    out.print(f"Serving the API on {address}/v1 and its docs on {address}/docs (stop with Ctrl-C).", highlight=False)
    out.print("Open mode: no key is asked for; this machine's users can read and append.", style="yellow")
    config = uvicorn.Config(app, http=ProblemProtocol, log_config=LOG_CONFIG, log_level="warning", access_log=False)
    server = uvicorn.Server(config)
    # The program itself stays, and to search it for garbage held every request up for a tenth of a second.
    gc.collect()
    gc.freeze()
    server.run(sockets=[listening])
