"""Eligibilities: request, schedule, instance."""

import base64
import uuid
from datetime import UTC, datetime, timedelta

import pytest

from entra_emulator import Emulator
from tests.emulator.graph import EVERYTHING, HELPDESK_ADMINISTRATOR, ROLES, USER_ADMINISTRATOR, Graph, request_body

REQUESTS = f"{ROLES}/roleEligibilityScheduleRequests"
SCHEDULES = f"{ROLES}/roleEligibilitySchedules"
INSTANCES = f"{ROLES}/roleEligibilityScheduleInstances"
NOBODY = "00000000-0000-0000-0000-000000000001"
INVALID = (400, "InvalidRoleAssignmentRequest", "The role assignment request is invalid.")


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def later(graph: Graph, emulator: Emulator, **jump: float) -> Graph:
    """Let time pass, and call with a token of then."""
    emulator.clock.advance(**jump)
    return graph.bearer(emulator.token(permissions=EVERYTHING))


@pytest.fixture
def group(graph: Graph) -> str:
    return str(graph.new_group()["id"])


def test_the_tutorials_request_is_answered_as_microsoft_documents_it(
    graph: Graph, emulator: Emulator, group: str
) -> None:
    emulator.clock.freeze()
    now = emulator.clock.now()
    end = (now + timedelta(days=364)).strftime("%Y-%m-%dT%H:%M:%SZ")
    body = {
        "action": "AdminAssign",
        "justification": "Assign User Admin eligibility to IT Helpdesk (User) group",
        "roleDefinitionId": USER_ADMINISTRATOR,
        "directoryScopeId": "/",
        "principalId": group,
        "scheduleInfo": {
            "startDateTime": "2021-07-01T00:00:00Z",
            "expiration": {"endDateTime": end, "type": "AfterDateTime"},
        },
    }
    made = graph.post(REQUESTS, body)
    assert list(made) == [
        "@odata.context", "id", "status", "createdDateTime", "completedDateTime", "approvalId", "customData", "action",
        "principalId", "roleDefinitionId", "directoryScopeId", "appScopeId", "isValidationOnly", "targetScheduleId",
        "justification", "createdBy", "scheduleInfo", "ticketInfo",
    ]  # fmt: skip
    assert (made["status"], made["action"], made["targetScheduleId"]) == ("Provisioned", "adminAssign", made["id"])
    assert made["createdBy"] == {
        "application": None,
        "device": None,
        "user": {"displayName": None, "id": emulator.contoso.service_principal_id},
    }
    assert made["ticketInfo"] == {"ticketNumber": None, "ticketSystem": None}
    assert moment(made["scheduleInfo"]["startDateTime"]) == now
    assert made["scheduleInfo"]["recurrence"] is None
    assert made["scheduleInfo"]["expiration"] == {"type": "afterDateTime", "endDateTime": end, "duration": None}


def test_the_schedule_has_the_requests_id_and_names_the_end_of_a_duration(
    graph: Graph, emulator: Emulator, group: str
) -> None:
    emulator.clock.freeze()
    made = graph.assign(group, duration="P3D")
    assert made["scheduleInfo"]["expiration"] == {"type": "afterDuration", "endDateTime": None, "duration": "P3D"}
    (schedule,) = graph.schedules(group)
    assert list(schedule) == [
        "id", "principalId", "roleDefinitionId", "directoryScopeId", "appScopeId", "createdUsing", "createdDateTime",
        "modifiedDateTime", "status", "memberType", "scheduleInfo",
    ]  # fmt: skip
    assert schedule["id"] == schedule["createdUsing"] == made["id"]
    assert (schedule["status"], schedule["memberType"]) == ("Provisioned", "Direct")
    expiration = schedule["scheduleInfo"]["expiration"]
    assert (expiration["type"], expiration["duration"]) == ("afterDateTime", None)
    assert moment(expiration["endDateTime"]) == emulator.clock.now() + timedelta(days=3)
    assert graph.get(f"{SCHEDULES}/{made['id']}")["id"] == made["id"]


