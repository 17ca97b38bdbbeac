"""The whole way to a token, for real: MSAL, TLS, and a directory that checks the proof."""

import logging
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import msal
import pytest

from entra_emulator import Emulator, Federation, Served
from pulumi_entra_pim.connection import client_for, connect, person_tokens
from pulumi_entra_pim.graph.auth import TokenStore, by_device_code
from pulumi_entra_pim.graph.client import GraphClient
from pulumi_entra_pim.graph.errors import AuthError, Denied, NotSent
from pulumi_entra_pim.settings import PERSON, Settings
from tests.graph.azure import AzureCli, running_endpoint
from tests.graph.entra import Proof
from tests.graph.github import BEARER, Job
from tests.graph.service import PASSWORD, said

pytestmark = pytest.mark.usefixtures("no_connection_outlives_the_test")

UNCONFIGURED: dict[str, str] = {}
ISSUER = "https://token.actions.githubusercontent.com"
SUBJECT = "repo:contoso/directory:ref:refs/heads/main"
PERMISSIONS = ("Organization.Read.All",)
UNREACHABLE = "http://127.0.0.1:9"


@pytest.fixture(scope="module")
def emulator() -> Emulator:
    """A directory; each test signs in with an application of its own."""
    return Emulator()


@pytest.fixture(scope="module")
def served(emulator: Emulator) -> Iterator[Served]:
    """The directory over TLS, with a certificate that no machine trusts by itself."""
    with emulator.serve() as running:
        yield running


class TenantAtHand:
    """A served directory, and how to sign in to it."""

    def __init__(self, emulator: Emulator, served: Served) -> None:
        self.emulator = emulator
        self.reach = {name: value for name, value in served.environment.items() if name != "AZURE_CLIENT_SECRET"}
        self.graph_url = served.url
        self._since = max((entry.number for entry in emulator.journal.entries()), default=0)

    def application(self, **proof: Any) -> str:
        """Register an application that proves itself so; return its client id."""
        return self.emulator.register(name="deployer", permissions=PERMISSIONS, **proof).client_id

    def client(self, client_id: str, **credential: str) -> GraphClient:
        """Return the process's client for an application with a credential in the environment."""
        return connect(Settings.read(UNCONFIGURED.get, {**self.reach, "AZURE_CLIENT_ID": client_id, **credential}))

    def approve(self, line: str) -> None:
        """Be the administrator, who reads a code and approves."""
        code = line.partition("enter the code ")[2].split()[0]
        self.emulator.approve_sign_in(code, user="admin@contoso.com")

    def calls(self, kind: str) -> list[str]:
        """Return what this test asked of the directory."""
        entries = self.emulator.journal.entries(self._since)
        return [f"{entry.method} {entry.path}" for entry in entries if entry.kind == kind]


@pytest.fixture
def tenant(emulator: Emulator, served: Served) -> TenantAtHand:
    return TenantAtHand(emulator, served)


def organization(client: GraphClient) -> str:
    [found] = client.operation(seconds=30).pages("/organization")
    return str(found["displayName"])


