"""Where tokens come from, and what is said when there is none; MSAL is the real one."""

import base64
import json
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from urllib.parse import parse_qs

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import example, given
from hypothesis import strategies as st

from pulumi_entra_pim.graph.auth import (
    AssertionFile,
    Certificate,
    ClientSecret,
    GitHubAssertion,
    GivenToken,
    Identity,
    identity_of,
)
from pulumi_entra_pim.graph.errors import AuthError, NotSent
from tests.graph.entra import APP, AUTHORITY, SECRET, Entra, Proof, granted
from tests.graph.github import BEARER, Job
from tests.graph.service import PASSWORD, TENANT, TOKEN, Step, answer, bearer, said


def refused(description: str, status: int = 401) -> httpx.Response:
    return answer(status, {"error": "invalid_client", "error_description": description, "error_codes": [1]})


def form(request: httpx.Request) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(request.content.decode()).items()}


def in_threads(call: Callable[[], object], threads: int = 32) -> list[object]:
    """Call from many threads at the same moment."""
    together = threading.Barrier(threads)

    def one() -> object:
        together.wait()
        return call()

    with ThreadPoolExecutor(threads) as pool:
        return [each.result() for each in [pool.submit(one) for _ in range(threads)]]


class TestOneTokenForAll:
    def test_nothing_is_asked_before_a_token_is_needed(self) -> None:
        entra = Entra()
        entra.tokens()
        assert entra.discovery.calls == entra.token.calls == []

    def test_the_application_proves_itself_with_its_secret(self) -> None:
        entra = Entra(granted())
        assert entra.tokens().token() == bearer(jti="1")
        [request] = entra.token.received
        assert str(request.url) == f"{AUTHORITY}/oauth2/v2.0/token"
        sent = form(request)
        assert (sent["grant_type"], sent["client_id"], sent["client_secret"], sent["scope"]) == (
            "client_credentials",
            APP,
            SECRET,
            "https://graph.microsoft.com/.default",
        )

    def test_no_host_but_the_authority_is_asked(self) -> None:
        entra = Entra(granted())
        entra.tokens().token()
        assert entra.discovery.calls == [f"GET /{TENANT}/v2.0/.well-known/openid-configuration"]
        assert {request.url.host for request in entra.discovery.received} == {"login.microsoftonline.com"}

    def test_one_token_call_for_32_cold_threads(self) -> None:
        entra = Entra(granted())
        tokens = entra.tokens()
        assert set(in_threads(tokens.token)) == {bearer(jti="1")}
        assert (len(entra.discovery.calls), len(entra.token.calls)) == (1, 1)

    def test_one_more_for_32_threads_whose_token_graph_refused(self) -> None:
        entra = Entra(granted("1"), granted("2"))
        tokens = entra.tokens()
        first = tokens.token()

        def after_a_refusal() -> str:
            assert tokens.renew(first)
            return tokens.token()

        assert set(in_threads(after_a_refusal)) == {bearer(jti="2")}
        assert (len(entra.discovery.calls), len(entra.token.calls)) == (1, 2)

    def test_claims_that_graph_wants_are_passed_on_once(self) -> None:
        entra = Entra(granted("1", seconds=300), granted("2", seconds=300), granted("3", seconds=300))
        tokens = entra.tokens()
        assert tokens.renew(tokens.token(), '{"access_token":{"acrs":{"essential":true,"value":"c1"}}}')
        tokens.token()
        tokens.token()
        wanted = [json.loads(form(request)["claims"])["access_token"] for request in entra.token.received]
        assert [each.get("acrs") for each in wanted] == [None, {"essential": True, "value": "c1"}, None]
        assert all(each["xms_cc"] == {"values": ["CP1"]} for each in wanted)

    def test_claims_are_not_forgotten_over_a_failure(self) -> None:
        entra = Entra(granted("1"), answer(503, {}), granted("2"))
        tokens = entra.tokens()
        tokens.renew(tokens.token(), '{"access_token":{"acrs":{"essential":true,"value":"c1"}}}')
        with pytest.raises(NotSent):
            tokens.token()
        tokens.token()
        assert "acrs" in json.loads(form(entra.token.received[-1])["claims"])["access_token"]

    def test_it_is_used_until_five_minutes_before_its_end(self, monkeypatch: pytest.MonkeyPatch) -> None:
        present = time.time()
        monkeypatch.setattr(time, "time", lambda: present)
        entra = Entra(granted("1", seconds=3600), granted("2"))
        tokens = entra.tokens()
        tokens.token()
        present += 3299
        assert tokens.token() == bearer(jti="1")
        present += 2
        assert tokens.token() == bearer(jti="2")

    def test_a_short_lived_one_is_not_used_twice(self) -> None:
        entra = Entra(granted("1", seconds=300), granted("2", seconds=300))
        tokens = entra.tokens()
        assert [tokens.token(), tokens.token()] == [bearer(jti="1"), bearer(jti="2")]

    @pytest.mark.parametrize(
        "failure", [httpx.ReadTimeout("60 s"), answer(503, {}), answer(429, {}, retry_after="3600"), refused("no", 400)]
    )
    def test_a_failure_is_not_remembered(self, failure: Step) -> None:
        entra = Entra(failure, granted())
        tokens = entra.tokens()
        with pytest.raises((AuthError, NotSent)):
            tokens.token()
        assert tokens.token() == bearer(jti="1")

    def test_a_failed_look_at_the_tenant_is_not_remembered(self) -> None:
        entra = Entra(granted(), discovery=answer(503, {}))
        tokens = entra.tokens()
        with pytest.raises(NotSent):
            tokens.token()
        entra.discovery = Entra().discovery
        assert tokens.token() == bearer(jti="1")


