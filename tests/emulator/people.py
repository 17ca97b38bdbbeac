"""People who sign in, and the public clients that they sign in to: MSAL, a browser without scripts, plain requests."""

import base64
import hashlib
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import httpx
import jwt
import msal

from entra_emulator.directory.applications import ENTRA_PIM
from tests.emulator.graph import Graph

ADMINISTRATOR = "admin@contoso.com"
REDIRECT = "http://localhost:8400/callback"
DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")


class Page(HTMLParser):
    """A page as a browser without scripts reads it: its text, its form, what is filled in."""

    def __init__(self, response: httpx.Response) -> None:
        super().__init__()
        self.response = response
        self.fields: dict[str, str] = {}
        self.action: str | None = None
        self.text = ""
        self.feed(response.text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = dict(attributes)
        if tag == "form":
            self.action = found.get("action")
        if tag == "input" and (found.get("type") != "checkbox" or "checked" in found):
            self.fields[found["name"] or ""] = found.get("value") or ""

    def handle_data(self, data: str) -> None:
        self.text += data


def root(graph: Graph) -> str:
    """Where the emulator is, as its client writes it."""
    return str(graph.http.base_url).rstrip("/")


def authority(graph: Graph, tenant: str | None = None) -> str:
    """Where a tenant signs people in."""
    return f"{root(graph)}/{tenant or graph.emulator.contoso.tenant_id}"


def client(graph: Graph, client_id: str = ENTRA_PIM, **more: Any) -> Any:
    """Make MSAL's public client."""
    return msal.PublicClientApplication(
        client_id, authority=authority(graph), instance_discovery=False, http_client=graph.http, **more
    )


def approve(graph: Graph, url: str, *, username: str = ADMINISTRATOR, mfa: bool = True, **form: str) -> httpx.Response:
    """Approve on a page what it asks for."""
    sent = {"username": username, "decision": "approve", **({"mfa": "on"} if mfa else {}), **form}
    return graph.http.post(url, data=sent, follow_redirects=False)


def approve_device(graph: Graph, flow: dict[str, Any], **how: Any) -> None:
    """Approve a device's sign-in."""
    response = approve(graph, flow["verification_uri"], user_code=flow["user_code"], **how)
    assert response.status_code == 200, response.text


def begin_device(graph: Graph, client_id: str = ENTRA_PIM, scope: str = "User.Read offline_access") -> Any:
    """Begin a device's sign-in without MSAL."""
    form = {"client_id": client_id, "scope": scope}
    return graph.http.post(f"{authority(graph)}/oauth2/v2.0/devicecode", data=form).json()


def ask(graph: Graph, tenant: str | None = None, **form: str) -> Any:
    """Ask the token endpoint as entra-pim, or as another client."""
    sent = {"client_id": ENTRA_PIM, **form}
    return graph.http.post(f"{authority(graph, tenant)}/oauth2/v2.0/token", data=sent).json()


def poll(graph: Graph, device_code: str, **form: str) -> Any:
    """Ask for a device's tokens."""
    return ask(graph, grant_type=DEVICE_CODE, device_code=device_code, **form)


def authorize_url(graph: Graph, **query: str | None) -> str:
    """Write where a browser is sent to sign in."""
    asked = {
        "client_id": ENTRA_PIM,
        "response_type": "code",
        "redirect_uri": REDIRECT,
        "scope": "openid profile offline_access User.Read",
        "state": "s&1",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        **query,
    }
    sent = {name: value for name, value in asked.items() if value is not None}
    return str(httpx.URL(f"{authority(graph)}/oauth2/v2.0/authorize", params=sent))


def landed(response: httpx.Response, mark: str = "?") -> dict[str, str]:
    """Read what the browser carries back to the client."""
    assert response.status_code == 302, response.text
    return dict(parse_qsl(response.headers["location"].partition(mark)[2]))


def authorization_code(graph: Graph, *, username: str = ADMINISTRATOR, mfa: bool = True, **query: str | None) -> str:
    """Sign in at a browser, and take the code."""
    return landed(approve(graph, authorize_url(graph, **query), username=username, mfa=mfa))["code"]


def redeem(graph: Graph, code: str, **form: str) -> Any:
    """Trade a code for tokens."""
    sent = {"redirect_uri": REDIRECT, "code_verifier": VERIFIER, **form}
    return ask(graph, grant_type="authorization_code", code=code, **sent)


def sign_in(graph: Graph, *, username: str = ADMINISTRATOR, mfa: bool = True, **query: str | None) -> Any:
    """Sign in at a browser, and take the tokens."""
    return redeem(graph, authorization_code(graph, username=username, mfa=mfa, **query))


def refresh(graph: Graph, token: str, tenant: str | None = None, **form: str) -> Any:
    """Trade a refresh token for new tokens."""
    return ask(graph, tenant, grant_type="refresh_token", refresh_token=token, **form)


def numbers(answer: Any) -> tuple[str, int]:
    """Tell an error's word and its AADSTS number."""
    assert answer["error_description"].startswith(f"AADSTS{answer['error_codes'][0]}: ")
    return answer["error"], answer["error_codes"][0]


def claims(token: str) -> dict[str, Any]:
    """Read a token without checking it."""
    found: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return found


def query_of(url: str) -> dict[str, list[str]]:
    """Read the query of an address."""
    return parse_qs(urlsplit(url).query)
