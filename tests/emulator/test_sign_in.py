"""Tokens: how an app gets one, what is in it, and what Graph makes of it."""

import base64
import hashlib
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import jwt
import msal
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from entra_emulator import Emulator, Federation
from tests.emulator.graph import Graph

SCOPE = "https://graph.microsoft.com/.default"
JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ISSUER = "https://token.actions.githubusercontent.com"
SUBJECT = "repo:contoso/identity:environment:production"
AUDIENCE = "api://AzureADTokenExchange"


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(scope="module")
def certificate(key: rsa.RSAPrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "deployer")])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2099, 1, 1, tzinfo=UTC))
        .sign(key, hashes.SHA256())
    )


def pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def public_pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    return (
        key.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )


def ask(graph: Graph, tenant: str | None = None, **form: str) -> tuple[int, Any]:
    facts = graph.emulator.contoso
    sent = {"grant_type": "client_credentials", "client_id": facts.client_id, "scope": SCOPE, **form}
    response = graph.http.post(f"/{tenant or facts.tenant_id}/oauth2/v2.0/token", data=sent)
    return response.status_code, response.json()


def refusal(graph: Graph, tenant: str | None = None, **form: str) -> tuple[int, str, int]:
    status, body = ask(graph, tenant, **form)
    assert body["error_description"].startswith(f"AADSTS{body['error_codes'][0]}: ")
    assert "Trace ID: " in body["error_description"]
    return status, body["error"], body["error_codes"][0]


def granted(answer: tuple[int, Any]) -> dict[str, Any]:
    status, body = answer
    assert status == 200, body
    claims: dict[str, Any] = jwt.decode(body["access_token"], options={"verify_signature": False})
    return claims


# Discovery


def test_discovery_points_at_the_door_that_was_asked(graph: Graph) -> None:
    facts = graph.emulator.contoso
    for name in (facts.tenant_id, "contoso.com"):
        found = graph.http.get(f"/{name}/v2.0/.well-known/openid-configuration").json()
        root = f"{str(graph.http.base_url).rstrip('/')}/{facts.tenant_id}"
        assert found["token_endpoint"] == f"{root}/oauth2/v2.0/token"
        assert found["issuer"] == f"{root}/v2.0"
    unknown = graph.http.get("/nowhere.example/v2.0/.well-known/openid-configuration")
    assert (unknown.status_code, unknown.json()["error_codes"]) == (400, [90002])


def test_tokens_are_signed_with_the_published_key(graph: Graph) -> None:
    _, body = ask(graph, client_secret=graph.emulator.contoso.client_secret)
    keys = graph.http.get(f"/{graph.emulator.contoso.tenant_id}/discovery/v2.0/keys").json()
    assert jwt.get_unverified_header(body["access_token"])["kid"] == keys["keys"][0]["kid"]
    published = jwt.PyJWKSet.from_dict(keys).keys[0]
    jwt.decode(body["access_token"], published.key, algorithms=["RS256"], audience="https://graph.microsoft.com")


# A secret


def test_the_claims_are_those_of_an_app_token_of_entra(graph: Graph) -> None:
    facts = graph.emulator.contoso
    status, body = ask(graph, client_secret=facts.client_secret)
    assert (status, body["token_type"], body["expires_in"]) == (200, "Bearer", 3600)
    claims = granted((status, body))
    assert claims["aud"] == "https://graph.microsoft.com"
    assert claims["iss"] == f"https://sts.windows.net/{facts.tenant_id}/"
    assert (claims["tid"], claims["oid"], claims["appid"]) == (
        facts.tenant_id,
        facts.service_principal_id,
        facts.client_id,
    )
    assert (claims["idtyp"], claims["ver"]) == ("app", "1.0")
    assert "RoleManagement.ReadWrite.Directory" in claims["roles"]
    assert claims["exp"] - claims["iat"] == 3600
    assert "scp" not in claims


