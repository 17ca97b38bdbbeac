"""One resource through its provider's methods, in the order and with the values that the engine would use."""

from copy import deepcopy
from typing import Any, Literal

from pulumi.runtime.proto import provider_pb2

from pulumi_entra_pim.resources._base import GraphProvider
from pulumi_entra_pim.resources._engine import HalfMade

from .engine import Rpc, properties

Step = Literal["create", "same", "update", "replace"]


class Managed:
    """A resource in a program and in a state. What it holds is what the engine would store: nothing that is None."""

    def __init__(self, provider: GraphProvider) -> None:
        self.provider = provider
        self.id = ""
        self.inputs: dict[str, Any] = {}
        self.outputs: dict[str, Any] = {}
        self.half_made = False

    def check(self, **program: Any) -> dict[str, Any]:
        """Return the checked inputs of a program that has nothing wrong with it."""
        result = self.provider.check(dict(self.inputs), dict(program))
        assert [(each.property, each.reason) for each in result.failures] == []
        return _stored(result.inputs)

    def preview(self, **program: Any) -> Step:
        """Return what ``up`` would do."""
        if not self.id:
            return "create"
        found = self.provider.diff(self.id, dict(self.outputs), self.check(**program))
        if found.replaces:
            return "replace"
        return "same" if found.changes is False and not self.half_made else "update"

    def up(self, **program: Any) -> Step:
        """Bring the resource to what the program says; return what that took."""
        step, inputs = self.preview(**program), self.check(**program)
        if step == "replace":
            self.destroy()
            inputs = self.check(**program)
        if step in ("create", "replace"):
            self._create(inputs)
        elif step == "update":
            self._update(inputs)
        return step

    def refresh(self) -> dict[str, Any]:
        """Read the resource; return the inputs that are found changed, None for those found unset.

        One that is half-made still stays so, and keeps the inputs of the program.
        """
        read = Rpc(provider_pb2.ReadRequest(inputs=properties(self.inputs)))
        try:
            result = read(lambda: self.provider.read(self.id, dict(self.outputs)))
        except HalfMade as error:
            self._keep(error, self.inputs)
            return {}
        self.half_made = False
        if result.id is None:
            self._forget()
            return {"id": None}
        before, self.inputs, self.outputs = self.inputs, _stored(result.inputs or {}), _stored(result.outs or {})
        names = {*before, *self.inputs}
        return {name: self.inputs.get(name) for name in names if before.get(name) != self.inputs.get(name)}

    def destroy(self) -> None:
        """Delete the resource, if there is one."""
        if not self.id:
            return
        self.provider.delete(self.id, dict(self.outputs))
        self._forget()

    def _create(self, inputs: dict[str, Any]) -> None:
        try:
            result = self.provider.create(dict(inputs))
        except HalfMade as error:
            self._keep(error, inputs)
            raise
        self.id, self.inputs, self.outputs = str(result.id), inputs, _stored(result.outs or {})

    def _update(self, inputs: dict[str, Any]) -> None:
        try:
            result = self.provider.update(self.id, dict(self.outputs), dict(inputs))
        except HalfMade as error:
            self._keep(error, inputs)
            raise
        self.inputs, self.outputs, self.half_made = inputs, _stored(result.outs or {}), False

    def _keep(self, error: HalfMade, inputs: dict[str, Any]) -> None:
        self.id, self.inputs, self.outputs, self.half_made = error.id, inputs, _stored(error.outs), True

    def _forget(self) -> None:
        self.id, self.inputs, self.outputs, self.half_made = "", {}, {}, False


def _stored(values: dict[str, Any]) -> dict[str, Any]:
    return {name: deepcopy(value) for name, value in values.items() if value is not None}
