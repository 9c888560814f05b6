"""The server: on a socket of this machine, over TLS or not, for whoever its keys let in."""

import gc
import signal
import socket
import ssl
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn

from api.app import create_app
from api.cli.listening_socket import listening_on, resolved
from api.cli.server_log import log_config
from api.cli.server_protocol import ProblemProtocol
from api.cli.session import MISUSED, fail
from api.cli.stopping_server import StoppingServer
from api.cli.terminal import console
from api.hooks.delivery import Delivery
from api.http.access import Access
from api.http.visit_log import log_start, log_verification
from api.keys.key_check import KeyCheck
from api.keys.key_file import KEYS_FILE, KeyFile, KeysUnreadable, now_us
from api.operations.erasure_watch import ErasureWatch
from api.operations.scheduled_verification import ScheduledVerification
from api.operations.table_places import remove_spare_tables
from api.questions.sql_question import sandbox_limits
from api.settings import (
    ADDRESS_REQUESTS,
    CORS_ORIGINS,
    HOSTS,
    KEY_REQUESTS,
    PROXIES,
    STOP_SECONDS,
    VERIFY_HOURS,
    DataDirectory,
    DataPlace,
    data_directory,
    is_loopback,
    served_hosts,
)
from projections import Engine
from projections.sandbox import Sandbox

ADDRESS_REQUESTS_DEFAULT = 600
"""A minute, without a key, where keys are asked for."""


@dataclass(frozen=True)
class Service:
    """How a server was told to serve. `host` is the name that it listens on, `warm_from` the place of tables."""

    host: str
    data: DataPlace | None = None
    certificate: Path | None = None
    key: Path | None = None
    log_format: str = "text"
    warm_from: str = ""

    @property
    def keys_path(self) -> Path:
        """The file of keys."""
        return data_directory(self.data).path / KEYS_FILE

    def tls(self) -> ssl.SSLContext | None:
        """The certificate and its key, ready to be used. Ends the program with a message where they do not fit."""
        if self.certificate is None and self.key is None:
            return None
        if self.certificate is None or self.key is None:
            fail("TLS takes two files: --tls-certificate and --tls-key.", code=MISUSED)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        try:
            # Without this a key with a passphrase would stop the server to ask for it.
            context.load_cert_chain(self.certificate, self.key, password=lambda: "")
        except (OSError, ssl.SSLError) as error:
            fail(f"The certificate {self.certificate} and the key {self.key} cannot be used: {error}.", code=MISUSED)
        return context


def listen(service: Service, port: int) -> socket.socket:
    """A socket that listens. Ends the program with a message where it cannot, or where it must not without keys."""
    address = resolved(service.host, port)
    if not is_loopback(address.ip) and not _has_key_in_force(service):
        fail(
            f"Refusing to serve on {service.host}: other machines could reach it, and there is no key to ask them for.",
            "Make one: supply-ledger keys create NAME --scope read (or append, or admin).",
            f"Or serve on 127.0.0.1, behind a proxy that checks who is asking, and name it in {HOSTS.variable}.",
            code=MISUSED,
        )
    service.tls()
    return listening_on(address)


def serve(engine: Engine, listening: socket.socket, service: Service) -> None:
    """Serve until interrupted or terminated. Raises BadSetting."""
    serve_as_worker(engine, service, listening.getsockname()[0], lambda _: announce(listening, service), [listening])
    say_end()


def serve_as_worker(
    engine: Engine,
    service: Service,
    ip: str,
    started: Callable[[StoppingServer], None],
    sockets: Sequence[socket.socket] = (),
) -> None:
    """The same at an address on which this process may not listen itself, saying nothing to whoever watches; `started`
    is called with the server once it takes connections.
    """
    # Whoever sends SIGTERM means the same as by an interrupt: what is open is closed, what is only for a while removed.
    # The server shuts down in good order first, and then passes the signal on.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with suppress(KeyboardInterrupt), Sandbox(sandbox_limits()) as sandbox:
        sandbox.warm()
        _serve(engine, service, ip, started, sockets, sandbox)


def announce(listening: socket.socket, service: Service, *, workers: int = 1) -> None:
    """Say where it is served, and who may ask. Raises BadSetting."""
    ip, port = listening.getsockname()[:2]
    keys = KeyCheck(service.keys_path)
    try:
        access = access_of(service, ip, keys)
        is_open = not keys.are_asked_for()
        notes = _notes(service, access, ip)
    finally:
        keys.close()
    address = f"{'https' if access.over_tls else 'http'}://{f'[{ip}]' if ':' in ip else ip}:{port}"
    out = console()
    together = f" by {workers} workers" if workers > 1 else ""
    out.print(
        f"Serving the API on {address}/v1, its docs on {address}/docs, and the explorer on {address}/{together} "
        "(stop with Ctrl-C).",
        highlight=False,
    )
    for line, style in notes:
        out.print(line, style=style, markup=False, highlight=False)
    log_start(address=address, is_open=is_open)


