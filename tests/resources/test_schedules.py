"""Requests to PIM that are early, lost, refused or of no effect: told apart, waited out, and put in plain words."""

from typing import Any

import pytest
from pulumi.runtime.proto import provider_pb2

from pulumi_entra_pim.graph.errors import Denied, GraphError, OutcomeUnknown, Refused, TimedOut

from .engine import Engine, Rpc
from .entra import Entra
from .managed import Managed
from .network import changing, empty, fail, first, lose, lose_answer, refuse, unreachable
from .pim import PIM_ONLY, POST, SCHEDULES, actions, ask_pim, set_rule
from .programs import NOBODY, USER_ADMINISTRATOR, an_eligibility

# -- PIM does not know the principal or the role -----------------------------------------------------------------------


@pytest.mark.parametrize("code", ["SubjectNotFound", "RoleNotFound"])
def test_a_principal_or_role_that_pim_learns_of_late_is_waited_for(
    entra: Entra, eligibility: Managed, aline: str, code: str
) -> None:
    entra.network.on("POST", POST, refuse(404, code), times=15)
    eligibility.up(**an_eligibility(aline))
    assert actions(entra) == ["adminAssign"] * 16
    assert 120 < entra.clock.waited < 180


def test_a_wrong_principal_is_told_from_a_delay(entra: Entra, eligibility: Managed) -> None:
    with pytest.raises(
        Refused, match=rf"SubjectNotFound.* the directory has no principal {NOBODY} either: check the id"
    ):
        eligibility.up(**an_eligibility(NOBODY))
    assert entra.clock.waited == 30


def test_a_wrong_role_is_told_from_a_delay(entra: Entra, eligibility: Managed, aline: str) -> None:
    with pytest.raises(Refused, match=rf"the directory has no role definition {NOBODY} either: check the id"):
        eligibility.up(**an_eligibility(aline, role_definition_id=NOBODY))


@pytest.mark.parametrize(("code", "what"), [("SubjectNotFound", "principal"), ("RoleNotFound", "role definition")])
def test_a_delay_beyond_all_patience_is_told_from_a_wrong_id(
    entra: Entra, eligibility: Managed, aline: str, code: str, what: str
) -> None:
    entra.network.on("POST", POST, refuse(404, code), times=1000)
    with pytest.raises(Refused, match=rf"the directory has {what} \S+, but PIM does not know it yet: run again"):
        eligibility.up(**an_eligibility(aline))


def test_a_caller_who_may_not_look_is_told_so(entra: Entra) -> None:
    eligibility = entra.manage("RoleEligibility", token=entra.emulator.token(permissions=PIM_ONLY))
    with pytest.raises(Refused, match=f"the caller may not look for principal {NOBODY} in the directory"):
        eligibility.up(**an_eligibility(NOBODY))


def test_the_wait_is_bound_by_the_time_that_the_operation_may_take(entra: Entra, aline: str) -> None:
    entra.network.on("POST", POST, refuse(404, "SubjectNotFound"), times=1000)
    eligibility = entra.manage("RoleEligibility", seconds=10)
    with pytest.raises(Refused, match="PIM does not know it yet"):
        eligibility.up(**an_eligibility(aline))
    assert entra.clock.waited == 10


def test_a_throttle_beyond_the_operations_time_is_not_taken_for_a_delay_of_pim(
    entra: Entra, eligibility: Managed, aline: str
) -> None:
    entra.network.on("POST", POST, fail(429, headers={"Retry-After": "5000"}))
    with pytest.raises(TimedOut, match="5000 s"):
        eligibility.up(**an_eligibility(aline))
    assert entra.clock.pauses == []


@pytest.mark.parametrize("code", ["SubjectNotFound", "RoleNotFound", "InvalidRoleAssignmentRequest"])
def test_a_group_that_can_never_hold_a_role_is_refused_at_once(entra: Entra, eligibility: Managed, code: str) -> None:
    group = entra.group("plain", role_assignable=False)
    entra.network.on("POST", POST, refuse(404, code), times=1000)
    with pytest.raises(Refused, match=f"principal {group} is a group that is not role-assignable.*RoleAssignableGroup"):
        eligibility.up(**an_eligibility(group))
    assert entra.clock.pauses == []


def test_a_role_assignable_group_is_a_principal(entra: Entra, eligibility: Managed) -> None:
    group = entra.group("it")
    entra.network.on("POST", POST, refuse(404, "SubjectNotFound"))
    eligibility.up(**an_eligibility(group))
    assert [each["principalId"] for each in entra.schedules(group)] == [group]


