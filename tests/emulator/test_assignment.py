"""Active assignments: through PIM, past it, and activated from an eligibility."""

import base64
import uuid
from datetime import timedelta
from typing import Any
from urllib.parse import unquote

import pytest

from entra_emulator import Emulator
from tests.emulator.graph import (
    EVERYTHING,
    HELPDESK_ADMINISTRATOR,
    ROLES,
    USER_ADMINISTRATOR,
    Graph,
    bind,
    request_body,
)
from tests.emulator.people import sign_in

OWN = "RoleAssignmentSchedule.ReadWrite.Directory"
REQUESTS = f"{ROLES}/roleAssignmentScheduleRequests"
SCHEDULES = f"{ROLES}/roleAssignmentSchedules"
INSTANCES = f"{ROLES}/roleAssignmentScheduleInstances"
ASSIGNMENTS = f"{ROLES}/roleAssignments"
NOBODY = "00000000-0000-0000-0000-000000000001"
TOO_SHORT = (
    400,
    "ActiveDurationTooShort",
    "The Active duration is too short. Miniumum Required is 5 minutes.",
)


def later(graph: Graph, emulator: Emulator, **jump: float) -> Graph:
    emulator.clock.advance(**jump)
    return graph.bearer(emulator.token(permissions=EVERYTHING))


def activation(user: str, **properties: Any) -> dict[str, object]:
    return request_body(user, action="selfActivate", **{"duration": "PT5H", **properties})


@pytest.fixture
def user(graph: Graph) -> str:
    return str(graph.new_user()["id"])


def test_an_active_assignment_is_a_schedule_an_instance_and_a_role_assignment(graph: Graph, user: str) -> None:
    made = graph.assign(user, kind="Assignment", duration="P30D")
    assert made["status"] == "Provisioned"
    (schedule,) = graph.schedules(user, "Assignment")
    assert list(schedule) == [
        "id", "principalId", "roleDefinitionId", "directoryScopeId", "appScopeId", "createdUsing", "createdDateTime",
        "modifiedDateTime", "status", "assignmentType", "memberType", "scheduleInfo",
    ]  # fmt: skip
    assert (schedule["id"], schedule["assignmentType"]) == (made["id"], "Assigned")
    (instance,) = graph.values(f"{INSTANCES}?$filter=principalId eq '{user}'&$expand=activatedUsing")
    packed = base64.urlsafe_b64encode(uuid.UUID(USER_ADMINISTRATOR).bytes_le + uuid.UUID(user).bytes_le)
    assert instance["id"] == instance["roleAssignmentOriginId"] == packed.decode().rstrip("=") + "-1"
    assert (instance["roleAssignmentScheduleId"], instance["activatedUsing"]) == (made["id"], None)
    (assignment,) = graph.values(f"{ASSIGNMENTS}?$filter=principalId eq '{user}'")
    assert assignment == {
        "id": instance["id"],
        "principalId": user,
        "directoryScopeId": "/",
        "roleDefinitionId": USER_ADMINISTRATOR,
    }


def test_eligibilities_are_no_role_assignments(graph: Graph, user: str) -> None:
    graph.assign(user)
    assert graph.values(f"{ASSIGNMENTS}?$filter=principalId eq '{user}'") == []


def test_a_service_principal_can_be_active(graph: Graph) -> None:
    app = graph.emulator.contoso.service_principal_id
    assert graph.assign(app, kind="Assignment")["status"] == "Provisioned"


def test_eligible_and_active_stand_beside_each_other(graph: Graph, user: str) -> None:
    graph.assign(user)
    graph.assign(user, kind="Assignment")
    assert len(graph.schedules(user)) == len(graph.schedules(user, "Assignment")) == 1


def test_an_active_assignment_that_is_updated_to_last_for_ever_ends_the_eligibility_of_its_role(
    graph: Graph, emulator: Emulator, user: str
) -> None:
    graph.assign(user)
    graph.assign(user, HELPDESK_ADMINISTRATOR)
    graph.assign(user, kind="Assignment", duration="P30D")
    after = later(graph, emulator, minutes=6)
    after.assign(user, kind="Assignment", action="adminUpdate", duration="P60D")
    assert len(after.schedules(user)) == 2
    after = later(graph, emulator, minutes=6)
    after.assign(user, kind="Assignment", action="adminUpdate")
    assert [each["roleDefinitionId"] for each in after.schedules(user)] == [HELPDESK_ADMINISTRATOR]