def test_the_scope_may_name_graph_or_the_emulator(graph: Graph) -> None:
    secret = graph.emulator.contoso.client_secret
    for resource in ("https://graph.microsoft.com", "https://127.0.0.1:8443", "https://graph.microsoft.us"):
        granted(ask(graph, client_secret=secret, scope=f"{resource}/.default"))
    assert refusal(graph, client_secret=secret, scope="https://vault.azure.net/.default") == (
        400,
        "invalid_resource",
        500011,
    )
    assert refusal(graph, client_secret=secret, scope="User.Read")[1:] == ("invalid_scope", 1002012)


def test_a_wrong_secret_is_named_as_entra_does(graph: Graph) -> None:
    status, body = ask(graph, client_secret="wrong")
    assert (status, body["error"]) == (401, "invalid_client")
    assert body["error_description"].startswith("AADSTS7000215: Invalid client secret provided. Ensure the secret")
    assert refusal(graph)[2] == 7000218


def test_a_secret_expires_by_the_emulators_clock(graph: Graph, emulator: Emulator) -> None:
    made = emulator.register(name="app", permissions=[], secret="s", secret_lifetime=timedelta(days=1))
    form = {"client_id": made.client_id, "client_secret": "s"}
    assert granted(ask(graph, **form))["roles"] == []
    emulator.clock.advance(days=1)
    assert refusal(graph, **form) == (401, "invalid_client", 7000222)


def test_unknown_tenants_apps_and_grants_are_told_apart(graph: Graph) -> None:
    secret = graph.emulator.contoso.client_secret
    assert refusal(graph, "nowhere", client_secret=secret) == (400, "invalid_request", 90002)
    assert refusal(graph, graph.emulator.fabrikam.tenant_id, client_secret=secret) == (
        400,
        "unauthorized_client",
        700016,
    )
    assert refusal(graph, client_id="", client_secret=secret)[2] == 900144
    assert refusal(graph, grant_type="password")[1] == "unsupported_grant_type"


def test_msal_gets_a_token_with_which_graph_can_be_called(graph: Graph) -> None:
    facts = graph.emulator.contoso
    app = msal.ConfidentialClientApplication(
        facts.client_id,
        client_credential=facts.client_secret,
        authority=f"{str(graph.http.base_url).rstrip('/')}/{facts.tenant_id}",
        instance_discovery=False,
        http_client=graph.http,
    )
    token = app.acquire_token_for_client([SCOPE])
    assert graph.bearer(token["access_token"]).values("/organization")[0]["id"] == facts.tenant_id
    assert app.acquire_token_for_client([SCOPE])["token_source"] == "cache"


# A certificate


class TextForms:
    """MSAL's way to HTTP: it gives assertions as bytes, which httpx would write as ``b'…'``."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http
        self.get = http.get

    def post(self, url: str, data: dict[str, str | bytes], **more: Any) -> httpx.Response:
        form = {name: value.decode() if isinstance(value, bytes) else value for name, value in data.items()}
        return self._http.post(url, data=form, **more)

    def close(self) -> None:
        """Leave the client open: it is the test's."""


def test_msal_proves_an_app_by_its_certificate(
    graph: Graph, key: rsa.RSAPrivateKey, certificate: x509.Certificate
) -> None:
    made = graph.emulator.register(name="app", permissions=["Organization.Read.All"], certificate=pem(certificate))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    for credential in (
        {"private_key": private.decode(), "public_certificate": pem(certificate)},
        {
            "private_key": private.decode(),
            "thumbprint": hashlib.sha1(
                certificate.public_bytes(serialization.Encoding.DER), usedforsecurity=False
            ).hexdigest(),
        },
    ):
        app = msal.ConfidentialClientApplication(
            made.client_id,
            client_credential=credential,
            authority=f"{str(graph.http.base_url).rstrip('/')}/{made.tenant_id}",
            instance_discovery=False,
            http_client=TextForms(graph.http),
        )
        token = app.acquire_token_for_client([SCOPE])
        assert "access_token" in token, token
        graph.bearer(token["access_token"]).get("/organization")


Assertion = Callable[..., str]