# -- the answer is lost ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("failure", [lose_answer, fail(500, applied=True), fail(503, applied=True)])
@pytest.mark.parametrize("window", [{}, {"start": "2090-01-01T00:00:00Z"}], ids=["now", "later"])
def test_a_lost_answer_is_settled_by_a_look(
    entra: Entra, eligibility: Managed, aline: str, failure: Any, window: dict[str, Any]
) -> None:
    entra.network.on("POST", POST, failure)
    program = an_eligibility(aline, **window)
    eligibility.up(**program)
    assert len(entra.network.writes()) == 1
    assert len(entra.requests(aline)) == 1
    assert eligibility.outputs["adopted"] is False
    assert eligibility.outputs["request_id"] == entra.requests(aline)[0]["id"]
    assert eligibility.refresh() == {}
    assert eligibility.up(**program) == "same"


@pytest.mark.parametrize("failure", [lose, fail(500), fail(503)])
def test_a_request_is_sent_again_once_a_look_has_shown_that_it_did_nothing(
    entra: Entra, eligibility: Managed, aline: str, failure: Any
) -> None:
    entra.network.on("POST", POST, failure, times=2)
    eligibility.up(**an_eligibility(aline))
    assert [each.method for each in entra.network.sent] == ["POST", "GET", "GET", "POST", "GET", "GET", "POST"]


def test_a_request_is_given_up_after_eight_lost_answers(entra: Entra, eligibility: Managed, aline: str) -> None:
    entra.network.on("POST", POST, lose, times=8)
    with pytest.raises(OutcomeUnknown):
        eligibility.up(**an_eligibility(aline))
    assert actions(entra) == ["adminAssign"] * 8


def test_a_list_that_lags_behind_a_lost_answer_makes_no_noise(
    entra: Entra, eligibility: Managed, aline: str, engine: Engine
) -> None:
    entra.network.on("POST", POST, lose_answer)
    entra.network.on("GET", "roleEligibilitySchedule", empty, times=6)
    Rpc(provider_pb2.CreateRequest(urn="urn"))(lambda: eligibility.up(**an_eligibility(aline)))
    assert [each["id"] for each in entra.schedules(aline)] == [eligibility.outputs["schedule_id"]]
    assert engine.said("WARNING") == []
    assert eligibility.outputs["adopted"] is False


def test_a_lost_answer_does_not_make_a_grant_of_somebody_else_ours(
    entra: Entra, eligibility: Managed, aline: str
) -> None:
    ask_pim(entra, "adminAssign", aline, justification="somebody else's")
    entra.network.on("POST", POST, lose)
    with pytest.raises(Refused, match="is not this resource's"):
        eligibility.up(**an_eligibility(aline))


# -- destroy -----------------------------------------------------------------------------------------------------------


def test_destroy_takes_the_grant_away_in_one_call(entra: Entra, eligibility: Managed, aline: str) -> None:
    eligibility.up(**an_eligibility(aline))
    eligibility.destroy()
    assert actions(entra) == ["adminAssign", "adminRemove"]
    assert entra.network.sent[-1].body == {
        "action": "adminRemove",
        "principalId": aline,
        "roleDefinitionId": USER_ADMINISTRATOR,
        "directoryScopeId": "/",
    }
    assert entra.schedules(aline) == []


def test_destroy_cancels_what_waits_for_its_start(entra: Entra, eligibility: Managed, aline: str) -> None:
    eligibility.up(**an_eligibility(aline, start=entra.clock.after(days=10)))
    eligibility.destroy()
    assert actions(entra) == ["adminAssign", "cancel"]
    entra.clock.sleep(20 * 86_400)
    assert entra.schedules(aline) == []


def test_destroy_takes_away_what_began_since_the_last_up(entra: Entra, eligibility: Managed, aline: str) -> None:
    eligibility.up(**an_eligibility(aline, start=entra.clock.after(days=10)))
    entra.clock.sleep(20 * 86_400)
    eligibility.destroy()
    assert actions(entra) == ["adminAssign", "cancel", "adminRemove"]
    assert entra.schedules(aline) == []


def test_destroying_what_is_gone_is_a_success(entra: Entra, eligibility: Managed, aline: str) -> None:
    eligibility.up(**an_eligibility(aline))
    ask_pim(entra, "adminRemove", aline)
    eligibility.destroy()


def test_destroying_a_grant_of_a_principal_that_is_gone_is_a_success(
    entra: Entra, eligibility: Managed, aline: str
) -> None:
    eligibility.up(**an_eligibility(aline))
    person = entra.emulator.token(user=entra.tenant.administrator_id, permissions=["User.ReadWrite.All"])
    for path in (f"/users/{aline}", f"/directory/deletedItems/{aline}"):
        entra.ask("DELETE", path, Authorization=f"Bearer {person}")
    eligibility.destroy()
    assert entra.network.writes()[-1].status == 404


