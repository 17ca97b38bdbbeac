"""What Entra was seen to do now and then, each behaviour turned on by its switch."""

from datetime import timedelta

import pytest

from entra_emulator import Emulator
from tests.emulator.graph import (
    EVERYTHING,
    HELPDESK_ADMINISTRATOR,
    PASSWORD,
    ROLES,
    USER_ADMINISTRATOR,
    Graph,
    bind,
    request_body,
)

ELIGIBILITY = f"{ROLES}/roleEligibilityScheduleRequests"
ACTIVE = f"{ROLES}/roleAssignmentScheduleRequests"
UNKNOWN = (404, "SubjectNotFound", "The subject is not found.")
DENIED = (403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")


@pytest.fixture
def user(graph: Graph) -> str:
    return str(graph.new_user()["id"])


@pytest.fixture(autouse=True)
def _frozen(emulator: Emulator) -> None:
    emulator.clock.freeze()


def later(graph: Graph, emulator: Emulator, **jump: float) -> Graph:
    """Let time pass, and call with a token of then."""
    emulator.clock.advance(**jump)
    return graph.bearer(emulator.token(permissions=EVERYTHING))


# What PIM has not learnt of yet


@pytest.mark.parametrize("kind", ["Eligibility", "Assignment"])
def test_a_new_principal_is_unknown_to_pim_for_a_while(graph: Graph, emulator: Emulator, user: str, kind: str) -> None:
    emulator.switches.pim_learns_subjects_after = 90
    body = request_body(user)
    assert graph.refused("POST", f"{ROLES}/role{kind}ScheduleRequests", body) == UNKNOWN
    emulator.clock.advance(seconds=88)
    assert graph.refused("POST", f"{ROLES}/role{kind}ScheduleRequests", body) == UNKNOWN
    emulator.clock.advance(seconds=2)
    assert graph.assign(user, kind=kind)["status"] == "Provisioned"


def test_an_old_principal_is_known_at_once(graph: Graph, emulator: Emulator) -> None:
    emulator.switches.pim_learns_subjects_after = 90
    graph.assign(emulator.contoso.administrator_id)
    graph.assign(emulator.contoso.service_principal_id, kind="Assignment")


def test_a_new_custom_role_is_unknown_to_pim_for_a_while(graph: Graph, emulator: Emulator) -> None:
    admin = emulator.contoso.administrator_id
    role = graph.post(f"{ROLES}/roleDefinitions", {"displayName": "Custom", "rolePermissions": [], "isEnabled": True})
    emulator.switches.pim_learns_subjects_after = 60
    assert graph.refused("POST", ELIGIBILITY, request_body(admin, role["id"]))[:2] == (404, "RoleNotFound")
    emulator.clock.advance(seconds=60)
    graph.assign(admin, role["id"])


def test_a_new_administrative_unit_is_no_scope_for_a_while(graph: Graph, emulator: Emulator) -> None:
    admin = emulator.contoso.administrator_id
    unit = graph.post("/directory/administrativeUnits", {"displayName": "North"})
    scope = f"/administrativeUnits/{unit['id']}"
    emulator.switches.pim_learns_subjects_after = 60
    assert graph.refused("POST", ELIGIBILITY, request_body(admin, directoryScopeId=scope))[:2] == (400, "InvalidScope")
    emulator.clock.advance(seconds=60)
    graph.assign(admin, directoryScopeId=scope)


def test_pim_misses_so_many_principals_and_no_more(graph: Graph, emulator: Emulator, user: str) -> None:
    emulator.switches.pim_misses_subjects = 2
    for _ in range(2):
        assert graph.refused("POST", ELIGIBILITY, request_body(user)) == UNKNOWN
    assert graph.assign(user)["status"] == "Provisioned"
    assert emulator.switches.pim_misses_subjects == 0


def test_a_request_for_a_new_principal_fails_although_it_is_answered_201(
    graph: Graph, emulator: Emulator, user: str
) -> None:
    emulator.switches.pim_learns_subjects_after = 90
    emulator.switches.new_principal_fails_request = True
    made = graph.assign(user)
    assert made["status"] == graph.get(f"{ELIGIBILITY}/{made['id']}")["status"] == "Failed"
    assert graph.schedules(user) == []
    assert graph.refused("POST", f"{ELIGIBILITY}/{made['id']}/cancel")[0] == 400
    assert later(graph, emulator, seconds=90).assign(user)["status"] == "Provisioned"


def test_a_validation_of_a_request_for_a_new_principal_fails_nothing(
    graph: Graph, emulator: Emulator, user: str
) -> None:
    emulator.switches.pim_learns_subjects_after = 90
    emulator.switches.new_principal_fails_request = True
    graph.assign(user, isValidationOnly=True)
    assert graph.values(ELIGIBILITY) == []


# Where a grant ends up


def test_an_eligibility_over_a_new_unit_is_made_over_the_tenant(graph: Graph, emulator: Emulator, user: str) -> None:
    emulator.switches.new_scope_becomes_directory = 60
    unit = graph.post("/directory/administrativeUnits", {"displayName": "North"})
    scope = f"/administrativeUnits/{unit['id']}"
    assert graph.assign(user, directoryScopeId=scope)["directoryScopeId"] == "/"
    (schedule,) = graph.schedules(user)
    assert schedule["directoryScopeId"] == "/"
    graph.assign(user, kind="Assignment", directoryScopeId=scope)
    (active,) = graph.schedules(user, "Assignment")
    assert active["directoryScopeId"] == scope
    after = later(graph, emulator, seconds=60)
    made = after.assign(user, HELPDESK_ADMINISTRATOR, directoryScopeId=scope)
    assert made["directoryScopeId"] == scope


def test_a_grant_over_the_tenant_stays_there(graph: Graph, emulator: Emulator, user: str) -> None:
    emulator.switches.new_scope_becomes_directory = 60
    assert graph.assign(user)["directoryScopeId"] == "/"
    app = f"/{emulator.contoso.service_principal_id}"
    assert graph.assign(user, directoryScopeId=app)["directoryScopeId"] == app


# Removal


def test_a_removal_works_and_says_that_there_was_nothing(graph: Graph, emulator: Emulator, user: str) -> None:
    graph.assign(user)
    graph.assign(user, kind="Assignment")
    emulator.switches.removal_answers_gone = True
    emulator.clock.advance(minutes=5)
    body = request_body(user, action="adminRemove")
    validation = {**body, "isValidationOnly": True}
    assert graph.post(ACTIVE, validation)["status"] == "Revoked"
    assert len(graph.schedules(user, "Assignment")) == 1
    headers = {"client-request-id": "2f1b6c1e-90ab-4f0e-8f0e-3d5c1a2b4c6d"}
    response = graph.send("POST", ACTIVE, body, headers)
    error = response.json()["error"]
    assert (response.status_code, error["code"], error["message"]) == (
        400,
        "RoleAssignmentDoesNotExist",
        "The Role assignment does not exist.",
    )
    assert error["innerError"]["request-id"] == response.headers["request-id"]
    assert (
        error["innerError"]["client-request-id"]
        == response.headers["client-request-id"]
        == headers["client-request-id"]
    )
    assert graph.schedules(user, "Assignment") == []
    assert len(graph.values(f"{ACTIVE}?$filter=status eq 'Revoked' and principalId eq '{user}'")) == 1
    assert graph.assign(user, action="adminRemove")["status"] == "Revoked"


# Provisioning


def test_a_schedule_is_listed_only_after_it_was_provisioned(graph: Graph, emulator: Emulator, user: str) -> None:
    emulator.switches.provisions_after = 20
    made = graph.assign(user, duration="P3D")
    assert made["status"] == "PendingProvisioning"
    assert graph.schedules(user) == []
    assert graph.refused("POST", ELIGIBILITY, request_body(user))[1] == "PendingRoleAssignmentRequest"
    assert graph.refused("POST", f"{ELIGIBILITY}/{made['id']}/cancel")[0] == 400
    after = later(graph, emulator, seconds=20)
    assert after.get(f"{ELIGIBILITY}/{made['id']}")["status"] == "Provisioned"
    (schedule,) = after.schedules(user)
    assert schedule["id"] == made["id"]
    assert later(graph, emulator, days=3).schedules(user) == []


def test_an_end_that_comes_before_the_provisioning_fails_the_request(
    graph: Graph, emulator: Emulator, user: str
) -> None:
    emulator.switches.provisions_after = 60
    end = (emulator.clock.now() + timedelta(seconds=30)).isoformat()
    made = graph.assign(user, end=end)
    after = later(graph, emulator, minutes=2)
    assert after.get(f"{ELIGIBILITY}/{made['id']}")["status"] == "Failed"
    assert after.schedules(user) == []


def test_what_starts_later_is_granted_until_then(graph: Graph, emulator: Emulator, user: str) -> None:
    emulator.switches.provisions_after = 20
    start = (emulator.clock.now() + timedelta(hours=1)).isoformat()
    made = graph.assign(user, start=start)
    assert made["status"] == "Granted"
    assert len(later(graph, emulator, hours=1).schedules(user)) == 1


# Protection


@pytest.mark.parametrize("leave", ["DELETE /groups/{group}", "DELETE /groups/{group}/members/{user}/$ref"])
def test_who_was_in_a_role_assignable_group_stays_protected_for_a_while(
    graph: Graph, emulator: Emulator, user: str, leave: str
) -> None:
    emulator.switches.protection_lasts = 600
    group = graph.new_group(**{"members@odata.bind": bind(user)})["id"]
    method, _, path = leave.format(group=group, user=user).partition(" ")
    graph.done(method, path)
    ordinary = _without_roles(graph)
    assert ordinary.refused("DELETE", f"/users/{user}") == DENIED
    reset = {"passwordProfile": {"password": PASSWORD}}
    assert ordinary.refused("PATCH", f"/users/{user}", reset) == DENIED
    ordinary.done("PATCH", f"/users/{user}", {"jobTitle": "none"})
    emulator.clock.advance(seconds=600)
    ordinary.done("PATCH", f"/users/{user}", reset)
    ordinary.done("DELETE", f"/users/{user}")


def test_who_left_an_ordinary_group_was_never_protected(graph: Graph, emulator: Emulator, user: str) -> None:
    emulator.switches.protection_lasts = 600
    group = graph.new_group(isAssignableToRole=False, **{"members@odata.bind": bind(user)})["id"]
    graph.done("DELETE", f"/groups/{group}")
    _without_roles(graph).done("DELETE", f"/users/{user}")


# All of them


def test_every_oddity_is_off_until_it_is_turned_on_and_after_a_reset(graph: Graph, emulator: Emulator) -> None:
    emulator.switches.pim_learns_subjects_after = 90
    emulator.switches.removal_answers_gone = True
    emulator.reset()
    assert (emulator.switches.pim_learns_subjects_after, emulator.switches.removal_answers_gone) == (0, False)
    assert graph.assign(graph.new_user()["id"], USER_ADMINISTRATOR)["status"] == "Provisioned"


@pytest.mark.parametrize(
    "unfit", [{"provisions_after": 1e300}, {"pim_misses_subjects": 1.5}, {"pim_misses_subjects": True}]
)
def test_a_switch_takes_only_what_it_can_be(graph: Graph, unfit: dict[str, object]) -> None:
    response = graph.http.post("/_emulator/switches", json=unfit)
    (name, value), *_ = unfit.items()
    assert response.status_code == 400
    assert response.json() == {"error": f"there is no switch {name!r} that can be {value!r}"}
    assert graph.http.post("/_emulator/switches", json={"provisions_after": 1}).status_code == 200
    assert graph.http.post("/_emulator/switches", json={"provisions_after": 1.5}).json()["provisions_after"] == 1.5


def _without_roles(graph: Graph) -> Graph:
    """Call as an app that may write users and holds no role."""
    made = graph.emulator.register(name="plain", permissions=EVERYTHING)
    return graph.bearer(graph.emulator.token(app=made.client_id))
