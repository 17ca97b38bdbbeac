"""``entra-pim import``: what is taken in, what is left and why, and what is asked of Graph for it."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.resources.network import instead, refuse

from .tenant import ALINE, HELPDESK_ADMINISTRATOR, ROLES, SCOPES, USER_ADMINISTRATOR, Ended, Tenant

Import = Callable[..., Ended]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "out"


@pytest.fixture
def importing(tenant: Tenant, folder: Path) -> Import:
    """Run ``entra-pim import`` as the tenant's application, or as a person."""

    def run(*words: str, user: str | None = None, scopes: Sequence[str] = SCOPES) -> Ended:
        return tenant.run("import", *words, "--out", str(folder), "--output", "json", user=user, scopes=scopes)

    return run


def resources(folder: Path) -> dict[str, Any]:
    """Return the resources of the document by name."""
    found = json.loads((folder / "import.json").read_text())["resources"]
    return {each["name"]: each for each in found}


def program(folder: Path) -> str:
    return (folder / "__main__.py").read_text()


class TestWhatIsTakenIn:
    def test_a_role_brings_its_eligibilities_and_the_groups_that_hold_them(
        self, tenant: Tenant, importing: Import, folder: Path, aline: str, helpdesk: str
    ) -> None:
        tenant.group("without a role")
        tenant.grant(aline, HELPDESK_ADMINISTRATOR)
        tenant.grant(aline, USER_ADMINISTRATOR, duration=None)
        done = importing("role", "User Administrator")

        assert done.code == 0
        assert {each["name"] for each in done.document["imported"]} == {
            "it-helpdesk-user",
            "user-administrator-alined",
            "user-administrator-it-helpdesk-user",
        }
        found = resources(folder)
        assert {each["type"].rpartition(":")[2] for each in found.values()} == {
            "RoleAssignableGroup",
            "RoleEligibility",
        }
        assert found["it-helpdesk-user"]["id"] == helpdesk
        assert found["user-administrator-alined"]["id"] == f"/|{USER_ADMINISTRATOR}|{aline}"
        assert found["user-administrator-alined"]["inputs"]["permanent"] is True
        assert "principal_id=it_helpdesk_user.id," in program(folder)
        assert f'principal_id="{aline}",  # {ALINE}' in program(folder)

    def test_a_group_brings_its_people_and_what_it_is_eligible_for(
        self, tenant: Tenant, importing: Import, folder: Path, aline: str, helpdesk: str
    ) -> None:
        application = tenant.emulator.contoso.service_principal_id
        tenant.ask("POST", f"/groups/{helpdesk}/owners/$ref", {"@odata.id": f"https://g/v1.0/directoryObjects/{aline}"})
        tenant.ask(
            "POST", f"/groups/{helpdesk}/members/$ref", {"@odata.id": f"https://g/v1.0/directoryObjects/{application}"}
        )
        assert importing("group", "IT Helpdesk (User)").code == 0

        inputs = resources(folder)["it-helpdesk-user"]["inputs"]
        assert inputs["owners"] == [aline]
        assert inputs["members"] == sorted([aline, application])
        assert list(resources(folder)) == ["it-helpdesk-user", "user-administrator-it-helpdesk-user"]
        assert f'        "{aline}",  # AlineD\n' in program(folder)
        assert f'        "{application}",  # pulumi-deployer\n' in program(folder)

    def test_a_group_of_more_than_a_page_shows_is_whole(self, tenant: Tenant, importing: Import, folder: Path) -> None:
        people = [tenant.user(f"person{number}") for number in range(45)]
        group = tenant.group("crowd", *people[:20])
        for each in people[20:]:
            tenant.ask("POST", f"/groups/{group}/members/$ref", {"@odata.id": f"https://g/v1.0/users/{each}"})
        assert importing("group", group).code == 0

        assert resources(folder)["crowd"]["inputs"]["members"] == sorted(people)

    def test_users_are_taken_in_without_a_password(
        self, tenant: Tenant, importing: Import, folder: Path, aline: str
    ) -> None:
        tenant.user("Bob")
        tenant.ask("PATCH", f"/users/{aline}", {"department": "Support", "usageLocation": "FR"})
        tenant.grant(aline, HELPDESK_ADMINISTRATOR)
        assert importing("user", ALINE, "bob@contoso.com", aline).code == 0

        found = resources(folder)
        assert list(found) == ["alined", "bob", "helpdesk-administrator-alined"]
        for bag in (found["alined"]["inputs"], found["alined"]["outputs"]):
            assert bag["department"] == "Support"
            assert bag["usage_location"] == "FR"
            assert "password" not in bag
        assert "password" not in program(folder)
        assert found["alined"]["outputs"]["adopted"] is False
        assert found["alined"]["outputs"]["tenant_id"] == tenant.emulator.contoso.tenant_id
        assert "principal_id=alined.id," in program(folder)

    def test_everything_is_all_eligibilities_over_whatever_scope_and_from_whenever(
        self, tenant: Tenant, importing: Import, folder: Path, aline: str, helpdesk: str
    ) -> None:
        unit = tenant.unit("Paris")
        tenant.grant(aline, HELPDESK_ADMINISTRATOR, scope=unit)
        later = tenant.clock.after(days=7)
        tenant.ask(
            "POST",
            f"{ROLES}/roleEligibilityScheduleRequests",
            {
                "action": "adminAssign",
                "principalId": aline,
                "roleDefinitionId": HELPDESK_ADMINISTRATOR,
                "directoryScopeId": "/",
                "justification": "the help desk",
                "scheduleInfo": {"startDateTime": later, "expiration": {"type": "afterDuration", "duration": "P30D"}},
            },
        )
        assert importing("all").code == 0

        grants = {each["id"]: each for each in resources(folder).values() if "RoleEligibility" in each["type"]}
        assert grants.keys() == {
            f"/|{USER_ADMINISTRATOR}|{helpdesk}",
            f"/|{HELPDESK_ADMINISTRATOR}|{aline}",
            f"{unit}|{HELPDESK_ADMINISTRATOR}|{aline}",
        }
        waiting = grants[f"/|{HELPDESK_ADMINISTRATOR}|{aline}"]
        assert waiting["inputs"]["start"] == later
        assert waiting["outputs"]["status"] == "Granted"
        assert grants[f"{unit}|{HELPDESK_ADMINISTRATOR}|{aline}"]["inputs"]["directory_scope_id"] == unit

    def test_the_same_tenant_gives_the_same_bytes(
        self, tenant: Tenant, importing: Import, folder: Path, helpdesk: str, tmp_path: Path
    ) -> None:
        tenant.grant(tenant.group("IT Helpdesk (User)"), HELPDESK_ADMINISTRATOR)
        importing("all")
        tenant.run("import", "all", "--out", str(tmp_path / "again"), user=None)

        for name in ("__main__.py", "import.json"):
            assert (folder / name).read_bytes() == (tmp_path / "again" / name).read_bytes()

    def test_both_bags_name_the_provider_as_every_state_does(
        self, importing: Import, folder: Path, helpdesk: str
    ) -> None:
        from pulumi.dynamic.dynamic import serialize_provider

        from pulumi_entra_pim.resources import load_provider

        importing("all")
        for each in resources(folder).values():
            pickled = serialize_provider(load_provider(each["type"].rpartition(":")[2]))
            assert each["inputs"]["__provider"] == each["outputs"]["__provider"] == pickled


