"""The commands in a real terminal, as their own process: what is asked, shown meanwhile, and left behind."""

import re
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from entra_emulator.directory.applications import ENTRA_PIM

from .tenant import ADMINISTRATOR, ALINE, Tenant
from .terminal import Terminal, terminal


class Desk:
    """A terminal on the way to a tenant at a loopback address."""

    def __init__(self, tenant: Tenant, url: str) -> None:
        self._tenant = tenant
        self._url = url

    def run(self, *words: str, user: str = ALINE, columns: int = 120) -> AbstractContextManager[Terminal]:
        """Run the command as a person."""
        environment = {"ENTRA_PIM_GRAPH_URL": self._url, "ENTRA_PIM_ACCESS_TOKEN": self._tenant.token(user)}
        return terminal(*words, environment=environment, columns=columns)


@pytest.fixture
def desk(tenant: Tenant) -> Iterator[Desk]:
    """A terminal, and a tenant that it reaches."""
    with tenant.emulator.serve(http_port=0) as served:
        assert served.http_url is not None
        yield Desk(tenant, served.http_url)


def test_a_missing_justification_is_asked_for_after_the_policy_is_said(
    tenant: Tenant, desk: Desk, aline: str, helpdesk: str
) -> None:
    with desk.run("activate", "User Administrator", "--for", "5h") as person:
        person.wait_for("Justification:")
        assert "Its policy wants: multifactor authentication; a justification; at most 8 h." in person.plain
        assert tenant.active(aline) == []
        person.type("the night shift\n")
        assert person.end() == 0
    assert "is active until" in person.plain
    assert len(tenant.active(aline)) == 1


def test_a_ticket_is_asked_for_until_it_is_one(tenant: Tenant, desk: Desk, aline: str, helpdesk: str) -> None:
    tenant.rule("Enablement_EndUser_Assignment", enabledRules=["Ticketing"])
    with desk.run("activate", "User Administrator") as person:
        person.wait_for("Ticket (SYSTEM:NUMBER):")
        person.type("INC1\n")
        person.wait_for("is not SYSTEM:NUMBER")
        person.type("ServiceNow:INC1\n")
        assert person.end() == 0
    [request] = tenant.ask("GET", "/roleManagement/directory/roleAssignmentScheduleRequests")["value"]
    assert request["ticketInfo"] == {"ticketNumber": "INC1", "ticketSystem": "ServiceNow"}


@pytest.mark.parametrize(("answer", "code", "outcome"), [("y", 0, "revoked"), ("n", 1, "Aborted")])
def test_before_several_people_it_asks(
    tenant: Tenant, desk: Desk, aline: str, answer: str, code: int, outcome: str
) -> None:
    with desk.run("revoke-sessions", ALINE, ADMINISTRATOR, user=ADMINISTRATOR) as person:
        person.wait_for("End the sign-in sessions of 2 people, AlineD@contoso.com the first of them? [y/N]:")
        person.type(f"{answer}\n")
        assert person.end() == code
    assert outcome in person.plain


def test_waiting_shows_who_decides_and_the_time_that_is_left_in_one_line(
    tenant: Tenant, desk: Desk, aline: str, helpdesk: str
) -> None:
    boss = tenant.user("boss")
    tenant.demand_approval(boss)
    with desk.run("activate", "User Administrator", "--justification", "work", "--wait") as person:
        person.wait_for("waits for boss; ")
        [request] = tenant.ask("GET", "/roleManagement/directory/roleAssignmentScheduleRequests")["value"]
        tenant.emulator.decide(request["id"], approve=True, by=boss, justification="as agreed")
        assert person.end() == 0
    assert "23 h 59 min left" in person.plain or "1 d left" in person.plain
    assert "\r\x1b[K" in person.seen
    assert "is active until" in person.plain.splitlines()[-1]


def test_stopping_while_it_waits_says_that_the_request_goes_on(
    tenant: Tenant, desk: Desk, aline: str, helpdesk: str
) -> None:
    tenant.demand_approval(tenant.user("boss"))
    with desk.run("activate", "User Administrator", "--justification", "work", "--wait") as person:
        person.wait_for("waits for boss; ")
        assert person.interrupt() == 130
    assert "goes on without you: entra-pim requests shows it" in person.plain
    assert "Traceback" not in person.plain


def test_a_wide_table_fits_a_narrow_terminal(tenant: Tenant, desk: Desk, aline: str, helpdesk: str) -> None:
    with desk.run("assignments", "--user", ALINE, user=ADMINISTRATOR, columns=50) as person:
        assert person.end() == 0
    assert max(len(line) for line in person.plain.splitlines()) <= 50
    assert "\x1b[1m" in person.seen


# -- the whole way: her own sign-in, over TLS --------------------------------------------------------------------------


@pytest.fixture
def alines_machine(tenant: Tenant, tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment of a machine on which nobody has signed in, and whose screen shows no browser."""
    with tenant.emulator.serve() as served:
        people = {name: value for name, value in served.environment.items() if "SECRET" not in name}
        yield {**people, "ENTRA_PIM_SIGN_IN_CLIENT_ID": ENTRA_PIM, "HOME": str(tmp_path), "DISPLAY": "", "BROWSER": ""}


def code_shown(person: Terminal, after: str = "") -> str:
    """Read the code that the person is asked to enter, behind another one."""
    found = [code for code in re.findall(r"\b[A-Z0-9]{9}\b", person.plain) if code != after]
    while not found:
        person.read_on()
        found = [code for code in re.findall(r"\b[A-Z0-9]{9}\b", person.plain) if code != after]
    return found[0]


def test_she_signs_in_with_a_device_code_and_again_for_an_authentication_context(
    tenant: Tenant, aline: str, helpdesk: str, alines_machine: dict[str, str]
) -> None:
    tenant.rule("Enablement_EndUser_Assignment", enabledRules=["Justification"])
    tenant.rule("AuthenticationContext_EndUser_Assignment", isEnabled=True, claimValue="c1")
    words = ("activate", "User Administrator", "--for", "5h", "--justification", "the night shift")
    with terminal(*words, environment=alines_machine) as person:
        first = code_shown(person)
        tenant.emulator.approve_sign_in(first, user=ALINE, mfa=False)
        second = code_shown(person, first)
        assert "Its policy wants: a sign-in with authentication context c1" in person.plain
        assert tenant.active(aline) == []
        tenant.emulator.approve_sign_in(second, user=ALINE, mfa=True)
        assert person.end() == 0
    assert "User Administrator over the whole directory is active until" in person.plain
    assert len(tenant.active(aline)) == 1
    assert "eyJ" not in person.plain
