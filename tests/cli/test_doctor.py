"""``entra-pim doctor``: each check passes where all is well, fails where one thing is wrong, and says what to do."""

import json
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from pulumi.dynamic.dynamic import serialize_provider

from pulumi_entra_pim.cli.diagnosis import machine, permissions
from pulumi_entra_pim.cli.diagnosis.check import failed, fit_to_show
from pulumi_entra_pim.graph.permissions import NEEDS
from pulumi_entra_pim.resources import HOMES, load_provider
from tests.docs.page import Page
from tests.resources.network import instead, refuse, unreachable

from .tenant import ADMINISTRATOR, ALINE, HELPDESK_ADMINISTRATOR, SCOPES, USER_ADMINISTRATOR, Ended, Tenant

OURS = version("pulumi-entra-pim")
LISTED = '[{"name": "random", "kind": "resource", "version": "4.21.4"}, {"name": "python", "kind": "language"}]'
TENANT_ID = "84841066-274d-4ec0-a5c1-276be684bdd3"


class Machine:
    """Executables on a PATH of the test's own, each a line of shell."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self._monkeypatch = monkeypatch
        self.have("pulumi", f"""case "$1" in version) echo v3.259.0;; *) echo '{LISTED}';; esac""")
        self.have("pulumi-language-python", "exit 0")
        self.have("python3", f"echo {OURS}")
        monkeypatch.setenv("PATH", str(folder))
        monkeypatch.delenv("PULUMI_PYTHON_CMD", raising=False)

    def have(self, name: str, script: str) -> None:
        """Put an executable there."""
        file = self.folder / name
        file.write_text(f"#!/bin/sh\n{script}\n")
        file.chmod(0o755)

    def lose(self, name: str) -> None:
        """Take one away."""
        (self.folder / name).unlink()


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A project's folder to run in, and a machine where all is well."""
    project = tmp_path / "project"
    project.mkdir()
    monkeypatch.chdir(project)
    return project


@pytest.fixture(autouse=True)
def computer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    folder = tmp_path / "bin"
    folder.mkdir()
    return Machine(folder, monkeypatch)


def checks(done: Ended) -> dict[str, dict[str, str]]:
    """Return what was printed as JSON, by name."""
    return {each["name"]: each for each in done.document["checks"]}


def outcomes(done: Ended) -> set[str]:
    return {each["outcome"] for each in done.document["checks"]}


def grant(name: str = "helpdesk", **outputs: Any) -> dict[str, Any]:
    """Return an eligibility as a state has it."""
    kept = {
        "role_definition_id": USER_ADMINISTRATOR,
        "tenant_id": TENANT_ID,
        "effective_start": "2026-11-24T00:00:00Z",
        "effective_end": "2027-01-24T00:00:00Z",
    }
    return resource("RoleEligibility", name, **{**kept, **outputs})


def resource(kind: str, name: str, **outputs: Any) -> dict[str, Any]:
    pickled = serialize_provider(load_provider(kind)) if kind in HOMES else "pickled"
    token = f"pulumi-python:dynamic/entra-pim:{kind}"
    return {
        "urn": f"urn:pulumi:dev::contoso::{token}::{name}",
        "type": token,
        "inputs": {"__provider": pickled},
        "outputs": outputs,
    }


def export(folder: Path, *resources: Mapping[str, Any]) -> str:
    file = folder / "dev.json"
    file.write_text(
        json.dumps({"version": 3, "deployment": {"resources": [{"type": "pulumi:pulumi:Stack"}, *resources]}})
    )
    return str(file)