class TestWhyThereIsNone:
    @pytest.mark.parametrize(
        ("reason", "advice"),
        [
            ("AADSTS7000222: The provided client secret keys are expired.", "the client secret has expired"),
            ("AADSTS7000215: Invalid client secret provided.", "must hold the secret's value, not its id"),
            ("AADSTS700016: Application 'x' was not found.", "check AZURE_CLIENT_ID and AZURE_TENANT_ID"),
            ("AADSTS90002: Tenant 'x' not found.", "there is no such tenant: check AZURE_TENANT_ID"),
            ("AADSTS700027: The certificate is not registered.", "the certificate is not one of the application's"),
            ("AADSTS700211: No matching record for issuer.", "no federated credential of the application matches"),
            ("AADSTS700213: No matching record for subject.", "no federated credential of the application matches"),
        ],
    )  # fmt: skip
    def test_entras_reason_and_what_to_do(self, reason: str, advice: str) -> None:
        entra = Entra(refused(f"{reason}\r\nTrace ID: 1\r\nTimestamp: 2026-11-23 18:00:00Z"))
        with pytest.raises(AuthError) as caught:
            entra.tokens().token()
        line = said(caught.value)
        assert line.startswith(f"Entra gave application {APP} no token at {AUTHORITY}: {reason} (")
        assert advice in line
        assert SECRET not in line

    def test_a_reason_that_nobody_can_act_on_stands_alone(self) -> None:
        with pytest.raises(AuthError) as caught:
            Entra(refused("AADSTS50058: Something else.")).tokens().token()
        assert (
            said(caught.value) == f"Entra gave application {APP} no token at {AUTHORITY}: AADSTS50058: Something else."
        )

    @pytest.mark.parametrize(
        ("body", "reason"),
        [({"error": "temporarily_unavailable"}, "temporarily_unavailable"), ({}, "no reason given")],
    )
    def test_little_reason_is_said_as_it_is(self, body: dict[str, str], reason: str) -> None:
        with pytest.raises(AuthError) as caught:
            Entra(answer(400, body)).tokens().token()
        assert said(caught.value).endswith(f": {reason}")

    def test_a_tenant_that_is_not_there_is_named_at_the_first_look(self) -> None:
        # What the discovery address answers for a tenant that does not exist.
        discovery = answer(400, {"error": "invalid_tenant", "error_description": "AADSTS90002: Tenant 'x' not found."})
        with pytest.raises(AuthError) as caught:
            Entra(discovery=discovery).tokens().token()
        assert said(caught.value).endswith(
            "AADSTS90002: Tenant 'x' not found. (there is no such tenant: check AZURE_TENANT_ID)"
        )

    @pytest.mark.parametrize(
        ("response", "what"),
        [
            (httpx.Response(200, html="<html>Sign in to the network</html>"), r"HTTP 200, text/html; charset=utf-8"),
            (httpx.Response(302, headers={"location": "https://evil.example/"}), "HTTP 302, no content type"),
            (httpx.Response(404, content=b"\xff\xfe"), "HTTP 404, no content type"),
        ],
    )
    def test_an_answer_of_somebody_else(self, response: httpx.Response, what: str) -> None:
        for entra in (Entra(discovery=response), Entra(response)):
            with pytest.raises(AuthError) as caught:
                entra.tokens().token()
            assert said(caught.value) == f"the answer of {AUTHORITY} is not Entra's ({what})"

    def test_a_document_that_was_cut_off_is_asked_for_again(self) -> None:
        cut_off = httpx.Response(200, headers={"content-type": "application/json"}, content=b'{"token_type": "Be')
        for answered in (cut_off, httpx.Response(200, json=["a", "list"])):
            for entra in (Entra(discovery=answered), Entra(answered)):
                with pytest.raises(NotSent) as caught:
                    entra.tokens().token()
                assert said(caught.value) == f"the answer of {AUTHORITY} cannot be read (HTTP 200)"

    def test_a_configuration_without_addresses(self) -> None:
        with pytest.raises(AuthError) as caught:
            Entra(discovery=answer(200, {"issuer": AUTHORITY})).tokens().token()
        assert said(caught.value) == f"no token from {AUTHORITY}: KeyError: 'authorization_endpoint'"

    @pytest.mark.parametrize("body", [{}, {"access_token": TOKEN, "expires_in": "soon"}, {"expires_in": 3600}])
    def test_a_token_that_is_none(self, body: dict[str, str]) -> None:
        with pytest.raises(AuthError) as caught:
            Entra(answer(200, body)).tokens().token()
        assert said(caught.value).startswith(f"no token from {AUTHORITY}: ")

    def test_nothing_of_the_http_library_comes_out(self) -> None:
        kinds = [
            *httpx.TransportError.__subclasses__(),
            httpx.ConnectError,
            httpx.ReadTimeout,
            httpx.RemoteProtocolError,
        ]
        for failure in [*(kind("what httpx says") for kind in kinds), httpx.InvalidURL("what httpx says")]:
            for entra in (Entra(discovery=failure), Entra(failure)):
                with pytest.raises((AuthError, NotSent)) as caught:
                    entra.tokens().token()
                assert said(caught.value).startswith(f"cannot reach {AUTHORITY}: what httpx says")
                assert isinstance(caught.value, AuthError) == isinstance(failure, httpx.InvalidURL)

    @pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
    def test_entra_may_ask_for_patience(self, status: int) -> None:
        for entra in (Entra(discovery=answer(status, {}, retry_after="7")), Entra(answer(status, {}, retry_after="7"))):
            with pytest.raises(NotSent) as caught:
                entra.tokens().token()
            assert said(caught.value) == (
                f"Entra gave application {APP} no token at {AUTHORITY} just now (HTTP {status}): {{}}"
            )
            assert caught.value.retry_after == 7.0

    def test_an_error_without_words_is_named(self) -> None:
        with pytest.raises(NotSent, match="ConnectError"):
            Entra(httpx.ConnectError("")).tokens().token()

    @pytest.mark.parametrize("host", ["127.0.0.1:8443", "localhost:8443", "[::1]:8443"])
    def test_on_this_machine_the_emulator_may_not_be_running(self, host: str) -> None:
        authority = f"https://{host}/{TENANT}"
        with pytest.raises(NotSent) as caught:
            Entra(discovery=httpx.ConnectError("refused")).tokens(authority=authority).token()
        assert (
            said(caught.value) == f"cannot reach {authority}: refused; is the emulator running? (`make up` starts it)"
        )


