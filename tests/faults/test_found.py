"""What random programs found, each as the shortest story that shows it."""

from collections.abc import Iterator

import pytest

from pulumi_entra_pim.graph.errors import EntraError, Refused
from tests.resources.entra import PASSWORD, Entra, fresh
from tests.resources.programs import a_group, a_user, an_eligibility


@pytest.fixture
def entra() -> Iterator[Entra]:
    with fresh() as tenant:
        yield tenant


def test_a_create_that_503_puts_off_is_not_sent_again_before_its_time(entra: Entra) -> None:
    entra.emulator.faults.arm("503", method="POST", path="/users$", retry_after="30")
    entra.manage("TestUser").up(**a_user())
    assert entra.emulator.faults.early == []


def test_another_resource_does_not_call_either_where_503_asked_for_time(entra: Entra) -> None:
    entra.emulator.faults.arm("503", when="after", method="POST", path="/users$", retry_after="30")
    entra.manage("TestUser").up(**a_user())
    entra.manage("TestUser").up(**a_user(user_principal_name="bob@contoso.com"))
    assert entra.emulator.faults.early == []


def test_a_cancellation_that_503_puts_off_is_not_sent_again_before_its_time(entra: Entra) -> None:
    grant = entra.manage("RoleEligibility")
    program = an_eligibility(entra.user("ann"), start=entra.clock.after(days=9), permanent=True)
    grant.up(**program)
    entra.emulator.faults.arm("503", method="POST", path="/cancel$", retry_after="30")
    grant.up(**{**program, "justification": "other words"})
    assert entra.emulator.faults.early == []


def test_a_start_moved_into_the_future_is_no_drift_to_the_next_refresh(entra: Entra) -> None:
    grant = entra.manage("RoleEligibility")
    program = an_eligibility(entra.user("ann"), permanent=True)
    grant.up(**program)
    later = {**program, "start": entra.clock.after(hours=1)}
    grant.up(**later)
    assert grant.refresh() == {}
    assert grant.up(**later) == "same"


def test_who_is_to_be_eligible_from_tomorrow_is_not_eligible_today(entra: Entra) -> None:
    ann = entra.user("ann")
    grant = entra.manage("RoleEligibility")
    grant.up(**an_eligibility(ann, permanent=True))
    grant.up(**an_eligibility(ann, permanent=True, start=entra.clock.after(days=1)))
    assert entra.schedules(ann) == []


def test_an_end_before_the_start_that_a_grant_waits_for_is_refused_in_words(entra: Entra) -> None:
    ann = entra.user("ann")
    grant = entra.manage("RoleEligibility")
    grant.up(**an_eligibility(ann, permanent=True, start=entra.clock.after(days=9)))
    with pytest.raises(EntraError, match="start"):
        grant.up(**an_eligibility(ann, end=entra.clock.after(hours=1)))


def test_a_user_just_made_is_not_forgotten_by_a_refresh_that_does_not_see_it_yet(entra: Entra) -> None:
    entra.emulator.pace.lag("users", seconds=5.0)
    user = entra.manage("TestUser")
    user.up(**a_user())
    assert user.refresh() == {}


def test_a_group_just_made_is_not_forgotten_by_a_refresh_that_does_not_see_it_yet(entra: Entra) -> None:
    entra.emulator.pace.lag("groups", seconds=5.0)
    group = entra.manage("RoleAssignableGroup")
    group.up(**a_group())
    assert group.refresh() == {}


def test_a_grant_just_made_is_not_forgotten_by_a_refresh_that_does_not_see_it_yet(entra: Entra) -> None:
    grant = entra.manage("RoleEligibility")
    program = an_eligibility(entra.user("ann"), permanent=True)
    entra.emulator.pace.lag("eligibilitySchedules", seconds=5.0)
    entra.emulator.pace.lag("requests", seconds=5.0)
    grant.up(**program)
    assert grant.refresh() == {}


def test_members_that_the_directory_does_not_list_yet_are_removed_when_the_program_drops_them(entra: Entra) -> None:
    ann, bob = entra.user("ann"), entra.user("bob")
    group = entra.manage("RoleAssignableGroup")
    group.up(**a_group(members=[ann]))
    entra.emulator.pace.lag("relationships", seconds=20.0)
    group.up(**a_group(members=[ann, bob]))
    group.up(**a_group(members=[ann]))
    entra.emulator.pace.clear()
    assert entra.related(group.id, "members") == {ann}


def test_a_user_who_has_more_than_was_asked_is_not_exactly_as_asked(entra: Entra) -> None:
    entra.ask(
        "POST",
        "/users",
        {
            "userPrincipalName": "AlineD@contoso.com",
            "displayName": "Aline Dupuy",
            "mailNickname": "AlineD",
            "accountEnabled": True,
            "jobTitle": "Boss",
            "passwordProfile": {"password": PASSWORD},
        },
    )
    with pytest.raises(Refused, match="is not this resource's"):
        entra.manage("TestUser").up(**a_user())


def test_a_group_that_is_deleted_and_listed_still_is_not_taken_over(entra: Entra) -> None:
    group = entra.manage("RoleAssignableGroup")
    group.up(**a_group(unique_name="one"))
    entra.emulator.pace.lag("groups", seconds=20.0)
    group.up(**a_group(unique_name="two"))
    with pytest.raises(Refused, match="is held by the deleted group"):
        group.up(**a_group(unique_name="one"))


def test_a_deleted_group_that_keeps_its_name_is_found_though_it_is_listed_late(entra: Entra) -> None:
    entra.emulator.pace.lag("deletedItems", seconds=20.0)
    first, second = entra.manage("RoleAssignableGroup"), entra.manage("RoleAssignableGroup")
    first.up(**a_group())
    first.destroy()
    second.up(**a_group())
    assert second.outputs["unique_name"] == "contoso-dev-helpdesk-2"


def test_a_grant_that_exists_and_is_not_listed_yet_is_waited_for_after_a_removal(entra: Entra) -> None:
    program = an_eligibility(entra.user("ann"), permanent=True)
    removed, killed, again = (entra.manage("RoleEligibility") for _ in range(3))
    removed.up(**program)
    removed.destroy()
    entra.clock.sleep(1)
    for collection in ("eligibilitySchedules", "requests"):
        entra.emulator.pace.lag(collection, seconds=20.0)
    killed.up(**program)
    again.up(**program)
    assert again.outputs["adopted"] is False
