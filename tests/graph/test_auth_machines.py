"""Tokens that Azure gives a machine, a pipeline, or whoever is logged in to the CLI; MSAL is the real one."""

import logging
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from pulumi_entra_pim.graph.auth import AzureCliTokens, AzureDevOpsAssertion, ManagedIdentityTokens
from pulumi_entra_pim.graph.errors import AuthError, NotSent
from tests.graph.azure import AzureCli, Endpoint, running_endpoint
from tests.graph.entra import Entra, granted
from tests.graph.service import PASSWORD, TENANT, TOKEN, bearer, said

GRAPH = "https://graph.microsoft.com"
IDENTITY = "aaaaaaaa-0000-0000-0000-000000000001"
PIPELINES = "/org/project/_apis/distributedtask/hubs/build/plans/p/jobs/j/oidctoken"
CONNECTION = "cccccccc-0000-0000-0000-000000000001"


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with running_endpoint() as running:
        yield running


@pytest.fixture(autouse=True)
def nowhere_in_azure(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away what Azure's hosts put into the environment."""
    for name in ("IDENTITY_ENDPOINT", "IDENTITY_HEADER", "IDENTITY_SERVER_THUMBPRINT", "IMDS_ENDPOINT",
                 "MSI_ENDPOINT", "MSI_SECRET"):  # fmt: skip
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def machine(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> Endpoint:
    """A virtual machine with its metadata service."""
    monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", endpoint.root)
    endpoint.answer(access_token=bearer(jti="1"), expires_in="86399", resource=GRAPH, token_type="Bearer")
    return endpoint


@pytest.fixture
def app(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> Endpoint:
    """An App Service, a function or a container app with its own endpoint."""
    monkeypatch.setenv("IDENTITY_ENDPOINT", f"{endpoint.root}/msi/token")
    monkeypatch.setenv("IDENTITY_HEADER", PASSWORD)
    endpoint.answer(access_token=bearer(jti="1"), expires_on=str(int(time.time()) + 3600), token_type="Bearer")
    return endpoint


@pytest.fixture
def az(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AzureCli:
    monkeypatch.setenv("PATH", str(tmp_path))
    return AzureCli(tmp_path)


def managed(client_id: str = "") -> ManagedIdentityTokens:
    return ManagedIdentityTokens(client_id, GRAPH, lambda: httpx.Client(trust_env=False))


def refused(call: Callable[[], str], kind: type[Exception] = AuthError) -> str:
    with pytest.raises(kind) as caught:
        call()
    assert PASSWORD not in str(caught.value)
    return said(caught.value)


class TestManagedIdentity:
    def test_a_virtual_machine_asks_its_metadata_service(self, machine: Endpoint) -> None:
        assert managed().token() == bearer(jti="1")
        [asked] = machine.asked
        assert (asked["method"], asked["path"]) == ("GET", "/metadata/identity/oauth2/token")
        assert (asked["metadata"], asked["resource"], asked["api-version"]) == ("true", GRAPH, "2018-02-01")
        assert "client_id" not in asked

    def test_an_app_asks_its_own_endpoint(self, app: Endpoint) -> None:
        assert managed().token() == bearer(jti="1")
        [asked] = app.asked
        assert (asked["path"], asked["x-identity-header"], asked["resource"]) == ("/msi/token", PASSWORD, GRAPH)

    @pytest.mark.parametrize("place", ["machine", "app"])
    def test_a_user_assigned_identity_is_named(self, place: str, request: pytest.FixtureRequest) -> None:
        endpoint: Endpoint = request.getfixturevalue(place)
        managed(IDENTITY).token()
        assert endpoint.asked[0]["client_id"] == IDENTITY

    def test_one_token_serves_until_it_is_refused(self, machine: Endpoint) -> None:
        tokens = managed()
        assert tokens.token() == tokens.token() == bearer(jti="1")
        assert len(machine.asked) == 1
        machine.answer(access_token=bearer(jti="2"), expires_in="86399")
        assert tokens.renew(bearer(jti="1"))
        assert tokens.token() == bearer(jti="2")
        assert tokens.renew(bearer(jti="1")), "another thread was faster"
        assert tokens.token() == bearer(jti="2")
        assert len(machine.asked) == 2

    def test_an_identity_that_the_machine_does_not_have(self, machine: Endpoint) -> None:
        machine.status = 400
        machine.answer(error="invalid_request", error_description="Identity not found")
        assert refused(managed(IDENTITY).token) == (
            "Azure gave this machine no token for its managed identity: Identity not found"
        )

    def test_an_apps_endpoint_says_no_in_its_own_form(self, app: Endpoint) -> None:
        app.status = 400
        app.answer(statusCode=400, message="No MSI found for specified ClientId/ResourceId.")
        assert refused(managed(IDENTITY).token) == (
            "Azure gave this machine no token for its managed identity: No MSI found for specified ClientId/ResourceId."
        )

    @pytest.mark.parametrize("status", [404, 410, 429, 500, 503])
    def test_it_is_asked_again_while_it_is_unwell(self, status: int, machine: Endpoint) -> None:
        machine.status = status
        assert refused(managed().token, NotSent).startswith(
            f"Azure gave this machine no token for its managed identity just now (HTTP {status})"
        )

    def test_a_machine_that_is_not_in_azure(self, monkeypatch: pytest.MonkeyPatch) -> None:
        # Port 9 is "discard": nobody listens.
        monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", "http://127.0.0.1:9")
        assert refused(managed().token, NotSent).startswith("cannot reach Azure's managed identity endpoint: ")

    @pytest.mark.parametrize("host", ["imds.example", "10.0.0.7", "169.255.0.1"])
    def test_nothing_is_asked_in_the_clear_of_another_machine(self, host: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("IDENTITY_ENDPOINT", f"http://{host}/msi/token")
        monkeypatch.setenv("IDENTITY_HEADER", PASSWORD)
        assert refused(managed().token) == (
            f"Azure's managed identity endpoint leads to {host} without TLS: nothing is sent there"
        )

    @pytest.mark.parametrize("host", ["169.254.169.254", "127.0.0.1", "localhost"])
    def test_an_address_that_never_leaves_the_machine_may_do_without_tls(
        self, host: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", f"http://{host}")
        received: list[str] = []

        def metadata(request: httpx.Request) -> httpx.Response:
            received.append(request.url.host)
            return httpx.Response(200, json={"access_token": TOKEN, "expires_in": "3600"})

        tokens = ManagedIdentityTokens("", GRAPH, lambda: httpx.Client(transport=httpx.MockTransport(metadata)))
        assert tokens.token() == TOKEN
        assert received == [host]

    def test_an_answer_that_is_no_token(self, machine: Endpoint) -> None:
        for document in ({}, {"access_token": TOKEN}, {"access_token": TOKEN, "expires_in": "soon"}):
            machine.answer(**document)
            assert refused(managed().token).startswith("no token from Azure's managed identity endpoint: ")

    def test_a_token_cut_in_half_is_not_logged(self, machine: Endpoint, caplog: pytest.LogCaptureFixture) -> None:
        for name in ("", "msal", "httpx", "httpcore"):
            caplog.set_level(logging.DEBUG, name)
        managed().token()
        machine.body = machine.body[:-30]
        assert "cannot be read" in refused(managed().token, NotSent)
        assert "eyJ" not in caplog.text


class TestAzureCli:
    def test_the_cli_is_asked_for_graph(self, az: AzureCli) -> None:
        az.will_give(TOKEN, time.time() + 3600)
        tokens = AzureCliTokens(GRAPH, "")
        assert tokens.token() == tokens.token() == TOKEN
        assert az.calls == [["account", "get-access-token", "--output", "json", "--resource", GRAPH]]

    def test_the_tenant_is_passed_on(self, az: AzureCli) -> None:
        az.will_give(TOKEN, time.time() + 3600)
        AzureCliTokens(GRAPH, TENANT).token()
        assert az.calls[0][-2:] == ["--tenant", TENANT]

    def test_a_token_near_its_end_is_asked_for_again(self, az: AzureCli) -> None:
        az.will_give(TOKEN, time.time() + 299)
        tokens = AzureCliTokens(GRAPH, "")
        tokens.token()
        tokens.token()
        assert len(az.calls) == 2

    def test_it_is_not_installed(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))
        assert refused(AzureCliTokens(GRAPH, "").token) == (
            "the Azure CLI is to sign in, and there is no `az` on the PATH: install it, or unset ENTRA_PIM_USE_CLI"
        )

    @pytest.mark.parametrize(("tenant", "option"), [("", ""), (TENANT, f" --tenant {TENANT}")])
    def test_nobody_is_logged_in(self, tenant: str, option: str, az: AzureCli) -> None:
        az.will_say(err="ERROR: Please run 'az login' to setup account.\n", code=1)
        assert refused(AzureCliTokens(GRAPH, tenant).token) == (
            f"the Azure CLI is not logged in: run `az login{option} --allow-no-subscriptions`"
        )

    @pytest.mark.parametrize(
        ("err", "told"),
        [
            ("WARNING: old\nERROR: AADSTS50076: MFA\nTrace ID: 1\n", "AADSTS50076: MFA"),
            (f"Traceback: {TOKEN}\n", "Traceback: [token]"),
            ("", "it gave no reason"),
        ],
    )
    def test_it_fails_in_its_own_words(self, err: str, told: str, az: AzureCli) -> None:
        az.will_say(err=err, code=1)
        assert refused(AzureCliTokens(GRAPH, "").token) == f"the Azure CLI gave no token: {told}"

    @pytest.mark.parametrize(
        "out", ["", "[]", "{}", '{"accessToken": "x"}', '{"accessToken": "x", "expires_on": "2"}x']
    )
    def test_an_answer_of_another_version(self, out: str, az: AzureCli) -> None:
        az.will_say(out)
        assert refused(AzureCliTokens(GRAPH, "").token) == (
            "the Azure CLI's answer is not understood: version 2.54 or newer is needed"
        )

    def test_it_does_not_run(self, az: AzureCli) -> None:
        (az.folder / "az").write_text("#!/nowhere/python\n")
        assert refused(AzureCliTokens(GRAPH, "").token) == "the Azure CLI cannot be run (No such file or directory)"

    def test_it_does_not_end(self, az: AzureCli, monkeypatch: pytest.MonkeyPatch) -> None:
        def never(command: list[str], timeout: float, **_: object) -> object:
            raise subprocess.TimeoutExpired(command, timeout)

        monkeypatch.setattr(subprocess, "run", never)
        assert "timed out after 60.0 seconds" in refused(AzureCliTokens(GRAPH, "").token)


class TestAzureDevOps:
    def credential(self, endpoint: Endpoint) -> AzureDevOpsAssertion:
        return AzureDevOpsAssertion(f"{endpoint.root}{PIPELINES}", PASSWORD, CONNECTION)

    def test_the_jobs_identity_is_asked_for_by_the_service_connection(self, endpoint: Endpoint) -> None:
        endpoint.answer(oidcToken="an.identity.assertion")
        entra = Entra(granted())
        entra.tokens(self.credential(endpoint)).token()
        assert b"client_assertion=an.identity.assertion" in entra.token.received[0].content
        [asked] = endpoint.asked
        assert (asked["method"], asked["path"]) == ("POST", PIPELINES)
        assert (asked["api-version"], asked["serviceConnectionId"]) == ("7.1", CONNECTION)
        assert (asked["authorization"], asked["content-type"]) == (f"Bearer {PASSWORD}", "application/json")

    @pytest.mark.parametrize(
        ("status", "body", "reason"),
        [(401, b"{}", "HTTPStatusError"), (302, b"", "HTTPStatusError"), (200, b"<html>", "JSONDecodeError"),
         (200, b"{}", "KeyError"), (200, b"[]", "TypeError")],
    )  # fmt: skip
    def test_no_identity_for_the_job(self, status: int, body: bytes, reason: str, endpoint: Endpoint) -> None:
        endpoint.status, endpoint.body = status, body
        assert refused(Entra().tokens(self.credential(endpoint)).token) == (
            f"Azure DevOps gave no identity token ({reason}): the step needs SYSTEM_ACCESSTOKEN: $(System.AccessToken)"
            " in its env, and the pipeline leave to use the service connection"
        )

    def test_it_does_not_show_itself(self, endpoint: Endpoint) -> None:
        assert PASSWORD not in repr(self.credential(endpoint))
