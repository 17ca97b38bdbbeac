"""Refresh tokens: how long they are good, for whom, and what makes them worthless."""

from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from entra_emulator import Emulator
from entra_emulator.directory.applications import GRAPH_POWERSHELL
from tests.emulator.contract import Contract
from tests.emulator.graph import Graph
from tests.emulator.people import (
    ADMINISTRATOR,
    VERIFIER,
    Page,
    approve,
    approve_device,
    authorization_code,
    authorize_url,
    begin_device,
    claims,
    client,
    numbers,
    poll,
    redeem,
    refresh,
    sign_in,
)

ALINE = "AlineD@contoso.com"
OTHER_PASSWORD = "another-Passw0rd"


@pytest.fixture
def aline(graph: Graph) -> str:
    """Make a person, and tell their id."""
    return str(graph.new_user()["id"])


def test_each_use_gives_a_new_token_and_the_old_one_stays_valid(graph: Graph) -> None:
    first = sign_in(graph)["refresh_token"]
    second = refresh(graph, first)["refresh_token"]
    assert second != first
    assert "access_token" in refresh(graph, first)
    renewed = refresh(graph, second)
    assert graph.bearer(renewed["access_token"]).get("/me")["userPrincipalName"] == ADMINISTRATOR
    assert "id_token" in renewed


def test_a_token_lives_for_ninety_days_on_the_emulators_clock_and_its_successor_from_then_on(
    graph: Graph, emulator: Emulator
) -> None:
    emulator.clock.freeze()
    first = sign_in(graph)["refresh_token"]
    emulator.clock.advance(timedelta(days=90) - timedelta(seconds=1))
    second = refresh(graph, first)["refresh_token"]
    emulator.clock.advance(seconds=1)
    assert numbers(refresh(graph, first)) == ("invalid_grant", 700082)
    assert "was inactive for 90.00:00:00" in refresh(graph, first)["error_description"]
    assert "access_token" in refresh(graph, second)


def test_a_token_is_for_one_client_in_one_tenant(graph: Graph) -> None:
    token = sign_in(graph)
    assert numbers(refresh(graph, token["refresh_token"], client_id=GRAPH_POWERSHELL)) == ("invalid_grant", 70000)
    fabrikam = graph.emulator.fabrikam.tenant_id
    assert numbers(refresh(graph, token["refresh_token"], fabrikam)) == ("invalid_grant", 7000012)
    for nonsense in ("nonsense", token["access_token"], token["id_token"]):
        assert numbers(refresh(graph, nonsense)) == ("invalid_grant", 70000)
    assert numbers(refresh(graph, "")) == ("invalid_request", 900144)


def test_graph_takes_neither_a_refresh_token_nor_an_id_token(graph: Graph) -> None:
    token = sign_in(graph)
    for wrong in (token["refresh_token"], token["id_token"]):
        assert graph.bearer(wrong).refused("GET", "/me")[:2] == (401, "InvalidAuthenticationToken")


def test_a_refresh_gives_no_more_than_was_consented_to(graph: Graph) -> None:
    token = sign_in(graph, scope="openid offline_access User.Read Group.Read.All Mail.Read")["refresh_token"]
    assert claims(refresh(graph, token)["access_token"])["scp"] == "Group.Read.All Mail.Read User.Read openid"
    assert claims(refresh(graph, token, scope="Mail.Read")["access_token"])["scp"] == "Mail.Read openid"
    # entra-pim is granted this one in every tenant.
    assert "access_token" in refresh(graph, token, scope="User.ReadWrite.All")
    assert numbers(refresh(graph, token, scope="Mail.Send")) == ("invalid_grant", 65001)
    assert "refresh_token" not in sign_in(graph, scope="openid User.Read")


# What makes them worthless


def test_revoking_a_persons_sessions_ends_what_was_signed_in_before_and_nothing_later(
    graph: Graph, emulator: Emulator, aline: str
) -> None:
    emulator.clock.freeze()
    for _ in range(2):
        others = sign_in(graph)["refresh_token"]
        token = sign_in(graph, username=ALINE)
        code = authorization_code(graph, username=ALINE)
        device = begin_device(graph)
        approve_device(graph, device, username=ALINE)
        before = graph.get(f"/users/{aline}?$select=signInSessionsValidFromDateTime")
        graph.post(f"/users/{aline}/revokeSignInSessions", None, status=200)
        after = graph.get(f"/users/{aline}?$select=signInSessionsValidFromDateTime")
        assert after["signInSessionsValidFromDateTime"] > before["signInSessionsValidFromDateTime"]
        refused = refresh(graph, token["refresh_token"])
        assert numbers(refused) == ("invalid_grant", 50173)
        assert after["signInSessionsValidFromDateTime"] in refused["error_description"]
        assert numbers(redeem(graph, code)) == ("invalid_grant", 50173)
        assert numbers(poll(graph, device["device_code"])) == ("invalid_grant", 50173)
        assert "access_token" in refresh(graph, others)
        assert "access_token" in refresh(graph, sign_in(graph, username=ALINE)["refresh_token"])


