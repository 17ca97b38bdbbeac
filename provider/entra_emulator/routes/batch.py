"""/$batch: up to 20 calls in one: https://learn.microsoft.com/graph/json-batching."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

from entra_emulator.directory.store import Document
from entra_emulator.exchange import Request, Response
from entra_emulator.refusals import Refusal
from entra_emulator.routes.call import VERSION, Answer, read_object

_LIMIT = 20


def run(request: Request, send: Callable[[Request], Response]) -> Answer:
    """Send each of a batch's requests, after those that it depends on, and gather the responses.

    Raises:
        Refusal: 400 BadRequest for a batch that is malformed as a whole.
    """
    items = _read(request)
    responses: dict[str, Document] = {}
    waiting = list(items)
    while waiting:
        ready = [item for item in waiting if all(name.casefold() in responses for name in item.get("dependsOn", ()))]
        if not ready:
            raise _malformed("The dependsOn of the requests form a cycle.")
        for item in ready:
            waiting.remove(item)
            responses[item["id"].casefold()] = _answer(item, responses, request, send)
    return Answer(document={"responses": [responses[item["id"].casefold()] for item in items]})


def _read(request: Request) -> list[Document]:
    items = read_object(request).get("requests")
    if not isinstance(items, list) or not items:
        raise _malformed("Batch request must contain at least one request.")
    if len(items) > _LIMIT:
        raise _malformed(f"Number of batch request steps exceeds the maximum value of {_LIMIT}.")
    ids = set()
    for item in items:
        if not isinstance(item, dict) or not all(isinstance(item.get(name), str) for name in ("id", "method", "url")):
            raise _malformed("Each request of a batch needs an id, a method and a url.")
        if item["id"].casefold() in ids:
            raise _malformed(f"The id '{item['id']}' is not unique in the batch.")
        ids.add(item["id"].casefold())
        if item["url"].lstrip("/").casefold().startswith("$batch"):
            raise _malformed("A batch cannot be nested in a batch.")
    for item in items:
        if any(str(name).casefold() not in ids for name in item.get("dependsOn") or ()):
            raise _malformed(f"The request '{item['id']}' depends on one that is not in the batch.")
    return items


def _answer(
    item: Document, responses: dict[str, Document], request: Request, send: Callable[[Request], Response]
) -> Document:
    if any(responses[name.casefold()]["status"] >= 400 for name in item.get("dependsOn") or ()):
        message = "One or more of the requests that this request depends on failed."
        return {
            "id": item["id"],
            "status": 424,
            "headers": {"Content-Type": "application/json"},
            "body": {"error": {"code": "FailedDependency", "message": message}},
        }
    path, _, query = item["url"].partition("?")
    headers = {name.casefold(): str(value) for name, value in (item.get("headers") or {}).items()}
    headers.setdefault("authorization", request.headers["authorization"])
    body = b"" if item.get("body") is None else json.dumps(item["body"]).encode()
    response = send(
        Request(item["method"].upper(), request.origin, f"{VERSION}/{path.lstrip('/')}", query, headers, body)
    )
    answer: Document = {"id": item["id"], "status": response.status, "headers": dict(response.headers)}
    if response.body:
        answer["body"] = _body(response)
    return answer


def _body(response: Response) -> Any:
    if "json" in response.headers.get("Content-Type", ""):
        return json.loads(response.body)
    return base64.b64encode(response.body).decode()


def _malformed(message: str) -> Refusal:
    return Refusal(400, "BadRequest", message)