class TestWhatIsLeft:
    def left(self, done: Ended) -> dict[str, str]:
        return {each["what"]: each["why"] for each in done.document["not_imported"]}

    def test_active_assignments_and_activations(
        self, tenant: Tenant, importing: Import, aline: str, helpdesk: str
    ) -> None:
        tenant.grant(aline, HELPDESK_ADMINISTRATOR, kind="Assignment")
        tenant.run("activate", "User Administrator", "--justification", "a call")
        left = self.left(importing("all"))

        assert left[f"{ALINE}, active in Helpdesk Administrator"] == "active assignments have no resource yet"
        assert left[f"{ALINE}, active in User Administrator"].startswith("somebody has activated it")

    def test_a_group_that_is_not_role_assignable(self, tenant: Tenant, importing: Import, folder: Path) -> None:
        tenant.group("ordinary", role_assignable=False)
        done = importing("group", "ordinary")

        assert done.code == 0
        assert "it is not role-assignable" in self.left(done)["group ordinary"]
        assert done.document["files"] == []
        assert not folder.exists()

    @pytest.mark.parametrize(
        ("properties", "why"),
        [
            ({"userType": "Guest"}, "it is a guest"),
            ({"onPremisesSyncEnabled": True}, "it is synchronised from on-premises"),
            ({"usageLocation": "fr"}, "its usage_location would have to be a two-letter country code"),
            ({"mailNickname": None}, "it has no mail_nickname, which a TestUser must have"),
        ],
    )
    def test_users_that_a_program_could_not_declare(
        self, tenant: Tenant, importing: Import, aline: str, properties: dict[str, Any], why: str
    ) -> None:
        shown = tenant.ask(
            "GET", f"/users/{aline}?$select=id,userPrincipalName,displayName,mailNickname,accountEnabled"
        )
        tenant.network.on("GET", rf"/users/{aline}\?.*onPremisesSyncEnabled", instead(200, {**shown, **properties}))
        done = importing("user", ALINE)

        assert any(reason.startswith(why) for reason in self.left(done).values())

    def test_rows_that_are_not_somebodys_own(self, tenant: Tenant, importing: Import, aline: str) -> None:
        tenant.grant(aline)
        [row] = tenant.ask("GET", f"{ROLES}/roleEligibilitySchedules?$expand=principal,roleDefinition")["value"]
        odd = [
            {**row, "memberType": "Inherited"},
            {**row, "principalId": "p", "principal": None},
            {**row, "directoryScopeId": None, "appScopeId": "/an-app"},
        ]
        tenant.network.on("GET", r"/roleEligibilitySchedules\?", instead(200, {"value": odd}))
        done = importing("all")

        assert done.document["imported"] == []
        assert {each["why"] for each in done.document["not_imported"]} >= {
            "it is for the scope /an-app of an application, not of the directory",
            "it is inherited: what it comes from is imported by itself",
            "its principal was deleted, or is hidden from the caller",
        }


