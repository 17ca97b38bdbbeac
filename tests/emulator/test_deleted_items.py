from entra_emulator import Emulator
from tests.emulator.graph import EVERYTHING, Graph, bind, group_body

BIN = "/directory/deletedItems"


def test_deleted_users_and_groups_are_in_the_bin_by_type(graph: Graph) -> None:
    user, group = graph.new_user(), graph.new_group(isAssignableToRole=False)
    graph.done("DELETE", f"/users/{user['id']}")
    graph.done("DELETE", f"/groups/{group['id']}")
    assert [row["id"] for row in graph.values(f"{BIN}/microsoft.graph.user")] == [user["id"]]
    assert [row["id"] for row in graph.values(f"{BIN}/graph.group")] == [group["id"]]
    assert graph.values(f"{BIN}/graph.servicePrincipal") == []
    assert graph.values(f"{BIN}/graph.administrativeUnit") == []
    for cast in ("user", "group"):
        count = graph.send("GET", f"{BIN}/graph.{cast}/$count", headers={"ConsistencyLevel": "eventual"})
        assert count.text == "1"


def test_role_assignable_groups_go_to_the_bin_too(graph: Graph) -> None:
    group = graph.new_group(uniqueName="mine")
    graph.done("DELETE", f"/groups/{group['id']}")
    assert graph.get(f"{BIN}/{group['id']}")["uniqueName"] == "mine"


def test_a_deleted_item_is_read_with_its_type_and_the_moment(graph: Graph, emulator: Emulator) -> None:
    user = graph.new_user()
    emulator.clock.freeze()
    graph.done("DELETE", f"/users/{user['id']}")
    found = graph.get(f"{BIN}/{user['id']}?$select=id,deletedDateTime")
    assert found["@odata.type"] == "#microsoft.graph.user"
    assert found["@odata.context"].endswith("$metadata#directoryObjects/$entity")
    assert found["deletedDateTime"] == emulator.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
    assert graph.refused("GET", f"{BIN}/{graph.emulator.contoso.administrator_id}")[:2] == (
        404,
        "Request_ResourceNotFound",
    )


def test_the_bin_is_ordered_by_the_moment_with_consistency_level_and_count(graph: Graph, emulator: Emulator) -> None:
    first, second = graph.new_user("first")["id"], graph.new_user("second")["id"]
    graph.done("DELETE", f"/users/{second}")
    emulator.clock.advance(seconds=1)
    graph.done("DELETE", f"/users/{first}")
    path = f"{BIN}/graph.user?$orderby=deletedDateTime"
    assert graph.refused("GET", path)[:2] == (400, "Request_UnsupportedQuery")
    rows = graph.values(f"{path}&$count=true", ConsistencyLevel="eventual")
    assert [row["id"] for row in rows] == [second, first]


def test_the_bin_without_a_cast_is_not_emulated(graph: Graph) -> None:
    assert graph.refused("GET", BIN)[:2] == (501, "EmulatorNotImplemented")


def test_a_restored_user_has_its_memberships_back(graph: Graph) -> None:
    user = graph.new_user()
    group = graph.new_group(isAssignableToRole=False, **{"members@odata.bind": bind(user["id"])})
    graph.done("DELETE", f"/users/{user['id']}")
    restored = graph.post(f"{BIN}/{user['id']}/restore", None, status=200)
    assert (restored["@odata.type"], restored["id"]) == ("#microsoft.graph.user", user["id"])
    assert graph.get(f"/users/{user['userPrincipalName']}?$select=deletedDateTime")["deletedDateTime"] is None
    assert [row["id"] for row in graph.values(f"/groups/{group['id']}/members")] == [user["id"]]
    assert graph.values(f"{BIN}/graph.user") == []


def test_a_restored_group_has_its_members_and_owners_back(graph: Graph) -> None:
    user = graph.new_user()
    group = graph.new_group(**{"members@odata.bind": bind(user["id"]), "owners@odata.bind": bind(user["id"])})
    graph.done("DELETE", f"/groups/{group['id']}")
    assert graph.values(f"/users/{user['id']}/memberOf") == []
    graph.post(f"{BIN}/{group['id']}/restore", None, status=200)
    for relation in ("members", "owners"):
        assert [row["id"] for row in graph.values(f"/groups/{group['id']}/{relation}")] == [user["id"]]