class TestSecret:
    def test_a_secret_gets_a_token_and_graph_takes_it(self, tenant: TenantAtHand) -> None:
        client_id = tenant.application(secret=PASSWORD)
        client = tenant.client(client_id, AZURE_CLIENT_SECRET=PASSWORD)
        assert organization(client) == "Contoso"
        identity = client.identity()
        assert (identity.tenant_id, identity.client_id) == (tenant.emulator.contoso.tenant_id, client_id)
        assert identity.is_application

    def test_one_token_call_for_32_cold_threads(self, tenant: TenantAtHand) -> None:
        client = tenant.client(tenant.application(secret=PASSWORD), AZURE_CLIENT_SECRET=PASSWORD)
        with ThreadPoolExecutor(32) as pool:
            names = list(pool.map(lambda _: organization(client), range(32)))
        assert names == ["Contoso"] * 32
        assert len([call for call in tenant.calls("token") if call.startswith("POST ")]) == 1
        assert len(tenant.calls("graph")) == 32

    def test_a_wrong_secret(self, tenant: TenantAtHand) -> None:
        client = tenant.client(tenant.application(secret="another"), AZURE_CLIENT_SECRET=PASSWORD)
        with pytest.raises(AuthError) as caught:
            organization(client)
        assert "AADSTS7000215" in said(caught.value)
        assert "AZURE_CLIENT_SECRET must hold the secret's value, not its id" in said(caught.value)
        assert tenant.calls("graph") == []

    def test_an_expired_secret(self, tenant: TenantAtHand) -> None:
        client_id = tenant.application(secret=PASSWORD, secret_lifetime=timedelta(days=-1))
        with pytest.raises(AuthError) as caught:
            organization(tenant.client(client_id, AZURE_CLIENT_SECRET=PASSWORD))
        assert "AADSTS7000222" in said(caught.value)
        assert "the client secret has expired" in said(caught.value)

    def test_an_application_that_is_not_in_the_tenant(self, tenant: TenantAtHand) -> None:
        with pytest.raises(AuthError) as caught:
            organization(tenant.client("99999999-8888-7777-6666-555555555555", AZURE_CLIENT_SECRET=PASSWORD))
        assert "AADSTS700016" in said(caught.value)
        assert "check AZURE_CLIENT_ID and AZURE_TENANT_ID" in said(caught.value)

    @pytest.mark.parametrize("name", ["00000000-0000-0000-0000-000000000009", "nowhere.example"])
    def test_a_tenant_that_is_not_there(self, name: str, tenant: TenantAtHand) -> None:
        client = tenant.client("an-app", AZURE_CLIENT_SECRET=PASSWORD, AZURE_TENANT_ID=name)
        with pytest.raises(AuthError) as caught:
            organization(client)
        assert "AADSTS90002" in said(caught.value)
        assert "there is no such tenant: check AZURE_TENANT_ID" in said(caught.value)


class TestCertificate:
    @pytest.mark.parametrize("password", ["", PASSWORD], ids=["open", "encrypted"])
    @pytest.mark.parametrize("kind", ["pem", "pfx"])
    def test_a_certificate_gets_a_token(
        self, kind: str, password: str, proof: Proof, tmp_path: Path, tenant: TenantAtHand
    ) -> None:
        path = proof.pem(tmp_path, password) if kind == "pem" else proof.pfx(tmp_path, password)
        client_id = tenant.application(certificate=proof.certificate)
        variables = {"AZURE_CLIENT_CERTIFICATE_PATH": str(path), "AZURE_CLIENT_CERTIFICATE_PASSWORD": password}
        assert organization(tenant.client(client_id, **variables)) == "Contoso"

    def test_somebody_elses_certificate(self, proof: Proof, tmp_path: Path, tenant: TenantAtHand) -> None:
        client_id = tenant.application(certificate=Proof().certificate)
        with pytest.raises(AuthError) as caught:
            organization(tenant.client(client_id, AZURE_CLIENT_CERTIFICATE_PATH=str(proof.pem(tmp_path))))
        assert "AADSTS700027" in said(caught.value)


class TestFederation:
    def assertion(self, proof: Proof, **claims: object) -> str:
        present = datetime.now(UTC)
        whom = {"iss": ISSUER, "sub": SUBJECT, "aud": "api://AzureADTokenExchange"}
        when = {"iat": present, "exp": present + timedelta(minutes=5)}
        return jwt.encode({**whom, **when, **claims}, proof.key(), algorithm="RS256")

    def application(self, proof: Proof, tenant: TenantAtHand) -> str:
        return tenant.application(federated=Federation(ISSUER, SUBJECT, proof.public_key))

    def test_a_file_that_another_identity_provider_fills(
        self, proof: Proof, tmp_path: Path, tenant: TenantAtHand
    ) -> None:
        path = tmp_path / "token"
        path.write_text(self.assertion(proof))
        client = tenant.client(self.application(proof, tenant), AZURE_FEDERATED_TOKEN_FILE=str(path))
        assert organization(client) == "Contoso"

    def test_a_job_on_github(self, proof: Proof, job: Job, tenant: TenantAtHand) -> None:
        job.body = f'{{"value": "{self.assertion(proof)}"}}'.encode()
        client = tenant.client(
            self.application(proof, tenant),
            ACTIONS_ID_TOKEN_REQUEST_URL=job.url,
            ACTIONS_ID_TOKEN_REQUEST_TOKEN=BEARER,
        )
        assert organization(client) == "Contoso"
        assert [asked["audience"] for asked in job.asked] == ["api://AzureADTokenExchange"]

    def test_a_job_on_azure_devops(self, proof: Proof, tenant: TenantAtHand) -> None:
        with running_endpoint() as pipelines:
            pipelines.answer(oidcToken=self.assertion(proof))
            client = tenant.client(
                self.application(proof, tenant),
                SYSTEM_OIDCREQUESTURI=f"{pipelines.root}/oidctoken",
                SYSTEM_ACCESSTOKEN=BEARER,
                AZURESUBSCRIPTION_SERVICE_CONNECTION_ID="a-connection",
            )
            assert organization(client) == "Contoso"
        assert [asked["serviceConnectionId"] for asked in pipelines.asked] == ["a-connection"]

    @pytest.mark.parametrize("claim", ["iss", "sub", "aud"])
    def test_a_word_about_somebody_else(self, claim: str, proof: Proof, tmp_path: Path, tenant: TenantAtHand) -> None:
        path = tmp_path / "token"
        path.write_text(self.assertion(proof, **{claim: "https://another.example"}))
        client = tenant.client(self.application(proof, tenant), AZURE_FEDERATED_TOKEN_FILE=str(path))
        with pytest.raises(AuthError) as caught:
            organization(client)
        assert "no federated credential of the application matches" in said(caught.value)