@pytest.mark.parametrize("failure", [lose_answer, fail(503, applied=True), lose, fail(500), unreachable])
def test_a_lost_answer_of_a_removal_does_not_matter(
    entra: Entra, eligibility: Managed, aline: str, failure: Any
) -> None:
    eligibility.up(**an_eligibility(aline))
    entra.network.on("POST", POST, failure)
    eligibility.destroy()
    assert entra.schedules(aline) == []


def test_a_removal_that_worked_though_pim_says_that_there_was_nothing_is_waited_for(
    entra: Entra, eligibility: Managed, aline: str
) -> None:
    eligibility.up(**an_eligibility(aline))
    entra.network.on("POST", POST, refuse(400, "RoleAssignmentDoesNotExist"))
    entra.network.on("GET", SCHEDULES, first(lambda: ask_pim(entra, "adminRemove", aline)), nth=3)
    eligibility.destroy()
    assert entra.clock.pauses == [0.25, 0.5]


@pytest.mark.parametrize("code", ["RoleAssignmentDoesNotExist", "SubjectNotFound", "PendingRoleAssignmentRequest"])
def test_a_removal_that_did_not_work_is_an_error_though_pim_says_that_there_was_nothing(
    entra: Entra, eligibility: Managed, aline: str, code: str
) -> None:
    eligibility.up(**an_eligibility(aline))
    entra.network.on("POST", POST, refuse(404, code))
    with pytest.raises(Refused, match=rf"{code}.* Yet the grant is listed still: run again in some minutes"):
        eligibility.destroy()
    assert len(entra.schedules(aline)) == 1
    assert 20 < entra.clock.waited <= 30


def test_a_removal_cancels_a_request_that_the_state_does_not_know_to_wait(
    entra: Entra, eligibility: Managed, aline: str
) -> None:
    eligibility.up(**an_eligibility(aline))
    ask_pim(entra, "adminRemove", aline)
    later = {"startDateTime": entra.clock.after(days=5), "expiration": {"type": "noExpiration"}}
    ask_pim(entra, "adminAssign", aline, scheduleInfo=later)
    eligibility.destroy()
    assert actions(entra) == ["adminAssign", "adminRemove", "cancel"]
    assert "Granted" not in [each["status"] for each in entra.requests(aline)]


def activate(entra: Entra, principal_id: str) -> None:
    entra.ask(
        "POST",
        "/roleManagement/directory/roleAssignmentScheduleRequests",
        {
            "action": "adminAssign",
            "principalId": principal_id,
            "roleDefinitionId": USER_ADMINISTRATOR,
            "directoryScopeId": "/",
            "justification": "now",
            "scheduleInfo": {"expiration": {"type": "noExpiration"}},
        },
    )


@pytest.mark.parametrize("operation", ["update", "destroy"])
def test_the_five_minutes_after_an_activation_are_waited_out_and_said_so(
    entra: Entra, eligibility: Managed, aline: str, engine: Engine, operation: str
) -> None:
    eligibility.up(**an_eligibility(aline))
    activate(entra, aline)
    if operation == "destroy":
        Rpc(provider_pb2.DeleteRequest(urn="urn"))(eligibility.destroy)
        assert entra.schedules(aline) == []
    else:
        Rpc(provider_pb2.UpdateRequest(urn="urn"))(lambda: eligibility.up(**an_eligibility(aline, duration="P10D")))
    assert 290 < entra.clock.waited <= 330
    waits = {line.message.partition(" (")[0] for line in engine.lines if line.ephemeral}
    assert waits == {"waiting until the activation of User Administrator is five minutes old"}


def test_a_five_minute_rule_that_never_ends_says_what_to_do(entra: Entra, eligibility: Managed, aline: str) -> None:
    eligibility.up(**an_eligibility(aline))
    entra.network.on("POST", POST, refuse(400, "ActiveDurationTooShort"), times=1000)
    with pytest.raises(Refused, match=r"ActiveDurationTooShort.*Five minutes have passed, and it is refused still"):
        eligibility.destroy()
    assert entra.clock.waited == 330


# -- refusals ----------------------------------------------------------------------------------------------------------


def limit_to(entra: Entra, duration: str) -> None:
    set_rule(entra, "Expiration_Admin_Eligibility", isExpirationRequired=True, maximumDuration=duration)


