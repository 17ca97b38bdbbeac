"""comment.py: one comment on the pull request, edited at every push, and nobody else's comment touched."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest

from tests.ci.workflow import COMMENT

MARK = "<!-- entra-pim review: Entra roles -->"
COLLECTION = "/api/v3/repos/contoso/roles/issues"


def comment(id_: int, body: str | None, kind: str | None = "Bot") -> dict[str, Any]:
    return {"id": id_, "body": body, "user": None if kind is None else {"type": kind}}


@dataclass
class GitHub:
    """The comments of pull request 7, and what was asked about them."""

    comments: list[dict[str, Any]] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)
    refusal: int = 0
    address: str = ""

    def answer(self, method: str, target: str, body: Any) -> tuple[int, Any]:
        """Answer as GitHub's REST API does."""
        parts = urlsplit(target)
        path, query = parts.path.removeprefix(COLLECTION), parse_qs(parts.query)
        self.requests.append(f"{method} {path}")
        if self.refusal:
            return self.refusal, {"message": "no"}
        match method, path.split("/")[1:]:
            case "GET", ["7", "comments"]:
                size, page = int(query["per_page"][0]), int(query["page"][0])
                return 200, self.comments[(page - 1) * size : page * size]
            case "POST", ["7", "comments"]:
                self.comments.append(comment(1000, body["body"]))
                return 201, self.comments[-1]
            case "PATCH", ["comments", id_]:
                [found] = [each for each in self.comments if each["id"] == int(id_)]
                found["body"] = body["body"]
                return 200, found
        return 404, {"message": "Not Found"}


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def _serving(github: GitHub) -> Iterator[None]:
    def application(environ: Any, start_response: Any) -> list[bytes]:
        content = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        github.tokens.add(environ["HTTP_AUTHORIZATION"])
        target = f"{environ['PATH_INFO']}?{environ['QUERY_STRING']}"
        status, document = github.answer(environ["REQUEST_METHOD"], target, json.loads(content) if content else None)
        start_response(f"{status} {HTTPStatus(status).phrase}", [("Content-Type", "application/json")])
        return [json.dumps(document).encode()]

    with make_server("127.0.0.1", 0, application, handler_class=_Quiet) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        github.address = f"http://127.0.0.1:{server.server_port}/api/v3"
        try:
            yield
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def github() -> Iterator[GitHub]:
    made = GitHub()
    with _serving(made):
        yield made


@pytest.fixture
def event(tmp_path: Path) -> Path:
    file = tmp_path / "event.json"
    file.write_text(json.dumps({"pull_request": {"number": 7}}))
    return file


def run(github: GitHub, event: Path, review: str) -> subprocess.CompletedProcess[str]:
    file = event.with_name("review.md")
    file.write_text(review)
    return subprocess.run(
        [sys.executable, "-I", str(COMMENT), str(file)],
        check=False,
        env={
            "GITHUB_API_URL": github.address,
            "GITHUB_REPOSITORY": "contoso/roles",
            "GITHUB_EVENT_PATH": str(event),
            "GITHUB_WORKFLOW": "Entra roles",
            "GITHUB_TOKEN": "of-the-runner",
        },
        capture_output=True,
        text=True,
    )


def test_the_first_run_writes_the_comment(github: GitHub, event: Path) -> None:
    assert run(github, event, "Access broadened: 4 people, e.g. Zoë\n").returncode == 0
    assert [each["body"] for each in github.comments] == [f"{MARK}\nAccess broadened: 4 people, e.g. Zoë\n"]
    assert github.tokens == {"Bearer of-the-runner"}


def test_every_further_run_edits_it(github: GitHub, event: Path) -> None:
    for review in ("first", "second", "third"):
        assert run(github, event, review).returncode == 0
    assert [each["body"] for each in github.comments] == [f"{MARK}\nthird"]


def test_it_is_found_however_many_comments_there_are_before_it(github: GitHub, event: Path) -> None:
    github.comments = [comment(number, "chatter", "User") for number in range(250)] + [comment(999, f"{MARK}\nold")]
    assert run(github, event, "new").returncode == 0
    assert github.comments[-1] == comment(999, f"{MARK}\nnew")
    assert github.requests == ["GET /7/comments"] * 3 + ["PATCH /comments/999"]


@pytest.mark.parametrize(
    "other",
    [
        comment(1, f"{MARK}\nlook what I can do", "User"),
        comment(1, f"quoted: {MARK}"),
        comment(1, f"{MARK.replace('roles', 'roles of the test stack')}\nof another workflow"),
        comment(1, None),
        comment(1, f"{MARK}\nof an account that is gone", None),
    ],
)
def test_nobody_elses_comment_is_touched(github: GitHub, event: Path, other: dict[str, Any]) -> None:
    github.comments = [dict(other)]
    assert run(github, event, "new").returncode == 0
    assert github.comments == [other, comment(1000, f"{MARK}\nnew")]


@pytest.mark.parametrize("status", [301, 403, 404, 500])
def test_a_refusal_is_one_line_and_a_failure(github: GitHub, event: Path, status: int) -> None:
    github.refusal = status
    done = run(github, event, "new")
    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert line.startswith(f"comment.py: GitHub refused GET /7/comments?per_page=100&page=1: {status} ")


def test_a_github_that_cannot_be_reached_is_one_line(event: Path) -> None:
    github = GitHub(address="http://127.0.0.1:1")
    done = run(github, event, "new")
    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert line.startswith("comment.py: cannot reach GitHub: ")