class TestCertificate:
    def test_both_spellings_of_a_file_prove_the_application(self, proof: Proof, tmp_path: Path) -> None:
        for credential in (
            Certificate(str(proof.pem(tmp_path))),
            Certificate(str(proof.pem(tmp_path, PASSWORD)), PASSWORD),
            Certificate(str(proof.pfx(tmp_path))),
            Certificate(str(proof.pfx(tmp_path, PASSWORD)), PASSWORD),
        ):
            entra = Entra(granted())
            entra.tokens(credential).token()
            sent = form(entra.token.received[0])
            assert sent["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
            header = json.loads(base64.urlsafe_b64decode(sent["client_assertion"].partition(".")[0] + "=="))
            assert "x5t#S256" in header
            assert "client_secret" not in sent

    def test_the_key_may_come_first(self, proof: Proof, tmp_path: Path) -> None:
        path = tmp_path / "deployer.pem"
        path.write_text(proof.key() + proof.certificate)
        assert Entra(granted()).tokens(Certificate(str(path))).token()

    def test_a_file_that_is_not_there(self, tmp_path: Path) -> None:
        for name in ("none.pem", "none.pfx", "none.P12"):
            path = tmp_path / name
            with pytest.raises(AuthError) as caught:
                Entra().tokens(Certificate(str(path))).token()
            assert said(caught.value) == (
                f"AZURE_CLIENT_CERTIFICATE_PATH: cannot read {path} (No such file or directory)"
            )

    def test_a_file_of_something_else(self, tmp_path: Path) -> None:
        path = tmp_path / "deployer.pem"
        path.write_bytes(b"\xff\xfe\x00")
        with pytest.raises(AuthError, match=r"AZURE_CLIENT_CERTIFICATE_PATH: cannot read .* codec can't decode"):
            Entra().tokens(Certificate(str(path))).token()

    def test_half_of_it_is_not_enough(self, proof: Proof, tmp_path: Path) -> None:
        path = tmp_path / "deployer.pem"
        for half in (proof.certificate, proof.key(), ""):
            path.write_text(half)
            with pytest.raises(AuthError, match="must hold the certificate and its private key"):
                Entra().tokens(Certificate(str(path))).token()

    def test_an_encrypted_key_without_its_password(self, proof: Proof, tmp_path: Path) -> None:
        with pytest.raises(AuthError, match=r"AZURE_CLIENT_CERTIFICATE_PASSWORD: .* needs its password"):
            Entra().tokens(Certificate(str(proof.pem(tmp_path, PASSWORD)))).token()

    def test_a_wrong_password_a_needless_one_and_a_key_of_another_kind(self, proof: Proof, tmp_path: Path) -> None:
        elliptic = ec.generate_private_key(ec.SECP256R1()).private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        )
        other = tmp_path / "elliptic.pem"
        other.write_text(proof.certificate + elliptic.decode())
        broken = tmp_path / "broken.pem"
        broken.write_text(proof.certificate.replace("M", "?") + proof.key())
        for credential in (
            Certificate(str(proof.pem(tmp_path, "the right one")), PASSWORD),
            Certificate(str(proof.pfx(tmp_path, "the right one")), PASSWORD),
            Certificate(str(proof.pfx(tmp_path, "the right one"))),
            Certificate(str(other)),
            Certificate(str(broken)),
        ):
            with pytest.raises(AuthError) as caught:
                Entra(granted()).tokens(credential).token()
            assert said(caught.value).startswith(f"no token from {AUTHORITY}: ")
        with pytest.raises(AuthError, match="Password was given but private key is not encrypted"):
            Entra(granted()).tokens(Certificate(str(proof.pem(tmp_path)), PASSWORD)).token()


