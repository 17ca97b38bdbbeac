"""Every answer of every other test is held against Microsoft's description: how much that is."""

from entra_emulator.routes.table import GRAPH
from tests.emulator.contract import Contract
from tests.emulator.graph import ROLES, Graph


def test_only_these_answers_are_not_in_microsofts_description(contract: Contract) -> None:
    reads = [route.path for route in GRAPH if route.method == "GET" and not route.path.endswith("$count")]
    assert {path for path in reads if not contract.describes("GET", path)} == {
        "/directory/deletedItems/graph.administrativeUnit",
        "/groups/{id}/members/graph.group",
        "/groups/{id}/members/graph.servicePrincipal",
        "/groups/{id}/owners/graph.servicePrincipal",
    }


def test_the_description_catches_a_wrong_value_and_a_property_that_is_none(contract: Contract) -> None:
    good = {"@odata.context": "x", "id": "1", "displayName": "Aline", "businessPhones": []}
    assert contract.complaints("GET", "/users/1", 200, good) == []
    assert contract.complaints("GET", "/users/1", 200, {**good, "businessPhones": None}) != []
    assert contract.complaints("GET", "/users/1", 200, {**good, "shoeSize": 42}) == [
        "$.shoeSize is no property of its type"
    ]
    mixed = {"value": [{"@odata.type": "#microsoft.graph.group", "userPrincipalName": "x"}]}
    assert contract.complaints("GET", "/groups/1/members", 200, mixed) != []
    assert contract.complaints("GET", "/users/1", 404, {"error": {"code": "x"}}) != []


def test_a_user_is_changed_and_deleted_by_its_name_as_by_its_id(graph: Graph) -> None:
    user = graph.new_user()
    by_name = "/users(userPrincipalName='AlineD@contoso.com')"
    graph.done("PATCH", by_name, {"jobTitle": "Engineer"})
    assert graph.get(f"/users/{user['id']}?$select=jobTitle")["jobTitle"] == "Engineer"
    graph.done("DELETE", by_name)
    assert graph.refused("GET", f"/users/{user['id']}")[0] == 404


def test_groups_are_counted(graph: Graph) -> None:
    graph.new_group("one")
    graph.new_group("two")
    assert graph.send("GET", "/groups/$count", headers={"ConsistencyLevel": "eventual"}).text == "2"


def test_active_assignments_are_read_one_by_one_counted_and_asked_for_by_oneself(graph: Graph) -> None:
    user = graph.new_user()["id"]
    request = graph.assign(user, kind="Assignment", duration="PT5H")
    (schedule,) = graph.schedules(user, "Assignment")
    (instance,) = graph.values(f"{ROLES}/roleAssignmentScheduleInstances?$filter=principalId eq '{user}'")
    for collection, row in (("Requests", request), ("s", schedule), ("Instances", instance)):
        path = f"{ROLES}/roleAssignmentSchedule{collection}"
        found = graph.get(f"{path}/{row['id']}")
        assert (found["id"], found["principalId"]) == (row["id"], user)
        counted = graph.send("GET", f"{path}/$count?$filter=principalId eq '{user}'")
        assert (counted.status_code, counted.text) == (200, "1")
        (own,) = graph.user(user).values(f"{path}/filterByCurrentUser(on='principal')")
        assert own["id"] == row["id"]
