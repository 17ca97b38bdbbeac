"""Role management policies: what they say, how they change, and what they refuse."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.emulator.graph import ROLES, USER_ADMINISTRATOR, Graph, request_body

POLICIES = "/policies/roleManagementPolicies"
ASSIGNMENTS = "/policies/roleManagementPolicyAssignments"
SCOPED = "$filter=scopeId eq '/' and scopeType eq 'DirectoryRole'"
ELIGIBILITY = f"{ROLES}/roleEligibilityScheduleRequests"
ACTIVE = f"{ROLES}/roleAssignmentScheduleRequests"
FAILED = "RoleAssignmentRequestPolicyValidationFailed"
PREFIX = "The following policy rules failed: "


@pytest.fixture
def policy(graph: Graph) -> str:
    """Return the path of the User Administrator's policy."""
    (found,) = graph.values(f"{ASSIGNMENTS}?{SCOPED} and roleDefinitionId eq '{USER_ADMINISTRATOR}'")
    return f"{POLICIES}/{found['policyId']}"


Change = Callable[..., None]


@pytest.fixture
def change(graph: Graph, policy: str) -> Change:
    """Return a way to change one of its rules."""

    def patch(rule_id: str, **changes: object) -> None:
        before = graph.get(f"{policy}/rules/{rule_id}")
        body = {"@odata.type": before["@odata.type"], "id": rule_id, "target": before["target"], **changes}
        graph.done("PATCH", f"{policy}/rules/{rule_id}", body)

    return patch


def failures(graph: Graph, path: str, body: dict[str, object]) -> list[str]:
    status, code, message = graph.refused("POST", path, body)
    assert (status, code) == (400, FAILED)
    return message.removeprefix(PREFIX).split(", ")


def test_every_role_has_a_policy_of_seventeen_rules(graph: Graph, policy: str) -> None:
    tenant = graph.emulator.contoso.tenant_id
    roles = graph.values(f"{ROLES}/roleDefinitions")
    policies = graph.values(f"{POLICIES}?{SCOPED}&$expand=rules")
    assert len(policies) == len(roles)
    assert all(each["id"].startswith(f"DirectoryRole_{tenant}_") for each in policies)
    assert {len(each["rules"]) for each in policies} == {17}
    assert graph.get(policy)["lastModifiedDateTime"] is None
    assert [rule["id"] for rule in graph.values(f"{policy}/rules")] == [rule["id"] for rule in policies[0]["rules"]]
    assert graph.send("GET", f"{POLICIES}/$count?{SCOPED}").text == str(len(roles))


def test_the_assignment_of_a_policy_names_its_role_and_expands(graph: Graph, policy: str) -> None:
    path = f"{ASSIGNMENTS}?{SCOPED} and roleDefinitionId eq '{USER_ADMINISTRATOR}'&$expand=policy($expand=rules)"
    (found,) = graph.values(path)
    assert found["id"] == f"{found['policyId']}_{USER_ADMINISTRATOR}"
    assert found["policy"]["id"] == found["policyId"]
    assert len(found["policy"]["rules"]) == 17
    assert graph.get(f"{ASSIGNMENTS}/{found['id']}")["roleDefinitionId"] == USER_ADMINISTRATOR
    assert graph.send("GET", f"{ASSIGNMENTS}/$count?{SCOPED}").status_code == 200


def test_both_spellings_of_the_scope_type_are_taken(graph: Graph) -> None:
    rows = graph.values(f"{ASSIGNMENTS}?$filter=scopeId eq '/' and scopeType eq 'Directory'")
    assert {row["scopeType"] for row in rows} == {"Directory"}


@pytest.mark.parametrize("query", ["", "?$filter=scopeId eq '/'", "?$filter=scopeType eq 'DirectoryRole'"])
def test_the_lists_need_the_scope_in_their_filter(graph: Graph, query: str) -> None:
    for path in (POLICIES, ASSIGNMENTS):
        assert graph.refused("GET", path + query)[:2] == (400, "BadRequest")


def test_policies_of_groups_are_not_emulated(graph: Graph) -> None:
    path = f"{POLICIES}?$filter=scopeId eq 'x' and scopeType eq 'Group'"
    assert graph.refused("GET", path)[:2] == (501, "EmulatorNotImplemented")