class TestAssertionFile:
    def test_the_file_is_read_for_each_token(self, tmp_path: Path) -> None:
        path = tmp_path / "token"
        entra = Entra(granted("1", seconds=300), granted("2", seconds=300))
        tokens = entra.tokens(AssertionFile(str(path)))
        for assertion in ("first.assertion", "second.assertion"):
            path.write_text(f"{assertion}\n")
            tokens.token()
        assert [form(request)["client_assertion"] for request in entra.token.received] == [
            "first.assertion",
            "second.assertion",
        ]

    def test_a_file_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(AuthError) as caught:
            Entra().tokens(AssertionFile(str(tmp_path / "none"))).token()
        assert said(caught.value) == (
            f"AZURE_FEDERATED_TOKEN_FILE: cannot read {tmp_path / 'none'} (No such file or directory)"
        )

    def test_a_file_of_something_else(self, tmp_path: Path) -> None:
        (tmp_path / "token").write_bytes(b"\xff\xfe")
        with pytest.raises(AuthError, match="AZURE_FEDERATED_TOKEN_FILE: cannot read"):
            Entra().tokens(AssertionFile(str(tmp_path / "token"))).token()

    def test_an_empty_file_is_no_proof(self, tmp_path: Path) -> None:
        (tmp_path / "token").write_text("\n")
        with pytest.raises(AuthError, match=r"AZURE_FEDERATED_TOKEN_FILE: .* is empty"):
            Entra().tokens(AssertionFile(str(tmp_path / "token"))).token()


