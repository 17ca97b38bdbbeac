"""What a reviewer has to know of single resources besides who gains and who loses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from .declared import AnyResource, Eligibility, Group, User
from .model import Flag, FlagKind
from .principals import label
from .reading import Preview, Step

_KINDS = {User: "user", Group: "group", Eligibility: "eligibility"}
_SWITCHES: dict[FlagKind, str] = {
    "force_destroy": "is deleted even while grants that this stack does not manage name it (force_destroy)",
    "purge_on_destroy": "is purged when it is deleted, and cannot be restored then (purge_on_destroy)",
}
_ADOPTS = "takes over what exists already, whoever made it (adopt_existing)"


def of(preview: Preview) -> tuple[Flag, ...]:
    """Return what there is to know of every step, in the order of the resources."""
    found = [flag for step in preview.steps for flag in _of_step(step)]
    return tuple(sorted(found, key=lambda flag: (flag.level, flag.subject, flag.kind, flag.text)))


def _of_step(step: Step) -> Iterator[Flag]:
    resource = step.resource
    what = f"{_KINDS[type(resource)]} {_called(resource)}"

    def flag(kind: FlagKind, level: Literal["danger", "note"], text: str) -> Flag:
        return Flag(kind, level, resource.urn, resource.name, f"{what} {text}")

    if step.op == "replace":
        yield _replacement(step, flag("replacement", "note", "is replaced: it is withdrawn and given anew"))
    if step.op == "import":
        yield flag("import", "note", "is there already and comes into this stack (import)")
    if "adopt_existing" in step.switches:
        yield flag("adopt_existing", "danger" if step.op == "create" else "note", _ADOPTS)
    for switch, text in _SWITCHES.items():
        if switch in step.switches:
            yield flag(switch, "danger", text)
    if step.released:
        yield flag("retained", "danger", "stays in the tenant, managed by nobody: this stack only lets go of it")
    if step.op == "delete" and resource.protect:
        yield flag("protected", "note", "is protected: the engine refuses to delete it")
    if step.ignored:
        yield flag("ignore_changes", "note", f"stays as it is in {', '.join(step.ignored)} (ignore_changes)")
    if step.before is not None and step.after is not None and step.before.urn != step.after.urn:
        yield flag("rename", "note", f"was called {step.before.name!r} (alias)")
    if step.op == "update":
        yield from _of_update(step, what)
    if isinstance(step.after, Group):
        yield from _unmanaged(step, step.after, what)


def _replacement(step: Step, otherwise: Flag) -> Flag:
    urn, name = otherwise.subject, otherwise.name
    if isinstance(step.resource, Group):
        text = (
            f"group {_called(step.resource)} is replaced: everybody in it loses every role that it gives, and gets"
            " again what this stack gives to the new one; what others gave it is lost with its object id"
        )
        return Flag("replacement", "danger", urn, name, text)
    if isinstance(step.resource, User):
        text = f"user {_called(step.resource)} is replaced by one with a new object id and a new password"
        return Flag("replacement", "danger", urn, name, text)
    return otherwise


def _of_update(step: Step, what: str) -> Iterator[Flag]:
    urn, name = step.resource.urn, step.resource.name
    if "password" in step.changed:
        text = f"{what} gets another password: whoever set it can sign in as them"
        yield Flag("password", "danger", urn, name, text)
    if isinstance(step.before, User) and isinstance(step.after, User):
        was, will = step.before.account_enabled, step.after.account_enabled
        if was != will and will is not False:
            yield Flag("account", "danger", urn, name, f"{what} can sign in again (account_enabled)")
        elif was != will:
            yield Flag("account", "note", urn, name, f"{what} can no longer sign in (account_enabled)")


def _unmanaged(step: Step, group: Group, what: str) -> Iterator[Flag]:
    """Tell of owners and members that the program does not give: somebody else decides on them."""
    for relationship in ("owners", "members"):
        if relationship not in step.given:
            text = f"{what}: its {relationship} are not managed by this stack"
            yield Flag("unmanaged", "note", group.urn, group.name, text)


def _called(resource: AnyResource) -> str:
    return repr(label(resource))
