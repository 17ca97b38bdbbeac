"""Tokens for Graph: where they come from, who they say the caller is, and how a request gets one.

MSAL is imported here alone, and only when a token is asked for. A token's claims are read without checking its
signature: that is Graph's part; here they only say who we are.
"""

import base64
import re
import ssl
import threading
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import httpx

from .errors import (
    AuthError,
    EntraError,
    NotSent,
    claims_challenge,
    first_words,
    json_object,
    one_line,
    retry_after,
)

# Entra asks for patience, or is unwell. https://learn.microsoft.com/entra/identity-platform/reference-error-codes
_PASSING = frozenset({429, 500, 502, 503, 504})

RENEW_BEFORE = 300.0
"""Seconds before its end at which a token is no longer used; MSAL's cache draws the same line."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the caller is and what it was consented to, by the token's own claims; ids are lower-case GUIDs."""

    tenant_id: str
    object_id: str
    client_id: str
    is_application: bool
    user_principal_name: str = ""
    permissions: frozenset[str] = frozenset()


class TokenSource(Protocol):
    """Where bearer tokens come from."""

    def token(self) -> str:
        """Return a bearer token that is good now; raise AuthError, or NotSent while Entra gives none."""

    def renew(self, refused: str, claims: str = "", /) -> bool:
        """Drop a token that Graph refused, for one with the claims it wants; say whether there can be another."""


@dataclass(frozen=True, slots=True)
class GivenToken:
    """A bearer token from elsewhere, used as it is."""

    value: str = field(repr=False)

    def token(self) -> str:
        """Return the token."""
        return self.value

    def renew(self, _refused: str, _claims: str = "", /) -> bool:
        """Say no: there is only this one."""
        return False


@dataclass(frozen=True, slots=True)
class ClientSecret:
    """An application's secret."""

    value: str = field(repr=False)

    def for_msal(self) -> Any:
        """Return the credential as MSAL takes it."""
        return self.value


@dataclass(frozen=True, slots=True)
class Certificate:
    """An application's certificate with its private key, in one PEM or PFX file."""

    path: str
    password: str | None = field(default=None, repr=False)

    def for_msal(self) -> Any:
        """Return the credential as MSAL takes it; raise AuthError when the file is unfit."""
        try:
            if self.path.lower().endswith((".pfx", ".p12")):
                Path(self.path).open("rb").close()
                return {"private_key_pfx_path": self.path, "passphrase": self.password}
            pem = Path(self.path).read_text()
        except (OSError, ValueError) as error:
            raise AuthError(f"AZURE_CLIENT_CERTIFICATE_PATH: cannot read {self.path} ({_reason(error)})") from error
        if "PRIVATE KEY" not in pem or "BEGIN CERTIFICATE" not in pem:
            raise AuthError(f"AZURE_CLIENT_CERTIFICATE_PATH: {self.path} must hold the certificate and its private key")
        if "ENCRYPTED" in pem and not self.password:
            raise AuthError(f"AZURE_CLIENT_CERTIFICATE_PASSWORD: the private key in {self.path} needs its password")
        return {"private_key": pem, "public_certificate": pem, "passphrase": self.password}


@dataclass(frozen=True, slots=True)
class AssertionFile:
    """A file that another identity provider keeps filled with a token for us (workload identity federation)."""

    path: str

    def for_msal(self) -> Any:
        """Return the credential as MSAL takes it."""
        return {"client_assertion": self._read}

    def _read(self) -> str:
        try:
            assertion = Path(self.path).read_text().strip()
        except (OSError, ValueError) as error:
            raise AuthError(f"AZURE_FEDERATED_TOKEN_FILE: cannot read {self.path} ({_reason(error)})") from error
        if not assertion:
            raise AuthError(f"AZURE_FEDERATED_TOKEN_FILE: {self.path} is empty")
        return assertion


@dataclass(frozen=True, slots=True)
class GitHubAssertion:
    """The identity token that GitHub Actions gives a job with ``permissions: id-token: write``.

    Source: https://docs.github.com/actions/security-for-github-actions/security-hardening-your-deployments
    """

    url: str
    bearer: str = field(repr=False)

    def for_msal(self) -> Any:
        """Return the credential as MSAL takes it."""
        return {"client_assertion": self._ask}

    def _ask(self) -> str:
        # Microsoft's audience for federated credentials.
        # https://learn.microsoft.com/entra/workload-id/workload-identity-federation-create-trust
        try:
            answer = httpx.get(
                httpx.URL(self.url).copy_merge_params({"audience": "api://AzureADTokenExchange"}),
                headers={"Authorization": f"bearer {self.bearer}"},
            )
            return str(answer.raise_for_status().json()["value"])
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, TypeError) as error:
            raise AuthError(f"GitHub gave no identity token ({type(error).__name__}): check id-token: write") from error