def test_a_user_whose_name_was_given_away_is_not_restored(graph: Graph) -> None:
    old = graph.new_user()
    graph.done("DELETE", f"/users/{old['id']}")
    graph.new_user()
    response = graph.send("POST", f"{BIN}/{old['id']}/restore")
    assert response.status_code == 400
    assert response.json()["error"]["details"][0]["code"] == "ObjectConflict"


def test_a_deleted_group_keeps_its_unique_name_until_it_is_purged(graph: Graph, emulator: Emulator) -> None:
    old = graph.new_group(uniqueName="mine")
    graph.done("DELETE", f"/groups/{old['id']}")
    response = graph.send("POST", "/groups", group_body(uniqueName="mine"))
    assert response.status_code == 400
    assert response.json()["error"]["details"][0] == {
        "code": "ObjectConflict",
        "message": "Another object with the same value for property uniqueName already exists.",
        "target": "uniqueName",
    }
    emulator.clock.advance(days=31)
    late = graph.bearer(emulator.token(permissions=EVERYTHING))
    assert late.new_group(uniqueName="mine")["id"] != old["id"]


def test_after_thirty_days_the_bin_is_emptied(graph: Graph, emulator: Emulator) -> None:
    user = graph.new_user()
    graph.done("DELETE", f"/users/{user['id']}")
    emulator.clock.advance(days=29, hours=23)
    again = graph.bearer(emulator.token(permissions=EVERYTHING))
    assert again.get(f"{BIN}/{user['id']}")["id"] == user["id"]
    emulator.clock.advance(hours=2)
    late = graph.bearer(emulator.token(permissions=EVERYTHING))
    assert late.refused("GET", f"{BIN}/{user['id']}")[:2] == (404, "Request_ResourceNotFound")
    assert late.refused("POST", f"{BIN}/{user['id']}/restore")[0] == 404


def test_the_thirty_days_begin_anew_after_a_restore(graph: Graph, emulator: Emulator) -> None:
    user = graph.new_user()
    graph.done("DELETE", f"/users/{user['id']}")
    emulator.clock.advance(days=20)
    later = graph.bearer(emulator.token(permissions=EVERYTHING))
    later.post(f"{BIN}/{user['id']}/restore", None, status=200)
    later.done("DELETE", f"/users/{user['id']}")
    emulator.clock.advance(days=20)
    latest = graph.bearer(emulator.token(permissions=EVERYTHING))
    assert latest.get(f"{BIN}/{user['id']}")["id"] == user["id"]
    latest.post(f"{BIN}/{user['id']}/restore", None, status=200)
    emulator.clock.advance(days=40)
    graph.bearer(emulator.token(permissions=EVERYTHING)).get(f"/users/{user['id']}")


def test_a_person_purges_users_and_groups_for_good(graph: Graph, administrator: Graph) -> None:
    user, group = graph.new_user(), graph.new_group()
    graph.done("DELETE", f"/users/{user['id']}")
    graph.done("DELETE", f"/groups/{group['id']}")
    for each in (user, group):
        administrator.done("DELETE", f"{BIN}/{each['id']}")
        assert graph.refused("GET", f"{BIN}/{each['id']}")[0] == 404


def test_a_purged_member_never_comes_back(graph: Graph, administrator: Graph) -> None:
    user = graph.new_user()
    group = graph.new_group(isAssignableToRole=False, **{"members@odata.bind": bind(user["id"])})
    graph.done("DELETE", f"/users/{user['id']}")
    administrator.done("DELETE", f"{BIN}/{user['id']}")
    assert graph.values(f"/groups/{group['id']}/members") == []


def test_an_app_cannot_purge_users_or_groups(graph: Graph) -> None:
    user, group = graph.new_user(), graph.new_group()
    graph.done("DELETE", f"/users/{user['id']}")
    graph.done("DELETE", f"/groups/{group['id']}")
    for each in (user, group):
        assert graph.refused("DELETE", f"{BIN}/{each['id']}") == (
            403,
            "Authorization_RequestDenied",
            "Insufficient privileges to complete the operation.",
        )


def test_the_schedules_of_a_deleted_principal_stay_until_it_is_purged(graph: Graph, administrator: Graph) -> None:
    group = graph.new_group()
    graph.assign(group["id"])
    graph.done("DELETE", f"/groups/{group['id']}")
    assert len(graph.schedules(group["id"])) == 1
    administrator.done("DELETE", f"{BIN}/{group['id']}")
    assert graph.schedules(group["id"]) == []
