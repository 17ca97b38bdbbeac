import pytest

from entra_emulator import Emulator
from tests.emulator.graph import EVERYTHING, Graph, bind, group_body, reference

ALREADY = "One or more added object references already exist for the following modified properties: '{}'."


def people(graph: Graph, count: int) -> list[str]:
    return [graph.new_user(f"person{number}")["id"] for number in range(count)]


def ids(rows: list[dict[str, str]]) -> set[str]:
    return {row["id"] for row in rows}


def test_a_new_group_is_answered_with_its_default_properties_and_without_members(graph: Graph) -> None:
    (person,) = people(graph, 1)
    made = graph.new_group(description="IT", **{"members@odata.bind": bind(person), "owners@odata.bind": bind(person)})
    assert made["@odata.context"].endswith("/v1.0/$metadata#groups/$entity")
    assert (made["isAssignableToRole"], made["visibility"], made["groupTypes"]) == (True, "Private", [])
    assert (made["securityEnabled"], made["mailEnabled"], made["mail"]) == (True, False, None)
    assert "members" not in made
    assert ids(graph.values(f"/groups/{made['id']}/members")) == {person}
    assert ids(graph.values(f"/groups/{made['id']}/owners")) == {person}


def test_the_security_identifier_is_the_object_id_in_numbers(graph: Graph) -> None:
    made = graph.new_group()
    first = int.from_bytes(bytes.fromhex(made["id"][:8]), "big")
    assert made["securityIdentifier"].startswith(f"S-1-12-1-{first}-")


def test_an_ordinary_group_reads_null_for_what_it_cannot_be(graph: Graph) -> None:
    made = graph.new_group("plain", isAssignableToRole=False)
    assert (made["isAssignableToRole"], made["visibility"]) == (None, None)


def test_names_of_security_groups_are_not_unique(graph: Graph) -> None:
    assert graph.new_group("same")["id"] != graph.new_group("same")["id"]


def test_no_owner_is_added_for_an_app_nor_for_a_security_group(graph: Graph, administrator: Graph) -> None:
    for caller in (graph, administrator):
        assert graph.values(f"/groups/{caller.new_group('g')['id']}/owners") == []


def test_a_person_owns_the_microsoft_365_group_that_they_create(graph: Graph, administrator: Graph) -> None:
    body = group_body("team", groupTypes=["Unified"], mailEnabled=True, isAssignableToRole=False)
    made = administrator.post("/groups", body)
    assert made["visibility"] == "Public"
    assert ids(graph.values(f"/groups/{made['id']}/owners")) == {graph.emulator.contoso.administrator_id}
    assert graph.values(f"/groups/{graph.post('/groups', {**body, 'mailNickname': 'team2'})['id']}/owners") == []


def test_mail_nicknames_of_microsoft_365_groups_are_unique(graph: Graph) -> None:
    body = group_body("team", groupTypes=["Unified"], mailEnabled=True, isAssignableToRole=False)
    made = graph.post("/groups", body)
    response = graph.send("POST", "/groups", body)
    assert response.json()["error"]["details"][0]["target"] == "mailNickname"
    graph.done("PATCH", f"/groups/{made['id']}", {"description": "itself"})
    graph.new_group("team")


@pytest.mark.parametrize(
    ("properties", "message"),
    [
        ({"displayName": None}, "A value is required for property 'displayName' of resource 'Group'."),
        ({"mailNickname": "a@b"}, "Invalid value specified for property 'mailNickname' of resource 'Group'."),
        ({"mailNickname": "ü"}, "Invalid value specified for property 'mailNickname' of resource 'Group'."),
        ({"description": ""}, "Invalid value specified for property 'description' of resource 'Group'."),
        ({"visibility": "Public"}, "Invalid value specified for property 'visibility' of resource 'Group'."),
        ({"securityEnabled": False}, "Invalid value specified for property 'isAssignableToRole' of resource 'Group'."),
        (
            {"groupTypes": ["DynamicMembership"]},
            "Invalid value specified for property 'groupTypes' of resource 'Group'.",
        ),
        ({"groupTypes": ["Unified"]}, "GroupType cannot be set for security groups assignable to roles."),
        ({"id": "x"}, "Property 'id' is read-only and cannot be set."),
    ],
)
def test_what_a_role_assignable_group_cannot_be_is_refused(
    graph: Graph, properties: dict[str, object], message: str
) -> None:
    assert graph.refused("POST", "/groups", group_body(**properties)) == (400, "Request_BadRequest", message)


