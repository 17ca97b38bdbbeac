"""Requests that wait for somebody: who may decide about them, and what becomes of them."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from entra_emulator import Emulator
from tests.emulator.graph import (
    EVERYTHING,
    PRIVILEGED_ROLE_ADMINISTRATOR,
    ROLES,
    USER_ADMINISTRATOR,
    Graph,
    bind,
    request_body,
)

REQUESTS = f"{ROLES}/roleAssignmentScheduleRequests"
SINGLE_USER, GROUP_MEMBERS = "#microsoft.graph.singleUser", "#microsoft.graph.groupMembers"
OWN = ("RoleAssignmentSchedule.ReadWrite.Directory",)

Demand = Callable[..., None]


@pytest.fixture(autouse=True)
def _frozen(emulator: Emulator) -> None:
    emulator.clock.freeze()


@pytest.fixture
def demand(graph: Graph) -> Demand:
    """Return a way to demand approval of activations of the User Administrator."""
    scoped = "$filter=scopeId eq '/' and scopeType eq 'DirectoryRole'"
    query = f"{scoped} and roleDefinitionId eq '{USER_ADMINISTRATOR}'"
    (found,) = graph.values(f"/policies/roleManagementPolicyAssignments?{query}")
    path = f"/policies/roleManagementPolicies/{found['policyId']}/rules/Approval_EndUser_Assignment"

    def patch(*approvers: dict[str, str], **stage: object) -> None:
        rule = graph.get(path)
        stages = [{**rule["setting"]["approvalStages"][0], "primaryApprovers": list(approvers), **stage}]
        setting = {**rule["setting"], "isApprovalRequired": True, "approvalStages": stages}
        graph.done("PATCH", path, {"@odata.type": rule["@odata.type"], "id": rule["id"], "setting": setting})

    return patch


@pytest.fixture
def user(graph: Graph) -> str:
    """Return somebody who is eligible."""
    made = str(graph.new_user()["id"])
    graph.assign(made)
    return made


def single(user: str) -> dict[str, str]:
    return {"@odata.type": SINGLE_USER, "userId": user}


def activate(graph: Graph, user: str, **properties: Any) -> Any:
    body = request_body(user, action="selfActivate", **{"duration": "PT2H", **properties})
    return graph.user(user).post(REQUESTS, body)


def decide(graph: Graph, request: str, **decision: object) -> tuple[int, Any]:
    """Decide through the emulator's control."""
    response = graph.http.post("/_emulator/decision", json={"request": request, **decision})
    return response.status_code, response.json()


def decided(graph: Graph, request: str, by: str, *, approve: bool) -> str:
    status, answer = decide(graph, request, approve=approve, by=by, justification="as agreed")
    assert (status, answer["id"]) == (200, request), answer
    return str(answer["status"])


def later(graph: Graph, emulator: Emulator, **jump: float) -> Graph:
    emulator.clock.advance(**jump)
    return graph.bearer(emulator.token(permissions=EVERYTHING))


def test_a_request_that_waits_is_answered_as_microsoft_documents_it(graph: Graph, demand: Demand, user: str) -> None:
    demand()
    made = activate(graph, user)
    assert (made["status"], made["action"]) == ("PendingApproval", "selfActivate")
    assert made["id"] == made["approvalId"] == made["targetScheduleId"]
    assert made["completedDateTime"] is not None
    assert made["scheduleInfo"] == {
        "startDateTime": None,
        "recurrence": None,
        "expiration": {"type": "afterDuration", "endDateTime": None, "duration": "PT2H"},
    }
    assert graph.schedules(user, "Assignment") == []


