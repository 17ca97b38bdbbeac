"""The way between a provider and the emulator, on which answers get lost, late or wrong where a test says so."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

Forward = Callable[[httpx.Request], httpx.Response]
Behaviour = Callable[[httpx.Request, Forward], httpx.Response]
"""What becomes of a request, given a way to have the service act on it."""


@dataclass(frozen=True, slots=True)
class Sent:
    """One request that the provider sent, and the status of the answer; None when the answer never came."""

    method: str
    target: str
    headers: httpx.Headers
    body: Any
    status: int | None

    @property
    def path(self) -> str:
        """Return the path without its query."""
        return self.target.partition("?")[0]

    @property
    def line(self) -> str:
        """Return the request as one line, without Graph's version."""
        return f"{self.method} {self.target.removeprefix('/v1.0')}"


@dataclass(slots=True)
class _Rule:
    method: str
    path: re.Pattern[str]
    behaviour: Behaviour
    skip: int
    times: int


@dataclass
class Network(httpx.BaseTransport):
    """Carries requests to the emulator, remembers them, and misbehaves for the calls that rules name."""

    service: httpx.BaseTransport
    sent: list[Sent] = field(default_factory=list)
    _rules: list[_Rule] = field(default_factory=list)

    def on(self, method: str, path: str, behaviour: Behaviour, *, nth: int = 1, times: int = 1) -> None:
        """Misbehave for the nth request that matches, and those after it, ``times`` in all."""
        self._rules.append(_Rule(method, re.compile(path), behaviour, nth - 1, times))

    def on_call(self, number: int, behaviour: Behaviour) -> None:
        """Misbehave for the call of a number, counted from now, whatever it is."""
        self._rules.append(_Rule("", re.compile(""), behaviour, number - 1, 1))

    def clear(self) -> None:
        """Behave from now on."""
        self._rules.clear()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Carry one request."""
        response = None
        try:
            response = self._behaviour(request)(request, self.service.handle_request)
        finally:
            content = request.read()
            self.sent.append(
                Sent(
                    request.method,
                    request.url.raw_path.decode(),
                    request.headers,
                    json.loads(content) if content else None,
                    response.status_code if response is not None else None,
                )
            )
        return response

    def lines(self) -> list[str]:
        """Return what was sent, a line each."""
        return [each.line for each in self.sent]

    def writes(self) -> list[Sent]:
        """Return what was sent to change something."""
        return [each for each in self.sent if each.method != "GET"]

    @contextmanager
    def recording(self) -> Iterator[list[Sent]]:
        """Give the list of what is sent within the block, filled at its end."""
        before = len(self.sent)
        recorded: list[Sent] = []
        try:
            yield recorded
        finally:
            recorded.extend(self.sent[before:])

    def _behaviour(self, request: httpx.Request) -> Behaviour:
        target = request.url.raw_path.decode()
        for rule in self._rules:
            if rule.method not in ("", request.method) or not rule.path.search(target) or not rule.times:
                continue
            if rule.skip:
                rule.skip -= 1
                continue
            rule.times -= 1
            return rule.behaviour
        return _as_it_should


def _as_it_should(request: httpx.Request, forward: Forward) -> httpx.Response:
    return forward(request)


def unreachable(request: httpx.Request, forward: Forward) -> httpx.Response:
    """Never send it."""
    raise httpx.ConnectError("connection refused", request=request)


def lose(request: httpx.Request, forward: Forward) -> httpx.Response:
    """Lose it before the service acts."""
    raise httpx.ReadTimeout("timed out", request=request)


def lose_answer(request: httpx.Request, forward: Forward) -> httpx.Response:
    """Lose the answer after the service has acted."""
    forward(request)
    raise httpx.RemoteProtocolError("the connection was closed", request=request)


def fail(status: int, *, applied: bool = False, headers: dict[str, str] | None = None) -> Behaviour:
    """Answer with a failure of the service, before or after it has acted."""

    def behaviour(request: httpx.Request, forward: Forward) -> httpx.Response:
        if applied:
            forward(request)
        return httpx.Response(status, headers=headers, json=_envelope("UnknownError", "failed"), request=request)

    return behaviour


def refuse(status: int, code: str, message: str = "no") -> Behaviour:
    """Answer with a refusal, without acting."""

    def behaviour(request: httpx.Request, forward: Forward) -> httpx.Response:
        return httpx.Response(status, json=_envelope(code, message), request=request)

    return behaviour


def instead(status: int, document: dict[str, Any]) -> Behaviour:
    """Answer with a document, without acting."""

    def behaviour(request: httpx.Request, forward: Forward) -> httpx.Response:
        return httpx.Response(status, json=document, request=request)

    return behaviour


def garbage(request: httpx.Request, forward: Forward) -> httpx.Response:
    """Have the service act, and answer with the page of a proxy."""
    forward(request)
    return httpx.Response(200, html="<html>Please sign in to the guest network</html>", request=request)


def not_there(request: httpx.Request, forward: Forward) -> httpx.Response:
    """Answer that there is no such thing: a read of a replica that lags behind."""
    return refuse(404, "Request_ResourceNotFound")(request, forward)


def empty(request: httpx.Request, forward: Forward) -> httpx.Response:
    """Answer that a collection has no elements: a list that lags behind."""
    return httpx.Response(200, json={"value": []}, request=request)


def changing(edit: Callable[[dict[str, Any]], object]) -> Behaviour:
    """Have the service act, and change its answer."""

    def behaviour(request: httpx.Request, forward: Forward) -> httpx.Response:
        response = forward(request)
        document = response.json()
        edit(document)
        return httpx.Response(response.status_code, headers=response.headers, json=document, request=request)

    return behaviour


def asking(edit: Callable[[dict[str, Any]], object]) -> Behaviour:
    """Have the service act on something other than what was asked."""

    def behaviour(request: httpx.Request, forward: Forward) -> httpx.Response:
        body = json.loads(request.read())
        edit(body)
        return forward(httpx.Request(request.method, request.url, headers=_without_length(request), json=body))

    return behaviour


def first(act: Callable[[], object], then: Behaviour = _as_it_should) -> Behaviour:
    """Let something else happen before the service gets the request."""

    def behaviour(request: httpx.Request, forward: Forward) -> httpx.Response:
        act()
        return then(request, forward)

    return behaviour


def _without_length(request: httpx.Request) -> dict[str, str]:
    return {name: value for name, value in request.headers.items() if name.lower() != "content-length"}


def _envelope(code: str, message: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": message, "innerError": {"request-id": "made-up-by-the-test"}}}
