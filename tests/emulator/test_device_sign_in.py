"""Device codes: the device begins and waits, a person approves on a page."""

from datetime import timedelta

import pytest

from entra_emulator import Emulator
from entra_emulator.directory.applications import AZURE_CLI, ENTRA_PIM, GRAPH_POWERSHELL
from tests.emulator.graph import Graph
from tests.emulator.people import (
    ADMINISTRATOR,
    Page,
    approve,
    approve_device,
    authority,
    begin_device,
    claims,
    client,
    numbers,
    poll,
)


def once(_flow: object) -> bool:
    """Have MSAL ask once and not sleep."""
    return True


def page(graph: Graph, **query: str) -> Page:
    return Page(graph.http.get(f"{authority(graph)}/oauth2/deviceauth", params=query))


def begin_refused(graph: Graph, **form: str) -> tuple[str, int]:
    return numbers(graph.http.post(f"{authority(graph)}/oauth2/v2.0/devicecode", data=form).json())


# MSAL


def test_msal_signs_a_person_in_who_types_the_code_on_the_page(graph: Graph) -> None:
    app = client(graph)
    flow = app.initiate_device_flow(["User.Read"])
    assert (flow["expires_in"], flow["interval"]) == (900, 5)
    assert flow["user_code"] in flow["message"]
    assert flow["verification_uri"] in flow["message"]
    entry = Page(graph.http.get(flow["verification_uri"]))
    assert list(entry.fields) == ["user_code"]
    asked = page(graph, user_code=flow["user_code"])
    assert "Sign in to entra-pim" in asked.text
    assert "User.Read" in asked.text
    assert asked.fields == {"user_code": flow["user_code"], "username": ADMINISTRATOR, "mfa": "on"}
    done = graph.http.post(flow["verification_uri"], data={**asked.fields, "decision": "approve"})
    assert "You are signed in" in Page(done).text
    token = app.acquire_token_by_device_flow(flow)
    assert graph.bearer(token["access_token"]).get("/me")["userPrincipalName"] == ADMINISTRATOR
    said = claims(token["access_token"])
    assert (said["scp"], said["amr"], said["appid"]) == ("User.Read openid profile", ["pwd", "mfa"], ENTRA_PIM)


def test_msal_knows_the_account_and_renews_its_tokens_in_silence(graph: Graph) -> None:
    app = client(graph)
    flow = app.initiate_device_flow(["User.Read"])
    approve_device(graph, flow)
    app.acquire_token_by_device_flow(flow)
    (account,) = app.get_accounts()
    assert account["username"] == ADMINISTRATOR
    facts = graph.emulator.contoso
    assert account["home_account_id"] == f"{facts.administrator_id}.{facts.tenant_id}"
    assert app.acquire_token_silent(["User.Read"], account)["token_source"] == "cache"
    renewed = app.acquire_token_silent(["User.Read"], account, force_refresh=True)
    assert renewed["token_source"] == "identity_provider"
    graph.bearer(renewed["access_token"]).get("/me")


def test_msal_waits_while_nobody_has_decided_and_hears_of_a_refusal(graph: Graph) -> None:
    app = client(graph)
    flow = app.initiate_device_flow(["User.Read"])
    assert app.acquire_token_by_device_flow(flow, exit_condition=once)["error"] == "authorization_pending"
    declined = graph.http.post(flow["verification_uri"], data={"user_code": flow["user_code"], "decision": "decline"})
    assert "Declined" in Page(declined).text
    flow["latest_attempt_at"] = 0
    assert app.acquire_token_by_device_flow(flow)["error"] == "authorization_declined"


# What the device hears


def test_a_device_that_asks_too_often_is_told_so_and_gets_its_token_no_later_for_it(
    graph: Graph, emulator: Emulator
) -> None:
    emulator.clock.freeze()
    begun = begin_device(graph)
    assert numbers(poll(graph, begun["device_code"])) == ("authorization_pending", 70016)
    assert poll(graph, begun["device_code"])["error"] == "slow_down"
    emulator.clock.advance(seconds=5)
    assert poll(graph, begun["device_code"])["error"] == "authorization_pending"
    approve_device(graph, begun)
    assert "access_token" in poll(graph, begun["device_code"])


def test_a_device_code_is_good_for_one_answer(graph: Graph) -> None:
    begun = begin_device(graph)
    approve_device(graph, begun)
    assert "refresh_token" in poll(graph, begun["device_code"])
    assert numbers(poll(graph, begun["device_code"])) == ("invalid_grant", 54005)


def test_a_device_code_expires_by_the_emulators_clock_and_is_forgotten_later(graph: Graph, emulator: Emulator) -> None:
    emulator.clock.freeze()
    begun = begin_device(graph)
    emulator.clock.advance(seconds=899)
    assert poll(graph, begun["device_code"])["error"] == "authorization_pending"
    emulator.clock.advance(seconds=1)
    assert numbers(poll(graph, begun["device_code"])) == ("expired_token", 70020)
    assert page(graph, user_code=begun["user_code"]).response.status_code == 400
    emulator.clock.advance(timedelta(minutes=15))
    begin_device(graph)
    assert numbers(poll(graph, begun["device_code"])) == ("bad_verification_code", 70018)


