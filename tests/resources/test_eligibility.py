"""RoleEligibility: a grant is made once, changed to its second, taken back for certain, and never given unasked."""

from datetime import timedelta
from threading import Event
from typing import Any

import pytest
from pulumi.output import Unknown
from pulumi.runtime.proto import provider_pb2

from pulumi_entra_pim.graph.errors import AlreadyExists, Denied, GraphError, OutcomeUnknown, Refused
from pulumi_entra_pim.resources._engine import HalfMade

from .engine import Engine, Rpc
from .entra import Entra, offline
from .managed import Managed
from .network import asking, changing, empty, fail, first, instead, lose, lose_answer, not_there, refuse
from .pim import PIM_ONLY, POST, REQUESTS, SCHEDULES, actions, ask_pim, end_of, until
from .programs import HELPDESK_ADMINISTRATOR, NOBODY, USER_ADMINISTRATOR, an_eligibility

# -- create ------------------------------------------------------------------------------------------------------------


def test_a_grant_takes_one_call_and_says_from_when_to_when(entra: Entra, eligibility: Managed, aline: str) -> None:
    start, end = entra.clock.after(), entra.clock.after(days=365)
    program = an_eligibility(aline.upper(), ticket_number="INC1", ticket_system="ServiceNow")
    assert eligibility.up(**program) == "create"
    [sent] = entra.network.sent
    assert sent.body == {
        "action": "adminAssign",
        "principalId": aline,
        "roleDefinitionId": USER_ADMINISTRATOR,
        "directoryScopeId": "/",
        "justification": "the help desk",
        "scheduleInfo": {"expiration": {"type": "afterDuration", "duration": "P365D"}},
        "ticketInfo": {"ticketNumber": "INC1", "ticketSystem": "ServiceNow"},
    }
    [schedule] = entra.schedules(aline)
    assert eligibility.id == f"/|{USER_ADMINISTRATOR}|{aline}"
    assert {
        "tenant_id": entra.tenant.tenant_id,
        "adopted": False,
        "schedule_id": schedule["id"],
        "request_id": schedule["createdUsing"],
        "status": "Provisioned",
        "effective_start": start,
        "effective_end": end,
        "directory_scope_id": "/",
    }.items() <= eligibility.outputs.items()
    assert eligibility.up(**program) == "same"
    assert eligibility.refresh() == {}
    assert eligibility.up(**program) == "same"


@pytest.mark.parametrize(
    ("window", "expiration"),
    [
        ({"permanent": True}, {"type": "noExpiration"}),
        ({"end": "2090-01-01T01:00:00+01:00"}, {"type": "afterDateTime", "endDateTime": "2090-01-01T00:00:00Z"}),
        ({"duration": "PT8H"}, {"type": "afterDuration", "duration": "PT8H"}),
    ],
)
def test_each_way_to_end_is_asked_for_and_read_back_without_drift(
    entra: Entra, eligibility: Managed, aline: str, window: dict[str, Any], expiration: dict[str, Any]
) -> None:
    program = an_eligibility(aline, justification=None, **window)
    eligibility.up(**program)
    assert entra.network.sent[0].body["scheduleInfo"] == {"expiration": expiration}
    assert "justification" not in entra.network.sent[0].body
    assert "ticketInfo" not in entra.network.sent[0].body
    assert ("effective_end" in eligibility.outputs) == ("permanent" not in window)
    entra.clock.sleep(3600)
    assert eligibility.refresh() == {}
    assert eligibility.up(**program) == "same"


def test_a_start_in_the_future_is_granted_quiet_and_then_provisioned(
    entra: Entra, eligibility: Managed, aline: str
) -> None:
    program = an_eligibility(aline, start=entra.clock.after(days=10))
    eligibility.up(**program)
    assert (eligibility.outputs["status"], entra.schedules(aline)) == ("Granted", [])
    assert eligibility.outputs["effective_end"] == entra.clock.after(days=375)
    assert eligibility.refresh() == {}
    assert eligibility.up(**program) == "same"
    entra.clock.sleep(10 * 86_400)
    assert eligibility.refresh() == {}
    assert eligibility.outputs["status"] == "Provisioned"
    assert eligibility.up(**program) == "same"


def test_a_start_in_the_past_means_now(entra: Entra, eligibility: Managed, aline: str) -> None:
    program = an_eligibility(aline, start="2020-01-01T00:00:00Z", end=entra.clock.after(days=30))
    now = entra.clock.after()
    eligibility.up(**program)
    assert eligibility.outputs["effective_start"] == now
    assert eligibility.refresh() == {}
    assert eligibility.up(**program) == "same"


