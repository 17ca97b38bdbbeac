"""entra-pim extend: more time for what is granted by name, which an administrator decides about."""

from typing import Any

import pytest

from tests.resources.network import lose_answer, refuse

from .tenant import ADMINISTRATOR, USER_ADMINISTRATOR, Tenant

REQUESTS = "/roleManagement/directory/roleEligibilityScheduleRequests"


def extend(tenant: Tenant, *words: str, **how: Any) -> Any:
    options = ("--for", "180d", "--justification", "still here")
    return tenant.run("extend", "User Administrator", *options, *words, **how)


def sent(tenant: Tenant) -> list[Any]:
    return [each.body for each in tenant.sent if each.method == "POST"]


def end_of(tenant: Tenant, aline: str) -> str:
    path = f"/roleManagement/directory/roleEligibilitySchedules?$filter=principalId eq '{aline}'"
    [schedule] = tenant.ask("GET", path)["value"]
    return str(schedule["scheduleInfo"]["expiration"]["endDateTime"])


def test_more_time_is_asked_for_and_an_administrator_decides(tenant: Tenant, aline: str) -> None:
    tenant.grant(aline, duration="P7D")
    ended = extend(tenant)
    assert ended.code == 6
    assert "waits for an administrator" in ended.out
    assert "until a Privileged Role Administrator or Global Administrator decides" in ended.line
    [body] = sent(tenant)
    assert (body["action"], body["scheduleInfo"]["expiration"]["duration"]) == ("selfExtend", "P180D")
    [request] = [each for each in tenant.ask("GET", REQUESTS)["value"] if each["action"] == "selfExtend"]
    admin = tenant.emulator.contoso.administrator_id
    tenant.emulator.decide(request["id"], approve=True, by=admin, justification="as agreed")
    assert end_of(tenant, aline)[:10] == tenant.clock.after(days=180)[:10]


def test_asking_again_finds_the_open_request(tenant: Tenant, aline: str) -> None:
    tenant.grant(aline, duration="P7D")
    first = extend(tenant, "--output", "json").document
    again = extend(tenant, "--output", "json")
    assert again.code == 6
    assert (again.document["request_id"], again.document["was_open"]) == (first["request_id"], True)
    assert "was open already" in extend(tenant).out


def test_what_has_ended_within_a_month_is_renewed(tenant: Tenant, aline: str) -> None:
    tenant.grant(aline, duration="P1D")
    tenant.clock.sleep(2 * 86_400)
    assert extend(tenant).code == 6
    assert [body["action"] for body in sent(tenant)] == ["selfRenew"]


def test_what_was_never_granted_by_name_is_refused(tenant: Tenant, aline: str, helpdesk: str) -> None:
    ended = extend(tenant)
    assert ended.code == 4
    assert "is not granted to you by name, and no such grant has ended in the last 30 days" in ended.line


def test_what_is_for_ever_has_nothing_to_extend(tenant: Tenant, aline: str) -> None:
    tenant.grant(aline, duration=None)
    ended = extend(tenant)
    assert (ended.code, sent(tenant)) == (4, [])
    assert "is held for ever" in ended.line


def test_an_active_assignment_is_extended_on_request(tenant: Tenant, aline: str) -> None:
    tenant.grant(aline, kind="Assignment", duration="P7D")
    assert extend(tenant, "--active").code == 6
    assert tenant.sent[-1].path.endswith("/roleAssignmentScheduleRequests")


def test_what_was_activated_is_activated_again_and_not_extended(tenant: Tenant, aline: str, helpdesk: str) -> None:
    tenant.run("activate", USER_ADMINISTRATOR, "--justification", "work")
    ended = extend(tenant, "--active")
    assert (ended.code, sent(tenant)) == (4, [])
    assert "was activated: activate it again when it has ended" in ended.line


def test_a_policy_that_refuses_is_told_with_its_rule(tenant: Tenant, aline: str) -> None:
    tenant.grant(aline, duration="P7D")
    tenant.rule("Expiration_Admin_Eligibility", isExpirationRequired=True, maximumDuration="P30D")
    ended = extend(tenant)
    assert ended.code == 4
    assert "ExpirationRule" in ended.line
    assert "P30D" in ended.line


def test_a_lost_answer_makes_no_second_request(tenant: Tenant, aline: str) -> None:
    tenant.grant(aline, duration="P7D")
    tenant.network.on("POST", REQUESTS, lose_answer)
    document = extend(tenant, "--output", "json").document
    found = [each["id"] for each in tenant.ask("GET", REQUESTS)["value"] if each["action"] == "selfExtend"]
    assert found == [document["request_id"]]


@pytest.mark.parametrize("missing", ["--for", "--justification"])
def test_a_length_and_a_reason_are_needed(tenant: Tenant, missing: str) -> None:
    given = {"--for": "1d", "--justification": "still here"}
    words = [word for pair in given.items() if pair[0] != missing for word in pair]
    assert tenant.run("extend", USER_ADMINISTRATOR, *words, user=ADMINISTRATOR).code == 2


def test_any_other_refusal_is_passed_on(tenant: Tenant, aline: str) -> None:
    tenant.grant(aline, duration="P7D")
    tenant.network.on("POST", REQUESTS, refuse(400, "InvalidScope", "The scope is invalid."))
    ended = extend(tenant)
    assert ended.code == 1
    assert "InvalidScope: The scope is invalid." in ended.line


def test_a_request_that_is_said_to_be_open_and_is_not_listed_is_passed_on(tenant: Tenant, aline: str) -> None:
    tenant.grant(aline, duration="P7D")
    tenant.network.on("POST", REQUESTS, refuse(400, "PendingRoleAssignmentRequest", "There is already one."))
    ended = extend(tenant)
    assert ended.code == 1
    assert "PendingRoleAssignmentRequest" in ended.line
