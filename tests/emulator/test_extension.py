"""Extension and renewal, of eligibilities and of active assignments alike."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from entra_emulator import Emulator
from tests.emulator.graph import EVERYTHING, ROLES, USER_ADMINISTRATOR, Graph, bind, request_body

KINDS = pytest.mark.parametrize("kind", ["Eligibility", "Assignment"])
GONE = (400, "RoleAssignmentDoesNotExist", "The Role assignment does not exist.")


@pytest.fixture(autouse=True)
def _frozen(emulator: Emulator) -> None:
    emulator.clock.freeze()


@pytest.fixture
def user(graph: Graph) -> str:
    return str(graph.new_user()["id"])


def requests(kind: str) -> str:
    return f"{ROLES}/role{kind}ScheduleRequests"


def later(graph: Graph, emulator: Emulator, **jump: float) -> Graph:
    emulator.clock.advance(**jump)
    return graph.bearer(emulator.token(permissions=EVERYTHING))


def ends(schedule: Any) -> datetime:
    return datetime.fromisoformat(schedule["scheduleInfo"]["expiration"]["endDateTime"])


def decide(graph: Graph, request: str, **decision: Any) -> Any:
    admin = graph.emulator.contoso.administrator_id
    body = {"request": request, "approve": True, "by": admin, "justification": "as agreed", **decision}
    return graph.http.post("/_emulator/decision", json=body).json()


# By an administrator


@KINDS
def test_an_administrator_extends_what_still_runs(graph: Graph, emulator: Emulator, user: str, kind: str) -> None:
    before = graph.assign(user, kind=kind, duration="P10D")
    after = later(graph, emulator, days=9)
    made = after.assign(user, kind=kind, action="adminExtend", duration="P30D")
    assert (made["status"], made["action"], made["approvalId"]) == ("Provisioned", "adminExtend", None)
    assert made["targetScheduleId"] == made["id"] != before["id"]
    (schedule,) = after.schedules(user, kind)
    assert (schedule["id"], ends(schedule)) == (made["id"], emulator.clock.now() + timedelta(days=30))
    assert len(later(graph, emulator, days=29).schedules(user, kind)) == 1


@KINDS
def test_what_does_not_run_cannot_be_extended(graph: Graph, user: str, kind: str) -> None:
    body = request_body(user, action="adminExtend", duration="P1D")
    assert graph.refused("POST", requests(kind), body) == GONE


def test_a_young_active_assignment_cannot_be_extended(graph: Graph, user: str) -> None:
    graph.assign(user, kind="Assignment", duration="P10D")
    body = request_body(user, action="adminExtend", duration="P20D")
    assert graph.refused("POST", requests("Assignment"), body)[1] == "ActiveDurationTooShort"


def test_an_activation_cannot_be_extended(graph: Graph, emulator: Emulator, user: str) -> None:
    graph.assign(user)
    person = graph.user(user)
    person.post(requests("Assignment"), request_body(user, action="selfActivate", duration="PT1H"))
    after = later(graph, emulator, minutes=10)
    body = request_body(user, action="adminExtend", duration="PT2H")
    assert after.refused("POST", requests("Assignment"), body) == GONE
    assert person.refused("POST", requests("Assignment"), {**body, "action": "selfExtend"}) == GONE


@KINDS
def test_an_administrator_renews_what_came_to_its_end_within_30_days(
    graph: Graph, emulator: Emulator, user: str, kind: str
) -> None:
    graph.assign(user, kind=kind, duration="P10D")
    after = later(graph, emulator, days=39)
    made = after.assign(user, kind=kind, action="adminRenew", duration="P20D")
    assert made["status"] == "Provisioned"
    (schedule,) = after.schedules(user, kind)
    assert (schedule["id"], ends(schedule)) == (made["id"], emulator.clock.now() + timedelta(days=20))


@KINDS
def test_what_ended_longer_ago_cannot_be_renewed(graph: Graph, emulator: Emulator, user: str, kind: str) -> None:
    graph.assign(user, kind=kind, duration="P10D")
    body = request_body(user, action="adminRenew", duration="P20D")
    assert later(graph, emulator, days=40).refused("POST", requests(kind), body) == GONE


@KINDS
def test_what_was_removed_or_still_runs_cannot_be_renewed(
    graph: Graph, emulator: Emulator, user: str, kind: str
) -> None:
    graph.assign(user, kind=kind, duration="P10D")
    after = later(graph, emulator, days=1)
    body = request_body(user, action="adminRenew", duration="P20D")
    assert after.refused("POST", requests(kind), body)[1] == "RoleAssignmentExists"
    after.assign(user, kind=kind, action="adminRemove")
    assert after.refused("POST", requests(kind), body) == GONE


def test_an_activation_is_made_anew_and_not_renewed(graph: Graph, emulator: Emulator, user: str) -> None:
    graph.assign(user)
    graph.user(user).post(requests("Assignment"), request_body(user, action="selfActivate", duration="PT1H"))
    body = request_body(user, action="adminRenew", duration="PT2H")
    assert later(graph, emulator, hours=1).refused("POST", requests("Assignment"), body) == GONE


# By oneself


@KINDS
def test_a_person_asks_for_extension_and_an_administrator_decides(
    graph: Graph, emulator: Emulator, user: str, kind: str
) -> None:
    before = graph.assign(user, kind=kind, duration="P10D")
    after = later(graph, emulator, days=8)
    made = after.user(user).post(requests(kind), request_body(user, action="selfExtend", duration="P30D"))
    assert (made["status"], made["approvalId"]) == ("PendingAdminDecision", made["id"])
    assert [each["id"] for each in after.schedules(user, kind)] == [before["id"]]
    assert decide(graph, made["id"]) == {"id": made["id"], "status": "Provisioned"}
    (schedule,) = after.schedules(user, kind)
    assert (schedule["id"], ends(schedule)) == (made["id"], emulator.clock.now() + timedelta(days=30))


@KINDS
def test_a_person_asks_for_renewal_and_an_administrator_decides(
    graph: Graph, emulator: Emulator, user: str, kind: str
) -> None:
    graph.assign(user, kind=kind, duration="P10D")
    after = later(graph, emulator, days=11)
    made = after.user(user).post(requests(kind), request_body(user, action="selfRenew", duration="P30D"))
    assert (made["status"], after.schedules(user, kind)) == ("PendingAdminDecision", [])
    assert decide(graph, made["id"])["status"] == "Provisioned"
    (schedule,) = after.schedules(user, kind)
    assert schedule.get("assignmentType") in (None, "Assigned")


def test_a_denied_extension_leaves_what_there_was(graph: Graph, user: str) -> None:
    before = graph.assign(user, duration="P10D")
    made = graph.user(user).post(requests("Eligibility"), request_body(user, action="selfExtend", duration="P30D"))
    assert decide(graph, made["id"], approve=False)["status"] == "Denied"
    assert [each["id"] for each in graph.schedules(user)] == [before["id"]]


def test_a_decision_about_an_extension_is_an_administrators_and_has_a_reason(graph: Graph, user: str) -> None:
    graph.assign(user, duration="P10D")
    made = graph.user(user).post(requests("Eligibility"), request_body(user, action="selfExtend", duration="P30D"))
    other = graph.new_user("other")["id"]
    assert "may not decide" in decide(graph, made["id"], by=other)["error"]
    assert decide(graph, made["id"], justification=None)["error"] == "the decision needs a justification"
    admin = graph.user(graph.emulator.contoso.administrator_id)
    (waiting,) = admin.values(f"{requests('Eligibility')}/filterByCurrentUser(on='approver')")
    assert waiting["id"] == made["id"]


def test_a_request_for_extension_is_cancelled_as_long_as_nobody_decided(graph: Graph, user: str) -> None:
    graph.assign(user, duration="P10D")
    body = request_body(user, action="selfExtend", duration="P30D")
    person, path = graph.user(user), requests("Eligibility")
    made = person.post(path, body)
    assert person.refused("POST", path, body)[1] == "PendingRoleAssignmentRequest"
    person.done("POST", f"{path}/{made['id']}/cancel")
    assert person.post(path, body)["status"] == "PendingAdminDecision"


@KINDS
def test_one_extends_and_renews_for_oneself_only(graph: Graph, emulator: Emulator, user: str, kind: str) -> None:
    group = graph.new_group(**{"members@odata.bind": bind(user)})["id"]
    graph.assign(group, kind=kind, duration="P10D")
    body = request_body(group, action="selfExtend", duration="P30D")
    assert graph.user(user).refused("POST", requests(kind), body)[:2] == (403, "")
    own = request_body(user, action="selfExtend", duration="P30D")
    assert graph.user(user).refused("POST", requests(kind), own) == GONE
    assert graph.user(user).refused("POST", requests(kind), {**own, "action": "selfRenew"}) == GONE


# As for every action


@KINDS
@pytest.mark.parametrize("action", ["adminExtend", "selfExtend"])
def test_an_extension_is_held_to_the_policy(graph: Graph, user: str, kind: str, action: str) -> None:
    scoped = f"$filter=scopeId eq '/' and scopeType eq 'DirectoryRole' and roleDefinitionId eq '{USER_ADMINISTRATOR}'"
    (found,) = graph.values(f"/policies/roleManagementPolicyAssignments?{scoped}")
    path = f"/policies/roleManagementPolicies/{found['policyId']}/rules/Expiration_Admin_{kind}"
    graph.assign(user, kind=kind, duration="P10D")
    graph.emulator.clock.advance(minutes=5)
    odata_type = graph.get(path)["@odata.type"]
    graph.done("PATCH", path, {"@odata.type": odata_type, "isExpirationRequired": True, "maximumDuration": "P20D"})
    body = request_body(user, action=action, duration="P21D")
    caller = graph.user(user) if action == "selfExtend" else graph
    assert caller.refused("POST", requests(kind), body)[1] == "RoleAssignmentRequestPolicyValidationFailed"
    caller.post(requests(kind), {**body, **request_body(user, action=action, duration="P20D")})


@pytest.mark.parametrize(
    "action", ["adminAssign", "adminUpdate", "adminRemove", "adminExtend", "adminRenew", "selfExtend", "selfRenew"]
)
@KINDS
def test_a_validation_of_any_action_changes_nothing(
    graph: Graph, emulator: Emulator, user: str, kind: str, action: str
) -> None:
    if action != "adminAssign":
        graph.assign(user, kind=kind, duration="P10D")
    after = later(graph, emulator, days=11 if action.endswith("Renew") else 1)
    before = after.schedules(user, kind), after.values(requests(kind))
    caller = after.user(user) if action.startswith("self") else after
    made = caller.post(requests(kind), request_body(user, action=action, isValidationOnly=True))
    assert (made["action"], made["isValidationOnly"]) == (action, True)
    assert (after.schedules(user, kind), after.values(requests(kind))) == before
