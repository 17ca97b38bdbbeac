"""/roleManagement/directory: schedule requests, schedules and instances, alike for both kinds.

https://learn.microsoft.com/graph/api/resources/privilegedidentitymanagementv3-overview
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from entra_emulator.directory import admission, approvals, objects, requests, roles, schedules
from entra_emulator.directory.schedules import ASSIGNMENT, ELIGIBILITY, Kind
from entra_emulator.directory.store import Document
from entra_emulator.directory.tenant import Tenant
from entra_emulator.odata import EntityType, Expansion, Options
from entra_emulator.permissions import OWN_REQUEST, REQUEST
from entra_emulator.refusals import not_emulated
from entra_emulator.routes.call import NO_CONTENT, Answer, Call
from entra_emulator.routes.entities import Source, count, listed, many, one, stored
from entra_emulator.routes.object_types import typed
from entra_emulator.routes.role_definitions import ROLE_DEFINITION_TYPE

Operation = Callable[[Call], Answer]
_ROOT = "roleManagement/directory/"
_KEY = ("id", "principalId", "roleDefinitionId", "directoryScopeId", "appScopeId")


def expand_principal(tenant: Tenant, document: Document, options: Options) -> Document | None:
    """Show the principal of a request, schedule, instance or assignment."""
    found = objects.find(tenant, document["principalId"])
    return typed(tenant, found, options) if found else None


def expand_role_definition(tenant: Tenant, document: Document, options: Options) -> Document | None:
    """Show the role."""
    role = roles.find(tenant, document["roleDefinitionId"])
    return ROLE_DEFINITION_TYPE.show(tenant, role, options) if role else None


def expand_directory_scope(tenant: Tenant, document: Document, _options: Options) -> Document | None:
    """Show the scope: the tenant is ``{"id": "/"}``."""
    scope = document["directoryScopeId"]
    if scope in (None, schedules.ROOT_SCOPE):
        return {"id": scope} if scope else None
    found = objects.find(tenant, scope.rpartition("/")[2])
    return typed(tenant, found) if found else None


def _nothing(_tenant: Tenant, _document: Document, _options: Options) -> None:
    """Show no appScope: app scopes are not objects of the directory."""


SUBJECT_EXPANSIONS: dict[str, Expansion] = {
    "principal": expand_principal,
    "roleDefinition": expand_role_definition,
    "directoryScope": expand_directory_scope,
    "appScope": _nothing,
}


def _types(kind: Kind) -> tuple[EntityType, EntityType, EntityType]:
    """Declare how requests, schedules and instances of a kind are shown, in Microsoft's order of properties."""
    is_assignment = kind is ASSIGNMENT
    activated: dict[str, Expansion] = {"activatedUsing": _expand_activated_using} if is_assignment else {}
    request = (
        "id", "status", "createdDateTime", "completedDateTime", "approvalId", "customData", "action", "principalId",
        "roleDefinitionId", "directoryScopeId", "appScopeId", "isValidationOnly", "targetScheduleId", "justification",
        "createdBy", "scheduleInfo", "ticketInfo",
    )  # fmt: skip
    assignment_type = ("assignmentType",) if is_assignment else ()
    schedule = (
        *_KEY, "createdUsing", "createdDateTime", "modifiedDateTime", "status", *assignment_type, "memberType",
        "scheduleInfo",
    )  # fmt: skip
    origin = ("roleAssignmentOriginId",) if is_assignment else ()
    instance = (*_KEY, "startDateTime", "endDateTime", *assignment_type, "memberType", *origin, kind.schedule_link)
    return (
        _type(f"unifiedRole{kind.name}ScheduleRequest", request, ("status", "targetScheduleId", "action"),
              {**activated, "targetSchedule": _expand_target(kind)}),
        _type(f"unifiedRole{kind.name}Schedule", schedule, ("status", "createdUsing", "memberType", *assignment_type),
              activated),
        _type(f"unifiedRole{kind.name}ScheduleInstance", instance,
              ("startDateTime", "endDateTime", "memberType", *assignment_type, kind.schedule_link), activated),
    )  # fmt: skip


def _type(name: str, properties: tuple[str, ...], filterable: tuple[str, ...], own: dict[str, Expansion]) -> EntityType:
    return EntityType(
        name, properties, frozenset(properties), frozenset({*_KEY, *filterable}), {**SUBJECT_EXPANSIONS, **own}
    )


def _expand_target(kind: Kind) -> Expansion:
    def expand(tenant: Tenant, document: Document, options: Options) -> Document | None:
        schedule = tenant.store.get(kind.schedules, document["targetScheduleId"] or "")
        return _TYPES[kind.name][1].show(tenant, schedule, options) if schedule else None

    return expand


def _expand_activated_using(tenant: Tenant, document: Document, options: Options) -> Document | None:
    schedule = tenant.store.get(ELIGIBILITY.schedules, document.get("activatedUsing") or "")
    return _TYPES[ELIGIBILITY.name][1].show(tenant, schedule, options) if schedule else None


_TYPES = {kind.name: _types(kind) for kind in schedules.KINDS}


