"""The one way to Graph: verbs over kept-alive connections, each request sent with a known outcome.

A request that is surely not sent, or that Graph declined to act on (429), is sent again. A read, a PATCH and a DELETE
say the same thing however often they are said, so they are sent again after any passing failure. A POST whose answer
was lost is sent again by ``create`` alone, which looks before whether it was acted on, by the object's key.
"""

import threading
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from itertools import islice
from typing import Any, TypeGuard

import httpx

from .auth import (
    ADVICE_ON_DISTRUST,
    BearerAuth,
    Identity,
    TokenSource,
    advice_for_host,
    identity_of,
    is_distrust,
)
from .connections import Connections
from .errors import (
    AlreadyExists,
    EntraError,
    NotFound,
    NotSent,
    OutcomeUnknown,
    Throttled,
    TimedOut,
    Unanswered,
    date_of,
    error_of,
    first_words,
    json_object,
    one_line,
    read_error,
)
from .permissions import advice_on_denial
from .shapes import lacks, misfit
from .traffic import Traffic
from .waiting import LAG, Clock, Deadline, SystemClock, Tell, Waiter, growing

Document = dict[str, Any]

# What httpx cannot have put on the wire. https://www.python-httpx.org/exceptions/
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError, httpx.UnsupportedProtocol)
_PASSING = frozenset({500, 502, 503, 504})
# How often one request is sent: while the service cannot be reached (four seconds), fails (half a minute), or asks for
# patience.
_TRIES_TO_REACH = 5
_TRIES = 8
_TRIES_DECLINED = 20
_LONGEST_PAUSE = 30.0
_PAGE_LIMIT = 10_000
# Bytes of an answer, unpacked; a page of Graph's has a thousand rows at most.
_LONGEST_ANSWER = 32 * 1024 * 1024
_REPEATABLE = frozenset({"GET", "PATCH", "DELETE"})


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer, read to its end."""

    path: str
    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def is_success(self) -> bool:
        """Say whether the service did as it was told."""
        return 200 <= self.status < 300


class GraphClient:
    """Graph's verbs for one caller; safe to share between threads.

    ``connections`` may have a transport in the network's place (the emulator in process); ``clock`` replaces time, and
    ``traffic`` what the requests of the process share.
    """

    def __init__(
        self,
        graph_url: str,
        tokens: TokenSource,
        connections: Connections,
        *,
        clock: Clock | None = None,
        traffic: Traffic | None = None,
        operation_seconds: float = 1200.0,
    ) -> None:
        self.graph_url = graph_url.rstrip("/")
        self._home = _origin(httpx.URL(self.graph_url))
        self._tokens = tokens
        self._connections = connections
        self._clock = clock or SystemClock()
        self.traffic = traffic or Traffic(self._clock)
        self._auth = BearerAuth(tokens)
        self._seconds = operation_seconds
        self._ahead = timedelta(0)

    def operation(
        self, tell: Tell = lambda _: None, seconds: float | None = None, over: threading.Event | None = None
    ) -> "Operation":
        """Begin one operation: a deadline for all its calls and waits, and a place for its progress lines.

        ``over`` is set when nobody waits for it any more.
        """
        deadline = Deadline(self._clock, seconds or self._seconds)
        return Operation(self, Waiter(self._clock, deadline, tell, over or threading.Event()))

    def identity(self) -> Identity:
        """Return who the caller is, by the token; raise AuthError, or NotSent while Entra gives none."""
        return identity_of(self._tokens.token())

    def exchange(self, method: str, url: str, body: Document | None, headers: Mapping[str, str]) -> Reply:
        """Send one request once, to a path below v1.0 or to a page's address.

        Raises NotSent, OutcomeUnknown or AuthError instead of httpx's errors.
        """
        address = self._address(url)
        path = address.raw_path.decode()
        # A GUID per try is what Microsoft's support looks a call up by.
        # https://learn.microsoft.com/graph/best-practices-concept
        request_id = str(uuid.uuid4())
        sent = {"client-request-id": request_id, **headers}
        try:
            with (
                self._connections.one() as http,
                http.stream(method, address, json=body, headers=sent, auth=self._auth) as response,
            ):
                content = _read(response)
                if response.status_code == 503:
                    # The machine that answers this connection is unwell; another may not be.
                    # https://learn.microsoft.com/graph/best-practices-concept#handling-expected-errors
                    http.close()
        except _NOT_SENT as error:
            if is_distrust(error):
                raise EntraError(
                    f"{self.graph_url} is not trusted: {one_line(str(error))}{ADVICE_ON_DISTRUST}"
                ) from error
            raise NotSent(
                f"cannot reach {self.graph_url} ({method} {path}): {one_line(str(error))}"
                f"{advice_for_host(self.graph_url)}"
            ) from error
        except (httpx.HTTPError, _TooLong) as error:
            raise OutcomeUnknown(
                f"the answer to {method} {path} was lost ({type(error).__name__.lstrip('_')}: {one_line(str(error))};"
                f" client-request-id {request_id})"
            ) from error
        said = date_of(response.headers)
        if said is not None:
            self._ahead = said - self._clock.now()
        return Reply(response.request.url.path, response.status_code, response.headers, content)

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
        """Who the caller is; raise AuthError."""
        tries = self._tries(_TRIES_TO_REACH)
        while True:
            try:
                return self.client.identity()
            except NotSent as error:
                self._before_next(error, tries)

    def now(self) -> datetime:
        """Return the present by the service's clock."""
        return self.client.now()

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Document:
        """Return a document; raise NotFound and the rest of the family."""
        return self._send("GET", path, headers=headers, wants=("id",))

    def find(self, path: str) -> Document | None:
        """Return a document, or None when it is not there."""
        try:
            return self.get(path)
        except NotFound:
            return None

    def pages(
        self, path: str, headers: Mapping[str, str] | None = None, wants: Sequence[str] = ("id",)
    ) -> Iterator[Document]:
        """Yield every element of a collection, page after page; each has the properties of ``wants``.

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
            if not _is_collection(elements, wants) or not isinstance(following, str | None):
                raise EntraError(
                    f"Graph's answer to GET {path} is not a collection of things with {' and '.join(wants)}: nothing is"
                    " done on its strength"
                )
            yield from elements
            address = following or None

    def create(
        self,
        path: str,
        body: Document,
        find: Callable[[], Document | None],
        is_ours: Callable[[Document], bool],
        wants: Sequence[str] = ("id",),
    ) -> Document:
        """POST something new, exactly once; return the answer, or what an earlier send of ours has made.

        When an answer was lost, ``find`` looks for what is there under the object's key, and ``is_ours`` says whether
        that is what was asked; only where nothing is, or something else, the POST is sent again. An answer without the
        properties of ``wants`` is a lost one. Raises AlreadyExists when the key is taken and not by us.
        """
        tries, lost = self._tries(_TRIES), False
        while True:
            try:
                return self._send("POST", path, body, wants=wants)
            except OutcomeUnknown as error:
                lost = True
                found = find()
                if found is not None and is_ours(found):
                    return found
                self._before_next(error, tries)
            except AlreadyExists:
                # After a send of ours that was lost, what exists may be ours and not be shown yet.
                found = self._shown(find) if lost else None
                if found is None or not is_ours(found):
                    raise
                return found

    def post(self, path: str, body: Document | None = None, wants: Sequence[str] = ()) -> Document:
        """Act in a way that a second time would change nothing; return the answer, with the properties of ``wants``."""
        return self._send("POST", path, body, repeatable=True, wants=wants)

    def post_once(self, path: str, body: Document | None = None) -> Document:
        """Act once; raise OutcomeUnknown when the answer was lost, for a caller who then looks what became of it."""
        return self._send("POST", path, body)

    def patch(self, path: str, body: Document) -> None:
        """Update in place."""
        self._send("PATCH", path, body)

    def upsert(self, path: str, body: Document) -> Document:
        """Create by key and return the new document, or update what is there already and return {}.

        Source: https://learn.microsoft.com/graph/api/group-upsert
        """
        return self._send("PATCH", path, body, {"Prefer": "create-if-missing"}, wants=("id",))

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
        wants: Sequence[str] = (),
    ) -> Document:
        again = repeatable or method in _REPEATABLE
        unsent = self._tries(_TRIES_TO_REACH)
        failures, declines = self._tries(_TRIES), self._tries(_TRIES_DECLINED)
        while True:
            self._take_turn()
            try:
                document = self._once(method, path, body, headers or {}, wants)
            except NotSent as error:
                self._before_next(error, unsent)
            except Throttled as error:
                self._stand_back(error, declines)
            except OutcomeUnknown as error:
                if not again:
                    raise
                self._before_next(error, failures)
            else:
                self.client.traffic.succeeded()
                return document

    def _once(
        self, method: str, path: str, body: Document | None, headers: Mapping[str, str], wants: Sequence[str]
    ) -> Document:
        reply = self.client.exchange(method, path, body, headers)
        if reply.is_success:
            return _document(method, path, reply, wants)
        answer = read_error(method, reply.path, reply.status, reply.headers, reply.content)
        if answer.retry_after is not None:
            self.client.traffic.close(answer.retry_after)
        error = error_of(answer, advice_on_denial(answer))
        if reply.status in _PASSING:
            raise OutcomeUnknown(str(error), answer.retry_after) from error
        raise error

    @staticmethod
    def _tries(number: int) -> Iterator[float]:
        """Return the pauses between a number of tries."""
        return islice(growing(most=_LONGEST_PAUSE), number - 1)

    def _take_turn(self) -> None:
        """Wait, with all requests of the process, while Graph wants none of them; raise Abandoned."""
        self.waiter.go_on()
        while closed := self.client.traffic.closed():
            self.waiter.pause(self.client.traffic.heed(closed), "Graph has asked this run to slow down: going on")

    def _stand_back(self, error: Throttled, tries: Iterator[float]) -> None:
        """Wait after a 429, as long as Graph asks, and keep every other request of the process back as long."""
        pause = next(tries, None)
        if pause is None:
            raise error
        traffic, asked = self.client.traffic, error.answer.retry_after
        if asked is None:
            pause = traffic.back_off(pause)
            traffic.close(pause)
        self.waiter.pause(pause if asked is None else traffic.heed(asked), f"{error} Trying again")

    def _before_next(self, error: Unanswered, tries: Iterator[float]) -> None:
        """Wait before a request that failed is sent again; raise its error when there is no further try."""
        pause, traffic, asked = next(tries, None), self.client.traffic, error.retry_after
        if pause is None:
            raise error
        if not traffic.take_retry():
            raise type(error)(f"{error} Not tried again: too many calls of this run have failed. Try later") from error
        if asked is None:
            seconds = traffic.back_off(pause)
        else:
            # What Graph asked for may be over, after the look at what became of a create; Entra's wait begins now.
            seconds = traffic.heed(asked if isinstance(error, NotSent) else traffic.closed())
        self.waiter.pause(seconds, f"{error} Trying again")

    def _shown(self, find: Callable[[], Document | None]) -> Document | None:
        try:
            return self.waiter.until(find, "what was just made can be read", LAG)
        except TimedOut:
            return None


class _TooLong(Exception):
    """Say that an answer has no end that we would wait for."""


def _read(response: httpx.Response) -> bytes:
    content = bytearray()
    for chunk in response.iter_bytes():
        content += chunk
        if len(content) > _LONGEST_ANSWER:
            raise _TooLong(f"it is longer than {_LONGEST_ANSWER} bytes")
    return bytes(content)


def _document(method: str, path: str, reply: Reply, wants: Sequence[str]) -> Document:
    """Return the document of a success; raise OutcomeUnknown when it is not what Graph says there.

    A write that succeeded with an answer nobody understands may have done anything, and a read has found nothing out.
    """
    if not reply.content and method != "GET" and not (wants and method == "POST"):
        return {}
    document = json_object(reply.content)
    if document is None:
        problem: str | None = first_words(reply.content) or "nothing"
    else:
        missing = None if method == "GET" and "value" in document else lacks(document, wants)
        problem = f"it has no {missing}" if missing else misfit(document)
        if problem is None:
            return document
    raise OutcomeUnknown(f"the answer to {method} {path} is not Graph's (HTTP {reply.status}): {problem}")


def _is_collection(elements: Any, wants: Sequence[str]) -> TypeGuard[list[Document]]:
    return isinstance(elements, list) and all(
        isinstance(each, dict) and lacks(each, wants) is None for each in elements
    )


def _origin(address: httpx.URL) -> str:
    return f"{address.scheme}://{address.netloc.decode()}"