@pytest.fixture
def assertion(graph: Graph, key: rsa.RSAPrivateKey, certificate: x509.Certificate) -> Assertion:
    """Register an app with a certificate, and return a way to sign its assertions."""
    made = graph.emulator.register(name="app", permissions=[], certificate=pem(certificate))
    digest = base64.urlsafe_b64encode(certificate.fingerprint(hashes.SHA256())).decode().rstrip("=")

    def sign(signing_key: Any = key, header: dict[str, str] | None = None, **claims: object) -> str:
        now = int(time.time())
        body = {
            "iss": made.client_id,
            "sub": made.client_id,
            "aud": f"{str(graph.http.base_url).rstrip('/')}/{made.tenant_id}/oauth2/v2.0/token",
            "exp": now + 600,
            "nbf": now,
            **claims,
        }
        return jwt.encode(body, signing_key, algorithm="RS256", headers=header or {"x5t#S256": digest})

    return sign


def prove(graph: Graph, assertion: str, kind: str = JWT_BEARER) -> tuple[int, Any]:
    client_id = jwt.decode(assertion, options={"verify_signature": False})["iss"]
    return ask(graph, client_id=client_id, client_assertion=assertion, client_assertion_type=kind)


def test_a_certificates_assertion_must_be_its_own_in_time_and_for_this_endpoint(
    graph: Graph, assertion: Assertion
) -> None:
    granted(prove(graph, assertion()))
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    for wrong, number in (
        (assertion(signing_key=stranger), 700027),
        (assertion(header={"x5t": "unknown"}), 700027),
        (assertion(aud="https://login.microsoftonline.com/x/oauth2/v2.0/token"), 700027),
        (assertion(exp=int(time.time()) - 600), 700024),
        (assertion(nbf=int(time.time()) + 600), 700024),
    ):
        status, body = prove(graph, wrong)
        assert (status, body["error"], body["error_codes"]) == (401, "invalid_client", [number])


def test_an_assertion_lives_by_the_clock_of_who_signed_it(graph: Graph, assertion: Assertion) -> None:
    graph.emulator.clock.advance(days=365)
    granted(prove(graph, assertion()))


def test_an_assertion_must_be_a_token_and_say_what_it_is(graph: Graph, assertion: Assertion) -> None:
    assert prove(graph, assertion(), "urn:other")[1]["error_codes"] == [900144]
    assert refusal(graph, client_assertion="nonsense", client_assertion_type=JWT_BEARER) == (
        401,
        "invalid_client",
        50027,
    )


def test_what_is_no_certificate_is_not_registered(graph: Graph) -> None:
    with pytest.raises(ValueError, match="PEM"):
        graph.emulator.register(name="app", permissions=[], certificate="nonsense")
    with pytest.raises(ValueError, match="PEM"):
        graph.emulator.register(name="app", permissions=[], federated=Federation(ISSUER, SUBJECT, "nonsense"))


# Another issuer's word


def federated(key: Any, *, algorithm: str = "RS256", **claims: Any) -> str:
    now = int(time.time())
    body = {"iss": ISSUER, "sub": SUBJECT, "aud": AUDIENCE, "exp": now + 600, "nbf": now, **claims}
    return jwt.encode(body, key, algorithm=algorithm)


@pytest.mark.parametrize(
    ("claims", "number"),
    [
        ({}, None),
        ({"aud": [AUDIENCE]}, None),
        ({"iss": "https://elsewhere.example"}, 700211),
        ({"sub": "repo:contoso/identity:pull_request"}, 700213),
        ({"aud": "https://elsewhere.example"}, 700212),
        ({"exp": 1}, 700024),
    ],
)
def test_another_issuers_token_must_match_what_was_registered(
    graph: Graph, key: rsa.RSAPrivateKey, claims: dict[str, Any], number: int | None
) -> None:
    federation = Federation(ISSUER, SUBJECT, public_pem(key))
    made = graph.emulator.register(name="app", permissions=["User.Read.All"], federated=federation)
    form = {
        "client_id": made.client_id,
        "client_assertion": federated(key, **claims),
        "client_assertion_type": JWT_BEARER,
    }
    if number is None:
        assert granted(ask(graph, **form))["roles"] == ["User.Read.All"]
    else:
        assert refusal(graph, **form) == (401, "invalid_client", number)


