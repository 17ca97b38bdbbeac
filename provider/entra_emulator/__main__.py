"""The command ``entra-emulator``."""

from __future__ import annotations

import json
import shlex
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from entra_emulator import reach
from entra_emulator.directory.store import MEMORY, StoreError
from entra_emulator.emulator import Emulator
from entra_emulator.reach import Control, ReachError
from entra_emulator.server import PortError

_EXIT_CODES = "Exit codes: 0 done; 1 it cannot be done, and one line on standard error says why; 2 a wrong call."
_Data = Annotated[
    str | None, typer.Option(metavar="DIR", help="The folder of an emulator, whether one runs on it or not.")
]
_Url = Annotated[
    str | None,
    typer.Option(envvar="ENTRA_PIM_GRAPH_URL", metavar="URL", help="Where an emulator runs, if not named by --data."),
]
_CaFile = Annotated[
    Path | None,
    typer.Option(envvar="ENTRA_PIM_CA_FILE", metavar="FILE", help="The certificate authority of --url, in PEM."),
]

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    epilog=_EXIT_CODES,
)


def _examples(*lines: str) -> str:
    return "\n\n".join(("Examples:", "\b\n" + "\n".join(f"  {line}" for line in lines), _EXIT_CODES))


@app.callback()
def _command() -> None:
    """A local, stateful Microsoft Graph with Privileged Identity Management in it."""


@app.command(
    epilog=_examples(
        "entra-emulator serve                              # in memory, on a free port",
        "entra-emulator serve --port 8443 --data ./tenant  # the same tenant every time",
        "curl --cacert ./tenant/ca.pem https://127.0.0.1:8443/_emulator/health",
    )
)
def serve(
    port: Annotated[int, typer.Option(min=0, max=65535, help="The HTTPS port on 127.0.0.1; 0 takes a free one.")] = 0,
    http_port: Annotated[
        int | None,
        typer.Option(min=0, max=65535, help="Also serve plain HTTP on this port; 0 takes a free one."),
    ] = None,
    data: Annotated[str, typer.Option(help="The folder to keep everything in, or :memory:.")] = MEMORY,
    seed: Annotated[str, typer.Option(help="The tenant whose app is told: contoso or fabrikam.")] = "contoso",
) -> None:
    """Serve until interrupted; tells where, and what to export.

    The line that begins with "entra-emulator ready:" comes when it answers, and the folder then has a ready.json.
    """
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    with (
        _one_line(),
        Emulator(data, seed=seed) as emulator,
        emulator.serve(port, http_port) as served,
        reach.announced(data, served),
    ):
        print(f"entra-emulator ready: {served.url} (tenant {served.environment['AZURE_TENANT_ID']})")
        if served.http_url is not None:
            print(f"also without TLS: {served.http_url}")
        for name, value in served.environment.items():
            print(f"export {name}={shlex.quote(value)}")
        sys.stdout.flush()
        stopped.wait()


@app.command(epilog=_examples("entra-emulator export --data ./tenant > tenant.json"))
def export(data: _Data = None, url: _Url = None, ca_file: _CaFile = None) -> None:
    """Print every tenant and the time as one JSON document.

    Passwords and client secrets are in it as hashes, never as text; keys that sign are not in it.
    """
    with _controls(data, url, ca_file) as control:
        print(json.dumps(control("GET", "export"), indent=2), flush=True)


@app.command(
    "import",
    epilog=_examples(
        "entra-emulator import tenant.json --data ./copy   # begins ./copy where there is none",
        "entra-emulator import tenant.json --url https://127.0.0.1:8443 --ca-file ./tenant/ca.pem",
    ),
)
def import_(
    file: Annotated[
        typer.FileText,
        typer.Argument(metavar="FILE", encoding="utf-8", help="What export printed; - is standard input."),
    ],
    data: _Data = None,
    url: _Url = None,
    ca_file: _CaFile = None,
) -> None:
    """Put an exported directory in place of everything that the emulator holds: all of it, or nothing."""
    with _one_line():
        try:
            archive = json.load(file)
        except ValueError as error:
            raise ReachError(f"{file.name} is no JSON: {error}") from None
    with _controls(data, url, ca_file, make=True) as control:
        control("POST", "import", archive)


@app.command(
    epilog=_examples(
        "entra-emulator token --data ./tenant              # the seeded application's",
        "entra-emulator token --data ./tenant --user admin@contoso.com --permission User.Read.All",
        'curl -H "Authorization: Bearer $(entra-emulator token --data ./tenant)" …',
    )
)
def token(
    data: _Data = None,
    url: _Url = None,
    ca_file: _CaFile = None,
    tenant: Annotated[
        str | None, typer.Option(metavar="NAME", help="Its id or name; contoso if none is given.")
    ] = None,
    application: Annotated[
        str | None, typer.Option("--app", metavar="ID", help="A client id; else the seeded application.")
    ] = None,
    user: Annotated[str | None, typer.Option(metavar="USER", help="A person's id or user principal name.")] = None,
    permission: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="A permission in the token, again for each; a person needs one."),
    ] = None,
    mfa: Annotated[bool, typer.Option(help="Whether the person signed in with MFA.")] = True,
) -> None:
    """Print a bearer token for an application, or for a person."""
    asked = {"tenant": tenant, "app": application, "user": user, "permissions": permission, "mfa": mfa}
    with _controls(data, url, ca_file) as control:
        answer = control("POST", "token", {name: value for name, value in asked.items() if value is not None})
        print(answer["access_token"])


@app.command(epilog=_examples("entra-emulator reset --data ./tenant"))
def reset(data: _Data = None, url: _Url = None, ca_file: _CaFile = None) -> None:
    """Go back to the seeded tenants and to the machine's time."""
    with _controls(data, url, ca_file) as control:
        control("POST", "reset")


@contextmanager
def _controls(data: str | None, url: str | None, ca_file: Path | None, *, make: bool = False) -> Iterator[Control]:
    with _one_line():
        if data is not None:
            with reach.in_folder(data, make=make) as control:
                yield control
        elif url is not None:
            yield reach.at(url, ca_file)
        else:
            raise typer.BadParameter("name an emulator by --data or by --url")


@contextmanager
def _one_line() -> Iterator[None]:
    """Tell what cannot be done in one line, and end the command."""
    try:
        yield
    except (PortError, StoreError, ReachError, ValueError, OSError) as error:
        print(f"entra-emulator: {error}", file=sys.stderr)
        raise typer.Exit(1) from None


def main() -> None:
    """Run the command."""
    app()


if __name__ == "__main__":
    main()