def test_an_eligibility_that_is_given_again_beside_it_ends_it_some_minutes_later(
    graph: Graph, emulator: Emulator, user: str
) -> None:
    graph.assign(user, kind="Assignment", duration="P30D")
    after = later(graph, emulator, minutes=6)
    after.assign(user, kind="Assignment", action="adminUpdate")
    assert after.assign(user)["status"] == "Provisioned"
    assert len(after.schedules(user, "Assignment")) == 1
    after = later(graph, emulator, minutes=5)
    assert (len(after.schedules(user)), after.schedules(user, "Assignment")) == (1, [])


def test_an_active_assignment_ends_by_the_clock_everywhere(graph: Graph, emulator: Emulator, user: str) -> None:
    graph.assign(user, kind="Assignment", duration="PT2H")
    after = later(graph, emulator, hours=2)
    assert after.schedules(user, "Assignment") == []
    assert after.values(f"{ASSIGNMENTS}?$filter=principalId eq '{user}'") == []


def test_the_first_five_minutes_of_an_active_assignment_protect_all_of_its_role(
    graph: Graph, emulator: Emulator, user: str
) -> None:
    graph.assign(user)
    graph.assign(user, kind="Assignment")
    for kind in ("Eligibility", "Assignment"):
        for action in ("adminUpdate", "adminRemove"):
            body = request_body(user, action=action)
            assert graph.refused("POST", f"{ROLES}/role{kind}ScheduleRequests", body) == TOO_SHORT
    graph.assign(user, HELPDESK_ADMINISTRATOR)
    graph.assign(user, HELPDESK_ADMINISTRATOR, action="adminRemove")
    after = later(graph, emulator, minutes=5)
    after.assign(user, action="adminRemove")
    assert after.assign(user, kind="Assignment", action="adminRemove")["status"] == "Revoked"


def test_a_young_eligibility_may_be_removed_at_once(graph: Graph, user: str) -> None:
    graph.assign(user)
    graph.assign(user, action="adminRemove")


def test_an_assignment_of_less_than_five_minutes_is_refused(graph: Graph, emulator: Emulator, user: str) -> None:
    body = request_body(user, duration="PT4M")
    assert graph.refused("POST", REQUESTS, body) == TOO_SHORT
    graph.assign(user, kind="Assignment")
    after = later(graph, emulator, minutes=6)
    assert after.refused("POST", REQUESTS, request_body(user, action="adminUpdate", duration="PT4M")) == TOO_SHORT


def test_a_waiting_assignment_is_canceled(graph: Graph, emulator: Emulator, user: str) -> None:
    made = graph.assign(user, kind="Assignment", start=(emulator.clock.now() + timedelta(days=1)).isoformat())
    graph.done("POST", f"{REQUESTS}/{made['id']}/cancel")
    assert graph.get(f"{REQUESTS}/{made['id']}")["status"] == "Canceled"


# Past PIM


def test_a_role_assignment_made_directly_is_a_schedule_that_no_request_made(graph: Graph, user: str) -> None:
    body = {"principalId": user, "roleDefinitionId": USER_ADMINISTRATOR, "directoryScopeId": "/"}
    made = graph.post(ASSIGNMENTS, body)
    (schedule,) = graph.schedules(user, "Assignment")
    assert (schedule["createdUsing"], schedule["id"]) == (None, made["id"])
    assert schedule["scheduleInfo"]["expiration"]["type"] == "noExpiration"
    read = graph.get(f"{ASSIGNMENTS}/{made['id']}?$expand=principal,roleDefinition,directoryScope")
    assert (read["principal"]["id"], read["roleDefinition"]["displayName"]) == (user, "User Administrator")
    assert read["directoryScope"] == {"id": "/"}
    message = "A conflicting object with one or more of the specified property values is present in the directory."
    assert graph.refused("POST", ASSIGNMENTS, body) == (400, "Request_BadRequest", message)
    graph.done("DELETE", f"{ASSIGNMENTS}/{made['id']}")
    assert graph.schedules(user, "Assignment") == []
    assert graph.refused("DELETE", f"{ASSIGNMENTS}/{made['id']}")[:2] == (404, "Request_ResourceNotFound")
    assert graph.refused("GET", f"{ASSIGNMENTS}/nonsense")[:2] == (404, "Request_ResourceNotFound")