def test_the_defaults_are_the_documented_ones(graph: Graph, policy: str) -> None:
    rules = {rule["id"]: rule for rule in graph.values(f"{policy}/rules")}
    expirations = {
        name: (rules[f"Expiration_{name}"]["isExpirationRequired"], rules[f"Expiration_{name}"]["maximumDuration"])
        for name in ("Admin_Eligibility", "Admin_Assignment", "EndUser_Assignment")
    }
    assert expirations == {
        "Admin_Eligibility": (False, "P365D"),
        "Admin_Assignment": (False, "P180D"),
        "EndUser_Assignment": (True, "PT8H"),
    }
    assert rules["Enablement_Admin_Eligibility"]["enabledRules"] == []
    assert rules["Enablement_Admin_Assignment"]["enabledRules"] == ["Justification"]
    assert rules["Enablement_EndUser_Assignment"]["enabledRules"] == ["MultiFactorAuthentication", "Justification"]
    assert rules["Approval_EndUser_Assignment"]["setting"]["isApprovalRequired"] is False
    assert rules["AuthenticationContext_EndUser_Assignment"]["isEnabled"] is False
    assert sum(rule.startswith("Notification_") for rule in rules) == 9


def test_what_is_not_there_is_not_found(graph: Graph, policy: str) -> None:
    assert graph.refused("GET", f"{POLICIES}/DirectoryRole_x_y")[0] == 404
    assert graph.refused("GET", f"{policy}/rules/Nothing")[0] == 404
    assert graph.refused("GET", f"{ASSIGNMENTS}/{policy.rpartition('/')[2]}_other")[0] == 404


def test_a_changed_rule_reads_back_and_marks_its_policy(graph: Graph, policy: str, change: Change) -> None:
    change("Expiration_Admin_Eligibility", isExpirationRequired=True, maximumDuration="P90D")
    rule = graph.get(f"{policy}/rules/Expiration_Admin_Eligibility")
    assert (rule["isExpirationRequired"], rule["maximumDuration"]) == (True, "P90D")
    assert graph.get(policy)["lastModifiedDateTime"] is not None
    (other, *_) = graph.values(f"{POLICIES}?{SCOPED}&$top=999&$expand=rules")
    assert next(each for each in other["rules"] if each["id"] == rule["id"])["maximumDuration"] == "P365D"


def test_several_rules_change_through_their_policy_at_once_or_not_at_all(graph: Graph, policy: str) -> None:
    rules: list[dict[str, Any]] = [
        {"@odata.type": "#microsoft.graph.unifiedRoleManagementPolicyExpirationRule",
         "id": "Expiration_Admin_Eligibility", "maximumDuration": "P30D"},
        {"@odata.type": "#microsoft.graph.unifiedRoleManagementPolicyEnablementRule",
         "id": "Enablement_Admin_Eligibility", "enabledRules": ["Justification"]},
    ]  # fmt: skip
    graph.done("PATCH", policy, {"rules": rules})
    assert graph.get(f"{policy}/rules/Enablement_Admin_Eligibility")["enabledRules"] == ["Justification"]
    wrong = [{**rules[0], "maximumDuration": "P10D"}, {**rules[1], "id": "Nothing"}]
    assert graph.refused("PATCH", policy, {"rules": wrong})[0] == 404
    assert graph.get(f"{policy}/rules/Expiration_Admin_Eligibility")["maximumDuration"] == "P30D"
    assert graph.refused("PATCH", policy, {"displayName": "x"})[:2] == (501, "EmulatorNotImplemented")


def test_a_rule_of_another_type_fails_as_graph_does(graph: Graph, policy: str) -> None:
    for body in ({}, {"@odata.type": "#microsoft.graph.unifiedRoleManagementPolicyEnablementRule"}):
        assert graph.refused("PATCH", f"{policy}/rules/Expiration_Admin_Eligibility", body) == (
            500,
            "",
            "An error has occurred.",
        )