class TestGitHub:
    def test_the_jobs_identity_is_asked_for_with_entras_audience(self, job: Job) -> None:
        entra = Entra(granted())
        entra.tokens(GitHubAssertion(job.url, BEARER)).token()
        assert form(entra.token.received[0])["client_assertion"] == "an.identity.assertion"
        assert job.asked == [
            {
                "path": "/idtoken",
                "api-version": "2.0",
                "audience": "api://AzureADTokenExchange",
                "authorization": f"bearer {BEARER}",
            }
        ]

    @pytest.mark.parametrize(
        ("status", "body", "reason"),
        [
            (403, b"{}", "HTTPStatusError"),
            (500, b"", "HTTPStatusError"),
            (200, b"<html>", "JSONDecodeError"),
            (200, b"{}", "KeyError"),
            (200, b"[]", "TypeError"),
        ],
    )
    def test_no_identity_for_the_job(self, status: int, body: bytes, reason: str, job: Job) -> None:
        job.status, job.body = status, body
        with pytest.raises(AuthError) as caught:
            Entra().tokens(GitHubAssertion(job.url, BEARER)).token()
        assert said(caught.value) == f"GitHub gave no identity token ({reason}): check id-token: write"

    @pytest.mark.parametrize("url", ["", "not an address", "http://127.0.0.1:1/", "https://[", "http://127.0.0.1:x/"])
    def test_an_address_that_leads_nowhere(self, url: str) -> None:
        with pytest.raises(AuthError, match="GitHub gave no identity token"):
            Entra().tokens(GitHubAssertion(url, BEARER)).token()

    def test_a_bearer_that_is_none_is_not_shown(self, job: Job) -> None:
        for broken in (f"{BEARER}\n", "sécret"):
            with pytest.raises(AuthError) as caught:
                Entra().tokens(GitHubAssertion(job.url, broken)).token()
            assert broken.strip() not in said(caught.value)


