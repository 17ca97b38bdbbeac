"""Which permissions the resources of a stack need, and which of them a token has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from ...graph.permissions import needed
from .check import Check, failed, passed

if TYPE_CHECKING:
    from ...graph.auth import Identity

_PIM = "/roleManagement/directory"
CALLS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "TestUser": (
        ("GET", "/users/{id}"),
        ("POST", "/users"),
        ("PATCH", "/users/{id}"),
        ("DELETE", "/users/{id}"),
    ),
    "RoleAssignableGroup": (
        ("GET", "/groups/{id}"),
        ("PATCH", "/groups/{id}"),
        ("DELETE", "/groups/{id}"),
        ("GET", f"{_PIM}/roleEligibilitySchedules"),
        ("GET", f"{_PIM}/roleAssignmentSchedules"),
    ),
    "RoleEligibility": (
        ("GET", f"{_PIM}/roleEligibilitySchedules"),
        ("POST", f"{_PIM}/roleEligibilityScheduleRequests"),
    ),
}
"""The calls that each kind of resource cannot do without."""

# Beside the least privileged permission of a call: others of its page that let every such call through.
# https://learn.microsoft.com/graph/permissions-reference
_READ_ROLES = ("RoleManagement.Read.Directory", "RoleManagement.Read.All", "RoleManagement.ReadWrite.Directory")
WIDER: Mapping[str, tuple[str, ...]] = {
    "User.Read.All": ("User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"),
    "User.ReadWrite.All": ("Directory.ReadWrite.All",),
    "User.DeleteRestore.All": ("User.ReadWrite.All",),
    "Group.Read.All": ("Group.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"),
    "RoleEligibilitySchedule.Read.Directory": ("RoleEligibilitySchedule.ReadWrite.Directory", *_READ_ROLES),
    "RoleAssignmentSchedule.Read.Directory": ("RoleAssignmentSchedule.ReadWrite.Directory", *_READ_ROLES),
    "RoleEligibilitySchedule.ReadWrite.Directory": ("RoleManagement.ReadWrite.Directory",),
}


def needs(kinds: Iterable[str]) -> dict[str, list[str]]:
    """Return the least privileged permissions for some kinds of resources, each with the kinds that need it."""
    found: dict[str, list[str]] = {}
    for kind in sorted(kinds):
        for method, path in CALLS.get(kind, ()):
            for permission in needed(method, path):
                users = found.setdefault(permission, [])
                if kind not in users:
                    users.append(kind)
    return dict(sorted(found.items()))


def checks(identity: Identity, kinds: Iterable[str]) -> Iterator[Check]:
    """Hold each needed permission against the token's own."""
    for permission, users in needs(kinds).items():
        name, users_named = f"permission {permission}", ", ".join(users)
        held = next((each for each in (permission, *_wider(permission)) if each in identity.permissions), None)
        if held == permission:
            yield passed(name, f"granted; for {users_named}")
        elif held:
            yield passed(name, f"covered by {held}; for {users_named}")
        else:
            yield failed(name, f"not in the token; {users_named} cannot do without", _grant(identity, permission))


def _wider(permission: str) -> tuple[str, ...]:
    return WIDER.get(permission, ())


def _grant(identity: Identity, permission: str) -> str:
    kind = "application" if identity.is_application else "delegated"
    then = "" if identity.is_application else ", and sign in anew"
    wider = _wider(permission)
    instead = f" ({', '.join(wider)} would do, and would allow more)" if wider else ""
    registration = identity.client_id or "the application"
    return f"give {registration} this {kind} permission, with admin consent{then}{instead}"