def say_end() -> None:
    """Say that nothing is served any more."""
    console().print("Stopped.")


def access_of(service: Service, ip: str, keys: KeyCheck) -> Access:
    """Who may ask a server at an address. Raises BadSetting."""
    per_address = ADDRESS_REQUESTS.value()
    return Access(
        keys=keys,
        is_open=is_loopback(ip),
        key_requests_a_minute=KEY_REQUESTS.value(),
        address_requests_a_minute=ADDRESS_REQUESTS_DEFAULT if ADDRESS_REQUESTS.is_default() else per_address,
        open_requests_a_minute=per_address,
        origins=CORS_ORIGINS.value(),
        over_tls=service.certificate is not None,
    )


def _serve(
    engine: Engine,
    service: Service,
    ip: str,
    started: Callable[[StoppingServer], None],
    sockets: Sequence[socket.socket],
    sandbox: Sandbox,
) -> None:
    data = data_directory(service.data)
    keys = KeyCheck(service.keys_path)
    access = access_of(service, ip, keys)
    app = create_app(engine, hosts=served_hosts(service.host, ip), access=access, sandbox=sandbox)
    engine.serve()
    config = uvicorn.Config(app, http=ProblemProtocol, log_level="warning", access_log=False, **_options(service))
    server = StoppingServer(config, app.state.streams.end, lambda: started(server))
    # The program itself stays, and to search it for garbage held every request up for a tenth of a second.
    gc.collect()
    gc.freeze()
    verification = _verification_of(data)
    let_go = [app.state.cached_answers.clear, app.state.kept_files.clear]
    watch = ErasureWatch(engine, [*let_go, lambda: remove_spare_tables(data, own=engine.path)])
    watch.start()
    delivery = Delivery(engine, data.path)
    delivery.start()
    try:
        server.run(sockets=list(sockets))
    finally:
        delivery.close()
        watch.close()
        if verification is not None:
            verification.close()
        keys.close()


def _verification_of(data: DataDirectory) -> ScheduledVerification | None:
    """The verifications of the log while it is served, begun; None where there are none."""
    hours = VERIFY_HOURS.value()
    if hours is None:
        return None
    verification = ScheduledVerification(data, hours=hours, tell=log_verification)
    verification.start()
    return verification


def _options(service: Service) -> dict[str, Any]:
    """How the web server is to log, whom it is to believe, and with which certificate it speaks."""
    proxies = list(PROXIES.value())
    stop_seconds = STOP_SECONDS.value()
    options: dict[str, Any] = {
        "timeout_graceful_shutdown": None if stop_seconds is None else int(stop_seconds),
        "log_config": log_config(service.log_format),
        "proxy_headers": bool(proxies),
        "forwarded_allow_ips": proxies,
    }
    if (context := service.tls()) is not None:
        options["ssl_context_factory"] = lambda config, default: context
    return options


def _notes(service: Service, access: Access, ip: str) -> Sequence[tuple[str, str]]:
    """What to say at the start of who may ask."""
    notes = []
    if access.keys is not None and access.keys.are_asked_for():
        notes.append(("Keys are asked for (supply-ledger keys list).", ""))
    else:
        notes.append(("Open mode: no key is asked for; this machine's users can read and append.", "yellow"))
        if HOSTS.value() or PROXIES.value():
            brought = (
                "So can whomever a proxy brings here: let it check who is asking, or make keys (supply-ledger keys)."
            )
            notes.append((brought, "yellow"))
    if not is_loopback(ip):
        if not access.over_tls and not PROXIES.value():
            notes.append(
                (
                    "Keys and answers go over the network as they are, for others to read: give --tls-certificate and "
                    f"--tls-key, or serve behind a proxy that speaks TLS and name it in {PROXIES.variable}.",
                    "yellow",
                )
            )
        if not HOSTS.value():
            notes.append((f"Served by address only; a name is to be set in {HOSTS.variable}.", "yellow"))
    return notes


def _has_key_in_force(service: Service) -> bool:
    try:
        return any(key.state(now_us()) == "in force" for key in KeyFile(service.keys_path).listed())
    except KeysUnreadable as error:
        fail(str(error))