@pytest.mark.parametrize(
    ("window", "asked"),
    [
        ({"permanent": True}, "a permanent grant"),
        ({"duration": "P365D"}, "P365D"),
        ({"end": "2090-01-01T00:00:00Z"}, "2090-01-01T00:00:00Z"),
    ],
)
def test_a_window_that_the_policy_does_not_allow_names_the_limit_and_what_was_asked(
    entra: Entra, eligibility: Managed, aline: str, window: dict[str, Any], asked: str
) -> None:
    limit_to(entra, "P180D")
    with pytest.raises(GraphError, match=f"the role's policy allows at most P180D; asked was {asked}"):
        eligibility.up(**an_eligibility(aline, **window))
    assert entra.schedules(aline) == []


def test_a_limit_that_the_caller_may_not_read_is_not_made_up(entra: Entra, aline: str) -> None:
    limit_to(entra, "P180D")
    token = entra.emulator.token(permissions=["RoleEligibilitySchedule.ReadWrite.Directory"])
    eligibility = entra.manage("RoleEligibility", token=token)
    with pytest.raises(GraphError, match="the role's policy does not allow P365D; its limit could not be read"):
        eligibility.up(**an_eligibility(aline))


WITHOUT_ID: dict[str, Any] = {}
NO_LIMIT = [{"id": "1", "policy": None}, {"id": "1", "policy": {"rules": [{"id": "another"}]}}]


@pytest.mark.parametrize("rows", [[], *([each] for each in NO_LIMIT), [WITHOUT_ID, WITHOUT_ID]])
def test_an_answer_without_the_limit_is_not_made_up_either(
    entra: Entra, eligibility: Managed, aline: str, rows: list[dict[str, Any]]
) -> None:
    limit_to(entra, "P180D")
    entra.network.on("GET", "roleManagementPolicyAssignments", changing(lambda answer: answer.update(value=rows)))
    with pytest.raises(GraphError, match="its limit could not be read"):
        eligibility.up(**an_eligibility(aline))


@pytest.mark.parametrize(
    ("enabled", "program", "advice"),
    [
        ("Justification", {"justification": None}, "the role's policy wants a justification: set justification"),
        ("Ticketing", {}, "the role's policy wants a ticket: set ticket_number and ticket_system"),
        ("MultiFactorAuthentication", {}, "wants multifactor authentication of whoever assigns"),
    ],
)
def test_what_the_policy_wants_is_said_in_the_words_of_the_program(
    entra: Entra, eligibility: Managed, aline: str, enabled: str, program: dict[str, Any], advice: str
) -> None:
    set_rule(entra, "Enablement_Admin_Eligibility", enabledRules=[enabled])
    with pytest.raises(GraphError, match=advice):
        eligibility.up(**an_eligibility(aline, **program))


@pytest.mark.parametrize(
    ("message", "advice"),
    [
        ('The following policy rules failed: ["ExpirationRule"]', "allows at most P365D; asked was P365D"),
        ('The following policy rules failed: ["TicketingRule","JustificationRule"]', "a ticket.*; .*a justification"),
        ('The following policy rules failed: ["EligibilityRule"]', r'\["EligibilityRule"\]'),
        ("ExpirationRule - too long; ExpirationRule - too long", "allows at most P365D; asked was P365D. "),
    ],
)
def test_the_refusals_of_a_policy_are_read_in_their_old_form_too(
    entra: Entra, eligibility: Managed, aline: str, message: str, advice: str
) -> None:
    entra.network.on("POST", POST, refuse(400, "RoleAssignmentRequestPolicyValidationFailed", message))
    with pytest.raises(GraphError, match=advice):
        eligibility.up(**an_eligibility(aline))


def test_a_tenant_without_the_licence_is_told_so(entra: Entra) -> None:
    fabrikam = entra.emulator.fabrikam
    eligibility = entra.manage("RoleEligibility", token=entra.emulator.token(tenant="fabrikam"))
    with pytest.raises(GraphError, match="needs a Microsoft Entra ID P2 or ID Governance licence in this tenant"):
        eligibility.up(**an_eligibility(fabrikam.administrator_id))


def test_a_missing_permission_is_named(entra: Entra, aline: str) -> None:
    eligibility = entra.manage("RoleEligibility", token=entra.emulator.token(permissions=["User.Read.All"]))
    with pytest.raises(Denied, match=r"Grant the caller one of RoleEligibilitySchedule\.ReadWrite\.Directory"):
        eligibility.up(**an_eligibility(aline))


def test_a_refusal_that_needs_no_translation_is_pims_own(entra: Entra, eligibility: Managed, aline: str) -> None:
    entra.network.on("POST", POST, refuse(400, "InvalidScope", "The scope is invalid."))
    with pytest.raises(GraphError, match=r"^InvalidScope: The scope is invalid\. \(POST "):
        eligibility.up(**an_eligibility(aline))
