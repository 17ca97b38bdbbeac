"""entra-pim activate: what the policy wants first, one request, and what became of it."""

import json
from datetime import timedelta
from typing import Any

import pytest

from pulumi_entra_pim.cli.session import Session
from tests.resources.network import empty, fail, instead, lose, lose_answer, refuse, unreachable

from .tenant import HELPDESK_ADMINISTRATOR, USER_ADMINISTRATOR, Tenant

REQUESTS = r"/roleAssignmentScheduleRequests$"
EVERYTHING = ["Justification", "Ticketing", "MultiFactorAuthentication"]
WORK = ("--justification", "work")


def asked(tenant: Tenant) -> list[Any]:
    """Return what was asked of PIM for good."""
    bodies = [each.body for each in tenant.sent if each.method == "POST"]
    return [body for body in bodies if not body.get("isValidationOnly")]


def activate(tenant: Tenant, *words: str, **how: Any) -> Any:
    return tenant.run("activate", "User Administrator", *words, **how)


# -- the tutorial's step 5 ---------------------------------------------------------------------------------------------


def test_a_role_held_through_a_group_is_activated_as_in_the_tutorial(tenant: Tenant, aline: str, helpdesk: str) -> None:
    reason = "Need to invalidate all app refresh tokens for Contoso users."
    ticket = "Contoso ICM:CONTOSO:Security-012345"
    ended = activate(tenant, "--for", "5h", "--justification", reason, "--ticket", ticket)
    assert (ended.code, ended.err) == (0, "")
    assert "User Administrator over the whole directory, through IT Helpdesk (User) for 5 h" in ended.out
    assert "Its policy wants: multifactor authentication; a justification; at most 8 h." in ended.out
    assert "is active until" in ended.out
    assert "(in 5 h)" in ended.out
    [body] = asked(tenant)
    assert body == {
        "action": "selfActivate",
        "principalId": aline,
        "roleDefinitionId": USER_ADMINISTRATOR,
        "directoryScopeId": "/",
        "justification": reason,
        "scheduleInfo": {"expiration": {"type": "afterDuration", "duration": "PT5H"}},
        "ticketInfo": {"ticketSystem": "Contoso ICM", "ticketNumber": "CONTOSO:Security-012345"},
    }
    [assignment] = tenant.active(aline)
    assert assignment["roleDefinitionId"] == USER_ADMINISTRATOR


def test_json_has_the_outcome_the_end_and_the_rules(tenant: Tenant, aline: str, helpdesk: str) -> None:
    document = activate(tenant, "--for", "PT5H", *WORK, "--output", "json").document
    assert (document["outcome"], document["through"]) == ("active", "IT Helpdesk (User)")
    assert document["end"] == tenant.clock.after(hours=5)
    assert document["rules"]["longest"] == "PT8H"
    assert document["rules"]["multifactor_authentication"] is True


def test_a_role_granted_by_name_is_activated_for_the_policys_maximum(tenant: Tenant, aline: str) -> None:
    tenant.grant(aline)
    document = activate(tenant, *WORK, "--output", "json").document
    assert document["through"] is None
    assert document["end"] == tenant.clock.after(hours=8)
    assert [each.line for each in tenant.sent if "/me" in each.line] == []


@pytest.mark.parametrize("said", ["5h", "300m", "4h60m", "PT5H", "pt5h", "PT300M"])
def test_a_length_is_written_as_people_write_it(tenant: Tenant, aline: str, helpdesk: str, said: str) -> None:
    assert activate(tenant, "--for", said, *WORK, "--output", "json").document["end"] == tenant.clock.after(hours=5)


@pytest.mark.parametrize(
    "said", ["", "5", "5 hours", "-5h", "0h", "P1M", "P", "PT", "1h5h", "9" * 30 + "d", "P9999999D"]
)
def test_what_is_no_length_is_a_wrong_call(tenant: Tenant, aline: str, said: str) -> None:
    ended = activate(tenant, "--for", said, *WORK)
    assert ended.code == 2
    assert "write 5h, 1h30m, 90d or PT5H" in " ".join(ended.err.split())
    assert tenant.sent == []


