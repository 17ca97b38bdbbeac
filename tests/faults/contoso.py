"""The Contoso helpdesk as a stack: its three resources, in the engine's order, one command a process."""

from collections.abc import Callable
from typing import Any, Literal

from pulumi_entra_pim.resources._base import GraphProvider
from tests.resources.entra import PASSWORD, Entra
from tests.resources.managed import Managed
from tests.resources.programs import KINDS, a_group, a_user, an_eligibility

Command = Literal["up", "edit", "destroy"]
COMMANDS: tuple[Command, ...] = ("up", "edit", "destroy")
"""What is done with the stack, in this order; an edit is an ``up`` of the program with every kind of change in it."""

Providers = Callable[[str], GraphProvider]
"""Gives the provider of a kind of resource, as one process has it."""

NEW_PASSWORD = "An0ther-canary!"

_DEPUTY = "Deputy"
_END, _LATER = "2090-01-01T00:00:00Z", "2091-01-01T00:00:00Z"
_MOVING = ("schedule_id", "request_id", "effective_start")


class Contoso:
    """A program, its state, and the people of the tenant whom the program names."""

    def __init__(self, entra: Entra, providers: Providers) -> None:
        self._administrator = entra.tenant.administrator_id
        self._deputy = entra.user(_DEPUTY)
        self._user, self._group, self._eligibility = self._resources = [Managed(providers(kind)) for kind in KINDS]

    def run(self, command: Command, providers: Providers) -> None:
        """Carry out a command; the first resource that fails ends it, with its error."""
        for kind, resource in zip(KINDS, self._resources, strict=True):
            resource.provider = providers(kind)
        if command == "destroy":
            for resource in reversed(self._resources):
                resource.destroy()
            return
        edited = command == "edit"
        self._user.up(**(self._edited_user() if edited else a_user()))
        self._group.up(**(self._edited_group() if edited else self._helpdesk()))
        self._eligibility.up(**an_eligibility(self._group.id, end=_LATER if edited else _END))

    def state(self) -> list[dict[str, Any]]:
        """Return what the state holds of each resource: the ids that Graph gives as names, moments left out."""
        names = {
            self._administrator: "administrator", self._deputy: "deputy", self._user.id: "user", self._group.id: "group"
        }  # fmt: skip

        def named(value: Any) -> Any:
            return [named(each) for each in value] if isinstance(value, list) else names.get(value, value)

        return [
            {name: named(value) for name, value in resource.outputs.items() if name not in _MOVING}
            for resource in self._resources
        ]

    def _edited_user(self) -> dict[str, Any]:
        return a_user(job_title="Lead", password=NEW_PASSWORD)

    def _helpdesk(self) -> dict[str, Any]:
        return a_group(
            description="IT Helpdesk to support Contoso employees",
            owners=[self._administrator],
            members=[self._administrator, self._user.id],
        )

    def _edited_group(self) -> dict[str, Any]:
        return a_group(description="Helpdesk", owners=[self._deputy], members=[self._deputy, self._user.id])


SECRETS = (PASSWORD, NEW_PASSWORD)
"""What the program holds that nobody may read anywhere."""