class TestGivenToken:
    def test_it_is_used_as_it_is_without_a_sign_in(self, tenant: TenantAtHand) -> None:
        token = tenant.emulator.token(permissions=PERMISSIONS)
        assert organization(tenant.client("", ENTRA_PIM_ACCESS_TOKEN=token)) == "Contoso"
        assert tenant.calls("token") == []

    def test_an_expired_one_is_refused_in_graphs_words(self, tenant: TenantAtHand) -> None:
        token = tenant.emulator.token(permissions=PERMISSIONS, lifetime=timedelta(seconds=-1))
        with pytest.raises(Denied) as caught:
            organization(tenant.client("", ENTRA_PIM_ACCESS_TOKEN=token))
        assert said(caught.value).startswith("InvalidAuthenticationToken: Lifetime validation failed")
        assert token not in str(caught.value)

    def test_one_that_graph_no_longer_takes_is_renewed(self, tenant: TenantAtHand) -> None:
        client = tenant.client(tenant.application(secret=PASSWORD), AZURE_CLIENT_SECRET=PASSWORD)
        organization(client)
        tenant.emulator.clock.advance(hours=2)
        assert organization(client) == "Contoso"
        assert len([call for call in tenant.calls("token") if call.startswith("POST ")]) == 2


class TestAzure:
    def test_a_managed_identity(self, tenant: TenantAtHand, monkeypatch: pytest.MonkeyPatch) -> None:
        with running_endpoint() as machine:
            monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", machine.root)
            token = tenant.emulator.token(permissions=PERMISSIONS)
            machine.answer(access_token=token, expires_in="3600")
            assert organization(tenant.client("", ENTRA_PIM_USE_MSI="true")) == "Contoso"
        # The audience is Graph's root, which is the emulator's here.
        assert [asked["resource"] for asked in machine.asked] == [tenant.graph_url]

    def test_the_azure_cli(self, tenant: TenantAtHand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))
        az = AzureCli(tmp_path)
        az.will_give(tenant.emulator.token(permissions=PERMISSIONS), time.time() + 3600)
        assert organization(tenant.client("", ENTRA_PIM_USE_CLI="true")) == "Contoso"
        assert az.calls[0][-4:] == ["--resource", tenant.graph_url, "--tenant", tenant.emulator.contoso.tenant_id]


