"""What the tenant says: whether it is reached, what time it has, who we are there, what it is licensed for."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import isodate

from ...graph.errors import Denied, Unanswered, date_of
from ...graph.licence import has_pim
from ...graph.paths import equals
from ...resources._role_policy import AdminRules, admin_rules, advice_on, advice_on_length
from ...roles import BuiltInRole, role_name
from .check import Check, failed, not_checked, passed

if TYPE_CHECKING:
    from ...graph.auth import Identity
    from ...graph.client import GraphClient, Operation
    from .stack import Grant

# A token that seems to be from further away in time than this is refused.
# https://learn.microsoft.com/entra/identity-platform/id-token-claims-reference
_SKEW = timedelta(minutes=5)

_PROTECTOR = BuiltInRole.PRIVILEGED_AUTHENTICATION_ADMINISTRATOR

# https://learn.microsoft.com/graph/api/group-post-groups,
# https://learn.microsoft.com/graph/api/rbacapplication-post-roleeligibilityschedulerequests,
# https://learn.microsoft.com/graph/api/user-post-users
ROLES: Mapping[str, BuiltInRole] = {
    "RoleAssignableGroup": BuiltInRole.PRIVILEGED_ROLE_ADMINISTRATOR,
    "RoleEligibility": BuiltInRole.PRIVILEGED_ROLE_ADMINISTRATOR,
    "TestUser": BuiltInRole.USER_ADMINISTRATOR,
}
"""The directory role that a person needs for each kind of resource; Global Administrator does for all."""


def reach(client: GraphClient) -> Iterator[Check]:
    """Ask Graph anything, to see that it answers, and what time it has."""
    try:
        reply = client.exchange("GET", "/organization?$select=id", None, {})
    except Unanswered as error:
        yield failed("Graph", str(error), "check the network, a proxy (HTTPS_PROXY, NO_PROXY) and entra-pim:graphUrl")
        yield not_checked("clock", "Graph does not answer")
        return
    yield passed("Graph", f"{client.graph_url} answers")
    said = date_of(reply.headers)
    if said is None:
        yield not_checked("clock", "Graph's answer has no Date header")
        return
    ahead = said - datetime.now(UTC)
    found = f"{abs(ahead.total_seconds()):.0f} s {'behind' if ahead > timedelta(0) else 'ahead of'} Graph's"
    if abs(ahead) <= _SKEW:
        yield passed("clock", found)
    else:
        yield failed("clock", found, "set this machine's clock: Entra refuses what is five minutes off")


def caller(identity: Identity, configured_tenant: str, tenants: Collection[str]) -> Iterator[Check]:
    """Say who the token is for, and whether that is the tenant of the settings and of the stack."""
    kind = "application" if identity.is_application else "person"
    client = identity.client_id or "not told"
    number = len(identity.permissions)
    yield passed("token", f"{kind} {identity.object_id}, client {client}, {number} permissions")
    found = f"the token is for {identity.tenant_id}"
    others = sorted(set(tenants) - {identity.tenant_id})
    if others:
        yield failed(
            "tenant", f"{found}, and the stack was made in {', '.join(others)}", "sign in to the stack's tenant"
        )
    elif _is_another_id(configured_tenant, identity.tenant_id):
        yield failed("tenant", f"{found}, and the settings name {configured_tenant}", "correct AZURE_TENANT_ID")
    else:
        yield passed("tenant", found)


def licence(operation: Operation) -> Iterator[Check]:
    """Want a licence for PIM."""
    try:
        is_licensed = has_pim(operation)
    except Denied as error:
        if error.answer.status != 403:
            raise
        advice = "give it Organization.Read.All, or look in the Entra admin center: Billing, Licenses"
        yield not_checked("licence", "the caller may not read the tenant's licences", advice)
        return
    if is_licensed:
        yield passed("licence", "Microsoft Entra ID P2 or ID Governance")
    else:
        yield failed(
            "licence",
            "no Microsoft Entra ID P2 or ID Governance",
            "get one of them, or a trial: Privileged Identity Management refuses every call without",
        )


def protection(operation: Operation, identity: Identity, kinds: Collection[str]) -> Iterator[Check]:
    """Say whether an application could delete the users that a stack puts into its role-assignable groups.

    https://learn.microsoft.com/graph/api/resources/users#who-can-perform-sensitive-actions
    """
    name = f"directory role {role_name(_PROTECTOR)}"
    if not {"TestUser", "RoleAssignableGroup"} <= set(kinds):
        yield passed("directory roles", "an application needs none for these resources")
        return
    rows = operation.pages(f"/roleManagement/directory/roleAssignments?{equals(principalId=identity.object_id)}")
    if {str(row.get("roleDefinitionId")).lower() for row in rows} & {_PROTECTOR, BuiltInRole.GLOBAL_ADMINISTRATOR}:
        yield passed(name, "active; for users in role-assignable groups")
    else:
        yield failed(
            name,
            "not active: users in role-assignable groups can then be neither deleted nor given a new name or password",
            f"assign it to the service principal {identity.object_id}, where the stack has such users",
        )


def directory_roles(active: Collection[str], eligible: Collection[str], kinds: Collection[str]) -> Iterator[Check]:
    """Hold the roles that a person needs against those that they hold and may activate, all by id."""
    for role in sorted({ROLES[kind] for kind in kinds if kind in ROLES}):
        name, users = (
            f"directory role {role_name(role)}",
            ", ".join(kind for kind in sorted(kinds) if ROLES.get(kind) == role),
        )
        enough = (role, BuiltInRole.GLOBAL_ADMINISTRATOR)
        held = next((each for each in enough if each in active), None)
        waiting = next((each for each in enough if each in eligible), None)
        if held:
            yield passed(name, f"{role_name(held)} is active; for {users}")
        elif waiting:
            yield failed(
                name, f"not active; for {users}", f'entra-pim activate "{role_name(waiting)}", then sign in anew'
            )
        else:
            yield failed(name, f"neither active nor eligible; for {users}", f"be assigned {role_name(role)}")


def policies(operation: Operation, identity: Identity, grants: Sequence[Grant]) -> Iterator[Check]:
    """Read what the policy of each role of the stack demands, and hold the stack's grants against it."""
    for role in sorted({grant.role_definition_id for grant in grants}):
        name = f"policy of {role_name(role)}"
        rules = admin_rules(operation, "Eligibility", role)
        if rules is None:
            yield not_checked(name, "the role has no policy")
            continue
        problems = [*_too_long(rules, [each for each in grants if each.role_definition_id == role])]
        if "MfaRule" in rules.wanted and identity.is_application:
            problems.append(advice_on("MfaRule"))
        if problems:
            yield failed(name, _told(rules), "; ".join(problems))
        else:
            yield passed(name, _told(rules))


def _too_long(rules: AdminRules, grants: Sequence[Grant]) -> Iterator[str]:
    for grant in grants:
        if not rules.must_end or rules.longest is None or not grant.start:
            continue
        longest = datetime.fromisoformat(grant.start) + isodate.parse_duration(rules.longest)
        if grant.end is None or datetime.fromisoformat(grant.end) > longest:
            yield f"{grant.name}: {advice_on_length(rules.longest, {'expiration': {'endDateTime': grant.end}})}"


def _told(rules: AdminRules) -> str:
    length = f"at most {rules.longest}" if rules.must_end and rules.longest else "for ever, if wanted"
    wanted = ", ".join(sorted(rule.removesuffix("Rule").lower() for rule in rules.wanted))
    return f"eligible {length}; wants {wanted or 'nothing'} of whoever assigns"


def _is_another_id(configured: str, tenant_id: str) -> bool:
    """Say whether a tenant is another one; a domain cannot be told from here."""
    return bool(configured) and "." not in configured and configured != tenant_id
