"""A call that fails at any step of any operation: the directory ends up as without the failure, and nothing twice."""

from contextlib import suppress
from itertools import pairwise
from typing import Any

import pytest

from pulumi_entra_pim.graph.errors import EntraError

from .entra import Entra, fresh, moment
from .managed import Managed
from .network import Behaviour, Sent, fail, garbage, lose, lose_answer, refuse, unreachable
from .programs import USER_ADMINISTRATOR
from .stories import STORIES, Story

FAILURES: dict[str, Behaviour] = {
    "never sent": unreachable,
    "lost before": lose,
    "lost after": lose_answer,
    "500 before": fail(500),
    "502 after": fail(502, applied=True),
    "503 before": fail(503, headers={"Retry-After": "7"}),
    "504 after": fail(504, applied=True),
    "429": fail(429, headers={"Retry-After": "7"}),
}

REFUSALS: dict[str, Behaviour] = {
    "400": refuse(400, "Request_BadRequest"),
    "403": refuse(403, "Authorization_RequestDenied"),
    "HTML": garbage,
}


def directory(entra: Entra) -> dict[str, Any]:
    """Return all that the tenant holds, by names instead of ids and without the moments at which things were done."""
    users = entra.all("/users?$select=id,displayName,userPrincipalName,jobTitle,mailNickname,accountEnabled")
    groups = entra.all("/groups?$select=id,displayName,description,uniqueName,isAssignableToRole")
    names = {each["id"]: each["displayName"] for each in (*users, *groups)}
    found = {
        "users": [_without_id(each) for each in users],
        "groups": [
            {
                **_without_id(each),
                **{
                    kind: sorted(names[id_] for id_ in entra.related(each["id"], kind))
                    for kind in ("owners", "members")
                },
            }
            for each in groups
        ],
        "deleted users": [each["displayName"] for each in entra.deleted("user")],
        "deleted groups": [each["displayName"] for each in entra.deleted("group")],
        "grants": [_grant(each, names) for each in _pim(entra, "Schedules")],
        "grants to come": [
            _grant(each, names) for each in _pim(entra, "ScheduleRequests") if each["status"] == "Granted"
        ],
    }
    return {what: sorted(things, key=str) for what, things in found.items()}


def _pim(entra: Entra, collection: str) -> list[dict[str, Any]]:
    return entra.all(f"/roleManagement/directory/roleEligibility{collection}")


def _grant(row: dict[str, Any], names: dict[str, str]) -> tuple[Any, ...]:
    assert row["roleDefinitionId"] == USER_ADMINISTRATOR
    scope = row["directoryScopeId"].rpartition("/")[0]
    end = row["scheduleInfo"]["expiration"]["endDateTime"]
    return names[row["principalId"]], scope, moment(end) if end else None


def _without_id(document: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name != "id"}


def settled(resource: Managed) -> dict[str, Any]:
    """Return what the state says, but for ids and the moments at which things were done."""
    moving = ("schedule_id", "request_id", "effective_start", "owners", "members", "principal_id", "directory_scope_id")
    return {name: value for name, value in resource.outputs.items() if name not in moving}


def makes_something(sent: Sent) -> bool:
    """Say whether a request must not be sent twice without a look in between."""
    action = (sent.body or {}).get("action") if isinstance(sent.body, dict) else None
    return sent.method == "POST" and (sent.path.endswith(("/users", "/groups", "/cancel")) or action == "adminAssign")


def undisturbed(story: Story) -> tuple[int, dict[str, Any], dict[str, Any]]:
    """Return how many calls a story takes, and what it leaves behind."""
    with fresh() as entra:
        resource = story.begin(entra)
        with entra.network.recording() as sent:
            story.act(entra, resource)
        return len(sent), directory(entra), settled(resource)


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("name", STORIES)
def test_a_failure_at_any_call_leaves_the_directory_as_without_it(name: str, failure: str) -> None:
    story = STORIES[name]
    calls, wanted, state = undisturbed(story)
    assert calls
    for number in range(1, calls + 1):
        with fresh() as entra:
            resource, where = story.begin(entra), f"{name}, {failure}, call {number}"
            entra.network.on_call(number, FAILURES[failure])
            with entra.network.recording() as sent:
                try:
                    story.act(entra, resource)
                except EntraError as error:
                    raise AssertionError(f"{where}: {error}") from error
            assert has_failed(sent[number - 1]), where
            assert directory(entra) == wanted, where
            assert settled(resource) == state, where
            assert entra.clock.waited < 60, where
            for one, other in pairwise(sent):
                if makes_something(one) and failure != "never sent" and is_unknown(one):
                    assert other.method == "GET", where


# What waited for its start and could not be asked for anew is not adopted any more; test_eligibility.py shows it.
SAME_IN_THE_END = [name for name in STORIES if name != "adopt a grant for later"]


@pytest.mark.parametrize("refusal", REFUSALS)
@pytest.mark.parametrize("name", SAME_IN_THE_END)
def test_a_refusal_at_any_call_orphans_nothing_and_the_next_run_finishes(name: str, refusal: str) -> None:
    story = STORIES[name]
    calls, wanted, state = undisturbed(story)
    for number in range(1, calls + 1):
        with fresh() as entra:
            resource, where = story.begin(entra), f"{name}, {refusal}, call {number}"
            had_one = bool(resource.id)
            entra.network.on_call(number, REFUSALS[refusal])
            with suppress(EntraError):
                story.act(entra, resource)
            assert resource.id or had_one or not made_by_us(entra), where
            story.act(entra, resource)
            assert directory(entra) == wanted, where
            assert settled(resource) == state, where


def made_by_us(entra: Entra) -> bool:
    """Say whether the user or group of a story is there, as only its operation makes it."""
    now = directory(entra)
    return any(
        {each["displayName"] for each in now[what]} & {"Aline Dupuy", "IT Helpdesk (User)"}
        for what in ("users", "groups")
    )


def has_failed(sent: Sent) -> bool:
    return sent.status == 429 or is_unknown(sent)


def is_unknown(sent: Sent) -> bool:
    """Say whether nobody can tell from the answer if the service has acted."""
    return sent.status is None or sent.status >= 500