def test_a_grant_over_an_administrative_unit_is_confirmed(entra: Entra, eligibility: Managed, aline: str) -> None:
    unit = entra.unit("Paris")
    eligibility.up(
        **an_eligibility(aline, directory_scope_id=unit.upper().replace("ADMINISTRATIVEUNITS", "administrativeUnits"))
    )
    assert eligibility.id == f"{unit}|{USER_ADMINISTRATOR}|{aline}"
    assert [each["directoryScopeId"] for each in entra.schedules(aline)] == [unit]
    assert eligibility.refresh() == {}
    assert eligibility.preview(**an_eligibility(aline, directory_scope_id=unit)) == "same"


def test_a_grant_that_came_out_over_the_whole_directory_is_taken_back_at_once(
    entra: Entra, eligibility: Managed, aline: str
) -> None:
    unit = entra.unit("Paris")
    entra.network.on("POST", POST, asking(lambda body: body.update(directoryScopeId="/")))
    with pytest.raises(Refused, match=f"at / instead of {unit}; that was taken back at once"):
        eligibility.up(**an_eligibility(aline, directory_scope_id=unit))
    assert entra.schedules(aline) == []


def test_a_future_grant_that_came_out_over_the_whole_directory_is_taken_back_at_once(
    entra: Entra, eligibility: Managed, aline: str
) -> None:
    unit = entra.unit("Paris")
    entra.network.on("POST", POST, asking(lambda body: body.update(directoryScopeId="/")))
    with pytest.raises(Refused, match="that was taken back at once"):
        eligibility.up(**an_eligibility(aline, directory_scope_id=unit, start=entra.clock.after(days=1)))
    entra.clock.sleep(2 * 86_400)
    assert entra.schedules(aline) == []


@pytest.mark.parametrize("status", ["PendingProvisioning", "PendingScheduleCreation", "ScheduleCreated"])
def test_a_request_that_is_still_at_work_is_waited_for(
    entra: Entra, eligibility: Managed, aline: str, status: str
) -> None:
    entra.network.on("POST", POST, changing(lambda answer: answer.update(status=status)))
    entra.network.on("GET", SCHEDULES, empty, times=3)
    eligibility.up(**an_eligibility(aline))
    assert eligibility.outputs["status"] == "Provisioned"
    assert entra.clock.pauses == [0.25, 0.5, 1.0]


FAILED = {"id": "the-request", "status": "Failed", "scheduleInfo": {"startDateTime": "2026-11-23T18:00:00Z"}}


def test_a_request_that_pim_takes_and_fails_is_asked_for_again(entra: Entra, eligibility: Managed, aline: str) -> None:
    entra.network.on("POST", POST, instead(201, FAILED), times=3)
    eligibility.up(**an_eligibility(aline))
    assert (actions(entra), entra.clock.pauses) == (["adminAssign"] * 4, [0.25, 0.5, 1.0])
    assert [each["id"] for each in entra.schedules(aline)] == [eligibility.outputs["schedule_id"]]


def test_a_request_that_pim_always_fails_is_an_error(entra: Entra, eligibility: Managed, aline: str) -> None:
    entra.network.on("POST", POST, instead(201, FAILED), times=1000)
    line = r"PIM took the request the-request for User Administrator and then failed it.*ask Microsoft with that id"
    with pytest.raises(Refused, match=line):
        eligibility.up(**an_eligibility(aline))
    assert entra.clock.waited == 300


@pytest.mark.parametrize("status", ["Denied", "Canceled", "Revoked"])
def test_an_answer_that_is_a_failure_is_not_taken_for_a_success(
    entra: Entra, eligibility: Managed, aline: str, status: str
) -> None:
    entra.network.on("POST", POST, changing(lambda answer: answer.update(status=status)))
    with pytest.raises(
        Refused, match=rf"PIM took the request \S+ for User Administrator and then failed it .*{status}"
    ):
        eligibility.up(**an_eligibility(aline))


# -- the grant exists already ------------------------------------------------------------------------------------------


def test_a_grant_of_somebody_else_is_not_taken(entra: Entra, eligibility: Managed, aline: str) -> None:
    schedule_id = ask_pim(entra, "adminAssign", aline, justification="somebody else's")["id"]
    line = (
        rf"{aline} is eligible for User Administrator at / already \(schedule or request {schedule_id}\)"
        " and that is not this resource's; set adopt_existing=True"
    )
    with pytest.raises(Refused, match=line) as refusal:
        eligibility.up(**an_eligibility(aline))
    assert isinstance(refusal.value.__cause__, AlreadyExists)
    assert len(entra.requests(aline)) == 1


