"""The table of settings: where each comes from, which wins, and what is said of an unfit one."""

from collections.abc import Mapping

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pulumi_entra_pim.settings import CLOUDS, CREDENTIALS, PERSON, SETTINGS, Settings, SettingsError

UNCONFIGURED: dict[str, str] = {}
TENANT = "1ed8ac56-4827-4733-8f80-86adc2e67db5"
CLIENT = "5ac1b4be-9d11-4c26-a7b1-9fe9b1f0c5c8"
SECRET = "value~of~the~client~secret"
SIGNED_IN = {"AZURE_TENANT_ID": TENANT, "AZURE_CLIENT_ID": CLIENT, "AZURE_CLIENT_SECRET": SECRET}


def read(configured: Mapping[str, str] | None = None, **environ: str) -> Settings:
    return Settings.read((configured or {}).get, {**SIGNED_IN, **environ})


def refused(configured: Mapping[str, str] | None = None, environ: Mapping[str, str] = SIGNED_IN) -> str:
    """Return what is said of settings that are unfit: one line without a secret."""
    with pytest.raises(SettingsError) as caught:
        Settings.read((configured or {}).get, environ)
    return said(caught.value)


def said(error: SettingsError) -> str:
    assert str(error).isprintable()
    assert SECRET not in str(error)
    return str(error)


class TestWhereASettingComesFrom:
    def test_credentials_alone_are_enough(self) -> None:
        settings = read()
        assert (settings.tenant_id, settings.client_id, settings.ca_file) == (TENANT, CLIENT, "")
        assert (settings.graph_url, settings.authority_url) == CLOUDS["global"]
        assert (settings.max_concurrency, settings.operation_timeout, settings.preflight) == (16, 1200.0, False)

    @pytest.mark.parametrize(
        ("key", "variable", "one", "other"),
        [
            ("tenantId", "AZURE_TENANT_ID", "contoso.com", "fabrikam.com"),
            ("clientId", "AZURE_CLIENT_ID", "one", "other"),
            ("environment", "ENTRA_PIM_ENVIRONMENT", "china", "usgov"),
            ("graphUrl", "ENTRA_PIM_GRAPH_URL", "https://one.example", "https://other.example"),
            ("authorityUrl", "ENTRA_PIM_AUTHORITY_URL", "https://one.example", "https://other.example"),
            ("caFile", "ENTRA_PIM_CA_FILE", "one.pem", "other.pem"),
            ("maxConcurrency", "ENTRA_PIM_MAX_CONCURRENCY", "4", "5"),
            ("operationTimeout", "ENTRA_PIM_OPERATION_TIMEOUT", "60", "61.5"),
            ("preflight", "ENTRA_PIM_PREFLIGHT", "true", "false"),
        ],
    )
    def test_a_variable_wins_over_the_key(self, key: str, variable: str, one: str, other: str) -> None:
        without = {name: value for name, value in SIGNED_IN.items() if name != variable}
        if key in ("tenantId", "clientId"):
            assert "set " + variable in refused({}, without)
        configured = Settings.read({key: one}.get, without)
        assert configured != Settings.read({key: other}.get, without)
        assert Settings.read({key: one}.get, {**without, variable: other}) == Settings.read({key: other}.get, without)
        assert Settings.read({key: one}.get, {**without, variable: ""}) == configured

    def test_every_row_of_the_table_is_in_the_test_above(self) -> None:
        assert [row.key for row in SETTINGS] == [
            "tenantId",
            "clientId",
            "environment",
            "graphUrl",
            "authorityUrl",
            "caFile",
            "maxConcurrency",
            "operationTimeout",
            "preflight",
        ]
        assert all(row.meaning.endswith(".") for row in SETTINGS)

    def test_the_variables_of_other_tools_are_understood(self) -> None:
        arm = {"ARM_TENANT_ID": TENANT, "ARM_CLIENT_ID": CLIENT, "ARM_CLIENT_SECRET": SECRET}
        assert Settings.read(UNCONFIGURED.get, arm) == read()

    def test_ids_compare_without_case(self) -> None:
        assert read(AZURE_TENANT_ID=TENANT.upper(), AZURE_CLIENT_ID=CLIENT.upper()) == read()

    @pytest.mark.parametrize("cloud", CLOUDS)
    def test_a_cloud_has_its_own_addresses(self, cloud: str) -> None:
        settings = read({"environment": cloud})
        assert (settings.graph_url, settings.authority_url) == CLOUDS[cloud]

    def test_an_address_wins_over_the_clouds(self) -> None:
        settings = read({"environment": "china", "graphUrl": "https://graph.example"})
        assert (settings.graph_url, settings.authority_url) == ("https://graph.example", CLOUDS["china"][1])

    def test_no_file_and_no_network_is_touched(self) -> None:
        settings = read({"caFile": "/nowhere/ca.pem", "graphUrl": "https://nowhere.invalid"})
        assert settings.ca_file == "/nowhere/ca.pem"


