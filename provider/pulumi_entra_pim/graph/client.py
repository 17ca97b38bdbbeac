"""The one way to Graph: verbs over kept-alive connections, each request sent with a known outcome.

A request that is surely not sent, or that Graph declined to act on (429), is sent again. A read, a PATCH and a DELETE
say the same thing however often they are said, so they are sent again after any passing failure. A POST whose answer
was lost is never sent again here: it raises ``OutcomeUnknown``, and the caller, who knows the object's key, looks
before doing anything else.
"""

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from itertools import islice
from typing import Any, TypeGuard

import httpx

from .auth import BearerAuth, Identity, TokenSource, advice_for_host, identity_of
from .connections import Connections
from .errors import (
    EntraError,
    GraphError,
    NotFound,
    NotSent,
    OutcomeUnknown,
    Throttled,
    date_of,
    error_of,
    first_words,
    json_object,
    one_line,
    read_error,
)
from .permissions import advice_on_denial
from .waiting import Clock, Deadline, SystemClock, Tell, Waiter, growing

Document = dict[str, Any]

# What httpx cannot have put on the wire. https://www.python-httpx.org/exceptions/
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError, httpx.UnsupportedProtocol)
_PASSING = frozenset({500, 502, 503, 504})
_TRIES = 5
_PAGE_LIMIT = 10_000
_REPEATABLE = frozenset({"GET", "PATCH", "DELETE"})


class GraphClient:
    """Graph's verbs for one caller; safe to share between threads.

    ``connections`` may have a transport in the network's place (the emulator in process); ``clock`` replaces time.
    """

    def __init__(
        self,
        graph_url: str,
        tokens: TokenSource,
        connections: Connections,
        *,
        clock: Clock | None = None,
        operation_seconds: float = 1200.0,
    ) -> None:
        self.graph_url = graph_url.rstrip("/")
        self._home = _origin(httpx.URL(self.graph_url))
        self._tokens = tokens
        self._connections = connections
        self._clock = clock or SystemClock()
        self._auth = BearerAuth(tokens)
        self._seconds = operation_seconds
        self._ahead = timedelta(0)

    def operation(self, tell: Tell = lambda _: None, seconds: float | None = None) -> "Operation":
        """Begin one operation: a deadline for all its calls and waits, and a place for its progress lines."""
        return Operation(self, Waiter(self._clock, Deadline(self._clock, seconds or self._seconds), tell))

    def identity(self) -> Identity:
        """Return who the caller is, by the token; raise AuthError."""
        return identity_of(self._tokens.token())

    def exchange(self, method: str, url: str, body: Document | None, headers: Mapping[str, str]) -> httpx.Response:
        """Send one request once, to a path below v1.0 or to a page's address.

        Raises NotSent, OutcomeUnknown or AuthError instead of httpx's errors.
        """
        address = self._address(url)
        path = address.raw_path.decode()
        # A GUID per try is what Microsoft's support looks a call up by.
        # https://learn.microsoft.com/graph/best-practices-concept
        sent = {"client-request-id": str(uuid.uuid4()), **headers}
        try:
            with self._connections.one() as http:
                response = http.request(method, address, json=body, headers=sent, auth=self._auth)
        except _NOT_SENT as error:
            raise NotSent(
                f"cannot reach {self.graph_url} ({method} {path}): {one_line(str(error))}"
                f"{advice_for_host(self.graph_url)}"
            ) from error
        except httpx.HTTPError as error:
            raise OutcomeUnknown(
                f"the answer to {method} {path} was lost ({type(error).__name__}: {one_line(str(error))})"
            ) from error
        said = date_of(response.headers)
        if said is not None:
            self._ahead = said - self._clock.now()
        return response

    def now(self) -> datetime:
        """Return the present by the service's clock, which decides what has ended; by ours before its first answer."""
        return self._clock.now() + self._ahead

    def _address(self, url: str) -> httpx.URL:
        """Return an address at Graph; raise EntraError for any other.

        A bearer token goes to the configured host and nowhere else, ``@odata.nextLink`` included.
        """
        try:
            address = httpx.URL(url if url.startswith(("https://", "http://")) else f"{self.graph_url}/v1.0{url}")
        except httpx.InvalidURL as error:
            raise EntraError(f"{one_line(url)} is not an address at Graph ({one_line(str(error))})") from error
        if _origin(address) != self._home:
            raise EntraError(
                f"Graph pointed to another host, {_origin(address)}: not followed, as the token is for {self.graph_url}"
            )
        return address