class TestPerson:
    APP = "c0a1b2c3-0003-4d5e-8f60-718293a4b5c6"

    def settings(self, tenant: TenantAtHand, **environ: str) -> Settings:
        variables = {**tenant.reach, "ENTRA_PIM_SIGN_IN_CLIENT_ID": self.APP, **environ}
        return Settings.read(UNCONFIGURED.get, variables, [PERSON])

    def test_a_person_signs_in_with_a_code_and_graph_takes_the_token(self, tenant: TenantAtHand) -> None:
        settings, store = self.settings(tenant), TokenStore(msal.TokenCache())
        tokens = person_tokens(settings, PERMISSIONS, store, by_device_code(tenant.approve))
        client = client_for(settings, tokens)
        assert organization(client) == "Contoso"
        assert client.identity().user_principal_name == "admin@contoso.com"
        assert client.identity().permissions >= set(PERMISSIONS)

    def test_all_that_the_application_is_registered_for(self, tenant: TenantAtHand) -> None:
        settings, store = self.settings(tenant), TokenStore(msal.TokenCache())
        tokens = person_tokens(settings, (), store, by_device_code(tenant.approve))
        assert "RoleManagement.ReadWrite.Directory" in client_for(settings, tokens).identity().permissions
        # A command that needs less goes on with it, and without being told the tenant again.
        less = person_tokens(self.settings(tenant, AZURE_TENANT_ID=""), PERMISSIONS, store, None)
        assert organization(client_for(settings, less)) == "Contoso"

    def test_without_a_tenant_it_is_the_persons_own(self, tenant: TenantAtHand) -> None:
        settings = self.settings(tenant, AZURE_TENANT_ID="")
        tokens = person_tokens(settings, PERMISSIONS, TokenStore(msal.TokenCache()), by_device_code(tenant.approve))
        # The emulator's sign-in has no address for people of all tenants, and says so of it.
        with pytest.raises(AuthError, match="'organizations' not found"):
            tokens.token()


class TestLogs:
    def test_at_their_most_talkative_they_hold_no_secret_token_or_assertion(
        self, proof: Proof, tmp_path: Path, tenant: TenantAtHand, caplog: pytest.LogCaptureFixture
    ) -> None:
        for name in ("", "msal", "httpx", "httpcore"):
            caplog.set_level(logging.DEBUG, name)
        by_secret = tenant.application(secret=PASSWORD)
        organization(tenant.client(by_secret, AZURE_CLIENT_SECRET=PASSWORD))
        by_certificate = tenant.application(certificate=proof.certificate)
        organization(tenant.client(by_certificate, AZURE_CLIENT_CERTIFICATE_PATH=str(proof.pem(tmp_path))))
        with pytest.raises(AuthError):
            organization(tenant.client(by_certificate, AZURE_CLIENT_SECRET=PASSWORD))
        assert {"msal", "httpx", "httpcore"} <= {record.name.partition(".")[0] for record in caplog.records}
        assert PASSWORD not in caplog.text
        # What every token and assertion begins with.
        assert "eyJ" not in caplog.text


class TestTheMachinesOwnNetwork:
    @pytest.mark.parametrize(
        "variables",
        [
            {"REQUESTS_CA_BUNDLE": "/nowhere/ca.pem", "CURL_CA_BUNDLE": "/nowhere/ca.pem"},
            {"SSL_CERT_FILE": "/nowhere/ca.pem", "SSL_CERT_DIR": "/nowhere"},
            {"HTTPS_PROXY": UNREACHABLE, "HTTP_PROXY": UNREACHABLE, "ALL_PROXY": UNREACHABLE},
            {"https_proxy": UNREACHABLE, "http_proxy": UNREACHABLE, "all_proxy": UNREACHABLE},
        ],
        ids=["CA bundles", "certificate files", "proxies", "proxies in lower case"],
    )
    def test_an_emulator_is_reached_whatever_the_environment_says(
        self, variables: Mapping[str, str], tenant: TenantAtHand, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        client = tenant.client(tenant.application(secret=PASSWORD), AZURE_CLIENT_SECRET=PASSWORD)
        assert organization(client) == "Contoso"

    def test_a_host_whose_certificate_is_not_trusted_is_told_nothing(self, tenant: TenantAtHand) -> None:
        client = tenant.client(tenant.application(secret=PASSWORD), AZURE_CLIENT_SECRET=PASSWORD, ENTRA_PIM_CA_FILE="")
        with pytest.raises(AuthError, match="CERTIFICATE_VERIFY_FAILED") as caught:
            organization(client)
        said(caught.value)
        assert tenant.calls("token") == []

    def test_an_emulator_that_does_not_run(self, tenant: TenantAtHand) -> None:
        # Port 9 is "discard": nobody listens.
        client = tenant.client(
            "an-app",
            AZURE_CLIENT_SECRET=PASSWORD,
            ENTRA_PIM_AUTHORITY_URL="https://127.0.0.1:9",
            ENTRA_PIM_GRAPH_URL="https://127.0.0.1:9",
        )
        with pytest.raises(NotSent) as caught:
            organization(client)
        assert said(caught.value).startswith("cannot reach https://127.0.0.1:9/")
        assert said(caught.value).endswith("; is the emulator running? (`make up` starts it)")