class TestCredentials:
    ways = {
        "access token": {"ENTRA_PIM_ACCESS_TOKEN": "a.bearer.token"},
        "client secret": {"AZURE_CLIENT_SECRET": SECRET},
        "certificate": {"AZURE_CLIENT_CERTIFICATE_PATH": "deployer.pem"},
        "federated token file": {"AZURE_FEDERATED_TOKEN_FILE": "token"},
        "GitHub OIDC": {"ACTIONS_ID_TOKEN_REQUEST_URL": "https://x", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "t"},
        "Azure DevOps OIDC": {
            "SYSTEM_OIDCREQUESTURI": "https://x",
            "SYSTEM_ACCESSTOKEN": "t",
            "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID": CLIENT,
        },
        "managed identity": {"ENTRA_PIM_USE_MSI": "true"},
        "Azure CLI": {"ENTRA_PIM_USE_CLI": "true"},
    }
    switches = ("managed identity", "Azure CLI")
    proofs = ("client secret", "certificate", "federated token file", "GitHub OIDC", "Azure DevOps OIDC")
    ids = {"AZURE_TENANT_ID": TENANT, "AZURE_CLIENT_ID": CLIENT}

    @pytest.mark.parametrize("kind", ways)
    def test_each_way_is_found(self, kind: str) -> None:
        found = Settings.read(UNCONFIGURED.get, {**self.ids, **self.ways[kind]}).credential
        assert (found.kind, found.values) == (kind, tuple(self.ways[kind].values()))

    def test_the_first_of_the_order_is_taken(self) -> None:
        environ = {**self.ids}
        for kind in reversed([source.kind for source in CREDENTIALS]):
            environ |= self.ways[kind]
            assert Settings.read(UNCONFIGURED.get, environ).credential.kind == kind

    def test_half_of_a_way_is_none(self) -> None:
        assert "no credentials" in refused({}, {**self.ids, "ACTIONS_ID_TOKEN_REQUEST_URL": "https://x"})

    def test_a_certificate_may_have_a_password(self) -> None:
        environ = {**self.ids, **self.ways["certificate"], "ARM_CLIENT_CERTIFICATE_PASSWORD": "secret"}
        assert Settings.read(UNCONFIGURED.get, environ).credential.optional == ("secret",)

    def test_none_at_all_says_what_to_set(self) -> None:
        assert refused({"tenantId": TENANT}, {}) == (
            "no credentials: set one of ENTRA_PIM_ACCESS_TOKEN, AZURE_CLIENT_SECRET, AZURE_CLIENT_CERTIFICATE_PATH,"
            " AZURE_FEDERATED_TOKEN_FILE, ACTIONS_ID_TOKEN_REQUEST_URL with ACTIONS_ID_TOKEN_REQUEST_TOKEN,"
            " SYSTEM_OIDCREQUESTURI with SYSTEM_ACCESSTOKEN with AZURESUBSCRIPTION_SERVICE_CONNECTION_ID,"
            " ENTRA_PIM_USE_MSI=true, ENTRA_PIM_USE_CLI=true in the environment"
        )

    def test_a_way_is_switched_on_and_off_in_words(self) -> None:
        on = Settings.read(UNCONFIGURED.get, {"ARM_USE_MSI": "True"})
        assert on.credential.kind == "managed identity"
        off = Settings.read(UNCONFIGURED.get, {"ENTRA_PIM_USE_MSI": "false", "ARM_USE_CLI": "TRUE"})
        assert off.credential.kind == "Azure CLI"
        for said in ("1", "yes", "true "):
            assert refused({}, {"ARM_USE_MSI": said}) == (
                f"ENTRA_PIM_USE_MSI or ARM_USE_MSI is {said!r}: write true or false"
            )

    def test_a_program_has_nobody_to_sign_in(self) -> None:
        environ = {"ENTRA_PIM_SIGN_IN_CLIENT_ID": CLIENT}
        assert refused({}, environ).startswith("no credentials: ")
        found = Settings.read(UNCONFIGURED.get, environ, [*CREDENTIALS, PERSON])
        assert (found.credential.kind, found.credential.values) == ("person", (CLIENT,))
        assert Settings.read(UNCONFIGURED.get, {**environ, **SIGNED_IN}, [*CREDENTIALS, PERSON]) == read()

    @pytest.mark.parametrize("kind", ["access token", *switches])
    def test_a_way_that_brings_its_ids_needs_nothing_else(self, kind: str) -> None:
        assert Settings.read(UNCONFIGURED.get, self.ways[kind]).tenant_id == ""

    @pytest.mark.parametrize("kind", proofs)
    def test_any_other_way_needs_the_tenant_and_the_application(self, kind: str) -> None:
        assert refused({}, self.ways[kind]) == "no tenantId: set AZURE_TENANT_ID or entra-pim:tenantId"
        assert refused({"tenantId": TENANT}, self.ways[kind]) == (
            "no clientId: set AZURE_CLIENT_ID or entra-pim:clientId"
        )

    @pytest.mark.parametrize(
        ("key", "variable"),
        [
            ("clientSecret", "AZURE_CLIENT_SECRET"),
            ("clientCertificatePassword", "AZURE_CLIENT_CERTIFICATE_PASSWORD"),
            ("accessToken", "ENTRA_PIM_ACCESS_TOKEN"),
            ("oidcToken", "AZURE_FEDERATED_TOKEN_FILE"),
            ("password", "AZURE_CLIENT_SECRET"),
        ],
    )
    def test_a_secret_in_the_configuration_is_refused_and_told_where_it_belongs(self, key: str, variable: str) -> None:
        for value in (SECRET, ""):
            assert refused({key: value}) == (
                f"entra-pim:{key} is in the stack's configuration, where everyone with the state can read it:"
                f" remove it (`pulumi config rm entra-pim:{key}`) and set {variable} in the environment"
            )

    @pytest.mark.parametrize("kind", ["access token", *proofs])
    def test_a_credential_never_shows_itself(self, kind: str) -> None:
        environ = dict.fromkeys(self.ways[kind], SECRET)
        settings = Settings.read(UNCONFIGURED.get, {**self.ids, **environ, "AZURE_CLIENT_CERTIFICATE_PASSWORD": SECRET})
        for text in (repr(settings), str(settings), repr(settings.credential)):
            assert SECRET not in text


