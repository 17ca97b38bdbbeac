"""Who holds which role now, and who may touch whom because of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from entra_emulator.directory import moments, objects, schedules
from entra_emulator.directory.objects import GROUP, MEMBERS, OWNERS
from entra_emulator.directory.store import Collection, Document
from entra_emulator.directory.tenant import Caller, Tenant
from entra_emulator.refusals import Refusal

GLOBAL_ADMINISTRATOR = "62e90394-69f5-4237-9190-012177145e10"
PRIVILEGED_ROLE_ADMINISTRATOR = "e8611ab8-c189-46e8-94e1-60213ab1f814"
PRIVILEGED_AUTHENTICATION_ADMINISTRATOR = "7be44c8a-adaf-4e2a-84d6-ab2649e08a13"
# Until when somebody stays protected who is in no role-assignable group any more.
LASTING_PROTECTIONS = Collection("lastingProtections")


def denied() -> Refusal:
    """Name the directory's 403."""
    return Refusal(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")


def holds_role(tenant: Tenant, principal_id: str, roles: Iterable[str]) -> bool:
    """Tell whether a principal holds one of the roles, or is Global Administrator, now and over the whole tenant.

    What a role over an administrative unit lets its holder do there is not emulated.
    """
    held = {
        schedule["roleDefinitionId"]
        for schedule in _active(tenant, principal_id)
        if schedule["directoryScopeId"] == schedules.ROOT_SCOPE
    }
    return not held.isdisjoint({GLOBAL_ADMINISTRATOR, *roles})


def is_protected(tenant: Tenant, user_id: str) -> bool:
    """Tell whether a user holds a role, or is a member or owner of a role-assignable group.

    That only active assignments count as holding a role is (inferred).
    """
    if _active(tenant, user_id) or _is_lasting(tenant, user_id):
        return True
    groups = {group for relation in (MEMBERS, OWNERS) for group in tenant.store.sources(relation, user_id)}
    return any(
        group is not None and group.get("isAssignableToRole")
        for group in (tenant.store.get(GROUP.active, key) for key in groups)
    )


def protect_further(tenant: Tenant, group: Document, users: Iterable[str], seconds: float) -> None:
    """Keep those protected for a while who are about to leave a role-assignable group."""
    if not seconds or not group.get("isAssignableToRole"):
        return
    until = moments.write_precise(tenant.now + timedelta(seconds=seconds))
    for user_id in users:
        tenant.store.put(LASTING_PROTECTIONS, {"id": user_id, "until": until})


def _is_lasting(tenant: Tenant, user_id: str) -> bool:
    found = tenant.store.get(LASTING_PROTECTIONS, user_id)
    return found is not None and tenant.now < moments.read(found["until"])


def admit_to_sensitive_action(tenant: Tenant, caller: Caller, user_id: str) -> None:
    """Let only the right administrators delete, restore or disable a protected user, or reset what they sign in with.

    https://learn.microsoft.com/graph/api/resources/users#who-can-perform-sensitive-actions

    Raises:
        Refusal: 403 Authorization_RequestDenied.
    """
    if is_protected(tenant, user_id) and not holds_role(
        tenant, caller.object_id, [PRIVILEGED_AUTHENTICATION_ADMINISTRATOR]
    ):
        raise denied()


def admit_to_role_assignable_group(caller: Caller) -> None:
    """Let only those who may manage roles touch a group that can hold one.

    https://learn.microsoft.com/graph/api/group-post-groups#permissions

    Raises:
        Refusal: 403 Authorization_RequestDenied.
    """
    if not caller.may("RoleManagement.ReadWrite.Directory"):
        raise denied()


def _active(tenant: Tenant, principal_id: str) -> list[Document]:
    """Read what makes a principal hold a role now: its own schedules, and those of its role-assignable groups."""
    holders = [principal_id, *(group["id"] for group in objects.groups_of(tenant, principal_id))]
    return [schedule for holder in holders for schedule in schedules.of_principal(tenant, schedules.ASSIGNMENT, holder)]
