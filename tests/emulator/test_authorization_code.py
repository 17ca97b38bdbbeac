"""Authorization codes: a person signs in at a browser, which carries the code back to the client."""

import json

import jwt
import pytest

from entra_emulator import Emulator
from entra_emulator.directory.applications import ENTRA_PIM, GRAPH_POWERSHELL
from tests.emulator.graph import Graph
from tests.emulator.people import (
    ADMINISTRATOR,
    CHALLENGE,
    REDIRECT,
    VERIFIER,
    Page,
    approve,
    ask,
    authority,
    authorization_code,
    authorize_url,
    claims,
    client,
    landed,
    numbers,
    redeem,
    sign_in,
)

CONTEXT = json.dumps({"access_token": {"acrs": {"essential": True, "value": "c1"}}})


def returned(graph: Graph, **query: str | None) -> tuple[str, str]:
    """Read the error with which the browser is sent back to the client."""
    found = landed(graph.http.get(authorize_url(graph, **query)))
    assert found["state"] == "s&1"
    return found["error"], found["error_description"].split(":")[0]


def shown(graph: Graph, **query: str | None) -> str:
    """Read the error that the browser shows, for it is sent nowhere."""
    response = graph.http.get(authorize_url(graph, **query))
    assert response.status_code == 400
    assert "location" not in response.headers
    return Page(response).text


def test_discovery_names_the_endpoints_that_there_are(graph: Graph) -> None:
    found = graph.http.get(f"{authority(graph)}/v2.0/.well-known/openid-configuration").json()
    for name, method in (
        ("token_endpoint", "POST"),
        ("device_authorization_endpoint", "POST"),
        ("authorization_endpoint", "GET"),
        ("jwks_uri", "GET"),
    ):
        assert found[name].startswith(authority(graph))
        assert graph.http.request(method, found[name]).status_code != 501
    assert found["response_types_supported"] == ["code"]


# MSAL


def test_msal_signs_a_person_in_with_a_code_and_its_verifier(graph: Graph) -> None:
    app = client(graph)
    flow = app.initiate_auth_code_flow(["User.Read"], redirect_uri=REDIRECT, response_mode="form_post")
    asked = Page(graph.http.get(flow["auth_uri"]))
    assert "Sign in to entra-pim" in asked.text
    assert asked.fields == {"username": ADMINISTRATOR, "mfa": "on"}
    answer = Page(approve(graph, flow["auth_uri"]))
    assert answer.action == REDIRECT
    token = app.acquire_token_by_auth_code_flow(flow, answer.fields)
    assert graph.bearer(token["access_token"]).get("/me")["userPrincipalName"] == ADMINISTRATOR
    assert token["id_token_claims"]["preferred_username"] == ADMINISTRATOR
    assert app.acquire_token_silent(["User.Read"], app.get_accounts()[0], force_refresh=True)["access_token"]


def test_msal_hears_that_the_person_declined(graph: Graph) -> None:
    app = client(graph)
    flow = app.initiate_auth_code_flow(["User.Read"], redirect_uri=REDIRECT, response_mode="form_post")
    answer = Page(graph.http.post(flow["auth_uri"], data={"decision": "decline"}))
    assert app.acquire_token_by_auth_code_flow(flow, answer.fields)["error"] == "access_denied"


# The way back


@pytest.mark.parametrize(("mode", "mark"), [(None, "?"), ("query", "?"), ("fragment", "#")])
def test_the_code_comes_back_the_way_that_was_asked_for(graph: Graph, mode: str | None, mark: str) -> None:
    response = approve(graph, authorize_url(graph, response_mode=mode))
    assert response.headers["location"].startswith(f"{REDIRECT}{mark}code=")
    assert landed(response, mark)["state"] == "s&1"
    assert "access_token" in redeem(graph, landed(response, mark)["code"])


def test_a_redirect_address_keeps_its_own_query_and_a_state_is_not_made_up(graph: Graph) -> None:
    where = "http://127.0.0.1:1/back?tab=1"
    response = approve(graph, authorize_url(graph, redirect_uri=where, state=None))
    assert response.headers["location"].startswith(f"{where}&code=")
    assert "state" not in response.headers["location"]