def test_an_eligibility_for_good_has_no_end(graph: Graph, group: str) -> None:
    graph.assign(group)
    (schedule,) = graph.schedules(group)
    assert schedule["scheduleInfo"]["expiration"] == {"type": "noExpiration", "endDateTime": None, "duration": None}
    (instance,) = graph.values(f"{INSTANCES}?$filter=principalId eq '{group}'")
    assert instance["endDateTime"] is None


def test_an_instances_id_is_role_and_principal_packed(graph: Graph, group: str) -> None:
    made = graph.assign(group, duration="P1D")
    (instance,) = graph.values(
        f"{INSTANCES}?$filter=principalId eq '{group}' and roleDefinitionId eq '{USER_ADMINISTRATOR}'"
    )
    packed = uuid.UUID(USER_ADMINISTRATOR).bytes_le + uuid.UUID(group).bytes_le
    assert instance["id"] == base64.urlsafe_b64encode(packed).decode().rstrip("=") + "-1-e"
    assert instance["roleEligibilityScheduleId"] == made["id"]
    assert graph.get(f"{INSTANCES}/{instance['id']}")["principalId"] == group
    assert graph.send("GET", f"{INSTANCES}/$count").text == "1"


def test_what_is_gone_is_not_found_in_each_collections_own_way(graph: Graph, group: str) -> None:
    made = graph.assign(group)
    (instance,) = graph.values(f"{INSTANCES}?$filter=principalId eq '{group}'")
    removed = graph.assign(group, action="adminRemove")
    assert (removed["status"], removed["completedDateTime"]) == ("Revoked", None)
    assert (removed["targetScheduleId"], removed["scheduleInfo"]) == (None, None)
    assert graph.refused("GET", f"{SCHEDULES}/{made['id']}")[:2] == (404, "UnknownError")
    assert graph.refused("GET", f"{INSTANCES}/{instance['id']}")[:2] == (404, "UnknownError")
    assert graph.refused("GET", f"{INSTANCES}/nonsense")[:2] == (404, "UnknownError")
    assert graph.refused("GET", f"{REQUESTS}/{NOBODY}")[:2] == (404, "RoleAssignmentRequestNotFound")
    assert graph.get(f"{REQUESTS}/{made['id']}")["status"] == "Provisioned"
    assert graph.schedules(group) == []


def test_an_eligibility_is_given_once(graph: Graph, group: str) -> None:
    graph.assign(group)
    refusal = (400, "RoleAssignmentExists", "The Role assignment already exists.")
    assert graph.refused("POST", REQUESTS, request_body(group, duration="P1D")) == refusal
    graph.assign(group, HELPDESK_ADMINISTRATOR)
    assert len(graph.schedules(group)) == 2


def test_ids_are_compared_without_case_and_answered_in_lower(graph: Graph, group: str) -> None:
    made = graph.assign(group.upper(), USER_ADMINISTRATOR.upper())
    assert (made["principalId"], made["roleDefinitionId"]) == (group, USER_ADMINISTRATOR)
    assert graph.refused("POST", REQUESTS, request_body(group))[1] == "RoleAssignmentExists"


@pytest.mark.parametrize("action", ["adminUpdate", "adminRemove"])
def test_what_is_not_there_is_neither_changed_nor_removed(graph: Graph, group: str, action: str) -> None:
    refusal = (400, "RoleAssignmentDoesNotExist", "The Role assignment does not exist.")
    assert graph.refused("POST", REQUESTS, request_body(group, action=action)) == refusal


def test_an_update_replaces_the_schedule_by_one_with_a_new_id(graph: Graph, group: str) -> None:
    before = graph.assign(group, duration="P30D")
    after = graph.assign(group, action="adminUpdate", duration="P60D")
    (schedule,) = graph.schedules(group)
    assert schedule["id"] == after["id"] == after["targetScheduleId"] != before["id"]
    assert graph.refused("GET", f"{SCHEDULES}/{before['id']}")[0] == 404


def test_an_old_schedules_end_does_not_touch_its_successor(graph: Graph, emulator: Emulator, group: str) -> None:
    graph.assign(group, duration="P30D")
    graph.assign(group, action="adminUpdate", duration="P60D")
    assert len(later(graph, emulator, days=31).schedules(group)) == 1
    assert later(graph, emulator, days=30).schedules(group) == []


