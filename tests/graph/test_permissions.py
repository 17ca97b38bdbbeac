"""A refused call is told which permission it needs."""

import pytest

from pulumi_entra_pim.graph import permissions
from pulumi_entra_pim.graph.errors import Answer
from pulumi_entra_pim.graph.permissions import NEEDS, Need, advice_on_denial, needed

PIM = "/roleManagement/directory"


CALLS = [
    ("GET /users/aline", ["User.Read.All"]),
    ("GET /users", ["User.Read.All"]),
    ("POST /users", ["User.ReadWrite.All"]),
    ("PATCH /users/aline", ["User.ReadWrite.All"]),
    ("DELETE /users/aline", ["User.DeleteRestore.All"]),
    ("GET /groups/helpdesk/members", ["Group.Read.All"]),
    ("POST /groups", ["Group.ReadWrite.All", "RoleManagement.ReadWrite.Directory"]),
    ("PATCH /groups(uniqueName='x')", ["Group.ReadWrite.All", "RoleManagement.ReadWrite.Directory"]),
    ("DELETE /groups/helpdesk/owners/aline/$ref", ["Group.ReadWrite.All", "RoleManagement.ReadWrite.Directory"]),
    ("GET /directory/deletedItems/microsoft.graph.group", ["Group.Read.All"]),
    ("DELETE /directory/deletedItems/aline", ["User.DeleteRestore.All"]),
    (f"GET {PIM}/roleEligibilitySchedules", ["RoleEligibilitySchedule.Read.Directory"]),
    (f"GET {PIM}/roleEligibilityScheduleInstances", ["RoleEligibilitySchedule.Read.Directory"]),
    # Reading requests takes the write permission: https://github.com/microsoftgraph/microsoft-graph-docs/issues/22292
    (f"GET {PIM}/roleEligibilityScheduleRequests", ["RoleEligibilitySchedule.ReadWrite.Directory"]),
    (f"POST {PIM}/roleEligibilityScheduleRequests", ["RoleEligibilitySchedule.ReadWrite.Directory"]),
    (f"POST {PIM}/roleEligibilityScheduleRequests/1/cancel", ["RoleEligibilitySchedule.ReadWrite.Directory"]),
    (f"GET {PIM}/roleAssignmentSchedules", ["RoleAssignmentSchedule.Read.Directory"]),
    (f"GET {PIM}/roleDefinitions/1", ["RoleManagement.Read.Directory"]),
    (f"GET {PIM}/roleAssignments", ["RoleManagement.Read.Directory"]),
    ("GET /policies/roleManagementPolicies/1", ["RoleManagement.Read.Directory"]),
    ("GET /policies/roleManagementPolicyAssignments", ["RoleManagement.Read.Directory"]),
    ("GET /subscribedSkus", ["Organization.Read.All"]),
    ("GET /me", ["User.Read"]),
    ("POST /users/1/revokeSignInSessions", ["User.RevokeSessions.All"]),
    (f"POST {PIM}/roleAssignmentScheduleRequests", ["RoleAssignmentSchedule.ReadWrite.Directory"]),
    ("GET /reports", []),
]


@pytest.mark.parametrize(("call", "names"), CALLS)
def test_the_least_privileged_permissions_of_a_call(call: str, names: list[str]) -> None:
    method, _, path = call.partition(" ")
    assert list(needed(method, path)) == names


@pytest.mark.parametrize("row", NEEDS, ids=lambda row: f"{row.method} {row.path}")
def test_no_row_of_the_table_is_idle(row: Need, monkeypatch: pytest.MonkeyPatch) -> None:
    def answers() -> list[tuple[str, ...]]:
        return [needed(*call.split(" ", 1)) for call, _ in CALLS]

    whole = answers()
    monkeypatch.setattr(permissions, "NEEDS", tuple(other for other in NEEDS if other is not row))
    assert answers() != whole


class TestAdvice:
    def test_permissions_that_graph_names_come_first(self) -> None:
        answer = Answer("GET", "/v1.0/users", 403, missing_permissions=("A.Read", "B.Read"))
        assert advice_on_denial(answer) == "Grant the caller one of A.Read, B.Read, with admin consent"

    def test_those_that_are_needed_together_are_named_together(self) -> None:
        assert advice_on_denial(Answer("POST", "/v1.0/groups", 403)) == (
            "The call needs Group.ReadWrite.All and RoleManagement.ReadWrite.Directory with admin consent"
        )

    @pytest.mark.parametrize("method", ["PATCH", "DELETE"])
    def test_a_protected_account_may_be_the_reason_and_not_a_permission(self, method: str) -> None:
        advice = advice_on_denial(Answer(method, "/v1.0/users/aline", 403))
        assert advice.startswith("The call needs User.")
        assert "Privileged Authentication Administrator only" in advice

    def test_reading_an_account_is_not_protected(self) -> None:
        assert advice_on_denial(Answer("GET", "/v1.0/users/aline", 403)) == (
            "The call needs User.Read.All with admin consent"
        )

    def test_a_call_that_the_table_does_not_have_gets_none(self) -> None:
        assert advice_on_denial(Answer("GET", "/v1.0/reports", 403)) == ""

    @pytest.mark.parametrize("status", [400, 401, 404, 429, 500])
    def test_another_refusal_gets_none(self, status: int) -> None:
        assert advice_on_denial(Answer("GET", "/v1.0/users", status, missing_permissions=("A.Read",))) == ""