@pytest.mark.parametrize("said", ["INC1", ":INC1", "ServiceNow:", "ServiceNow: "])
def test_what_is_no_ticket_is_a_wrong_call(tenant: Tenant, aline: str, said: str) -> None:
    assert activate(tenant, "--ticket", said, *WORK).code == 2
    assert tenant.sent == []


# -- what is there already ---------------------------------------------------------------------------------------------


def test_a_role_that_is_active_already_is_a_success_and_nothing_is_sent(
    tenant: Tenant, aline: str, helpdesk: str
) -> None:
    activate(tenant, "--for", "5h", *WORK)
    ended = activate(tenant)
    assert (ended.code, ended.err) == (0, "")
    assert "is active already, until" in ended.out
    assert {each.method for each in tenant.sent} == {"GET"}
    assert activate(tenant, "--output", "json").document["outcome"] == "already active"


def test_an_activation_that_is_not_listed_yet_is_found_when_pim_says_so(
    tenant: Tenant, aline: str, helpdesk: str
) -> None:
    activate(tenant, "--for", "5h", *WORK)
    tenant.network.on("GET", "roleAssignmentScheduleInstances", empty)
    document = activate(tenant, *WORK, "--output", "json").document
    assert (document["outcome"], document["end"]) == ("already active", tenant.clock.after(hours=5))


# -- what the policy wants ---------------------------------------------------------------------------------------------


def test_what_is_missing_is_said_with_its_options_where_nobody_can_be_asked(
    tenant: Tenant, aline: str, helpdesk: str
) -> None:
    tenant.rule("Enablement_EndUser_Assignment", enabledRules=["Justification", "Ticketing"])
    ended = activate(tenant)
    assert ended.code == 4
    assert ended.line.endswith(
        "the policy of User Administrator wants a justification and a ticket: say --justification TEXT and --ticket"
        " SYSTEM:NUMBER"
    )
    assert asked(tenant) == []


def test_more_than_the_policys_maximum_is_refused_before_it_is_asked(tenant: Tenant, aline: str, helpdesk: str) -> None:
    ended = activate(tenant, "--for", "9h", *WORK)
    assert ended.code == 4
    assert "the policy of User Administrator allows at most 8 h; asked was 9 h: say --for PT8H" in ended.line
    assert asked(tenant) == []


def test_a_role_without_demands_says_so(tenant: Tenant, aline: str, helpdesk: str) -> None:
    tenant.rule("Enablement_EndUser_Assignment", enabledRules=[])
    tenant.rule("Expiration_EndUser_Assignment", isExpirationRequired=False)
    ended = activate(tenant)
    assert ended.code == 0
    assert "Its policy wants: nothing." in ended.out
    assert "(in 1 h)" in ended.out


def test_a_sign_in_without_mfa_is_sent_to_sign_in_with_it(tenant: Tenant, aline: str, helpdesk: str) -> None:
    ended = activate(tenant, *WORK, mfa=False)
    assert ended.code == 5
    assert "wants multifactor authentication, which this sign-in has not shown" in ended.line
    assert tenant.active(aline) == []


def test_pims_own_refusal_names_every_rule_where_the_policy_cannot_be_read(
    tenant: Tenant, aline: str, helpdesk: str
) -> None:
    tenant.rule("Enablement_EndUser_Assignment", enabledRules=EVERYTHING)
    tenant.network.on("GET", "roleManagementPolicyAssignments", refuse(403, "", "not you"))
    ended = activate(tenant, "--for", "9h", mfa=False)
    assert ended.code == 4
    assert "Its policy is not yours to read: PIM tells what it wants." in ended.out
    for reason in ("a shorter --for", "--justification", "--ticket SYSTEM:NUMBER", "multifactor authentication"):
        assert reason in ended.line
    assert tenant.active(aline) == []


def test_an_activation_shorter_than_five_minutes_is_refused_in_plain_words(
    tenant: Tenant, aline: str, helpdesk: str
) -> None:
    ended = activate(tenant, "--for", "4m", *WORK)
    assert ended.code == 4
    assert "an activation lasts at least five minutes" in ended.line


# -- who is not eligible -----------------------------------------------------------------------------------------------


