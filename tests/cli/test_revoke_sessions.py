"""entra-pim revoke-sessions: everybody's sessions that can be ended are, and a table says whose."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.resources.network import fail, lose_answer, refuse, unreachable

from .tenant import ADMINISTRATOR, ALINE, Tenant


def outcomes(document: Any) -> list[tuple[str, str]]:
    return [(each["person"], each["outcome"]) for each in document["sessions"]]


def valid_from(tenant: Tenant, user: str) -> datetime:
    path = f"/users/{user}?$select=id,signInSessionsValidFromDateTime"
    return datetime.fromisoformat(tenant.ask("GET", path)["signInSessionsValidFromDateTime"])


@pytest.fixture
def people(tenant: Tenant, aline: str) -> list[str]:
    """Three people besides the administrator."""
    for name in ("bert", "carla"):
        tenant.user(name)
    return [ALINE, "bert@contoso.com", "carla@contoso.com"]


def test_one_persons_sessions_are_ended_without_asking(tenant: Tenant, aline: str) -> None:
    tenant.clock.sleep(60)
    ended = tenant.run("revoke-sessions", ALINE, user=ADMINISTRATOR)
    assert (ended.code, ended.err) == (0, "")
    assert "revoked" in ended.out
    assert valid_from(tenant, ALINE) == tenant.clock.now()


def test_aline_may_once_she_has_activated_her_role(tenant: Tenant, aline: str, helpdesk: str) -> None:
    before = tenant.run("revoke-sessions", ADMINISTRATOR, "--output", "json")
    assert (before.code, outcomes(before.document)) == (7, [(ADMINISTRATOR, "not revoked")])
    assert "an active role that may, such as User Administrator" in before.document["sessions"][0]["why"]
    tenant.run("activate", "User Administrator", "--justification", "work")
    assert tenant.run("revoke-sessions", ADMINISTRATOR).code == 0


def test_several_are_not_dealt_with_unasked_where_there_is_no_terminal(tenant: Tenant, people: list[str]) -> None:
    ended = tenant.run("revoke-sessions", *people, user=ADMINISTRATOR)
    assert ended.code == 2
    assert "these are 3 people, and there is nobody to ask: say --yes" in " ".join(ended.err.split())
    assert tenant.sent == []


def test_it_goes_on_after_one_failure_and_the_table_names_everybody(tenant: Tenant, people: list[str]) -> None:
    tenant.clock.sleep(60)
    ended = tenant.run("revoke-sessions", people[0], "nobody@contoso.com", *people[1:], "--yes", user=ADMINISTRATOR)
    assert ended.code == 7
    assert "the sessions of 1 of 4 were not ended" in ended.line
    assert "Sessions (4)" in ended.out
    assert "there is no such user in the tenant" in ended.out
    assert all(valid_from(tenant, each) == tenant.clock.now() for each in people)


def test_a_refusal_and_a_lost_answer_are_told_apart(tenant: Tenant, people: list[str]) -> None:
    tenant.network.on("POST", "bert", refuse(400, "Request_BadRequest", "no"))
    tenant.network.on("POST", "carla", fail(503), times=100)
    ended = tenant.run("revoke-sessions", *people, "--yes", "--output", "json", user=ADMINISTRATOR)
    assert ended.code == 7
    assert [each for _, each in outcomes(ended.document)] == ["revoked", "not revoked", "not known"]
    assert "Request_BadRequest" in ended.document["sessions"][1]["why"]


def test_a_wait_that_is_too_long_for_one_is_too_long_for_all(tenant: Tenant, people: list[str]) -> None:
    tenant.network.on("POST", "bert", fail(429, headers={"Retry-After": "5000"}))
    ended = tenant.run("revoke-sessions", *people, "--yes", "--output", "json", user=ADMINISTRATOR)
    assert [each for _, each in outcomes(ended.document)] == ["revoked", "not known", "not reached"]
    assert ended.code == 7


def test_a_lost_answer_is_asked_again(tenant: Tenant, aline: str) -> None:
    tenant.network.on("POST", "revokeSignInSessions", lose_answer)
    assert tenant.run("revoke-sessions", ALINE, user=ADMINISTRATOR).code == 0


@pytest.mark.parametrize(
    ("trouble", "why"),
    [(unreachable, "cannot reach"), (refuse(401, "InvalidAuthenticationToken", "expired"), "expired")],
)
def test_what_would_stop_everybody_stops_at_once(tenant: Tenant, people: list[str], trouble: Any, why: str) -> None:
    tenant.network.on("POST", "bert", trouble, times=100)
    ended = tenant.run("revoke-sessions", *people, "--yes", "--output", "json", user=ADMINISTRATOR)
    assert ended.code == 7
    assert [each for _, each in outcomes(ended.document)] == ["revoked", "not revoked", "not reached"]
    assert why in ended.document["sessions"][1]["why"]


def test_a_file_of_names_has_comments_and_nobody_is_dealt_with_twice(
    tenant: Tenant, people: list[str], tmp_path: Path
) -> None:
    file = tmp_path / "people.txt"
    guest = "dora_fabrikam.com#EXT#@contoso.com"
    file.write_text(f"# the night shift\n\n{people[1]}  # Bert\n{people[0].upper()}\n{guest}\n")
    ended = tenant.run("revoke-sessions", ALINE, "--file", str(file), "--yes", "--output", "json", user=ADMINISTRATOR)
    assert outcomes(ended.document) == [(ALINE, "revoked"), (people[1], "revoked"), (guest, "not revoked")]


def test_ones_own_come_last_as_they_may_end_the_command(tenant: Tenant, people: list[str]) -> None:
    ended = tenant.run(
        "revoke-sessions", ADMINISTRATOR.upper(), *people, "--yes", "--output", "json", user=ADMINISTRATOR
    )
    assert [who for who, _ in outcomes(ended.document)] == [*people, ADMINISTRATOR.upper()]


def test_everybody_in_a_group_is_dealt_with_whoever_is_in_it_through_another(tenant: Tenant, people: list[str]) -> None:
    ids = [tenant.ask("GET", f"/users/{each}")["id"] for each in people]
    inner = tenant.group("Night shift", *ids[1:], role_assignable=False)
    outer = tenant.group("Helpdesk", ids[0], role_assignable=False)
    reference = {"@odata.id": f"https://graph.microsoft.com/v1.0/directoryObjects/{inner}"}
    tenant.ask("POST", f"/groups/{outer}/members/$ref", reference)
    words = ("revoke-sessions", "--yes", "--output", "json", "--all-in-group")
    by_name = tenant.run(*words, "Helpdesk", user=ADMINISTRATOR)
    assert (by_name.code, sorted(outcomes(by_name.document))) == (0, sorted((each, "revoked") for each in people))
    by_id = tenant.run(*words, outer, user=ADMINISTRATOR)
    assert sorted(outcomes(by_id.document)) == sorted(outcomes(by_name.document))


def test_a_group_that_may_be_several_lists_their_ids(tenant: Tenant, people: list[str]) -> None:
    ids = [tenant.group("Helpdesk", role_assignable=False) for _ in range(2)]
    ended = tenant.run("revoke-sessions", "--all-in-group", "Helpdesk", "--yes", user=ADMINISTRATOR)
    assert ended.code == 2
    assert all(each in ended.line for each in ids)
    missing = tenant.run("revoke-sessions", "--all-in-group", "Nobody's", "--yes", user=ADMINISTRATOR)
    assert missing.code == 2
    assert """there is no group "Nobody's" in the tenant""" in missing.line


def test_nobody_at_all_is_said_so(tenant: Tenant, tmp_path: Path) -> None:
    empty = tenant.group("Empty", role_assignable=False)
    assert tenant.run("revoke-sessions", user=ADMINISTRATOR).code == 2
    ended = tenant.run("revoke-sessions", "--all-in-group", empty, user=ADMINISTRATOR)
    assert ended.code == 1
    assert "there is nobody whose sessions could be ended" in ended.line
    missing = tenant.run("revoke-sessions", "--file", str(tmp_path / "missing"), user=ADMINISTRATOR)
    assert missing.code == 1
    assert "No such file" in missing.line


def test_stopping_half_way_says_who_was_dealt_with(tenant: Tenant, people: list[str]) -> None:
    def stop(request: Any, forward: Any) -> Any:
        raise KeyboardInterrupt

    tenant.network.on("POST", "bert", stop)
    ended = tenant.run("revoke-sessions", *people, "--yes", "--output", "json", user=ADMINISTRATOR)
    assert ended.code == 130
    assert outcomes(ended.document) == list(zip(people, ("revoked", "not known", "not reached"), strict=True))
    assert "1 of 3 were dealt with" in ended.line


def test_a_thousand_people_are_a_thousand_calls(tenant: Tenant, tmp_path: Path) -> None:
    file = tmp_path / "people.txt"
    file.write_text("\n".join(f"nobody{number}@contoso.com" for number in range(1000)))
    ended = tenant.run("revoke-sessions", "--file", str(file), "--yes", "--output", "json", user=ADMINISTRATOR)
    assert (ended.code, len(ended.document["sessions"]), len(tenant.sent)) == (7, 1000, 1000)


def test_names_cannot_steer_the_terminal(tenant: Tenant) -> None:
    ended = tenant.run("revoke-sessions", "\x1b]0;owned\x07@contoso.com", user=ADMINISTRATOR)
    assert ended.code == 7
    assert "\x1b" not in ended.out + ended.err
    assert "\x07" not in ended.out + ended.err
