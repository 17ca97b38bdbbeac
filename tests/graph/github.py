"""GitHub's side of a job with ``id-token: write``: a loopback address that hands out the job's identity."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

BEARER = "the-job's-own-token"


@dataclass
class Job:
    """What the address answers, and what it was asked."""

    url: str = ""
    status: int = 200
    body: bytes = b'{"value": "an.identity.assertion"}'
    asked: list[dict[str, str]] = field(default_factory=list)


@contextmanager
def running_job() -> Iterator[Job]:
    """Serve a job's identity until the block ends."""
    job = Job()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            address = urlsplit(self.path)
            job.asked.append(
                {
                    "path": address.path,
                    "authorization": self.headers["Authorization"],
                    **dict(parse_qsl(address.query)),
                }
            )
            self.send_response(job.status)
            self.send_header("Content-Length", str(len(job.body)))
            self.end_headers()
            self.wfile.write(job.body)

        def log_message(self, *_: object) -> None:
            """Keep the test's output clean."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        job.url = f"http://127.0.0.1:{server.server_port}/idtoken?api-version=2.0"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield job
        server.shutdown()
        thread.join()