def test_another_issuers_token_must_bear_the_registered_signature(graph: Graph, key: rsa.RSAPrivateKey) -> None:
    curve = ec.generate_private_key(ec.SECP256R1())
    made = graph.emulator.register(name="a", permissions=[], federated=Federation(ISSUER, SUBJECT, public_pem(curve)))
    form = {"client_id": made.client_id, "client_assertion_type": JWT_BEARER}
    granted(ask(graph, **form, client_assertion=federated(curve, algorithm="ES256")))
    assert refusal(graph, **form, client_assertion=federated(key))[2] == 700027


# At Graph's door


def test_without_a_token_graph_answers_401_with_a_challenge(graph: Graph) -> None:
    response = graph.bearer(None).send("GET", "/users")
    assert (response.status_code, response.json()["error"]["code"]) == (401, "InvalidAuthenticationToken")
    assert response.headers["www-authenticate"].startswith('Bearer realm="", authorization_uri=')
    basic = graph.http.get("/v1.0/users", headers={"Authorization": "Basic eDp5"})
    assert basic.status_code == 401


def test_a_token_expires_by_the_emulators_clock(graph: Graph, emulator: Emulator) -> None:
    emulator.clock.freeze()
    caller = graph.bearer(emulator.token())
    emulator.clock.advance(seconds=3599)
    caller.get("/organization")
    emulator.clock.advance(seconds=1)
    assert caller.refused("GET", "/organization") == (
        401,
        "InvalidAuthenticationToken",
        "Lifetime validation failed, the token is expired.",
    )


def test_a_token_of_the_future_is_not_yet_valid(graph: Graph, emulator: Emulator) -> None:
    emulator.clock.advance(days=1)
    token = emulator.token()
    emulator.reset()
    assert graph.bearer(token).refused("GET", "/organization")[:2] == (401, "InvalidAuthenticationToken")


def test_a_token_of_another_signer_or_for_another_api_is_refused(graph: Graph, key: rsa.RSAPrivateKey) -> None:
    claims = jwt.decode(graph.emulator.token(), options={"verify_signature": False})
    forged = jwt.encode(claims, key, algorithm="RS256")
    for token in (forged, "nonsense", graph.emulator.token()[:-4] + "AAAA"):
        assert graph.bearer(token).refused("GET", "/organization")[:2] == (401, "InvalidAuthenticationToken")


def test_a_persons_token_says_who_and_how(graph: Graph, emulator: Emulator) -> None:
    token = emulator.token(user="admin@contoso.com", permissions=["User.Read", "Group.Read.All"], mfa=False)
    claims = jwt.decode(token, options={"verify_signature": False})
    assert (claims["upn"], claims["oid"], claims["idtyp"]) == (
        "admin@contoso.com",
        emulator.contoso.administrator_id,
        "user",
    )
    assert (claims["scp"], claims["amr"]) == ("Group.Read.All User.Read", ["pwd"])
    assert "roles" not in claims


def test_tokens_are_made_for_those_who_exist_only(emulator: Emulator) -> None:
    with pytest.raises(ValueError, match="there is no tenant 'nowhere'"):
        emulator.token(tenant="nowhere")
    with pytest.raises(ValueError, match="there is no application 'nobody'"):
        emulator.token(app="nobody")
    with pytest.raises(ValueError, match="there is no user 'nobody@contoso"):
        emulator.token(user="nobody@contoso.com", permissions=["User.Read"])
    with pytest.raises(ValueError, match="needs permissions"):
        emulator.token(user="admin@contoso.com")


def test_many_tokens_are_remembered_and_none_is_mixed_up(graph: Graph, emulator: Emulator) -> None:
    contoso, fabrikam = emulator.token(), emulator.token(tenant="fabrikam")
    for _ in range(2):
        assert graph.bearer(contoso).values("/organization")[0]["displayName"] == "Contoso"
        assert graph.bearer(fabrikam).values("/organization")[0]["displayName"] == "Fabrikam"
