"""Schedules and their instances: what is granted, to whom, over what, until when.

Eligibilities and active assignments are two kinds of one machine. ``requests`` makes and ends schedules; here they are
kept and read. A schedule that has ended is gone, and one that came to its end can be renewed for 30 days.

https://learn.microsoft.com/graph/api/resources/unifiedroleeligibilityschedule
https://learn.microsoft.com/graph/api/resources/unifiedroleassignmentschedule
"""

from __future__ import annotations

import base64
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from entra_emulator.directory import moments
from entra_emulator.directory.objects import ADMINISTRATIVE_UNIT, SERVICE_PRINCIPAL
from entra_emulator.directory.store import Collection, Document
from entra_emulator.directory.tenant import Tenant
from entra_emulator.refusals import Refusal

ROOT_SCOPE = "/"
_UNIT_SCOPE = "/administrativeunits/"
# https://learn.microsoft.com/entra/id-governance/privileged-identity-management/pim-how-to-renew-extend
_RENEWABLE = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Kind:
    """What tells eligibilities and active assignments apart.

    ``name`` is the word in collections and policies; ``schedule_link`` the instance's property that names its schedule.
    """

    name: str
    requests: Collection
    schedules: Collection
    expired: Collection
    schedule_link: str
    instance_suffix: str

    @property
    def end_event(self) -> str:
        """The event of a schedule reaching its end."""
        return f"end of {self.name}"

    @property
    def forget_event(self) -> str:
        """The event of an expired schedule being renewable no longer."""
        return f"end of renewal of {self.name}"


def _kind(name: str, schedule_link: str, instance_suffix: str) -> Kind:
    keys = ("principalId", "roleDefinitionId")
    return Kind(
        name,
        Collection(f"role{name}ScheduleRequests", keys),
        Collection(f"role{name}Schedules", keys),
        Collection(f"expired role{name}Schedules", keys),
        schedule_link,
        instance_suffix,
    )


ELIGIBILITY = _kind("Eligibility", "roleEligibilityScheduleId", "-1-e")
ASSIGNMENT = _kind("Assignment", "roleAssignmentScheduleId", "-1")
KINDS = (ELIGIBILITY, ASSIGNMENT)


@dataclass(frozen=True, slots=True)
class Triple:
    """Who holds which role over what: the key of a schedule."""

    principal_id: str
    role_definition_id: str
    scope_id: str

    @classmethod
    def of(cls, document: Document) -> Triple:
        """Read the key of a request or a schedule."""
        scope = document["directoryScopeId"] or document["appScopeId"]
        return cls(document["principalId"].casefold(), document["roleDefinitionId"].casefold(), scope.casefold())


def is_scope(tenant: Tenant, scope_id: str) -> bool:
    """Tell whether a role can be held over something: the tenant, an administrative unit, an application of it."""
    scope_id = scope_id.casefold()
    if scope_id == ROOT_SCOPE:
        return True
    if scope_id.startswith(_UNIT_SCOPE):
        return tenant.store.get(ADMINISTRATIVE_UNIT.active, scope_id.removeprefix(_UNIT_SCOPE)) is not None
    return tenant.store.get(SERVICE_PRINCIPAL.active, scope_id.removeprefix("/")) is not None


def of_principal(tenant: Tenant, kind: Kind, principal_id: str) -> list[Document]:
    """Read the schedules of a principal."""
    return [schedule for _, schedule in tenant.store.find(kind.schedules, "principalId", principal_id)]


def find(tenant: Tenant, kind: Kind, triple: Triple) -> Document | None:
    """Look up the schedule of a principal, role and scope."""
    held = of_principal(tenant, kind, triple.principal_id)
    return next((schedule for schedule in held if Triple.of(schedule) == triple), None)


def read(tenant: Tenant, kind: Kind, schedule_id: str) -> Document:
    """Read a schedule by its id.

    Raises:
        Refusal: 404 UnknownError, as recorded for a schedule that is gone.
    """
    schedule = tenant.store.get(kind.schedules, schedule_id)
    if schedule is None:
        raise gone()
    return schedule


def gone() -> Refusal:
    """Name the 404 of a schedule or instance that is no more; its message is not on record."""
    return Refusal(404, "UnknownError", "The requested schedule was not found.")


def add(tenant: Tenant, kind: Kind, schedule: Document, end: datetime | None) -> None:
    """Keep a new schedule until its end (UTC; ``None`` for ever)."""
    tenant.store.add(kind.schedules, schedule)
    if end is not None:
        tenant.store.schedule(end, kind.end_event, schedule["id"])


def end(tenant: Tenant, kind: Kind, triple: Triple) -> None:
    """End the schedule of a principal, role and scope now, if there is one."""
    held = find(tenant, kind, triple)
    if held is not None:
        tenant.store.remove(kind.schedules, held["id"])