@pytest.mark.parametrize("window", [{}, {"start": "2090-01-01T00:00:00Z"}], ids=["now", "later"])
def test_a_grant_just_as_asked_by_this_caller_within_the_hour_is_the_work_of_a_run_cut_short(
    entra: Entra, aline: str, engine: Engine, window: dict[str, Any]
) -> None:
    program = an_eligibility(aline, **window)
    entra.manage("RoleEligibility").up(**program)
    entra.clock.sleep(3599)
    again = entra.manage("RoleEligibility")
    Rpc(provider_pb2.CreateRequest(urn="urn"))(lambda: again.up(**program))
    assert len(entra.requests(aline)) == 1
    assert again.outputs["adopted"] is False
    [warning] = engine.said("WARNING")
    assert warning.endswith("by this caller: taken as the work of a run cut short")
    assert again.refresh() == {}
    assert again.up(**program) == "same"


def test_one_second_after_the_hour_it_is_somebody_elses(entra: Entra, aline: str) -> None:
    entra.manage("RoleEligibility").up(**an_eligibility(aline))
    entra.clock.sleep(3600)
    with pytest.raises(Refused, match="adopt_existing=True"):
        entra.manage("RoleEligibility").up(**an_eligibility(aline))


@pytest.mark.parametrize(
    "other",
    [
        {"justification": "other words"},
        {"duration": "P364D"},
        {"permanent": True},
        {"start": "2090-01-01T00:00:00Z"},
    ],
)
def test_a_young_grant_that_is_not_what_is_asked_is_somebody_elses(
    entra: Entra, aline: str, other: dict[str, Any]
) -> None:
    entra.manage("RoleEligibility").up(**an_eligibility(aline))
    with pytest.raises(Refused, match="adopt_existing=True"):
        entra.manage("RoleEligibility").up(**an_eligibility(aline, **other))


def test_a_young_grant_of_another_caller_is_somebody_elses(entra: Entra, aline: str) -> None:
    person = entra.emulator.token(user=entra.tenant.administrator_id, permissions=PIM_ONLY)
    entra.manage("RoleEligibility", token=person).up(**an_eligibility(aline))
    with pytest.raises(Refused, match="adopt_existing=True"):
        entra.manage("RoleEligibility").up(**an_eligibility(aline))


@pytest.mark.parametrize("behaviour", [not_there, changing(lambda answer: answer.update(createdBy=None))])
def test_a_grant_whose_request_says_nothing_of_the_caller_is_somebody_elses(
    entra: Entra, aline: str, behaviour: Any
) -> None:
    entra.manage("RoleEligibility").up(**an_eligibility(aline))
    entra.network.on("GET", rf"/{REQUESTS}/", behaviour)
    with pytest.raises(Refused, match="adopt_existing=True"):
        entra.manage("RoleEligibility").up(**an_eligibility(aline))


def test_a_grant_that_no_request_made_is_somebody_elses(entra: Entra, aline: str) -> None:
    entra.manage("RoleEligibility").up(**an_eligibility(aline))
    entra.network.on(
        "GET", SCHEDULES, changing(lambda answer: [row.update(createdUsing=None) for row in answer["value"]])
    )
    with pytest.raises(Refused, match="adopt_existing=True"):
        entra.manage("RoleEligibility").up(**an_eligibility(aline))


def test_a_grant_that_exists_but_is_never_listed_is_pims_own_error(
    entra: Entra, eligibility: Managed, aline: str
) -> None:
    ask_pim(entra, "adminAssign", aline)
    entra.network.on("GET", "roleEligibilitySchedule", empty, times=1000)
    with pytest.raises(AlreadyExists, match="RoleAssignmentExists"):
        eligibility.up(**an_eligibility(aline))


def test_a_grant_with_the_same_end_is_adopted_as_it_is(entra: Entra, aline: str, engine: Engine) -> None:
    end = entra.clock.after(days=90)
    schedule_id = ask_pim(entra, "adminAssign", aline, justification="theirs", **until(end))["id"]
    eligibility = entra.manage("RoleEligibility")
    program = an_eligibility(aline, end=end, adopt_existing=True)
    Rpc(provider_pb2.CreateRequest(urn="urn"))(lambda: eligibility.up(**program))
    assert actions(entra) == ["adminAssign"]
    assert (eligibility.outputs["adopted"], eligibility.outputs["schedule_id"]) == (True, schedule_id)
    assert engine.said("WARNING") == [f"{aline} is eligible for User Administrator at / already: adopted"]
    assert eligibility.up(**program) == "same"
    assert eligibility.refresh() == {}


def test_a_grant_with_another_end_is_adopted_and_brought_to_ours(entra: Entra, aline: str) -> None:
    ask_pim(entra, "adminAssign", aline)
    eligibility = entra.manage("RoleEligibility")
    end = entra.clock.after(days=30)
    eligibility.up(**an_eligibility(aline, end=end, adopt_existing=True))
    assert actions(entra) == ["adminAssign", "adminUpdate"]
    assert end_of(entra, aline) == end
    assert eligibility.outputs["adopted"] is True
    assert eligibility.refresh() == {}


