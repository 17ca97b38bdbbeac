"""Previews written by hand, step by step, in the engine's form."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from pulumi_entra_pim.review.model import Review
from pulumi_entra_pim.review.reading import Preview, read_preview
from pulumi_entra_pim.review.verdict import review

NOW = datetime(2027, 1, 1, tzinfo=UTC)
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
SECRET = "[secret]"
SECURITY_ADMINISTRATOR = "194ae4cb-b126-40b2-bd5b-6091b380977d"
SECURITY_READER = "5d6b6bb7-de71-4623-b4af-96380a352509"

Values = dict[str, Any]


def urn(kind: str, name: str) -> str:
    """Return the URN of a resource of the stack."""
    return f"urn:pulumi:test::contoso::{kind}::{name}"


def guid(number: int) -> str:
    """Return an object id."""
    return f"{number:08x}-0000-4000-8000-000000000000"


def user(**values: object) -> Values:
    """Return a user's properties."""
    given = {"user_principal_name": "aline@contoso.com", "display_name": "Aline", "password": SECRET}
    return (
        given | {"force_change_password_next_sign_in": True, "account_enabled": True, "adopt_existing": False} | values
    )


def group(**values: object) -> Values:
    """Return a group's properties."""
    return {"display_name": "Desk", "adopt_existing": False, "owners": [], "members": []} | values


def grant(**values: object) -> Values:
    """Return an eligibility's properties."""
    given = {"principal_id": guid(1), "role_definition_id": SECURITY_ADMINISTRATOR, "directory_scope_id": "/"}
    return given | {"end": "2027-06-01T00:00:00Z", "justification": "Second line of the team"} | values


def in_force(values: Values, start: str = "2026-12-01T00:00:00Z", end: str | None = "2027-06-01T00:00:00Z") -> Values:
    """Return an eligibility's properties with the window that the tenant gave it."""
    return values | {"effective_start": start, "effective_end": end, "status": "Provisioned"}


def step(
    op: str,
    kind: str,
    name: str,
    before: Values | None = None,
    after: Values | None = None,
    *,
    id_: str = "",
    sources: Mapping[str, Iterable[str]] | None = None,
    **options: object,
) -> Values:
    """Return a step; ``options`` are of the resource."""
    made: Values = {"op": op, "urn": urn(kind, name), "detailedDiff": None}
    dependencies = {key: list(urns) for key, urns in (sources or {}).items()}
    shared: Values = {"urn": urn(kind, name), "type": kind, "custom": True, "propertyDependencies": dependencies}
    shared |= options
    if before is not None:
        made["oldState"] = shared | {"id": id_, "inputs": before, "outputs": before}
    if after is not None:
        made["newState"] = shared | {"inputs": after}
    return made


def document(*steps: Values, **more: object) -> str:
    """Return a preview with all of its unchanged resources."""
    same = sum(each["op"] == "same" for each in steps)
    return json.dumps({"steps": steps, "changeSummary": {"same": same}} | more)


def read(*steps: Values, **more: object) -> Preview:
    """Read a preview of some steps."""
    return read_preview(document(*steps, **more))


def reviewed(*steps: Values, **more: object) -> Review:
    """Review a preview of some steps."""
    return review(read(*steps, **more), NOW)