def test_a_missing_required_property_is_named(graph: Graph) -> None:
    body = group_body()
    del body["mailEnabled"]
    message = "A value is required for property 'mailEnabled' of resource 'Group'."
    assert graph.refused("POST", "/groups", body) == (400, "Request_BadRequest", message)


def test_mail_enabled_groups_that_are_no_microsoft_365_groups_are_refused(graph: Graph) -> None:
    body = group_body(mailEnabled=True, isAssignableToRole=False)
    assert graph.refused("POST", "/groups", body)[2].startswith(
        "The service does not currently support writes of mail-"
    )


def test_dynamic_groups_are_not_emulated(graph: Graph) -> None:
    body = group_body(groupTypes=["DynamicMembership"], isAssignableToRole=False, membershipRule="true")
    assert graph.refused("POST", "/groups", body)[:2] == (501, "EmulatorNotImplemented")


def test_only_five_hundred_groups_can_be_role_assignable(graph: Graph) -> None:
    for number in range(500):
        graph.new_group(f"g{number}")
    assert "limit of 500" in graph.refused("POST", "/groups", group_body("onetoomany"))[2]


# Upsert


def test_an_upsert_creates_once_and_updates_after_that(graph: Graph) -> None:
    path, prefer = "/groups(uniqueName='contoso-helpdesk')", {"Prefer": "create-if-missing"}
    first = graph.send("PATCH", path, group_body(), prefer)
    assert (first.status_code, first.json()["uniqueName"]) == (201, "contoso-helpdesk")
    assert first.json()["isAssignableToRole"] is True
    graph.done("PATCH", path, group_body(description="again"), **prefer)
    assert len(graph.values("/groups")) == 1
    assert graph.get(path)["description"] == "again"
    graph.done("DELETE", path)
    assert graph.refused("GET", path)[:2] == (404, "Request_ResourceNotFound")


def test_an_upsert_without_the_preference_only_updates(graph: Graph) -> None:
    assert graph.refused("PATCH", "/groups(uniqueName='none')", group_body())[:2] == (404, "Request_ResourceNotFound")


def test_a_repeated_upsert_with_members_is_refused_as_a_patch_is(graph: Graph) -> None:
    body = group_body(**{"members@odata.bind": bind(*people(graph, 1))})
    path, prefer = "/groups(uniqueName='x')", {"Prefer": "create-if-missing"}
    assert graph.send("PATCH", path, body, prefer).status_code == 201
    assert graph.refused("PATCH", path, body, **prefer) == (400, "Request_BadRequest", ALREADY.format("members"))


def test_a_switch_makes_the_upsert_refuse_role_assignable_groups(graph: Graph, emulator: Emulator) -> None:
    emulator.switches.upsert_role_assignable = False
    path, prefer = "/groups(uniqueName='x')", {"Prefer": "create-if-missing"}
    assert graph.refused("PATCH", path, group_body(), **prefer)[:2] == (400, "Request_BadRequest")
    assert graph.post("/groups", group_body(uniqueName="x"))["uniqueName"] == "x"
    assert (
        graph.send("PATCH", "/groups(uniqueName='y')", group_body(isAssignableToRole=False), prefer).status_code == 201
    )


def test_a_unique_name_belongs_to_one_group_and_never_changes(graph: Graph) -> None:
    made = graph.new_group(uniqueName="mine")
    other = graph.new_group()
    response = graph.send("POST", "/groups", group_body(uniqueName="MINE"))
    assert response.json()["error"]["details"][0]["code"] == "ObjectConflict"
    assert graph.refused("PATCH", f"/groups/{other['id']}", {"uniqueName": "mine"})[0] == 400
    assert graph.refused("PATCH", f"/groups/{made['id']}", {"uniqueName": "theirs"})[0] == 400
    assert graph.refused("PATCH", f"/groups/{made['id']}", {"uniqueName": None})[0] == 400
    graph.done("PATCH", f"/groups/{other['id']}", {"uniqueName": "theirs"})
    assert graph.get("/groups(uniqueName='theirs')")["id"] == other["id"]


# Changes


def test_a_patch_changes_what_it_names(graph: Graph) -> None:
    made = graph.new_group()
    graph.done("PATCH", f"/groups/{made['id']}", {"displayName": "New", "description": "New"})
    graph.done("PATCH", f"/groups/{made['id']}", {"description": None})
    found = graph.get(f"/groups/{made['id']}")
    assert (found["displayName"], found["description"], found["visibility"]) == ("New", None, "Private")