def test_whoever_is_not_eligible_is_told_so_and_what_they_are_eligible_for(tenant: Tenant, aline: str) -> None:
    tenant.grant(aline, HELPDESK_ADMINISTRATOR)
    ended = activate(tenant, *WORK)
    assert ended.code == 4
    assert (
        "you are not eligible for User Administrator over the whole directory, by name or through a group" in ended.line
    )
    assert "by name you are eligible for Helpdesk Administrator over the whole directory" in ended.line
    assert asked(tenant) == []


def test_a_member_of_a_role_assignable_group_that_is_not_eligible_is_told_so(tenant: Tenant, aline: str) -> None:
    tenant.group("Readers", aline)
    ended = activate(tenant, *WORK)
    assert (ended.code, asked(tenant)) == (4, [])
    assert "you are not eligible for User Administrator" in ended.line


def test_an_eligibility_that_was_taken_away_meanwhile_is_pims_word(tenant: Tenant, aline: str, helpdesk: str) -> None:
    def take_away(request: Any, forward: Any) -> Any:
        body = {"action": "adminRemove", "principalId": helpdesk, "roleDefinitionId": USER_ADMINISTRATOR,
                "directoryScopeId": "/"}  # fmt: skip
        tenant.ask("POST", "/roleManagement/directory/roleEligibilityScheduleRequests", body)
        return forward(request)

    tenant.network.on("POST", REQUESTS, take_away, nth=2)
    ended = activate(tenant, *WORK)
    assert ended.code == 4
    assert "you are not eligible for User Administrator" in ended.line


def test_an_application_cannot_activate_and_is_told_who_can(tenant: Tenant, helpdesk: str) -> None:
    ended = activate(tenant, *WORK, user=None)
    assert ended.code == 5
    assert "needs a person" in ended.line
    assert tenant.sent == []


# -- names and scopes --------------------------------------------------------------------------------------------------


def test_part_of_a_name_will_do_where_it_means_one_role(tenant: Tenant, aline: str, helpdesk: str) -> None:
    ended = tenant.run("activate", "user admin", *WORK)
    assert ended.code == 0
    assert "User Administrator over the whole directory" in ended.out


def test_a_name_that_may_be_several_lists_the_candidates_with_their_ids(tenant: Tenant, aline: str) -> None:
    ended = tenant.run("activate", "administrator", *WORK)
    assert (ended.code, asked(tenant)) == (2, [])
    assert "'administrator' may be any of" in ended.line
    assert f"User Administrator ({USER_ADMINISTRATOR})" in ended.line


def test_a_name_that_is_no_roles_is_a_wrong_call(tenant: Tenant, aline: str) -> None:
    ended = tenant.run("activate", "astronaut", *WORK)
    assert ended.code == 2
    assert "there is no directory role 'astronaut'" in ended.line


def test_a_role_is_named_by_its_id_too(tenant: Tenant, aline: str, helpdesk: str) -> None:
    ended = tenant.run("activate", USER_ADMINISTRATOR.upper(), *WORK)
    assert ended.code == 0
    assert asked(tenant)[0]["roleDefinitionId"] == USER_ADMINISTRATOR


def test_the_only_scope_of_an_eligibility_is_taken(tenant: Tenant, aline: str) -> None:
    seattle = tenant.unit("Seattle")
    tenant.grant(aline, scope=seattle)
    document = activate(tenant, *WORK, "--output", "json").document
    assert document["scope"] == {"id": seattle, "name": "Seattle"}
    assert tenant.active(aline)[0]["directoryScopeId"] == seattle


def test_several_scopes_are_listed_and_one_is_taken_by_name_or_id(tenant: Tenant, aline: str) -> None:
    seattle = tenant.unit("Seattle")
    tenant.grant(aline)
    tenant.grant(aline, scope=seattle)
    ended = activate(tenant, *WORK)
    assert ended.code == 2
    assert f"say --scope with one of the whole directory (/), Seattle ({seattle})" in ended.line
    assert activate(tenant, "--scope", "seattle", *WORK).code == 0
    assert activate(tenant, "--scope", "/", *WORK).code == 0
    assert {each["directoryScopeId"] for each in tenant.active(aline)} == {"/", seattle}


