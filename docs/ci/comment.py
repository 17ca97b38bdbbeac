"""Put a review into the one comment of a pull request: written at its first run, edited ever after.

usage: comment.py REVIEW.md

Reads what GitHub's runner sets: GITHUB_API_URL, GITHUB_REPOSITORY, GITHUB_EVENT_PATH, and GITHUB_WORKFLOW, as each
workflow has a comment of its own; and GITHUB_TOKEN, which needs ``pull-requests: write``. Needs Python 3.11 alone.
https://docs.github.com/rest/issues/comments
"""

import json
import os
import sys
from collections.abc import Iterator, Mapping
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

_PAGE = 100


class GitHub:
    """GitHub's REST API as the runner's token may use it."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        root = urlsplit(environ["GITHUB_API_URL"])
        kind = HTTPSConnection if root.scheme == "https" else HTTPConnection
        self._connection = kind(root.netloc, timeout=60)
        self._prefix = f"{root.path.rstrip('/')}/repos/{environ['GITHUB_REPOSITORY']}/issues"
        self._headers = {
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {environ['GITHUB_TOKEN']}",
            "User-Agent": "entra-pim-review",
            "X-GitHub-Api-Version": "2022-11-28",
        }

    def ask(self, method: str, path: str, body: Mapping[str, str] | None = None) -> Any:
        """Send one request; raise SystemExit, with one line, for any answer but a success."""
        content = None if body is None else json.dumps(body).encode()
        try:
            self._connection.request(method, self._prefix + path, content, self._headers)
            response = self._connection.getresponse()
            answer = response.read()
        except (OSError, HTTPException) as error:
            raise SystemExit(f"comment.py: cannot reach GitHub: {error}") from error
        if response.status >= 300:
            raise SystemExit(f"comment.py: GitHub refused {method} {path}: {response.status} {response.reason}")
        return json.loads(answer)

    def comments(self, number: int) -> Iterator[dict[str, Any]]:
        """Yield the comments of a pull request, the oldest first."""
        page = 1
        while True:
            comments: list[dict[str, Any]] = self.ask("GET", f"/{number}/comments?per_page={_PAGE}&page={page}")
            yield from comments
            if len(comments) < _PAGE:
                return
            page += 1


def is_ours(comment: Mapping[str, Any], mark: str) -> bool:
    """Say whether a comment is the one to edit: anybody may write the mark, but not as a bot."""
    author = comment.get("user") or {}
    return author.get("type") == "Bot" and str(comment.get("body")).startswith(mark)


def main(review: Path, environ: Mapping[str, str]) -> None:
    """Write or edit the comment."""
    number = json.loads(Path(environ["GITHUB_EVENT_PATH"]).read_text(encoding="utf-8"))["pull_request"]["number"]
    mark = f"<!-- entra-pim review: {environ['GITHUB_WORKFLOW']} -->"  # not shown
    body = {"body": f"{mark}\n{review.read_text(encoding='utf-8')}"}
    github = GitHub(environ)
    comment = next((each for each in github.comments(number) if is_ours(each, mark)), None)
    if comment is None:
        github.ask("POST", f"/{number}/comments", body)
    else:
        github.ask("PATCH", f"/comments/{comment['id']}", body)


if __name__ == "__main__":
    main(Path(sys.argv[1]), os.environ)
