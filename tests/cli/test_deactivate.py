"""entra-pim deactivate: an activated role is given back, once it may be."""

from typing import Any

import pytest

from tests.resources.network import fail, lose, lose_answer, refuse, unreachable

from .tenant import USER_ADMINISTRATOR, Tenant

REQUESTS = r"/roleAssignmentScheduleRequests$"


@pytest.fixture
def active(tenant: Tenant, aline: str, helpdesk: str) -> None:
    """Activate the role for Aline."""
    assert tenant.run("activate", USER_ADMINISTRATOR, "--justification", "work").code == 0


def deactivate(tenant: Tenant, *words: str, **how: Any) -> Any:
    return tenant.run("deactivate", "User Administrator", *words, **how)


def test_a_role_is_given_back(tenant: Tenant, aline: str, active: None) -> None:
    tenant.clock.sleep(600)
    ended = deactivate(tenant)
    assert (ended.code, ended.out) == (0, "User Administrator over the whole directory is given back.\n")
    assert tenant.active(aline) == []


def test_a_role_that_is_not_active_is_a_success(tenant: Tenant, aline: str, helpdesk: str) -> None:
    ended = deactivate(tenant)
    assert ended.code == 0
    assert "is not active: there is nothing to give back" in ended.out
    assert deactivate(tenant, "--output", "json").document["outcome"] == "not active"
    assert {each.method for each in tenant.sent} == {"GET"}


def test_within_five_minutes_it_says_when_it_can_be(tenant: Tenant, aline: str, active: None) -> None:
    tenant.clock.sleep(60)
    ended = deactivate(tenant)
    assert ended.code == 4
    assert "once it has been active for five minutes: in 4 min 1 s; or say --wait" in ended.line
    assert len(tenant.active(aline)) == 1


def test_waiting_lets_the_five_minutes_pass(tenant: Tenant, aline: str, active: None) -> None:
    ended = deactivate(tenant, "--wait", "--output", "json")
    assert (ended.code, ended.document["outcome"]) == (0, "deactivated")
    assert 300 <= tenant.clock.waited < 310
    assert tenant.active(aline) == []


def test_an_assigned_role_is_not_ones_own_to_give_back(tenant: Tenant, aline: str) -> None:
    tenant.grant(aline, kind="Assignment")
    ended = deactivate(tenant)
    assert ended.code == 4
    assert "was assigned to you, not activated: an administrator takes it away" in ended.line


def test_of_several_scopes_one_has_to_be_named(tenant: Tenant, aline: str) -> None:
    seattle = tenant.unit("Seattle")
    for scope in ("/", seattle):
        tenant.grant(aline, scope=scope)
        tenant.run("activate", USER_ADMINISTRATOR, "--scope", scope, "--justification", "work")
    tenant.clock.sleep(600)
    ended = deactivate(tenant)
    assert ended.code == 2
    assert "is active over several scopes: say --scope with one of" in ended.line
    assert deactivate(tenant, "--scope", "Seattle").code == 0
    assert [each["directoryScopeId"] for each in tenant.active(aline)] == ["/"]


@pytest.mark.parametrize("trouble", [lose_answer, lose, fail(500, applied=True), unreachable])
def test_a_lost_answer_ends_with_the_role_given_back(tenant: Tenant, aline: str, active: None, trouble: Any) -> None:
    tenant.clock.sleep(600)
    tenant.network.on("POST", REQUESTS, trouble, nth=1)
    assert deactivate(tenant).code == 0
    assert tenant.active(aline) == []


def test_an_application_has_nothing_to_give_back(tenant: Tenant) -> None:
    assert deactivate(tenant, user=None).code == 5


def test_any_other_refusal_is_passed_on(tenant: Tenant, aline: str, active: None) -> None:
    tenant.network.on("POST", REQUESTS, refuse(400, "InvalidScope", "The scope is invalid."))
    ended = deactivate(tenant)
    assert ended.code == 1
    assert "InvalidScope: The scope is invalid." in ended.line