def end_when_due(tenant: Tenant, kind: Kind, schedule_id: str) -> None:
    """End the schedule whose time has come; one that was removed or replaced before is gone already.

    What was assigned until now can be renewed, what was activated or would have lasted for ever cannot.
    """
    schedule = tenant.store.get(kind.schedules, schedule_id)
    if schedule is None:
        return
    tenant.store.remove(kind.schedules, schedule_id)
    was_for_ever = schedule["scheduleInfo"]["expiration"]["endDateTime"] is None
    if not was_for_ever and schedule.get("assignmentType") != "Activated":
        tenant.store.add(kind.expired, schedule)
        tenant.store.schedule(tenant.now + _RENEWABLE, kind.forget_event, schedule_id)


def is_expired(tenant: Tenant, kind: Kind, triple: Triple) -> bool:
    """Tell whether a schedule of a principal, role and scope came to its end within the last 30 days."""
    found = tenant.store.find(kind.expired, "principalId", triple.principal_id)
    return any(Triple.of(schedule) == triple for _, schedule in found)


def forget_when_due(tenant: Tenant, kind: Kind, schedule_id: str) -> None:
    """Forget an expired schedule."""
    tenant.store.remove(kind.expired, schedule_id)


def drop_principal(tenant: Tenant, principal_id: str) -> None:
    """Forget the schedules of a principal that is gone for good."""
    for kind in KINDS:
        for schedule in of_principal(tenant, kind, principal_id):
            tenant.store.remove(kind.schedules, schedule["id"])


def instance(kind: Kind, schedule: Document) -> Document:
    """Show a running schedule as its instance."""
    window = schedule["scheduleInfo"]
    found = {
        "id": instance_id(kind, Triple.of(schedule)),
        "principalId": schedule["principalId"],
        "roleDefinitionId": schedule["roleDefinitionId"],
        "directoryScopeId": schedule["directoryScopeId"],
        "appScopeId": schedule["appScopeId"],
        "startDateTime": window["startDateTime"],
        "endDateTime": window["expiration"]["endDateTime"],
        "memberType": schedule["memberType"],
        kind.schedule_link: schedule["id"],
    }
    if kind is ASSIGNMENT:
        found |= {
            "assignmentType": schedule["assignmentType"],
            "roleAssignmentOriginId": found["id"],
            "activatedUsing": schedule.get("activatedUsing"),
        }
    return found


def instance_id(kind: Kind, triple: Triple) -> str:
    """Write the id of an instance: role, principal and scope, little-endian, in base64url, and the kind's suffix.

    Decoded from Microsoft's examples.
    """
    parts = [triple.role_definition_id, triple.principal_id]
    if triple.scope_id != ROOT_SCOPE:
        parts.append(triple.scope_id.rpartition("/")[2])
    packed = b"".join(uuid.UUID(part).bytes_le for part in parts)
    return base64.urlsafe_b64encode(packed).decode().rstrip("=") + kind.instance_suffix


def by_instance_id(tenant: Tenant, kind: Kind, key: str) -> Document | None:
    """Look up the schedule of an instance by the instance's id."""
    packed = key.removesuffix(kind.instance_suffix)
    try:
        content = base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4))
        principal_id = str(uuid.UUID(bytes_le=content[16:32]))
    except ValueError:
        return None
    held = of_principal(tenant, kind, principal_id)
    return next((schedule for schedule in held if instance_id(kind, Triple.of(schedule)) == key), None)


def started(schedule: Document) -> datetime:
    """Tell when a schedule began (UTC)."""
    return moments.read(schedule["scheduleInfo"]["startDateTime"])


def assign_directly(tenant: Tenant, principal_id: str, role_id: str, scope_id: str = ROOT_SCOPE) -> Document:
    """Make an active assignment for good that no request made, as ``POST /roleAssignments`` does."""
    schedule = {
        "id": instance_id(ASSIGNMENT, Triple(principal_id, role_id, scope_id)),
        "principalId": principal_id,
        "roleDefinitionId": role_id,
        "directoryScopeId": scope_id,
        "appScopeId": None,
        "createdUsing": None,
        "createdDateTime": moments.write_precise(tenant.now),
        "modifiedDateTime": None,
        "status": "Provisioned",
        "memberType": "Direct",
        "assignmentType": "Assigned",
        "activatedUsing": None,
        "scheduleInfo": {
            "startDateTime": moments.write_precise(tenant.now),
            "recurrence": None,
            "expiration": {"type": "noExpiration", "endDateTime": None, "duration": None},
        },
    }
    tenant.store.add(ASSIGNMENT.schedules, schedule)
    return schedule