class TestUnfitValues:
    @pytest.mark.parametrize("cloud", ["Global", "azure", "public\n"])
    def test_a_cloud_that_does_not_exist(self, cloud: str) -> None:
        assert refused({"environment": cloud}) == (
            f"entra-pim:environment is {cloud!r}: write one of global, usgov, usgovdod, china"
        )

    @pytest.mark.parametrize("key", ["tenantId", "clientId"])
    @pytest.mark.parametrize("value", ["a b", "contoso.com/", "common?x", f"{TENANT}\n", "../x", "ﬀ"])
    def test_an_id_that_is_none(self, key: str, value: str) -> None:
        ids = {key: value, "tenantId" if key == "clientId" else "clientId": TENANT}
        line = refused(ids, {"AZURE_CLIENT_SECRET": SECRET})
        assert line == f"entra-pim:{key} is {value!r}: write an id such as {TENANT}"

    @pytest.mark.parametrize(
        ("key", "least", "most"), [("maxConcurrency", "1", "256"), ("operationTimeout", "1", "86400")]
    )
    def test_a_number_out_of_its_bounds(self, key: str, least: str, most: str) -> None:
        read({key: least})
        read({key: most})
        for value in ("0", "-1", f"{most}1", "many", "nan", "inf", "1 000"):
            assert refused({key: value}) == f"entra-pim:{key} is {value!r}: write a number from {least} to {most}"

    @pytest.mark.parametrize("value", ["True", "1", "yes", " true", "on\n"])
    def test_a_switch_that_is_neither_on_nor_off(self, value: str) -> None:
        assert refused({"preflight": value}) == f"entra-pim:preflight is {value!r}: write true or false"

    @given(value=st.text())
    def test_no_text_whatever_is_a_number_out_of_its_bounds(self, value: str) -> None:
        try:
            settings = read({"maxConcurrency": value, "operationTimeout": value})
        except SettingsError as error:
            said(error)
        else:
            assert 1 <= settings.max_concurrency <= 256
            assert 1 <= settings.operation_timeout <= 86_400