def test_a_grant_that_waits_for_its_start_is_adopted_and_brought_to_ours(entra: Entra, aline: str) -> None:
    later = {"startDateTime": entra.clock.after(days=5), "expiration": {"type": "noExpiration"}}
    ask_pim(entra, "adminAssign", aline, scheduleInfo=later)
    eligibility = entra.manage("RoleEligibility")
    eligibility.up(**an_eligibility(aline, adopt_existing=True))
    assert actions(entra) == ["adminAssign", "cancel", "adminAssign"]
    assert end_of(entra, aline) == entra.clock.after(days=365)
    assert eligibility.outputs["adopted"] is True


def test_a_grant_that_was_cancelled_to_be_adopted_and_then_refused_is_made_by_the_next_up(
    entra: Entra, aline: str
) -> None:
    later = {"startDateTime": entra.clock.after(days=5), "expiration": {"type": "noExpiration"}}
    ask_pim(entra, "adminAssign", aline, scheduleInfo=later)
    entra.network.on("POST", POST, refuse(403, ""), nth=2)
    eligibility = entra.manage("RoleEligibility")
    program = an_eligibility(aline, adopt_existing=True)
    with pytest.raises(Denied):
        eligibility.up(**program)
    assert eligibility.up(**program) == "create"
    assert eligibility.outputs["adopted"] is False
    assert end_of(entra, aline) == entra.clock.after(days=365)


def test_a_grant_that_began_while_it_was_being_adopted_is_updated(entra: Entra, aline: str) -> None:
    later = {"startDateTime": entra.clock.after(days=5), "expiration": {"type": "noExpiration"}}
    ask_pim(entra, "adminAssign", aline, scheduleInfo=later)
    entra.network.on("POST", "/cancel$", first(lambda: entra.clock.sleep(5 * 86_400)))
    eligibility = entra.manage("RoleEligibility")
    eligibility.up(**an_eligibility(aline, adopt_existing=True))
    assert actions(entra) == ["adminAssign", "cancel", "adminUpdate"]
    assert end_of(entra, aline) == entra.clock.after(days=365)


# -- update ------------------------------------------------------------------------------------------------------------


def test_new_words_do_not_move_the_end_by_a_second(entra: Entra, eligibility: Managed, aline: str) -> None:
    eligibility.up(**an_eligibility(aline))
    end = end_of(entra, aline)
    entra.clock.sleep(180 * 86_400)
    program = an_eligibility(aline, justification="still the help desk")
    assert eligibility.up(**program) == "update"
    assert actions(entra) == ["adminAssign", "adminUpdate"]
    assert entra.network.writes()[-1].body["justification"] == "still the help desk"
    assert end_of(entra, aline) == eligibility.outputs["effective_end"] == end
    assert [each["id"] for each in entra.schedules(aline)] == [
        eligibility.outputs["schedule_id"] or eligibility.outputs["request_id"]
    ]
    assert eligibility.refresh() == {}
    assert eligibility.up(**program) == "same"


def test_a_new_duration_counts_from_the_start_of_the_grant(entra: Entra, eligibility: Managed, aline: str) -> None:
    end = entra.clock.after(days=30)
    eligibility.up(**an_eligibility(aline))
    entra.clock.sleep(10 * 86_400)
    eligibility.up(**an_eligibility(aline, duration="P30D"))
    assert end_of(entra, aline) == end


@pytest.mark.parametrize("window", [{"permanent": True}, {"end": "2090-01-01T00:00:00Z"}])
def test_another_window_is_granted_in_place(
    entra: Entra, eligibility: Managed, aline: str, window: dict[str, Any]
) -> None:
    eligibility.up(**an_eligibility(aline))
    assert eligibility.up(**an_eligibility(aline, **window)) == "update"
    assert end_of(entra, aline) == window.get("end")
    assert eligibility.outputs.get("effective_end") == window.get("end")
    assert eligibility.refresh() == {}


def test_the_same_window_in_other_words_calls_nobody(entra: Entra, eligibility: Managed, aline: str) -> None:
    end = entra.clock.after(days=365)
    eligibility.up(**an_eligibility(aline))
    assert eligibility.up(**an_eligibility(aline, end=end)) == "same"


def test_an_edit_of_adopt_existing_calls_nobody(entra: Entra, eligibility: Managed, aline: str) -> None:
    eligibility.up(**an_eligibility(aline))
    assert eligibility.up(**an_eligibility(aline, adopt_existing=True)) == "update"
    assert actions(entra) == ["adminAssign"]
    assert eligibility.outputs["effective_end"] == entra.clock.after(days=365)


