"""`supply-ledger serve` and `demo`: the server, over a ledger of one's own or over the one that comes with this."""

from contextlib import nullcontext
from typing import Annotated

import typer

from api.cli import demo
from api.cli.import_progress import import_with_progress
from api.cli.options import DataOption
from api.cli.server import listen, serve
from api.cli.session import opened
from api.cli.terminal import console
from api.settings import HOST_DEFAULT, PORT_DEFAULT

PANEL = "Serve"
HostOption = Annotated[str, typer.Option(help="A loopback address.")]
PortOption = Annotated[int, typer.Option(min=0, max=65_535, help="A free port; 0 finds one.")]

app = typer.Typer()


@app.command("serve", rich_help_panel=PANEL)
def serve_command(host: HostOption = HOST_DEFAULT, port: PortOption = PORT_DEFAULT, data: DataOption = None) -> None:
    """Serve the API and its docs; an absent ledger is made, empty."""
    with listen(host, port) as listening, opened(data, make=True) as engine:
        serve(engine, listening, host=host)


@app.command("demo", rich_help_panel=PANEL)
def demo_command(
    host: HostOption = HOST_DEFAULT,
    port: PortOption = PORT_DEFAULT,
    serving: Annotated[bool, typer.Option("--serve/--no-serve", help="Serve after the answers.")] = True,
    data: DataOption = None,
) -> None:
    """Load the rare-earth ledger that comes with this, answer some questions from it, and serve it."""
    with listen(host, port) if serving else nullcontext() as listening, opened(data, make=True) as engine:
        out = console()
        report = import_with_progress(engine.ledger, demo.sample_path())
        out.print(demo.loaded_line(report), highlight=False)
        demo.print_answers(engine, out)
        if listening is not None:
            serve(engine, listening, host=host)