@pytest.mark.parametrize(
    ("properties", "status"),
    [
        ({"directoryScopeId": ""}, 400),
        ({"directoryScopeId": f"/administrativeUnits/{NOBODY}"}, 400),
        ({"roleDefinitionId": NOBODY}, 404),
        ({"principalId": NOBODY}, 404),
    ],
)
def test_a_role_assignment_needs_a_role_a_principal_and_a_scope(
    graph: Graph, user: str, properties: dict[str, str], status: int
) -> None:
    body = {"principalId": user, "roleDefinitionId": USER_ADMINISTRATOR, "directoryScopeId": "/", **properties}
    assert graph.refused("POST", ASSIGNMENTS, body)[0] == status


def test_a_group_that_is_not_assignable_holds_no_role(graph: Graph) -> None:
    group = graph.new_group(isAssignableToRole=False)["id"]
    body = {"principalId": group, "roleDefinitionId": USER_ADMINISTRATOR, "directoryScopeId": "/"}
    assert graph.refused("POST", ASSIGNMENTS, body)[:2] == (400, "Request_BadRequest")
    app = {**body, "principalId": graph.emulator.contoso.service_principal_id}
    graph.post(ASSIGNMENTS, app)


def test_role_assignments_are_counted_and_filtered_by_role(graph: Graph) -> None:
    assert graph.send("GET", f"{ASSIGNMENTS}/$count").text == "2"
    rows = graph.values(f"{ASSIGNMENTS}?$filter=roleDefinitionId eq '62e90394-69f5-4237-9190-012177145e10'")
    assert [row["principalId"] for row in rows] == [graph.emulator.contoso.administrator_id]


# Activation


def test_an_eligible_member_of_a_group_activates_for_a_while(graph: Graph, emulator: Emulator, user: str) -> None:
    group = graph.new_group(**{"members@odata.bind": bind(user)})["id"]
    eligibility = graph.assign(group)
    person = graph.user(user, [OWN])
    made = person.post(REQUESTS, activation(user, ticketInfo={"ticketNumber": "SEC-012345", "ticketSystem": "ICM"}))
    assert (made["status"], made["createdBy"]["user"]["id"]) == ("Provisioned", user)
    assert made["ticketInfo"] == {"ticketNumber": "SEC-012345", "ticketSystem": "ICM"}
    (schedule,) = graph.values(f"{SCHEDULES}?$filter=assignmentType eq 'Activated'&$expand=activatedUsing")
    assert (schedule["principalId"], schedule["memberType"]) == (user, "Direct")
    assert schedule["activatedUsing"]["id"] == eligibility["id"]
    (own,) = person.values(f"{REQUESTS}/filterByCurrentUser(on='principal')")
    assert own["id"] == made["id"]
    again = graph.user(user, [OWN])
    assert again.refused("POST", REQUESTS, activation(user))[1] == "RoleAssignmentExists"
    assert later(graph, emulator, hours=5).schedules(user, "Assignment") == []
    assert len(graph.bearer(emulator.token(permissions=EVERYTHING)).schedules(group)) == 1


def test_an_activation_is_given_up_after_five_minutes_at_the_earliest(
    graph: Graph, emulator: Emulator, user: str
) -> None:
    graph.assign(user)
    person = graph.user(user)
    person.post(REQUESTS, activation(user))
    assert person.refused("POST", REQUESTS, request_body(user, action="selfDeactivate")) == TOO_SHORT
    emulator.clock.advance(minutes=5)
    assert person.post(REQUESTS, request_body(user, action="selfDeactivate"))["status"] == "Revoked"
    person.post(REQUESTS, activation(user))


def test_who_is_not_eligible_cannot_activate(graph: Graph, user: str) -> None:
    graph.assign(user, HELPDESK_ADMINISTRATOR)
    assert graph.user(user).refused("POST", REQUESTS, activation(user))[1] == "RoleAssignmentDoesNotExist"


def test_a_role_is_activated_over_the_scope_that_one_is_eligible_for(graph: Graph, user: str) -> None:
    unit = graph.post("/directory/administrativeUnits", {"displayName": "North"})["id"]
    scope = f"/administrativeUnits/{unit}"
    graph.assign(user, directoryScopeId=scope)
    assert graph.user(user).refused("POST", REQUESTS, activation(user))[:2] == (400, "InvalidScope")
    made = graph.user(user).post(REQUESTS, activation(user, directoryScopeId=scope))
    assert (made["status"], made["directoryScopeId"]) == ("Provisioned", scope)


