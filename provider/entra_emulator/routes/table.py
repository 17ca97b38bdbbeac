"""Every path that is emulated, a line each, as Microsoft's reference lists them under /v1.0."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from entra_emulator import permissions as needs
from entra_emulator.directory.objects import ADMINISTRATIVE_UNIT, GROUP, MEMBERS, OWNERS, SERVICE_PRINCIPAL, USER
from entra_emulator.permissions import Permission
from entra_emulator.routes import (
    administrative_units,
    authorize,
    deleted_items,
    device_login,
    directory_objects,
    groups,
    organization,
    policies,
    role_assignments,
    role_definitions,
    service_principals,
    sign_in,
    token_endpoint,
    users,
)
from entra_emulator.routes.call import Answer, Call
from entra_emulator.routes.schedules import ASSIGNMENTS, ELIGIBILITIES
from entra_emulator.routes.sign_in import SignInCall


@dataclass(frozen=True, slots=True)
class Route:
    """A call of Graph: what answers it, and who may ask."""

    method: str
    path: str
    operation: Callable[[Call], Answer]
    permission: Permission


_ROLES = "/roleManagement/directory"

GRAPH = (
    Route("GET", "/users", users.read_all, needs.USER_LIST),
    Route("POST", "/users", users.create, needs.USER_CREATE),
    Route("GET", "/users/$count", users.count_all, needs.USER_LIST),
    Route("GET", "/users/{id}", users.read, needs.USER_READ),
    Route("PATCH", "/users/{id}", users.update, needs.USER_PATCH),
    Route("DELETE", "/users/{id}", users.delete, needs.USER_DELETE),
    Route("GET", "/users(userPrincipalName='{id}')", users.read, needs.USER_READ),
    Route("PATCH", "/users(userPrincipalName='{id}')", users.update, needs.USER_PATCH),
    Route("DELETE", "/users(userPrincipalName='{id}')", users.delete, needs.USER_DELETE),
    Route("GET", "/users/{id}/memberOf", users.member_of, needs.MEMBER_OF),
    Route("GET", "/users/{id}/transitiveMemberOf", users.transitive_member_of, needs.MEMBER_OF),
    Route("POST", "/users/{id}/revokeSignInSessions", users.revoke_sign_in_sessions, needs.USER_REVOKE),
    Route("GET", "/me", users.of_me(users.read), needs.ME_READ),
    Route("PATCH", "/me", users.of_me(users.update), needs.USER_PATCH),
    Route("GET", "/me/memberOf", users.of_me(users.member_of), needs.MEMBER_OF),
    Route("GET", "/me/transitiveMemberOf", users.of_me(users.transitive_member_of), needs.MEMBER_OF),
    Route("POST", "/me/revokeSignInSessions", users.of_me(users.revoke_sign_in_sessions), needs.ME_REVOKE),
    #
    Route("GET", "/groups", groups.read_all, needs.GROUP_READ),
    Route("POST", "/groups", groups.create, needs.GROUP_CREATE),
    Route("GET", "/groups/$count", groups.count_all, needs.GROUP_READ),
    Route("GET", "/groups/{id}", groups.read, needs.GROUP_READ),
    Route("PATCH", "/groups/{id}", groups.update, needs.GROUP_UPDATE),
    Route("DELETE", "/groups/{id}", groups.delete, needs.GROUP_DELETE),
    Route("GET", "/groups(uniqueName='{unique_name}')", groups.read, needs.GROUP_READ),
    Route("PATCH", "/groups(uniqueName='{unique_name}')", groups.upsert, needs.GROUP_UPDATE),
    Route("DELETE", "/groups(uniqueName='{unique_name}')", groups.delete, needs.GROUP_DELETE),
    Route("GET", "/groups/{id}/members", groups.related(MEMBERS), needs.MEMBERS_READ),
    Route("GET", "/groups/{id}/members/$count", groups.count_related(MEMBERS), needs.MEMBERS_READ),
    Route("GET", "/groups/{id}/members/graph.user", groups.related(MEMBERS, USER), needs.MEMBERS_READ),
    Route("GET", "/groups/{id}/members/graph.group", groups.related(MEMBERS, GROUP), needs.MEMBERS_READ),
    Route("GET", "/groups/{id}/members/graph.servicePrincipal", groups.related(MEMBERS, SERVICE_PRINCIPAL),
          needs.MEMBERS_READ),
    Route("POST", "/groups/{id}/members/$ref", groups.add(MEMBERS), needs.MEMBERS_WRITE),
    Route("DELETE", "/groups/{id}/members/$ref", groups.remove_by_reference(MEMBERS), needs.MEMBERS_WRITE),
    Route("DELETE", "/groups/{id}/members/{object_id}", groups.refuse_member_write, needs.MEMBERS_WRITE),
    Route("DELETE", "/groups/{id}/members/{object_id}/$ref", groups.remove(MEMBERS), needs.MEMBERS_WRITE),
    Route("GET", "/groups/{id}/owners", groups.related(OWNERS), needs.OWNERS_READ),
    Route("GET", "/groups/{id}/owners/$count", groups.count_related(OWNERS), needs.OWNERS_READ),
    Route("GET", "/groups/{id}/owners/graph.user", groups.related(OWNERS, USER), needs.OWNERS_READ),
    Route("GET", "/groups/{id}/owners/graph.servicePrincipal", groups.related(OWNERS, SERVICE_PRINCIPAL),
          needs.OWNERS_READ),
    Route("POST", "/groups/{id}/owners/$ref", groups.add(OWNERS), needs.OWNERS_WRITE),
    Route("DELETE", "/groups/{id}/owners/$ref", groups.remove_by_reference(OWNERS), needs.OWNERS_WRITE),
    Route("DELETE", "/groups/{id}/owners/{object_id}", groups.refuse_member_write, needs.OWNERS_WRITE),
    Route("DELETE", "/groups/{id}/owners/{object_id}/$ref", groups.remove(OWNERS), needs.OWNERS_WRITE),
    Route("GET", "/groups/{id}/memberOf", groups.member_of, needs.GROUP_READ),
    Route("GET", "/groups/{id}/transitiveMemberOf", groups.transitive_member_of, needs.GROUP_READ),
    Route("GET", "/groups/{id}/transitiveMembers", groups.transitive_members, needs.MEMBERS_READ),
    #
    Route("GET", "/directory/deletedItems/graph.user", deleted_items.of_type(USER), needs.SIGNED_IN),
    Route("GET", "/directory/deletedItems/graph.user/$count", deleted_items.count_of_type(USER), needs.SIGNED_IN),
    Route("GET", "/directory/deletedItems/graph.group", deleted_items.of_type(GROUP), needs.SIGNED_IN),
    Route("GET", "/directory/deletedItems/graph.group/$count", deleted_items.count_of_type(GROUP), needs.SIGNED_IN),
    Route("GET", "/directory/deletedItems/graph.servicePrincipal", deleted_items.of_type(SERVICE_PRINCIPAL),
          needs.SIGNED_IN),
    Route("GET", "/directory/deletedItems/graph.administrativeUnit", deleted_items.of_type(ADMINISTRATIVE_UNIT),
          needs.SIGNED_IN),
    Route("GET", "/directory/deletedItems/{id}", deleted_items.read, needs.SIGNED_IN),
    Route("DELETE", "/directory/deletedItems/{id}", deleted_items.purge, needs.SIGNED_IN),
    Route("POST", "/directory/deletedItems/{id}/restore", deleted_items.restore, needs.SIGNED_IN),
    #
    Route("GET", "/organization", organization.read_organizations, needs.ORGANIZATION_READ),
    Route("GET", "/organization/{id}", organization.read_organization, needs.ORGANIZATION_READ),
    Route("GET", "/domains", organization.read_domains, needs.DOMAIN_READ),
    Route("GET", "/domains/{id}", organization.read_domain, needs.DOMAIN_READ),
    Route("GET", "/subscribedSkus", organization.read_skus, needs.SKU_READ),
    Route("GET", "/subscribedSkus/{id}", organization.read_sku, needs.SKU_READ),
    #
    Route("GET", "/directoryObjects/{id}", directory_objects.read, needs.OBJECT_READ),
    Route("POST", "/directoryObjects/getByIds", directory_objects.get_by_ids, needs.OBJECT_READ),
    Route("GET", "/servicePrincipals", service_principals.read_all, needs.SERVICE_PRINCIPAL_READ),
    Route("GET", "/servicePrincipals/$count", service_principals.count_all, needs.SERVICE_PRINCIPAL_READ),
    Route("GET", "/servicePrincipals/{id}", service_principals.read, needs.SERVICE_PRINCIPAL_READ),
    Route("GET", "/servicePrincipals(appId='{app_id}')", service_principals.read_by_app_id,
          needs.SERVICE_PRINCIPAL_READ),
    Route("GET", "/servicePrincipals/{id}/memberOf", service_principals.member_of, needs.SERVICE_PRINCIPAL_READ),
    Route("GET", "/directory/administrativeUnits", administrative_units.read_all, needs.UNIT_READ),
    Route("POST", "/directory/administrativeUnits", administrative_units.create, needs.UNIT_WRITE),
    Route("GET", "/directory/administrativeUnits/{id}", administrative_units.read, needs.UNIT_READ),
    #
    Route("GET", f"{_ROLES}/roleDefinitions", role_definitions.read_all, needs.ROLE_DEFINITION_READ),
    Route("POST", f"{_ROLES}/roleDefinitions", role_definitions.create, needs.ROLE_DEFINITION_WRITE),
    Route("GET", f"{_ROLES}/roleDefinitions/$count", role_definitions.count_all, needs.ROLE_DEFINITION_READ),
    Route("GET", f"{_ROLES}/roleDefinitions/{{id}}", role_definitions.read, needs.ROLE_DEFINITION_READ),
    Route("PATCH", f"{_ROLES}/roleDefinitions/{{id}}", role_definitions.update, needs.ROLE_DEFINITION_WRITE),
    Route("DELETE", f"{_ROLES}/roleDefinitions/{{id}}", role_definitions.delete, needs.ROLE_DEFINITION_WRITE),
    Route("GET", f"{_ROLES}/roleAssignments", role_assignments.read_all, needs.ROLE_ASSIGNMENT_READ),
    Route("POST", f"{_ROLES}/roleAssignments", role_assignments.create, needs.ROLE_ASSIGNMENT_WRITE),
    Route("GET", f"{_ROLES}/roleAssignments/$count", role_assignments.count_all, needs.ROLE_ASSIGNMENT_READ),
    Route("GET", f"{_ROLES}/roleAssignments/{{id}}", role_assignments.read, needs.ROLE_ASSIGNMENT_READ),
    Route("DELETE", f"{_ROLES}/roleAssignments/{{id}}", role_assignments.delete, needs.ROLE_ASSIGNMENT_WRITE),
    #
    Route("GET", f"{_ROLES}/roleEligibilityScheduleRequests", ELIGIBILITIES.read_requests, needs.ELIGIBILITY_REQUEST_READ),
    Route("POST", f"{_ROLES}/roleEligibilityScheduleRequests", ELIGIBILITIES.submit, needs.SIGNED_IN),
    Route("GET", f"{_ROLES}/roleEligibilityScheduleRequests/$count", ELIGIBILITIES.count_requests,
          needs.ELIGIBILITY_REQUEST_READ),
    Route("GET", f"{_ROLES}/roleEligibilityScheduleRequests/filterByCurrentUser(on='{{on}}')", ELIGIBILITIES.own_requests,
          needs.OWN_REQUEST["Eligibility"]),
    Route("GET", f"{_ROLES}/roleEligibilityScheduleRequests/{{id}}", ELIGIBILITIES.read_request,
          needs.ELIGIBILITY_REQUEST_READ),
    Route("POST", f"{_ROLES}/roleEligibilityScheduleRequests/{{id}}/cancel", ELIGIBILITIES.cancel,
          needs.SIGNED_IN),
    Route("GET", f"{_ROLES}/roleEligibilitySchedules", ELIGIBILITIES.read_schedules, needs.ELIGIBILITY_READ),
    Route("GET", f"{_ROLES}/roleEligibilitySchedules/$count", ELIGIBILITIES.count_schedules, needs.ELIGIBILITY_READ),
    Route("GET", f"{_ROLES}/roleEligibilitySchedules/filterByCurrentUser(on='{{on}}')", ELIGIBILITIES.own_schedules,
          needs.OWN_ELIGIBILITY_READ),
    Route("GET", f"{_ROLES}/roleEligibilitySchedules/{{id}}", ELIGIBILITIES.read_schedule, needs.ELIGIBILITY_READ),
    Route("GET", f"{_ROLES}/roleEligibilityScheduleInstances", ELIGIBILITIES.read_instances, needs.ELIGIBILITY_READ),
    Route("GET", f"{_ROLES}/roleEligibilityScheduleInstances/$count", ELIGIBILITIES.count_instances,
          needs.ELIGIBILITY_READ),
    Route("GET", f"{_ROLES}/roleEligibilityScheduleInstances/filterByCurrentUser(on='{{on}}')", ELIGIBILITIES.own_instances,
          needs.OWN_ELIGIBILITY_READ),
    Route("GET", f"{_ROLES}/roleEligibilityScheduleInstances/{{id}}", ELIGIBILITIES.read_instance,
          needs.ELIGIBILITY_READ),
    #
    Route("GET", f"{_ROLES}/roleAssignmentScheduleRequests", ASSIGNMENTS.read_requests, needs.ASSIGNMENT_REQUEST_READ),
    Route("POST", f"{_ROLES}/roleAssignmentScheduleRequests", ASSIGNMENTS.submit, needs.SIGNED_IN),
    Route("GET", f"{_ROLES}/roleAssignmentScheduleRequests/$count", ASSIGNMENTS.count_requests,
          needs.ASSIGNMENT_REQUEST_READ),
    Route("GET", f"{_ROLES}/roleAssignmentScheduleRequests/filterByCurrentUser(on='{{on}}')", ASSIGNMENTS.own_requests,
          needs.OWN_REQUEST["Assignment"]),
    Route("GET", f"{_ROLES}/roleAssignmentScheduleRequests/{{id}}", ASSIGNMENTS.read_request, needs.ASSIGNMENT_REQUEST_READ),
    Route("POST", f"{_ROLES}/roleAssignmentScheduleRequests/{{id}}/cancel", ASSIGNMENTS.cancel,
          needs.SIGNED_IN),
    Route("GET", f"{_ROLES}/roleAssignmentSchedules", ASSIGNMENTS.read_schedules, needs.ASSIGNMENT_READ),
    Route("GET", f"{_ROLES}/roleAssignmentSchedules/$count", ASSIGNMENTS.count_schedules, needs.ASSIGNMENT_READ),
    Route("GET", f"{_ROLES}/roleAssignmentSchedules/filterByCurrentUser(on='{{on}}')", ASSIGNMENTS.own_schedules,
          needs.OWN_ASSIGNMENT_READ),
    Route("GET", f"{_ROLES}/roleAssignmentSchedules/{{id}}", ASSIGNMENTS.read_schedule, needs.ASSIGNMENT_READ),
    Route("GET", f"{_ROLES}/roleAssignmentScheduleInstances", ASSIGNMENTS.read_instances, needs.ASSIGNMENT_READ),
    Route("GET", f"{_ROLES}/roleAssignmentScheduleInstances/$count", ASSIGNMENTS.count_instances,
          needs.ASSIGNMENT_READ),
    Route("GET", f"{_ROLES}/roleAssignmentScheduleInstances/filterByCurrentUser(on='{{on}}')", ASSIGNMENTS.own_instances,
          needs.OWN_ASSIGNMENT_READ),
    Route("GET", f"{_ROLES}/roleAssignmentScheduleInstances/{{id}}", ASSIGNMENTS.read_instance, needs.ASSIGNMENT_READ),
    #
    Route("GET", "/policies/roleManagementPolicies", policies.read_all, needs.POLICY_READ),
    Route("GET", "/policies/roleManagementPolicies/$count", policies.count_all, needs.POLICY_READ),
    Route("GET", "/policies/roleManagementPolicies/{id}", policies.read, needs.POLICY_READ),
    Route("PATCH", "/policies/roleManagementPolicies/{id}", policies.update, needs.POLICY_WRITE),
    Route("GET", "/policies/roleManagementPolicies/{id}/rules", policies.read_rules, needs.POLICY_READ),
    Route("GET", "/policies/roleManagementPolicies/{id}/rules/{rule_id}", policies.read_rule, needs.POLICY_READ),
    Route("PATCH", "/policies/roleManagementPolicies/{id}/rules/{rule_id}", policies.update_rule, needs.POLICY_WRITE),
    Route("GET", "/policies/roleManagementPolicyAssignments", policies.read_assignments, needs.POLICY_READ),
    Route("GET", "/policies/roleManagementPolicyAssignments/$count", policies.count_assignments, needs.POLICY_READ),
    Route("GET", "/policies/roleManagementPolicyAssignments/{id}", policies.read_assignment, needs.POLICY_READ),
)  # fmt: skip

SIGN_IN: tuple[tuple[str, str, Callable[[SignInCall], Answer]], ...] = (
    ("GET", "/{tenant}/v2.0/.well-known/openid-configuration", sign_in.discover),
    ("GET", "/{tenant}/discovery/v2.0/keys", sign_in.keys),
    ("POST", "/{tenant}/oauth2/v2.0/token", token_endpoint.issue),
    ("POST", "/{tenant}/oauth2/v2.0/devicecode", device_login.begin),
    ("GET", "/{tenant}/oauth2/deviceauth", device_login.show),
    ("POST", "/{tenant}/oauth2/deviceauth", device_login.decide),
    ("GET", "/{tenant}/oauth2/v2.0/authorize", authorize.show),
    ("POST", "/{tenant}/oauth2/v2.0/authorize", authorize.decide),
)