def test_msal_is_told_after_a_revocation_and_signs_in_again(graph: Graph, aline: str) -> None:
    app = client(graph)
    flow = app.initiate_device_flow(["User.RevokeSessions.All"])
    approve_device(graph, flow, username=ALINE)
    token = app.acquire_token_by_device_flow(flow)
    (account,) = app.get_accounts()
    graph.bearer(token["access_token"]).post("/me/revokeSignInSessions", None, status=200)
    refused = app.acquire_token_silent_with_error(["User.RevokeSessions.All"], account, force_refresh=True)
    assert refused["error"] == "invalid_grant"
    assert "AADSTS50173" in refused["error_description"]
    again = app.initiate_device_flow(["User.RevokeSessions.All"])
    approve_device(graph, again, username=ALINE)
    assert "access_token" in app.acquire_token_by_device_flow(again)
    (account,) = app.get_accounts()
    assert "access_token" in app.acquire_token_silent(["User.RevokeSessions.All"], account, force_refresh=True)


def test_a_new_password_ends_the_sign_ins_of_public_clients_only(graph: Graph, emulator: Emulator, aline: str) -> None:
    emulator.clock.freeze()
    facts = emulator.contoso
    secret = {"client_id": facts.client_id, "client_secret": facts.client_secret}
    public = sign_in(graph, username=ALINE)["refresh_token"]
    code = authorization_code(graph, username=ALINE, client_id=facts.client_id)
    confidential = redeem(graph, code, **secret)["refresh_token"]
    graph.done("PATCH", f"/users/{aline}", {"passwordProfile": {"password": OTHER_PASSWORD}})
    assert numbers(refresh(graph, public)) == ("invalid_grant", 50173)
    assert "access_token" in refresh(graph, confidential, **secret)
    assert numbers(refresh(graph, confidential, client_id=facts.client_id)) == ("invalid_client", 7000218)


def test_who_is_disabled_or_gone_gets_no_more_tokens(graph: Graph, aline: str) -> None:
    token = sign_in(graph, username=ALINE)["refresh_token"]
    graph.done("PATCH", f"/users/{aline}", {"accountEnabled": False})
    assert numbers(refresh(graph, token)) == ("invalid_grant", 50057)
    graph.done("PATCH", f"/users/{aline}", {"accountEnabled": True})
    assert "access_token" in refresh(graph, token)
    graph.done("DELETE", f"/users/{aline}")
    assert numbers(refresh(graph, token)) == ("invalid_grant", 50034)


# What is kept of them


def test_the_journal_holds_no_code_and_no_token(graph: Graph, emulator: Emulator) -> None:
    code = authorization_code(graph, response_mode="query")
    token = redeem(graph, code)
    renewed = refresh(graph, token["refresh_token"])
    begun = begin_device(graph)
    approve_device(graph, begun)
    device = poll(graph, begun["device_code"])
    kept = repr(emulator.journal.entries())
    names = ("access_token", "refresh_token", "id_token")
    secrets = [found[name] for found in (token, renewed) for name in names]
    for secret in (*secrets, device["access_token"], begun["device_code"], code, VERIFIER):
        assert secret not in kept
    sent = emulator.journal.entries()[1].request_body
    assert (sent["code"], sent["code_verifier"]) == ("[blanked]", "[blanked]")


def test_a_page_that_carries_a_code_is_not_kept(graph: Graph, emulator: Emulator) -> None:
    code = Page(approve(graph, authorize_url(graph, response_mode="form_post"))).fields["code"]
    assert code not in repr(emulator.journal.entries())
    assert emulator.journal.entries()[-1].response_body is None


def test_sign_ins_outlive_the_process(tmp_path: Path, contract: Contract) -> None:
    with (
        Emulator(tmp_path) as before,
        httpx.Client(transport=before.transport(), base_url="https://127.0.0.1:1") as http,
    ):
        graph = Graph(before, http, contract, None)
        begun = begin_device(graph)
        approve_device(graph, begun)
        code = authorization_code(graph)
        token = sign_in(graph)["refresh_token"]
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert begun["device_code"].encode() not in kept
    assert code.encode() not in kept
    with Emulator(tmp_path) as after, httpx.Client(transport=after.transport(), base_url="https://127.0.0.1:1") as http:
        graph = Graph(after, http, contract, None)
        assert "access_token" in poll(graph, begun["device_code"])
        assert "access_token" in redeem(graph, code)
        assert "access_token" in refresh(graph, token)
