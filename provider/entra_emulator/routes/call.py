"""What an operation is given and what it gives back."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from entra_emulator.directory.oddities import Oddities
from entra_emulator.directory.store import Document
from entra_emulator.directory.tenant import Caller, Tenant
from entra_emulator.exchange import Request
from entra_emulator.odata import Options, read_options
from entra_emulator.refusals import Refusal, envelope

VERSION = "/v1.0"


@dataclass(slots=True)
class Switches(Oddities):
    """Behaviours of the service that can be tried both ways: its oddities, and those that are not on record.

    upsert_role_assignable: the upsert by unique name takes ``isAssignableToRole``, as Microsoft's example has it.
        https://learn.microsoft.com/graph/api/group-upsert
    """

    upsert_role_assignable: bool = True

    def reset(self) -> None:
        """Turn every behaviour back to the likelier one."""
        for each in fields(self):
            setattr(self, each.name, each.default)


@dataclass(frozen=True, slots=True)
class Answer:
    """A status and, where there is one, a JSON document or a plain text."""

    status: int = 200
    document: Any = None
    text: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def content(self) -> Any:
        """What is answered, whichever it is; a page is for eyes alone, and may hold a code."""
        if self.text is None:
            return self.document
        return None if "Content-Type" in self.headers else self.text


NO_CONTENT = Answer(204)


@dataclass(frozen=True, slots=True)
class Call:
    """One call of Graph that was let in."""

    request: Request
    parameters: Mapping[str, str]
    tenant: Tenant
    caller: Caller
    switches: Switches

    @property
    def body(self) -> Document:
        """The JSON object that was sent.

        Raises:
            Refusal: 400 BadRequest for anything else.
        """
        return read_object(self.request)

    @property
    def options(self) -> Options:
        """The query options."""
        return read_options(self.request.query)

    @property
    def is_eventual(self) -> bool:
        """Whether the caller accepts ``ConsistencyLevel: eventual``."""
        return self.request.headers.get("consistencylevel", "").casefold() == "eventual"

    def refusal(self, refusal: Refusal) -> Answer:
        """Say no to what was done all the same: a refusal that is raised undoes its write."""
        request_id = str(uuid.uuid4())
        client_request_id = self.request.headers.get("client-request-id", request_id)
        document = envelope(refusal, at=self.tenant.now, request_id=request_id, client_request_id=client_request_id)
        ids = {"request-id": request_id, "client-request-id": client_request_id}
        return Answer(refusal.status, document, headers=ids)

    def context(self, fragment: str) -> str:
        """Write an ``@odata.context``."""
        return f"{self.root}/$metadata#{fragment}"

    @property
    def root(self) -> str:
        """Where Graph is, as the caller wrote it."""
        return self.request.origin + VERSION


def read_object(request: Request) -> Document:
    """Read a request's body as a JSON object.

    Raises:
        Refusal: 400 BadRequest.
    """
    try:
        body = json.loads(request.body)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise Refusal(
            400,
            "BadRequest",
            "Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid "
            "JSON format.",
        )
    return body
