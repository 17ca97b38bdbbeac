"""What must hold after a run: the directory against the program, and everything once."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from .machine_directory import Granted, Picture
from .machine_engine import Declared, Program, State
from .machine_windows import Span, Windows

_LONGEST_LINE = 2_000
_ROUNDING = timedelta(seconds=2)
_PROPERTIES = {
    "TestUser": {
        "user_principal_name": "userPrincipalName",
        "display_name": "displayName",
        "mail_nickname": "mailNickname",
        "job_title": "jobTitle",
    },
    "RoleAssignableGroup": {
        "display_name": "displayName",
        "mail_nickname": "mailNickname",
        "description": "description",
    },
}


class Broken(AssertionError):
    """A rule does not hold."""


def expect_as_declared(program: Program, state: State, picture: Picture, windows: Windows) -> None:
    """Compare the directory with what the program says, resource by resource."""
    for name, declared in program.items():
        if declared.kind == "RoleEligibility":
            _expect_grant(name, declared, state, picture, windows)
        else:
            _expect_object(name, declared, state, picture)


def expect_nothing_missing(ours: set[str], state: State, picture: Picture) -> None:
    """Want what was made by runs of ours, and is there, in the state."""
    orphans = (ours & picture.things.keys()) - ids(state)
    if orphans:
        raise Broken(f"made by us and in no state: {[picture.things[each] for each in orphans]}")


def expect_nothing_twice(ours: set[str], picture: Picture) -> None:
    """Want each user, group and grant that was made by runs of ours once."""
    seen: dict[tuple[str, str], dict[str, Any]] = {}
    for kind, things in (("user", picture.users), ("group", picture.groups)):
        for id_ in ours & things.keys():
            key = kind, str(things[id_]["mailNickname"])
            if key in seen:
                raise Broken(f"there are two: {things[id_]} and {seen[key]}")
            seen[key] = things[id_]
    for grant, requests in picture.waiting.items():
        if len(requests) > 1:
            raise Broken(f"{grant} waits twice: {requests}")


def expect_one_clean_line(reason: str, secrets: Iterable[str]) -> None:
    """Want a failure told in one line that gives nothing away."""
    if not reason or "\n" in reason or len(reason) > _LONGEST_LINE:
        raise Broken(f"this is not one line: {reason!r}")
    if any(secret in reason for secret in secrets):
        raise Broken(f"a secret is in {reason!r}")


def ids(state: State) -> set[str]:
    """Return the ids that a state holds."""
    return {row.id for row in state.values()}


def grant_key(declared: Declared, state: State) -> str:
    """Return the id of a grant as its declaration has it: scope|role|principal."""
    inputs = declared.inputs
    principal = state.get(inputs["principal_id"].name)
    scope = inputs.get("directory_scope_id", "/")
    return f"{scope}|{inputs['role_definition_id']}|{principal.id if principal else ''}"


def _expect_object(name: str, declared: Declared, state: State, picture: Picture) -> None:
    row = state[name]
    found = (picture.users if declared.kind == "TestUser" else picture.groups).get(row.id)
    if found is None:
        raise Broken(f"{name} ({row.id}) is not in the directory")
    wanted = _asked(declared, adopted=bool(row.outputs.get("adopted")))
    for relationship in ("owners", "members"):
        if relationship in declared.inputs:
            wanted[relationship] = {state[each.name].id for each in declared.inputs[relationship]}
    wrong = {key: (found.get(key), value) for key, value in wanted.items() if found.get(key) != value}
    if wrong:
        raise Broken(f"{name} is not as declared (found, wanted): {wrong}")


def _asked(declared: Declared, *, adopted: bool) -> dict[str, Any]:
    """Return the properties that a declaration asks for; one not given is empty, or as an adopted object had it."""
    inputs = declared.inputs
    properties = _PROPERTIES[declared.kind].items()
    wanted = {graph: inputs.get(name) for name, graph in properties if name in inputs or not adopted}
    if declared.kind == "TestUser":
        return {**wanted, "accountEnabled": inputs.get("account_enabled", True)}
    return {**wanted, "isAssignableToRole": True}


def _expect_grant(name: str, declared: Declared, state: State, picture: Picture, windows: Windows) -> None:
    key, now = grant_key(declared, state), picture.at
    if state[name].id != key:
        raise Broken(f"{name} is {state[name].id} in the state, not {key}")
    waiting = picture.waiting.get(key, [])
    found = [*waiting, *([picture.schedules[key]] if key in picture.schedules else [])]
    ends, begun = windows.ends(name, declared), windows.begun[name]
    if ends is not None and ends.latest <= now:
        if found:
            raise Broken(f"{name} has ended at {ends.latest}, and is there: {found}")
        return
    if ends is not None and ends.earliest <= now:
        return
    if len(found) != 1:
        raise Broken(f"{name} should be there once, from {begun} to {ends}: {found}")
    [grant] = found
    if (begun.earliest > now and not waiting) or (begun.latest <= now and waiting):
        raise Broken(f"{name} starts at {begun}, it is {now}, and there is {found}")
    if not _within(grant, ends):
        raise Broken(f"{name} ends at {grant.end}, not {ends}")


def _within(grant: Granted, ends: Span | None) -> bool:
    if ends is None or grant.end is None:
        return ends is None and grant.end is None
    return ends.earliest - _ROUNDING <= grant.end <= ends.latest + _ROUNDING