Credential = ClientSecret | Certificate | AssertionFile | GitHubAssertion


class MsalTokens:
    """Client-credentials tokens by MSAL: one token call a process, however many threads ask.

    MSAL has no single flight of its own, talks to the network in its constructor and replays a failure from a
    cache; so it is made at the first need, behind a lock, without that cache.
    """

    def __init__(
        self, authority: str, client_id: str, credential: Credential, scope: str, http: Callable[[], httpx.Client]
    ) -> None:
        self._authority = authority
        self._client_id = client_id
        self._credential = credential
        self._scope = scope
        self._network = _EntraOnly(authority, client_id, http)
        self._lock = threading.Lock()
        self._application: Any = None
        self._current = ""
        self._good_until = 0.0
        self._claims = ""

    def token(self) -> str:
        """Return a bearer token that is good now; raise AuthError with Entra's own reason."""
        with self._lock:
            if not self._current or time.time() >= self._good_until:
                self._current, seconds = self._acquire()
                self._good_until = time.time() + seconds - RENEW_BEFORE
            return self._current

    def renew(self, refused: str, claims: str = "", /) -> bool:
        """Drop a token that Graph refused; another thread may have done so already."""
        with self._lock:
            if self._current == refused:
                self._current, self._claims = "", claims
                self._application.remove_tokens_for_client()
        return True

    def _acquire(self) -> tuple[str, float]:
        import msal

        try:
            if self._application is None:
                self._application = msal.ConfidentialClientApplication(
                    self._client_id,
                    client_credential=self._credential.for_msal(),
                    authority=self._authority,
                    instance_discovery=False,
                    # Says that we answer claims challenges, without which Entra sends none.
                    # https://learn.microsoft.com/entra/identity-platform/claims-challenge
                    client_capabilities=["CP1"],
                    http_client=self._network,
                    http_cache=_NoCache(),
                )
            wanted = self._claims or None
            result = self._application.acquire_token_for_client([self._scope], claims_challenge=wanted)
            self._claims = ""
            return str(result["access_token"]), float(result["expires_in"])
        except EntraError:
            raise
        except Exception as error:
            # MSAL documents no errors of its own: PyJWT's, cryptography's and a bare KeyError come through it.
            raise AuthError(f"no token from {self._authority}: {type(error).__name__}: {_reason(error)}") from error


class BearerAuth(httpx.Auth):
    """Put a token on each request; when Graph refuses it, ask once for a fresh one, with the claims that Graph wants.

    A request refused with 401 was not acted on, so sending it again repeats nothing.
    """

    def __init__(self, tokens: TokenSource) -> None:
        self._tokens = tokens

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Yield the request with its token, and once more with another after a 401."""
        token = self._tokens.token()
        request.headers["Authorization"] = _bearer(token)
        response = yield request
        if response.status_code == 401 and self._tokens.renew(token, claims_challenge(response.headers)):
            fresh = self._tokens.token()
            if fresh != token:
                request.headers["Authorization"] = _bearer(fresh)
                yield request


def identity_of(token: str) -> Identity:
    """Read who the caller is from a bearer token's claims; raise AuthError when it is not one of Entra's.

    Source: https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference
    """
    try:
        payload = token.split(".")[1]
        claims = json_object(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))) or {}
        tenant_id, object_id = str(claims["tid"]).lower(), str(claims["oid"]).lower()
    except (IndexError, ValueError, KeyError) as error:
        raise AuthError(
            "the access token is not an Entra token for Graph: it names no tenant (tid) or caller (oid)"
        ) from error
    return Identity(
        tenant_id=tenant_id,
        object_id=object_id,
        client_id=str(claims.get("appid") or claims.get("azp") or "").lower(),
        is_application=claims.get("idtyp") == "app" or "scp" not in claims,
        user_principal_name=str(claims.get("upn") or claims.get("preferred_username") or ""),
        permissions=frozenset([*_texts(claims.get("roles")), *str(claims.get("scp") or "").split()]),
    )


def _texts(value: Any) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def advice_for_host(url: str) -> str:
    """Return what to do when a host cannot be reached: nothing to add for the cloud, start it for an emulator."""
    host = urlsplit(url).hostname or ""
    return (
        "; is the emulator running? (`make up` starts it)"
        if host in LOOPBACK
        else "; check the network and the address"
    )


ADVICE_ON_DISTRUST = "; if it is the right address, set entra-pim:caFile to its certificate authority's file"


def is_distrust(error: BaseException | None) -> bool:
    """Say whether a connection failed over the other side's certificate, which another try would not change."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False


LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})

# Entra's reasons that a person can act on: https://learn.microsoft.com/entra/identity-platform/reference-error-codes
_ADVICE = {
    "AADSTS7000222": "the client secret has expired: make a new one for the application and set AZURE_CLIENT_SECRET",
    "AADSTS7000215": "the client secret is wrong: AZURE_CLIENT_SECRET must hold the secret's value, not its id",
    "AADSTS700016": "the application is not in this tenant: check AZURE_CLIENT_ID and AZURE_TENANT_ID",
    "AADSTS90002": "there is no such tenant: check AZURE_TENANT_ID",
    "AADSTS700027": "the certificate is not one of the application's",
    **dict.fromkeys(
        ("AADSTS70021", "AADSTS700211", "AADSTS700212", "AADSTS700213"),
        "no federated credential of the application matches this issuer, subject and audience",
    ),
}


def _bearer(token: str) -> str:
    # An HTTP library that finds a line break in a header repeats the header in its error.
    # https://www.rfc-editor.org/rfc/rfc6750#section-2.1
    if not re.fullmatch(r"[A-Za-z0-9._~+/-]+=*", token):
        raise AuthError(
            "the access token is not a bearer token: it holds a space, a line break or another character that none has;"
            " check ENTRA_PIM_ACCESS_TOKEN if it is set"
        )
    return f"Bearer {token}"


def _refusal(authority: str, client_id: str, result: dict[str, Any]) -> str:
    said = _first_line(str(result.get("error_description") or result.get("error") or "no reason given"))
    code = said.partition(":")[0]
    advice = f" ({_ADVICE[code]})" if code in _ADVICE else ""
    return f"Entra gave application {client_id} no token at {authority}: {said}{advice}"


def _first_line(text: str) -> str:
    return one_line(text.strip().partition("\n")[0])


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or _first_line(str(error)) or type(error).__name__


class _EntraOnly:
    """MSAL's way to the network: a document of Entra's passes, anything else is an AuthError.

    MSAL logs an answer that it cannot read, a token cut in half included, and loses the reasons that Entra gives
    for a tenant that is not there.
    """

    def __init__(self, authority: str, client_id: str, http: Callable[[], httpx.Client]) -> None:
        self._authority = authority
        self._client_id = client_id
        self._http = http

    @cached_property
    def _connections(self) -> httpx.Client:
        return self._http()

    def get(self, url: str, **options: Any) -> httpx.Response:
        return self._exchange("GET", url, options)

    def post(self, url: str, *, data: dict[str, str | bytes], **options: Any) -> httpx.Response:
        # MSAL signs its assertions into bytes, and httpx would send those as b'…'.
        fields = {name: value.decode() if isinstance(value, bytes) else value for name, value in data.items()}
        return self._exchange("POST", url, {"data": fields, **options})

    def _exchange(self, method: str, url: str, options: dict[str, Any]) -> httpx.Response:
        try:
            response = self._connections.request(method, url, **options)
        except httpx.InvalidURL as error:
            raise AuthError(f"cannot reach {self._authority}: {_reason(error)}") from error
        except httpx.HTTPError as error:
            if is_distrust(error):
                raise AuthError(f"{self._authority} is not trusted: {_reason(error)}{ADVICE_ON_DISTRUST}") from error
            # Without a token the request that wants one is not sent, and asking for another repeats nothing.
            raise NotSent(
                f"cannot reach {self._authority}: {_reason(error)}{advice_for_host(self._authority)}"
            ) from error
        if response.status_code in _PASSING:
            raise NotSent(
                f"Entra gave application {self._client_id} no token at {self._authority} just now"
                f" (HTTP {response.status_code}): {first_words(response.content)}",
                retry_after(response.headers),
            )
        document = json_object(response.content)
        if document is None:
            kind = response.headers.get("content-type", "no content type")
            if kind.startswith("application/json"):
                raise NotSent(f"the answer of {self._authority} cannot be read (HTTP {response.status_code})")
            raise AuthError(f"the answer of {self._authority} is not Entra's (HTTP {response.status_code}, {kind})")
        if not response.is_success or "error" in document:
            raise AuthError(_refusal(self._authority, self._client_id, document))
        return response


class _NoCache(dict[str, Any]):
    """Forget everything: MSAL would answer from it for seconds after a failure, without asking Entra."""

    def __setitem__(self, key: str, value: Any) -> None:
        return