class TestTheWayToTheTenant:
    def test_where_all_is_well_nothing_fails(self, tenant: Tenant, here: Path) -> None:
        done = tenant.run("doctor", "--stack", export(here, grant()), "--output", "json", user=None)

        assert done.code == 0
        assert outcomes(done) == {"passed"}
        assert done.document["failed"] == 0

    def test_it_is_three_questions_for_an_application_without_a_stack(self, tenant: Tenant) -> None:
        tenant.run("doctor", user=None)

        assert [each.line.partition("?")[0] for each in tenant.sent] == [
            "GET /organization",
            "GET /roleManagement/directory/roleAssignments",
            "GET /subscribedSkus",
        ]

    def test_a_graph_that_is_not_reached(self, tenant: Tenant) -> None:
        tenant.network.on("", "", unreachable, times=99)
        found = checks(done := tenant.run("doctor", "--output", "json", user=None))

        assert done.code == 3
        assert found["Graph"]["outcome"] == "failed"
        assert "HTTPS_PROXY" in found["Graph"]["advice"]
        assert found["clock"]["outcome"] == "not checked"
        assert found["token"]["outcome"] == "passed"
        assert found["permission User.Read.All"]["outcome"] == "passed"
        assert found["roles, licence and policies"]["outcome"] == "not checked"

    @pytest.mark.parametrize(("minutes", "outcome"), [(4, "passed"), (6, "failed")])
    def test_a_clock_that_is_off(self, tenant: Tenant, minutes: int, outcome: str) -> None:
        tenant.emulator.clock.advance(minutes=minutes)
        clock = checks(tenant.run("doctor", "--output", "json", user=None))["clock"]

        assert clock["outcome"] == outcome
        assert clock["found"].endswith("s behind Graph's")

    def test_an_answer_without_a_date(self, tenant: Tenant) -> None:
        tenant.network.on("GET", "/organization", instead(200, {"value": []}))
        found = checks(tenant.run("doctor", "--output", "json", user=None))

        assert found["clock"]["outcome"] == "not checked"

    def test_settings_that_cannot_be_used(self, tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("ENTRA_PIM_GRAPH_URL", "graph.microsoft.com")
        found = checks(tenant.run("doctor", "--output", "json", user=None))

        assert "write the root of an https address" in found["settings"]["found"]
        assert found["the tenant"]["outcome"] == "not checked"
        assert tenant.sent == []

    def test_a_token_that_is_none(self, tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(tenant.emulator, "token", lambda **_: "not-a-token")
        found = checks(tenant.run("doctor", "--output", "json", user=None))

        assert found["Graph"]["outcome"] == "passed"
        assert found["token"]["outcome"] == "failed"
        assert found["permissions, roles, licence and policies"]["outcome"] == "not checked"

    def test_a_token_that_graph_does_not_take(self, tenant: Tenant) -> None:
        expired = refuse(401, "InvalidAuthenticationToken", "Lifetime validation failed, the token is expired.")
        tenant.network.on("GET", "/(roleAssignments|subscribedSkus)", expired, times=99)
        found = checks(done := tenant.run("doctor", "--output", "json", user=None))

        assert done.document["failed"] == 2
        for name in ("directory roles", "licence"):
            assert "the token is expired" in found[name]["found"]
            assert found[name]["advice"] == "get another token: Graph does not take this one"


class TestTenants:
    def test_a_stack_of_another_tenant(self, tenant: Tenant, here: Path) -> None:
        file = export(here, grant(tenant_id="f0b3a1c2-9d8e-4f70-8a61-52b3c4d5e6f7"))
        found = checks(tenant.run("doctor", "--stack", file, "--output", "json", user=None))

        assert found["tenant"]["outcome"] == "failed"
        assert "the stack was made in f0b3a1c2-9d8e-4f70-8a61-52b3c4d5e6f7" in found["tenant"]["found"]

    @pytest.mark.parametrize(
        ("named", "outcome"),
        [(TENANT_ID, "passed"), ("contoso.com", "passed"), ("f0b3a1c2-9d8e-4f70-8a61-52b3c4d5e6f7", "failed")],
    )
    def test_settings_that_name_a_tenant(
        self, tenant: Tenant, monkeypatch: pytest.MonkeyPatch, named: str, outcome: str
    ) -> None:
        monkeypatch.setenv("AZURE_TENANT_ID", named)
        found = checks(tenant.run("doctor", "--output", "json", user=None))

        assert found["tenant"]["outcome"] == outcome


class TestPermissions:
    def test_what_is_missing_is_named_with_who_needs_it_and_what_would_do(self, tenant: Tenant) -> None:
        found = checks(
            done := tenant.run(
                "doctor", "--output", "json", user=ADMINISTRATOR, scopes=("RoleManagement.Read.Directory",)
            )
        )

        assert done.code == 3
        missing = found["permission RoleEligibilitySchedule.ReadWrite.Directory"]
        assert missing["found"] == "not in the token; RoleEligibility cannot do without"
        assert missing["advice"] == (
            "give c0a1b2c3-0003-4d5e-8f60-718293a4b5c6 this delegated permission, with admin consent, and sign in anew"
            " (RoleManagement.ReadWrite.Directory would do, and would allow more)"
        )
        covered = found["permission RoleEligibilitySchedule.Read.Directory"]
        assert covered["found"].startswith("covered by RoleManagement.Read.Directory")

    def test_only_what_the_stacks_resources_need_is_wanted(self, tenant: Tenant, here: Path) -> None:
        file = export(here, grant())
        scopes = ("RoleEligibilitySchedule.ReadWrite.Directory", "RoleManagement.Read.Directory", "Group.Read.All")
        done = tenant.run(
            "doctor", "--stack", file, "--output", "json", user=ADMINISTRATOR, scopes=(*scopes, "User.Read")
        )

        wanted = [name.removeprefix("permission ") for name in checks(done) if name.startswith("permission ")]
        assert wanted == ["RoleEligibilitySchedule.Read.Directory", "RoleEligibilitySchedule.ReadWrite.Directory"]
        assert done.document["failed"] == 0

    def test_an_application_is_given_application_permissions(
        self, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        reader = tenant.emulator.register(name="reader", permissions=("User.Read.All",), secret="s").client_id
        lent = tenant.emulator.token(app=reader)
        monkeypatch.setattr(tenant.emulator, "token", lambda **_: lent)
        found = checks(tenant.run("doctor", "--output", "json", user=None))

        missing = found["permission RoleManagement.ReadWrite.Directory"]
        assert missing["advice"] == f"give {reader} this application permission, with admin consent"
        assert found["permission User.Read.All"]["found"] == "granted; for TestUser"

    @pytest.mark.parametrize("kind", sorted(permissions.CALLS))
    def test_every_call_is_one_that_the_table_of_permissions_knows(self, kind: str) -> None:
        needed = permissions.needs([kind])

        assert set(needed) <= {permission for need in NEEDS for permission in need.permissions}
        assert needed

    def test_every_kind_of_resource_is_known(self) -> None:
        assert permissions.CALLS.keys() == HOMES.keys()

    def test_every_call_that_the_page_lists_for_a_resource_is_counted(self) -> None:
        rows = Page("docs/permissions.md").table("Call").rows
        for kind in permissions.CALLS:
            always = {
                name.strip()
                for _, needed, users in rows
                for user in users.text.split(",")
                if user.strip() in (kind, f"destroy of a {kind}")
                for name in needed.text.split(",")
            }
            # What is needed for better errors, and what `get_…` looks up, is not needed by the resource.
            assert always - set(permissions.needs([kind])) == set(), kind


class TestRoles:
    def test_a_person_who_holds_none(self, tenant: Tenant, aline: str) -> None:
        found = checks(tenant.run("doctor", "--output", "json", user=ALINE, scopes=SCOPES))

        # Whoever may not read PIM sees their own rows.
        role = found["directory role Privileged Role Administrator"]
        assert role["outcome"] == "failed"
        assert role["advice"] == "be assigned Privileged Role Administrator"

    def test_a_person_who_may_activate_it(self, tenant: Tenant, aline: str) -> None:
        tenant.grant(aline)
        found = checks(tenant.run("doctor", "--output", "json", user=ALINE, scopes=SCOPES))

        role = found["directory role User Administrator"]
        assert role["outcome"] == "failed"
        assert role["advice"] == 'entra-pim activate "User Administrator", then sign in anew'

    def test_a_global_administrator_needs_no_other(self, tenant: Tenant) -> None:
        found = checks(tenant.run("doctor", "--output", "json", user=ADMINISTRATOR))

        assert found["directory role User Administrator"]["found"] == "Global Administrator is active; for TestUser"

    def test_an_application_that_could_not_delete_protected_users(self, tenant: Tenant) -> None:
        tenant.network.on("GET", "/roleAssignments", instead(200, {"value": []}))
        found = checks(tenant.run("doctor", "--output", "json", user=None))

        role = found["directory role Privileged Authentication Administrator"]
        assert role["outcome"] == "failed"
        assert tenant.emulator.contoso.service_principal_id in role["advice"]

    def test_an_application_that_makes_no_protected_users(self, tenant: Tenant, here: Path) -> None:
        file = export(here, resource("TestUser", "aline", tenant_id=TENANT_ID))
        found = checks(tenant.run("doctor", "--stack", file, "--output", "json", user=None))

        assert found["directory roles"]["found"] == "an application needs none for these resources"
        assert found["policies"]["outcome"] == "not checked"

    def test_what_may_not_be_read_is_not_checked(self, tenant: Tenant) -> None:
        found = checks(tenant.run("doctor", "--output", "json", user=ADMINISTRATOR, scopes=("User.Read.All",)))

        assert found["directory roles"]["outcome"] == "not checked"
        assert "RoleManagement.Read.Directory" in found["directory roles"]["advice"]
        assert found["licence"]["outcome"] == "not checked"


class TestLicenceAndPolicies:
    def test_an_answer_that_is_not_graphs_fails_that_check_and_no_other(self, tenant: Tenant) -> None:
        tenant.network.on("GET", "/subscribedSkus", instead(200, {"value": "none"}), times=99)
        done = tenant.run("doctor", "--output", "json", user=None)

        assert done.document["failed"] == 1
        assert "not a collection" in checks(done)["licence"]["found"]

    def test_a_tenant_without_a_licence(self, tenant: Tenant) -> None:
        tenant.network.on("GET", "/subscribedSkus", instead(200, {"value": []}))
        found = checks(tenant.run("doctor", "--output", "json", user=None))

        assert found["licence"]["outcome"] == "failed"

    def test_the_limits_of_the_roles_in_use(self, tenant: Tenant, here: Path) -> None:
        tenant.rule("Expiration_Admin_Eligibility", isExpirationRequired=True, maximumDuration="P180D")
        tenant.rule("Enablement_Admin_Eligibility", enabledRules=["Justification"])
        found = checks(tenant.run("doctor", "--stack", export(here, grant()), "--output", "json", user=None))

        assert found["policy of User Administrator"] == {
            "name": "policy of User Administrator",
            "outcome": "passed",
            "found": "eligible at most P180D; wants justification of whoever assigns",
            "advice": "",
        }

    @pytest.mark.parametrize(
        ("end", "asked"), [(None, "a permanent grant"), ("2027-11-24T00:00:00Z", "2027-11-24T00:00:00Z")]
    )
    def test_a_grant_that_the_policy_would_not_allow_any_more(
        self, tenant: Tenant, here: Path, end: str | None, asked: str
    ) -> None:
        tenant.rule("Expiration_Admin_Eligibility", isExpirationRequired=True, maximumDuration="P180D")
        file = export(here, grant(effective_end=end), grant("other", role_definition_id=HELPDESK_ADMINISTRATOR))
        found = checks(tenant.run("doctor", "--stack", file, "--output", "json", user=None))

        assert found["policy of User Administrator"]["advice"] == (
            f"helpdesk: the role's policy allows at most P180D; asked was {asked}"
        )
        assert found["policy of Helpdesk Administrator"]["outcome"] == "passed"

    def test_a_policy_that_wants_what_an_application_cannot_give(self, tenant: Tenant, here: Path) -> None:
        tenant.rule("Enablement_Admin_Eligibility", enabledRules=["MultiFactorAuthentication"])
        file = export(here, grant())
        by_application = checks(tenant.run("doctor", "--stack", file, "--output", "json", user=None))
        by_person = checks(tenant.run("doctor", "--stack", file, "--output", "json", user=ADMINISTRATOR))

        assert "which an application cannot give" in by_application["policy of User Administrator"]["advice"]
        assert by_person["policy of User Administrator"]["outcome"] == "passed"

    def test_a_role_without_a_policy(self, tenant: Tenant, here: Path) -> None:
        tenant.network.on("GET", "/roleManagementPolicyAssignments", instead(200, {"value": []}))
        found = checks(tenant.run("doctor", "--stack", export(here, grant()), "--output", "json", user=None))

        assert found["policy of User Administrator"]["outcome"] == "not checked"


class TestTheMachine:
    def test_no_pulumi(self, computer: Machine) -> None:
        computer.lose("pulumi")

        [check] = machine.pulumi()
        assert check.outcome == "failed"
        assert [each.outcome for each in machine.plug_ins([("random", "4.21.4")])] == ["not checked"]

    def test_a_pulumi_that_does_not_run(self, computer: Machine) -> None:
        computer.have("pulumi", "echo broken >&2; exit 3")

        [check] = machine.pulumi()
        assert check.found == "pulumi version ended with 3: broken"
        [plug_in] = machine.plug_ins([("random", "4.21.4")])
        assert plug_in.outcome == "not checked"

    def test_a_pulumi_that_cannot_be_started(self, computer: Machine) -> None:
        (computer.folder / "pulumi").write_text("#!/no/such/interpreter\n")

        [check] = machine.pulumi()
        assert check.outcome == "failed"

    def test_a_pulumi_without_its_host_for_python(self, computer: Machine) -> None:
        computer.lose("pulumi-language-python")

        [check] = machine.pulumi()
        assert "there is no pulumi-language-python beside" in check.found

    @pytest.mark.parametrize(
        ("name", "wanted", "outcome"),
        [
            ("random", "4.21.4", "passed"),
            ("random", "", "passed"),
            ("random", "4.20.0", "failed"),
            ("azuread", "6.0.0", "failed"),
            ("python", "", "failed"),
        ],
    )
    def test_the_plug_ins_that_the_stack_was_made_with(self, name: str, wanted: str, outcome: str) -> None:
        [check] = machine.plug_ins([(name, wanted)])

        assert check.outcome == outcome
        assert (check.advice == f"pulumi plugin install resource {name} {wanted}".rstrip()) is (outcome == "failed")

    def test_the_plug_ins_of_a_stack_are_those_of_its_providers(self, tenant: Tenant, here: Path) -> None:
        provider = {"type": "pulumi:providers:random", "inputs": {"version": "4.20.0"}}
        own = {"type": "pulumi:providers:pulumi-python", "inputs": {}}
        done = tenant.run("doctor", "--stack", export(here, provider, own), "--output", "json", user=None)

        assert checks(done)["plug-in random"]["outcome"] == "failed"
        assert "plug-in pulumi-python" not in checks(done)

    def test_the_python_that_pulumi_starts_loads_the_providers(self, computer: Machine, here: Path) -> None:
        computer.have("python3", f'exec "{sys.executable}" "$@"')

        [check] = machine.python(here)
        assert check.found == f"{computer.folder / 'python3'} loads the providers of pulumi-entra-pim {OURS}"

    @pytest.mark.parametrize(
        ("script", "found"),
        [
            (
                "echo 'ModuleNotFoundError: no pulumi_entra_pim' >&2; exit 1",
                "cannot load the providers: ModuleNotFound",
            ),
            ("echo 0.0.1", f"has pulumi-entra-pim 0.0.1, and this command is {OURS}"),
            ("exit 1", "it said nothing"),
        ],
    )
    def test_another_python(self, computer: Machine, here: Path, script: str, found: str) -> None:
        computer.have("python3", script)

        [check] = machine.python(here)
        assert check.outcome == "failed"
        assert found in check.found

    def test_no_python(self, computer: Machine, here: Path) -> None:
        computer.lose("python3")

        [check] = machine.python(here)
        assert check.found == "there is no python"

    @pytest.mark.parametrize(
        ("project", "environ", "command"),
        [
            ("name: x\nruntime: python\n", {}, "python3"),
            ("name: x\nruntime:\n  name: python\n", {}, "python3"),
            ("name: x\nruntime:\n  name: python\n  options: {virtualenv: venv}\n", {}, "HERE/venv/bin/python"),
            (
                "name: x\nruntime:\n  name: python\n  options: {toolchain: pip, virtualenv: v}\n",
                {},
                "HERE/v/bin/python",
            ),
            ("name: x\nruntime:\n  name: python\n  options: {toolchain: uv}\n", {}, None),
            ("name: x\nruntime:\n  name: python\n  options: {toolchain: uv}\n", {"PULUMI_PYTHON_CMD": "py"}, "py"),
            ("- no\n- project\n", {}, "python3"),
            ("{", {}, "python3"),
            (None, {}, "python3"),
        ],
    )
    def test_it_is_the_python_of_the_project(
        self, here: Path, project: str | None, environ: dict[str, str], command: str | None
    ) -> None:
        if project is not None:
            (here / "Pulumi.yaml").write_text(project)

        assert machine.interpreter(here, environ) == (command and command.replace("HERE", str(here)))

    def test_a_toolchain_finds_its_own(self, here: Path) -> None:
        (here / "Pulumi.yaml").write_text("runtime: {name: python, options: {toolchain: uv}}\n")

        [check] = machine.python(here)
        assert check.outcome == "not checked"

    @pytest.mark.parametrize(
        ("kind", "pickled", "outcome"),
        [
            ("TestUser", serialize_provider(load_provider("TestUser")), "passed"),
            ("TestUser", "pickled elsewhere", "failed"),
            ("AccessPackage", "pickled", "failed"),
        ],
    )
    def test_the_providers_in_the_state(self, kind: str, pickled: str, outcome: str) -> None:
        [check] = machine.providers({kind: {pickled}})

        assert check.outcome == outcome


class TestWhatIsShown:
    def test_people_read_a_table_and_what_to_do(self, tenant: Tenant, computer: Machine) -> None:
        computer.lose("pulumi")
        done = tenant.run("doctor", user=None)

        assert done.code == 3
        assert "there is no pulumi on PATH" in done.out
        assert "Pulumi: install it: https://www.pulumi.com/docs/iac/download-install/" in done.out
        assert done.out.endswith("1 failed.\n")

    def test_where_nothing_failed_it_says_so(self, tenant: Tenant) -> None:
        done = tenant.run("doctor", user=None)

        assert done.code == 0
        assert done.out.endswith("None failed.\n")

    def test_no_secret_and_nobodys_name_is_shown(
        self, tenant: Tenant, here: Path, monkeypatch: pytest.MonkeyPatch, aline: str
    ) -> None:
        monkeypatch.setenv("HOME", str(here))
        file = export(here, resource("TestUser", "aline", user_principal_name=ALINE, password="Cu4ious-canary!"))
        for user in (None, ALINE, ADMINISTRATOR):
            for form in ("json", "table"):
                done = tenant.run("doctor", "--stack", file, "--output", form, user=user)
                shown = done.out + done.err
                assert "Cu4ious-canary!" not in shown
                assert "eyJ" not in shown
                assert "contoso.com" not in shown
                assert str(here) not in shown

    @pytest.mark.parametrize(
        "text",
        ["user AlineD@contoso.com is", "GET /users/AlineD%40contoso.com?x", "'AlineD@contoso.com'", "(a.b+c@x.y)"],
    )
    def test_an_address_in_a_message_is_taken_out(self, text: str) -> None:
        shown = fit_to_show(failed("token", text, text))

        assert "[somebody]" in shown.found
        assert "[somebody]" in shown.advice
        assert "@" not in shown.found.replace("%40", "@")

    @pytest.mark.parametrize("content", ["", "[]", "{}", '{"version": 3}', '{"deployment": {}}'])
    def test_a_file_that_is_no_export_is_refused(self, tenant: Tenant, here: Path, content: str) -> None:
        (here / "x.json").write_text(content)
        done = tenant.run("doctor", "--stack", "x.json", user=None)

        assert done.code == 1
        assert done.line == "entra-pim: x.json is not what `pulumi stack export` writes"

    def test_a_file_that_is_no_text_is_refused(self, tenant: Tenant, here: Path) -> None:
        (here / "x.json").write_bytes(b"\xff\xfe\x00")
        done = tenant.run("doctor", "--stack", "x.json", user=None)

        assert done.code == 1
        assert done.line == "entra-pim: x.json is not UTF-8 text"

    def test_a_stack_of_nothing_of_ours_needs_nothing(self, tenant: Tenant, here: Path) -> None:
        done = tenant.run("doctor", "--stack", export(here), "--output", "json", user=None)

        assert checks(done)["plug-ins"]["found"] == "the stack needs none"
        assert not any(name.startswith("permission ") for name in checks(done))
