"""/directoryObjects, /servicePrincipals, /directory/administrativeUnits, /organization, /domains, /subscribedSkus."""

from tests.emulator.graph import EVERYTHING, Graph, bind

NOBODY = "00000000-0000-0000-0000-000000000001"


def test_an_object_of_any_type_is_read_by_id(graph: Graph) -> None:
    unit = graph.post("/directory/administrativeUnits", {"displayName": "North"})
    expected = {
        graph.new_user()["id"]: "user",
        graph.new_group()["id"]: "group",
        graph.emulator.contoso.service_principal_id: "servicePrincipal",
        unit["id"]: "administrativeUnit",
    }
    for object_id, name in expected.items():
        found = graph.get(f"/directoryObjects/{object_id}")
        assert found["@odata.type"] == f"#microsoft.graph.{name}"
    assert graph.refused("GET", f"/directoryObjects/{NOBODY}")[:2] == (404, "Request_ResourceNotFound")


def test_objects_are_read_by_many_ids_and_the_missing_left_out(graph: Graph) -> None:
    user, group = graph.new_user()["id"], graph.new_group()["id"]
    found = graph.post("/directoryObjects/getByIds", {"ids": [group, NOBODY, user]}, status=200)
    assert [row["id"] for row in found["value"]] == [group, user]
    users = graph.post("/directoryObjects/getByIds", {"ids": [group, user], "types": ["user"]}, status=200)
    assert [row["id"] for row in users["value"]] == [user]
    assert graph.refused("POST", "/directoryObjects/getByIds", {"ids": [NOBODY] * 1001})[:2] == (
        400,
        "Request_BadRequest",
    )
    assert graph.refused("POST", "/directoryObjects/getByIds", {})[:2] == (400, "Request_BadRequest")


def test_a_service_principal_is_read_by_id_by_client_id_and_by_filter(graph: Graph) -> None:
    facts = graph.emulator.contoso
    for path in (
        f"/servicePrincipals/{facts.service_principal_id}",
        f"/servicePrincipals(appId='{facts.client_id}')",
    ):
        found = graph.get(path)
        assert (found["id"], found["appId"]) == (facts.service_principal_id, facts.client_id)
        assert found["displayName"] == "pulumi-deployer"
    (listed,) = graph.values(f"/servicePrincipals?$filter=appId eq '{facts.client_id}'&$select=id")
    assert listed == {"id": facts.service_principal_id}
    assert graph.refused("GET", f"/servicePrincipals(appId='{NOBODY}')")[:2] == (404, "Request_ResourceNotFound")
    assert graph.refused("GET", f"/servicePrincipals/{NOBODY}")[:2] == (404, "Request_ResourceNotFound")
    assert graph.send("GET", "/servicePrincipals/$count", headers={"ConsistencyLevel": "eventual"}).text == "1"


def test_a_service_principal_lists_its_groups(graph: Graph) -> None:
    app = graph.emulator.contoso.service_principal_id
    group = graph.new_group(**{"members@odata.bind": bind(app)})
    assert [row["id"] for row in graph.values(f"/servicePrincipals/{app}/memberOf")] == [group["id"]]


def test_administrative_units_are_created_and_read(graph: Graph) -> None:
    made = graph.post("/directory/administrativeUnits", {"displayName": "North", "description": "Up"})
    assert graph.get(f"/directory/administrativeUnits/{made['id']}")["description"] == "Up"
    assert [row["displayName"] for row in graph.values("/directory/administrativeUnits")] == ["North"]
    assert graph.refused("POST", "/directory/administrativeUnits", {})[:2] == (400, "Request_BadRequest")


def test_the_organization_is_a_list_of_the_callers_tenant(graph: Graph) -> None:
    (contoso,) = graph.values("/organization")
    assert (contoso["id"], contoso["displayName"]) == (graph.emulator.contoso.tenant_id, "Contoso")
    assert {each["name"]: each["isDefault"] for each in contoso["verifiedDomains"]} == {
        "contoso.com": True,
        "contoso.onmicrosoft.com": False,
    }
    assert graph.get(f"/organization/{contoso['id']}?$select=displayName")["displayName"] == "Contoso"
    (fabrikam,) = graph.app(*EVERYTHING, tenant="fabrikam").values("/organization")
    assert fabrikam["id"] == graph.emulator.fabrikam.tenant_id


def test_domains_tell_which_is_the_default_and_which_the_first(graph: Graph) -> None:
    found = {each["id"]: each for each in graph.values("/domains")}
    assert (found["contoso.com"]["isDefault"], found["contoso.com"]["isVerified"]) == (True, True)
    assert found["contoso.onmicrosoft.com"]["isInitial"] is True
    assert graph.get("/domains/contoso.com")["authenticationType"] == "Managed"
    assert [each["id"] for each in graph.values("/domains?$filter=isDefault eq true")] == ["contoso.com"]
    assert graph.refused("GET", "/domains/fabrikam.com")[:2] == (404, "Request_ResourceNotFound")


def test_licences_tell_whether_the_tenant_has_premium_p2(graph: Graph) -> None:
    (sku,) = graph.values("/subscribedSkus")
    assert sku["capabilityStatus"] == "Enabled"
    assert "AAD_PREMIUM_P2" in [plan["servicePlanName"] for plan in sku["servicePlans"]]
    assert graph.get(f"/subscribedSkus/{sku['id']}")["skuPartNumber"] == "AAD_PREMIUM_P2"
    assert graph.refused("GET", "/subscribedSkus?$filter=skuPartNumber eq 'x'")[0] == 400
    assert graph.app(*EVERYTHING, tenant="fabrikam").values("/subscribedSkus") == []


def test_tenants_do_not_see_each_other(graph: Graph) -> None:
    fabrikam = graph.app(*EVERYTHING, tenant="fabrikam")
    user = graph.new_user()
    assert fabrikam.refused("GET", f"/users/{user['id']}")[0] == 404
    assert fabrikam.refused("GET", "/users/AlineD@contoso.com")[0] == 404
    assert [row["userPrincipalName"] for row in fabrikam.values("/users")] == ["admin@fabrikam.com"]
    graph.done("DELETE", f"/users/{user['id']}")
    assert fabrikam.values("/directory/deletedItems/graph.user") == []