def test_an_eligibility_ends_by_the_clock(graph: Graph, emulator: Emulator, group: str) -> None:
    graph.assign(group, duration="P30D")
    assert len(later(graph, emulator, days=29).schedules(group)) == 1
    after = later(graph, emulator, days=1)
    assert after.schedules(group) == []
    assert after.values(f"{INSTANCES}?$filter=principalId eq '{group}'") == []
    after.assign(group)


def test_a_start_in_the_future_is_granted_and_listed_nowhere_until_then(
    graph: Graph, emulator: Emulator, group: str
) -> None:
    start = emulator.clock.now() + timedelta(days=10)
    made = graph.assign(group, start=start.isoformat(), duration="P5D")
    assert made["status"] == "Granted"
    assert moment(made["completedDateTime"]) == moment(made["scheduleInfo"]["startDateTime"]) == start
    assert graph.schedules(group) == []
    begun = later(graph, emulator, days=10)
    assert begun.get(f"{REQUESTS}/{made['id']}")["status"] == "Provisioned"
    (schedule,) = begun.schedules(group)
    assert schedule["id"] == made["id"]
    assert moment(schedule["scheduleInfo"]["startDateTime"]) == start
    assert moment(schedule["scheduleInfo"]["expiration"]["endDateTime"]) == start + timedelta(days=5)
    assert later(graph, emulator, days=5).schedules(group) == []


def test_a_jump_over_start_and_end_leaves_nothing(graph: Graph, emulator: Emulator, group: str) -> None:
    start = emulator.clock.now() + timedelta(days=10)
    made = graph.assign(group, start=start.isoformat(), duration="P5D")
    after = later(graph, emulator, days=20)
    assert after.schedules(group) == []
    assert after.get(f"{REQUESTS}/{made['id']}")["status"] == "Provisioned"


@pytest.mark.parametrize("action", ["adminAssign", "adminUpdate", "adminRemove"])
def test_nothing_more_is_taken_while_a_request_waits_for_its_start(
    graph: Graph, emulator: Emulator, group: str, action: str
) -> None:
    start = (emulator.clock.now() + timedelta(days=10)).isoformat()
    graph.assign(group, start=start)
    assert graph.refused("POST", REQUESTS, request_body(group, action=action)) == (
        400,
        "PendingRoleAssignmentRequest",
        "There is already an existing pending Role assignment request.",
    )


def test_a_waiting_request_is_cancelled_and_never_starts(graph: Graph, emulator: Emulator, group: str) -> None:
    start = (emulator.clock.now() + timedelta(days=10)).isoformat()
    made = graph.assign(group, start=start)
    graph.done("POST", f"{REQUESTS}/{made['id']}/cancel")
    assert graph.get(f"{REQUESTS}/{made['id']}")["status"] == "Revoked"
    assert graph.refused("POST", f"{REQUESTS}/{made['id']}/cancel")[0] == 400
    assert later(graph, emulator, days=11).schedules(group) == []
    later(graph, emulator, days=20).refused("GET", f"{REQUESTS}/{made['id']}")


def test_a_finished_request_cannot_be_cancelled(graph: Graph, group: str) -> None:
    made = graph.assign(group)
    assert graph.refused("POST", f"{REQUESTS}/{made['id']}/cancel") == (
        400,
        "RequestCannotBeCancelled",
        "Only requests in status of Granted, PendingApproval and PendingAdminDecision can be cancelled.",
    )
    assert graph.refused("POST", f"{REQUESTS}/{NOBODY}/cancel")[:2] == (404, "RoleAssignmentRequestNotFound")


def test_an_update_that_starts_later_leaves_the_present_until_then(
    graph: Graph, emulator: Emulator, group: str
) -> None:
    before = graph.assign(group)
    start = (emulator.clock.now() + timedelta(days=10)).isoformat()
    after = graph.assign(group, action="adminUpdate", start=start, duration="P5D")
    assert [each["id"] for each in graph.schedules(group)] == [before["id"]]
    assert [each["id"] for each in later(graph, emulator, days=10).schedules(group)] == [after["id"]]


