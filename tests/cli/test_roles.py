"""entra-pim roles: the tenant's roles by name."""

from .tenant import USER_ADMINISTRATOR, Tenant


def test_a_role_is_found_by_words_of_its_name_in_any_case(tenant: Tenant) -> None:
    ended = tenant.run("roles", "ADMIN", "user", user=None)
    assert ended.code == 0
    assert "User Administrator" in ended.out
    assert USER_ADMINISTRATOR in ended.out
    assert "Groups Administrator" not in ended.out


def test_without_words_all_roles_are_listed_by_name(tenant: Tenant) -> None:
    names = [role["name"] for role in tenant.run("roles", "--output", "json", user=None).document["roles"]]
    assert "Global Reader" in names
    assert names == sorted(names, key=str.casefold)


def test_the_tenants_own_roles_are_told_from_built_in_ones(tenant: Tenant) -> None:
    tenant.ask(
        "POST",
        "/roleManagement/directory/roleDefinitions",
        {"displayName": "Contoso Auditor", "isEnabled": True, "rolePermissions": []},
    )
    [role] = tenant.run("roles", "contoso", "--output", "json", user=None).document["roles"]
    assert (role["name"], role["built_in"]) == ("Contoso Auditor", False)


def test_no_such_role_is_an_empty_list(tenant: Tenant) -> None:
    ended = tenant.run("roles", "astronaut", user=None)
    assert (ended.code, ended.out) == (0, "Directory roles: none\n")
