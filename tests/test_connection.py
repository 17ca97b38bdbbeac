"""Settings become one client a process, over connections that fit the environment."""

import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from pulumi_entra_pim.connection import connect
from pulumi_entra_pim.graph.errors import TimedOut
from pulumi_entra_pim.settings import Settings, SettingsError
from tests.graph.service import PASSWORD, TENANT, bearer

pytestmark = pytest.mark.usefixtures("no_connection_outlives_the_test")

UNCONFIGURED: dict[str, str] = {}
NOBODY = "http://127.0.0.1:9"


def settings(**environ: str) -> Settings:
    return Settings.read(UNCONFIGURED.get, {"ENTRA_PIM_ACCESS_TOKEN": bearer(), **environ})


def refused(**environ: str) -> str:
    with pytest.raises(SettingsError) as caught:
        connect(settings(**environ))
    assert str(caught.value).isprintable()
    assert PASSWORD not in str(caught.value)
    return str(caught.value)


class TestOneClient:
    def test_the_same_settings_share_a_client(self) -> None:
        assert connect(settings()) is connect(settings())

    def test_other_settings_have_another(self) -> None:
        clients = {
            id(connect(each))
            for each in (
                settings(),
                settings(ENTRA_PIM_OPERATION_TIMEOUT="60"),
                settings(ENTRA_PIM_ACCESS_TOKEN=bearer(jti="another")),
                settings(ENTRA_PIM_GRAPH_URL=NOBODY),
            )
        }
        assert len(clients) == 4

    def test_threads_that_come_at_once_share_it_too(self) -> None:
        fresh = settings(ENTRA_PIM_OPERATION_TIMEOUT="77")
        together = threading.Barrier(16)

        def one(_: int) -> int:
            together.wait()
            return id(connect(fresh))

        with ThreadPoolExecutor(16) as pool:
            assert len(set(pool.map(one, range(16)))) == 1

    def test_nothing_is_asked_of_anybody(self) -> None:
        connect(settings(ENTRA_PIM_GRAPH_URL=NOBODY))
        secret = {"AZURE_TENANT_ID": TENANT, "AZURE_CLIENT_ID": "an-app", "AZURE_CLIENT_SECRET": PASSWORD}
        connect(Settings.read({"graphUrl": NOBODY, "authorityUrl": "https://127.0.0.1:9"}.get, secret))

    def test_an_operation_may_take_as_long_as_is_configured(self) -> None:
        client = connect(settings(ENTRA_PIM_OPERATION_TIMEOUT="61.5"))
        assert client.operation().waiter.deadline.seconds == 61.5

    def test_the_token_goes_to_the_host_of_its_cloud(self) -> None:
        assert connect(settings(ENTRA_PIM_ENVIRONMENT="usgov")).graph_url == "https://graph.microsoft.us"


class Plain:
    """Graph on plain http at a loopback address: it answers with no users, and counts connections."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.peers: set[tuple[str, int]] = set()
        self.authorizations: list[str] = []


@contextmanager
def plain_graph() -> Iterator[Plain]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            graph.peers.add(self.client_address)
            graph.authorizations.append(self.headers["Authorization"])
            self.send_response(200)
            self.send_header("Content-Length", "13")
            self.end_headers()
            self.wfile.write(b'{"value": []}')

        def log_message(self, *_: object) -> None:
            """Keep the test's output clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    graph = Plain(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield graph
    server.shutdown()
    thread.join()
    server.server_close()


class TestConnections:
    def test_a_given_token_and_a_loopback_address_are_enough(self) -> None:
        with plain_graph() as graph:
            client = connect(settings(ENTRA_PIM_GRAPH_URL=graph.url))
            assert list(client.operation().pages("/users")) == []
        assert graph.authorizations == [f"Bearer {bearer()}"]

    def test_they_are_kept_and_never_more_than_configured(self) -> None:
        with plain_graph() as graph:
            client = connect(settings(ENTRA_PIM_GRAPH_URL=graph.url, ENTRA_PIM_MAX_CONCURRENCY="2"))
            with ThreadPoolExecutor(8) as pool:
                list(pool.map(lambda _: list(client.operation().pages("/users")), range(40)))
            assert len(graph.authorizations) == 40
            assert 1 <= len(graph.peers) <= 2

    @pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
    def test_a_host_elsewhere_is_reached_through_the_environments_proxy(
        self, variable: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with socket.create_server(("127.0.0.1", 0)) as proxy, ThreadPoolExecutor(1) as pool:
            port = proxy.getsockname()[1]
            proxy.settimeout(30)
            monkeypatch.setenv(variable, f"http://127.0.0.1:{port}")
            asked = pool.submit(_refuse_one, proxy)
            client = connect(settings(ENTRA_PIM_GRAPH_URL=f"https://behind-{port}.invalid"))
            with pytest.raises(TimedOut, match="403"):
                client.operation(seconds=0.1).get("/users")
            assert asked.result().startswith(f"CONNECT {client.graph_url.removeprefix('https://')}:443 ")

    def test_a_host_on_this_machine_is_not(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for variable in ("HTTP_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(variable, NOBODY)
        with plain_graph() as graph:
            assert list(connect(settings(ENTRA_PIM_GRAPH_URL=graph.url)).operation().pages("/users")) == []


class TestTrust:
    @pytest.mark.parametrize(
        ("name", "write", "reason"),
        [
            ("none.pem", Path.exists, "No such file or directory"),
            ("folder.pem", Path.mkdir, ""),
            ("empty.pem", lambda path: path.write_text(""), ""),
            ("other.pem", lambda path: path.write_text("certificates, surely"), ""),
        ],
    )
    def test_a_file_without_certificates(
        self, name: str, write: Callable[[Path], object], reason: str, tmp_path: Path
    ) -> None:
        write(tmp_path / name)
        line = refused(ENTRA_PIM_CA_FILE=str(tmp_path / name))
        assert line.startswith(f"entra-pim:caFile: cannot read certificates from {tmp_path / name} ({reason}")

    @pytest.mark.parametrize(
        ("variable", "value"),
        [
            ("HTTPS_PROXY", f"nonsense://aline:{PASSWORD}@proxy.example"),
            ("HTTPS_PROXY", "http://proxy.example:port"),
            ("ALL_PROXY", "socks5://127.0.0.1:9"),
            ("SSL_CERT_FILE", "/nowhere/ca.pem"),
        ],
    )
    def test_network_settings_of_the_environment_that_cannot_be_used(
        self, variable: str, value: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv(variable, value)
        line = refused(ENTRA_PIM_GRAPH_URL="https://graph.example")
        assert line.startswith("the environment's network settings cannot be used (")
        assert line.endswith(": check HTTPS_PROXY, ALL_PROXY, NO_PROXY, SSL_CERT_FILE and SSL_CERT_DIR")

    def test_a_failure_leaves_no_client_behind(self, tmp_path: Path) -> None:
        for _ in range(2):
            refused(ENTRA_PIM_CA_FILE=str(tmp_path / "none.pem"))


def _refuse_one(proxy: socket.socket) -> str:
    """Take one call as a proxy that lets nobody through; return its first line."""
    connection, _ = proxy.accept()
    with connection:
        asked = connection.recv(65_536).decode()
        connection.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
    return asked