@pytest.mark.parametrize(
    ("rule", "changes"),
    [
        ("Expiration_Admin_Eligibility", {"target": {}}),
        ("Expiration_Admin_Eligibility", {"id": "Expiration_Admin_Assignment"}),
        ("Expiration_Admin_Eligibility", {"maximumDuration": "P1Y"}),
        ("Expiration_Admin_Eligibility", {"maximumDuration": 5}),
        ("Expiration_Admin_Eligibility", {"isExpirationRequired": "yes"}),
        ("Expiration_Admin_Eligibility", {"enabledRules": []}),
        ("Enablement_Admin_Eligibility", {"enabledRules": ["Levitation"]}),
        ("AuthenticationContext_EndUser_Assignment", {"claimValue": 1}),
        ("Approval_EndUser_Assignment", {"setting": "none"}),
        ("Expiration_Admin_Eligibility", {"maximumDuration": "P99999999999D"}),
        ("Approval_EndUser_Assignment", {"setting": {"isApprovalRequired": "yes"}}),
        ("Approval_EndUser_Assignment", {"setting": {"approvalStages": ["x"]}}),
        ("Approval_EndUser_Assignment", {"setting": {"approvalStages": [{"approvalStageTimeOutInDays": 0}]}}),
        ("Approval_EndUser_Assignment", {"setting": {"approvalStages": [{"approvalStageTimeOutInDays": 366}]}}),
        ("Approval_EndUser_Assignment", {"setting": {"approvalStages": [{"approvalStageTimeOutInDays": "1"}]}}),
        ("Approval_EndUser_Assignment", {"setting": {"approvalStages": [{"primaryApprovers": [{"userId": "x"}]}]}}),
    ],
)
def test_a_change_that_does_not_fit_the_rule_is_refused(
    graph: Graph, policy: str, rule: str, changes: dict[str, object]
) -> None:
    path = f"{policy}/rules/{rule}"
    body = {"@odata.type": graph.get(path)["@odata.type"], **changes}
    assert graph.refused("PATCH", path, body)[0::2] == (400, f"The policy rule id {rule} is invalid.")


def test_mfa_cannot_be_turned_on_beside_an_authentication_context(graph: Graph, policy: str, change: Change) -> None:
    change("Enablement_EndUser_Assignment", enabledRules=["Justification"])
    change("Enablement_EndUser_Assignment", enabledRules=["MultiFactorAuthentication"])
    change("AuthenticationContext_EndUser_Assignment", isEnabled=True, claimValue="c1")
    change("Enablement_EndUser_Assignment", enabledRules=["Justification"])
    path = f"{policy}/rules/Enablement_EndUser_Assignment"
    body = {"@odata.type": graph.get(path)["@odata.type"], "enabledRules": ["MultiFactorAuthentication"]}
    assert graph.refused("PATCH", path, body) == (
        400,
        "MfaAndAcrsConflict",
        "The Mfa and Acrs policy settings cannot be enabled simultaneously.",
    )


def test_approvers_read_back_with_what_the_service_knows_of_them(graph: Graph, policy: str, change: Change) -> None:
    group = graph.new_group("approvers")["id"]
    path = f"{policy}/rules/Approval_EndUser_Assignment"
    setting = graph.get(path)["setting"]
    admin = graph.emulator.contoso.administrator_id
    setting["approvalStages"][0]["primaryApprovers"] = [
        {"@odata.type": "#microsoft.graph.singleUser", "userId": admin},
        {"@odata.type": "#microsoft.graph.groupMembers", "groupId": group},
        {"@odata.type": "#microsoft.graph.singleUser", "userId": "gone"},
    ]
    change("Approval_EndUser_Assignment", setting=setting)
    assert graph.http.get(
        f"/v1.0{path}", headers={"Authorization": f"Bearer {graph.emulator.token()}"}
    ).json()["setting"]["approvalStages"][0]["primaryApprovers"] == [
        {"@odata.type": "#microsoft.graph.singleUser", "description": "MOD Administrator", "userId": admin},
        {"@odata.type": "#microsoft.graph.groupMembers", "description": "approvers", "groupId": group},
        {"@odata.type": "#microsoft.graph.singleUser", "description": None, "userId": "gone"},
    ]  # fmt: skip


# What the rules refuse


def test_permanent_is_refused_where_an_end_is_required(graph: Graph, change: Change) -> None:
    change("Expiration_Admin_Eligibility", isExpirationRequired=True, maximumDuration="P90D")
    user = graph.new_user()["id"]
    assert failures(graph, ELIGIBILITY, request_body(user)) == [
        "ExpirationRule - The policy does not allow permanent assignment"
    ]
    (too_long,) = failures(graph, ELIGIBILITY, request_body(user, duration="P91D"))
    assert too_long.startswith("ExpirationRule - ")
    graph.assign(user, duration="P90D")
    assert failures(graph, ELIGIBILITY, request_body(user, action="adminUpdate", duration="P91D"))


