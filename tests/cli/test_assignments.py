"""entra-pim assignments: who holds what and may activate what, and what no stack owns."""

import json
from pathlib import Path
from typing import Any

from tests.resources.network import fail, instead

from .tenant import ADMINISTRATOR, ALINE, HELPDESK_ADMINISTRATOR, USER_ADMINISTRATOR, Tenant


def rows(document: Any, state: str) -> list[tuple[str, str, str | None]]:
    return [(row["role"]["name"], row["scope"]["name"], row["through"]) for row in document[state]]


def test_before_activation_nothing_is_active_and_the_groups_role_is_eligible(
    tenant: Tenant, aline: str, helpdesk: str
) -> None:
    ended = tenant.run("assignments", "--user", ALINE, "--output", "json", user=ADMINISTRATOR)
    assert ended.code == 0
    assert ended.document["principal"] == {"id": aline, "name": ALINE, "kind": "user"}
    assert ended.document["active"] == []
    assert rows(ended.document, "eligible") == [("User Administrator", "the whole directory", "IT Helpdesk (User)")]
    assert ended.document["eligible"][0]["end"] is not None


def test_the_table_says_through_which_group_over_what_and_until_when(tenant: Tenant, aline: str, helpdesk: str) -> None:
    said = tenant.run("assignments", "--user", ALINE, user=ADMINISTRATOR).out
    assert "Active roles: none" in said
    [row] = [line.split("  ") for line in said.splitlines() if "User Administrator" in line]
    cells = [cell.strip() for cell in row if cell.strip()]
    assert cells[:3] == ["User Administrator", "the whole directory", "IT Helpdesk (User)"]
    assert cells[3].endswith("UTC (in 365 d)")


def test_it_takes_three_calls_at_most(tenant: Tenant, aline: str, helpdesk: str) -> None:
    lonely = tenant.user("lonely")
    for words, user in (
        (("--user", ALINE), ADMINISTRATOR),
        (("--user", "lonely@contoso.com"), ADMINISTRATOR),
        (("--principal", aline), ADMINISTRATOR),
        (("--principal", lonely), ADMINISTRATOR),
        (("--principal", helpdesk), ADMINISTRATOR),
        (("--me",), ADMINISTRATOR),
        (("--me",), ALINE),
        (("--unmanaged",), ADMINISTRATOR),
    ):
        tenant.run("assignments", *words, user=user)
        assert len(tenant.sent) <= 3, [each.line for each in tenant.sent]
        assert {each.method for each in tenant.sent if not each.path.endswith("/$batch")} == {"GET"}


def test_a_person_without_groups_is_asked_for_by_name_alone(tenant: Tenant) -> None:
    lonely = tenant.user("lonely")
    tenant.grant(lonely, HELPDESK_ADMINISTRATOR, scope=tenant.unit("Seattle"))
    ended = tenant.run("assignments", "--user", "lonely@contoso.com", "--output", "json", user=ADMINISTRATOR)
    assert rows(ended.document, "eligible") == [("Helpdesk Administrator", "Seattle", None)]


def test_a_person_in_more_groups_than_an_answer_shows_has_all_of_them_looked_at(tenant: Tenant, aline: str) -> None:
    for number in range(24):
        tenant.group(f"team {number}", aline, role_assignable=number == 23)
    [last] = [each["id"] for each in tenant.ask("GET", "/groups?$filter=displayName eq 'team 23'")["value"]]
    tenant.grant(last)
    ended = tenant.run("assignments", "--user", ALINE, "--output", "json", user=ADMINISTRATOR)
    assert rows(ended.document, "eligible") == [("User Administrator", "the whole directory", "team 23")]


def test_a_group_and_an_application_are_principals_too(tenant: Tenant, helpdesk: str) -> None:
    of_group = tenant.run("assignments", "--principal", helpdesk, "--output", "json", user=ADMINISTRATOR).document
    assert of_group["principal"] == {"id": helpdesk, "name": "IT Helpdesk (User)", "kind": "group"}
    assert len(of_group["eligible"]) == 1
    deployer = tenant.emulator.contoso.service_principal_id
    of_app = tenant.run("assignments", "--principal", deployer, "--output", "json", user=ADMINISTRATOR).document
    assert of_app["principal"]["kind"] == "servicePrincipal"
    assert [row["end"] for row in of_app["active"]] == [None]


def test_whoever_may_not_read_pim_sees_their_own_and_is_told_what_was_not_seen(
    tenant: Tenant, aline: str, helpdesk: str
) -> None:
    tenant.grant(aline, HELPDESK_ADMINISTRATOR)
    ended = tenant.run("assignments", "--output", "json")
    assert rows(ended.document, "eligible") == [("Helpdesk Administrator", "the whole directory", None)]
    assert "IT Helpdesk (User)" in ended.document["doubt"]
    assert "Not seen: what is granted to IT Helpdesk (User) is listed to" in tenant.run("assignments", "--me").out


