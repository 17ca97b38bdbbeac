"""From what a tenant holds to resources: what each would say in a program, and what is left out and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..graph.client import Document
from ..resources import _window, load_provider
from ..resources._base import GraphProvider
from ..resources._fields import Values, declared
from ..resources._schedules import Grant
from ..roles import role_name
from . import names
from .existing import Existing, Group

_NO_RESOURCE = "active assignments have no resource yet"
_ACTIVATED = "somebody has activated it, and it ends by itself"


@dataclass(frozen=True, slots=True)
class Declaration:
    """A resource: what a program says of it, and what the state holds of it.

    ``said`` are the inputs that differ from their defaults; ``inputs`` and ``outputs`` are the whole of both. ``title``
    is what people call the thing.
    """

    kind: str
    name: str
    id: str
    title: str
    said: Values
    inputs: Values
    outputs: Values


@dataclass(frozen=True, slots=True)
class Left:
    """What is not imported, and why."""

    what: str
    why: str


@dataclass(frozen=True, slots=True)
class Declarations:
    """What is imported, each after what it refers to, and what is left.

    ``titles`` has what people call those that grants and groups name, by id.
    """

    tenant_id: str
    resources: tuple[Declaration, ...]
    left: tuple[Left, ...]
    titles: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Draft:
    """A resource without its name."""

    kind: str
    id: str
    title: str
    wanted_name: str
    inputs: Values
    outputs: Values


def declare(found: Existing) -> Declarations:
    """Make resources of everything that can be one; no I/O."""
    left: list[Left] = []
    drafts = [
        *_kept((_user(each) for each in _by_title(found.users, "userPrincipalName")), left),
        *_kept((_group(each) for each in sorted(found.groups, key=_group_order)), left),
        *_kept((_eligibility(row) for row in _rows(found)), left),
    ]
    called = names.unique({f"{draft.kind} {draft.id}": draft.wanted_name for draft in drafts})
    resources = tuple(_named(draft, called[f"{draft.kind} {draft.id}"], found.tenant_id) for draft in drafts)
    left.extend(_assignment(row) for row in found.assignments)
    return Declarations(found.tenant_id, resources, tuple(left), _titles(found))


def _titles(found: Existing) -> dict[str, str]:
    """Return what people call those that are named by id: a user's own name where it is told, or what is displayed."""
    titles: dict[str, str] = {}
    for group in found.groups:
        titles |= group.owners
        titles |= group.members
    return titles | {_principal_id(row): title for row in _rows(found) if (title := _title(row.get("principal")))}


def _kept(drafts: Iterable[_Draft | Left], left: list[Left]) -> Iterator[_Draft]:
    for draft in drafts:
        if isinstance(draft, Left):
            left.append(draft)
            continue
        problem = _problem(draft)
        if problem:
            left.append(Left(draft.title, problem))
        else:
            yield draft


def _problem(draft: _Draft) -> str:
    """Say why a program could not declare it: the rules of its fields, and those across them; "" when it could."""
    provider = load_provider(draft.kind)
    for name, each in declared(provider.args).items():
        if each.required and name not in draft.inputs:
            return f"it has no {name}, which a {draft.kind} must have"
        problem = each.field.rule(draft.inputs[name]) if name in draft.inputs else None
        if problem:
            return f"its {name} would have to {problem}"
    return next((problem for _, problem in provider.problems(draft.inputs, draft.inputs)), "")


def _named(draft: _Draft, name: str, tenant_id: str) -> Declaration:
    fields = declared(load_provider(draft.kind).args)
    return Declaration(
        kind=draft.kind,
        name=name,
        id=draft.id,
        title=draft.title,
        said={key: value for key, value in draft.inputs.items() if value != fields[key].field.default},
        inputs=draft.inputs,
        outputs={**draft.inputs, **draft.outputs, "tenant_id": tenant_id, "adopted": False},
    )


def _user(document: Document) -> _Draft | Left:
    title = str(document.get("userPrincipalName") or document["id"])
    if document.get("onPremisesSyncEnabled"):
        return Left(f"user {title}", "it is synchronised from on-premises, where it is managed")
    if document.get("userType") == "Guest":
        return Left(f"user {title}", "it is a guest, who is at home in another tenant")
    inputs = _inputs(load_provider("TestUser"), document, {})
    alias = title.partition("@")[0]
    return _Draft("TestUser", str(document["id"]).lower(), f"user {title}", names.slug("user", alias), inputs, {})