def test_a_running_activation_is_not_followed_by_another(graph: Graph, emulator: Emulator, user: str) -> None:
    graph.assign(user)
    graph.user(user).post(REQUESTS, activation(user))
    start = (emulator.clock.now() + timedelta(hours=6)).isoformat()
    for body in (activation(user, start=start), activation(user, isValidationOnly=True)):
        assert graph.user(user).refused("POST", REQUESTS, body)[1] == "RoleAssignmentExists"


def test_a_token_with_the_demanded_authentication_context_activates(graph: Graph, user: str) -> None:
    graph.assign(user)
    scoped = f"$filter=scopeId eq '/' and scopeType eq 'DirectoryRole' and roleDefinitionId eq '{USER_ADMINISTRATOR}'"
    (found,) = graph.values(f"/policies/roleManagementPolicyAssignments?{scoped}")
    path = f"/policies/roleManagementPolicies/{found['policyId']}/rules/AuthenticationContext_EndUser_Assignment"
    graph.done("PATCH", path, {"@odata.type": graph.get(path)["@odata.type"], "isEnabled": True, "claimValue": "c1"})
    asked = {"scope": f"openid {OWN}", "username": "AlineD@contoso.com"}
    person = graph.bearer(sign_in(graph, **asked)["access_token"])
    status, code, message = person.refused("POST", REQUESTS, activation(user))
    assert (status, code) == (400, "RoleAssignmentRequestAcrsValidationFailed")
    challenge = unquote(message.removeprefix("&claims="))
    again = graph.bearer(sign_in(graph, **asked, claims=challenge)["access_token"])
    assert again.post(REQUESTS, activation(user))["status"] == "Provisioned"


def test_one_activates_for_oneself_only_and_an_app_not_at_all(graph: Graph, user: str) -> None:
    graph.assign(user)
    other = graph.user(graph.new_user("other")["id"])
    for caller in (other, graph):
        assert caller.refused("POST", REQUESTS, activation(user)) == (
            403,
            "",
            "Attempted to perform an unauthorized operation.",
        )


def test_an_activated_role_can_do_what_it_is_for(graph: Graph, user: str) -> None:
    graph.assign(user)
    other = graph.new_user("other")["id"]
    person = graph.user(user)
    path = f"/users/{other}/revokeSignInSessions"
    assert person.refused("POST", path)[:2] == (403, "Authorization_RequestDenied")
    person.post(REQUESTS, activation(user))
    person.post(path, None, status=200)


def test_an_activation_that_starts_later_is_activated_then(graph: Graph, emulator: Emulator, user: str) -> None:
    graph.assign(user)
    start = (emulator.clock.now() + timedelta(hours=1)).isoformat()
    made = graph.user(user).post(REQUESTS, activation(user, start=start))
    assert made["status"] == "Granted"
    (schedule,) = later(graph, emulator, hours=1).schedules(user, "Assignment")
    assert schedule["assignmentType"] == "Activated"


def test_an_assignment_that_starts_later_is_assigned_even_to_who_is_eligible(
    graph: Graph, emulator: Emulator, user: str
) -> None:
    graph.assign(user)
    graph.assign(user, kind="Assignment", start=(emulator.clock.now() + timedelta(hours=1)).isoformat())
    (schedule,) = later(graph, emulator, hours=1).schedules(user, "Assignment")
    assert schedule["assignmentType"] == "Assigned"


def test_what_an_administrator_assigned_is_not_given_up_by_oneself(graph: Graph, user: str) -> None:
    graph.assign(user, kind="Assignment")
    graph.emulator.clock.advance(minutes=5)
    body = request_body(user, action="selfDeactivate")
    assert graph.user(user).refused("POST", REQUESTS, body)[1] == "RoleAssignmentDoesNotExist"


def test_a_request_whose_ground_is_gone_at_its_start_fails(graph: Graph, emulator: Emulator, user: str) -> None:
    start = (emulator.clock.now() + timedelta(hours=1)).isoformat()
    graph.assign(user)
    activated = graph.user(user).post(REQUESTS, activation(user, start=start))
    graph.assign(user, action="adminRemove")
    gone = graph.new_user("gone")["id"]
    assigned = graph.assign(gone, kind="Assignment", start=start)
    graph.done("DELETE", f"/users/{gone}")
    after = later(graph, emulator, hours=1)
    for request in (activated, assigned):
        assert after.get(f"{REQUESTS}/{request['id']}")["status"] == "Failed"
    assert after.schedules(user, "Assignment") == after.schedules(gone, "Assignment") == []