def test_whoever_is_in_no_group_that_can_hold_roles_sees_everything_of_theirs(tenant: Tenant, aline: str) -> None:
    tenant.group("Cake", aline, role_assignable=False)
    tenant.grant(aline)
    document = tenant.run("assignments", "--output", "json").document
    assert (len(document["eligible"]), document["doubt"]) == (1, None)


def test_many_grants_to_others_cost_no_call(tenant: Tenant, aline: str, helpdesk: str) -> None:
    for number in range(120):
        tenant.grant(tenant.user(f"person{number}"))
    ended = tenant.run("assignments", "--user", ALINE, "--output", "json", user=ADMINISTRATOR)
    assert (len(ended.document["eligible"]), len(tenant.sent)) == (1, 2)


def test_a_row_that_names_nobody_is_not_gone_by(tenant: Tenant, aline: str, helpdesk: str) -> None:
    nameless = {"value": [{"id": "1", "roleDefinitionId": USER_ADMINISTRATOR}]}
    tenant.network.on("GET", "roleEligibilityScheduleInstances", instead(200, nameless))
    ended = tenant.run("assignments", "--unmanaged", user=ADMINISTRATOR)
    assert ended.code == 1
    assert "has no principalId: nothing is done on its strength" in ended.line


def test_what_graph_shows_of_a_group_among_ones_own_is_not_listed_twice(tenant: Tenant) -> None:
    administrator = tenant.emulator.contoso.administrator_id
    group = tenant.group("Operators", administrator)
    tenant.grant(group)
    path = "/roleManagement/directory/roleEligibilityScheduleInstances"
    [row] = tenant.ask("GET", f"{path}?$filter=principalId eq '{group}'")["value"]
    echo = {**row, "principalId": administrator, "memberType": "Group"}
    tenant.network.on("POST", r"\$batch", fail(503))
    tenant.network.on("GET", "EligibilityScheduleInstances/filterByCurrentUser", instead(200, {"value": [echo]}))
    document = tenant.run("assignments", "--output", "json", user=ADMINISTRATOR).document
    assert rows(document, "eligible") == [("User Administrator", "the whole directory", "Operators")]


def test_an_administrators_own_view_has_no_doubt(tenant: Tenant) -> None:
    document = tenant.run("assignments", "--output", "json", user=ADMINISTRATOR).document
    assert document["doubt"] is None
    assert rows(document, "active") == [("Global Administrator", "the whole directory", None)]


def test_somebody_elses_are_refused_to_whoever_may_not_read_pim(tenant: Tenant, aline: str) -> None:
    tenant.user("other")
    ended = tenant.run("assignments", "--user", "other@contoso.com")
    assert ended.code == 1
    assert "Attempted to perform an unauthorized operation" in ended.line


def test_a_user_who_is_not_there_is_a_wrong_call(tenant: Tenant) -> None:
    ended = tenant.run("assignments", "--user", "nobody@contoso.com", user=ADMINISTRATOR)
    assert (ended.code, ended.out) == (2, "")
    assert "there is no user 'nobody@contoso.com' in the tenant" in ended.line


def test_an_application_has_no_roles_of_its_own_to_look_at(tenant: Tenant) -> None:
    ended = tenant.run("assignments", user=None)
    assert ended.code == 5
    assert "needs a person" in ended.line
    assert tenant.sent == []


def test_two_people_at_once_are_a_wrong_call(tenant: Tenant) -> None:
    assert tenant.run("assignments", "--me", "--user", ALINE, user=None).code == 2
    assert tenant.run("assignments", "--stack", "dev.json", user=None).code == 2
    assert tenant.sent == []


# -- unmanaged ---------------------------------------------------------------------------------------------------------


def export(tmp_path: Path, *ids: str, tenant_id: str, kind: str = "RoleEligibility") -> str:
    """Write what `pulumi stack export` would of a stack with these grants."""
    resources = [
        {
            "urn": f"urn:pulumi:dev::contoso::pulumi-python:dynamic/entra-pim:{kind}::grant-{number}",
            "type": f"pulumi-python:dynamic/entra-pim:{kind}",
            "id": id_,
            "outputs": {"tenant_id": tenant_id},
        }
        for number, id_ in enumerate(ids)
    ]
    file = tmp_path / f"{kind}.json"
    stack = {"type": "pulumi:pulumi:Stack", "urn": "urn:pulumi:dev::contoso::pulumi:pulumi:Stack::contoso-dev"}
    file.write_text(json.dumps({"version": 3, "deployment": {"resources": [stack, *resources]}}))
    return str(file)