def test_a_device_code_is_worth_nothing_to_another_client(graph: Graph) -> None:
    begun = begin_device(graph)
    approve_device(graph, begun)
    assert poll(graph, begun["device_code"], client_id=GRAPH_POWERSHELL)["error"] == "bad_verification_code"
    assert poll(graph, "nonsense")["error"] == "bad_verification_code"
    assert numbers(poll(graph, "")) == ("invalid_request", 900144)
    assert "access_token" in poll(graph, begun["device_code"])


def test_what_a_device_may_not_begin_with_is_named(graph: Graph) -> None:
    known = {"client_id": ENTRA_PIM, "scope": "User.Read"}
    assert begin_refused(graph) == ("invalid_request", 900144)
    assert begin_refused(graph, client_id="nobody", scope="User.Read") == ("unauthorized_client", 700016)
    assert begin_refused(graph, client_id=ENTRA_PIM, scope=" ") == ("invalid_request", 900144)
    assert begin_refused(graph, client_id=ENTRA_PIM, scope="api://other/Read") == ("invalid_resource", 500011)
    assert begin_refused(graph, client_id=ENTRA_PIM, scope="http://[/Read") == ("invalid_resource", 500011)
    assert begin_refused(graph, client_id=ENTRA_PIM, scope=".default") == ("invalid_scope", 70011)
    assert begin_refused(graph, client_id=ENTRA_PIM, scope="https://graph.microsoft.com/") == ("invalid_scope", 70011)
    for nonsense in (
        "{",
        "[" * 100_000,
        "[]",
        '{"access_token": {"acrs": {"value": 1}}}',
        '{"access_token": {"acrs": {"values": [1]}}}',
        '{"access_token": {"acrs": "c1"}}',
    ):
        assert begin_refused(graph, **known, claims=nonsense) == ("invalid_request", 9002313)
    assert begin_refused(graph, client_id=graph.emulator.contoso.client_id, scope="User.Read") == (
        "invalid_client",
        70002,
    )


# The page


def test_a_code_may_be_typed_in_any_case_with_blanks_and_hyphens(graph: Graph) -> None:
    begun = begin_device(graph)
    typed = f" {begun['user_code'][:4].lower()}-{begun['user_code'][4:].lower()} "
    assert "entra-pim" in page(graph, user_code=typed).text
    approve_device(graph, {**begun, "user_code": typed})
    assert "access_token" in poll(graph, begun["device_code"])


def test_a_wrong_code_and_one_that_was_used_are_asked_for_again(graph: Graph) -> None:
    begun = begin_device(graph)
    approve_device(graph, begun)
    for code in ("ABCDEFGHJ", begun["user_code"]):
        found = page(graph, user_code=code)
        assert found.response.status_code == 400
        assert "not known" in found.text
        assert list(found.fields) == ["user_code"]
        for decision in ("approve", "decline"):
            again = approve(graph, begun["verification_uri"], user_code=code, decision=decision)
            assert (again.status_code, list(Page(again).fields)) == (400, ["user_code"])


def test_who_is_not_in_the_directory_or_disabled_cannot_approve(graph: Graph) -> None:
    graph.new_user("gone", accountEnabled=False)
    begun = begin_device(graph)
    for name, number in (("nobody@contoso.com", 50034), ("gone@contoso.com", 50057)):
        answer = approve(graph, begun["verification_uri"], user_code=begun["user_code"], username=name, mfa=False)
        assert answer.status_code == 400
        assert f"AADSTS{number}" in Page(answer).text
        assert Page(answer).fields == {"user_code": begun["user_code"], "username": name}
    assert poll(graph, begun["device_code"])["error"] == "authorization_pending"


def test_a_sign_in_without_mfa_says_so(graph: Graph) -> None:
    graph.new_user()
    begun = begin_device(graph)
    approve_device(graph, begun, username="AlineD@contoso.com", mfa=False)
    said = claims(poll(graph, begun["device_code"])["access_token"])
    assert (said["upn"], said["amr"]) == ("AlineD@contoso.com", ["pwd"])


@pytest.mark.parametrize("hostile", ["<script>alert(1)</script>", '"><img/src=x>', "'&amp;"])
def test_whatever_the_page_shows_is_text(graph: Graph, hostile: str) -> None:
    graph.new_user("eve", displayName=hostile)
    scope = hostile.replace("/", ".")
    begun = begin_device(graph, scope=scope)
    found = page(graph, user_code=begun["user_code"])
    assert hostile not in found.response.text
    assert scope not in found.response.text
    assert hostile in found.text
    assert scope in found.text


