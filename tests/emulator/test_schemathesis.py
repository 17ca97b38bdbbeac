"""Every operation of Microsoft's description, called as the description allows: schemathesis makes the requests."""

import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import unquote, urlsplit

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings

from entra_emulator import Emulator
from entra_emulator.routes.table import GRAPH
from tests.contract.openapi import FILE
from tests.emulator.contract import Contract
from tests.emulator.graph import EVERYTHING, ROLES, USER_ADMINISTRATOR, bind, group_body, request_body, user_body

SEED = Emulator.contoso
# What is deleted can no longer be read.
ORDER = ("get", "post", "patch", "delete")
PARAMETER = re.compile(r"\{[^}]*\}")
NOT_WITHOUT_A_FILTER = {
    "GET /policies/roleManagementPolicies",
    "GET /policies/roleManagementPolicies/$count",
    "GET /policies/roleManagementPolicyAssignments",
    "GET /policies/roleManagementPolicyAssignments/$count",
}
# Recorded: the answer to a rule's change that names another rule's type.
GRAPHS_OWN_FAILURE = {"code": "", "message": "An error has occurred.", "innerError": None}


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[str, str]]:
    """Serve a directory with something of everything in it; give its address and a Global Administrator's token."""
    with Emulator() as emulator, emulator.serve(http_port=0) as doors:
        assert doors.http_url is not None
        yield f"{doors.http_url}/v1.0", emulator.token(user=SEED.administrator_id, permissions=EVERYTHING)


@pytest.fixture(scope="module")
def known(served: tuple[str, str]) -> dict[str, str]:
    """Ids that lead somewhere, by the names that the description gives to the parameters of its paths."""
    url, token = served
    with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, trust_env=False) as graph:

        def made(path: str, body: object) -> str:
            return str(graph.post(path, json=body).raise_for_status().json()["id"])

        def listed(path: str) -> str:
            return str(graph.get(path).raise_for_status().json()["value"][0]["id"])

        user = made("/users", user_body())
        deleted = made("/users", user_body("gone"))
        graph.delete(f"/users/{deleted}").raise_for_status()
        group = made("/groups", group_body(**{"members@odata.bind": bind(user), "uniqueName": "helpdesk"}))
        eligibility = made(f"{ROLES}/roleEligibilityScheduleRequests", request_body(group, duration="P1D"))
        assignment = made(f"{ROLES}/roleAssignmentScheduleRequests", request_body(user, duration="PT5H"))
        of_directory = "?$filter=scopeId eq '/' and scopeType eq 'Directory'"
        return {
            "user-id": user,
            "userPrincipalName": "AlineD@contoso.com",
            "group-id": group,
            "uniqueName": "helpdesk",
            "directoryObject-id": user,
            "deleted directoryObject-id": deleted,
            "administrativeUnit-id": made("/directory/administrativeUnits", {"displayName": "Seattle"}),
            "organization-id": SEED.tenant_id,
            "domain-id": SEED.domain,
            "subscribedSku-id": listed("/subscribedSkus"),
            "servicePrincipal-id": SEED.service_principal_id,
            "appId": SEED.client_id,
            "unifiedRoleDefinition-id": USER_ADMINISTRATOR,
            "unifiedRoleAssignment-id": listed(f"{ROLES}/roleAssignments?$filter=principalId eq '{user}'"),
            "unifiedRoleEligibilityScheduleRequest-id": eligibility,
            "unifiedRoleEligibilitySchedule-id": listed(f"{ROLES}/roleEligibilitySchedules"),
            "unifiedRoleEligibilityScheduleInstance-id": listed(f"{ROLES}/roleEligibilityScheduleInstances"),
            "unifiedRoleAssignmentScheduleRequest-id": assignment,
            "unifiedRoleAssignmentSchedule-id": listed(f"{ROLES}/roleAssignmentSchedules"),
            "unifiedRoleAssignmentScheduleInstance-id": listed(f"{ROLES}/roleAssignmentScheduleInstances"),
            "unifiedRoleManagementPolicy-id": listed(f"/policies/roleManagementPolicies{of_directory}"),
            "unifiedRoleManagementPolicyRule-id": "Approval_EndUser_Assignment",
            "unifiedRoleManagementPolicyAssignment-id": listed(
                f"/policies/roleManagementPolicyAssignments{of_directory}"
            ),
            "on": "principal",
        }


def test_every_operation_is_answered_as_described_or_says_that_it_is_not_emulated(
    served: tuple[str, str], known: dict[str, str], contract: Contract, subtests: pytest.Subtests
) -> None:
    url, token = served
    headers = {"Authorization": f"Bearer {token}", "ConsistencyLevel": "eventual"}
    operations = [found.ok() for found in schemathesis.openapi.from_path(FILE).get_all_operations()]
    answered: set[str] = set()
    with requests.Session() as session:
        session.trust_env = False

        def call(case: schemathesis.Case) -> None:
            response = case.call(base_url=url, session=session, headers=headers)
            if response.status_code < 300:
                answered.add(f"{case.method} {case.operation.path}")
            path = unquote(urlsplit(response.request.url).path).removeprefix("/v1.0")
            answer = response.json() if response.content.startswith(b"{") else None
            if response.status_code == 501:
                assert answer["error"]["code"] == "EmulatorNotImplemented"
            elif response.status_code == 500:
                assert answer["error"] | {"innerError": None} == GRAPHS_OWN_FAILURE
            if answer is not None:
                assert contract.complaints(case.method, path, response.status_code, answer) == []

        for operation in sorted(operations, key=lambda each: ORDER.index(each.method)):
            with subtests.test(operation.label):
                examples(operation, known, call)
    emulated = {PARAMETER.sub("{}", f"{route.method} {route.path}") for route in GRAPH if route.method == "GET"}
    reads = {f"GET {each.path}" for each in operations if PARAMETER.sub("{}", f"GET {each.path}") in emulated}
    assert reads - answered == NOT_WITHOUT_A_FILTER


def examples(operation: Any, known: dict[str, str], call: Callable[[schemathesis.Case], None]) -> None:
    """Call an operation in some ways: as made, then where something is, then without what could be refused."""
    in_the_bin = (
        {"directoryObject-id": known["deleted directoryObject-id"]} if "/deletedItems/" in operation.path else {}
    )
    ids = known | in_the_bin

    @settings(
        max_examples=4, deadline=None, derandomize=True, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy())
    def run(case: schemathesis.Case) -> None:
        call(case)
        case.path_parameters = {name: ids.get(name, value) for name, value in case.path_parameters.items()}
        call(case)
        case.query = {}
        call(case)

    run()
