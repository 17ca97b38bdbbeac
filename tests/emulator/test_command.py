"""The command entra-emulator, as a shell sees it."""

import gc
import json
import shlex
import signal
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from typer.testing import CliRunner, Result

from entra_emulator import Emulator, reach
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
            if line.startswith("export ENTRA_PIM_SIGN_IN_CLIENT_ID="):
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
            "ENTRA_PIM_AUTHORITY_URL", "ENTRA_PIM_CA_FILE", "ENTRA_PIM_SIGN_IN_CLIENT_ID",
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


@pytest.mark.parametrize("port", ["-1", "65536", "https"])
def test_a_port_that_is_none_is_a_wrong_call(port: str) -> None:
    shown = run("serve", "--port", port)
    assert (shown.exit_code, shown.stdout) == (2, "")
    assert "--port" in shown.stderr


@pytest.mark.parametrize(
    ("command", "options"),
    [
        ("serve", ["--port", "--http-port", "--data", "--seed"]),
        ("export", ["--data", "--url", "--ca-file"]),
        ("import", ["FILE", "--data", "--url", "--ca-file"]),
        ("token", ["--data", "--url", "--ca-file", "--tenant", "--app", "--user", "--permission", "--no-mfa"]),
        ("reset", ["--data", "--url", "--ca-file"]),
    ],
)
def test_the_help_names_the_options_and_shows_an_example(command: str, options: list[str]) -> None:
    shown = run(command, "--help")
    assert shown.exit_code == 0
    for expected in (*options, f"entra-emulator {command}", "Exit codes: 0 done"):
        assert expected in shown.stdout


# What is done to an emulator, whether it runs or not


def run(*arguments: str, data: Path | None = None, standard_input: str | None = None) -> Result:
    where = [] if data is None else ["--data", str(data)]
    return CliRunner().invoke(app, [*arguments, *where], input=standard_input)


def refused(shown: Result) -> str:
    """Read the one line of a command that could not be done."""
    assert (shown.exit_code, shown.stdout) == (1, "")
    (line,) = shown.stderr.splitlines()
    return line


@pytest.fixture(params=["on a folder", "of a process", "at an address"])
def where(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path | None]:
    """Have an emulator in each of the ways in which commands reach one; ``None`` stands for its variables."""
    if request.param == "on a folder":
        Emulator(tmp_path).close()
        yield tmp_path
        return
    with serving("--data", str(tmp_path)) as (_, lines):
        if request.param == "of a process":
            yield tmp_path
        else:
            for name, value in exports(lines).items():
                monkeypatch.setenv(name, value)
            yield None


def test_a_token_is_printed_and_nothing_else(where: Path | None) -> None:
    for_app = claims(run("token", data=where))
    assert (for_app["appid"], for_app["idtyp"]) == (Emulator.contoso.client_id, "app")
    assert "User.ReadWrite.All" in for_app["roles"]
    shown = run("token", "--tenant", "fabrikam", "--user", "admin@fabrikam.com", "--permission", "User.Read",
                "--permission", "Group.Read.All", "--no-mfa", data=where)  # fmt: skip
    for_person = claims(shown)
    assert (for_person["upn"], for_person["scp"]) == ("admin@fabrikam.com", "Group.Read.All User.Read")
    assert for_person["amr"] == ["pwd"]


def claims(shown: Result) -> dict[str, Any]:
    assert shown.exit_code == 0, shown.stderr
    (token,) = shown.stdout.splitlines()
    found: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return found


def test_an_export_is_imported_again_and_reset_goes_back_to_the_seed(where: Path | None) -> None:
    seeded = run("export", data=where)
    assert seeded.exit_code == 0, seeded.stderr
    edited = seeded.stdout.replace("MOD Administrator", "Édith Administrator")
    assert run("import", "-", data=where, standard_input=edited).exit_code == 0
    assert json.loads(run("export", data=where).stdout) == json.loads(edited)
    assert run("reset", data=where).exit_code == 0
    assert run("export", data=where).stdout == seeded.stdout


