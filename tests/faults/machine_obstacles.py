"""What may rightly keep a run from succeeding, and whether it is there."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from .machine_directory import Picture
from .machine_engine import Failed, Program, State
from .machine_programs import unique_name_of
from .machine_rules import grant_key
from .machine_windows import Windows


@dataclass(frozen=True)
class Scene:
    """What there is when a run fails; ``ours`` are the things that runs of the stack have made."""

    program: Program
    state: State
    picture: Picture
    windows: Windows
    ours: set[str]


def is_there(failure: Failed, scene: Scene) -> bool:
    """Say whether the obstacle that a failure tells of is real."""
    return any(re.search(said, failure.reason) and is_real(failure.name, scene) for said, is_real in _OBSTACLES.items())


def is_taken(name: str, scene: Scene) -> bool:
    """Say whether somebody else has the key: a name, or a grant of the same role to the same principal."""
    declared = scene.program[name]
    holder: str | None
    if declared.kind == "RoleEligibility":
        holder = grant_key(declared, scene.state)
    elif declared.kind == "TestUser":
        holder = _holder(scene.picture.users, "userPrincipalName", declared.inputs["user_principal_name"])
    else:
        holder = _holder(scene.picture.groups, "uniqueName", unique_name_of(name, declared))
    return holder in scene.picture.things and holder not in scene.ours


def _has_ended(name: str, scene: Scene) -> bool:
    declared = scene.program[name]
    return declared.kind == "RoleEligibility" and scene.windows.may_be_over(name, declared, scene.picture.at)


def _is_held(name: str, scene: Scene) -> bool:
    """Say whether a deleted group, which can still be restored, keeps the unique name."""
    unique_name = unique_name_of(name, scene.program[name])
    return _holder(scene.picture.deleted_groups, "uniqueName", unique_name) is not None


def _is_in_use(name: str, scene: Scene) -> bool:
    """Say whether a group holds roles that are not this stack's."""
    held = {key for key, grant in scene.picture.schedules.items() if grant.principal_id == scene.state[name].id}
    return bool(held - scene.ours)


_OBSTACLES: dict[str, Callable[[str, Scene], bool]] = {
    r"exists already|already exists|is eligible for .* already": is_taken,
    r"must end in the future|which is past": _has_ended,
    r"is held by the deleted group": _is_held,
    r"does not manage all that it holds": _is_in_use,
}


def _holder(things: dict[str, dict[str, object]], key: str, value: str) -> str | None:
    return next((id_ for id_, found in things.items() if str(found.get(key)).lower() == value.lower()), None)
