"""Every request that the providers send is one that Microsoft describes: path, query, headers and body."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, unquote

import pytest

from pulumi_entra_pim.graph.errors import EntraError
from tests.contract.openapi import OpenApi
from tests.resources.entra import Entra, fresh
from tests.resources.network import Sent, fail, lose_answer, refuse
from tests.resources.programs import NOBODY, a_group, a_user, an_eligibility
from tests.resources.stories import STORIES


def wrong_ids(entra: Entra) -> None:
    for ids in ({"principal_id": NOBODY}, {"principal_id": entra.user("aline"), "role_definition_id": NOBODY}):
        with pytest.raises(EntraError):
            entra.manage("RoleEligibility").up(**an_eligibility(**ids))


def a_refusal_of_the_policy(entra: Entra) -> None:
    aline = entra.user("aline")
    entra.network.on(
        "POST", "Requests$", refuse(400, "RoleAssignmentRequestPolicyValidationFailed", '["ExpirationRule"]')
    )
    with pytest.raises(EntraError):
        entra.manage("RoleEligibility").up(**an_eligibility(aline, ticket_number="1", ticket_system="2"))


def a_grant_taken_for_our_own(entra: Entra) -> None:
    entra.network.on("POST", "Requests$", lose_answer)
    eligibility = entra.manage("RoleEligibility")
    eligibility.up(**an_eligibility(entra.user("aline"), permanent=True))
    eligibility.refresh()


def a_cancel_whose_answer_is_lost(entra: Entra) -> None:
    program = an_eligibility(entra.user("aline"), start=entra.clock.after(days=1))
    eligibility = entra.manage("RoleEligibility")
    eligibility.up(**program)
    eligibility.refresh()
    entra.network.on("POST", "/cancel$", fail(500, applied=True))
    eligibility.up(**{**program, "justification": "other words"})


def a_name_that_a_deleted_group_holds(entra: Entra) -> None:
    for _ in range(2):
        group = entra.manage("RoleAssignableGroup")
        group.up(**a_group(unique_name=None, purge_on_destroy=True))
        group.refresh()
        group.destroy()


def a_user_with_everything(entra: Entra) -> None:
    aline = entra.manage("TestUser")
    more = {"given_name": "A", "surname": "D", "job_title": "x", "department": "y", "usage_location": "US"}
    aline.up(**a_user(**more, purge_on_destroy=True))
    aline.refresh()
    aline.up(**a_user(force_change_password_next_sign_in=False))
    aline.destroy()


def a_user_who_was_protected_a_moment_ago(entra: Entra) -> None:
    aline = entra.manage("TestUser")
    aline.up(**a_user())
    entra.network.on("DELETE", "/users/", refuse(403, "Authorization_RequestDenied"))
    aline.destroy()


def a_user_who_is_gone(entra: Entra) -> None:
    aline = entra.manage("TestUser")
    aline.up(**a_user())
    entra.ask("DELETE", f"/users/{aline.id}")
    aline.refresh()


JOURNEYS = (
    wrong_ids,
    a_refusal_of_the_policy,
    a_grant_taken_for_our_own,
    a_cancel_whose_answer_is_lost,
    a_name_that_a_deleted_group_holds,
    a_user_with_everything,
    a_user_who_was_protected_a_moment_ago,
    a_user_who_is_gone,
)


class Description:
    """Microsoft's description of Graph."""

    def __init__(self) -> None:
        self._description = OpenApi()
        self._paths = {
            path: re.compile(re.sub(r"\\\{.*?\\\}", r"((?!graph\\.|\\$)[^/()]+)", re.escape(path)))
            for path in self._description.paths
        }

    def place(self, sent: Sent) -> str | None:
        """Return the path of the description that a request is for: of those that fit, the most literal one."""
        path = unquote(sent.path.removeprefix("/v1.0"))
        # The description has one cast for each list, and the short form of its name; the service takes every type.
        # https://learn.microsoft.com/graph/api/group-list-members
        path = re.sub(r"/(members|owners)/microsoft\.graph\.servicePrincipal$", r"/\1/graph.user", path)
        path = path.replace("/microsoft.graph.", "/graph.")
        fitting = [(pattern.groups, each) for each, pattern in self._paths.items() if pattern.fullmatch(path)]
        return min(fitting)[1] if fitting else None

    def complaints(self, sent: Sent) -> Iterator[str]:
        """Yield what is not as Microsoft describes it."""
        place = self.place(sent)
        operation = self._description.paths.get(place or "", {}).get(sent.method.lower())
        if operation is None:
            yield "is not described"
            return
        parameters = [self._description.resolve(each) for each in operation.get("parameters", [])]
        options = {each["name"] for each in parameters if each["in"] == "query"}
        for name, value in parse_qsl(sent.target.partition("?")[2]):
            if name not in options:
                yield f"{name} is no query option of it"
            if name == "$select":
                unknown = set(value.split(",")) - set(self._answered(operation))
                yield from (f"{each} cannot be selected" for each in unknown)
        headers = {each["name"].lower() for each in parameters if each["in"] == "header"}
        yield from (
            f"{each} is no header of it" for each in {"prefer", "consistencylevel"} & set(sent.headers) - headers
        )
        yield from self._wrong_in_body(operation, sent.body)

    def _wrong_in_body(self, operation: dict[str, Any], body: Any) -> Iterator[str]:
        if "requestBody" not in operation:
            if body:
                yield f"takes no body, and got {body}"
            return
        content = self._description.resolve(operation["requestBody"])["content"]["application/json"]
        yield from self._description.violations(content["schema"], body)
        yield from self._unknown(content["schema"], body, "$")

    def _unknown(self, schema: dict[str, Any], value: Any, where: str) -> Iterator[str]:
        """Yield the properties that no schema declares: the validator lets them pass."""
        if isinstance(value, dict):
            declared = self._description.properties(schema)
            for name, inner in value.items():
                if name.removesuffix("@odata.bind") not in declared:
                    yield f"{where}.{name} is no property of it"
                elif not name.endswith("@odata.bind"):
                    yield from self._unknown(declared[name], inner, f"{where}.{name}")

    def _answered(self, operation: dict[str, Any]) -> dict[str, Any]:
        """Return the properties of what an operation answers with, or of each element of it."""
        answer = self._description.properties(
            self._description.resolve(operation["responses"]["2XX"])["content"]["application/json"]["schema"]
        )
        return self._description.properties(answer["value"]["items"]) if "value" in answer else answer