@pytest.mark.parametrize("content", ["nonsense", "[]", '{"format": "another"}'])
def test_a_file_that_is_no_export_is_told_in_one_line_and_changes_nothing(where: Path | None, content: str) -> None:
    before = run("export", data=where).stdout
    assert refused(run("import", "-", data=where, standard_input=content)).startswith("entra-emulator: ")
    assert run("export", data=where).stdout == before


def test_what_the_emulator_refuses_is_told_in_one_line(where: Path | None) -> None:
    assert refused(run("token", "--user", "nobody", "--permission", "x", data=where)) == (
        f"entra-emulator: there is no user 'nobody' in the tenant {Emulator.contoso.tenant_id}"
    )
    assert refused(run("token", "--tenant", "nowhere", data=where)) == "entra-emulator: there is no tenant 'nowhere'"


def test_an_export_that_cannot_be_written_is_told_in_one_line(tmp_path: Path) -> None:
    Emulator(tmp_path).close()
    command = [sys.executable, "-m", "entra_emulator", "export", "--data", str(tmp_path)]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "entra-emulator: [Errno 28] No space left on device\n")


def test_an_import_begins_a_folder(tmp_path: Path) -> None:
    file = tmp_path / "tenant.json"
    Emulator(tmp_path / "old").close()
    file.write_text(run("export", data=tmp_path / "old").stdout)
    assert run("import", str(file), data=tmp_path / "new").exit_code == 0
    assert run("export", data=tmp_path / "new").stdout == file.read_text()


def test_a_folder_tells_where_its_emulator_runs_as_long_as_it_does(tmp_path: Path) -> None:
    with serving("--data", str(tmp_path)) as (process, lines):
        ready = json.loads((tmp_path / "ready.json").read_text())
        assert ready["environment"] == exports(lines)
        assert (ready["url"], ready["ca_file"]) == (
            ready["environment"]["ENTRA_PIM_GRAPH_URL"],
            str(tmp_path / "ca.pem"),
        )
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    assert not (tmp_path / "ready.json").exists()


def test_after_a_kill_a_folder_is_reached_though_another_emulator_has_the_port(tmp_path: Path) -> None:
    killed, other = tmp_path / "killed", tmp_path / "other"
    with serving("--data", str(killed)) as (process, lines):
        port = exports(lines)["ENTRA_PIM_GRAPH_URL"].rpartition(":")[2]
        process.kill()
        process.wait()
    with serving("--data", str(other), "--port", port):
        assert run("reset", data=killed).exit_code == 0
        paths = [entry["path"] for entry in control(other, "journal")["entries"]]
    assert "/_emulator/reset" not in paths


def control(folder: Path, name: str) -> Any:
    with reach.in_folder(str(folder)) as call:
        return call("GET", name)


def test_a_folder_without_a_directory_is_not_made_into_one(tmp_path: Path) -> None:
    folder = tmp_path / "misspelt"
    for command in ("export", "token", "reset"):
        assert f"there is no directory in {folder}" in refused(run(command, data=folder))
    assert not folder.exists()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--url", "http://127.0.0.1:1"], "no emulator answers at http://127.0.0.1:1: "),
        (
            ["--url", "https://127.0.0.1:1", "--ca-file", "/nowhere.pem"],
            "/nowhere.pem is no certificate that can be read",
        ),
        (["--url", "https://["], "no emulator answers at https://["),
    ],
)
def test_an_address_where_no_emulator_is_is_told_in_one_line(arguments: list[str], sentence: str) -> None:
    assert sentence in refused(run("reset", *arguments))


def test_another_server_is_not_taken_for_an_emulator() -> None:
    class Elsewhere(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(404)
            self.end_headers()
            self.wfile.write(b"<html>")

        def log_message(self, format: str, *arguments: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Elsewhere) as server:
        threading.Thread(target=server.handle_request).start()
        url = f"http://127.0.0.1:{server.server_port}"
        assert "what answers is no emulator (status 404)" in refused(run("reset", "--url", url))


def test_a_command_without_an_emulator_is_a_wrong_call() -> None:
    shown = run("reset")
    assert (shown.exit_code, shown.stdout) == (2, "")
    assert "name an emulator by --data or by --url" in shown.stderr


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