def test_a_request_is_forgotten_after_45_days_and_its_schedule_stays(
    graph: Graph, emulator: Emulator, group: str
) -> None:
    made = graph.assign(group)
    later(graph, emulator, days=44).get(f"{REQUESTS}/{made['id']}")
    after = later(graph, emulator, days=1)
    assert after.refused("GET", f"{REQUESTS}/{made['id']}")[0] == 404
    (schedule,) = after.schedules(group)
    assert schedule["createdUsing"] == made["id"]


def test_a_waiting_request_is_kept_however_long_it_waits(graph: Graph, emulator: Emulator, group: str) -> None:
    start = (emulator.clock.now() + timedelta(days=100)).isoformat()
    made = graph.assign(group, start=start)
    assert later(graph, emulator, days=99).get(f"{REQUESTS}/{made['id']}")["status"] == "Granted"
    later(graph, emulator, days=2).get(f"{REQUESTS}/{made['id']}")
    assert later(graph, emulator, days=45).refused("GET", f"{REQUESTS}/{made['id']}")[0] == 404


def test_a_validation_changes_nothing_and_refuses_alike(graph: Graph, group: str) -> None:
    made = graph.assign(group, isValidationOnly=True)
    assert made["isValidationOnly"] is True
    assert (graph.schedules(group), graph.values(REQUESTS)) == ([], [])
    graph.assign(group)
    again = request_body(group, isValidationOnly=True)
    assert graph.refused("POST", REQUESTS, again)[1] == "RoleAssignmentExists"


# Who, what and where


def test_an_unknown_principal_or_role_is_named_as_pim_does(graph: Graph, group: str) -> None:
    assert graph.refused("POST", REQUESTS, request_body(NOBODY)) == (
        404,
        "SubjectNotFound",
        "The subject is not found.",
    )
    assert graph.refused("POST", REQUESTS, request_body(group, NOBODY)) == (
        404,
        "RoleNotFound",
        "The role is not found.",
    )
    assert graph.refused("POST", REQUESTS, request_body(NOBODY, action="adminRemove"))[1] == "SubjectNotFound"


def test_a_deleted_principal_is_unknown(graph: Graph, group: str) -> None:
    graph.done("DELETE", f"/groups/{group}")
    assert graph.refused("POST", REQUESTS, request_body(group))[1] == "SubjectNotFound"


def test_only_users_and_role_assignable_groups_are_eligible(graph: Graph) -> None:
    plain = graph.new_group(isAssignableToRole=False)["id"]
    unit = graph.post("/directory/administrativeUnits", {"displayName": "North"})["id"]
    for principal in (plain, graph.emulator.contoso.service_principal_id, unit):
        assert graph.refused("POST", REQUESTS, request_body(principal)) == INVALID
    graph.assign(graph.new_user()["id"])


def test_a_role_is_held_over_the_tenant_a_unit_or_an_application(graph: Graph, group: str) -> None:
    unit = graph.post("/directory/administrativeUnits", {"displayName": "North"})["id"]
    over_unit = graph.assign(group, directoryScopeId=f"/administrativeUnits/{unit}")
    over_app = graph.assign(group, directoryScopeId=f"/{graph.emulator.contoso.service_principal_id}")
    graph.assign(group)
    (instance,) = graph.values(f"{INSTANCES}?$filter=directoryScopeId eq '/administrativeUnits/{unit}'")
    packed = b"".join(uuid.UUID(each).bytes_le for each in (USER_ADMINISTRATOR, group, unit))
    assert instance["id"] == base64.urlsafe_b64encode(packed).decode().rstrip("=") + "-1-e"
    expanded = graph.values(f"{SCHEDULES}?$filter=principalId eq '{group}'&$expand=directoryScope,appScope")
    scopes = {row["id"]: row["directoryScope"] for row in expanded}
    assert scopes[over_unit["id"]]["displayName"] == "North"
    assert scopes[over_app["id"]]["@odata.type"] == "#microsoft.graph.servicePrincipal"
    assert {"id": "/"} in scopes.values()
    assert {row["appScope"] for row in expanded} == {None}


