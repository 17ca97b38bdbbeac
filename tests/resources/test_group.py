"""RoleAssignableGroup: one group under its name, its owners and members exactly as asked, never without an owner."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi.output import Unknown
from pulumi.runtime.proto import provider_pb2

from pulumi_entra_pim.graph.errors import Denied, EntraError, NotSent, OutcomeUnknown, Refused
from pulumi_entra_pim.resources._engine import HalfMade

from .engine import Engine, Rpc
from .entra import Entra, offline
from .network import changing, fail, first, lose, lose_answer, not_there, refuse, unreachable
from .programs import NOBODY, USER_ADMINISTRATOR, a_group

NAME = "contoso-dev-helpdesk"
UPSERT = rf"^/v1\.0/groups\(uniqueName='{NAME}'\)$"


def found(entra: Entra, name: str = NAME) -> dict[str, Any]:
    select = "id,displayName,description,mailNickname,uniqueName,isAssignableToRole,visibility,securityEnabled"
    document: dict[str, Any] = entra.ask("GET", f"/groups(uniqueName='{name}')?$select={select}")
    return document


def people(entra: Entra, count: int, name: str = "person") -> list[str]:
    return [entra.user(f"{name}{number}") for number in range(count)]


def bound(body: dict[str, Any], relationship: str) -> list[str]:
    """Return the ids that a write binds."""
    return [each.rpartition("/")[2] for each in body.get(f"{relationship}@odata.bind", [])]


def relationships_of(body: Any) -> int:
    """Return how many relationships a write carries."""
    if not isinstance(body, dict):
        return 0
    return sum(len(bound(body, each)) for each in ("owners", "members")) + ("@odata.id" in body)


# -- create -----------------------------------------------------------------------------------------------------------


def test_a_group_is_made_in_two_calls_with_its_owners_and_members(entra: Entra) -> None:
    owner, member = people(entra, 2)
    group = entra.manage("RoleAssignableGroup")
    assert group.up(**a_group(description="help", owners=[owner], members=[owner, member])) == "create"
    look, upsert = entra.network.sent
    assert look.method == "GET"
    assert (upsert.method, upsert.path, upsert.headers["prefer"]) == (
        "PATCH",
        f"/v1.0/groups(uniqueName='{NAME}')",
        "create-if-missing",
    )
    assert upsert.body == {
        "displayName": "IT Helpdesk (User)",
        "mailNickname": "userHelpdesk",
        "description": "help",
        "mailEnabled": False,
        "securityEnabled": True,
        "isAssignableToRole": True,
        "visibility": "Private",
        "owners@odata.bind": [f"https://graph.test/v1.0/directoryObjects/{owner}"],
        "members@odata.bind": [f"https://graph.test/v1.0/directoryObjects/{each}" for each in (owner, member)],
    }
    assert (group.id, group.outputs["unique_name"], group.outputs["adopted"]) == (found(entra)["id"], NAME, False)
    assert group.up(**a_group(description="help", owners=[owner], members=[owner, member])) == "same"


def test_any_number_of_owners_and_members_goes_in_writes_of_at_most_twenty(entra: Entra) -> None:
    everybody = people(entra, 45)
    group = entra.manage("RoleAssignableGroup")
    group.up(**a_group(owners=everybody[:30], members=everybody))
    assert entra.related(group.id, "owners") == set(everybody[:30])
    assert entra.related(group.id, "members") == set(everybody)
    assert max(relationships_of(each.body) for each in entra.network.writes()) == 20


def test_a_group_of_just_twenty_relationships_needs_no_further_call(entra: Entra) -> None:
    everybody = people(entra, 20)
    entra.manage("RoleAssignableGroup").up(**a_group(members=everybody))
    assert [each.method for each in entra.network.sent] == ["GET", "PATCH"]


def test_a_group_that_fails_half_way_is_kept_without_its_people_and_finished_by_the_next_up(entra: Entra) -> None:
    everybody = people(entra, 25)
    group = entra.manage("RoleAssignableGroup")
    with pytest.raises(HalfMade, match=NOBODY):
        group.up(**a_group(owners=everybody[:1], members=[*everybody, NOBODY]))
    assert group.id == found(entra)["id"]
    assert "members" not in group.outputs
    assert group.outputs["unique_name"] == NAME
    assert group.outputs["tenant_id"] == entra.tenant.tenant_id
    assert group.up(**a_group(owners=everybody[:1], members=everybody)) == "update"
    assert entra.related(group.id, "members") == set(everybody)
    assert group.up(**a_group(owners=everybody[:1], members=everybody)) == "same"


def test_a_refresh_does_not_make_a_half_made_group_count_as_done(entra: Entra) -> None:
    everybody = people(entra, 25)
    group = entra.manage("RoleAssignableGroup")
    with pytest.raises(HalfMade):
        group.up(**a_group(members=[*everybody, NOBODY]))
    program, before = a_group(members=[*everybody, NOBODY]), dict(group.inputs)
    group.refresh()
    assert group.half_made
    assert group.inputs == before
    assert set(group.outputs["members"]) == entra.related(group.id, "members")
    assert group.preview(**program) == "update"
    group.up(**{**program, "members": everybody})
    group.refresh()
    assert not group.half_made
    assert group.preview(**{**program, "members": everybody}) == "same"


def test_a_half_made_group_that_somebody_finished_by_hand_is_done(entra: Entra) -> None:
    everybody = people(entra, 25)
    group = entra.manage("RoleAssignableGroup")
    entra.network.on("PATCH", "/groups/[^(]", refuse(400, "Request_BadRequest"))
    with pytest.raises(HalfMade):
        group.up(**a_group(members=everybody))
    missing = sorted(set(everybody) - entra.related(group.id, "members"))
    assert missing
    for each in missing:
        reference = {"@odata.id": f"https://graph.microsoft.com/v1.0/directoryObjects/{each}"}
        entra.ask("POST", f"/groups/{group.id}/members/$ref", reference)
    group.refresh()
    assert group.preview(**a_group(members=everybody)) == "same"


def test_a_half_made_group_can_be_destroyed(entra: Entra) -> None:
    group = entra.manage("RoleAssignableGroup")
    with pytest.raises(HalfMade):
        group.up(**a_group(members=[*people(entra, 25), NOBODY]))
    group.destroy()
    assert len(entra.deleted("group")) == 1


def test_somebody_who_does_not_exist_leaves_no_small_group_behind(entra: Entra) -> None:
    with pytest.raises(Refused, match=f"The directory has no user or group {NOBODY}: check the id"):
        entra.manage("RoleAssignableGroup").up(**a_group(members=[NOBODY]))
    assert entra.all("/groups") == []
    assert entra.clock.waited == 20


# -- the ways of Graph ------------------------------------------------------------------------------------------------


def test_where_the_service_refuses_the_upsert_the_group_is_made_by_post(entra: Entra) -> None:
    entra.emulator.switches.upsert_role_assignable = False
    owner = entra.user("owner")
    group = entra.manage("RoleAssignableGroup")
    group.up(**a_group(owners=[owner]))
    assert [each.line.partition("?")[0] for each in entra.network.writes()] == [
        f"PATCH /groups(uniqueName='{NAME}')",
        "POST /groups",
    ]
    assert found(entra)["id"] == group.id
    assert entra.related(group.id, "owners") == {owner}


@pytest.mark.parametrize("status", [400, 403])
def test_a_refusal_that_may_be_of_the_upsert_itself_leads_to_post(entra: Entra, status: int) -> None:
    entra.network.on("PATCH", UPSERT, refuse(status, "Request_BadRequest"))
    group = entra.manage("RoleAssignableGroup")
    group.up(**a_group())
    assert [each.method for each in entra.network.sent] == ["GET", "PATCH", "POST"]
    assert found(entra)["id"] == group.id


def test_a_refusal_of_what_was_asked_is_not_asked_for_again_by_post(entra: Entra) -> None:
    with pytest.raises(Refused, match=rf"{NOBODY}.*PATCH"):
        entra.manage("RoleAssignableGroup").up(**a_group(members=[NOBODY]))
    assert {each.method for each in entra.network.writes()} == {"PATCH"}


@pytest.mark.parametrize("failure", [lose_answer, fail(502, applied=True)])
def test_a_lost_answer_of_the_post_is_settled_by_a_look(entra: Entra, failure: Any) -> None:
    entra.emulator.switches.upsert_role_assignable = False
    entra.network.on("POST", "/groups$", failure)
    group = entra.manage("RoleAssignableGroup")
    group.up(**a_group())
    assert [each.method for each in entra.network.sent] == ["GET", "PATCH", "POST", "GET"]
    assert [each["id"] for each in entra.all("/groups")] == [group.id]


def test_the_post_is_sent_again_once_a_look_has_shown_that_it_did_nothing(entra: Entra) -> None:
    entra.emulator.switches.upsert_role_assignable = False
    entra.network.on("POST", "/groups$", lose, times=2)
    entra.manage("RoleAssignableGroup").up(**a_group())
    assert [each.method for each in entra.network.sent] == ["GET", "PATCH", "POST", "GET", "POST", "GET", "POST"]


def test_the_post_is_given_up_after_eight_lost_answers(entra: Entra) -> None:
    entra.emulator.switches.upsert_role_assignable = False
    entra.network.on("POST", "/groups$", lose, times=8)
    with pytest.raises(OutcomeUnknown):
        entra.manage("RoleAssignableGroup").up(**a_group())
    assert entra.all("/groups") == []


def test_a_look_that_lags_behind_a_lost_post_makes_no_second_group(entra: Entra) -> None:
    entra.emulator.switches.upsert_role_assignable = False
    entra.network.on("POST", "/groups$", lose_answer)
    entra.network.on("GET", "uniqueName=", not_there, nth=2, times=3)
    group = entra.manage("RoleAssignableGroup")
    group.up(**a_group())
    assert [each["id"] for each in entra.all("/groups")] == [group.id]


@pytest.mark.parametrize("failure", [lose_answer, fail(503, applied=True), lose, fail(500), unreachable])
def test_a_lost_answer_of_the_upsert_makes_one_group(entra: Entra, failure: Any) -> None:
    owner = entra.user("owner")
    entra.network.on("PATCH", UPSERT, failure)
    group = entra.manage("RoleAssignableGroup")
    group.up(**a_group(owners=[owner]))
    assert [each["id"] for each in entra.all("/groups")] == [group.id]
    assert entra.related(group.id, "owners") == {owner}
    assert group.outputs["adopted"] is False


def test_an_upsert_that_found_its_own_work_waits_until_the_group_is_shown(entra: Entra) -> None:
    entra.network.on("PATCH", UPSERT, lose_answer)
    entra.network.on("GET", "uniqueName=", not_there, nth=2, times=4)
    group = entra.manage("RoleAssignableGroup")
    group.up(**a_group())
    assert group.id == found(entra)["id"]
    assert 0 < entra.clock.waited < 30


def test_an_upsert_whose_group_is_never_shown_says_so(entra: Entra) -> None:
    entra.network.on("PATCH", UPSERT, lose_answer)
    entra.network.on("GET", "uniqueName=", not_there, times=100)
    with pytest.raises(EntraError, match=f"group {NAME} can be read: not seen within 60 s"):
        entra.manage("RoleAssignableGroup").up(**a_group())


def test_an_answer_that_does_not_say_that_roles_can_be_assigned_is_not_believed(entra: Entra) -> None:
    entra.network.on("PATCH", UPSERT, changing(lambda group: group.pop("isAssignableToRole")))
    group = entra.manage("RoleAssignableGroup")
    group.up(**a_group())
    assert [each.method for each in entra.network.sent] == ["GET", "PATCH", "GET"]
    assert group.id == found(entra)["id"]


@pytest.mark.parametrize("said", [None, False])
def test_a_group_that_came_out_not_role_assignable_is_deleted_again(entra: Entra, said: bool | None) -> None:
    entra.network.on("PATCH", UPSERT, changing(lambda group: group.update(isAssignableToRole=said)))
    with pytest.raises(Refused, match=r"without isAssignableToRole; it was deleted again"):
        entra.manage("RoleAssignableGroup").up(**a_group())
    assert entra.all("/groups") == []


def test_a_service_that_cannot_be_reached_is_asked_once_the_ways_are_exhausted(entra: Entra) -> None:
    entra.network.on("PATCH", UPSERT, unreachable, times=100)
    with pytest.raises(NotSent, match=r"cannot reach https://graph\.test"):
        entra.manage("RoleAssignableGroup").up(**a_group())


def test_a_missing_permission_is_named(entra: Entra) -> None:
    token = entra.emulator.token(permissions=["Group.ReadWrite.All"])
    with pytest.raises(Denied, match=r"Group\.ReadWrite\.All and RoleManagement\.ReadWrite\.Directory"):
        entra.manage("RoleAssignableGroup", token=token).up(**a_group())
    assert entra.all("/groups") == []


# -- somebody has the name already ------------------------------------------------------------------------------------


def elses(entra: Entra, **properties: Any) -> str:
    return entra.group("userHelpdesk", uniqueName=NAME, **properties)


def test_a_group_of_somebody_else_is_neither_taken_nor_changed(entra: Entra) -> None:
    id_ = elses(entra)
    with pytest.raises(Refused, match=rf"exists already \(object id {id_}\).*set adopt_existing=True"):
        entra.manage("RoleAssignableGroup").up(**a_group())
    assert entra.network.writes() == []


@pytest.mark.parametrize("adopt_existing", [True, False])
def test_a_group_that_is_not_role_assignable_is_never_taken(entra: Entra, adopt_existing: bool) -> None:
    elses(entra, role_assignable=False)
    with pytest.raises(Refused, match="is not role-assignable, which nobody can change: choose another unique_name"):
        entra.manage("RoleAssignableGroup").up(**a_group(adopt_existing=adopt_existing))


def test_a_group_just_as_asked_is_the_work_of_a_run_cut_short_and_is_finished(entra: Entra, engine: Engine) -> None:
    owner, other = people(entra, 2)
    id_ = elses(entra, displayName="IT Helpdesk (User)")
    group = entra.manage("RoleAssignableGroup")
    Rpc(provider_pb2.CreateRequest(urn="urn"))(lambda: group.up(**a_group(owners=[owner], members=[owner, other])))
    assert (group.id, group.outputs["adopted"]) == (id_, False)
    assert entra.related(id_, "members") == {owner, other}
    [warning] = engine.said("WARNING")
    assert "exactly as asked, so taken as the work of a run that was cut short" in warning


def test_an_adopted_group_becomes_what_the_program_says(entra: Entra, engine: Engine) -> None:
    owner, other = people(entra, 2)
    id_ = elses(entra, description="theirs", **{"owners@odata.bind": [f"https://x/v1.0/users/{other}"]})
    group = entra.manage("RoleAssignableGroup")
    program = a_group(adopt_existing=True, owners=[owner])
    Rpc(provider_pb2.CreateRequest(urn="urn"))(lambda: group.up(**program))
    assert (group.id, group.outputs["adopted"]) == (id_, True)
    assert (found(entra)["displayName"], found(entra)["description"]) == ("IT Helpdesk (User)", "theirs")
    assert entra.related(id_, "owners") == {owner}
    [warning] = engine.said("WARNING")
    assert warning.endswith("adopted")
    assert group.up(**program) == "same"


def test_an_adopted_group_that_is_as_asked_is_not_written(entra: Entra) -> None:
    elses(entra, displayName="IT Helpdesk (User)")
    entra.manage("RoleAssignableGroup").up(**a_group(adopt_existing=True))
    assert entra.network.writes() == []


def test_an_adopted_group_is_released_at_destroy(entra: Entra, engine: Engine) -> None:
    id_ = elses(entra)
    group = entra.manage("RoleAssignableGroup")
    group.up(**a_group(adopt_existing=True))
    Rpc(provider_pb2.DeleteRequest(urn="urn"))(group.destroy)
    assert found(entra)["id"] == id_
    assert engine.said("INFO") == [f"group 'IT Helpdesk (User)' ({id_}) was adopted: released, not deleted"]


def test_an_adoption_that_fails_half_way_is_kept_as_it_was_found_and_finished_by_the_next_up(entra: Entra) -> None:
    id_ = elses(entra, description="theirs")
    owner = entra.user("owner")
    entra.network.on("PATCH", f"/groups/{id_}", refuse(400, "Request_BadRequest"))
    group = entra.manage("RoleAssignableGroup")
    program = a_group(adopt_existing=True, description="ours", owners=[owner])
    with pytest.raises(HalfMade):
        group.up(**program)
    assert (group.id, group.outputs["adopted"], group.outputs["description"]) == (id_, True, "theirs")
    assert "owners" not in group.outputs
    assert group.up(**program) == "update"
    assert found(entra)["description"] == "ours"
    assert entra.related(id_, "owners") == {owner}


def test_a_group_that_is_made_in_the_moment_before_the_upsert_is_not_taken(entra: Entra) -> None:
    entra.emulator.switches.upsert_role_assignable = False
    entra.network.on("POST", "/groups$", first(lambda: elses(entra)))
    with pytest.raises(Refused, match="set adopt_existing=True"):
        entra.manage("RoleAssignableGroup").up(**a_group())


# -- unique names -----------------------------------------------------------------------------------------------------


def test_a_name_of_ours_that_a_deleted_group_holds_moves_on(entra: Entra) -> None:
    for expected in (NAME, f"{NAME}-2", f"{NAME}-3"):
        group = entra.manage("RoleAssignableGroup")
        group.up(**a_group())
        assert "POST" not in {each.method for each in entra.network.sent}
        assert group.outputs["unique_name"] == expected
        assert group.up(**a_group()) == "same"
        assert group.refresh() == {}
        group.destroy()


def test_a_name_of_the_program_that_a_deleted_group_holds_is_an_error_that_offers_restore(entra: Entra) -> None:
    group = entra.manage("RoleAssignableGroup")
    group.up(**a_group(unique_name="mine"))
    id_ = group.id
    group.destroy()
    with pytest.raises(Refused, match=rf"unique_name 'mine' is held by the deleted group .*{id_}.*/restore"):
        group.up(**a_group(unique_name="mine"))


def test_a_unique_name_stays_whatever_the_resource_or_stack_is_called_later(entra: Entra) -> None:
    group = entra.manage("RoleAssignableGroup")
    group.up(**a_group())
    renamed = a_group(default_unique_name="contoso-prod-other")
    assert group.preview(**renamed) == "same"
    assert group.up(**{**renamed, "description": "new"}) == "update"
    assert group.outputs["unique_name"] == NAME
    assert group.refresh() == {}


def test_the_name_of_the_program_that_is_the_groups_already_is_no_change(entra: Entra) -> None:
    group = entra.manage("RoleAssignableGroup")
    group.up(**a_group())
    assert group.preview(**a_group(unique_name=NAME)) == "same"


def test_another_unique_name_replaces_the_group(entra: Entra) -> None:
    group = entra.manage("RoleAssignableGroup")
    group.up(**a_group(unique_name="one"))
    before = group.id
    assert group.refresh() == {}
    assert group.up(**a_group(unique_name="two")) == "replace"
    assert group.id != before
    assert group.provider.diff(group.id, group.outputs, group.check(**a_group(unique_name="3"))).delete_before_replace


def test_a_unique_name_that_the_program_no_longer_gives_is_kept(entra: Entra) -> None:
    group = entra.manage("RoleAssignableGroup")
    group.up(**a_group(unique_name="mine"))
    assert group.up(**a_group()) == "same"
    group.up(**a_group(description="new"))
    assert group.outputs["unique_name"] == "mine"
    assert group.refresh() == {}
    assert group.up(**a_group(description="new")) == "same"


def test_an_older_group_without_a_unique_name_is_left_alone_and_can_be_given_one(entra: Entra) -> None:
    id_ = entra.group("userHelpdesk", displayName="IT Helpdesk (User)")
    group = entra.manage("RoleAssignableGroup")
    group.id = id_
    group.inputs = {name: value for name, value in group.check(**a_group()).items() if name != "default_unique_name"}
    group.outputs = {**group.inputs, "adopted": False, "tenant_id": entra.tenant.tenant_id}
    assert group.preview(**a_group()) == "same"
    assert group.refresh() == {}
    assert group.up(**a_group(unique_name="late")) == "update"
    assert found(entra, "late")["id"] == id_
    assert group.outputs["unique_name"] == "late"


# -- update -----------------------------------------------------------------------------------------------------------


def test_an_edit_sends_what_differs(entra: Entra) -> None:
    owner = entra.user("owner")
    group = entra.manage("RoleAssignableGroup")
    group.up(**a_group(description="one", owners=[owner]))
    assert group.up(**a_group(owners=[owner], display_name="Other")) == "update"
    assert entra.network.writes()[-1].body == {"displayName": "Other", "description": None}
    assert found(entra)["description"] is None
    assert (group.outputs["unique_name"], group.outputs["adopted"]) == (NAME, False)


def test_owners_are_added_before_others_are_removed(entra: Entra) -> None:
    one, two, three = people(entra, 3)
    group = entra.manage("RoleAssignableGroup")
    group.up(**a_group(owners=[one, two]))
    entra.network.sent.clear()
    group.up(**a_group(owners=[three]))
    assert entra.related(group.id, "owners") == {three}
    assert [each.method for each in entra.network.writes()] == ["POST", "DELETE", "DELETE"]


def test_the_caller_is_removed_last(entra: Entra) -> None:
    caller = entra.tenant.service_principal_id
    others = people(entra, 3)
    group = entra.manage("RoleAssignableGroup")
    group.up(**a_group(owners=[caller, *others]))
    group.up(**a_group(owners=others[:1]))
    assert entra.network.lines()[-1] == f"DELETE /groups/{group.id}/owners/{caller}/$ref"
    assert entra.related(group.id, "owners") == {others[0]}


def test_members_go_in_portions_and_those_who_are_there_already_do_not_matter(entra: Entra) -> None:
    everybody = people(entra, 45)
    group = entra.manage("RoleAssignableGroup")
    group.up(**a_group(members=everybody[:1]))
    entra.network.on("PATCH", f"/groups/{group.id}", first(lambda: join(entra, group.id, everybody[1])))
    group.up(**a_group(members=everybody))
    assert entra.related(group.id, "members") == set(everybody)
    assert max(relationships_of(each.body) for each in entra.network.writes()) == 20


def join(entra: Entra, group_id: str, id_: str) -> None:
    entra.ask("POST", f"/groups/{group_id}/members/$ref", {"@odata.id": f"https://x/v1.0/directoryObjects/{id_}"})


def test_somebody_who_left_in_the_meantime_does_not_matter(entra: Entra) -> None:
    one, two = people(entra, 2)
    group = entra.manage("RoleAssignableGroup")
    group.up(**a_group(members=[one, two]))
    path = f"/groups/{group.id}/members/{two}/$ref"
    entra.network.on("DELETE", "/members/", first(lambda: entra.ask("DELETE", path)))
    group.up(**a_group(members=[one]))
    assert entra.related(group.id, "members") == {one}


def test_an_owner_who_came_in_the_meantime_does_not_matter(entra: Entra) -> None:
    one, two = people(entra, 2)
    group = entra.manage("RoleAssignableGroup")
    group.up(**a_group(owners=[one]))
    reference = {"@odata.id": f"https://x/v1.0/directoryObjects/{two}"}
    entra.network.on("POST", "/owners/", first(lambda: entra.ask("POST", f"/groups/{group.id}/owners/$ref", reference)))
    group.up(**a_group(owners=[one, two]))
    assert entra.related(group.id, "owners") == {one, two}


def test_a_service_principal_among_the_members_is_seen(entra: Entra) -> None:
    application = entra.tenant.service_principal_id
    one = entra.user("one")
    group = entra.manage("RoleAssignableGroup")
    group.up(**a_group(members=[one, application]))
    assert group.refresh() == {}
    group.up(**a_group(members=[one]))
    assert entra.related(group.id, "members") == {one}


def test_order_and_case_of_ids_are_no_change_and_no_drift(entra: Entra) -> None:
    one, two = people(entra, 2)
    group = entra.manage("RoleAssignableGroup")
    group.up(**a_group(members=[two.upper(), one]))
    assert group.preview(**a_group(members=[one, two])) == "same"
    assert group.refresh() == {}


def test_owners_and_members_that_the_program_does_not_name_are_not_managed(entra: Entra) -> None:
    one = entra.user("one")
    group = entra.manage("RoleAssignableGroup")
    group.up(**a_group())
    join(entra, group.id, one)
    assert group.refresh() == {}
    assert group.up(**a_group(description="new")) == "update"
    assert entra.related(group.id, "members") == {one}
    assert all("/members" not in line and "/owners" not in line for line in entra.network.lines())


def test_members_that_the_program_stops_naming_stay(entra: Entra) -> None:
    one = entra.user("one")
    group = entra.manage("RoleAssignableGroup")
    group.up(**a_group(members=[one]))
    assert group.up(**a_group()) == "update"
    assert entra.related(group.id, "members") == {one}
    assert "members" not in group.outputs


def test_no_members_at_all_is_managed_too(entra: Entra) -> None:
    one = entra.user("one")
    group = entra.manage("RoleAssignableGroup")
    group.up(**a_group(members=[one]))
    group.up(**a_group(members=[]))
    assert entra.related(group.id, "members") == set()
    assert group.refresh() == {}
    join(entra, group.id, one)
    assert group.refresh() == {"members": [one]}


def test_drift_of_members_is_shown_in_the_programs_order_and_repaired(entra: Entra) -> None:
    one, two, three = people(entra, 3)
    group = entra.manage("RoleAssignableGroup")
    program = a_group(members=[two, one])
    group.up(**program)
    join(entra, group.id, three)
    entra.ask("DELETE", f"/groups/{group.id}/members/{two}/$ref")
    assert group.refresh() == {"members": [one, three]}
    assert group.up(**program) == "update"
    assert entra.related(group.id, "members") == {one, two}


def test_drift_of_a_property_is_shown_and_repaired(entra: Entra) -> None:
    group = entra.manage("RoleAssignableGroup")
    group.up(**a_group(description="ours"))
    entra.ask("PATCH", f"/groups/{group.id}", {"description": None, "displayName": "Theirs"})
    assert group.refresh() == {"description": None, "display_name": "Theirs"}
    group.up(**a_group(description="ours"))
    assert (found(entra)["description"], found(entra)["displayName"]) == ("ours", "IT Helpdesk (User)")


def test_a_group_that_somebody_deleted_is_gone(entra: Entra) -> None:
    group = entra.manage("RoleAssignableGroup")
    group.up(**a_group())
    entra.ask("DELETE", f"/groups/{group.id}")
    assert group.refresh() == {"id": None}


def test_an_update_never_takes_the_last_owner_even_if_the_state_knew_of_none(entra: Entra) -> None:
    one = entra.user("one")
    group = entra.manage("RoleAssignableGroup")
    group.up(**a_group(owners=[]))
    entra.ask("POST", f"/groups/{group.id}/owners/$ref", {"@odata.id": f"https://x/v1.0/directoryObjects/{one}"})
    group.outputs["owners"] = [one]
    with pytest.raises(Refused, match="would lose its last owner"):
        group.provider.update(group.id, group.outputs, group.inputs)


# -- destroy ----------------------------------------------------------------------------------------------------------


def test_destroy_puts_the_group_into_deleted_items_in_three_calls(entra: Entra) -> None:
    group = entra.manage("RoleAssignableGroup")
    group.up(**a_group())
    id_ = group.id
    with entra.network.recording() as sent:
        group.destroy()
    assert [each.method for each in sent] == ["GET", "GET", "DELETE"]
    assert [each["id"] for each in entra.deleted("group")] == [id_]


def test_destroying_what_is_gone_is_a_success(entra: Entra) -> None:
    group = entra.manage("RoleAssignableGroup")
    group.up(**a_group())
    entra.ask("DELETE", f"/groups/{group.id}")
    group.destroy()


def grant(entra: Entra, group_id: str, kind: str = "Eligibility") -> None:
    entra.ask(
        "POST",
        f"/roleManagement/directory/role{kind}ScheduleRequests",
        {
            "action": "adminAssign",
            "principalId": group_id,
            "roleDefinitionId": USER_ADMINISTRATOR,
            "directoryScopeId": "/",
            "justification": "somebody else's",
            "scheduleInfo": {"expiration": {"type": "noExpiration"}},
        },
    )


def revoke(entra: Entra, group_id: str) -> None:
    entra.ask(
        "POST",
        "/roleManagement/directory/roleEligibilityScheduleRequests",
        {
            "action": "adminRemove",
            "principalId": group_id,
            "roleDefinitionId": USER_ADMINISTRATOR,
            "directoryScopeId": "/",
        },
    )


@pytest.mark.parametrize(("kind", "held"), [("Eligibility", "eligible for"), ("Assignment", "active in")])
def test_a_group_that_holds_what_this_stack_does_not_manage_is_not_deleted(entra: Entra, kind: str, held: str) -> None:
    group = entra.manage("RoleAssignableGroup")
    group.up(**a_group())
    grant(entra, group.id, kind)
    with pytest.raises(Refused, match=f"it is {held} User Administrator at /; remove that first, or set force_destroy"):
        group.destroy()
    assert found(entra)["id"] == group.id


def test_force_destroy_deletes_it_all_the_same(entra: Entra) -> None:
    group = entra.manage("RoleAssignableGroup")
    group.up(**a_group(force_destroy=True))
    grant(entra, group.id)
    group.destroy()
    assert len(entra.deleted("group")) == 1


def test_a_grant_that_was_just_removed_and_is_listed_still_is_waited_out(entra: Entra) -> None:
    group = entra.manage("RoleAssignableGroup")
    group.up(**a_group())
    grant(entra, group.id)
    entra.network.on("GET", "roleEligibilitySchedules", first(lambda: revoke(entra, group.id)), nth=4)
    group.destroy()
    assert len(entra.deleted("group")) == 1
    assert entra.clock.pauses == [0.25, 0.5, 1.0]


def test_a_grant_that_the_group_has_through_another_is_no_hindrance(entra: Entra) -> None:
    group = entra.manage("RoleAssignableGroup")
    group.up(**a_group())
    grant(entra, group.id)
    entra.network.on(
        "GET",
        "roleEligibilitySchedules",
        changing(lambda answer: [row.update(memberType="Inherited") for row in answer["value"]]),
    )
    group.destroy()
    assert entra.clock.pauses == []


def test_a_group_that_is_gone_is_a_success_though_its_grants_are_listed_still(entra: Entra) -> None:
    group = entra.manage("RoleAssignableGroup")
    group.up(**a_group())
    grant(entra, group.id)
    entra.ask("DELETE", f"/groups/{group.id}")
    assert entra.schedules(group.id)
    group.destroy()
    assert entra.clock.pauses == []


def test_a_refused_purge_is_a_warning_on_a_delete_that_worked(entra: Entra, engine: Engine) -> None:
    group = entra.manage("RoleAssignableGroup")
    group.up(**a_group(purge_on_destroy=True))
    Rpc(provider_pb2.DeleteRequest(urn="urn:group"))(group.destroy)
    assert len(entra.deleted("group")) == 1
    [warning] = engine.said("WARNING")
    assert warning.startswith("deleted, but not purged")


# -- what the preview says --------------------------------------------------------------------------------------------

ID = "1ed8ac56-4827-4733-8f80-86adc2e67db5"


def problems(olds: dict[str, Any] | None = None, **program: Any) -> list[tuple[str, str]]:
    checked = offline("RoleAssignableGroup").check(olds or {}, a_group(**program))
    return [(each.property, each.reason) for each in checked.failures]


@pytest.mark.parametrize(
    ("program", "property_", "reason"),
    [
        ({"display_name": None}, "display_name", "must be given"),
        ({"description": "x" * 1025}, "description", "1 to 1024 characters"),
        ({"mail_nickname": "help desk"}, "mail_nickname", "no space"),
        ({"mail_nickname": "x" * 65}, "mail_nickname", "1 to 64 ASCII characters"),
        ({"owners": "somebody"}, "owners", "must be a list of object ids"),
        ({"owners": ["admin@contoso.com"]}, "owners", "a GUID); 'admin@contoso.com' is not one"),
        ({"members": [ID, ID.upper()]}, "members", "must name each object once"),
        (
            {"owners": [f"{ID[:-3]}{number:03}" for number in range(101)]},
            "owners",
            "at most 100 entries, Graph's limit",
        ),
        ({"unique_name": "x" * 129}, "unique_name", "1 to 128 characters"),
        ({"default_unique_name": "x" * 129}, "unique_name", "must be given: xxx"),
        ({"force_destroy": "no"}, "force_destroy", "must be true or false"),
    ],
)
def test_what_graph_would_not_take_is_refused_at_preview(program: dict[str, Any], property_: str, reason: str) -> None:
    [(named, said)] = problems(**program)
    assert named == property_
    assert reason in said


@pytest.mark.parametrize(
    "program",
    [
        {"members": [f"{ID[:-3]}{number:03}" for number in range(500)]},
        {"owners": []},
        {"owners": [ID, Unknown()]},
        {"members": Unknown()},
        {"unique_name": "x" * 128},
        {"default_unique_name": "x" * 128},
        {"unique_name": "mine", "default_unique_name": "x" * 129},
    ],
)
def test_what_graph_takes_or_nobody_knows_yet_passes(program: dict[str, Any]) -> None:
    assert problems(**program) == []


def test_a_group_that_has_owners_may_not_be_left_without_one() -> None:
    [(property_, reason)] = problems({**a_group(owners=[ID])}, owners=[])
    assert property_ == "owners"
    assert "Graph does not let the last owner of a group go; leave owners out to stop managing them" in reason
    assert problems({**a_group(owners=[])}, owners=[]) == []


def test_a_long_name_of_the_resource_does_not_matter_to_a_group_that_has_its_name() -> None:
    assert problems(a_group(), default_unique_name="x" * 200) == []


@given(
    st.fixed_dictionaries(
        {},
        optional=dict.fromkeys(
            ("owners", "members", "mail_nickname", "unique_name"),
            st.one_of(
                st.text(),
                st.floats(),
                st.lists(st.one_of(st.text(), st.uuids().map(str), st.just(Unknown()))),
                st.none(),
            ),
        ),
    )
)
def test_whatever_stands_in_a_group_the_check_answers(program: dict[str, Any]) -> None:
    assert {name for name, _ in problems(**program)} <= {*program, "mail_nickname"}