def test_errors_go_back_to_the_client(graph: Graph) -> None:
    assert returned(graph, response_type="token") == ("unsupported_response_type", "AADSTS700054")
    assert returned(graph, scope=None) == ("invalid_request", "AADSTS900144")
    assert returned(graph, prompt="none") == ("login_required", "AADSTS50058")
    assert returned(graph, claims="{") == ("invalid_request", "AADSTS9002313")
    assert returned(graph, code_challenge="short") == ("invalid_request", "AADSTS501491")
    assert returned(graph, code_challenge_method="S512") == ("invalid_request", "AADSTS501491")
    assert returned(graph, code_challenge=None) == ("invalid_request", "AADSTS900144")
    declined = landed(graph.http.post(authorize_url(graph), data={"decision": "decline"}))
    assert (declined["error"], declined["state"]) == ("access_denied", "s&1")


@pytest.mark.parametrize(
    "address",
    [
        "https://attacker.example/",
        "http://localhost.attacker.example/",
        "http://localhost@attacker.example/",
        "http://127.0.0.1:80:x/",
        "http://localhost/\r\nSet-Cookie: x=1",
        "http://localhost/#fragment",
        "urn:ietf:wg:oauth:2.0:oob",
    ],
)
def test_nothing_is_sent_to_an_address_that_is_not_on_this_machine(graph: Graph, address: str) -> None:
    assert "AADSTS50011" in shown(graph, redirect_uri=address)


def test_what_cannot_be_sent_back_is_shown(graph: Graph) -> None:
    assert "AADSTS700016" in shown(graph, client_id="nobody")
    assert "AADSTS900144" in shown(graph, client_id=None)
    assert "AADSTS900144" in shown(graph, redirect_uri=None)
    assert "AADSTS70007" in shown(graph, response_mode="pigeon")


def test_a_hint_is_filled_in_and_who_is_not_there_is_asked_again(graph: Graph) -> None:
    graph.new_user()
    hinted = Page(graph.http.get(authorize_url(graph, login_hint="AlineD@contoso.com")))
    assert hinted.fields["username"] == "AlineD@contoso.com"
    again = Page(approve(graph, authorize_url(graph), username="nobody@contoso.com", mfa=False))
    assert again.response.status_code == 400
    assert "AADSTS50034" in again.text
    assert again.fields == {"username": "nobody@contoso.com"}


def test_another_sites_page_cannot_sign_a_person_in(graph: Graph) -> None:
    form = {"username": ADMINISTRATOR, "decision": "approve"}
    answer = graph.http.post(authorize_url(graph), data=form, headers={"Sec-Fetch-Site": "cross-site"})
    assert (answer.status_code, "location" in answer.headers) == (400, False)


# The code


def test_a_code_is_good_once_and_for_ten_minutes(graph: Graph, emulator: Emulator) -> None:
    emulator.clock.freeze()
    code = authorization_code(graph)
    assert "access_token" in redeem(graph, code)
    assert numbers(redeem(graph, code)) == ("invalid_grant", 54005)
    late = authorization_code(graph)
    emulator.clock.advance(minutes=10)
    assert numbers(redeem(graph, late)) == ("invalid_grant", 70008)


def test_a_code_is_for_who_began_with_it(graph: Graph) -> None:
    code = authorization_code(graph)
    assert numbers(redeem(graph, code, code_verifier="x" * 43)) == ("invalid_grant", 501481)
    assert numbers(redeem(graph, code, code_verifier="")) == ("invalid_grant", 501481)
    assert numbers(redeem(graph, code, redirect_uri="http://localhost:1/")) == ("invalid_grant", 500112)
    assert numbers(redeem(graph, code, client_id=GRAPH_POWERSHELL)) == ("invalid_grant", 70000)
    assert numbers(redeem(graph, "nonsense")) == ("invalid_grant", 70000)
    assert numbers(redeem(graph, "")) == ("invalid_request", 900144)
    assert numbers(redeem(graph, code, redirect_uri="")) == ("invalid_request", 900144)
    assert "access_token" in redeem(graph, code)