@pytest.mark.parametrize("duration", ["P5D", "P10D"])
def test_a_duration_whose_end_is_past_already_is_refused(
    entra: Entra, eligibility: Managed, aline: str, duration: str
) -> None:
    eligibility.up(**an_eligibility(aline))
    entra.clock.sleep(10 * 86_400)
    with pytest.raises(Refused, match=r"the window would end at \S+Z, which is past"):
        eligibility.up(**an_eligibility(aline, duration=duration))
    assert actions(entra) == ["adminAssign"]


@pytest.mark.parametrize(
    "other",
    [{"role_definition_id": HELPDESK_ADMINISTRATOR}, {"principal_id": NOBODY}, {"directory_scope_id": f"/{NOBODY}"}],
)
def test_another_principal_role_or_scope_is_another_grant(
    entra: Entra, eligibility: Managed, aline: str, other: dict[str, Any]
) -> None:
    eligibility.up(**an_eligibility(aline))
    assert eligibility.preview(**{**an_eligibility(aline), **other}) == "replace"


def test_a_replacement_takes_the_old_grant_away_first(entra: Entra, eligibility: Managed, aline: str) -> None:
    eligibility.up(**an_eligibility(aline))
    assert eligibility.up(**an_eligibility(aline, role_definition_id=HELPDESK_ADMINISTRATOR)) == "replace"
    assert actions(entra) == ["adminAssign", "adminRemove", "adminAssign"]
    assert [each["roleDefinitionId"] for each in entra.schedules(aline)] == [HELPDESK_ADMINISTRATOR]


def test_a_grant_that_waits_for_its_start_is_asked_for_anew_and_keeps_its_window(
    entra: Entra, eligibility: Managed, aline: str
) -> None:
    start, end = entra.clock.after(days=10), entra.clock.after(days=375)
    eligibility.up(**an_eligibility(aline, start=start))
    entra.clock.sleep(86_400)
    eligibility.up(**an_eligibility(aline, start=start, justification="other words"))
    assert actions(entra) == ["adminAssign", "cancel", "adminAssign"]
    assert (eligibility.outputs["effective_start"], eligibility.outputs["effective_end"]) == (start, end)
    assert eligibility.refresh() == {}
    entra.clock.sleep(10 * 86_400)
    assert end_of(entra, aline) == end


def test_a_grant_that_waits_does_not_begin_early_because_the_program_no_longer_names_its_start(
    entra: Entra, eligibility: Managed, aline: str
) -> None:
    start, end = entra.clock.after(days=10), entra.clock.after(days=375)
    eligibility.up(**an_eligibility(aline, start=start))
    assert eligibility.preview(**an_eligibility(aline)) == "same"
    eligibility.up(**an_eligibility(aline, justification="other words"))
    assert (eligibility.outputs["effective_start"], eligibility.outputs["effective_end"]) == (start, end)
    assert entra.schedules(aline) == []


def test_a_grant_that_waits_gets_another_start(entra: Entra, eligibility: Managed, aline: str) -> None:
    eligibility.up(**an_eligibility(aline, start=entra.clock.after(days=10)))
    later = entra.clock.after(days=20)
    eligibility.up(**an_eligibility(aline, start=later))
    assert eligibility.outputs["effective_start"] == later
    assert eligibility.outputs["effective_end"] == entra.clock.after(days=385)


def test_a_grant_that_began_since_the_last_up_is_updated(entra: Entra, eligibility: Managed, aline: str) -> None:
    start, end = entra.clock.after(days=10), entra.clock.after(days=375)
    eligibility.up(**an_eligibility(aline, start=start))
    entra.clock.sleep(20 * 86_400)
    eligibility.up(**an_eligibility(aline, start=start, justification="other words"))
    assert actions(entra) == ["adminAssign", "cancel", "adminUpdate"]
    assert end_of(entra, aline) == end


def test_a_waiting_grant_whose_new_window_is_past_is_not_cancelled(
    entra: Entra, eligibility: Managed, aline: str
) -> None:
    eligibility.up(**an_eligibility(aline, start=entra.clock.after(days=10)))
    program = eligibility.check(**an_eligibility(aline, end=entra.clock.after(hours=1)))
    entra.clock.sleep(7200)
    with pytest.raises(Refused, match="which is past"):
        eligibility.provider.update(eligibility.id, eligibility.outputs, program)
    assert actions(entra) == ["adminAssign"]


@pytest.mark.parametrize("failure", [lose_answer, fail(500, applied=True), lose, fail(503)])
def test_a_lost_answer_of_a_cancel_is_settled_by_a_look(
    entra: Entra, eligibility: Managed, aline: str, failure: Any
) -> None:
    start = entra.clock.after(days=10)
    eligibility.up(**an_eligibility(aline, start=start))
    entra.network.on("POST", "/cancel$", failure)
    eligibility.up(**an_eligibility(aline, start=start, justification="other words"))
    [granted] = [each for each in entra.requests(aline) if each["status"] == "Granted"]
    assert granted["justification"] == "other words"
    assert granted["id"] == eligibility.outputs["request_id"]


