"""Operations of the engine on one resource each, as the tests that go through all of them need them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .entra import Entra
from .managed import Managed
from .programs import a_group, a_user, an_eligibility

END = "2090-01-01T00:00:00Z"
LATER = "2089-01-01T00:00:00Z"


@dataclass(frozen=True)
class Story:
    """An operation of the engine on one resource: what there is before it, and the operation."""

    begin: Callable[[Entra], Managed]
    act: Callable[[Entra, Managed], None]


def to_be_made(kind: str) -> Callable[[Entra], Managed]:
    return lambda entra: entra.manage(kind)


def made(kind: str, program: Callable[[Entra], dict[str, Any]]) -> Callable[[Entra], Managed]:
    def begin(entra: Entra) -> Managed:
        resource = entra.manage(kind)
        resource.up(**program(entra))
        return resource

    return begin


def up(program: Callable[[Entra], dict[str, Any]]) -> Callable[[Entra, Managed], None]:
    def act(entra: Entra, resource: Managed) -> None:
        resource.up(**program(entra))

    return act


def destroy(entra: Entra, resource: Managed) -> None:
    resource.destroy()


def ids_of(entra: Entra, *names: str) -> list[str]:
    """Return the ids of users, who are made at the first need."""
    known = {each["displayName"]: str(each["id"]) for each in entra.all("/users")}
    return [known[name] if name in known else entra.user(name) for name in names]


_CROWD = tuple(f"person{number}" for number in range(22))


def plain_user(_: Entra) -> dict[str, Any]:
    return a_user(job_title="Helpdesk")


def edited_user(_: Entra) -> dict[str, Any]:
    return a_user(job_title="Lead", password="An0ther-canary!")


def adopting_user(_: Entra) -> dict[str, Any]:
    return a_user(job_title="Helpdesk", adopt_existing=True)


def small_group(entra: Entra) -> dict[str, Any]:
    return a_group(owners=ids_of(entra, "one", "two"), members=ids_of(entra, "one", "three"))


def edited_group(entra: Entra) -> dict[str, Any]:
    return a_group(description="new", owners=ids_of(entra, "three"), members=ids_of(entra, "two", "four"))


def big_group(entra: Entra) -> dict[str, Any]:
    return a_group(owners=ids_of(entra, "one"), members=ids_of(entra, *_CROWD))


def adopting_group(entra: Entra) -> dict[str, Any]:
    return {**small_group(entra), "adopt_existing": True}


def grant(entra: Entra) -> dict[str, Any]:
    return an_eligibility(*ids_of(entra, "one"), end=END)


def reworded_grant(entra: Entra) -> dict[str, Any]:
    return {**grant(entra), "justification": "other words"}


def later_grant(entra: Entra) -> dict[str, Any]:
    return {**grant(entra), "start": LATER}


def reworded_later_grant(entra: Entra) -> dict[str, Any]:
    return {**reworded_grant(entra), "start": LATER}


def adopting_grant(entra: Entra) -> dict[str, Any]:
    return {**grant(entra), "adopt_existing": True}


def somebody_elses_user(entra: Entra) -> Managed:
    entra.user("AlineD", jobTitle="Boss")
    return entra.manage("TestUser")


def somebody_elses_group(entra: Entra) -> Managed:
    [other] = ids_of(entra, "other")
    properties: dict[str, Any] = {"owners@odata.bind": [f"https://x/v1.0/users/{other}"]}
    entra.group("theirs", uniqueName="contoso-dev-helpdesk", **properties)
    return entra.manage("RoleAssignableGroup")


def service_without_the_upsert(entra: Entra) -> Managed:
    entra.emulator.switches.upsert_role_assignable = False
    return entra.manage("RoleAssignableGroup")


def somebody_elses_grant(entra: Entra) -> Managed:
    theirs = an_eligibility(*ids_of(entra, "one"), permanent=True, justification="theirs")
    entra.manage("RoleEligibility").up(**theirs)
    return entra.manage("RoleEligibility")


def somebody_elses_grant_for_later(entra: Entra) -> Managed:
    theirs = an_eligibility(*ids_of(entra, "one"), start=LATER, permanent=True, justification="theirs")
    entra.manage("RoleEligibility").up(**theirs)
    return entra.manage("RoleEligibility")


def grant_over_a_unit(entra: Entra) -> dict[str, Any]:
    units = entra.all("/directory/administrativeUnits")
    unit = f"/administrativeUnits/{units[0]['id']}" if units else entra.unit("Paris")
    return {**grant(entra), "directory_scope_id": unit}


STORIES: dict[str, Story] = {
    "create a user": Story(to_be_made("TestUser"), up(plain_user)),
    "adopt a user": Story(somebody_elses_user, up(adopting_user)),
    "update a user": Story(made("TestUser", plain_user), up(edited_user)),
    "delete a user": Story(made("TestUser", plain_user), destroy),
    "create a group": Story(to_be_made("RoleAssignableGroup"), up(small_group)),
    "create a group of many": Story(to_be_made("RoleAssignableGroup"), up(big_group)),
    "create a group by POST": Story(service_without_the_upsert, up(small_group)),
    "adopt a group": Story(somebody_elses_group, up(adopting_group)),
    "update a group": Story(made("RoleAssignableGroup", small_group), up(edited_group)),
    "delete a group": Story(made("RoleAssignableGroup", small_group), destroy),
    "create a grant": Story(to_be_made("RoleEligibility"), up(grant)),
    "create a grant over a unit": Story(to_be_made("RoleEligibility"), up(grant_over_a_unit)),
    "create a grant for later": Story(to_be_made("RoleEligibility"), up(later_grant)),
    "adopt a grant": Story(somebody_elses_grant, up(adopting_grant)),
    "adopt a grant for later": Story(somebody_elses_grant_for_later, up(adopting_grant)),
    "update a grant": Story(made("RoleEligibility", grant), up(reworded_grant)),
    "update a grant for later": Story(made("RoleEligibility", later_grant), up(reworded_later_grant)),
    "delete a grant": Story(made("RoleEligibility", grant), destroy),
    "delete a grant for later": Story(made("RoleEligibility", later_grant), destroy),
}