def test_an_approved_activation_runs_from_the_approval(
    graph: Graph, emulator: Emulator, demand: Demand, user: str
) -> None:
    approver = graph.new_user("approver")["id"]
    demand(single(approver))
    made = activate(graph, user)
    after = later(graph, emulator, hours=3)
    assert decided(graph, made["id"], approver, approve=True) == "Provisioned"
    (schedule,) = after.schedules(user, "Assignment")
    assert (schedule["id"], schedule["assignmentType"]) == (made["id"], "Activated")
    assert datetime.fromisoformat(schedule["scheduleInfo"]["startDateTime"]) == emulator.clock.now()
    end = schedule["scheduleInfo"]["expiration"]["endDateTime"]
    assert datetime.fromisoformat(end) == emulator.clock.now() + timedelta(hours=2)
    request = after.get(f"{REQUESTS}/{made['id']}")
    assert request["status"] == "Provisioned"
    assert request["completedDateTime"] == request["scheduleInfo"]["startDateTime"]


def test_an_approved_activation_that_is_to_start_later_waits_for_its_start(
    graph: Graph, emulator: Emulator, demand: Demand, user: str
) -> None:
    demand()
    start = (emulator.clock.now() + timedelta(hours=5)).isoformat()
    made = activate(graph, user, start=start)
    assert datetime.fromisoformat(made["scheduleInfo"]["startDateTime"]) == datetime.fromisoformat(start)
    assert decided(graph, made["id"], emulator.contoso.administrator_id, approve=True) == "Granted"
    assert graph.schedules(user, "Assignment") == []
    (schedule,) = later(graph, emulator, hours=5).schedules(user, "Assignment")
    assert schedule["assignmentType"] == "Activated"


def test_a_denied_activation_is_over(graph: Graph, demand: Demand, user: str) -> None:
    demand()
    made = activate(graph, user)
    admin = graph.emulator.contoso.administrator_id
    assert decided(graph, made["id"], admin, approve=False) == "Denied"
    assert graph.get(f"{REQUESTS}/{made['id']}")["status"] == "Denied"
    assert graph.schedules(user, "Assignment") == []
    status, answer = decide(graph, made["id"], approve=True, by=admin, justification="after all")
    assert (status, answer["error"]) == (400, f"the request {made['id']} is Denied and waits for no decision")
    assert activate(graph, user)["status"] == "PendingApproval"


def test_a_member_of_a_group_of_approvers_decides(graph: Graph, demand: Demand, user: str) -> None:
    approver = graph.new_user("approver")["id"]
    group = graph.new_group("approvers", isAssignableToRole=False, **{"members@odata.bind": bind(approver)})["id"]
    demand({"@odata.type": GROUP_MEMBERS, "groupId": group.upper()})
    made = activate(graph, user)
    assert decided(graph, made["id"], approver, approve=True) == "Provisioned"


def test_only_approvers_decide_and_nobody_about_their_own(graph: Graph, demand: Demand, user: str) -> None:
    approver = graph.new_user("approver")["id"]
    demand(single(approver), single(user))
    made = activate(graph, user)
    for other in (user, graph.emulator.contoso.administrator_id, "nobody"):
        status, answer = decide(graph, made["id"], approve=True, by=other, justification="x")
        assert (status, answer["error"]) == (
            400,
            f"the user {other} may not decide about the request {made['id']}",
        )
    assert graph.get(f"{REQUESTS}/{made['id']}")["status"] == "PendingApproval"


def test_without_approvers_those_decide_who_may_manage_roles(graph: Graph, demand: Demand, user: str) -> None:
    demand()
    made = activate(graph, user)
    manager = graph.new_user("manager")["id"]
    assert decide(graph, made["id"], approve=True, by=manager, justification="x")[0] == 400
    graph.assign(manager, PRIVILEGED_ROLE_ADMINISTRATOR, kind="Assignment")
    assert decided(graph, made["id"], manager, approve=True) == "Provisioned"


def test_a_decision_needs_a_justification_where_the_policy_demands_one(graph: Graph, demand: Demand, user: str) -> None:
    demand()
    made, admin = activate(graph, user), graph.emulator.contoso.administrator_id
    for empty in ({}, {"justification": ""}):
        status, answer = decide(graph, made["id"], approve=True, by=admin, **empty)
        assert (status, answer["error"]) == (400, "the decision needs a justification")
    demand(isApproverJustificationRequired=False)
    assert decide(graph, made["id"], approve=True, by=admin)[0] == 200