def test_a_scope_that_is_not_there_is_refused(graph: Graph, group: str) -> None:
    for scope in (f"/administrativeUnits/{NOBODY}", f"/{NOBODY}", "nowhere"):
        assert graph.refused("POST", REQUESTS, request_body(group, directoryScopeId=scope))[1] == "InvalidScope"


def test_an_app_scope_stands_in_for_a_directory_scope(graph: Graph, group: str) -> None:
    made = graph.assign(group, directoryScopeId=None, appScopeId="/")
    assert (made["directoryScopeId"], made["appScopeId"]) == (None, "/")
    (row,) = graph.values(f"{SCHEDULES}?$filter=directoryScopeId eq null&$expand=directoryScope")
    assert row["directoryScope"] is None


@pytest.mark.parametrize(
    "properties",
    [
        {"action": "adminLevitate"},
        {"action": None},
        {"principalId": None},
        {"principalId": "AlineD@contoso.com"},
        {"roleDefinitionId": "User Administrator"},
        {"directoryScopeId": None},
        {"appScopeId": "/"},
        {"justification": 5},
        {"ticketInfo": "INC1"},
        {"scheduleInfo": None},
        {"scheduleInfo": {"recurrence": {"pattern": None}}},
        {"scheduleInfo": {"expiration": "never"}},
        {"scheduleInfo": {"expiration": {"type": "whenever"}}},
        {"scheduleInfo": {"expiration": {"type": "afterDuration"}}},
        {"scheduleInfo": {"expiration": {"type": "afterDateTime"}}},
        {"scheduleInfo": {"expiration": {"type": "afterDuration", "duration": "P1Y"}}},
        {"scheduleInfo": {"expiration": {"type": "afterDuration", "duration": "P6M"}}},
        {"scheduleInfo": {"expiration": {"type": "afterDuration", "duration": "P2W"}}},
        {"scheduleInfo": {"expiration": {"type": "afterDuration", "duration": "PT0.5H"}}},
        {"scheduleInfo": {"expiration": {"type": "afterDuration", "duration": "P"}}},
        {"scheduleInfo": {"expiration": {"type": "afterDuration", "duration": "PT0S"}}},
        {"scheduleInfo": {"expiration": {"type": "afterDuration", "duration": "P99999999999D"}}},
        {"scheduleInfo": {"expiration": {"type": "afterDuration", "duration": "P2911900D"}}},
        {"scheduleInfo": {"expiration": {"type": "noExpiration", "duration": "P1D"}}},
        {"scheduleInfo": {"expiration": {"type": "afterDateTime", "endDateTime": "2020-01-01T00:00:00Z"}}},
        {"scheduleInfo": {"expiration": {"type": "afterDateTime", "endDateTime": "2050-01-01T00:00:00"}}},
        {"scheduleInfo": {"startDateTime": "tomorrow", "expiration": {"type": "noExpiration"}}},
        {"scheduleInfo": {"startDateTime": 5, "expiration": {"type": "noExpiration"}}},
    ],
)
def test_a_request_that_makes_no_sense_is_invalid_and_the_emulator_says_why(
    graph: Graph, group: str, properties: dict[str, object]
) -> None:
    response = graph.send("POST", REQUESTS, {**request_body(group), **properties})
    error = response.json()["error"]
    assert (response.status_code, error["code"], error["message"]) == INVALID
    assert [each["code"] for each in error["details"]] == ["EmulatorReason"]


@pytest.mark.parametrize("duration", ["P90D", "PT8H", "P1DT2H30M5S", "PT90M", "PT36000.5S"])
def test_durations_of_fixed_length_are_taken(graph: Graph, group: str, duration: str) -> None:
    assert graph.assign(group, duration=duration)["scheduleInfo"]["expiration"]["duration"] == duration


def test_an_expiration_that_is_not_specified_is_for_good(graph: Graph, group: str) -> None:
    graph.assign(group, scheduleInfo={})
    (schedule,) = graph.schedules(group)
    assert schedule["scheduleInfo"]["expiration"]["type"] == "noExpiration"