def test_a_scope_that_one_is_not_eligible_over_is_refused(tenant: Tenant, aline: str, helpdesk: str) -> None:
    ended = activate(tenant, "--scope", tenant.unit("Seattle"), *WORK)
    assert ended.code == 4
    assert "you are not eligible for User Administrator over /administrativeUnits/" in ended.line


# -- dry run -----------------------------------------------------------------------------------------------------------


def test_a_dry_run_asks_pim_and_activates_nothing(tenant: Tenant, aline: str, helpdesk: str) -> None:
    ended = activate(tenant, "--dry-run", *WORK)
    assert (ended.code, asked(tenant)) == (0, [])
    assert "PIM would take it" in ended.out
    assert tenant.active(aline) == []
    assert tenant.run("requests", "--output", "json").document["requests"] == []


def test_a_dry_run_is_refused_as_the_request_would_be(tenant: Tenant, aline: str, helpdesk: str) -> None:
    assert activate(tenant, "--dry-run", *WORK, mfa=False).code == 5
    assert activate(tenant, "--dry-run", "--for", "4m", *WORK).code == 4


# -- approval ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def boss(tenant: Tenant, helpdesk: str) -> str:
    """Somebody who has to approve."""
    found = tenant.user("boss")
    tenant.demand_approval(found)
    return found


def test_an_activation_that_waits_says_who_decides(tenant: Tenant, aline: str, boss: str) -> None:
    ended = activate(tenant, *WORK)
    assert ended.code == 6
    assert "Its policy wants: multifactor authentication; a justification; approval by boss; at most 8 h." in ended.out
    assert "is not active yet: boss has to approve request" in ended.line


def test_asking_again_while_it_waits_finds_the_open_request(tenant: Tenant, aline: str, boss: str) -> None:
    first = activate(tenant, *WORK, "--output", "json").document
    again = activate(tenant, *WORK, "--output", "json")
    assert (again.code, again.document["request_id"]) == (6, first["request_id"])


def test_without_named_approvers_the_administrators_decide(tenant: Tenant, aline: str, helpdesk: str) -> None:
    stage = {"approvalStageTimeOutInDays": 1, "primaryApprovers": []}
    tenant.rule("Approval_EndUser_Assignment", setting={"isApprovalRequired": True, "approvalStages": [stage]})
    assert "a Privileged Role Administrator or Global Administrator has to approve" in activate(tenant, *WORK).line


def decide_at(tenant: Tenant, look: int, boss: str, *, approve: bool) -> None:
    """Have the boss decide when the request is looked at for a number of times."""

    def decision(request: Any, forward: Any) -> Any:
        [found] = tenant.ask("GET", "/roleManagement/directory/roleAssignmentScheduleRequests")["value"]
        tenant.emulator.decide(found["id"], approve=approve, by=boss, justification="as agreed")
        return forward(request)

    tenant.network.on("GET", r"roleAssignmentScheduleRequests/filterByCurrentUser", decision, nth=look)


def test_waiting_ends_with_the_approval_and_tells_the_time_that_is_left(tenant: Tenant, aline: str, boss: str) -> None:
    decide_at(tenant, 6, boss, approve=True)
    ended = activate(tenant, "--wait", "--for", "1h", *WORK)
    assert ended.code == 0
    assert "is active until" in ended.out
    assert len(tenant.active(aline)) == 1
    assert 30 < tenant.clock.waited < 120


def test_waiting_ends_with_the_denial(tenant: Tenant, aline: str, boss: str) -> None:
    decide_at(tenant, 2, boss, approve=False)
    ended = activate(tenant, "--wait", *WORK)
    assert ended.code == 1
    assert "is not active: the request" in ended.line
    assert "was refused by an approver" in ended.line


def test_waiting_ends_when_the_approvers_time_is_over(tenant: Tenant, aline: str, boss: str) -> None:
    ended = activate(tenant, "--wait", *WORK)
    assert ended.code == 1
    assert "was taken by PIM and then failed: ask again" in ended.line
    assert tenant.clock.waited <= timedelta(days=1).total_seconds() + 60
    assert tenant.active(aline) == []