def test_nobody_decides_in_time_and_the_request_fails(
    graph: Graph, emulator: Emulator, demand: Demand, user: str
) -> None:
    demand()
    made = activate(graph, user)
    assert later(graph, emulator, hours=23).get(f"{REQUESTS}/{made['id']}")["status"] == "PendingApproval"
    emulator.clock.advance(hours=1)
    assert decide(graph, made["id"], approve=True, by=emulator.contoso.administrator_id, justification="x")[0] == 400
    assert later(graph, emulator).get(f"{REQUESTS}/{made['id']}")["status"] == "Failed"
    assert activate(graph, user)["status"] == "PendingApproval"
    assert later(graph, emulator, days=45).refused("GET", f"{REQUESTS}/{made['id']}")[0] == 404


def test_the_time_for_a_decision_is_the_policys(graph: Graph, emulator: Emulator, demand: Demand, user: str) -> None:
    demand(approvalStageTimeOutInDays=3)
    made = activate(graph, user)
    emulator.clock.advance(days=2)
    assert decided(graph, made["id"], emulator.contoso.administrator_id, approve=True) == "Provisioned"
    assert later(graph, emulator, days=2).get(f"{REQUESTS}/{made['id']}")["status"] == "Provisioned"


def test_an_approval_whose_ground_is_gone_fails_the_request(graph: Graph, demand: Demand, user: str) -> None:
    demand()
    made = activate(graph, user)
    graph.assign(user, action="adminRemove")
    assert decided(graph, made["id"], graph.emulator.contoso.administrator_id, approve=True) == "Failed"
    assert graph.schedules(user, "Assignment") == []


def test_nothing_more_is_taken_while_a_request_waits_and_it_can_be_cancelled(
    graph: Graph, demand: Demand, user: str
) -> None:
    demand()
    made = activate(graph, user)
    body = request_body(user, action="selfActivate", duration="PT1H")
    assert graph.user(user).refused("POST", REQUESTS, body)[1] == "PendingRoleAssignmentRequest"
    graph.user(user).done("POST", f"{REQUESTS}/{made['id']}/cancel")
    assert graph.get(f"{REQUESTS}/{made['id']}")["status"] == "Canceled"
    admin = graph.emulator.contoso.administrator_id
    assert decide(graph, made["id"], approve=True, by=admin, justification="x")[0] == 400


def test_an_approver_lists_what_waits_for_them(graph: Graph, demand: Demand, user: str) -> None:
    approver = graph.new_user("approver")["id"]
    demand(single(approver))
    made = activate(graph, user)
    path = f"{REQUESTS}/filterByCurrentUser(on='approver')?$filter=status eq 'PendingApproval'"
    assert [each["id"] for each in graph.user(approver, OWN).values(path)] == [made["id"]]
    assert graph.user(user, OWN).values(path) == []
    assert graph.values(path) == []
    decided(graph, made["id"], approver, approve=True)
    assert graph.user(approver, OWN).values(path) == []


def test_a_validation_of_an_activation_waits_for_nobody(graph: Graph, demand: Demand, user: str) -> None:
    demand()
    assert activate(graph, user, isValidationOnly=True)["isValidationOnly"] is True
    assert graph.values(REQUESTS) == []


@pytest.mark.parametrize(
    ("decision", "says"),
    [
        ({"request": "x", "approve": True, "by": "y"}, "there is no request x"),
        ({"request": "x", "approve": "yes", "by": "y"}, "approve must be true or false"),
        ({"request": "x", "approve": True}, "'by' is missing"),
        ({"request": "x", "approve": True, "by": "y", "tenant": "nowhere"}, "there is no tenant 'nowhere'"),
    ],
)
def test_a_decision_that_makes_no_sense_is_answered_with_a_sentence(
    graph: Graph, decision: dict[str, object], says: str
) -> None:
    response = graph.http.post("/_emulator/decision", json=decision)
    assert (response.status_code, response.json()) == (400, {"error": says})
