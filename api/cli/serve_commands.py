"""`supply-ledger serve` and `demo`: the server, over a ledger of one's own or over the one that comes with this."""

from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from api.cli import demo
from api.cli.import_progress import import_with_progress
from api.cli.options import SERVE_PANEL, DataOption, PortOption, one_of
from api.cli.server import Service, listen, serve
from api.cli.server_log import FORMATS
from api.cli.session import opened, reporting
from api.cli.terminal import console
from api.cli.worker_supervisor import serve_together
from api.settings import HOST_DEFAULT, PORT_DEFAULT, WARM_FROM, WORKERS
from ledger.segments import storage_place

HostOption = Annotated[
    str, typer.Option(help="The address to serve on; one that other machines can reach only with keys.")
]
CertificateOption = Annotated[
    Path | None, typer.Option("--tls-certificate", help="Serve over TLS: the certificate and its chain (PEM).")
]
TlsKeyOption = Annotated[Path | None, typer.Option("--tls-key", help="The private key of the certificate (PEM).")]
LogFormatOption = Annotated[
    str, typer.Option(help="text: warnings; json: these, each request, and what was recorded or refused.")
]
WorkersOption = Annotated[
    int | None,
    typer.Option(
        min=1,
        max=64,
        help="How many processes serve together, as many as there are cores. Default: $SUPPLY_LEDGER_WORKERS, else 1.",
    ),
]
WarmFromOption = Annotated[
    str | None,
    typer.Option(
        help="Where `export PLACE --tables` put the tables: taken, verified, where those here are absent or lack much. "
        "Default: $SUPPLY_LEDGER_WARM_FROM.",
        metavar="PLACE",
    ),
]

app = typer.Typer()


@app.command("serve", rich_help_panel=SERVE_PANEL)
def serve_command(
    host: HostOption = HOST_DEFAULT,
    port: PortOption = PORT_DEFAULT,
    tls_certificate: CertificateOption = None,
    tls_key: TlsKeyOption = None,
    log_format: LogFormatOption = "text",
    workers: WorkersOption = None,
    warm_from: WarmFromOption = None,
    data: DataOption = None,
) -> None:
    """Serve the API and its docs; an absent ledger is made, empty."""
    source = warm_from or WARM_FROM.value()
    service = Service(host, data, tls_certificate, tls_key, one_of("--log-format", log_format, FORMATS), source)
    with reporting():
        count = workers or WORKERS.value()
        if source:
            storage_place(source)  # what is no place at all is said before anything is served
    with listen(service, port) as listening:
        if count > 1:
            serve_together(listening, service, count=count)
            return
        with opened(data, make=True, warm_from=source) as engine:
            serve(engine, listening, service)


@app.command("demo", rich_help_panel=SERVE_PANEL)
def demo_command(
    host: HostOption = HOST_DEFAULT,
    port: PortOption = PORT_DEFAULT,
    serving: Annotated[bool, typer.Option("--serve/--no-serve", help="Serve after the answers.")] = True,
    data: DataOption = None,
) -> None:
    """Load the rare-earth ledger that comes with this, answer some questions from it, and serve it."""
    service = Service(host, data)
    with listen(service, port) if serving else nullcontext() as listening, opened(data, make=True) as engine:
        out = console()
        report = import_with_progress(engine.ledger, demo.sample_path())
        out.print(demo.loaded_line(report), highlight=False)
        demo.print_answers(engine, out)
        if listening is not None:
            serve(engine, listening, service)
