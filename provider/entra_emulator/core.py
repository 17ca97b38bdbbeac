"""One request in, one response out: the whole emulator, whatever door the request came through."""

from __future__ import annotations

import json
import logging
import threading
import uuid
from collections.abc import Callable
from datetime import datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qsl

from entra_emulator.clock import Clock
from entra_emulator.directory import organization, timeline
from entra_emulator.directory.store import Store
from entra_emulator.directory.tenant import Tenant
from entra_emulator.exchange import Request, Response
from entra_emulator.journal import Journal, Kind
from entra_emulator.refusals import Refusal, envelope, not_emulated
from entra_emulator.routes import batch, sign_in
from entra_emulator.routes.call import VERSION, Answer, Call, Switches
from entra_emulator.routes.routing import Router
from entra_emulator.routes.sign_in import SignInCall
from entra_emulator.routes.table import GRAPH, SIGN_IN, Route
from entra_emulator.sign_in import SignInError
from entra_emulator.tokens import Gate, Signer

CONTROL = "/_emulator"
_BATCH = f"{VERSION}/$batch"
_JSON = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"
_DIAGNOSTIC = json.dumps(
    {"ServerInfo": {"DataCenter": "Local", "Slice": "E", "Ring": "0", "ScaleUnit": "000", "RoleInstance": "EMULATOR"}},
    separators=(",", ":"),
)
_GRAPH = Router((route.method, VERSION + route.path, route) for route in GRAPH)
_SIGN_IN = Router((method, path, operation) for method, path, operation in SIGN_IN)
_LOG = logging.getLogger(__name__)


class Core:
    """Answers requests, one at a time, and writes each into the journal."""

    def __init__(
        self, store: Store, clock: Clock, signer: Signer, journal: Journal, switches: Switches,
        control: Callable[[Request], Answer],
    ) -> None:  # fmt: skip
        """Answer out of a store; ``control`` answers what is under ``/_emulator``."""
        self._store = store
        self._clock = clock
        self._signer = signer
        self._gate = Gate(signer)
        self._journal = journal
        self._switches = switches
        self._control = control
        self.turn = threading.RLock()

    def handle(self, request: Request) -> Response:
        """Answer a request; whatever it is, this raises nothing."""
        with self.turn:
            now = self._clock.now()
            try:
                timeline.catch_up(self._store, now)
                kind, answer, response = self._dispatch(request, now)
            except Exception as error:
                _LOG.exception("%s %s", request.method, request.path)
                failure = Refusal(500, "EmulatorError", f"entra-emulator failed: {type(error).__name__}: {error}")
                kind, (answer, response) = "graph", _refuse(request, failure, now)
            self._journal.record(
                time=now,
                kind=kind,
                method=request.method,
                path=f"{request.path}?{request.query}" if request.query else request.path,
                status=response.status,
                request_headers=dict(request.headers),
                request_body=_readable(request),
                # What the controls show is not to be shown again, the journal itself above all.
                response_body=None if kind == "control" else answer.content,
            )
            return response

    def _dispatch(self, request: Request, now: datetime) -> tuple[Kind, Answer, Response]:
        if request.path == CONTROL or request.path.startswith(f"{CONTROL}/"):
            answer = self._control(request)
            return "control", answer, _plain(answer)
        signing_in = _SIGN_IN.find(request.method, request.path)
        if signing_in is not None:
            answer = self._sign_in(signing_in.row, signing_in.parameters["tenant"], request, now)
            return "token", answer, _plain(answer)
        answer, response = self._graph(request, now)
        return "graph", answer, response

    def _sign_in(self, operation: Callable[[SignInCall], Answer], name: str, request: Request, now: datetime) -> Answer:
        try:
            return operation(SignInCall(request, name, self._tenant_named(name, now), now, self._signer))
        except SignInError as error:
            return sign_in.refuse(error, now)

    def _graph(self, request: Request, now: datetime) -> tuple[Answer, Response]:
        try:
            answer = self._graph_answer(request, now)
        except Refusal as refusal:
            return _refuse(request, refusal, now)
        return answer, _stamp(answer, *_request_ids(request), now)

    def _graph_answer(self, request: Request, now: datetime) -> Answer:
        """Answer a call of Graph.

        Raises:
            Refusal: Graph's refusal, or the emulator's own for a call that it does not know or cannot carry out.
        """
        if request.method == "POST" and request.path == _BATCH:
            self._gate.admit(request.headers.get("authorization"), now)
            return batch.run(request, lambda item: self._graph(item, now)[1])
        found = _GRAPH.find(request.method, request.path)
        if found is None:
            raise _unknown(request)
        caller = self._gate.admit(request.headers.get("authorization"), now)
        tenant = Tenant(caller.tenant_id, self._store.tenant(caller.tenant_id), now)
        found.row.permission.admit(tenant, caller)
        return self._apply(found.row, Call(request, found.parameters, tenant, caller, self._switches))

    def _apply(self, route: Route, call: Call) -> Answer:
        """Carry out one call: a write is one transaction, committed before it is answered.

        Nothing else carries out a call of Graph: what is to happen before or after one is applied belongs here.
        """
        if route.method == "GET":
            return route.operation(call)
        with self._store.transaction():
            return route.operation(call)

    def _tenant_named(self, name: str, now: datetime) -> Tenant | None:
        """Find a tenant by its id or by one of its domains."""
        for tenant_id in self._store.tenants(organization.ORGANIZATION):
            tenant = Tenant(tenant_id, self._store.tenant(tenant_id), now)
            if name.casefold() == tenant_id or organization.is_verified_domain(tenant, name):
                return tenant
        return None


