"""The command ``entra-emulator``."""

from __future__ import annotations

import shlex
import signal
import sys
import threading
from typing import Annotated

import typer

from entra_emulator.directory.store import MEMORY, StoreError
from entra_emulator.emulator import Emulator
from entra_emulator.server import PortError

app = typer.Typer(add_completion=False, no_args_is_help=True)


@app.callback()
def _command() -> None:
    """A local, stateful Microsoft Graph with Privileged Identity Management in it."""


@app.command()
def serve(
    port: Annotated[int, typer.Option(help="The HTTPS port on 127.0.0.1; 0 takes a free one.")] = 0,
    http_port: Annotated[
        int | None, typer.Option(help="Also serve plain HTTP on this port; 0 takes a free one.")
    ] = None,
    data: Annotated[str, typer.Option(help="The folder to keep everything in, or :memory:.")] = MEMORY,
    seed: Annotated[str, typer.Option(help="The tenant whose app is told: contoso or fabrikam.")] = "contoso",
) -> None:
    """Serve until interrupted; tells where, and what to export."""
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    try:
        with Emulator(data, seed=seed) as emulator, emulator.serve(port, http_port) as served:
            print(f"entra-emulator ready: {served.url} (tenant {served.environment['AZURE_TENANT_ID']})")
            if served.http_url is not None:
                print(f"also without TLS: {served.http_url}")
            for name, value in served.environment.items():
                print(f"export {name}={shlex.quote(value)}")
            sys.stdout.flush()
            stopped.wait()
    except (PortError, StoreError, ValueError) as error:
        print(f"entra-emulator: {error}", file=sys.stderr)
        raise typer.Exit(1) from None


def main() -> None:
    """Run the command."""
    app()


if __name__ == "__main__":
    main()