def test_a_cancel_is_given_up_after_three_lost_answers(entra: Entra, eligibility: Managed, aline: str) -> None:
    start = entra.clock.after(days=10)
    eligibility.up(**an_eligibility(aline, start=start))
    entra.network.on("POST", "/cancel$", lose, times=3)
    with pytest.raises(OutcomeUnknown):
        eligibility.up(**an_eligibility(aline, start=start, justification="other words"))
    assert [each["status"] for each in entra.requests(aline)] == ["Granted"]


def test_a_cancel_whose_request_is_forgotten_was_of_no_effect(entra: Entra, eligibility: Managed, aline: str) -> None:
    start = entra.clock.after(days=10)
    eligibility.up(**an_eligibility(aline, start=start))
    entra.clock.sleep(20 * 86_400)
    entra.network.on("POST", "/cancel$", not_there)
    eligibility.up(**an_eligibility(aline, start=start, justification="other words"))
    assert actions(entra) == ["adminAssign", "cancel", "adminUpdate"]


def test_a_cancel_that_is_denied_is_an_error(entra: Entra, eligibility: Managed, aline: str) -> None:
    start = entra.clock.after(days=10)
    eligibility.up(**an_eligibility(aline, start=start))
    entra.network.on("POST", "/cancel$", refuse(403, ""))
    with pytest.raises(Denied):
        eligibility.up(**an_eligibility(aline, start=start, justification="other words"))


@pytest.fixture
def cancelled(entra: Entra, eligibility: Managed, aline: str) -> Managed:
    """An eligibility whose waiting request was cancelled for an edit, and whose changed request was refused."""
    start = entra.clock.after(days=10)
    eligibility.up(**an_eligibility(aline, start=start))
    entra.network.on("POST", POST, refuse(403, ""))
    with pytest.raises(HalfMade, match="HTTP 403"):
        eligibility.up(**an_eligibility(aline, start=start, justification="other words"))
    return eligibility


def test_a_cancelled_grant_whose_change_was_refused_is_finished_by_the_next_up(
    entra: Entra, cancelled: Managed, aline: str
) -> None:
    assert (cancelled.id, cancelled.outputs["status"]) == (f"/|{USER_ADMINISTRATOR}|{aline}", "Canceled")
    start = cancelled.inputs["start"]
    entra.clock.sleep(3600)
    assert cancelled.up(**an_eligibility(aline, start=start, justification="other words")) == "update"
    assert (cancelled.outputs["status"], cancelled.outputs["effective_start"]) == ("Granted", start)
    assert cancelled.refresh() == {}


def test_a_cancelled_grant_whose_change_was_refused_is_gone_for_a_refresh(cancelled: Managed) -> None:
    assert cancelled.refresh() == {"id": None}


def test_a_cancelled_grant_whose_change_was_refused_can_be_destroyed(entra: Entra, cancelled: Managed) -> None:
    cancelled.destroy()
    assert actions(entra) == ["adminAssign", "cancel", "adminAssign", "adminRemove"]


def test_a_lost_answer_while_a_waiting_grant_is_asked_for_anew_keeps_it_adopted(
    entra: Entra, eligibility: Managed, aline: str
) -> None:
    start = entra.clock.after(days=10)
    info = {"startDateTime": start, "expiration": {"type": "noExpiration"}}
    ask_pim(entra, "adminAssign", aline, justification="theirs", scheduleInfo=info)
    eligibility.up(**an_eligibility(aline, start=start, permanent=True, adopt_existing=True))
    entra.network.on("POST", POST, lose_answer)
    eligibility.up(**an_eligibility(aline, start=start, permanent=True, adopt_existing=True, justification="new"))
    assert eligibility.outputs["adopted"] is True
    assert eligibility.outputs["status"] == "Granted"


def test_a_grant_that_somebody_took_away_is_not_given_back_by_an_edit_of_words(
    entra: Entra, eligibility: Managed, aline: str
) -> None:
    eligibility.up(**an_eligibility(aline))
    ask_pim(entra, "adminRemove", aline)
    with pytest.raises(GraphError, match=r"RoleAssignmentDoesNotExist.* run `pulumi refresh`, then `pulumi up`"):
        eligibility.up(**an_eligibility(aline, justification="other words"))
    assert entra.schedules(aline) == []
    assert eligibility.refresh() == {"id": None}
    assert eligibility.up(**an_eligibility(aline, justification="other words")) == "create"


