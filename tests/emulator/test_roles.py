"""Role definitions."""

import pytest

from tests.emulator.graph import ROLES, USER_ADMINISTRATOR, Graph

DEFINITIONS = f"{ROLES}/roleDefinitions"
CUSTOM = {
    "displayName": "Helpdesk reader",
    "description": "Reads",
    "isEnabled": True,
    "rolePermissions": [{"allowedResourceActions": ["microsoft.directory/users/standard/read"]}],
}


def test_a_built_in_role_has_its_template_id_in_every_tenant(graph: Graph) -> None:
    role = graph.get(f"{DEFINITIONS}/{USER_ADMINISTRATOR.upper()}")
    assert (role["displayName"], role["isBuiltIn"]) == ("User Administrator", True)
    assert role["id"] == role["templateId"] == USER_ADMINISTRATOR
    (inherited,) = graph.get(f"{DEFINITIONS}/{USER_ADMINISTRATOR}?$expand=inheritsPermissionsFrom")[
        "inheritsPermissionsFrom"
    ]
    assert graph.get(f"{DEFINITIONS}/{inherited['id']}")["displayName"] == "Directory Readers"


def test_every_privileged_role_of_microsofts_page_is_there(graph: Graph) -> None:
    names = {role["displayName"] for role in graph.values(DEFINITIONS)}
    assert names >= {
        "Global Administrator",
        "Privileged Role Administrator",
        "Security Operator",
        "Groups Administrator",
    }
    assert len(names) > 31


def test_a_custom_role_is_created_changed_and_deleted(graph: Graph) -> None:
    made = graph.post(DEFINITIONS, CUSTOM)
    assert (made["isBuiltIn"], made["templateId"]) == (False, made["id"])
    graph.done("PATCH", f"{DEFINITIONS}/{made['id']}", {"description": "Only reads"})
    (listed,) = graph.values(f"{DEFINITIONS}?$filter=isBuiltIn eq false")
    assert listed["description"] == "Only reads"
    graph.assign(graph.new_user()["id"], made["id"])
    graph.done("DELETE", f"{DEFINITIONS}/{made['id']}")
    assert graph.refused("GET", f"{DEFINITIONS}/{made['id']}")[:2] == (404, "Request_ResourceNotFound")


def test_a_built_in_role_is_neither_changed_nor_deleted(graph: Graph) -> None:
    path = f"{DEFINITIONS}/{USER_ADMINISTRATOR}"
    assert graph.refused("PATCH", path, {"description": "x"})[:2] == (400, "Request_BadRequest")
    assert graph.refused("DELETE", path)[:2] == (400, "Request_BadRequest")


@pytest.mark.parametrize("wrong", [{"displayName": None}, {"rolePermissions": None}, {"colour": "red"}])
def test_a_custom_role_needs_a_name_and_permissions(graph: Graph, wrong: dict[str, object]) -> None:
    assert graph.refused("POST", DEFINITIONS, {**CUSTOM, **wrong})[:2] == (400, "Request_BadRequest")


def test_a_tenant_has_at_most_a_hundred_custom_roles(graph: Graph) -> None:
    for number in range(100):
        graph.post(DEFINITIONS, {**CUSTOM, "displayName": f"role{number}"})
    assert "limit of 100" in graph.refused("POST", DEFINITIONS, CUSTOM)[2]


def test_roles_are_paged_across_built_in_and_custom_ones(graph: Graph) -> None:
    made = graph.post(DEFINITIONS, CUSTOM)
    pages, link = [], f"{DEFINITIONS}?$top=20&$select=id"
    while link:
        page = graph.get(link)
        pages.append([role["id"] for role in page["value"]])
        link = page.get("@odata.nextLink", "").partition("/v1.0")[2]
    assert [len(page) for page in pages[:-1]] == [20] * (len(pages) - 1)
    assert pages[-1][-1] == made["id"]
    assert len({role for page in pages for role in page}) == sum(len(page) for page in pages)
