"""PIM that shows late what it was asked, or does something other: waited for, undone, and never taken for a success."""

from datetime import timedelta
from typing import Any

import pytest
from pulumi.runtime.proto import provider_pb2

from pulumi_entra_pim.graph.errors import AlreadyExists, EntraError, Refused
from pulumi_entra_pim.resources._engine import HalfMade

from .engine import Engine, Rpc
from .entra import Entra
from .managed import Managed
from .network import asking, changing, empty, lose, refuse
from .pim import POST, SCHEDULES, actions, ask_pim
from .programs import USER_ADMINISTRATOR, an_eligibility


@pytest.fixture
def aline(entra: Entra) -> str:
    return entra.user("aline")


@pytest.fixture
def eligibility(entra: Entra) -> Managed:
    return entra.manage("RoleEligibility")


class TestAGrantThatIsNotListedYet:
    def test_a_refresh_right_after_waits_for_it(self, entra: Entra, eligibility: Managed, aline: str) -> None:
        eligibility.up(**an_eligibility(aline))
        before = dict(eligibility.outputs)
        entra.network.on("GET", SCHEDULES, empty, times=3)
        assert eligibility.refresh() == {}
        assert eligibility.outputs == before
        assert entra.clock.waited > 0

    def test_one_that_is_never_listed_is_gone_in_the_end(self, entra: Entra, eligibility: Managed, aline: str) -> None:
        eligibility.up(**an_eligibility(aline))
        entra.network.on("GET", SCHEDULES, empty, times=10_000)
        assert eligibility.refresh() == {"id": None}
        assert entra.clock.waited == 300

    def test_one_that_was_asked_for_long_ago_is_looked_for_a_moment(
        self, entra: Entra, eligibility: Managed, aline: str
    ) -> None:
        eligibility.up(**an_eligibility(aline))
        entra.emulator.clock.advance(minutes=6)
        entra.network.on("GET", SCHEDULES, empty, times=10_000)
        assert eligibility.refresh() == {"id": None}
        assert entra.clock.waited == 5

    def test_one_that_somebody_took_away_is_gone_at_once(self, entra: Entra, eligibility: Managed, aline: str) -> None:
        eligibility.up(**an_eligibility(aline))
        ask_pim(entra, "adminRemove", aline)
        assert eligibility.refresh() == {"id": None}
        assert entra.clock.pauses == []

    def test_one_whose_requests_are_forgotten_is_gone_at_once(
        self, entra: Entra, eligibility: Managed, aline: str
    ) -> None:
        eligibility.up(**an_eligibility(aline))
        entra.emulator.clock.advance(days=60)
        entra.network.on("GET", SCHEDULES, empty, times=10_000)
        assert eligibility.refresh() == {"id": None}


