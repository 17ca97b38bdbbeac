"""What an operation is given and what it gives back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from entra_emulator.directory.store import Document
from entra_emulator.directory.tenant import Caller, Tenant
from entra_emulator.exchange import Request
from entra_emulator.odata import Options, read_options
from entra_emulator.refusals import Refusal

VERSION = "/v1.0"


@dataclass(slots=True)
class Switches:
    """Behaviours of the service that are not on record, to be tried both ways."""

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
        """What is answered, whichever it is."""
        return self.document if self.text is None else self.text


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
