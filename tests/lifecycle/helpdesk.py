"""The helpdesk's way up, through an edit and down again: every write of it, and what each stage leaves behind."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from entra_emulator import Emulator
from tests.lifecycle.directory import (
    ELIGIBILITY_REQUESTS,
    ELIGIBILITY_SCHEDULES,
    USER,
    Directory,
    Document,
    graph_calls,
)
from tests.lifecycle.programs import ADMINISTRATOR, HELPDESK
from tests.lifecycle.stack import Stack

STAGES = {"up": "up", "edit": "up", "destroy": "destroy"}
"""The stages, and the command of each."""

_EDITS = {
    'department="Support"': 'department="Sales"',
    'description="First line"': 'description="Second line"',
    "members=[aline.id]": f'members=[aline.id, "{ADMINISTRATOR}"]',
    'duration="P30D"': 'duration="P60D"',
}
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NAME = re.compile(r"(?<=uniqueName=).+(?=\))")
_OPEN = re.compile(r"\\{\w+\\}")
_GROUP = "id,displayName,description,mailNickname,uniqueName,isAssignableToRole,visibility"


@dataclass(frozen=True)
class Write:
    """A write of a stage for a resource: the ``nth`` of those to a path, ids and names in it left open."""

    stage: str
    resource: str
    method: str
    path: str
    nth: int = 1

    def __str__(self) -> str:
        again = f" {self.nth}" if self.nth > 1 else ""
        return f"{self.stage} {self.resource}: {self.method}{again}"

    @property
    def pattern(self) -> str:
        """A regular expression for the paths."""
        return "/v1.0" + _OPEN.sub("[^/?]+", re.escape(self.path)) + "$"


WRITES = (
    Write("up", "aline", "POST", "/users"),
    Write("up", "group", "PATCH", "/groups(uniqueName={name})"),
    Write("up", "eligibility", "POST", ELIGIBILITY_REQUESTS),
    Write("edit", "aline", "PATCH", "/users/{id}"),
    Write("edit", "group", "PATCH", "/groups/{id}"),
    Write("edit", "group", "PATCH", "/groups/{id}", 2),
    Write("edit", "eligibility", "POST", ELIGIBILITY_REQUESTS),
    Write("destroy", "eligibility", "POST", ELIGIBILITY_REQUESTS),
    Write("destroy", "group", "DELETE", "/groups/{id}"),
    Write("destroy", "aline", "DELETE", "/users/{id}"),
)
"""Every write, in its order."""


class Helpdesk:
    """The helpdesk on a stack of an emulator; ``writes`` are those of the undisturbed run, as a journal has them."""

    def __init__(self, emulator: Emulator, stack: Stack, folder: Path) -> None:
        """Go through all stages, and remember how each began and what it left."""
        self.emulator = emulator
        self.directory = Directory(emulator, emulator.contoso)
        self._before: dict[str, Stack] = {}
        self._after: dict[str, Document] = {}
        self.writes: list[tuple[str, str, str]] = []
        stack.program(HELPDESK)
        for stage, command in STAGES.items():
            if stage == "edit":
                for before, after in _EDITS.items():
                    stack.edit(before, after)
            emulator.snapshot(stage)
            self._before[stage] = stack.copied(folder / stage)
            with graph_calls(emulator) as calls:
                stack.succeeds(command, "--yes", "--skip-preview")
            self.writes += [(stage, call.method, _open(call.path)) for call in calls if call.method != "GET"]
            self._after[stage] = self.outline()

    def before(self, stage: str, folder: Path) -> Stack:
        """Go back to before a stage; return a stack for it in a new folder."""
        self.emulator.faults.clear()
        self.emulator.restore(stage)
        return self._before[stage].copied(folder)

    def assert_undisturbed(self, stack: Stack, stage: str) -> None:
        """See that directory and state are as after a stage that nobody disturbed."""
        assert self.outline() == self._after[stage]
        assert stack.pending() == []
        assert stack.ids() == self.ids()
        if stage != "destroy":
            stack.succeeds("preview", "--expect-no-changes")

    def outline(self) -> Document:
        """Tell what there is and what is deleted by names and lengths, which are the same in every run."""
        users = self.directory.all(f"/users?$select={USER}")
        groups = self.directory.all(f"/groups?$select={_GROUP}")
        names = {each["id"]: each["displayName"] for each in [*users, *groups]}

        def related(group: Document, relationship: str) -> list[str]:
            return sorted(names[id_] for id_ in self.directory.related(group["id"], relationship))

        return {
            "users": [_without_id(user) for user in users],
            "groups": [_without_id(group) for group in groups],
            "owners": [related(group, "owners") for group in groups],
            "members": [related(group, "members") for group in groups],
            "eligible": [
                (names[row["principalId"]], row["roleDefinitionId"], row["directoryScopeId"], _days(row))
                for row in self.directory.all(ELIGIBILITY_SCHEDULES)
            ],
            "deleted": [self.directory.deleted("user"), self.directory.deleted("group")],
        }

    def ids(self) -> dict[str, str]:
        """Return the ids that the stack's resources have in the directory; of those that are there."""
        users = self.directory.all("/users?$filter=startswith(userPrincipalName,'alined@')&$select=id")
        groups = self.directory.all("/groups?$select=id")
        grants = self.directory.all(ELIGIBILITY_SCHEDULES)
        return dict(
            [("aline", user["id"]) for user in users]
            + [("group", group["id"]) for group in groups]
            + [
                ("eligibility", f"{row['directoryScopeId']}|{row['roleDefinitionId']}|{row['principalId']}")
                for row in grants
            ]
        )


def _open(path: str) -> str:
    path = path.partition("?")[0].removeprefix("/v1.0")
    return _NAME.sub("{name}", _ID.sub("{id}", path))


def _without_id(document: Document) -> Document:
    return {name: value for name, value in document.items() if name != "id"}


def _days(schedule: Document) -> int:
    """Return how long a grant is, its start moved by a repetition left out of account."""
    window = schedule["scheduleInfo"]
    start, end = (datetime.fromisoformat(at) for at in (window["startDateTime"], window["expiration"]["endDateTime"]))
    return round((end - start) / timedelta(days=1))