class TestAddresses:
    @pytest.mark.parametrize(
        ("written", "root"),
        [
            ("https://graph.microsoft.com", "https://graph.microsoft.com"),
            ("https://graph.microsoft.com/", "https://graph.microsoft.com"),
            ("HTTPS://Graph.Microsoft.com", "https://graph.microsoft.com"),
            ("https://10.0.0.7:8443", "https://10.0.0.7:8443"),
            ("https://[2001:db8::1]:8443", "https://[2001:db8::1]:8443"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("http://localhost", "http://localhost"),
            ("http://[::1]:8080", "http://[::1]:8080"),
        ],
    )
    @pytest.mark.parametrize("key", ["graphUrl", "authorityUrl"])
    def test_a_root_is_kept(self, key: str, written: str, root: str) -> None:
        settings = read({key: written})
        assert (settings.graph_url if key == "graphUrl" else settings.authority_url) == root

    @pytest.mark.parametrize(
        "written",
        [
            "graph.microsoft.com",
            "http://graph.microsoft.com",
            "http://127.0.0.2",
            "http://localhost.example",
            "ftp://localhost",
            "https://",
            "https:///v1.0",
            "https://graph.microsoft.com/v1.0",
            "https://graph.microsoft.com?x=1",
            "https://graph.microsoft.com#x",
            "https://graph.microsoft.com:port",
            "https://graph.microsoft.com:99999",
            "https://graph..microsoft.com",
            "https://1.2.3.999",
            "https://[::1",
            "https://[:::]",
            "https://gra\nph.microsoft.com",
            " https://graph.microsoft.com",
        ],
    )
    @pytest.mark.parametrize("key", ["graphUrl", "authorityUrl"])
    def test_anything_else_is_refused(self, key: str, written: str) -> None:
        assert refused({key: written}) == (
            f"entra-pim:{key} is {written!r}: write the root of an https address, without a path, such as"
            " https://graph.microsoft.com (plain http for a loopback address only)"
        )

    def test_a_password_in_an_address_is_not_repeated(self) -> None:
        assert refused({"graphUrl": f"https://aline:{SECRET}@graph.example"}).startswith(
            "entra-pim:graphUrl is not a root: write the root"
        )

    @given(
        written=st.text()
        | st.builds(
            "{}{}".format,
            st.sampled_from(["https://", "http://", "HTTPS://"]),
            st.text() | st.text("abc019.:-[]@/?#\\% \t\n", max_size=20) | st.sampled_from(["127.0.0.1:", "[::1]:"]),
        )
    )
    @example("https://0")
    @example("https://a:0")
    def test_what_is_taken_leads_where_it_says_and_nowhere_else(self, written: str) -> None:
        try:
            root = read({"graphUrl": written}).graph_url if written else "https://graph.microsoft.com"
        except SettingsError as error:
            said(error)
        else:
            url = httpx.URL(root)
            assert str(url) == root
            assert (url.path, url.query, url.fragment, url.userinfo) == ("/", b"", "", b"")
            assert url.scheme == "https" or url.host in {"127.0.0.1", "localhost", "::1"}