def test_a_waiting_grant_that_somebody_cancelled_is_not_given_back_by_an_edit_of_words(
    entra: Entra, eligibility: Managed, aline: str
) -> None:
    start = entra.clock.after(days=10)
    eligibility.up(**an_eligibility(aline, start=start))
    request_id = eligibility.outputs["request_id"]
    entra.ask("POST", f"/roleManagement/directory/{REQUESTS}/{request_id}/cancel")
    with pytest.raises(GraphError, match="run `pulumi refresh`"):
        eligibility.up(**an_eligibility(aline, start=start, justification="other words"))
    assert eligibility.refresh() == {"id": None}


# -- drift -------------------------------------------------------------------------------------------------------------


def test_an_end_that_somebody_moved_is_drift_and_is_repaired(entra: Entra, eligibility: Managed, aline: str) -> None:
    end, moved = entra.clock.after(days=365), entra.clock.after(days=700)
    eligibility.up(**an_eligibility(aline))
    ask_pim(entra, "adminUpdate", aline, **until(moved))
    assert eligibility.refresh() == {"duration": None, "end": moved}
    assert eligibility.up(**an_eligibility(aline)) == "update"
    assert end_of(entra, aline) == end


def test_a_grant_that_somebody_took_away_is_gone(entra: Entra, eligibility: Managed, aline: str) -> None:
    eligibility.up(**an_eligibility(aline))
    ask_pim(entra, "adminRemove", aline)
    assert eligibility.refresh() == {"id": None}


def test_rows_of_other_scopes_and_inherited_ones_are_not_this_grant(
    entra: Entra, eligibility: Managed, aline: str
) -> None:
    eligibility.up(**an_eligibility(aline))
    id_ = eligibility.outputs["schedule_id"]

    def add_others(answer: dict[str, Any]) -> None:
        [row] = answer["value"]
        answer["value"] = [
            {**row, "id": "inherited", "memberType": "Group"},
            {**row, "id": "elsewhere", "directoryScopeId": f"/administrativeUnits/{NOBODY}"},
            row,
        ]

    entra.network.on("GET", SCHEDULES, changing(add_others))
    assert eligibility.refresh() == {}
    assert eligibility.outputs["schedule_id"] == id_


def test_a_request_that_pim_has_forgotten_is_no_drift(entra: Entra, eligibility: Managed, aline: str) -> None:
    eligibility.up(**an_eligibility(aline))
    entra.clock.sleep(100 * 86_400)
    assert entra.requests(aline) == []
    assert eligibility.refresh() == {}
    assert eligibility.up(**an_eligibility(aline, justification="new")) == "update"


def test_the_latest_of_several_waiting_requests_is_the_grant(entra: Entra, eligibility: Managed, aline: str) -> None:
    eligibility.up(**an_eligibility(aline, start=entra.clock.after(days=10)))
    id_ = eligibility.outputs["request_id"]

    def add_older(answer: dict[str, Any]) -> None:
        [row] = answer["value"]
        old = {**row, "id": "older", "createdDateTime": "2020-01-01T00:00:00Z"}
        answer["value"] = [old, row, {**row, "id": "refused", "status": "Denied"}]

    entra.network.on("GET", REQUESTS, changing(add_older))
    assert eligibility.refresh() == {}
    assert eligibility.outputs["request_id"] == id_


# -- the end -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def ended(entra: Entra, eligibility: Managed, aline: str) -> Managed:
    """An eligibility whose end has come since the last ``up``."""
    eligibility.up(**an_eligibility(aline, duration="P10D"))
    entra.clock.sleep(11 * 86_400)
    return eligibility


def test_a_grant_past_its_end_stays_and_is_no_error(entra: Entra, ended: Managed, aline: str) -> None:
    assert ended.refresh() == {}
    assert ended.outputs["status"] == "Expired"
    assert ended.up(**an_eligibility(aline, duration="P10D")) == "same"
    assert actions(entra) == ["adminAssign"]


def test_a_grant_is_past_its_end_from_that_second_on(entra: Entra, eligibility: Managed, aline: str) -> None:
    eligibility.up(**an_eligibility(aline, duration="P10D"))
    entra.clock.sleep(10 * 86_400 - 1)
    eligibility.refresh()
    assert eligibility.outputs["status"] == "Provisioned"
    entra.clock.sleep(1)
    eligibility.refresh()
    assert eligibility.outputs["status"] == "Expired"


def test_new_words_give_nobody_anything_after_the_end(entra: Entra, ended: Managed, aline: str) -> None:
    assert ended.up(**an_eligibility(aline, duration="P10D", justification="new")) == "update"
    assert (ended.outputs["status"], ended.outputs["justification"]) == ("Expired", "new")
    assert actions(entra) == ["adminAssign"]
    assert entra.schedules(aline) == []


