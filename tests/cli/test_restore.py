"""entra-pim restore: a deleted user or group is back with its id, once, and how it comes into the stack again."""

from typing import Any

import pytest

from tests.resources.network import changing, fail, lose, lose_answer, unreachable

from .tenant import ADMINISTRATOR, ALINE, Tenant


def restore(tenant: Tenant, what: str, name: str, *words: str, **how: Any) -> Any:
    return tenant.run("restore", what, name, *words, **{"user": ADMINISTRATOR, **how})


@pytest.fixture
def deleted(tenant: Tenant, aline: str, helpdesk: str) -> None:
    """Delete Aline and her group."""
    tenant.ask("DELETE", f"/users/{aline}")
    tenant.ask("DELETE", f"/groups/{helpdesk}")


@pytest.mark.parametrize("said", [ALINE, "alined@CONTOSO.com", "AlineD"])
def test_a_user_is_back_by_any_of_their_names(tenant: Tenant, aline: str, deleted: None, said: str) -> None:
    ended = restore(tenant, "user", said)
    assert ended.code == 0
    assert f"The user AlineD@contoso.com ({aline}) is back." in ended.out
    assert tenant.ask("GET", f"/users/{ALINE}")["id"] == aline


def test_a_user_is_found_though_the_bin_has_put_their_id_before_their_name(
    tenant: Tenant, aline: str, deleted: None
) -> None:
    def in_the_bin(document: dict[str, Any]) -> None:
        for row in document["value"]:
            row["userPrincipalName"] = row["id"].replace("-", "") + row["userPrincipalName"]

    tenant.network.on("GET", "deletedItems/microsoft.graph.user", changing(in_the_bin))
    assert f"The user {ALINE} ({aline}) is back." in restore(tenant, "user", ALINE).out


def test_an_id_will_do_and_a_group_regains_its_members(
    tenant: Tenant, aline: str, helpdesk: str, deleted: None
) -> None:
    assert restore(tenant, "user", aline.upper()).code == 0
    assert restore(tenant, "group", helpdesk).code == 0
    members = tenant.ask("GET", f"/groups/{helpdesk}/members")["value"]
    assert [each["id"] for each in members] == [aline]


def test_it_says_how_it_comes_into_the_stack_again(tenant: Tenant, helpdesk: str, deleted: None) -> None:
    said = restore(tenant, "group", "IT Helpdesk (User)").out
    assert "pulumi refresh, then pulumi up" in said
    assert f"entra-pim import group {helpdesk} --out restored" in said
    assert "pulumi import --file restored/import.json" in said


def test_a_group_that_no_resource_stands_for_is_said_so(tenant: Tenant) -> None:
    group = tenant.group("Cake", role_assignable=False)
    tenant.ask("DELETE", f"/groups/{group}")
    assert "no resource of entra-pim stands for it" in restore(tenant, "group", "cake").out


def test_json_names_what_is_back(tenant: Tenant, aline: str, deleted: None) -> None:
    document = restore(tenant, "user", ALINE, "--output", "json").document
    assert (document["kind"], document["id"], document["name"]) == ("user", aline, ALINE)


def test_of_several_with_one_name_the_ids_are_listed(tenant: Tenant) -> None:
    ids = [tenant.group("Cake", role_assignable=False) for _ in range(2)]
    for each in ids:
        tenant.ask("DELETE", f"/groups/{each}")
    ended = restore(tenant, "group", "Cake")
    assert ended.code == 2
    assert "may be any of 2 deleted groups" in ended.line
    assert all(each in ended.line for each in ids)
    assert restore(tenant, "group", ids[1]).code == 0


def test_what_is_not_in_the_bin_is_a_wrong_call(tenant: Tenant, aline: str) -> None:
    ended = restore(tenant, "user", ALINE)
    assert ended.code == 2
    assert "no deleted user is called 'AlineD@contoso.com': Entra keeps what is deleted for 30 days" in ended.line


def test_a_name_that_was_taken_meanwhile_is_said_so(tenant: Tenant, aline: str, deleted: None) -> None:
    tenant.user("AlineD")
    ended = restore(tenant, "user", aline)
    assert ended.code == 1
    assert "AlineD@contoso.com cannot be restored" in ended.line
    assert "already exists" in ended.line


def test_somebody_elses_restore_in_between_is_said_so(tenant: Tenant, aline: str, deleted: None) -> None:
    def first(request: Any, forward: Any) -> Any:
        tenant.ask("POST", f"/directory/deletedItems/{aline}/restore")
        return forward(request)

    tenant.network.on("POST", "/restore", first)
    ended = restore(tenant, "user", ALINE)
    assert ended.code == 1
    assert "is in the bin no longer" in ended.line


@pytest.mark.parametrize("trouble", [lose_answer, fail(500, applied=True), unreachable])
def test_a_lost_answer_is_looked_after(tenant: Tenant, aline: str, deleted: None, trouble: Any) -> None:
    tenant.network.on("POST", "/restore", trouble)
    assert restore(tenant, "user", ALINE).code == 0
    assert tenant.ask("GET", f"/users/{ALINE}")["id"] == aline


def test_a_restore_that_was_not_done_is_not_claimed(tenant: Tenant, aline: str, deleted: None) -> None:
    tenant.network.on("POST", "/restore", lose)
    ended = restore(tenant, "user", ALINE)
    assert ended.code == 1
    assert "the answer to POST" in ended.line
    assert restore(tenant, "user", ALINE).code == 0


def test_whoever_may_not_is_told_which_permission_it_takes(tenant: Tenant, deleted: None) -> None:
    ended = restore(tenant, "user", ALINE, scopes=("User.Read.All",))
    assert ended.code == 1
    assert "Authorization_RequestDenied" in ended.line