def test_being_assignable_to_roles_never_changes(graph: Graph) -> None:
    assignable, plain = graph.new_group(), graph.new_group(isAssignableToRole=False)
    assert graph.refused("PATCH", f"/groups/{plain['id']}", {"isAssignableToRole": True})[0] == 400
    assert graph.refused("PATCH", f"/groups/{assignable['id']}", {"isAssignableToRole": False})[0] == 400
    graph.done("PATCH", f"/groups/{assignable['id']}", {"isAssignableToRole": True})
    graph.done("PATCH", f"/groups/{plain['id']}", {"isAssignableToRole": False})


def test_a_role_assignable_group_stays_private_and_secure(graph: Graph) -> None:
    path = f"/groups/{graph.new_group()['id']}"
    assert graph.refused("PATCH", path, {"visibility": "Public"})[0] == 400
    assert graph.refused("PATCH", path, {"securityEnabled": False})[0] == 400
    graph.done("PATCH", path, {"visibility": None})
    assert graph.get(path)["visibility"] == "Private"


# Members and owners


def test_members_and_owners_come_and_go_by_reference(graph: Graph) -> None:
    one, two = people(graph, 2)
    path = f"/groups/{graph.new_group()['id']}"
    for relation in ("members", "owners"):
        graph.done("POST", f"{path}/{relation}/$ref", reference(one))
        graph.done("POST", f"{path}/{relation}/$ref", {"@odata.id": f"https://graph.microsoft.com/v1.0/users/{two}"})
        assert ids(graph.values(f"{path}/{relation}")) == {one, two}
        graph.done("DELETE", f"{path}/{relation}/{two}/$ref")
        assert ids(graph.values(f"{path}/{relation}")) == {one}
        assert graph.refused("DELETE", f"{path}/{relation}/{two}/$ref")[:2] == (404, "Request_ResourceNotFound")


def test_a_reference_is_removed_by_its_address_too(graph: Graph) -> None:
    one, two = people(graph, 2)
    both = {"members@odata.bind": bind(one, two), "owners@odata.bind": bind(one, two)}
    path = f"/groups/{graph.new_group(**both)['id']}"
    for relation in ("members", "owners"):
        graph.done("DELETE", f"{path}/{relation}/$ref?@id={reference(two)['@odata.id']}")
        assert ids(graph.values(f"{path}/{relation}")) == {one}
        assert graph.refused("DELETE", f"{path}/{relation}/$ref")[:2] == (400, "Request_BadRequest")


def test_the_path_of_a_reference_may_be_percent_encoded(graph: Graph) -> None:
    (one,) = people(graph, 1)
    path = f"/groups/{graph.new_group()['id']}/members"
    graph.done("POST", f"{path}/%24ref", reference(one))
    graph.done("DELETE", f"{path}/{one}/%24ref")


def test_who_is_there_already_is_not_added_again(graph: Graph) -> None:
    (one,) = people(graph, 1)
    path = f"/groups/{graph.new_group(**{'members@odata.bind': bind(one), 'owners@odata.bind': bind(one)})['id']}"
    for relation in ("members", "owners"):
        message = ALREADY.format(relation)
        assert graph.refused("POST", f"{path}/{relation}/$ref", reference(one)) == (400, "Request_BadRequest", message)


def test_a_patch_adds_up_to_twenty_members_all_or_none(graph: Graph) -> None:
    some = people(graph, 21)
    path = f"/groups/{graph.new_group()['id']}"
    assert graph.refused("PATCH", path, {"members@odata.bind": bind(*some)})[:2] == (400, "Request_BadRequest")
    graph.done("PATCH", path, {"members@odata.bind": bind(*some[:1])})
    assert graph.refused("PATCH", path, {"members@odata.bind": bind(*some[1:], some[0])})[0] == 400
    assert graph.refused("PATCH", path, {"displayName": "No", "members@odata.bind": bind(some[2], some[0])})[0] == 400
    missing = "00000000-0000-0000-0000-000000000001"
    assert graph.refused("PATCH", path, {"members@odata.bind": bind(some[3], missing)})[:2] == (
        404,
        "Request_ResourceNotFound",
    )
    assert ids(graph.values(f"{path}/members")) == {some[0]}
    assert graph.get(path)["displayName"] == "helpdesk"
    graph.done("PATCH", path, {"members@odata.bind": bind(*some[1:])})
    assert len(graph.values(f"{path}/members")) == 21