class TestAGrantThatPimIsStillAt:
    def test_it_stays_in_the_state_half_made_until_it_is_listed(
        self, entra: Entra, eligibility: Managed, aline: str
    ) -> None:
        entra.network.on("POST", POST, changing(lambda answer: answer.update(status="PendingProvisioning")))
        entra.network.on("GET", SCHEDULES, empty, times=10_000)
        with pytest.raises(HalfMade, match="the grant of User Administrator is listed: not seen within 300 s"):
            eligibility.up(**an_eligibility(aline))
        assert (eligibility.half_made, eligibility.outputs["status"]) == (True, "PendingProvisioning")
        entra.network.clear()
        assert eligibility.up(**an_eligibility(aline)) == "update"
        assert (eligibility.half_made, eligibility.outputs["status"]) == (False, "Provisioned")
        assert [each["principalId"] for each in entra.schedules(aline)] == [aline]

    def test_a_refresh_meanwhile_does_not_make_it_count_as_done(
        self, entra: Entra, eligibility: Managed, aline: str
    ) -> None:
        pending = changing(lambda answer: answer.update(status="PendingProvisioning"))
        entra.network.on("POST", POST, pending)
        entra.network.on("GET", SCHEDULES, empty, times=10_000)
        with pytest.raises(HalfMade):
            eligibility.up(**an_eligibility(aline))
        entra.network.on(
            "GET",
            "roleEligibilityScheduleRequests",
            changing(lambda found: [each.update(status="PendingProvisioning") for each in found["value"]]),
            times=10,
        )
        eligibility.refresh()
        assert eligibility.half_made
        entra.network.clear()
        eligibility.refresh()
        assert (eligibility.half_made, eligibility.outputs["status"]) == (False, "Provisioned")

    def test_one_that_was_given_up_and_came_after_all_is_ours_without_a_word(
        self, entra: Entra, eligibility: Managed, aline: str, engine: Engine
    ) -> None:
        entra.network.on("POST", POST, changing(lambda answer: answer.update(status="PendingProvisioning")))
        entra.network.on("GET", SCHEDULES, empty, times=10_000)
        with pytest.raises(HalfMade):
            eligibility.up(**an_eligibility(aline))
        entra.network.clear()
        entra.network.on("GET", "roleEligibilitySchedule", empty, times=2)
        Rpc(provider_pb2.UpdateRequest(urn="urn"))(lambda: eligibility.up(**an_eligibility(aline)))
        assert actions(entra) == ["adminAssign", "adminAssign"]
        assert [each["id"] for each in entra.schedules(aline)] == [eligibility.outputs["schedule_id"]]
        assert engine.said("WARNING") == []

    def test_one_that_pim_has_given_up_is_asked_for_anew(self, entra: Entra, eligibility: Managed, aline: str) -> None:
        entra.network.on("POST", POST, changing(lambda answer: answer.update(status="PendingProvisioning")))
        entra.network.on("GET", SCHEDULES, empty, times=10_000)
        with pytest.raises(HalfMade):
            eligibility.up(**an_eligibility(aline))
        entra.network.clear()
        ask_pim(entra, "adminRemove", aline)
        eligibility.up(**an_eligibility(aline))
        assert actions(entra)[-1] == "adminAssign"
        assert [each["principalId"] for each in entra.schedules(aline)] == [aline]


class TestAnotherScope:
    def over_a_unit(self, entra: Entra, aline: str) -> dict[str, object]:
        return an_eligibility(aline, directory_scope_id=entra.unit("Paris"))

    def test_what_was_granted_over_the_directory_instead_is_taken_back_and_said(
        self, entra: Entra, eligibility: Managed, aline: str
    ) -> None:
        entra.network.on("POST", POST, asking(lambda body: body.update(directoryScopeId="/")))
        with pytest.raises(
            Refused, match=r"granted User Administrator at / instead of \S+; that was taken back at once"
        ):
            eligibility.up(**self.over_a_unit(entra, aline))
        assert entra.schedules(aline) == []
        assert not eligibility.id

    def test_what_cannot_be_taken_back_is_said_loudly_with_what_to_remove(
        self, entra: Entra, eligibility: Managed, aline: str
    ) -> None:
        entra.network.on("POST", POST, asking(lambda body: body.update(directoryScopeId="/")))
        entra.network.on("POST", POST, refuse(403, "Authorization_RequestDenied"))
        line = (
            rf"could not be taken back: remove at once the grant of User Administrator at / to {aline}.*Authorization"
        )
        with pytest.raises(Refused, match=line):
            eligibility.up(**self.over_a_unit(entra, aline))
        assert len(entra.schedules(aline)) == 1