@pytest.mark.parametrize("action", ["selfActivate", "selfDeactivate"])
def test_an_activation_among_eligibilities_is_not_emulated(graph: Graph, group: str, action: str) -> None:
    assert graph.refused("POST", REQUESTS, request_body(group, action=action))[:2] == (501, "EmulatorNotImplemented")


def test_a_tenant_without_licence_has_no_pim(graph: Graph) -> None:
    fabrikam = graph.app(*EVERYTHING, tenant="fabrikam")
    assert fabrikam.refused("POST", REQUESTS, request_body(graph.emulator.fabrikam.administrator_id)) == (
        400,
        "AadPremiumLicenseRequired",
        "The tenant needs an AAD Premium 2 license.",
    )


# Reading


def test_requests_and_schedules_are_filtered_and_expanded(graph: Graph, group: str) -> None:
    made = graph.assign(group)
    other = graph.assign(graph.new_user()["id"], HELPDESK_ADMINISTRATOR)
    graph.assign(group, action="adminRemove")
    assert [
        each["id"] for each in graph.values(f"{REQUESTS}?$filter=status eq 'Provisioned' and principalId eq '{group}'")
    ] == [made["id"]]
    assert len(graph.values(f"{REQUESTS}?$filter=status ne 'Provisioned'")) == 1
    (row,) = graph.values(f"{SCHEDULES}?$expand=principal,roleDefinition($select=id,displayName)&$select=id")
    assert row["id"] == other["id"]
    assert row["principal"]["userPrincipalName"] == "AlineD@contoso.com"
    assert row["roleDefinition"] == {"id": HELPDESK_ADMINISTRATOR, "displayName": "Helpdesk Administrator"}
    (request,) = graph.values(f"{REQUESTS}?$filter=targetScheduleId eq '{other['id']}'&$expand=targetSchedule")
    assert request["targetSchedule"]["id"] == other["id"]
    gone = graph.get(f"{REQUESTS}/{made['id']}?$expand=targetSchedule")
    assert gone["targetSchedule"] is None
    for path, count in ((REQUESTS, "3"), (SCHEDULES, "1"), (INSTANCES, "1")):
        assert graph.send("GET", f"{path}/$count").text == count


def test_a_deleted_principal_expands_to_nothing(graph: Graph, group: str) -> None:
    graph.assign(group)
    graph.done("DELETE", f"/groups/{group}")
    (row,) = graph.values(f"{SCHEDULES}?$filter=principalId eq '{group}'&$expand=principal")
    assert row["principal"] is None


def test_one_sees_what_is_ones_own_and_not_what_comes_through_a_group(graph: Graph, group: str) -> None:
    user = graph.new_user()["id"]
    graph.done("POST", f"/groups/{group}/members/$ref", {"@odata.id": f"https://graph.microsoft.com/v1.0/users/{user}"})
    graph.assign(group)
    own = graph.assign(user, HELPDESK_ADMINISTRATOR)
    person = graph.user(user, ["RoleEligibilitySchedule.ReadWrite.Directory"])
    for path in (REQUESTS, SCHEDULES, INSTANCES):
        (row,) = person.values(f"{path}/filterByCurrentUser(on='principal')")
        assert (row["principalId"], row["roleDefinitionId"]) == (user, HELPDESK_ADMINISTRATOR)
    assert graph.values(f"{SCHEDULES}/filterByCurrentUser(on='principal')") == []
    for path in (f"{REQUESTS}/filterByCurrentUser(on='createdBy')", f"{SCHEDULES}/filterByCurrentUser(on='approver')"):
        assert graph.refused("GET", path)[:2] == (501, "EmulatorNotImplemented")
    assert own["status"] == "Provisioned"


def test_moments_are_written_in_utc(graph: Graph, emulator: Emulator, group: str) -> None:
    start = (emulator.clock.now() + timedelta(days=1)).replace(microsecond=250000)
    made = graph.assign(group, start=start.astimezone(tz=None).isoformat())
    assert made["scheduleInfo"]["startDateTime"] == start.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.25Z")
