"""entra-pim requests: what one asked of PIM, and what became of it."""

from .tenant import USER_ADMINISTRATOR, Tenant


def test_a_request_is_listed_with_what_its_status_means(tenant: Tenant, aline: str, helpdesk: str) -> None:
    tenant.run("activate", USER_ADMINISTRATOR, "--justification", "work")
    ended = tenant.run("requests", "--output", "json")
    [request] = ended.document["requests"]
    assert ended.code == 0
    assert (request["action"], request["role"], request["scope"]) == (
        "selfActivate",
        "User Administrator",
        "the whole directory",
    )
    assert (request["status"], request["meaning"]) == ("Provisioned", "in effect, or it was until its end")


def test_the_latest_request_comes_first(tenant: Tenant, aline: str, helpdesk: str) -> None:
    tenant.run("activate", USER_ADMINISTRATOR, "--for", "10m", "--justification", "first")
    tenant.clock.sleep(3600)
    tenant.run("activate", USER_ADMINISTRATOR, "--for", "10m", "--justification", "second")
    found = tenant.run("requests", "--output", "json").document["requests"]
    assert [each["justification"] for each in found] == ["second", "first"]


def test_a_request_that_waits_says_for_whom(tenant: Tenant, aline: str, helpdesk: str) -> None:
    tenant.demand_approval(tenant.user("boss"))
    tenant.run("activate", USER_ADMINISTRATOR, "--justification", "work")
    said = " ".join(tenant.run("requests").out.split())
    assert "PendingApproval waits for an approver" in said


def test_somebody_who_asked_for_nothing_has_an_empty_list(tenant: Tenant, aline: str) -> None:
    assert tenant.run("requests").out == "Your requests: none\n"


def test_an_application_has_no_requests_of_its_own(tenant: Tenant) -> None:
    assert tenant.run("requests", user=None).code == 5