@pytest.fixture(scope="module")
def description() -> Description:
    return Description()


@pytest.fixture(scope="module")
def requests() -> list[Sent]:
    """All that the providers send on their ways."""
    sent: list[Sent] = []
    for story in STORIES.values():
        with fresh() as entra:
            resource = story.begin(entra)
            story.act(entra, resource)
            sent += entra.network.sent
    for journey in JOURNEYS:
        with fresh() as entra:
            journey(entra)
            sent += entra.network.sent
    return sent


def test_every_request_is_as_microsoft_describes_it(description: Description, requests: list[Sent]) -> None:
    found = {f"{each.line}: {complaint}" for each in requests for complaint in description.complaints(each)}
    assert sorted(found) == []


def test_every_call_of_the_providers_is_among_the_requests(description: Description, requests: list[Sent]) -> None:
    eligibility = "/roleManagement/directory/roleEligibilitySchedule"
    request = f"{eligibility}Requests/{{unifiedRoleEligibilityScheduleRequest-id}}"
    assert {f"{each.method} {description.place(each)}" for each in requests} == {
        "POST /users",
        "GET /users/{user-id}",
        "PATCH /users/{user-id}",
        "DELETE /users/{user-id}",
        "GET /users/{user-id}/memberOf",
        "POST /groups",
        "GET /groups(uniqueName='{uniqueName}')",
        "PATCH /groups(uniqueName='{uniqueName}')",
        "GET /groups/{group-id}",
        "PATCH /groups/{group-id}",
        "DELETE /groups/{group-id}",
        "GET /groups/{group-id}/members",
        "GET /groups/{group-id}/members/graph.user",
        "DELETE /groups/{group-id}/members/{directoryObject-id}/$ref",
        "GET /groups/{group-id}/owners",
        "GET /groups/{group-id}/owners/graph.user",
        "POST /groups/{group-id}/owners/$ref",
        "DELETE /groups/{group-id}/owners/{directoryObject-id}/$ref",
        "GET /directory/deletedItems/graph.group",
        "GET /directory/deletedItems/{directoryObject-id}",
        "DELETE /directory/deletedItems/{directoryObject-id}",
        f"GET {eligibility}s",
        f"GET {eligibility}Requests",
        f"POST {eligibility}Requests",
        f"GET {request}",
        f"POST {request}/cancel",
        "GET /roleManagement/directory/roleAssignmentSchedules",
        "GET /roleManagement/directory/roleAssignments",
        "GET /roleManagement/directory/roleDefinitions/{unifiedRoleDefinition-id}",
        "GET /policies/roleManagementPolicyAssignments",
    }
