"""One request in, one response out: the whole emulator, whatever door the request came through."""

from __future__ import annotations

import json
import logging
import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qsl

from entra_emulator import faults
from entra_emulator.clock import Clock
from entra_emulator.conditions import Conditions
from entra_emulator.directory import organization, timeline
from entra_emulator.directory.store import Store
from entra_emulator.directory.tenant import Tenant
from entra_emulator.early_retries import App
from entra_emulator.exchange import Request, Response
from entra_emulator.faults import Fault, Service
from entra_emulator.journal import Journal, Kind
from entra_emulator.refusals import Refusal, envelope, not_emulated
from entra_emulator.routes import batch, sign_in
from entra_emulator.routes.call import VERSION, Answer, Call
from entra_emulator.routes.routing import Found, Router
from entra_emulator.routes.sign_in import SignInCall
from entra_emulator.routes.table import GRAPH, SIGN_IN, Route
from entra_emulator.sign_in import SignInError, continuous_access
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
_SignIn = Callable[[SignInCall], Answer]


@dataclass(frozen=True, slots=True)
class _Done:
    """A request that was dealt with: what its client is given, and what the journal is told."""

    kind: Kind
    response: Response
    content: Any
    applied: bool
    fault: Fault | None = None


class Core:
    """Answers requests, one at a time, and writes each into the journal."""

    def __init__(
        self, store: Store, clock: Clock, signer: Signer, journal: Journal, conditions: Conditions,
        turn: threading.RLock, control: Callable[[Request], Answer],
    ) -> None:  # fmt: skip
        """Answer out of a store; ``control`` answers what is under ``/_emulator``, ``turn`` is held meanwhile."""
        self._store = store
        self._clock = clock
        self._signer = signer
        self._gate = Gate(signer)
        self._journal = journal
        self._switches = conditions.switches
        self._faults = conditions.faults
        self._pace = conditions.pace
        self._limits = conditions.limits
        self._control = control
        self._turn = turn

    def handle(self, request: Request) -> Response:
        """Answer a request; whatever it is, this raises nothing."""
        with self._turn:
            now = self._clock.now()
            try:
                timeline.catch_up(self._store, now)
                done = self._dispatch(request, now)
            except Exception as error:
                _LOG.exception("%s %s", request.method, request.path)
                failure = Refusal(500, "EmulatorError", f"entra-emulator failed: {type(error).__name__}: {error}")
                done = _refused(request, failure, now)
            number = self._journal.record(
                time=now,
                kind=done.kind,
                method=request.method,
                path=request.target,
                status=done.response.status,
                request_headers=dict(request.headers),
                request_body=_readable(request),
                response_body=done.content,
                applied=done.applied,
                fault=None if done.fault is None else done.fault.kind,
                size=len(request.body) + len(done.response.body),
            )
            if done.fault is not None:
                self._faults.note(number, done.fault, request.method, request.target)
            return done.response

    def _dispatch(self, request: Request, now: datetime) -> _Done:
        if request.path == CONTROL or request.path.startswith(f"{CONTROL}/"):
            answer = self._control(request)
            # What the controls show is not to be shown again, the journal itself above all.
            return _Done("control", _plain(answer), None, applied=answer.status < 400)
        return self._serve(request, now)

    def _serve(self, request: Request, now: datetime) -> _Done:
        """Answer a call of Graph or of the token endpoint, with whatever goes wrong on its way."""
        method, target = request.method, request.target
        signing_in = _SIGN_IN.find(method, request.path)
        kind: Service = "graph" if signing_in is None else "token"
        self._faults.retries.arrive(method, target, lambda: self._app(request, now), now)
        fault = self._faults.strike(kind, method, target)
        if fault is None:
            done = self._carry_out(signing_in, request, now)
        else:
            applied = fault.when == "after" and self._carry_out(signing_in, request, now).applied
            done = replace(_struck(fault, kind, request, now), applied=applied, fault=fault)
        told = done.response.headers.get("Retry-After")
        if told is not None:
            self._faults.retries.tell(done.response.status, told, method, target, self._app(request, now), now)
        return done

    def _carry_out(self, signing_in: Found[_SignIn] | None, request: Request, now: datetime) -> _Done:
        if signing_in is None:
            return self._graph(request, now)
        answer = self._sign_in(signing_in.row, signing_in.parameters["tenant"], request, now)
        return _Done("token", _plain(answer), answer.content, applied=answer.status < 400)

    def _app(self, request: Request, now: datetime) -> App | None:
        """Tell which app calls Graph, if its token is good."""
        try:
            caller = self._gate.admit(request.headers.get("authorization"), now)
        except Refusal:
            return None
        return caller.tenant_id, caller.app_id

    def _sign_in(self, operation: _SignIn, name: str, request: Request, now: datetime) -> Answer:
        # What a refusal notes, such as when a device last asked, is kept.
        with self._store.transaction():
            try:
                return operation(SignInCall(request, name, self._tenant_named(name, now), now, self._signer))
            except SignInError as error:
                return sign_in.refuse(error, now)

    def _graph(self, request: Request, now: datetime) -> _Done:
        charged: Mapping[str, str] = {}
        try:
            charged = self._charge(request, now)
            answer = self._graph_answer(request, now)
        except Refusal as refusal:
            return _refused(request, replace(refusal, headers={**refusal.headers, **charged}), now)
        answer = replace(answer, headers={**answer.headers, **charged})
        return _Done("graph", _stamp(answer, *_request_ids(request), now), answer.content, applied=True)

    def _charge(self, request: Request, now: datetime) -> Mapping[str, str]:
        """Count a call against its app's limits, and tell the headers that say so.

        Raises:
            Refusal: 429 TooManyRequests.
        """
        app = None if self._limits.size is None else self._app(request, now)
        return {} if app is None else self._limits.charge(app, request.method, request.path, request.query, now)

    def _graph_answer(self, request: Request, now: datetime) -> Answer:
        """Answer a call of Graph.

        Raises:
            Refusal: Graph's refusal, or the emulator's own for a call that it does not know or cannot carry out.
        """
        if request.method == "POST" and request.path == _BATCH:
            self._gate.admit(request.headers.get("authorization"), now)
            return batch.run(request, lambda item: self._graph(item, now).response)
        found = _GRAPH.find(request.method, request.path)
        if found is None:
            raise _unknown(request)
        caller = self._gate.admit(request.headers.get("authorization"), now)
        tenant = Tenant(caller.tenant_id, self._store.tenant(caller.tenant_id), now)
        continuous_access.admit(tenant, caller)
        found.row.permission.admit(tenant, caller)
        return self._apply(found.row, Call(request, found.parameters, tenant, caller, self._switches))

    def _apply(self, route: Route, call: Call) -> Answer:
        """Carry out one call: a write is one transaction, committed before it is answered.

        Nothing else carries out a call of Graph: what a call gets to see of the directory is decided here.
        """
        if route.method == "GET":
            with self._pace.reading(call.tenant) as tenant:
                return route.operation(replace(call, tenant=tenant))
        with self._pace.writing(call.tenant) as tenant, self._store.transaction():
            return route.operation(replace(call, tenant=tenant))

    def _tenant_named(self, name: str, now: datetime) -> Tenant | None:
        """Find a tenant by its id or by one of its domains."""
        for tenant_id in self._store.tenants(organization.ORGANIZATION):
            tenant = Tenant(tenant_id, self._store.tenant(tenant_id), now)
            if name.casefold() == tenant_id or organization.is_verified_domain(tenant, name):
                return tenant
        return None


def _struck(fault: Fault, kind: Service, request: Request, now: datetime) -> _Done:
    """Say what a client meets of a fault."""
    refusal, error = faults.refusal(fault, now), faults.sign_in_error(fault)
    if kind == "graph" and refusal is not None:
        return _refused(request, refusal, now)
    if kind == "token" and error is not None:
        answer = replace(sign_in.refuse(error, now), headers=faults.retry_after(fault))
        return _Done(kind, _plain(answer), answer.content, applied=False)
    response = faults.garbled(fault, request.method)
    return _Done(kind, response, response.body.decode() or None, applied=False)


def _refused(request: Request, refusal: Refusal, now: datetime) -> _Done:
    request_id, client_request_id = _request_ids(request)
    document = envelope(refusal, at=now, request_id=request_id, client_request_id=client_request_id)
    answer = Answer(refusal.status, document, headers=refusal.headers)
    return _Done("graph", _stamp(answer, request_id, client_request_id, now), document, applied=False)


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
        return Response(answer.status, {"Content-Type": "text/plain", **headers}, answer.text.encode())
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
