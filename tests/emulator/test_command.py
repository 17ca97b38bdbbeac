"""The command entra-emulator, as a shell sees it."""

import gc
import shlex
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from entra_emulator import Emulator
from entra_emulator.__main__ import app
from entra_emulator.server import PortError

COMMAND = [sys.executable, "-m", "entra_emulator", "serve"]


@contextmanager
def serving(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """Run the command until the block ends, and give what it printed on being ready."""
    with subprocess.Popen([*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            lines.append(line.rstrip("\n"))
            if line.startswith("export ENTRA_PIM_CA_FILE="):
                break
        yield process, lines
        process.kill()


def exports(lines: list[str]) -> dict[str, str]:
    pairs = (shlex.split(line)[1] for line in lines if line.startswith("export "))
    return dict(pair.split("=", 1) for pair in pairs)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_tells_where_it_is_and_stops_when_told(tmp_path: Path, number: signal.Signals) -> None:
    with serving("--data", str(tmp_path / "with space")) as (process, lines):
        found = exports(lines)
        url = found["ENTRA_PIM_GRAPH_URL"]
        assert lines[0] == f"entra-emulator ready: {url} (tenant {found['AZURE_TENANT_ID']})"
        assert found["ENTRA_PIM_AUTHORITY_URL"] == url
        assert set(found) == {
            "AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET", "ENTRA_PIM_GRAPH_URL",
            "ENTRA_PIM_AUTHORITY_URL", "ENTRA_PIM_CA_FILE",
        }  # fmt: skip
        context = ssl.create_default_context(cafile=found["ENTRA_PIM_CA_FILE"])
        with httpx.Client(verify=context, trust_env=False) as http:
            assert http.get(f"{url}/_emulator/health").json()["status"] == "ok"
            form = {
                "grant_type": "client_credentials",
                "client_id": found["AZURE_CLIENT_ID"],
                "client_secret": found["AZURE_CLIENT_SECRET"],
                "scope": f"{url}/.default",
            }
            token = http.post(f"{url}/{found['AZURE_TENANT_ID']}/oauth2/v2.0/token", data=form).json()["access_token"]
            organization = http.get(f"{url}/v1.0/organization", headers={"Authorization": f"Bearer {token}"}).json()
            assert organization["value"][0]["id"] == found["AZURE_TENANT_ID"]
        process.send_signal(number)
        assert process.wait(10) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""


def test_it_serves_plain_http_too_and_another_seed_on_request() -> None:
    with serving("--http-port", "0", "--seed", "fabrikam") as (_, lines):
        url = lines[1].removeprefix("also without TLS: ")
        assert httpx.get(f"{url}/_emulator/health", trust_env=False).status_code == 200
        assert exports(lines)["AZURE_TENANT_ID"] == Emulator.fabrikam.tenant_id


def test_a_restart_on_the_same_port_is_the_same_emulator(tmp_path: Path) -> None:
    seen = []
    port = "0"
    for _ in range(2):
        with serving("--data", str(tmp_path), "--port", port) as (process, lines):
            found = exports(lines)
            port = found["ENTRA_PIM_GRAPH_URL"].rpartition(":")[2]
            seen.append((found, Path(found["ENTRA_PIM_CA_FILE"]).read_bytes()))
            process.kill()
    assert seen[0] == seen[1]


@pytest.mark.parametrize("reason", ["port in use", "unwritable folder", "damaged database", "unknown seed"])
def test_what_cannot_be_is_told_in_one_line(tmp_path: Path, reason: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        arguments = {
            "port in use": ["--port", str(taken.getsockname()[1])],
            "unwritable folder": ["--data", "/proc/nowhere"],
            "damaged database": ["--data", str(tmp_path)],
            "unknown seed": ["--seed", "nowhere"],
        }[reason]
        (tmp_path / "emulator.sqlite3").write_text("nonsense" * 100)
        done = subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == 1
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("entra-emulator: ")


def test_the_help_names_the_options() -> None:
    shown = CliRunner().invoke(app, ["serve", "--help"])
    assert shown.exit_code == 0
    for option in ("--port", "--http-port", "--data", "--seed"):
        assert option in shown.output


# The doors


def test_the_doors_are_on_loopback_only_and_answer_to_loopback_names_only() -> None:
    emulator = Emulator()
    with emulator.serve(http_port=0) as served:
        assert served.http_url is not None
        assert served.url.startswith("https://127.0.0.1:")
        with httpx.Client(trust_env=False, base_url=served.http_url) as http:
            assert http.get("/_emulator/health").status_code == 200
            assert http.get("/_emulator/health", headers={"Host": "localhost"}).status_code == 200
            rebound = http.get("/_emulator/seed", headers={"Host": "evil.example:80"})
            assert (rebound.status_code, "client_secret" in rebound.text) == (421, False)
        assert emulator.journal.entries()[-1].path == "/_emulator/health"


def test_a_port_that_is_in_use_is_named() -> None:
    emulator = Emulator()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortError, match=f"Port {port} .* it is in use"), emulator.serve(port):
            pass
        with pytest.raises(PortError), emulator.serve(http_port=port):
            pass


def test_an_end_with_clients_still_connected_leaves_nothing_open() -> None:
    with ExitStack() as clients:
        with Emulator().serve(http_port=0) as served:
            context = ssl.create_default_context(cafile=served.ca_file)
            for url in (served.url, served.http_url):
                client = clients.enter_context(httpx.Client(verify=context, trust_env=False))
                assert client.get(f"{url}/_emulator/health").status_code == 200
        # A socket that nobody closed would warn here, and a warning is an error.
        gc.collect()
        with pytest.raises(httpx.TransportError):
            client.get(f"{served.http_url}/_emulator/health")


def test_a_request_that_is_given_up_half_way_is_not_acted_on() -> None:
    emulator = Emulator()
    with emulator.serve(http_port=0) as served:
        port = int(str(served.http_url).rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(b"POST /_emulator/reset HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\n{}")
        assert httpx.get(f"{served.http_url}/_emulator/health", trust_env=False).status_code == 200
    assert [entry.path for entry in emulator.journal.entries()] == ["/_emulator/health"]


def test_a_large_body_arrives_whole() -> None:
    emulator = Emulator()
    with emulator.serve(http_port=0) as served:
        body = {"ids": ["00000000-0000-0000-0000-000000000001"] * 1000, "padding": "x" * 1_000_000}
        response = httpx.post(
            f"{served.http_url}/v1.0/directoryObjects/getByIds",
            json=body,
            headers={"Authorization": f"Bearer {emulator.token(permissions=['Directory.Read.All'])}"},
            trust_env=False,
        )
        assert (response.status_code, response.json()["value"]) == (200, [])


def test_the_in_process_door_keeps_the_address_that_was_asked() -> None:
    emulator = Emulator()
    with httpx.Client(transport=emulator.transport()) as http:
        headers = {"Authorization": f"Bearer {emulator.token()}"}
        for origin in ("https://graph.microsoft.us", "http://127.0.0.1:9"):
            context = http.get(f"{origin}/v1.0/organization", headers=headers).json()["@odata.context"]
            assert context == f"{origin}/v1.0/$metadata#organization"
