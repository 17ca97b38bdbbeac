"""Every answer of every other test is held against Microsoft's description: how much that is."""

from entra_emulator.routes.table import GRAPH
from tests.emulator.contract import Contract


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
