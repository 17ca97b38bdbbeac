"""/policies/roleManagementPolicies and …Assignments.

https://learn.microsoft.com/graph/api/resources/unifiedrolemanagementpolicy
"""

from __future__ import annotations

from collections.abc import Callable

from entra_emulator.directory import policies, roles
from entra_emulator.directory.store import Document
from entra_emulator.directory.tenant import Tenant
from entra_emulator.filters import parse
from entra_emulator.odata import EntityType, Options
from entra_emulator.refusals import Refusal, not_emulated
from entra_emulator.routes.call import NO_CONTENT, Answer, Call
from entra_emulator.routes.entities import Source, count, listed, many, one

_POLICIES = "policies/roleManagementPolicies"
_ASSIGNMENTS = "policies/roleManagementPolicyAssignments"
_SCOPE_TYPES = ("DirectoryRole", "Directory")


def _expand_rules(tenant: Tenant, document: Document, _options: Options) -> list[Document]:
    return policies.rules(tenant, document["roleDefinitionId"])


_POLICY_PROPERTIES = (
    "id", "displayName", "description", "isOrganizationDefault", "scopeId", "scopeType", "lastModifiedDateTime",
    "lastModifiedBy",
)  # fmt: skip
_POLICY = EntityType(
    "unifiedRoleManagementPolicy",
    _POLICY_PROPERTIES,
    frozenset(_POLICY_PROPERTIES),
    frozenset({"id", "scopeId", "scopeType"}),
    {"rules": _expand_rules, "effectiveRules": _expand_rules},
)


def _expand_policy(tenant: Tenant, document: Document, options: Options) -> Document:
    found = policies.policy(tenant, document["roleDefinitionId"], document["scopeType"])
    return _POLICY.show(tenant, found, options)


_ASSIGNMENT_PROPERTIES = ("id", "policyId", "scopeId", "scopeType", "roleDefinitionId")
_ASSIGNMENT = EntityType(
    "unifiedRoleManagementPolicyAssignment",
    _ASSIGNMENT_PROPERTIES,
    frozenset(_ASSIGNMENT_PROPERTIES),
    frozenset(_ASSIGNMENT_PROPERTIES),
    {"policy": _expand_policy},
)


def read_all(call: Call) -> Answer:
    """GET roleManagementPolicies."""
    return many(call, _POLICY, _source(call, _POLICY, policies.policy), _POLICIES)


def count_all(call: Call) -> Answer:
    """GET roleManagementPolicies/$count."""
    return count(call, _POLICY, _source(call, _POLICY, policies.policy))


def read(call: Call) -> Answer:
    """GET roleManagementPolicies/{id}."""
    return one(call, _POLICY, policies.policy(call.tenant, _role(call), _SCOPE_TYPES[0]), _POLICIES)


def update(call: Call) -> Answer:
    """PATCH roleManagementPolicies/{id} with a list of rules: not on Microsoft's page, but in use and working."""
    role_id, changed = _role(call), call.body.get("rules")
    if not isinstance(changed, list) or not all(isinstance(rule, dict) for rule in changed):
        raise not_emulated("a change of anything but the rules of a roleManagementPolicy")
    for rule in changed:
        policies.update_rule(call.tenant, role_id, str(rule.get("id")), rule)
    return NO_CONTENT


def read_rules(call: Call) -> Answer:
    """GET roleManagementPolicies/{id}/rules."""
    key = call.parameters["id"]
    context = call.context(f"{_POLICIES}('{key}')/rules")
    return Answer(document={"@odata.context": context, "value": policies.rules(call.tenant, _role(call))})


def read_rule(call: Call) -> Answer:
    """GET roleManagementPolicies/{id}/rules/{rule id}."""
    key = call.parameters["id"]
    rule = policies.read_rule(call.tenant, _role(call), call.parameters["rule_id"])
    return Answer(document={"@odata.context": call.context(f"{_POLICIES}('{key}')/rules/$entity"), **rule})


def update_rule(call: Call) -> Answer:
    """PATCH roleManagementPolicies/{id}/rules/{rule id}."""
    policies.update_rule(call.tenant, _role(call), call.parameters["rule_id"], call.body)
    return NO_CONTENT


def read_assignments(call: Call) -> Answer:
    """GET roleManagementPolicyAssignments."""
    return many(call, _ASSIGNMENT, _source(call, _ASSIGNMENT, policies.assignment), _ASSIGNMENTS)


def count_assignments(call: Call) -> Answer:
    """GET roleManagementPolicyAssignments/$count."""
    return count(call, _ASSIGNMENT, _source(call, _ASSIGNMENT, policies.assignment))


def read_assignment(call: Call) -> Answer:
    """GET roleManagementPolicyAssignments/{policy id}_{role id}."""
    policy_id, _, role_id = call.parameters["id"].rpartition("_")
    if policies.role_of(call.tenant, policy_id) != role_id:
        raise Refusal(404, "ResourceNotFound", "The policy assignment is not found.")
    return one(call, _ASSIGNMENT, policies.assignment(call.tenant, role_id, _SCOPE_TYPES[0]), _ASSIGNMENTS)


def _role(call: Call) -> str:
    return policies.role_of(call.tenant, call.parameters["id"])


def _source(call: Call, entity: EntityType, shown: Callable[[Tenant, str, str], Document]) -> Source:
    """Read one document a role, where the filter names the scope, as Graph demands.

    https://learn.microsoft.com/graph/api/policyroot-list-rolemanagementpolicies
    """
    asked = call.options.filter
    equal = parse(asked, entity).equal if asked is not None else {}
    if "scopeId" not in equal or "scopeType" not in equal:
        raise Refusal(400, "BadRequest", "A $filter by scopeId and scopeType is required.")
    if equal["scopeType"] not in _SCOPE_TYPES or equal["scopeId"] != "/":
        raise not_emulated(f"policies of the scope '{equal['scopeId']}' of type '{equal['scopeType']}'")
    return listed(shown(call.tenant, role["id"], equal["scopeType"]) for _, role in roles.every(call.tenant))
