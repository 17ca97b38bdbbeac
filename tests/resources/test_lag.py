"""A directory that shows late what it was told: waited for, told from what is wrong, and never taken for an absence."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from pulumi_entra_pim.graph.errors import Denied, EntraError, Refused

from .entra import Entra
from .managed import Managed
from .network import Behaviour, Forward, lose_answer, not_there, refuse
from .programs import NOBODY, a_group, a_user

Make = Callable[[Entra], Managed]


def a_made_user(entra: Entra) -> Managed:
    user = entra.manage("TestUser")
    user.up(**a_user())
    return user


def a_made_group(entra: Entra) -> Managed:
    group = entra.manage("RoleAssignableGroup")
    group.up(**a_group(members=[entra.user("one")]))
    return group


OBJECTS: dict[str, tuple[Make, str, dict[str, Any]]] = {
    "user": (a_made_user, "/users/", a_user(job_title="Lead")),
    "group": (a_made_group, "/groups/", a_group(description="other")),
}
every_object = pytest.mark.parametrize("kind", OBJECTS)


class TestReading:
    @every_object
    def test_one_that_is_not_shown_for_a_moment_is_not_gone(self, entra: Entra, kind: str) -> None:
        make, path, _ = OBJECTS[kind]
        resource = make(entra)
        before = dict(resource.outputs)
        entra.network.on("GET", path, not_there, times=3)
        assert resource.refresh() == {}
        assert resource.outputs == before
        assert entra.clock.pauses == [0.25, 0.5, 1.0]

    @every_object
    def test_one_that_is_in_the_bin_is_gone_at_once(self, entra: Entra, kind: str) -> None:
        make, path, _ = OBJECTS[kind]
        resource = make(entra)
        entra.ask("DELETE", f"{path}{resource.id}")
        assert resource.refresh() == {"id": None}
        assert entra.clock.pauses == []

    @every_object
    def test_one_that_is_in_no_bin_is_looked_for_a_moment(self, entra: Entra, kind: str) -> None:
        make, path, _ = OBJECTS[kind]
        resource = make(entra)
        entra.ask("DELETE", f"{path}{resource.id}")
        entra.emulator.clock.advance(days=31)
        assert resource.refresh() == {"id": None}
        assert entra.clock.waited == 5

    def test_a_caller_who_may_not_see_the_bin_waits_that_moment_too(self, entra: Entra) -> None:
        user = a_made_user(entra)
        entra.ask("DELETE", f"/users/{user.id}")
        entra.network.on("GET", "/directory/deletedItems", refuse(403, "Authorization_RequestDenied"), times=100)
        assert user.refresh() == {"id": None}
        assert entra.clock.waited == 5

    def test_owners_and_members_that_are_shown_later_than_their_group(self, entra: Entra) -> None:
        group = a_made_group(entra)
        entra.network.on("GET", "/members", not_there, times=2)
        assert group.refresh() == {}
        assert entra.clock.pauses == [0.25, 0.5]


class TestChanging:
    @every_object
    def test_one_that_is_not_known_everywhere_yet_is_waited_for(self, entra: Entra, kind: str) -> None:
        make, path, program = OBJECTS[kind]
        resource = make(entra)
        entra.network.on("PATCH", path, not_there, times=2)
        assert resource.up(**program) == "update"
        assert entra.clock.pauses == [0.25, 0.5]

    @every_object
    def test_one_that_was_deleted_is_said_to_be_at_once(self, entra: Entra, kind: str) -> None:
        make, path, program = OBJECTS[kind]
        resource = make(entra)
        entra.ask("DELETE", f"{path}{resource.id}")
        line = f"{resource.id} was deleted and is in deletedItems: run `pulumi refresh`, then `pulumi up`"
        with pytest.raises(Refused, match=line):
            resource.up(**program)
        assert entra.clock.pauses == []

    @every_object
    def test_one_that_nobody_knows_is_told_from_one_that_is_late(self, entra: Entra, kind: str) -> None:
        make, path, program = OBJECTS[kind]
        resource = make(entra)
        entra.ask("DELETE", f"{path}{resource.id}")
        entra.emulator.clock.advance(days=31)
        with pytest.raises(Refused, match=f"The directory has no user or group {resource.id}: check the id"):
            resource.up(**program)
        assert entra.clock.waited == 20

    @every_object
    def test_one_that_is_there_and_never_shown_is_said_to_be_late(self, entra: Entra, kind: str) -> None:
        make, path, program = OBJECTS[kind]
        resource = make(entra)
        entra.network.on("PATCH", path, not_there_by_name(resource.id), times=1000)
        line = f"The directory has {resource.id}, but does not show it everywhere yet: run again in some minutes"
        with pytest.raises(Refused, match=line):
            resource.up(**program)
        assert entra.clock.waited == 60

    def test_a_caller_who_may_not_look_is_told_so(self, entra: Entra) -> None:
        user = a_made_user(entra)
        entra.network.on("PATCH", "/users/", not_there_by_name(user.id), times=1000)
        entra.network.on("GET", "/users/", refuse(403, "Authorization_RequestDenied"), times=100)
        with pytest.raises(Refused, match=f"The caller may not look for {user.id} in the directory: check the id"):
            user.up(**a_user(job_title="Lead"))

    def test_the_wait_is_bound_by_the_operations_time_and_says_why_all_the_same(self, entra: Entra) -> None:
        user = a_made_user(entra)
        user.provider = entra.provider("TestUser", seconds=10)
        entra.network.on("PATCH", "/users/", not_there_by_name(user.id), times=1000)
        with pytest.raises(Refused, match="does not show it everywhere yet"):
            user.up(**a_user(job_title="Lead"))
        assert entra.clock.waited == 10


class TestNaming:
    @pytest.mark.parametrize("many", [2, 25])
    def test_people_that_the_directory_does_not_know_yet_are_waited_for(self, entra: Entra, many: int) -> None:
        people = [entra.user(f"person{number}") for number in range(many)]
        late = not_there_by_name(people[-1])
        entra.network.on("PATCH", "/groups", late, nth=1 if many == 2 else 2, times=2)
        group = entra.manage("RoleAssignableGroup")
        group.up(**a_group(members=people))
        assert entra.related(group.id, "members") == set(people)
        assert entra.clock.pauses == [0.25, 0.5]

    def test_a_group_of_many_that_is_not_shown_yet_is_waited_for(self, entra: Entra) -> None:
        people = [entra.user(f"person{number}") for number in range(25)]
        entra.network.on("GET", "/members", not_there, times=3)
        group = entra.manage("RoleAssignableGroup")
        group.up(**a_group(members=people))
        assert entra.related(group.id, "members") == set(people)
        assert not group.half_made

    def test_a_wrong_id_among_many_is_named_and_what_there_is_stays(self, entra: Entra) -> None:
        people = [entra.user(f"person{number}") for number in range(25)]
        group = entra.manage("RoleAssignableGroup")
        with pytest.raises(EntraError, match=f"The directory has no user or group {NOBODY}: check the id"):
            group.up(**a_group(members=[*people, NOBODY]))
        assert (group.half_made, len(entra.all("/groups"))) == (True, 1)


class TestTaking:
    def test_a_user_of_a_run_that_was_killed_and_is_not_shown_yet_is_ours(self, entra: Entra) -> None:
        a_made_user(entra)
        again = entra.manage("TestUser")
        entra.network.on("GET", "/users/", not_there, times=4)
        again.up(**a_user())
        assert len([each for each in entra.all("/users") if each["displayName"] == "Aline Dupuy"]) == 1

    def test_a_strangers_group_that_came_up_meanwhile_is_not_deleted(self, entra: Entra) -> None:
        stranger = entra.group("theirs", role_assignable=False, uniqueName="contoso-dev-helpdesk")
        entra.network.on("GET", "uniqueName=", not_there)
        with pytest.raises(Refused, match=rf"object id {stranger}\) and is not role-assignable.*choose another"):
            entra.manage("RoleAssignableGroup").up(**a_group())
        assert [each["id"] for each in entra.all("/groups")] == [stranger]

    def test_nor_when_the_upsert_is_said_to_have_worked(self, entra: Entra) -> None:
        stranger = entra.group("theirs", role_assignable=False, uniqueName="contoso-dev-helpdesk")
        entra.network.on("GET", "uniqueName=", not_there)
        entra.network.on("PATCH", "uniqueName=", no_content)
        with pytest.raises(Refused, match=rf"not role-assignable \(object id {stranger}\) came up while this one was"):
            entra.manage("RoleAssignableGroup").up(**a_group())
        assert [each["id"] for each in entra.all("/groups")] == [stranger]


class TestDeletingAMemberWhoseGroupHasJustGone:
    protected = staticmethod(refuse(403, "Authorization_RequestDenied", "Insufficient privileges"))

    def test_the_protection_that_lasts_a_while_is_waited_out(self, entra: Entra) -> None:
        user = a_made_user(entra)
        entra.network.on("DELETE", "/users/", self.protected, times=3)
        user.destroy()
        assert [each["id"] for each in entra.deleted("user")] != []
        assert entra.clock.pauses == [0.25, 0.5]

    def test_one_that_does_not_end_is_said_to_be_a_delay_and_why(self, entra: Entra) -> None:
        user = a_made_user(entra)
        entra.network.on("DELETE", "/users/", self.protected, times=1000)
        with pytest.raises(Refused, match="shows no role and no role-assignable group of this user any more"):
            user.destroy()
        assert entra.clock.waited == 60

    def test_who_is_in_such_a_group_still_is_not_waited_for(self, entra: Entra) -> None:
        user = a_made_user(entra)
        entra.group("it", **{"members@odata.bind": [f"https://x/v1.0/users/{user.id}"]})
        entra.network.on("DELETE", "/users/", self.protected, times=1000)
        with pytest.raises(Denied, match="Privileged Authentication Administrator only"):
            user.destroy()
        assert entra.clock.pauses == []

    def test_a_caller_without_the_permission_is_told_so_at_once(self, entra: Entra) -> None:
        user = a_made_user(entra)
        user.provider = entra.provider("TestUser", token=entra.emulator.token(permissions=["User.Read.All"]))
        with pytest.raises(Denied, match=r"User\.DeleteRestore\.All"):
            user.destroy()
        assert entra.clock.pauses == []

    @pytest.mark.parametrize("path", ["/memberOf", "/roleAssignments"])
    def test_a_caller_who_may_not_look_is_told_of_the_refusal(self, entra: Entra, path: str) -> None:
        user = a_made_user(entra)
        entra.network.on("DELETE", "/users/", self.protected, times=1000)
        entra.network.on("GET", path, self.protected)
        with pytest.raises(Denied):
            user.destroy()
        assert entra.clock.pauses == []

    def test_a_lost_answer_in_between_is_none_of_that(self, entra: Entra) -> None:
        user = a_made_user(entra)
        entra.network.on("DELETE", "/users/", self.protected)
        entra.network.on("DELETE", "/users/", lose_answer)
        user.destroy()
        assert len(entra.deleted("user")) == 1


def no_content(request: httpx.Request, forward: Forward) -> httpx.Response:
    """Say that something was updated, without acting."""
    return httpx.Response(204, request=request)


def not_there_by_name(id_: str) -> Behaviour:
    """Say as Graph does that an object is not known."""
    words = f"Resource '{id_}' does not exist or one of its queried reference-property objects are not present."
    return refuse(404, "Request_ResourceNotFound", words)