def unmanaged(tenant: Tenant, *words: str) -> tuple[int, set[tuple[str, str, str]]]:
    ended = tenant.run("assignments", "--unmanaged", "--output", "json", *words, user=ADMINISTRATOR)
    found = ended.document["unmanaged"]
    return ended.code, {(each["principal"]["name"], each["state"], each["role"]["name"]) for each in found}


SEEDED = {
    (ADMINISTRATOR, "active", "Global Administrator"),
    ("pulumi-deployer", "active", "Privileged Authentication Administrator"),
}


def test_what_no_stack_owns_is_listed_and_the_exit_code_says_so(tenant: Tenant, helpdesk: str) -> None:
    code, found = unmanaged(tenant)
    assert code == 3
    assert found == {*SEEDED, ("IT Helpdesk (User)", "eligible", "User Administrator")}


def test_what_a_stack_owns_is_not_listed_whatever_the_case_of_its_ids(
    tenant: Tenant, helpdesk: str, tmp_path: Path
) -> None:
    file = export(tmp_path, f"/|{USER_ADMINISTRATOR}|{helpdesk.upper()}", tenant_id=tenant.emulator.contoso.tenant_id)
    code, found = unmanaged(tenant, "--stack", file)
    assert (code, found) == (3, SEEDED)


def test_nothing_unmanaged_of_the_named_roles_is_exit_code_0(tenant: Tenant, helpdesk: str, tmp_path: Path) -> None:
    file = export(tmp_path, f"/|{USER_ADMINISTRATOR}|{helpdesk}", tenant_id=tenant.emulator.contoso.tenant_id)
    assert unmanaged(tenant, "--stack", file, "--role", "user administrator") == (0, set())
    code, found = unmanaged(tenant, "--stack", file, "--role", "Global Administrator")
    assert (code, found) == (3, {(ADMINISTRATOR, "active", "Global Administrator")})


def test_an_eligibility_of_a_stack_does_not_hide_an_active_assignment_of_the_same_role(
    tenant: Tenant, aline: str, tmp_path: Path
) -> None:
    tenant.grant(aline)
    tenant.grant(aline, kind="Assignment")
    file = export(tmp_path, f"/|{USER_ADMINISTRATOR}|{aline}", tenant_id=tenant.emulator.contoso.tenant_id)
    _, found = unmanaged(tenant, "--stack", file)
    assert found - SEEDED == {(ALINE, "active", "User Administrator")}


def test_what_somebody_activated_is_no_grant_of_its_own(tenant: Tenant, aline: str, helpdesk: str) -> None:
    tenant.run("activate", USER_ADMINISTRATOR, "--justification", "work")
    _, found = unmanaged(tenant)
    assert (ALINE, "active", "User Administrator") not in found


def test_a_grant_to_somebody_who_was_deleted_is_listed_by_id(tenant: Tenant, aline: str) -> None:
    tenant.grant(aline)
    tenant.ask("DELETE", f"/users/{aline}")
    _, found = unmanaged(tenant)
    assert (f"{aline} (not shown: deleted?)", "eligible", "User Administrator") in found


def test_the_table_of_unmanaged_grants_names_who_what_and_since_when(tenant: Tenant, helpdesk: str) -> None:
    said = tenant.run("assignments", "--unmanaged", user=ADMINISTRATOR)
    assert said.code == 3
    assert "Grants that no stack owns (3)" in said.out
    assert "for ever" in said.out


def test_a_stack_of_another_tenant_is_not_compared(tenant: Tenant, helpdesk: str, tmp_path: Path) -> None:
    other = tenant.emulator.fabrikam.tenant_id
    file = export(tmp_path, f"/|{USER_ADMINISTRATOR}|{helpdesk}", tenant_id=other)
    ended = tenant.run("assignments", "--unmanaged", "--stack", file, user=ADMINISTRATOR)
    assert (ended.code, ended.out) == (1, "")
    assert f"made in tenant {other}" in ended.line


def test_a_file_that_is_no_export_is_named(tenant: Tenant, tmp_path: Path) -> None:
    wrong, binary = tmp_path / "Pulumi.yaml", tmp_path / "state.gz"
    wrong.write_text("name: contoso")
    binary.write_bytes(b"\xff\x00")
    for file, said in (
        (wrong, "is not what `pulumi stack export` writes"),
        (binary, "is not UTF-8 text"),
        (tmp_path / "missing.json", "No such file"),
    ):
        ended = tenant.run("assignments", "--unmanaged", "--stack", str(file), user=ADMINISTRATOR)
        assert ended.code == 1
        assert str(file) in ended.line
        assert said in ended.line