class TestAGrantThatIsLeaving:
    def test_it_is_not_taken_for_what_is_asked_now(
        self, entra: Entra, eligibility: Managed, aline: str, engine: Engine
    ) -> None:
        eligibility.up(**an_eligibility(aline))
        old = eligibility.outputs["schedule_id"]
        listed = entra.schedules(aline)
        eligibility.destroy()
        entra.network.on("POST", POST, refuse(400, "RoleAssignmentExists"))
        entra.network.on("GET", SCHEDULES, changing(lambda found: found.update(value=listed)), times=2)
        Rpc(provider_pb2.CreateRequest(urn="urn"))(lambda: eligibility.up(**an_eligibility(aline)))
        assert eligibility.outputs["schedule_id"] != old
        assert [each["id"] for each in entra.schedules(aline)] == [eligibility.outputs["schedule_id"]]
        assert engine.said("WARNING") == []

    def test_one_that_never_goes_is_said_to_be_in_the_way(self, entra: Entra, eligibility: Managed, aline: str) -> None:
        eligibility.up(**an_eligibility(aline))
        listed = entra.schedules(aline)
        eligibility.destroy()
        entra.network.on("POST", POST, refuse(400, "RoleAssignmentExists"), times=100)
        entra.network.on("GET", SCHEDULES, changing(lambda found: found.update(value=listed)), times=1000)
        with pytest.raises(Refused, match=r"RoleAssignmentExists.*Yet the grant is listed still"):
            eligibility.up(**an_eligibility(aline))


def test_a_request_of_somebody_else_that_is_open_is_said_to_be(entra: Entra, eligibility: Managed, aline: str) -> None:
    eligibility.up(**an_eligibility(aline))
    entra.network.on("POST", POST, refuse(400, "PendingRoleAssignmentRequest"))
    with pytest.raises(AlreadyExists, match="A request for this grant is open in PIM: decide or cancel it"):
        eligibility.up(**an_eligibility(aline, justification="other words"))


def test_a_deleted_principal_is_said_to_be_at_once(entra: Entra, eligibility: Managed, aline: str) -> None:
    entra.ask("DELETE", f"/users/{aline}")
    entra.network.on("POST", POST, refuse(404, "SubjectNotFound"))
    with pytest.raises(Refused, match=f"The principal {aline} was deleted and is in deletedItems: restore it"):
        eligibility.up(**an_eligibility(aline))
    assert entra.clock.pauses == []


def test_a_caller_who_may_not_look_at_roles_is_told_so(entra: Entra, eligibility: Managed, aline: str) -> None:
    entra.network.on("POST", POST, refuse(404, "RoleNotFound"), times=1000)
    entra.network.on("GET", "/roleDefinitions/", refuse(403, "Authorization_RequestDenied"))
    line = f"the caller may not look for role definition {USER_ADMINISTRATOR} in the directory: check the id"
    with pytest.raises(Refused, match=line):
        eligibility.up(**an_eligibility(aline))


def test_a_request_without_a_time_is_nobodys_work_of_this_hour(entra: Entra, eligibility: Managed, aline: str) -> None:
    entra.manage("RoleEligibility").up(**an_eligibility(aline))
    entra.network.on(
        "GET",
        "roleEligibilityScheduleRequests/",
        changing(lambda request: request.pop("createdDateTime")),
        times=10,
    )
    with pytest.raises(Refused, match="is not this resource's"):
        eligibility.up(**an_eligibility(aline))


def test_a_grant_that_names_no_start_is_one_line(entra: Entra, eligibility: Managed, aline: str) -> None:
    eligibility.up(**an_eligibility(aline))

    def forget(found: dict[str, Any]) -> None:
        for row in found["value"]:
            row["scheduleInfo"].pop("startDateTime")
            row.pop("createdDateTime")

    entra.network.on("GET", SCHEDULES, changing(forget))
    with pytest.raises(EntraError, match=rf"{eligibility.outputs['schedule_id']} names no start: nothing is done"):
        eligibility.refresh()


def test_a_lost_answer_of_a_removal_costs_a_second_one_and_no_more(
    entra: Entra, eligibility: Managed, aline: str
) -> None:
    eligibility.up(**an_eligibility(aline))
    entra.network.on("POST", POST, lose)
    eligibility.destroy()
    assert actions(entra) == ["adminAssign", "adminRemove", "adminRemove"]
    assert entra.clock.waited < timedelta(seconds=1).total_seconds()
