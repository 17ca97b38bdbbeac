"""Who may call what: https://learn.microsoft.com/graph/permissions-reference and each call's own page."""

import json

import jwt
import pytest

from tests.emulator.graph import (
    HELPDESK_ADMINISTRATOR,
    PASSWORD,
    PRIVILEGED_ROLE_ADMINISTRATOR,
    ROLES,
    USER_ADMINISTRATOR,
    Graph,
    bind,
    group_body,
    reference,
    request_body,
    user_body,
)

DENIED = (403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
UNAUTHORIZED = (403, "", "Attempted to perform an unauthorized operation.")
ELIGIBILITY = f"{ROLES}/roleEligibilityScheduleRequests"
ROLE_ASSIGNABLE = ("Group.ReadWrite.All", "RoleManagement.ReadWrite.Directory")


@pytest.mark.parametrize(
    ("path", "least"),
    [
        ("/users", "User.ReadBasic.All"),
        ("/users/admin@contoso.com", "User.ReadBasic.All"),
        ("/users/admin@contoso.com/memberOf", "User.Read.All"),
        ("/groups", "Group.ReadBasic.All"),
        ("/organization", "Organization.Read.All"),
        ("/domains", "Domain.Read.All"),
        ("/subscribedSkus", "LicenseAssignment.Read.All"),
        ("/servicePrincipals", "Application.Read.All"),
        ("/directory/administrativeUnits", "AdministrativeUnit.Read.All"),
        ("/directory/deletedItems/graph.user", "User.Read.All"),
        ("/directory/deletedItems/graph.group", "Group.Read.All"),
        (f"{ROLES}/roleDefinitions", "RoleManagement.Read.Directory"),
        (f"{ROLES}/roleAssignments", "RoleManagement.Read.Directory"),
        (ELIGIBILITY, "RoleEligibilitySchedule.ReadWrite.Directory"),
        (f"{ROLES}/roleEligibilitySchedules", "RoleEligibilitySchedule.Read.Directory"),
        (f"{ROLES}/roleEligibilityScheduleInstances", "RoleEligibilitySchedule.Read.Directory"),
        (f"{ROLES}/roleAssignmentScheduleRequests", "RoleAssignmentSchedule.ReadWrite.Directory"),
        (f"{ROLES}/roleAssignmentSchedules", "RoleAssignmentSchedule.Read.Directory"),
        (
            "/policies/roleManagementPolicies?$filter=scopeId eq '/' and scopeType eq 'DirectoryRole'",
            "RoleManagement.Read.Directory",
        ),
    ],
)
def test_an_app_reads_with_the_least_permission_and_not_without(graph: Graph, path: str, least: str) -> None:
    graph.app(least).get(path)
    assert graph.app("Mail.Read").refused("GET", path)[0] == 403


def test_who_may_write_may_read(graph: Graph) -> None:
    graph.app("User.ReadWrite.All").get("/users")
    graph.app("Directory.ReadWrite.All").get("/groups")
    graph.app("Group.ReadWrite.All").get("/directory/deletedItems/graph.group")


def test_reading_requests_needs_more_than_reading_schedules(graph: Graph) -> None:
    reader = graph.app("RoleEligibilitySchedule.Read.Directory")
    assert reader.refused("GET", ELIGIBILITY)[:2] == (403, "UnknownError")


def test_pim_nests_what_is_missing_in_the_message(graph: Graph) -> None:
    stranger = graph.app("User.ReadWrite.All")
    admin = graph.emulator.contoso.administrator_id
    status, code, message = stranger.refused("POST", ELIGIBILITY, request_body(admin))
    assert (status, code) == (403, "UnknownError")
    assert json.loads(message) == {
        "errorCode": "PermissionScopeNotGranted",
        "message": "Authorization failed due to missing permission scope "
        "RoleEligibilitySchedule.ReadWrite.Directory,RoleManagement.ReadWrite.Directory.",
        "instanceAnnotations": [],
    }
    _, _, message = stranger.refused("GET", f"{ROLES}/roleEligibilitySchedules")
    assert json.loads(message)["message"].endswith(
        "RoleEligibilitySchedule.Read.Directory,RoleEligibilitySchedule.ReadWrite.Directory,"
        "RoleManagement.ReadWrite.Directory,RoleManagement.Read.Directory,RoleManagement.Read.All."
    )


def test_the_directory_says_no_in_its_own_form(graph: Graph) -> None:
    assert graph.app("User.Read.All").refused("POST", "/users", user_body()) == DENIED
    assert graph.app("Group.Create").refused("PATCH", "/groups(uniqueName='x')", group_body()) == DENIED
    assert graph.app("RoleManagement.Read.Directory").refused("POST", f"{ROLES}/roleDefinitions", {}) == DENIED


def test_removal_has_a_permission_of_its_own(graph: Graph) -> None:
    user = graph.new_user()["id"]
    graph.assign(user)
    remover = graph.app("RoleEligibilitySchedule.Remove.Directory")
    assert remover.refused("POST", ELIGIBILITY, request_body(user))[:2] == (403, "UnknownError")
    remover.post(ELIGIBILITY, request_body(user, action="adminRemove"))


# Role-assignable groups


def test_group_permissions_alone_do_not_reach_role_assignable_groups(graph: Graph) -> None:
    plain = graph.app("Group.ReadWrite.All", "User.Read.All")
    assert plain.refused("POST", "/groups", group_body()) == DENIED
    ordinary = plain.new_group("plain", isAssignableToRole=False)["id"]
    user = graph.new_user()["id"]
    for group, outcome in ((ordinary, None), (graph.new_group()["id"], DENIED)):
        for method, path, body in (
            ("POST", f"/groups/{group}/members/$ref", reference(user)),
            ("PATCH", f"/groups/{group}", {"description": "x"}),
            ("DELETE", f"/groups/{group}", None),
        ):
            if outcome is None:
                plain.done(method, path, body)
            else:
                assert plain.refused(method, path, body) == outcome


def test_group_permissions_with_role_management_do(graph: Graph) -> None:
    caller = graph.app(*ROLE_ASSIGNABLE)
    group = caller.new_group()["id"]
    caller.done("DELETE", f"/groups/{group}")
    assert graph.app("Group.ReadWrite.All").refused("POST", f"/directory/deletedItems/{group}/restore") == DENIED
    caller.post(f"/directory/deletedItems/{group}/restore", None, status=200)


def test_an_app_that_may_only_create_groups_must_be_able_to_read_whom_it_binds(graph: Graph) -> None:
    user = graph.new_user()["id"]
    body = group_body(isAssignableToRole=False, **{"members@odata.bind": bind(user)})
    assert graph.app("Group.Create").refused("POST", "/groups", body) == DENIED
    graph.app("Group.Create").new_group(isAssignableToRole=False)
    graph.app("Group.Create", "User.Read.All").post("/groups", body)


# Protected users


def test_the_seeded_app_deletes_protected_users_by_its_role(graph: Graph) -> None:
    user = graph.new_user()["id"]
    graph.new_group(**{"members@odata.bind": bind(user)})
    graph.bearer(graph.emulator.token()).done("DELETE", f"/users/{user}")


def test_permissions_alone_do_not_reach_protected_users(graph: Graph) -> None:
    registration = graph.emulator.register(name="other", permissions=["User.ReadWrite.All"])
    other = graph.bearer(graph.emulator.token(app=registration.client_id))
    member, owner, holder, free = (graph.new_user(name)["id"] for name in ("member", "owner", "holder", "free"))
    graph.new_group(**{"members@odata.bind": bind(member), "owners@odata.bind": bind(owner)})
    graph.new_group(isAssignableToRole=False, **{"members@odata.bind": bind(free)})
    graph.assign(holder, HELPDESK_ADMINISTRATOR, kind="Assignment")
    for protected in (member, owner, holder):
        assert other.refused("DELETE", f"/users/{protected}") == DENIED
        assert other.refused("PATCH", f"/users/{protected}", {"accountEnabled": False}) == DENIED
        assert other.refused("PATCH", f"/users/{protected}", {"passwordProfile": {"password": PASSWORD}}) == DENIED
        other.done("PATCH", f"/users/{protected}", {"jobTitle": "x"})
        graph.done("DELETE", f"/users/{protected}")
        assert other.refused("POST", f"/directory/deletedItems/{protected}/restore") == DENIED
    other.done("PATCH", f"/users/{free}", {"passwordProfile": {"password": PASSWORD}})
    other.done("DELETE", f"/users/{free}")


# People


def test_a_person_needs_a_role_besides_the_permission(graph: Graph) -> None:
    user = graph.new_user()["id"]
    person = graph.user(user)
    assert person.refused("POST", "/users", user_body("other")) == DENIED
    assert person.refused("POST", "/groups", group_body(isAssignableToRole=False)) == DENIED
    assert person.refused("POST", ELIGIBILITY, request_body(user)) == UNAUTHORIZED
    assert person.refused("GET", f"{ROLES}/roleEligibilitySchedules") == UNAUTHORIZED
    graph.assign(user, USER_ADMINISTRATOR, kind="Assignment")
    person.post("/users", user_body("other"))
    person.new_group(isAssignableToRole=False)
    assert person.refused("POST", "/groups", group_body()) == DENIED
    graph.assign(user, PRIVILEGED_ROLE_ADMINISTRATOR, kind="Assignment")
    person.new_group()
    person.assign(user, HELPDESK_ADMINISTRATOR)
    person.get(f"{ROLES}/roleEligibilitySchedules")


def test_a_role_over_an_administrative_unit_is_not_one_over_the_tenant(graph: Graph) -> None:
    user = graph.new_user()["id"]
    unit = graph.post("/directory/administrativeUnits", {"displayName": "North"})["id"]
    graph.assign(user, USER_ADMINISTRATOR, kind="Assignment", directoryScopeId=f"/administrativeUnits/{unit}")
    assert graph.user(user).refused("POST", "/users", user_body("other")) == DENIED


def test_a_role_held_through_a_group_counts(graph: Graph) -> None:
    user = graph.new_user()["id"]
    group = graph.new_group(**{"members@odata.bind": bind(user)})["id"]
    graph.assign(group, USER_ADMINISTRATOR, kind="Assignment")
    graph.user(user).post("/users", user_body("other"))


def test_an_owner_changes_the_own_group_without_a_role(graph: Graph) -> None:
    owner, member = graph.new_user("owner")["id"], graph.new_user("member")["id"]
    group = graph.new_group(**{"owners@odata.bind": bind(owner)})["id"]
    person = graph.user(owner)
    person.done("POST", f"/groups/{group}/members/$ref", reference(member))
    person.done("DELETE", f"/groups/{group}/members/{member}/$ref")
    assert graph.user(member).refused("PATCH", f"/groups/{group}", {"description": "x"}) == DENIED


def test_a_person_reads_and_changes_the_own_profile_with_little(graph: Graph) -> None:
    user, other = graph.new_user("user")["id"], graph.new_user("other")["id"]
    reader = graph.user(user, ["User.Read"])
    reader.get(f"/users/{user}")
    assert reader.refused("GET", f"/users/{other}") == DENIED
    assert reader.refused("GET", "/users") == DENIED
    writer = graph.user(user, ["User.ReadWrite"])
    writer.get("/me")
    writer.done("PATCH", f"/users/{user}", {"jobTitle": "x"})
    assert writer.refused("PATCH", f"/users/{other}", {"jobTitle": "x"}) == DENIED


def test_some_permissions_are_for_one_property_only(graph: Graph) -> None:
    user = graph.new_user()["id"]
    disabler = graph.app("User.EnableDisableAccount.All")
    disabler.done("PATCH", f"/users/{user}", {"accountEnabled": False})
    assert disabler.refused("PATCH", f"/users/{user}", {"accountEnabled": True, "jobTitle": "x"}) == DENIED
    resetter = graph.app("User-PasswordProfile.ReadWrite.All")
    resetter.done("PATCH", f"/users/{user}", {"passwordProfile": {"password": PASSWORD}})
    person = graph.user(user, ["User-PasswordProfile.ReadWrite.All"])
    other = graph.new_user("other")["id"]
    assert person.refused("PATCH", f"/users/{other}", {"passwordProfile": {"password": PASSWORD}}) == DENIED


def test_a_person_cancels_the_own_request_and_only_a_role_anothers(graph: Graph, administrator: Graph) -> None:
    user = graph.new_user()["id"]
    made = graph.assign(user, start="2099-01-01T00:00:00Z")
    assert graph.user(user).refused("POST", f"{ELIGIBILITY}/{made['id']}/cancel") == UNAUTHORIZED
    administrator.done("POST", f"{ELIGIBILITY}/{made['id']}/cancel")


def test_the_seeded_apps_permissions_are_enough_for_the_tutorial(graph: Graph) -> None:
    caller = graph.bearer(graph.emulator.token())
    admin = graph.emulator.contoso.administrator_id
    caller.values("/organization")
    caller.values("/subscribedSkus")
    user = caller.new_user()["id"]
    caller.done("PATCH", f"/users/{user}", {"jobTitle": "Agent", "passwordProfile": {"password": PASSWORD + "2"}})
    body = group_body(**{"owners@odata.bind": bind(admin), "members@odata.bind": bind(admin, user)})
    response = caller.send("PATCH", "/groups(uniqueName='helpdesk')", body, {"Prefer": "create-if-missing"})
    group = response.json()["id"]
    caller.values(f"{ROLES}/roleDefinitions?$filter=displayName eq 'User Administrator'")
    caller.values("/policies/roleManagementPolicyAssignments?$filter=scopeId eq '/' and scopeType eq 'DirectoryRole'")
    caller.assign(group, duration="P365D")
    caller.assign(group, action="adminUpdate", duration="P100D")
    assert caller.values(f"{ROLES}/roleAssignments?$filter=principalId eq '{user}'") == []
    caller.assign(group, action="adminRemove")
    caller.done("DELETE", f"/groups/{group}/members/{user}/$ref")
    caller.done("DELETE", f"/groups/{group}")
    caller.done("DELETE", f"/users/{user}")
    assert [row["id"] for row in caller.values("/directory/deletedItems/graph.user")] == [user]


def test_each_permission_of_the_seeded_app_is_needed(graph: Graph) -> None:
    needs = {
        "Organization.Read.All": ("GET", "/organization", None),
        "User.ReadWrite.All": ("POST", "/users", user_body()),
        "Group.ReadWrite.All": ("POST", "/groups", group_body()),
        "RoleManagement.ReadWrite.Directory": ("POST", "/groups", group_body()),
    }
    granted = jwt.decode(graph.emulator.token(), options={"verify_signature": False})["roles"]
    assert set(granted) == set(needs)
    for missing, (method, path, body) in needs.items():
        assert graph.app(*(set(granted) - {missing})).refused(method, path, body) == DENIED
