"""The grants that stacks own, from what ``pulumi stack export`` writes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ..graph.errors import json_object
from .access import Access, State
from .exits import CannotBeDone

# A grant's id in the state is `scope|role|principal`, and its type says which list of PIM it is in.
_GRANTS: dict[str, State] = {
    "pulumi-python:dynamic/entra-pim:RoleEligibility": "eligible",
    "pulumi-python:dynamic/entra-pim:RoleAssignment": "active",
}

Key = tuple[State, str, str, str]


@dataclass(frozen=True, slots=True)
class Owned:
    """The grants of one stack, and the tenants that they were made in."""

    keys: frozenset[Key]
    tenants: frozenset[str]


def owned(text: str, source: str) -> Owned:
    """Read the grants of one export; raise CannotBeDone when it is none."""
    document = json_object(text) or {}
    deployment = document.get("deployment")
    if not isinstance(deployment, dict) or "version" not in document:
        raise CannotBeDone(f"{source} is not what `pulumi stack export` writes")
    resources = [each for each in deployment.get("resources") or [] if isinstance(each, dict)]
    grants = [each for each in resources if each.get("type") in _GRANTS]
    return Owned(
        frozenset(key for each in grants if (key := _key(each)) is not None),
        frozenset(tenant for each in grants if (tenant := _tenant(each))),
    )


def unmanaged(rows: Iterable[Access], stacks: Iterable[Owned]) -> list[Access]:
    """Return the grants that no stack owns.

    What somebody activated is no grant of its own: it stands on an eligibility, and ends with it.
    """
    keys: frozenset[Key] = frozenset().union(*(stack.keys for stack in stacks))
    return [row for row in rows if row.how != "Activated" and row.key not in keys]


def refuse_other_tenants(stacks: Iterable[Owned], tenant_id: str) -> None:
    """Raise CannotBeDone when a stack's grants were made in another tenant than the caller's."""
    others = sorted(frozenset().union(*(stack.tenants for stack in stacks)) - {tenant_id})
    if others:
        raise CannotBeDone(
            f"a stack's grants were made in tenant {', '.join(others)}, and you are signed in to {tenant_id}: nothing"
            " was compared"
        )


def _key(resource: dict[str, Any]) -> Key | None:
    scope, _, rest = str(resource.get("id") or "").lower().partition("|")
    role, _, principal = rest.partition("|")
    return (_GRANTS[resource["type"]], scope, role, principal) if principal else None


def _tenant(resource: dict[str, Any]) -> str:
    outputs = resource.get("outputs")
    return str(outputs.get("tenant_id") or "") if isinstance(outputs, dict) else ""