@dataclass(frozen=True)
class Operation:
    """Graph's verbs within one operation's deadline."""

    client: GraphClient
    waiter: Waiter

    @cached_property
    def caller(self) -> Identity:
        """Who the caller is."""
        return self.client.identity()

    def now(self) -> datetime:
        """Return the present by the service's clock."""
        return self.client.now()

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Document:
        """Return a document; raise NotFound and the rest of the family."""
        return self._send("GET", path, headers=headers)

    def find(self, path: str) -> Document | None:
        """Return a document, or None when it is not there."""
        try:
            return self.get(path)
        except NotFound:
            return None

    def pages(self, path: str, headers: Mapping[str, str] | None = None) -> Iterator[Document]:
        """Yield every element of a collection, page after page.

        ``@odata.nextLink`` is followed as given; headers are sent with each page, as Graph does not carry them over.
        Source: https://learn.microsoft.com/graph/paging
        """
        address: str | None = path
        seen: set[str] = set()
        while address is not None:
            if address in seen or len(seen) > _PAGE_LIMIT:
                raise EntraError(f"Graph's pages of {path} do not end")
            seen.add(address)
            document = self.get(address, headers)
            elements, following = document.get("value"), document.get("@odata.nextLink")
            if not _is_collection(elements) or not isinstance(following, str | None):
                raise EntraError(f"Graph's answer to GET {path} is not a collection; nothing is done on its strength")
            yield from elements
            address = following or None

    def post(self, path: str, body: Document, *, repeatable: bool = False) -> Document:
        """Create or act; return the answer's document.

        ``repeatable`` says that a second send could change nothing: then one whose answer was lost is sent again.
        """
        return self._send("POST", path, body, repeatable=repeatable)

    def patch(self, path: str, body: Document) -> None:
        """Update in place."""
        self._send("PATCH", path, body)

    def upsert(self, path: str, body: Document) -> Document:
        """Create by key and return the new document, or update what is there already and return {}.

        Source: https://learn.microsoft.com/graph/api/group-upsert
        """
        return self._send("PATCH", path, body, {"Prefer": "create-if-missing"})

    def delete(self, path: str) -> None:
        """Delete; raise NotFound when it is not there."""
        self._send("DELETE", path)

    def _send(
        self,
        method: str,
        path: str,
        body: Document | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        repeatable: bool = False,
    ) -> Document:
        again = repeatable or method in _REPEATABLE
        pauses = islice(growing(), _TRIES - 1)
        while True:
            try:
                return self._once(method, path, body, headers or {})
            except (NotSent, Throttled) as error:
                self._before_next(error, pauses)
            except OutcomeUnknown as error:
                if not again:
                    raise
                self._before_next(error, pauses)

    def _once(self, method: str, path: str, body: Document | None, headers: Mapping[str, str]) -> Document:
        response = self.client.exchange(method, path, body, headers)
        if response.is_success:
            return _document(method, path, response)
        answer = read_error(method, response.request.url.path, response.status_code, response.headers, response.content)
        error = error_of(answer, advice_on_denial(answer))
        if response.status_code in _PASSING:
            raise OutcomeUnknown(str(error)) from error
        raise error

    def _before_next(self, error: EntraError, pauses: Iterator[float]) -> None:
        pause = next(pauses, None)
        if pause is None:
            raise error
        refusal = error if isinstance(error, GraphError) else error.__cause__
        asked = refusal.answer.retry_after if isinstance(refusal, GraphError) else None
        self.waiter.pause(asked if asked is not None else pause, f"{error} Trying again")


def _document(method: str, path: str, response: httpx.Response) -> Document:
    if not response.content and method != "GET":
        return {}
    document = json_object(response.content)
    if document is None:
        said = first_words(response.content) or "nothing"
        message = f"the answer to {method} {path} is not Graph's (HTTP {response.status_code}): {said}"
        # A write that succeeded with an answer nobody understands is an unknown outcome, not a result.
        raise EntraError(message) if method == "GET" else OutcomeUnknown(message)
    return document


def _is_collection(elements: Any) -> TypeGuard[list[Document]]:
    return isinstance(elements, list) and all(isinstance(element, dict) for element in elements)


def _origin(address: httpx.URL) -> str:
    return f"{address.scheme}://{address.netloc.decode()}"