class Operations:
    """The calls of one kind's three collections."""

    def __init__(self, kind: Kind) -> None:
        """Answer for eligibilities or for active assignments."""
        self._kind = kind
        self._request_type, self._schedule_type, self._instance_type = _TYPES[kind.name]
        self._requests = _ROOT + kind.requests.name
        self._schedules = _ROOT + kind.schedules.name
        self._instances = f"{_ROOT}role{kind.name}ScheduleInstances"

    def submit(self, call: Call) -> Answer:
        """POST …ScheduleRequests; a person needs no role for what is about themselves."""
        body = call.body
        self._admit_writer(call, str(body.get("action")).casefold())
        request = requests.submit(call.tenant, self._kind, call.caller, body, call.switches)
        if self._answers_gone(call, request):
            return call.refusal(admission.does_not_exist())
        return one(call, self._request_type, request, self._requests, status=201)

    def cancel(self, call: Call) -> Answer:
        """POST …ScheduleRequests/{id}/cancel; a person may cancel their own."""
        request = requests.read(call.tenant, self._kind, call.parameters["id"])
        is_own = request["createdBy"]["user"]["id"] == call.caller.object_id
        (OWN_REQUEST if is_own else REQUEST)[self._kind.name].admit(call.tenant, call.caller)
        requests.cancel(call.tenant, self._kind, request)
        return NO_CONTENT

    def read_requests(self, call: Call) -> Answer:
        """GET …ScheduleRequests."""
        return many(call, self._request_type, stored(call, self._kind.requests), self._requests)

    def read_request(self, call: Call) -> Answer:
        """GET …ScheduleRequests/{id}."""
        request = requests.read(call.tenant, self._kind, call.parameters["id"])
        return one(call, self._request_type, request, self._requests)

    def count_requests(self, call: Call) -> Answer:
        """GET …ScheduleRequests/$count."""
        return count(call, self._request_type, stored(call, self._kind.requests))

    def own_requests(self, call: Call) -> Answer:
        """GET …ScheduleRequests/filterByCurrentUser(on='principal' or 'approver')."""
        source = stored(call, self._kind.requests)
        found = self._to_decide(call) if call.parameters["on"] == "approver" else self._own(call, source)
        return many(call, self._request_type, found, self._requests)

    def read_schedules(self, call: Call) -> Answer:
        """GET …Schedules."""
        return many(call, self._schedule_type, stored(call, self._kind.schedules), self._schedules)

    def read_schedule(self, call: Call) -> Answer:
        """GET …Schedules/{id}."""
        schedule = schedules.read(call.tenant, self._kind, call.parameters["id"])
        return one(call, self._schedule_type, schedule, self._schedules)

    def count_schedules(self, call: Call) -> Answer:
        """GET …Schedules/$count."""
        return count(call, self._schedule_type, stored(call, self._kind.schedules))

    def own_schedules(self, call: Call) -> Answer:
        """GET …Schedules/filterByCurrentUser(on='principal'): not what the caller holds through a group."""
        found = self._own(call, stored(call, self._kind.schedules))
        return many(call, self._schedule_type, found, self._schedules)

    def read_instances(self, call: Call) -> Answer:
        """GET …ScheduleInstances."""
        return many(call, self._instance_type, self._running(call), self._instances)

    def read_instance(self, call: Call) -> Answer:
        """GET …ScheduleInstances/{id}."""
        schedule = schedules.by_instance_id(call.tenant, self._kind, call.parameters["id"])
        if schedule is None:
            raise schedules.gone()
        return one(call, self._instance_type, schedules.instance(self._kind, schedule), self._instances)

    def count_instances(self, call: Call) -> Answer:
        """GET …ScheduleInstances/$count."""
        return count(call, self._instance_type, self._running(call))

    def own_instances(self, call: Call) -> Answer:
        """GET …ScheduleInstances/filterByCurrentUser(on='principal')."""
        return many(call, self._instance_type, self._own(call, self._running(call)), self._instances)

    def _answers_gone(self, call: Call, request: Document) -> bool:
        is_removal = request["action"] == "adminRemove" and not request["isValidationOnly"]
        return call.switches.removal_answers_gone and self._kind is ASSIGNMENT and is_removal

    def _running(self, call: Call) -> Source:
        source = stored(call, self._kind.schedules)

        def shown(found: Iterator[tuple[int, Document]]) -> Iterator[tuple[int, Document]]:
            return ((place, schedules.instance(self._kind, schedule)) for place, schedule in found)

        return Source(
            lambda after: shown(source.scan(after)),
            lambda key, value: shown(source.find(key, value)),
            ("principalId", "roleDefinitionId"),
        )

    def _own(self, call: Call, source: Source) -> Source:
        """Keep what is about the caller; an app is answered alike, by its service principal (inferred)."""
        if call.parameters["on"] != "principal":
            raise not_emulated(f"filterByCurrentUser(on='{call.parameters['on']}')")
        return listed([document for _, document in source.find("principalId", call.caller.object_id)])

    def _to_decide(self, call: Call) -> Source:
        """Keep what waits for the caller's decision.

        https://learn.microsoft.com/entra/id-governance/privileged-identity-management/pim-approval-workflow
        """
        requests_of_all = (request for _, request in call.tenant.store.scan(self._kind.requests))
        return listed(
            request for request in requests_of_all if approvals.may_decide(call.tenant, request, call.caller.object_id)
        )

    def _admit_writer(self, call: Call, action: str) -> None:
        """Ask for a permission, and of a person for a role; to remove, a lesser permission will do.

        https://learn.microsoft.com/graph/api/rbacapplication-post-roleeligibilityschedulerequests#permissions
        """
        if (
            action == "adminremove"
            and call.caller.is_app
            and call.caller.may(f"Role{self._kind.name}Schedule.Remove.Directory")
        ):
            return
        is_own = action.startswith("self")
        (OWN_REQUEST if is_own else REQUEST)[self._kind.name].admit(call.tenant, call.caller)


ELIGIBILITIES = Operations(ELIGIBILITY)
ASSIGNMENTS = Operations(ASSIGNMENT)