def test_the_page_runs_nothing_loads_nothing_and_is_not_framed(graph: Graph) -> None:
    headers = page(graph).response.headers
    assert headers["content-type"] == "text/html; charset=utf-8"
    assert headers["content-security-policy"].startswith("default-src 'none'; style-src 'sha256-")
    assert "frame-ancestors 'none'" in headers["content-security-policy"]


def test_another_sites_page_cannot_approve(graph: Graph) -> None:
    begun = begin_device(graph)
    form = {"user_code": begun["user_code"], "username": ADMINISTRATOR, "decision": "approve"}
    for site in ("cross-site", "same-site"):
        answer = graph.http.post(begun["verification_uri"], data=form, headers={"Sec-Fetch-Site": site})
        assert answer.status_code == 400
        assert "another site" in Page(answer).text
    assert poll(graph, begun["device_code"])["error"] == "authorization_pending"
    own = graph.http.post(begun["verification_uri"], data=form, headers={"Sec-Fetch-Site": "same-origin"})
    assert own.status_code == 200


def test_the_page_of_a_tenant_that_there_is_none_of_says_so(graph: Graph) -> None:
    found = Page(graph.http.get("/nowhere/oauth2/deviceauth"))
    assert found.response.status_code == 400
    assert "AADSTS90002" in found.text


# Clients and scopes


@pytest.mark.parametrize("api", ["https://graph.microsoft.com", "00000003-0000-0000-c000-000000000000"])
def test_the_default_scope_stands_for_what_the_client_is_granted(graph: Graph, api: str) -> None:
    begun = begin_device(graph, scope=f"{api}/.default")
    approve_device(graph, begun)
    token = poll(graph, begun["device_code"])
    assert claims(token["access_token"])["scp"].split() == [
        "Group.ReadWrite.All",
        "Organization.Read.All",
        "RoleManagement.ReadWrite.Directory",
        "User.ReadWrite.All",
    ]
    assert {f"{api}/User.ReadWrite.All", f"{api}/.default"} <= set(token["scope"].split())
    assert not {"refresh_token", "id_token", "client_info"} & set(token)


def test_scopes_come_back_as_they_were_written(graph: Graph) -> None:
    begun = begin_device(graph, scope="https://graph.microsoft.com/User.Read Group.Read.All OpenID offline_access")
    approve_device(graph, begun)
    token = poll(graph, begun["device_code"])
    assert token["scope"] == "https://graph.microsoft.com/User.Read Group.Read.All openid"
    assert claims(token["access_token"])["scp"] == "Group.Read.All User.Read openid"


def test_the_azure_cli_cannot_be_given_the_permissions_of_pim(graph: Graph) -> None:
    wanted = "https://graph.microsoft.com/RoleManagement.ReadWrite.Directory"
    assert begin_refused(graph, client_id=AZURE_CLI, scope=wanted) == ("invalid_request", 65002)
    flow = client(graph, AZURE_CLI).initiate_device_flow(["https://graph.microsoft.com/.default"])
    assert "user_code" in flow
    assert "user_code" in begin_device(graph, GRAPH_POWERSHELL, "RoleManagement.ReadWrite.Directory")


# The control


def test_a_script_approves_and_declines_by_a_control(graph: Graph) -> None:
    begun, other = begin_device(graph), begin_device(graph)
    body = {"user_code": begun["user_code"], "user": ADMINISTRATOR, "mfa": False}
    assert graph.http.post("/_emulator/sign-in/approve", json=body).status_code == 204
    assert claims(poll(graph, begun["device_code"])["access_token"])["amr"] == ["pwd"]
    declined = graph.http.post("/_emulator/sign-in/decline", json={"user_code": other["user_code"]})
    assert declined.status_code == 204
    assert poll(graph, other["device_code"])["error"] == "authorization_declined"
    for wrong, sentence in (
        (body, "Invalid verification code"),
        ({"user_code": other["user_code"], "tenant": "nowhere", "user": ADMINISTRATOR}, "there is no tenant"),
        ({"user": ADMINISTRATOR}, "user_code"),
    ):
        refused = graph.http.post("/_emulator/sign-in/approve", json=wrong)
        assert refused.status_code == 400
        assert sentence in refused.json()["error"]
    waiting = begin_device(graph)
    body = {"user_code": waiting["user_code"], "user": "nobody@contoso.com"}
    assert "does not exist" in graph.http.post("/_emulator/sign-in/approve", json=body).json()["error"]


def test_a_public_client_has_tokens_for_people_only(emulator: Emulator) -> None:
    assert claims(emulator.token(app=ENTRA_PIM, user=ADMINISTRATOR, permissions=["User.Read"]))["appid"] == ENTRA_PIM
    with pytest.raises(ValueError, match="entra-pim is a public client"):
        emulator.token(app=ENTRA_PIM)
