"""Many collections in few requests: up to twenty questions in one, and patience for those that it leaves open.

https://learn.microsoft.com/graph/json-batching
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .client import Document, Operation
from .errors import Unanswered, json_object, retry_after
from .shapes import lacks, misfit

AT_ONCE = 20


def collections(
    operation: Operation, paths: Sequence[str], headers: Mapping[str, str] | None = None
) -> Iterator[list[Document]]:
    """Yield the whole of each collection, in the order of the paths; each element has an id.

    What a batch does not answer well (throttled, failed, not as Graph answers) is asked for again on its own, with all
    the patience of a read. Raises what such a read raises.
    """
    for start in range(0, len(paths), AT_ONCE):
        portion = paths[start : start + AT_ONCE]
        answers = _answers(operation, portion, headers or {})
        for number, path in enumerate(portion):
            page = _page(answers.get(str(number)))
            if page is None:
                yield list(operation.pages(path, headers))
                continue
            following = page.get("@odata.nextLink")
            yield [*page["value"], *(operation.pages(following, headers) if following else ())]


def _answers(operation: Operation, paths: Sequence[str], asked_with: Mapping[str, str]) -> dict[str, Document]:
    """Send one batch, once; return its answers by their ids, none where it has none."""
    items = [
        {"id": str(number), "method": "GET", "url": path, "headers": dict(asked_with)}
        for number, path in enumerate(paths)
    ]
    client, waiter = operation.client, operation.waiter
    waiter.go_on()
    while closed := client.traffic.closed():
        waiter.pause(client.traffic.heed(closed), "Graph has asked this run to slow down: going on")
    try:
        reply = client.exchange("POST", "/$batch", {"requests": items}, {})
    except Unanswered:
        return {}
    if not reply.is_success:
        _heed(operation, reply.headers)
        return {}
    responses = (json_object(reply.content) or {}).get("responses")
    found = {str(each.get("id")): each for each in responses or () if isinstance(each, dict)}
    for each in found.values():
        headers = each.get("headers")
        if isinstance(headers, dict):
            _heed(operation, {str(name).lower(): str(value) for name, value in headers.items()})
    return found


def _heed(operation: Operation, headers: Mapping[str, str]) -> None:
    """Let nothing of the process out before the time that an answer asks for: what is asked again waits for it."""
    seconds = retry_after(headers)
    if seconds:
        operation.client.traffic.close(seconds)


def _page(answer: Document | None) -> Document | None:
    """Return the page that an answer holds; None for one that is not a page of Graph's."""
    body: Any = answer.get("body") if answer is not None and answer.get("status") == 200 else None
    if not isinstance(body, dict) or misfit(body) is not None:
        return None
    elements, following = body.get("value"), body.get("@odata.nextLink")
    if not isinstance(elements, list) or not isinstance(following, str | None):
        return None
    return body if all(isinstance(each, dict) and lacks(each, ("id",)) is None for each in elements) else None