@pytest.mark.parametrize("window", [{"duration": "P20D"}, {"permanent": True}, {"end": "2090-01-01T00:00:00Z"}])
def test_only_another_window_grants_again_after_the_end(
    entra: Entra, ended: Managed, aline: str, window: dict[str, Any]
) -> None:
    ended.refresh()
    program = an_eligibility(aline, **window)
    assert ended.up(**program) == "update"
    assert ended.outputs["status"] == "Provisioned"
    assert len(entra.schedules(aline)) == 1
    assert ended.refresh() == {}
    assert ended.up(**program) == "same"


def test_a_grant_that_somebody_gave_anew_after_the_end_is_drift(entra: Entra, ended: Managed, aline: str) -> None:
    end = entra.clock.after(days=3)
    ask_pim(entra, "adminAssign", aline, **until(end))
    assert ended.refresh() == {"duration": None, "end": end}
    assert ended.outputs["status"] == "Provisioned"


def test_a_grant_that_exists_again_when_ours_is_given_anew_becomes_ours(
    entra: Entra, ended: Managed, aline: str
) -> None:
    ask_pim(entra, "adminAssign", aline, **until(entra.clock.after(days=3)))
    assert ended.up(**an_eligibility(aline, permanent=True)) == "update"
    assert end_of(entra, aline) is None
    assert ended.outputs["adopted"] is False


def test_giving_anew_goes_on_from_its_own_work_when_the_answer_was_lost(
    entra: Entra, ended: Managed, aline: str
) -> None:
    entra.network.on("POST", POST, lose_answer)
    entra.network.on("GET", "roleEligibilitySchedule", empty, times=2)
    ended.up(**an_eligibility(aline, duration="P20D"))
    assert ended.outputs["schedule_id"] == entra.schedules(aline)[0]["id"]
    assert ended.outputs["adopted"] is False


def test_destroying_a_grant_past_its_end_asks_for_nothing(entra: Entra, ended: Managed) -> None:
    ended.destroy()
    assert actions(entra) == ["adminAssign"]


def test_destroying_takes_away_what_somebody_gave_anew_after_the_end(entra: Entra, ended: Managed, aline: str) -> None:
    ask_pim(entra, "adminAssign", aline)
    ended.destroy()
    assert entra.schedules(aline) == []


class Behind:
    """A clock that is days behind the service's until the service answers."""

    def __init__(self, entra: Entra) -> None:
        self._entra = entra

    def now(self) -> Any:
        return self._entra.clock.now() - timedelta(days=5)

    def monotonic(self) -> float:
        return self._entra.clock.monotonic()

    def sleep(self, seconds: float, over: Event | None = None) -> None:
        self._entra.clock.sleep(seconds)


def test_whether_a_grant_has_ended_is_decided_by_the_services_clock(entra: Entra, aline: str) -> None:
    eligibility = entra.manage("RoleEligibility")
    eligibility.up(**an_eligibility(aline, duration="P10D"))
    entra.clock.sleep(11 * 86_400)
    eligibility.provider = entra.provider("RoleEligibility", clock=Behind(entra))
    assert eligibility.up(**an_eligibility(aline, duration="P10D", justification="new")) == "update"
    assert eligibility.outputs["status"] == "Expired"
    assert entra.schedules(aline) == []


# -- what the preview says (the window has a file of its own) ----------------------------------------------------------


def problems(**program: Any) -> list[tuple[str, str]]:
    checked = offline("RoleEligibility").check({}, an_eligibility(**{"principal_id": NOBODY, **program}))
    return [(each.property, each.reason) for each in checked.failures]


@pytest.mark.parametrize(
    ("program", "property_", "reason"),
    [
        ({"principal_id": "AlineD@contoso.com"}, "principal_id", "must be an object id (a GUID)"),
        ({"principal_id": None}, "principal_id", "must be given"),
        ({"role_definition_id": "User Administrator"}, "role_definition_id", "must be an object id (a GUID)"),
        ({"directory_scope_id": ""}, "directory_scope_id", 'must be "/" (the tenant)'),
        ({"directory_scope_id": NOBODY}, "directory_scope_id", 'must be "/" (the tenant)'),
        ({"directory_scope_id": "/administrativeUnits/"}, "directory_scope_id", 'must be "/" (the tenant)'),
        ({"justification": ""}, "justification", "1 to 10000 characters"),
        ({"ticket_number": 7.0}, "ticket_number", "must be a string"),
    ],
)
def test_what_pim_would_not_take_is_refused_at_preview(program: dict[str, Any], property_: str, reason: str) -> None:
    [(named, said)] = problems(**program)
    assert named == property_
    assert reason in said


@pytest.mark.parametrize(
    "program",
    [
        {"directory_scope_id": f"/administrativeUnits/{NOBODY}"},
        {"directory_scope_id": f"/{NOBODY}"},
        {"principal_id": Unknown()},
        {"role_definition_id": Unknown()},
    ],
)
def test_what_pim_takes_or_nobody_knows_yet_passes(program: dict[str, Any]) -> None:
    assert problems(**program) == []