class TestIdentity:
    def test_an_application(self) -> None:
        token = bearer(tid=TENANT.upper(), oid="AAAA", appid="BBBB", idtyp="app")
        assert identity_of(token) == Identity(TENANT, "aaaa", "bbbb", is_application=True)

    def test_a_person(self) -> None:
        token = bearer(appid="BBBB", idtyp="user", scp="User.Read", upn="admin@contoso.com")
        assert identity_of(token) == Identity(
            TENANT,
            "an-object",
            "bbbb",
            is_application=False,
            user_principal_name="admin@contoso.com",
            permissions=frozenset({"User.Read"}),
        )

    def test_tokens_of_both_versions_name_the_application(self) -> None:
        assert identity_of(bearer(appid=None, azp="BBBB")).client_id == "bbbb"
        assert identity_of(bearer(appid=None)).client_id == ""

    def test_a_person_may_be_named_by_the_newer_claim(self) -> None:
        assert identity_of(bearer(scp="", preferred_username="admin@contoso.com")) == Identity(
            TENANT, "an-object", "an-app", is_application=False, user_principal_name="admin@contoso.com"
        )

    def test_without_a_type_the_permissions_tell(self) -> None:
        assert identity_of(bearer()).is_application
        assert not identity_of(bearer(scp="User.Read")).is_application

    def test_a_token_of_something_else_names_nobody(self) -> None:
        for claims in ({"tid": TENANT}, {"oid": "an-object"}, {}):
            payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode()
            with pytest.raises(AuthError, match="it names no tenant"):
                identity_of(f"header.{payload}.signature")

    @given(token=st.text() | st.binary().map(lambda raw: f"h.{base64.urlsafe_b64encode(raw).decode()}.s"))
    @example("")
    @example("opaque")
    @example("h.W10.s")
    @example("h.bnVsbA.s")
    @example(f"h.{base64.urlsafe_b64encode(b'[' * 100_000).decode()}.s")
    def test_no_text_whatever_is_taken_for_one_or_shown(self, token: str) -> None:
        with pytest.raises(AuthError) as caught:
            identity_of(token)
        assert said(caught.value) == (
            "the access token is not an Entra token for Graph: it names no tenant (tid) or caller (oid)"
        )


class TestSecretsStaySecret:
    @pytest.mark.parametrize(
        "holder",
        [
            GivenToken(TOKEN),
            ClientSecret(PASSWORD),
            Certificate("a.pem", PASSWORD),
            GitHubAssertion("https://actions.example", PASSWORD),
        ],
        ids=lambda holder: type(holder).__name__,
    )
    def test_a_credential_does_not_show_itself(self, holder: object) -> None:
        for text in (repr(holder), str(holder)):
            assert PASSWORD not in text
            assert TOKEN not in text

    def test_a_source_of_tokens_does_not_either(self) -> None:
        tokens = Entra(granted()).tokens()
        tokens.token()
        assert SECRET not in repr(tokens)

    @pytest.mark.parametrize(
        "response",
        [
            granted(),
            refused("AADSTS7000215: Invalid client secret provided."),
            httpx.Response(200, content=granted().content[:-9]),
            answer(503, {}),
            httpx.ReadTimeout("60 s"),
        ],
        ids=["token", "refusal", "token cut off", "busy", "lost"],
    )
    def test_no_log_holds_a_secret_or_a_token(
        self, response: Step, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
    ) -> None:
        for name in ("", "msal", "httpx", "httpcore"):
            caplog.set_level(logging.DEBUG, name)
        with suppress(AuthError, NotSent):
            Entra(response).tokens().token()
        written = caplog.text + "".join(capfd.readouterr())
        for secret in (SECRET, bearer(jti="1")[:-9]):
            assert secret not in written
        assert "msal" in {record.name.partition(".")[0] for record in caplog.records}

    def test_no_assertion_is_logged(
        self, proof: Proof, job: Job, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        for name in ("", "msal", "httpx", "httpcore"):
            caplog.set_level(logging.DEBUG, name)
        (tmp_path / "token").write_text("an.identity.assertion")
        for credential in (
            Certificate(str(proof.pem(tmp_path, PASSWORD)), PASSWORD),
            AssertionFile(str(tmp_path / "token")),
            GitHubAssertion(job.url, BEARER),
        ):
            entra = Entra(granted())
            token = entra.tokens(credential).token()
            assertion = form(entra.token.received[0])["client_assertion"]
            for secret in (assertion, token, PASSWORD, BEARER):
                assert secret not in caplog.text
