"""What a program asks of the tenant: who it runs as, who somebody is, which role is meant."""

import inspect
import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from pulumi import RunError

from entra_emulator import Emulator, Served
from pulumi_entra_pim import (
    BuiltInRole,
    ClientConfig,
    RoleDefinition,
    User,
    get_client_config,
    get_role_definition,
    get_user,
)

pytestmark = pytest.mark.usefixtures("no_connection_outlives_the_test")

PERMISSIONS = ("User.Read.All", "RoleManagement.ReadWrite.Directory")


class Tenant:
    """The tenant that the program's environment leads to."""

    def __init__(self, emulator: Emulator, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.emulator = emulator
        self._monkeypatch = monkeypatch
        monkeypatch.setenv("PULUMI_CONFIG", json.dumps({"entra-pim:graphUrl": url}))
        self.sign_in(emulator.token(permissions=PERMISSIONS))
        self._since = max((entry.number for entry in emulator.journal.entries()), default=0)

    def sign_in(self, token: str) -> None:
        """Run the program with this token."""
        self._monkeypatch.setenv("ENTRA_PIM_ACCESS_TOKEN", token)

    def calls(self) -> list[str]:
        """Return what this test's program asked of Graph."""
        entries = self.emulator.journal.entries(self._since)
        return [f"{entry.method} {entry.path}" for entry in entries if entry.kind == "graph"]

    def make_role(self, name: str) -> str:
        """Make a custom role; return its id."""
        body = {
            "displayName": name,
            "isEnabled": True,
            "rolePermissions": [{"allowedResourceActions": ["microsoft.directory/users/standard/read"]}],
        }
        token = self.emulator.token(permissions=PERMISSIONS)
        with httpx.Client(transport=self.emulator.transport(), headers={"Authorization": f"Bearer {token}"}) as graph:
            answer = graph.post("https://graph.test/v1.0/roleManagement/directory/roleDefinitions", json=body)
        return str(answer.raise_for_status().json()["id"])


@pytest.fixture(scope="module")
def emulator() -> Emulator:
    return Emulator()


@pytest.fixture(scope="module")
def served(emulator: Emulator) -> Iterator[Served]:
    with emulator.serve(http_port=0) as running:
        yield running


@pytest.fixture
def tenant(emulator: Emulator, served: Served, monkeypatch: pytest.MonkeyPatch) -> Tenant:
    """A process that has asked nothing yet, of a tenant at hand."""
    for function in (get_user, get_role_definition):
        forget = inspect.unwrap(function, stop=lambda inner: hasattr(inner, "cache_clear")).cache_clear
        forget()
    assert served.http_url is not None
    return Tenant(emulator, served.http_url, monkeypatch)


class TestWhoAmI:
    def test_an_application(self, tenant: Tenant) -> None:
        contoso = tenant.emulator.contoso
        config = get_client_config()
        assert (config.tenant_id, config.client_id) == (contoso.tenant_id, contoso.client_id)
        assert (config.is_application, config.user_principal_name) == (True, "")
        assert tenant.calls() == []

    def test_a_person(self, tenant: Tenant) -> None:
        contoso = tenant.emulator.contoso
        tenant.sign_in(tenant.emulator.token(user="admin@contoso.com", permissions=["User.Read"]))
        assert get_client_config() == ClientConfig(
            tenant_id=contoso.tenant_id,
            client_id=contoso.client_id,
            object_id="1ed8ac56-4827-4733-8f80-86adc2e67db5",
            is_application=False,
            user_principal_name="admin@contoso.com",
        )

    def test_nobody(self, tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("ENTRA_PIM_ACCESS_TOKEN")
        with pytest.raises(RunError, match="no credentials"):
            get_client_config()

    def test_a_token_of_something_else(self, tenant: Tenant) -> None:
        tenant.sign_in("opaque")
        with pytest.raises(RunError, match="it names no tenant"):
            get_client_config()

    def test_the_stacks_configuration_is_read(self, tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PULUMI_CONFIG", json.dumps({"entra-pim:clientSecret": "in the wrong place"}))
        with pytest.raises(RunError, match="entra-pim:clientSecret is in the stack's configuration"):
            get_client_config()


class TestUsers:
    admin = User("1ed8ac56-4827-4733-8f80-86adc2e67db5", "admin@contoso.com", "MOD Administrator")

    def test_by_name(self, tenant: Tenant) -> None:
        assert get_user(user_principal_name="admin@contoso.com") == self.admin

    def test_by_id(self, tenant: Tenant) -> None:
        assert get_user(object_id=self.admin.object_id) == self.admin

    def test_each_is_asked_for_once_a_process(self, tenant: Tenant) -> None:
        for _ in range(3):
            get_user(user_principal_name="admin@contoso.com")
        assert tenant.calls() == ["GET /v1.0/users/admin%40contoso.com?$select=id,userPrincipalName,displayName"]

    def test_a_refusal_is_not_remembered(self, tenant: Tenant) -> None:
        for _ in range(2):
            with pytest.raises(RunError):
                get_user(user_principal_name="nobody@contoso.com")
        assert len(tenant.calls()) == 2

    @pytest.mark.parametrize("name", ["nobody@contoso.com", "..", "a/../b", "O'Brien", "a\tb"])
    def test_one_that_is_not_there(self, name: str, tenant: Tenant) -> None:
        with pytest.raises(RunError) as caught:
            get_user(user_principal_name=name)
        assert str(caught.value) == (
            f"there is no user {name!r} in the tenant: check the name, or the tenant (AZURE_TENANT_ID)"
        )

    def test_a_missing_permission_is_named(self, tenant: Tenant) -> None:
        tenant.sign_in(tenant.emulator.token(permissions=["Organization.Read.All"]))
        with pytest.raises(RunError, match=r"The call needs User\.Read\.All with admin consent"):
            get_user(user_principal_name="admin@contoso.com")

    @pytest.mark.parametrize("keys", [{}, {"user_principal_name": ""}, {"user_principal_name": "a", "object_id": "b"}])
    def test_it_takes_exactly_one_key(self, keys: dict[str, str], tenant: Tenant) -> None:
        with pytest.raises(RunError) as caught:
            get_user(**keys)
        assert str(caught.value) == "say exactly one of user_principal_name and object_id, and not as an empty text"
        assert tenant.calls() == []


class TestRoles:
    def test_by_name(self, tenant: Tenant) -> None:
        role = get_role_definition(display_name="User Administrator")
        assert (role.role_definition_id, role.display_name) == (BuiltInRole.USER_ADMINISTRATOR, "User Administrator")
        assert role.is_built_in
        assert role.description
        assert len(tenant.calls()) == 1

    def test_by_id_in_any_case(self, tenant: Tenant) -> None:
        role = get_role_definition(role_definition_id=BuiltInRole.USER_ADMINISTRATOR.upper())
        assert role == get_role_definition(display_name="User Administrator")

    @pytest.mark.parametrize("name", ["user administrator", "USER ADMINISTRATOR"])
    def test_by_name_in_any_case(self, name: str, tenant: Tenant) -> None:
        assert get_role_definition(display_name=name).role_definition_id == BuiltInRole.USER_ADMINISTRATOR

    def test_a_custom_one(self, tenant: Tenant) -> None:
        id_ = tenant.make_role("Reader of people's names")
        assert get_role_definition(display_name="Reader of people's names") == RoleDefinition(
            role_definition_id=id_, display_name="Reader of people's names", description="", is_built_in=False
        )

    def test_each_is_asked_for_once_a_process(self, tenant: Tenant) -> None:
        for _ in range(3):
            get_role_definition(display_name="User Administrator")
        assert len(tenant.calls()) == 1

    def test_a_name_that_two_roles_share_is_not_guessed(self, tenant: Tenant) -> None:
        ids = [tenant.make_role("Twin"), tenant.make_role("Twin")]
        with pytest.raises(RunError) as caught:
            get_role_definition(display_name="Twin")
        assert str(caught.value).startswith("2 directory roles are called 'Twin': use role_definition_id, one of ")
        assert all(id_ in str(caught.value) for id_ in ids)

    @pytest.mark.parametrize(
        "key", [{"display_name": "Emperor"}, {"role_definition_id": "00000000-0000-0000-0000-000000000009"}]
    )
    def test_one_that_is_not_there(self, key: dict[str, str], tenant: Tenant) -> None:
        with pytest.raises(RunError) as caught:
            get_role_definition(**key)
        [name] = key.values()
        assert str(caught.value) == f"there is no directory role {name!r} in the tenant"

    @pytest.mark.parametrize("keys", [{}, {"display_name": ""}, {"display_name": "a", "role_definition_id": "b"}])
    def test_it_takes_exactly_one_key(self, keys: dict[str, str], tenant: Tenant) -> None:
        with pytest.raises(RunError, match="say exactly one of display_name and role_definition_id"):
            get_role_definition(**keys)
        assert tenant.calls() == []


def test_threads_may_ask_at_once(tenant: Tenant) -> None:
    together = threading.Barrier(8)

    def ask(number: int) -> object:
        together.wait()
        return get_user(object_id=TestUsers.admin.object_id) if number % 2 else get_client_config()

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(ask, range(8)))) == 2