def _refuse(request: Request, refusal: Refusal, now: datetime) -> tuple[Answer, Response]:
    request_id, client_request_id = _request_ids(request)
    document = envelope(refusal, at=now, request_id=request_id, client_request_id=client_request_id)
    answer = Answer(refusal.status, document, headers=refusal.headers)
    return answer, _stamp(answer, request_id, client_request_id, now)


def _request_ids(request: Request) -> tuple[str, str]:
    request_id = str(uuid.uuid4())
    return request_id, request.headers.get("client-request-id", request_id)


def _stamp(answer: Answer, request_id: str, client_request_id: str, now: datetime) -> Response:
    """Write an answer with the headers that Graph puts on every one."""
    return _respond(
        answer,
        {
            "request-id": request_id,
            "client-request-id": client_request_id,
            "x-ms-ags-diagnostic": _DIAGNOSTIC,
            "Date": format_datetime(now, usegmt=True),
            "Strict-Transport-Security": "max-age=31536000",
        },
    )


def _unknown(request: Request) -> Refusal:
    if request.method in ("GET", "POST", "PATCH", "DELETE"):
        return not_emulated(f"{request.method} {request.path}")
    return Refusal(405, "Request_BadRequest", "Specified HTTP method is not allowed for the request target.")


def _plain(answer: Answer) -> Response:
    return _respond(answer, {})


def _respond(answer: Answer, headers: dict[str, str]) -> Response:
    headers = {**headers, **answer.headers}
    if answer.text is not None:
        return Response(answer.status, {**headers, "Content-Type": "text/plain"}, answer.text.encode())
    if answer.document is None:
        return Response(answer.status, headers)
    body = json.dumps(answer.document, ensure_ascii=False, separators=(",", ":")).encode()
    return Response(answer.status, {**headers, "Content-Type": _JSON}, body)


def _readable(request: Request) -> Any:
    """Read a body for the journal; one that cannot be read cannot be blanked, and is not kept."""
    if not request.body:
        return None
    if "x-www-form-urlencoded" in request.headers.get("content-type", ""):
        return dict(parse_qsl(request.body.decode(errors="replace"), keep_blank_values=True))
    try:
        return json.loads(request.body)
    except ValueError:
        return f"({len(request.body)} bytes that are no JSON)"