def _group(group: Group) -> _Draft | Left:
    document = group.document
    title = str(document.get("displayName") or document["id"])
    if document.get("isAssignableToRole") is not True:
        return Left(f"group {title}", "it is not role-assignable, which cannot be changed after its creation")
    unique_name = document.get("uniqueName")
    own = {
        "owners": sorted(group.owners),
        "members": sorted(group.members),
        **({"unique_name": unique_name} if unique_name else {}),
    }
    inputs = _inputs(load_provider("RoleAssignableGroup"), document, own)
    id_ = str(document["id"]).lower()
    return _Draft("RoleAssignableGroup", id_, f"group {title}", names.slug("group", title), inputs, {})


def _eligibility(row: Document) -> _Draft | Left:
    principal, role = _title(row.get("principal")) or _principal_id(row), _role(row)
    scope = str(row.get("directoryScopeId") or "")
    title = f"{principal}, eligible for {role}{f' at {scope}' if scope != '/' else ''}"
    if row.get("memberType", "Direct") != "Direct":
        return Left(title, "it is inherited: what it comes from is imported by itself")
    if row.get("principal") is None:
        return Left(title, "its principal was deleted, or is hidden from the caller")
    if not scope:
        return Left(title, f"it is for the scope {row.get('appScopeId')} of an application, not of the directory")
    window = _window.shown(row)
    begins = {"start": _window.spelled(window.start)} if row["status"] == "Granted" else {}
    ends = {"permanent": True} if window.end is None else {"end": _window.spelled(window.end)}
    key = {
        "principal_id": _principal_id(row),
        "role_definition_id": str(row["roleDefinitionId"]).lower(),
        "directory_scope_id": scope,
    }
    ids = (
        {"schedule_id": row["id"], "request_id": row.get("createdUsing")}
        if "createdUsing" in row
        else {"schedule_id": row.get("targetScheduleId"), "request_id": row["id"]}
    )
    outputs = {**ids, "status": row["status"], **_window.outputs(window)}
    name = names.slug("eligibility", role, principal.partition("@")[0], scope)
    grant = Grant("Eligibility", key["principal_id"], key["role_definition_id"], key["directory_scope_id"])
    inputs = _inputs(load_provider("RoleEligibility"), {}, {**key, **begins, **ends})
    return _Draft("RoleEligibility", grant.id, title, name, inputs, _set(outputs))


def _assignment(row: Document) -> Left:
    principal = _title(row.get("principal")) or _principal_id(row)
    why = _ACTIVATED if row.get("assignmentType") == "Activated" else _NO_RESOURCE
    return Left(f"{principal}, active in {_role(row)}", why)


def _inputs(provider: GraphProvider, document: Document, own: Values) -> Values:
    """Return the inputs that a document shows, those of one's own, and the defaults of the rest; empty ones not."""
    return provider.inputs_of({**_set(provider.as_inputs(document, set(declared(provider.args)))), **own})


def _set(values: Values) -> Values:
    return {name: value for name, value in values.items() if value not in (None, "")}


def _rows(found: Existing) -> list[Document]:
    """Return one row a grant, in the order of their ids: its schedule, or else its latest request."""
    waiting = sorted(found.waiting, key=lambda row: str(row.get("createdDateTime")))
    rows = {_key(row): row for row in (*waiting, *found.schedules)}
    return [rows[key] for key in sorted(rows)]


def _key(row: Document) -> tuple[str, ...]:
    ids = (row["roleDefinitionId"], row["principalId"], row.get("directoryScopeId"), row.get("appScopeId"))
    return (*(str(each).lower() for each in ids), str(row.get("memberType", "Direct")))


def _principal_id(row: Document) -> str:
    return str(row["principalId"]).lower()


def _role(row: Document) -> str:
    return _title(row.get("roleDefinition")) or role_name(str(row["roleDefinitionId"]))


def _title(document: Any) -> str:
    """Return what people call a user, a group, an application or a role; "" where Graph shows none."""
    if not isinstance(document, dict):
        return ""
    return str(document.get("userPrincipalName") or document.get("displayName") or "")


def _group_order(group: Group) -> tuple[str, str]:
    return str(group.document.get("displayName")).casefold(), str(group.document["id"])


def _by_title(documents: Sequence[Document], name: str) -> list[Document]:
    return sorted(documents, key=lambda each: (str(each.get(name)).casefold(), str(each["id"])))