class TestWhatIsAsked:
    def test_a_group_of_which_only_half_was_seen_is_left_out(
        self, tenant: Tenant, importing: Import, folder: Path, helpdesk: str
    ) -> None:
        tenant.network.on("GET", r"/groups\?.*expand=members", instead(200, {"value": []}))
        importing("all")

        assert list(resources(folder)) == ["user-administrator-it-helpdesk-user"]
        assert f'principal_id="{helpdesk}"' in program(folder)

    def test_nothing_is_written_to_the_tenant(self, tenant: Tenant, importing: Import, helpdesk: str) -> None:
        importing("all")

        assert {each.line for each in tenant.sent if each.method != "GET"} == {"POST /$batch"}

    def test_whoever_may_only_read_gets_what_can_be_read_and_is_told_of_the_rest(
        self, importing: Import, tenant: Tenant, folder: Path, helpdesk: str
    ) -> None:
        may = ("Group.Read.All", "RoleEligibilitySchedule.Read.Directory", "User.Read.All")
        done = importing("all", user="admin@contoso.com", scopes=may)

        assert done.code == 0
        assert "it-helpdesk-user" in resources(folder)
        unseen = done.document["not_looked_at"]
        assert [line.partition(":")[0] for line in unseen] == [
            "eligibilities that are yet to begin",
            "active assignments",
        ]
        assert "RoleEligibilitySchedule.ReadWrite.Directory" in unseen[0]

    def test_a_refusal_of_the_grants_themselves_ends_it(self, tenant: Tenant, importing: Import, folder: Path) -> None:
        tenant.network.on("GET", "roleEligibilitySchedules", refuse(403, "UnknownError"))
        done = importing("all")

        assert done.code == 1
        assert "RoleEligibilitySchedule.Read.Directory" in done.line
        assert not folder.exists()


class TestWhatIsSaid:
    def test_people_are_told_what_was_written_how_to_go_on_and_what_that_means(
        self, tenant: Tenant, folder: Path, helpdesk: str
    ) -> None:
        done = tenant.run("import", "all", "--out", str(folder), user=None)

        assert done.code == 0
        assert f"pulumi import --file {folder / 'import.json'} --generate-code=false --protect=false --yes" in done.out
        assert "pulumi destroy, delete it" in done.out
        assert "Not imported" in done.out

    def test_nothing_found_writes_nothing_and_says_so(self, tenant: Tenant, folder: Path) -> None:
        done = tenant.run("import", "role", "User Administrator", "--out", str(folder), user=None)

        assert done.code == 0
        assert "Imported: none" in done.out
        assert done.out.endswith("Nothing was written.\n")
        assert not folder.exists()

    def test_what_could_not_be_looked_at_is_said(self, tenant: Tenant, folder: Path, helpdesk: str) -> None:
        may = ("Group.Read.All", "RoleEligibilitySchedule.Read.Directory")
        done = tenant.run("import", "all", "--out", str(folder), user="admin@contoso.com", scopes=may)

        assert "Not looked at: active assignments: " in done.out

    def test_a_file_that_is_there_is_not_overwritten(self, importing: Import, folder: Path) -> None:
        folder.mkdir()
        (folder / "import.json").write_text("mine")
        done = importing("all")

        assert done.code == 1
        assert done.line.endswith("is there already, and is not overwritten: name another folder with --out")
        assert (folder / "import.json").read_text() == "mine"

    @pytest.mark.parametrize(
        "words", [("all", "x"), ("role",), ("group", "IT", "Helpdesk"), ("user",), ("computer", "x")]
    )
    def test_a_wrong_call_is_told_before_anything_is_asked(
        self, tenant: Tenant, importing: Import, words: tuple[str, ...]
    ) -> None:
        assert importing(*words).code == 2
        assert tenant.sent == []

    @pytest.mark.parametrize(
        ("words", "line"),
        [
            (("role", "No Such Role"), "there is no directory role 'No Such Role'"),
            (("group", "nobody"), "there is no group 'nobody' in the tenant"),
            (("group", "00000000-0000-4000-8000-000000000000"), "there is no group '00000000-"),
            (("user", "nobody@contoso.com"), "there is no user 'nobody@contoso.com' in the tenant"),
        ],
    )
    def test_a_name_that_nothing_has(self, importing: Import, words: tuple[str, ...], line: str) -> None:
        done = importing(*words)

        assert done.code == 2
        assert line in done.line

    def test_a_name_that_two_groups_have(self, tenant: Tenant, importing: Import) -> None:
        ids = [tenant.group("twins") for _ in range(2)]
        done = importing("group", "twins")

        assert done.code == 2
        assert "2 groups are called 'twins': give the id of one, " in done.line
        assert all(id_ in done.line for id_ in ids)