def test_the_longest_duration_counts_only_where_an_end_is_required(graph: Graph) -> None:
    graph.assign(graph.new_user()["id"], duration="P400D")


def test_an_active_assignment_needs_a_justification_by_default(graph: Graph) -> None:
    user = graph.new_user()["id"]
    for empty in (None, ""):
        body = request_body(user, justification=empty)
        assert failures(graph, ACTIVE, body) == ["JustificationRule - Justification is required"]
    graph.assign(user, kind="Assignment")
    graph.emulator.clock.advance(minutes=5)
    graph.assign(user, kind="Assignment", action="adminRemove", justification=None)


def test_every_rule_that_fails_is_named(graph: Graph, change: Change) -> None:
    change("Enablement_Admin_Eligibility", enabledRules=["MultiFactorAuthentication", "Justification", "Ticketing"])
    change("Expiration_Admin_Eligibility", isExpirationRequired=True)
    user = graph.new_user()["id"]
    assert failures(graph, ELIGIBILITY, request_body(user, justification=None)) == [
        "ExpirationRule - The policy does not allow permanent assignment",
        "MfaRule - Multi-factor authentication is required",
        "JustificationRule - Justification is required",
        "TicketingRule - Ticket information is required",
    ]


def test_an_app_cannot_meet_a_demand_for_mfa_and_a_person_can(graph: Graph, change: Change) -> None:
    change("Enablement_Admin_Eligibility", enabledRules=["MultiFactorAuthentication"])
    user, admin = graph.new_user()["id"], graph.emulator.contoso.administrator_id
    body = request_body(user)
    for caller in (graph, graph.user(admin, mfa=False)):
        assert failures(caller, ELIGIBILITY, body) == ["MfaRule - Multi-factor authentication is required"]
    graph.user(admin, mfa=True).post(ELIGIBILITY, body)


def test_a_ticket_number_meets_the_demand_for_a_ticket(graph: Graph, change: Change) -> None:
    change("Enablement_Admin_Eligibility", enabledRules=["Ticketing"])
    user = graph.new_user()["id"]
    assert failures(graph, ELIGIBILITY, request_body(user)) == ["TicketingRule - Ticket information is required"]
    graph.assign(user, ticketInfo={"ticketNumber": "INC1"})


def test_an_activation_obeys_the_rules_for_end_users(graph: Graph, change: Change) -> None:
    user = graph.new_user()["id"]
    graph.assign(user)
    body = request_body(user, action="selfActivate", duration="PT9H")
    (too_long,) = failures(graph.user(user), ACTIVE, body)
    assert too_long.startswith("ExpirationRule - ")
    ok = request_body(user, action="selfActivate", duration="PT8H")
    assert failures(graph.user(user, mfa=False), ACTIVE, ok) == ["MfaRule - Multi-factor authentication is required"]
    change("AuthenticationContext_EndUser_Assignment", isEnabled=True, claimValue="c1")
    status, code, message = graph.user(user).refused("POST", ACTIVE, ok)
    assert (status, code) == (400, "RoleAssignmentRequestAcrsValidationFailed")
    assert message.startswith("&claims=%7B")
    change("AuthenticationContext_EndUser_Assignment", isEnabled=False)
    graph.user(user).post(ACTIVE, ok)


def test_an_activation_that_needs_approval_waits_for_it(graph: Graph, policy: str, change: Change) -> None:
    setting = graph.get(f"{policy}/rules/Approval_EndUser_Assignment")["setting"]
    change("Approval_EndUser_Assignment", setting={**setting, "isApprovalRequired": True})
    user = graph.new_user()["id"]
    graph.assign(user)
    person, body = graph.user(user), request_body(user, action="selfActivate", duration="PT1H")
    made = person.post(ACTIVE, body)
    assert (made["status"], made["approvalId"]) == ("PendingApproval", made["id"])
    assert graph.schedules(user, "Assignment") == []
    assert person.refused("POST", ACTIVE, body)[1] == "PendingRoleAssignmentRequest"
    person.done("POST", f"{ACTIVE}/{made['id']}/cancel")
    assert graph.get(f"{ACTIVE}/{made['id']}")["status"] == "Canceled"