def test_stopping_while_it_waits_says_that_the_request_goes_on(
    tenant: Tenant, aline: str, boss: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(seconds: float, over: object = None) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(tenant.clock, "sleep", stop)
    ended = activate(tenant, "--wait", *WORK)
    assert ended.code == 130
    assert "goes on without you: entra-pim requests shows it" in ended.line


def test_stopping_while_it_is_sent_says_where_to_look(tenant: Tenant, aline: str, helpdesk: str) -> None:
    def stop(request: Any, forward: Any) -> Any:
        raise KeyboardInterrupt

    tenant.network.on("POST", REQUESTS, stop, nth=2)
    ended = activate(tenant, *WORK)
    assert ended.code == 130
    assert "whether PIM took the request for User Administrator is in entra-pim requests" in ended.line


def test_a_request_that_pim_provisions_late_is_waited_for(tenant: Tenant, aline: str, helpdesk: str) -> None:
    tenant.emulator.switches.provisions_after = 20
    assert activate(tenant, "--wait", *WORK, "--output", "json").document["outcome"] == "active"


def test_without_waiting_a_request_under_way_is_a_success(tenant: Tenant, aline: str, helpdesk: str) -> None:
    tenant.emulator.switches.provisions_after = 20
    ended = activate(tenant, *WORK)
    assert ended.code == 0
    assert "is about to be active: PIM has taken request" in ended.out


# -- claims challenges -------------------------------------------------------------------------------------------------


@pytest.fixture
def context(tenant: Tenant, helpdesk: str) -> None:
    """Demand an authentication context in the place of MFA."""
    tenant.rule("Enablement_EndUser_Assignment", enabledRules=["Justification"])
    tenant.rule("AuthenticationContext_EndUser_Assignment", isEnabled=True, claimValue="c1")


def test_a_claims_challenge_is_answered_by_signing_in_again_with_it(
    tenant: Tenant, aline: str, context: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    challenges: list[Any] = []

    def challenge(session: Session, claims: str) -> None:
        challenges.append(json.loads(claims))
        tenant.rule("AuthenticationContext_EndUser_Assignment", isEnabled=False)

    monkeypatch.setattr(Session, "challenge", challenge)
    ended = activate(tenant, *WORK)
    assert ended.code == 0
    assert "a sign-in with authentication context c1" in ended.out
    assert challenges == [{"access_token": {"acrs": {"essential": True, "value": "c1"}}}]
    assert len(tenant.active(aline)) == 1


def test_a_new_sign_in_that_does_not_help_is_not_tried_for_ever(
    tenant: Tenant, aline: str, context: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    challenges: list[str] = []
    monkeypatch.setattr(Session, "challenge", lambda _, claims: challenges.append(claims))
    ended = activate(tenant, *WORK)
    assert ended.code == 4
    assert "the new sign-in does not show what the policy of User Administrator wants either" in ended.line
    assert len(challenges) == 1


def test_a_given_token_cannot_answer_a_claims_challenge(tenant: Tenant, aline: str, context: None) -> None:
    assert activate(tenant, *WORK).code == 5


# -- lost answers ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("trouble", [lose_answer, lose, fail(503), fail(500, applied=True), unreachable])
def test_a_lost_answer_makes_no_second_request(tenant: Tenant, aline: str, helpdesk: str, trouble: Any) -> None:
    tenant.network.on("POST", REQUESTS, trouble, nth=2)
    document = activate(tenant, "--for", "5h", *WORK, "--output", "json").document
    assert document["outcome"] == "active"
    [request] = tenant.ask("GET", "/roleManagement/directory/roleAssignmentScheduleRequests")["value"]
    assert request["id"] == document["request_id"]


def test_an_unreachable_host_is_one_line(tenant: Tenant, aline: str, helpdesk: str) -> None:
    tenant.network.on("", "", unreachable, times=1000)
    ended = activate(tenant, *WORK)
    assert (ended.code, ended.out) == (1, "")
    assert "cannot reach" in ended.line


def test_a_policy_that_is_not_there_is_no_reason_to_stop(tenant: Tenant, aline: str, helpdesk: str) -> None:
    tenant.network.on("GET", "roleManagementPolicyAssignments", empty)
    assert activate(tenant, *WORK).code == 0


def test_no_token_and_no_justification_is_in_a_refusal(tenant: Tenant, aline: str, helpdesk: str) -> None:
    canary = "canary-of-the-justification"
    ended = activate(tenant, "--for", "4m", "--justification", canary)
    assert canary not in ended.err
    assert "eyJ" not in ended.err


def test_a_refusal_of_microsofts_own_keeps_its_words_and_request_id(tenant: Tenant, aline: str, helpdesk: str) -> None:
    ended = activate(tenant, *WORK, scopes=("RoleManagement.Read.Directory", "User.Read"))
    assert ended.code == 1
    assert "PermissionScopeNotGranted" in ended.line
    assert "request-id" in ended.line


def test_an_expired_token_is_a_matter_of_signing_in(tenant: Tenant, aline: str, helpdesk: str) -> None:
    tenant.network.on("GET", "", refuse(401, "InvalidAuthenticationToken", "the token is expired"), times=100)
    ended = activate(tenant, *WORK)
    assert ended.code == 5
    assert "the token is expired" in ended.line


def test_a_policy_that_says_not_eligible_is_believed(tenant: Tenant, aline: str) -> None:
    tenant.group("Readers", aline)
    failed = 'The following policy rules failed: ["EligibilityRule","ExpirationRule"]'
    tenant.network.on("POST", REQUESTS, refuse(400, "RoleAssignmentRequestPolicyValidationFailed", failed))
    ended = activate(tenant, *WORK)
    assert ended.code == 4
    assert "you are not eligible for User Administrator" in ended.line


def test_a_request_that_is_gone_while_it_is_waited_for_is_said_so(tenant: Tenant, aline: str, boss: str) -> None:
    tenant.network.on("GET", "roleAssignmentScheduleRequests/filterByCurrentUser", empty)
    ended = activate(tenant, "--wait", *WORK)
    assert ended.code == 1
    assert "is gone from PIM: ask again" in ended.line


def test_a_whole_name_is_meant_before_longer_ones_that_hold_it(tenant: Tenant, aline: str) -> None:
    roles = "/roleManagement/directory/roleDefinitions"
    ids = {}
    for name in ("Auditor", "Auditor of Seattle"):
        body = {"displayName": name, "isEnabled": True, "rolePermissions": []}
        ids[name] = tenant.ask("POST", roles, body)["id"]
    tenant.grant(aline, ids["Auditor"])
    assert tenant.run("activate", "auditor", *WORK).code == 0
    assert asked(tenant)[0]["roleDefinitionId"] == ids["Auditor"]
    assert tenant.run("activate", "audit", *WORK).code == 2


def test_an_eligibility_that_graph_lists_as_a_groups_is_one_through_a_group(
    tenant: Tenant, aline: str, helpdesk: str
) -> None:
    def as_live_tenants_do(request: Any, forward: Any) -> Any:
        query = f"?$filter=principalId eq '{helpdesk}'"
        path = "/roleManagement/directory/roleEligibilityScheduleInstances"
        rows = tenant.ask("GET", f"{path}{query}")["value"]
        value = [{**row, "principalId": aline, "memberType": "Group"} for row in rows]
        return instead(200, {"value": value})(request, forward)

    own = "roleEligibilityScheduleInstances/filterByCurrentUser"
    tenant.network.on("GET", own, as_live_tenants_do, times=3)
    ended = activate(tenant, "--dry-run", *WORK)
    assert "through IT Helpdesk (User)" in ended.out
    assert len([each for each in tenant.sent if each.method == "POST"]) == 1
    tenant.network.on("POST", r"\$batch", fail(503))
    [row] = tenant.run("assignments", "--output", "json").document["eligible"]
    assert (row["role"]["name"], row["through"]) == ("User Administrator", "a group")
    refused = tenant.run("extend", USER_ADMINISTRATOR, "--for", "30d", *WORK)
    assert refused.code == 4
    assert "is held through a group" in refused.line