def test_twenty_relationships_count_members_and_owners_together(graph: Graph) -> None:
    some = people(graph, 11)
    too_many = {"members@odata.bind": bind(*some), "owners@odata.bind": bind(*some[:10])}
    assert graph.refused("POST", "/groups", group_body(**too_many))[0] == 400
    graph.new_group(**{"members@odata.bind": bind(*some[:10]), "owners@odata.bind": bind(*some[:10])})


def test_the_same_object_twice_in_one_write_is_refused(graph: Graph) -> None:
    (one,) = people(graph, 1)
    message = f"Object '[{one}]' referenced from '[members]' can only be present once as an add/remove change."
    body = group_body(**{"members@odata.bind": bind(one, one)})
    assert graph.refused("POST", "/groups", body) == (400, "Request_BadRequest", message)


@pytest.mark.parametrize("reference_", [None, 7, "https://graph.microsoft.com/v1.0/planets/earth", "earth"])
def test_a_reference_must_name_a_directory_object(graph: Graph, reference_: object) -> None:
    path = f"/groups/{graph.new_group()['id']}/members/$ref"
    assert graph.refused("POST", path, {"@odata.id": reference_})[:2] == (400, "Request_BadRequest")


def test_bound_references_must_be_a_list(graph: Graph) -> None:
    assert graph.refused("POST", "/groups", group_body(**{"members@odata.bind": "x"}))[:2] == (
        400,
        "Request_BadRequest",
    )


def test_who_does_not_exist_cannot_be_added(graph: Graph) -> None:
    path = f"/groups/{graph.new_group()['id']}"
    nobody = "00000000-0000-0000-0000-000000000001"
    for relation in ("members", "owners"):
        assert graph.refused("POST", f"{path}/{relation}/$ref", reference(nobody))[:2] == (
            404,
            "Request_ResourceNotFound",
        )
    missing = "/groups/00000000-0000-0000-0000-000000000002/members/$ref"
    assert graph.refused("POST", missing, reference(nobody))[0] == 404


def test_the_last_owner_who_is_a_person_stays(graph: Graph) -> None:
    one, two = people(graph, 2)
    app = graph.emulator.contoso.service_principal_id
    path = f"/groups/{graph.new_group(**{'owners@odata.bind': bind(one, two, app)})['id']}"
    graph.done("DELETE", f"{path}/owners/{two}/$ref")
    message = "The group must have at least one owner, hence this owner cannot be removed."
    assert graph.refused("DELETE", f"{path}/owners/{one}/$ref") == (400, "Request_BadRequest", message)
    graph.done("DELETE", f"{path}/owners/{app}/$ref")


def test_a_group_in_a_role_assignable_group_is_refused(graph: Graph) -> None:
    outer, inner = graph.new_group(), graph.new_group(isAssignableToRole=False)
    message = "Nesting is currently not supported for groups that can be assigned to a role."
    assert graph.refused("POST", f"/groups/{outer['id']}/members/$ref", reference(inner["id"])) == (
        400,
        "Request_BadRequest",
        message,
    )


def test_a_group_owns_no_group(graph: Graph) -> None:
    outer, inner = graph.new_group(isAssignableToRole=False), graph.new_group(isAssignableToRole=False)
    assert graph.refused("POST", f"/groups/{outer['id']}/owners/$ref", reference(inner["id"]))[0] == 400


def test_ordinary_groups_nest(graph: Graph) -> None:
    (person,) = people(graph, 1)
    inner = graph.new_group("inner", isAssignableToRole=False, **{"members@odata.bind": bind(person)})
    outer = graph.new_group("outer", isAssignableToRole=False, **{"members@odata.bind": bind(inner["id"])})
    graph.done("POST", f"/groups/{inner['id']}/members/$ref", reference(outer["id"]))
    assert ids(graph.values(f"/groups/{outer['id']}/members/microsoft.graph.group")) == {inner["id"]}
    assert ids(graph.values(f"/groups/{outer['id']}/transitiveMembers")) == {inner["id"], person, outer["id"]}
    assert ids(graph.values(f"/groups/{inner['id']}/memberOf")) == {outer["id"]}
    assert ids(graph.values(f"/groups/{inner['id']}/transitiveMemberOf")) == {outer["id"], inner["id"]}


