"""What Microsoft Graph answers when it says no."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Detail:
    """One entry of an error's ``details``."""

    code: str
    message: str
    target: str | None = None


@dataclass(slots=True)
class Refusal(Exception):
    """Say no in Graph's words: an HTTP status, an error code and a message.

    https://learn.microsoft.com/graph/errors
    """

    status: int
    code: str
    message: str
    details: Sequence[Detail] = ()
    headers: Mapping[str, str] = field(default_factory=dict)


def bad_request(message: str, *details: Detail) -> Refusal:
    """Name the 400 that the directory gives for most of what it refuses."""
    return Refusal(400, "Request_BadRequest", message, details)


def resource_not_found(key: str) -> Refusal:
    """Name the 404 of an object that is not there, not yet there, or of another type."""
    return Refusal(
        404,
        "Request_ResourceNotFound",
        f"Resource '{key}' does not exist or one of its queried reference-property objects are not present.",
    )


def not_emulated(what: str) -> Refusal:
    """Own up to a gap, so that it is never mistaken for Graph's answer."""
    return Refusal(501, "EmulatorNotImplemented", f"entra-emulator does not emulate {what}.")


def envelope(refusal: Refusal, *, at: datetime, request_id: str, client_request_id: str) -> dict[str, object]:
    """Write a refusal as Graph's error document; ``innerError.date`` carries no zone."""
    error: dict[str, object] = {"code": refusal.code, "message": refusal.message}
    if refusal.details:
        error["details"] = [
            {"code": detail.code, "message": detail.message, "target": detail.target}
            if detail.target
            else {"code": detail.code, "message": detail.message}
            for detail in refusal.details
        ]
    error["innerError"] = {
        "date": at.strftime("%Y-%m-%dT%H:%M:%S"),
        "request-id": request_id,
        "client-request-id": client_request_id,
    }
    return {"error": error}
