"""Graph's permission table: which scope or app role lets a call through, and which Entra role a person also needs.

https://learn.microsoft.com/graph/permissions-reference, and the table of permissions on each call's own page.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from entra_emulator.directory import privilege
from entra_emulator.directory.tenant import Caller, Tenant
from entra_emulator.refusals import Refusal

_USER_ADMINISTRATOR = "fe930be7-5e62-47db-91af-98c3a49a38b1"
_GROUPS_ADMINISTRATOR = "fdd7a751-b60b-444a-984c-02652fe8fa1c"
_HELPDESK_ADMINISTRATOR = "729827e3-9c14-49f7-bb1b-9608f156bbb8"
_READERS_OF_PIM = (
    "f2ef992c-3afb-46b9-b7cf-a126ee74c451",  # Global Reader
    "5f2222b1-57c3-48ba-8ad5-d4759f1fde6f",  # Security Operator
    "5d6b6bb7-de71-4623-b4af-96380a352509",  # Security Reader
    "194ae4cb-b126-40b2-bd5b-6091b380977d",  # Security Administrator
    privilege.PRIVILEGED_ROLE_ADMINISTRATOR,
)


@dataclass(frozen=True, slots=True)
class Permission:
    """One row: any one of the permissions lets a call through.

    ``application`` is for apps where it differs from ``delegated``; ``roles`` are the Entra roles of which a person
    needs one (Global Administrator always will do); ``of_pim`` rows are refused in PIM's own form.
    """

    delegated: tuple[str, ...]
    application: tuple[str, ...] | None = None
    roles: tuple[str, ...] = ()
    of_pim: bool = False

    def admit(self, tenant: Tenant, caller: Caller) -> None:
        """Let a caller through who has one of the permissions.

        Raises:
            Refusal: 403 Authorization_RequestDenied, or PIM's 403 UnknownError with JSON in its message.
        """
        wanted = self.application if caller.is_app and self.application is not None else self.delegated
        if wanted and not caller.may(*wanted):
            raise _scope_not_granted(wanted) if self.of_pim else privilege.denied()
        if self.roles and not caller.is_app and not privilege.holds_role(tenant, caller.object_id, self.roles):
            raise _role_missing() if self.of_pim else privilege.denied()


def implied(permissions: frozenset[str]) -> frozenset[str]:
    """Add what a permission brings with it: who may write may read, who may read all may read the basics."""
    readers = {re.sub(r"\.ReadWrite\b", ".Read", name) for name in permissions}
    return permissions | readers | {name.replace(".Read.", ".ReadBasic.") for name in readers}


def _role_missing() -> Refusal:
    return Refusal(403, "", "Attempted to perform an unauthorized operation.")


def _scope_not_granted(wanted: tuple[str, ...]) -> Refusal:
    message = {
        "errorCode": "PermissionScopeNotGranted",
        "message": f"Authorization failed due to missing permission scope {','.join(wanted)}.",
        "instanceAnnotations": [],
    }
    return Refusal(403, "UnknownError", json.dumps(message, separators=(",", ":")))


_DIRECTORY_READ = "Directory.Read.All"
_DIRECTORY_WRITE = "Directory.ReadWrite.All"
_ROLES_WRITE = "RoleManagement.ReadWrite.Directory"
_USER_ROLES = (_USER_ADMINISTRATOR,)
_SESSION_ROLES = (_USER_ADMINISTRATOR, _HELPDESK_ADMINISTRATOR)
# A group's owner needs none of these roles; groups.py of the routes says so.
GROUP_ROLES = (_GROUPS_ADMINISTRATOR, _USER_ADMINISTRATOR)
ROLE_ASSIGNABLE_GROUP_ROLES = _ROLE_ROLES = (privilege.PRIVILEGED_ROLE_ADMINISTRATOR,)

SIGNED_IN = Permission(())
USER_LIST = Permission(("User.ReadBasic.All", _DIRECTORY_READ))
USER_READ = Permission(("User.Read", *USER_LIST.delegated), USER_LIST.delegated)
USER_CREATE = Permission(("User.ReadWrite.All", _DIRECTORY_WRITE), roles=_USER_ROLES)
# What lets a PATCH reach the rules of routes/users.py, and what changes any property of anybody.
USER_PATCH = Permission(
    (
        "User.ReadWrite", "User.ReadWrite.All", _DIRECTORY_WRITE, "User-PasswordProfile.ReadWrite.All",
        "User.EnableDisableAccount.All",
    ),
)  # fmt: skip
USER_UPDATE = Permission(("User.ReadWrite.All", _DIRECTORY_WRITE), roles=_USER_ROLES)
USER_DELETE = Permission(("User.DeleteRestore.All", "User.ReadWrite.All"), roles=_USER_ROLES)
USER_REVOKE = Permission(("User.RevokeSessions.All", "User.ReadWrite.All", _DIRECTORY_WRITE), roles=_SESSION_ROLES)
ME_READ = Permission(("User.Read", *USER_LIST.delegated))
ME_REVOKE = Permission(("User.RevokeSessions.All", "User.ReadWrite", "User.ReadWrite.All", _DIRECTORY_WRITE))
MEMBER_OF = Permission(("User.Read", "GroupMember.Read.All", _DIRECTORY_READ), (_DIRECTORY_READ, "User.Read.All"))

GROUP_READ = Permission(("Group.ReadBasic.All", "GroupMember.Read.All", _DIRECTORY_READ))
GROUP_CREATE = Permission(
    ("Group.ReadWrite.All", _DIRECTORY_WRITE), ("Group.Create", "Group.ReadWrite.All", _DIRECTORY_WRITE)
)
GROUP_UPDATE = Permission(("Group.ReadWrite.All", _DIRECTORY_WRITE))
GROUP_DELETE = Permission(("Group.ReadWrite.All",))
MEMBERS_READ = Permission(("GroupMember.ReadBasic.All", "Group.Read.All", _DIRECTORY_READ))
OWNERS_READ = Permission(("GroupMember.Read.All", "Group.Read.All", _DIRECTORY_READ))
MEMBERS_WRITE = Permission(("GroupMember.ReadWrite.All", "Group.ReadWrite.All", _DIRECTORY_WRITE))
OWNERS_WRITE = Permission(("Group.ReadWrite.All", _DIRECTORY_WRITE))

DELETED_ITEM_READ = {
    "user": Permission(("User.Read.All", _DIRECTORY_READ)),
    "group": Permission(("Group.Read.All", _DIRECTORY_READ)),
    "servicePrincipal": Permission(("Application.Read.All", _DIRECTORY_READ)),
    "administrativeUnit": Permission(("AdministrativeUnit.Read.All", _DIRECTORY_READ)),
}
# Restoring and deleting for good.
DELETED_ITEM_WRITE = {
    "user": Permission(("User.DeleteRestore.All", "User.ReadWrite.All"), roles=_USER_ROLES),
    "group": Permission(("Group.ReadWrite.All",), roles=GROUP_ROLES),
    "servicePrincipal": Permission(("Application.ReadWrite.All",)),
    "administrativeUnit": Permission(("AdministrativeUnit.ReadWrite.All",), roles=_ROLE_ROLES),
}

OBJECT_READ = Permission((_DIRECTORY_READ,))
ORGANIZATION_READ = Permission(
    ("Organization.Read.All", _DIRECTORY_READ, "User.Read"), ("Organization.Read.All", _DIRECTORY_READ)
)
DOMAIN_READ = Permission(("Domain.Read.All", _DIRECTORY_READ))
SKU_READ = Permission(("LicenseAssignment.Read.All", "Organization.Read.All", _DIRECTORY_READ))
SERVICE_PRINCIPAL_READ = Permission(
    ("Application.Read.All", _DIRECTORY_READ),
    ("Application.ReadWrite.OwnedBy", "Application.Read.All", _DIRECTORY_READ),
)
UNIT_READ = Permission(("AdministrativeUnit.Read.All", _DIRECTORY_READ))
UNIT_WRITE = Permission(("AdministrativeUnit.ReadWrite.All", _DIRECTORY_WRITE), roles=_ROLE_ROLES)

ROLE_DEFINITION_READ = Permission(("RoleManagement.Read.Directory", _DIRECTORY_READ))
ROLE_DEFINITION_WRITE = Permission((_ROLES_WRITE, _DIRECTORY_WRITE), roles=_ROLE_ROLES)
ROLE_ASSIGNMENT_READ = Permission(
    ("RoleManagement.Read.Directory", "RoleManagement.Read.All", _DIRECTORY_READ),
    ("RoleManagement.Read.Directory", _DIRECTORY_READ),
)
ROLE_ASSIGNMENT_WRITE = Permission((_ROLES_WRITE,), roles=_ROLE_ROLES)
POLICY_READ = Permission(
    ("RoleManagementPolicy.Read.Directory", "RoleManagement.Read.Directory", "RoleManagement.Read.All"),
    ("RoleManagement.Read.Directory", "RoleManagement.Read.All"),
    of_pim=True,
)
# Microsoft's page says that apps cannot; recorded on a live tenant: they can, with these.
POLICY_WRITE = Permission(("RoleManagementPolicy.ReadWrite.Directory", _ROLES_WRITE), roles=_ROLE_ROLES, of_pim=True)


def _schedule_read(kind: str) -> Permission:
    return Permission(
        (
            f"Role{kind}Schedule.Read.Directory", f"Role{kind}Schedule.ReadWrite.Directory", _ROLES_WRITE,
            "RoleManagement.Read.Directory", "RoleManagement.Read.All",
        ),
        roles=_READERS_OF_PIM,
        of_pim=True,
    )  # fmt: skip


def _request(kind: str, *roles: str) -> Permission:
    return Permission((f"Role{kind}Schedule.ReadWrite.Directory", _ROLES_WRITE), roles=roles, of_pim=True)


def _own_schedule_read(kind: str) -> Permission:
    return Permission(_schedule_read(kind).delegated, of_pim=True)


ELIGIBILITY_READ, ASSIGNMENT_READ = _schedule_read("Eligibility"), _schedule_read("Assignment")
OWN_ELIGIBILITY_READ, OWN_ASSIGNMENT_READ = _own_schedule_read("Eligibility"), _own_schedule_read("Assignment")
# Read-only permissions do not suffice even to read requests.
ELIGIBILITY_REQUEST_READ = _request("Eligibility", *_READERS_OF_PIM)
ASSIGNMENT_REQUEST_READ = _request("Assignment", *_READERS_OF_PIM)
# For what is about oneself, and for everybody.
OWN_REQUEST = {"Eligibility": _request("Eligibility"), "Assignment": _request("Assignment")}
REQUEST = {"Eligibility": _request("Eligibility", *_ROLE_ROLES), "Assignment": _request("Assignment", *_ROLE_ROLES)}
