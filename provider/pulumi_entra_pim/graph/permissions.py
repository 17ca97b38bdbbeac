"""Which permission a call needs, said where Graph does not say it."""

import re
from typing import NamedTuple

from .errors import Answer


class Need(NamedTuple):
    """One kind of call and the least privileged application permissions for it; all of them are needed."""

    method: str
    path: str
    permissions: tuple[str, ...]


# Least privileged for application callers, from the permission table of each call's page (Microsoft Graph reference
# v1.0, read on 2026-11-23). Role-assignable groups need RoleManagement.ReadWrite.Directory beside the group permission.
# https://learn.microsoft.com/graph/permissions-reference
_ROLE_GROUP = ("Group.ReadWrite.All", "RoleManagement.ReadWrite.Directory")
_PIM = "/roleManagement/directory/role"
NEEDS: tuple[Need, ...] = (
    Need("GET", r"/me(/|$)", ("User.Read",)),
    Need("GET", r"/users(/|$)", ("User.Read.All",)),
    Need("POST", r"/users/[^/]+/revokeSignInSessions", ("User.RevokeSessions.All",)),
    Need("DELETE", r"/users/", ("User.DeleteRestore.All",)),
    Need("*", r"/users", ("User.ReadWrite.All",)),
    Need("GET", r"/groups", ("Group.Read.All",)),
    Need("*", r"/groups", _ROLE_GROUP),
    Need("GET", r"/directory/deletedItems", ("Group.Read.All",)),
    Need("DELETE", r"/directory/deletedItems", ("User.DeleteRestore.All",)),
    Need("GET", _PIM + r"EligibilitySchedule(s|Instances)", ("RoleEligibilitySchedule.Read.Directory",)),
    Need("*", _PIM + r"EligibilityScheduleRequests", ("RoleEligibilitySchedule.ReadWrite.Directory",)),
    Need("GET", _PIM + r"AssignmentSchedule(s|Instances)", ("RoleAssignmentSchedule.Read.Directory",)),
    Need("*", _PIM + r"AssignmentScheduleRequests", ("RoleAssignmentSchedule.ReadWrite.Directory",)),
    Need("GET", _PIM + r"(Definitions|Assignments)", ("RoleManagement.Read.Directory",)),
    Need("GET", r"/policies/roleManagementPolic", ("RoleManagement.Read.Directory",)),
    Need("GET", r"/subscribedSkus", ("Organization.Read.All",)),
)


def needed(method: str, path: str) -> tuple[str, ...]:
    """Return the least privileged permissions of a call by its path below v1.0; () when the table has no row."""
    for need in NEEDS:
        if need.method in ("*", method) and re.match(need.path, path):
            return need.permissions
    return ()


def advice_on_denial(answer: Answer) -> str:
    """Return which permission a refused call lacks, and what else may be the reason; "" for any other answer."""
    if answer.status != 403:
        return ""
    if answer.missing_permissions:
        return f"Grant the caller one of {', '.join(answer.missing_permissions)}, with admin consent"
    permissions = needed(answer.method, answer.path.removeprefix("/v1.0"))
    if not permissions:
        return ""
    needs = f"The call needs {' and '.join(permissions)} with admin consent"
    if answer.method == "GET" or not answer.path.startswith("/v1.0/users/"):
        return needs
    # https://learn.microsoft.com/graph/api/resources/users#who-can-perform-sensitive-actions
    return (
        f"{needs}; an account that holds a role, or is a member or owner of a role-assignable group, can be changed or"
        " deleted by a Privileged Authentication Administrator only"
    )
