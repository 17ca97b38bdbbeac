"""Azure's side of a machine, an app or a pipeline: a loopback address that hands out identities, and an ``az``."""

import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass
class Endpoint:
    """What the address answers, and what it was asked."""

    root: str = ""
    status: int = 200
    body: bytes = b"{}"
    asked: list[dict[str, str]] = field(default_factory=list)

    def answer(self, **document: Any) -> None:
        """Answer with a document from now on."""
        self.body = json.dumps(document).encode()


@contextmanager
def running_endpoint() -> Iterator[Endpoint]:
    """Answer requests until the block ends."""
    endpoint = Endpoint()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            address = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            query = dict(parse_qsl(address.query))
            endpoint.asked.append({"method": self.command, "path": address.path, **headers, **query})
            self.send_response(endpoint.status)
            self.send_header("Content-Type", "application/json; charset=utf-8")
            self.send_header("Content-Length", str(len(endpoint.body)))
            self.end_headers()
            self.wfile.write(endpoint.body)

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *_: object) -> None:
            """Keep the test's output clean."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        endpoint.root = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield endpoint
        server.shutdown()
        thread.join()


class AzureCli:
    """An executable in the place of ``az``, which is in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._said = folder / "said"
        self._log = folder / "log"
        self._log.write_text("")
        executable = folder / "az"
        executable.write_text(
            f"#!{sys.executable} -I\n"
            "import json, pathlib, sys\n"
            "here = pathlib.Path(__file__).parent\n"
            "with (here / 'log').open('a') as log:\n"
            "    log.write(json.dumps(sys.argv[1:]) + '\\n')\n"
            "code, out, err = json.loads((here / 'said').read_text())\n"
            "sys.stdout.write(out), sys.stderr.write(err)\n"
            "sys.exit(code)\n"
        )
        executable.chmod(0o755)

    def will_say(self, out: str = "", err: str = "", code: int = 0) -> None:
        """Print this from now on."""
        self._said.write_text(json.dumps([code, out, err]))

    def will_give(self, token: str, expires_on: float) -> None:
        """Give a token as the CLI does."""
        self.will_say(json.dumps({"accessToken": token, "expires_on": int(expires_on), "tokenType": "Bearer"}))

    @property
    def calls(self) -> list[list[str]]:
        """What it was called with."""
        return [json.loads(line) for line in self._log.read_text().splitlines()]