def test_a_challenge_may_be_plain_or_left_out(graph: Graph) -> None:
    plain = authorization_code(graph, code_challenge=VERIFIER, code_challenge_method=None)
    assert numbers(redeem(graph, plain, code_verifier=CHALLENGE)) == ("invalid_grant", 501481)
    assert "access_token" in redeem(graph, plain)
    none = authorization_code(graph, code_challenge=None, code_challenge_method=None)
    assert "access_token" in redeem(graph, none)


def test_an_app_that_keeps_a_secret_must_show_it_and_a_public_one_must_not(graph: Graph) -> None:
    facts = graph.emulator.contoso
    code = authorization_code(graph, client_id=facts.client_id)
    assert numbers(redeem(graph, code, client_id=facts.client_id)) == ("invalid_client", 7000218)
    token = redeem(graph, code, client_id=facts.client_id, client_secret=facts.client_secret)
    assert claims(token["access_token"])["appid"] == facts.client_id
    for proof in ({"client_secret": "s"}, {"client_assertion": "a"}):
        assert numbers(redeem(graph, authorization_code(graph), **proof)) == ("invalid_client", 700025)
        alone = {"grant_type": "client_credentials", "scope": "https://graph.microsoft.com/.default"}
        assert numbers(ask(graph, **alone, **proof)) == ("invalid_client", 700025)
        assert numbers(ask(graph, **alone)) == ("invalid_client", 7000218)


# ID tokens


def test_an_id_token_is_signed_for_the_client_and_says_who_signed_in(graph: Graph) -> None:
    token = sign_in(graph, nonce="n-1", scope="openid profile email User.Read")
    keys = graph.http.get(f"{authority(graph)}/discovery/v2.0/keys").json()
    said = jwt.decode(
        token["id_token"],
        jwt.PyJWKSet.from_dict(keys).keys[0].key,
        algorithms=["RS256"],
        audience=ENTRA_PIM,
        issuer=f"{authority(graph)}/v2.0",
    )
    facts = graph.emulator.contoso
    assert (said["oid"], said["tid"], said["nonce"], said["ver"]) == (
        facts.administrator_id,
        facts.tenant_id,
        "n-1",
        "2.0",
    )
    assert (said["name"], said["preferred_username"]) == ("MOD Administrator", ADMINISTRATOR)
    assert "email" not in said


def test_an_id_token_tells_no_more_than_was_asked_for(graph: Graph) -> None:
    graph.new_user(mail="aline@contoso.com")
    bare = claims(sign_in(graph, scope="openid User.Read")["id_token"])
    assert not {"name", "preferred_username", "email", "nonce"} & set(bare)
    mailed = claims(sign_in(graph, scope="openid email User.Read", username="AlineD@contoso.com")["id_token"])
    assert mailed["email"] == "aline@contoso.com"
    assert mailed["sub"] != bare["sub"]
    assert "id_token" not in sign_in(graph, scope="User.Read")


# Claims requests


def test_an_authentication_context_that_was_asked_for_is_in_the_token_of_an_mfa_sign_in(graph: Graph) -> None:
    assert claims(sign_in(graph, claims=CONTEXT)["access_token"])["acrs"] == ["c1"]
    assert numbers(sign_in(graph, claims=CONTEXT, mfa=False)) == ("interaction_required", 50076)
    assert "acrs" not in claims(sign_in(graph)["access_token"])
    for wanted, given in ((["c2", "c1"], ["c1", "c2"]), ("c10", ["c10"])):
        asked = json.dumps({"access_token": {"acrs": {"values": wanted}}})
        assert claims(sign_in(graph, claims=asked)["access_token"])["acrs"] == given


def test_a_capability_that_entra_knows_is_in_the_token(graph: Graph) -> None:
    asked = json.dumps({"access_token": {"xms_cc": {"values": ["CP1", "telepathy"]}}, "id_token": {"x": None}})
    assert claims(sign_in(graph, claims=asked)["access_token"])["xms_cc"] == ["CP1"]
    assert "xms_cc" not in claims(sign_in(graph, claims='{"access_token": {"acrs": null}}')["access_token"])