def test_a_group_has_at_most_a_hundred_owners(graph: Graph) -> None:
    some = people(graph, 101)
    group = graph.new_group(**{"owners@odata.bind": bind(*some[:20])})
    for begin in (20, 40, 60, 80):
        graph.done("PATCH", f"/groups/{group['id']}", {"owners@odata.bind": bind(*some[begin : begin + 20])})
    assert graph.refused("POST", f"/groups/{group['id']}/owners/$ref", reference(some[100]))[0] == 400
    assert len(graph.values(f"/groups/{group['id']}/owners?$top=999")) == 100


def test_service_principals_are_members_that_only_the_cast_lists(graph: Graph) -> None:
    app = graph.emulator.contoso.service_principal_id
    (person,) = people(graph, 1)
    path = f"/groups/{graph.new_group(**{'members@odata.bind': bind(app, person)})['id']}"
    assert ids(graph.values(f"{path}/members")) == {person}
    assert ids(graph.values(f"{path}/members/microsoft.graph.servicePrincipal")) == {app}
    assert ids(graph.values(f"{path}/members/graph.user")) == {person}
    count = graph.send("GET", f"{path}/members/$count", headers={"ConsistencyLevel": "eventual"})
    assert (count.text, count.headers["content-type"]) == ("2", "text/plain")


def test_owners_are_cast_too(graph: Graph) -> None:
    app = graph.emulator.contoso.service_principal_id
    (person,) = people(graph, 1)
    path = f"/groups/{graph.new_group(**{'owners@odata.bind': bind(app, person)})['id']}"
    assert ids(graph.values(f"{path}/owners")) == {app, person}
    assert ids(graph.values(f"{path}/owners/graph.user")) == {person}
    assert ids(graph.values(f"{path}/owners/microsoft.graph.servicePrincipal")) == {app}
    assert graph.send("GET", f"{path}/owners/$count", headers={"ConsistencyLevel": "eventual"}).text == "2"


def test_members_and_owners_can_be_expanded(graph: Graph) -> None:
    (person,) = people(graph, 1)
    group = graph.new_group(**{"members@odata.bind": bind(person), "owners@odata.bind": bind(person)})
    found = graph.get(f"/groups/{group['id']}?$select=id&$expand=members($select=id,displayName),owners,memberOf")
    assert found["members"] == [{"@odata.type": "#microsoft.graph.user", "id": person, "displayName": "person0"}]
    assert ids(found["owners"]) == {person}
    assert found["memberOf"] == []


def test_rows_of_mixed_types_show_the_selected_properties_that_they_have(graph: Graph) -> None:
    (person,) = people(graph, 1)
    inner = graph.new_group("inner", isAssignableToRole=False)
    outer = graph.new_group("o", isAssignableToRole=False, **{"members@odata.bind": bind(person, inner["id"])})
    rows = graph.values(f"/groups/{outer['id']}/members?$select=id,userPrincipalName,securityEnabled")
    by_type = {row["@odata.type"]: sorted(row) for row in rows}
    assert by_type["#microsoft.graph.user"] == ["@odata.type", "id", "userPrincipalName"]
    assert by_type["#microsoft.graph.group"] == ["@odata.type", "id", "securityEnabled"]


def test_deleting_a_member_without_ref_is_refused(graph: Graph) -> None:
    (person,) = people(graph, 1)
    group = graph.new_group(**{"members@odata.bind": bind(person), "owners@odata.bind": bind(person)})
    for relation in ("members", "owners"):
        assert graph.refused("DELETE", f"/groups/{group['id']}/{relation}/{person}") == (
            400,
            "BadRequest",
            "Write requests are only supported on contained entities",
        )
    graph.get(f"/users/{person}")


def test_a_tenant_without_licence_has_no_role_assignable_groups(graph: Graph) -> None:
    fabrikam = graph.app(*EVERYTHING, tenant="fabrikam")
    assert fabrikam.refused("POST", "/groups", group_body())[:2] == (400, "Request_BadRequest")
    fabrikam.new_group(isAssignableToRole=False)


def test_a_deleted_user_is_no_longer_listed_as_member(graph: Graph) -> None:
    one, two = people(graph, 2)
    group = graph.new_group(isAssignableToRole=False, **{"members@odata.bind": bind(one, two)})
    graph.done("DELETE", f"/users/{one}")
    assert ids(graph.values(f"/groups/{group['id']}/members")) == {two}
