"""A tenant's pages: access on a time line, people, groups, roles, requests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from entra_emulator.directory import groups, moments, objects, roles, users
from entra_emulator.directory.objects import GROUP, MEMBERS, OWNERS, USER, ObjectType
from entra_emulator.directory.schedules import ASSIGNMENT, ELIGIBILITY, KINDS, Kind
from entra_emulator.directory.store import Document
from entra_emulator.directory.tenant import Tenant
from entra_emulator.pages import grants, listing, names, rendering, timeline
from entra_emulator.pages.grants import Grant
from entra_emulator.pages.names import Name
from entra_emulator.pages.timeline import Axis, Bar
from entra_emulator.pages.visit import NotFoundError, Visit
from entra_emulator.refusals import Refusal
from entra_emulator.routes.call import Answer

_KINDS = {kind.name.casefold(): kind for kind in KINDS}


@dataclass(frozen=True, slots=True)
class Drawing:
    """A time line: its axis, and each grant with its bar; ``None`` where it lies beyond the axis."""

    axis: Axis
    rows: Sequence[tuple[Grant, Bar | None]]


@dataclass(frozen=True, slots=True)
class Asked:
    """A schedule request in a list."""

    href: str
    kind: str
    action: str
    status: str
    principal: Name
    role: Name
    created: datetime


def access(visit: Visit) -> Answer:
    """GET /_emulator/pages/{tenant}?before=place: who is eligible or active for what."""
    tenant = visit.tenant
    part = grants.newest(tenant, visit.place("before"))
    return _page(visit, "access.html", "access", drawing=_draw(tenant.now, part.items), next_place=part.next_place)


def people(visit: Visit) -> Answer:
    """GET /_emulator/pages/{tenant}/people?search=text&after=name&place=place."""
    return _objects(visit, USER, "people.html", "people")


def person(visit: Visit) -> Answer:
    """GET /_emulator/pages/{tenant}/people/{id}."""
    tenant = visit.tenant
    user = _found(users.read, tenant, visit.parameters["id"])
    return _page(
        visit,
        "person.html",
        "people",
        user=user,
        created=moments.read(user["createdDateTime"]),
        groups=[names.of_object(tenant, GROUP, group) for group in objects.groups_of(tenant, user["id"])],
        drawing=_draw(tenant.now, grants.of_principal(tenant, user["id"])),
    )


def group_list(visit: Visit) -> Answer:
    """GET /_emulator/pages/{tenant}/groups?search=text&after=name&place=place."""
    return _objects(visit, GROUP, "groups.html", "groups")


def group(visit: Visit) -> Answer:
    """GET /_emulator/pages/{tenant}/groups/{id}?skip=number: members are listed in the order of their ids."""
    tenant = visit.tenant
    document = _found(groups.read, tenant, visit.parameters["id"])
    owners, members = (tenant.store.targets(relation, document["id"]) for relation in (OWNERS, MEMBERS))
    part = listing.numbered(members, visit.place("skip") or 0)
    return _page(
        visit,
        "group.html",
        "groups",
        group=document,
        owners=[names.principal(tenant, owner) for owner in owners],
        members=[names.principal(tenant, member) for member in part.items],
        member_count=len(members),
        next_place=part.next_place,
        drawing=_draw(tenant.now, grants.of_principal(tenant, document["id"])),
    )


def role_list(visit: Visit) -> Answer:
    """GET /_emulator/pages/{tenant}/roles: the roles that are held first, then by name."""
    tenant = visit.tenant
    held = {kind: Counter(row["roleDefinitionId"] for _, row in tenant.store.scan(kind.schedules)) for kind in KINDS}
    rows = [
        (
            names.role(tenant, role["id"]),
            role["description"],
            held[ELIGIBILITY][role["id"]],
            held[ASSIGNMENT][role["id"]],
        )
        for _, role in roles.every(tenant)
    ]
    rows.sort(key=lambda row: (not (row[2] or row[3]), row[0].text.casefold(), row[0].href))
    return _page(visit, "roles.html", "roles", rows=rows)


def role(visit: Visit) -> Answer:
    """GET /_emulator/pages/{tenant}/roles/{id}."""
    tenant = visit.tenant
    document = _found(roles.read, tenant, visit.parameters["id"])
    drawing = _draw(tenant.now, grants.of_role(tenant, document["id"]))
    return _page(visit, "role.html", "roles", role=document, drawing=drawing)


def request_list(visit: Visit) -> Answer:
    """GET /_emulator/pages/{tenant}/requests?before=place: newest first, both kinds together."""
    tenant = visit.tenant
    part = listing.newest(tenant, [(kind, kind.requests) for kind in KINDS], visit.place("before"))
    rows = [_asked(tenant, kind, request) for kind, request in part.items]
    return _page(visit, "requests.html", "requests", rows=rows, next_place=part.next_place)


def request(visit: Visit) -> Answer:
    """GET /_emulator/pages/{tenant}/requests/{kind}/{id}."""
    tenant = visit.tenant
    kind = _KINDS.get(visit.parameters["kind"])
    document = tenant.store.get(kind.requests, visit.parameters["id"]) if kind else None
    if kind is None or document is None:
        raise NotFoundError(f"There is no request {visit.parameters['id']}.")
    window = grants.window(document["scheduleInfo"]) if document["scheduleInfo"] else None
    return _page(
        visit,
        "request.html",
        "requests",
        asked=_asked(tenant, kind, document),
        scope=names.scope(tenant, document["directoryScopeId"] or document["appScopeId"]),
        asker=names.principal(tenant, document["createdBy"]["user"]["id"]),
        window=window,
        request=document,
    )


def _page(visit: Visit, template: str, section: str, **facts: Any) -> Answer:
    return rendering.page(visit, template, section=section, tenant=names.tenant_name(visit.tenant), **facts)


def _objects(visit: Visit, object_type: ObjectType, template: str, section: str) -> Answer:
    """List people or groups by name, those with the text that is searched for."""
    tenant, text = visit.tenant, visit.query.get("search", "").strip()
    part = listing.by_name(tenant, object_type, text, (visit.query.get("after", ""), visit.place("place") or 0))
    total = tenant.store.count(object_type.active)
    return _page(visit, template, section, part=part, search=text, total=total)


def _found(read: Callable[[Tenant, str], Document], tenant: Tenant, key: str) -> Document:
    try:
        return read(tenant, key)
    except Refusal as refusal:
        raise NotFoundError(f"There is no {key} in this tenant.") from refusal


def _draw(now: datetime, drawn: Sequence[Grant]) -> Drawing:
    axis = timeline.axis(now, [moment for grant in drawn for moment in (grant.start, grant.end)])
    return Drawing(axis, [(grant, timeline.bar(axis, grant.start, grant.end)) for grant in drawn])


def _asked(tenant: Tenant, kind: Kind, document: Document) -> Asked:
    return Asked(
        names.href(tenant, "requests", kind.name.casefold(), document["id"]),
        kind.name,
        document["action"],
        document["status"],
        names.principal(tenant, document["principalId"]),
        names.role(tenant, document["roleDefinitionId"]),
        moments.read(document["createdDateTime"]),
    )
