"""A witness as a server: its key, the logs that it watches, and the address where these send their checkpoints."""

import signal
from contextlib import suppress
from datetime import UTC, datetime

from api.cli.proof_session import say
from api.cli.session import fail
from api.settings import DataPlace, data_directory, is_loopback
from ledger.proof import (
    ED25519_COSIGNATURE,
    WITNESS_FILE,
    WITNESS_KEY_FILE,
    SignerKey,
    WitnessedLogs,
    signing_key,
)

NAME_PREFIX = "supply-ledger-witness/"
"""Before the beginning of its public key, the name of a witness that was given none."""


def watched_logs(data: DataPlace | None, *, make: bool = True) -> WitnessedLogs:
    """The logs that are watched in a data directory; with `make`, an absent one is made."""
    directory = data_directory(data).path
    try:
        if make:
            directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        fail(f"Cannot make the data directory {directory}: {error.strerror}.", "Name another with --data.")
    return WitnessedLogs(directory / WITNESS_FILE)


def witness_key(data: DataPlace | None, name: str | None) -> SignerKey:
    """The key of the witness in a data directory, made where it is absent; its name stays as it was first said."""
    logs = watched_logs(data)
    unnamed = signing_key(data_directory(data).path / WITNESS_KEY_FILE, name="unnamed", kind=ED25519_COSIGNATURE)
    kept = logs.name(name, otherwise=NAME_PREFIX + unnamed.verifier.public.hex()[:16])
    if name not in (None, kept):
        fail(f"This witness is called {kept}, and ledgers know it by that name.", "Leave --name out.")
    return SignerKey(kept, ED25519_COSIGNATURE, unnamed.seed)


def serve_witness(data: DataPlace | None, name: str | None, *, host: str, port: int) -> None:
    """Serve until interrupted or terminated, to this machine: others come through a proxy that speaks TLS."""
    import uvicorn

    from api.cli.listening_socket import listening_on, resolved
    from api.cli.server_log import log_config
    from api.cli.server_protocol import ProblemProtocol
    from api.http.witness_app import witness_app

    address = resolved(host, port)
    if not is_loopback(address.ip):
        fail(f"A witness is served on a loopback address, not on {host}.", "Put a proxy that speaks TLS before it.")
    key = witness_key(data, name)
    app = witness_app(watched_logs(data), key, now=lambda: datetime.now(UTC))
    config = uvicorn.Config(
        app, http=ProblemProtocol, log_config=log_config("text"), log_level="warning", access_log=False
    )
    listening = listening_on(address)
    bound, bound_port = listening.getsockname()[:2]
    # Whoever sends SIGTERM means the same as by an interrupt.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with suppress(KeyboardInterrupt):
        say(f"Serving the witness {key.name} on http://{f'[{bound}]' if ':' in bound else bound}:{bound_port}.")
        say(f"Its key, for those who ask it: {key.verifier.text()}")
        uvicorn.Server(config).run(sockets=[listening])
    say("Stopped.")
