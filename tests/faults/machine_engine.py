"""Pulumi's engine on a stack of several resources: what it calls, in which order, with which values, and what it keeps.

What was copied from it: a run stops at its first failure; deletions come last, those that use something before what
they use; a replacement takes away what depends on the old object first; a half-made resource is updated at the next
``up``; only a checked input, never a value that is None, reaches a provider.
Source: https://www.pulumi.com/docs/iac/concepts/how-pulumi-works/
"""

from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from pulumi_entra_pim.graph.errors import EntraError
from pulumi_entra_pim.resources._base import GraphProvider
from pulumi_entra_pim.resources._engine import HalfMade

T = TypeVar("T")

Verb = Literal["check", "diff", "create", "update", "delete", "read"]
Op = Literal["create", "same", "update", "replace", "delete"]


@dataclass(frozen=True, slots=True)
class Ref:
    """The id of another resource of the program."""

    name: str


@dataclass(frozen=True, slots=True)
class Declared:
    """A resource as a program declares it; inputs may hold references."""

    kind: str
    inputs: Mapping[str, Any]

    @property
    def uses(self) -> frozenset[str]:
        """Return the names of the resources whose ids are among the inputs."""
        values = [each for value in self.inputs.values() for each in (value if isinstance(value, list) else [value])]
        return frozenset(each.name for each in values if isinstance(each, Ref))


Program = dict[str, Declared]
"""Resources by name; what is used stands before what uses it."""


@dataclass(slots=True)
class Row:
    """A resource in the state."""

    kind: str
    id: str
    inputs: dict[str, Any]
    outputs: dict[str, Any]
    half_made: bool = False
    uses: frozenset[str] = frozenset()


State = dict[str, Row]


class Killed(BaseException):
    """The process of the provider was killed."""


class Failed(Exception):
    """A call of a provider failed as providers are expected to fail: with one line."""

    def __init__(self, name: str, verb: Verb, reason: str) -> None:
        super().__init__(f"{verb} of {name}: {reason}")
        self.name = name
        self.verb = verb
        self.reason = reason


@dataclass
class Run:
    """One command of the engine on a stack; ``state`` is changed after each call, as the engine's checkpoints are."""

    state: State
    provider: Callable[[str], GraphProvider]
    ops: dict[str, Op] = field(default_factory=dict)
    is_refreshed: bool = False

    def up(self, program: Program) -> None:
        """Bring the stack to what the program declares. Raises Failed and Killed, as every command does."""
        for name, declared in program.items():
            self._bring(name, declared)
        for name in self._users_first(name for name in self.state if name not in program):
            self._delete(name)

    def refresh(self) -> None:
        """Read everything that is in the state."""
        for name in list(self.state):
            self._read(name)
        self.is_refreshed = True

    def destroy(self) -> None:
        """Delete everything that is in the state."""
        for name in self._users_first(self.state):
            self._delete(name)

    def _bring(self, name: str, declared: Declared) -> None:
        wanted = self._resolved(declared)
        row = self.state.get(name)
        if row is None:
            self._create(name, declared, wanted)
            self.ops.setdefault(name, "create")
            return
        inputs = self._check(name, declared.kind, row.inputs, wanted)
        found = self._call(name, "diff", lambda p: p.diff(row.id, deepcopy(row.outputs), deepcopy(inputs)))
        if found.replaces:
            for user in self._users_first(each for each, other in self.state.items() if name in other.uses):
                self._delete(user)
                self.ops[user] = "replace"
            self._delete(name)
            self.ops[name] = "replace"
            self._create(name, declared, wanted)
        elif found.changes is None or row.half_made:
            self._update(name, inputs)
            self.ops[name] = "update"
            row.uses = declared.uses
        else:
            self.ops[name] = "same"
            row.uses = declared.uses

    def _create(self, name: str, declared: Declared, wanted: dict[str, Any]) -> None:
        inputs = self._check(name, declared.kind, {}, wanted)
        row = Row(declared.kind, "", inputs, {}, uses=declared.uses)
        try:
            made = self._call(name, "create", lambda p: p.create(deepcopy(inputs)), declared.kind)
        except HalfMade as error:
            row.id, row.outputs, row.half_made = error.id, _stored(error.outs), True
            self.state[name] = row
            raise Failed(name, "create", str(error)) from error
        row.id, row.outputs = str(made.id), _stored(made.outs or {})
        self.state[name] = row

    def _update(self, name: str, inputs: dict[str, Any]) -> None:
        row = self.state[name]
        try:
            made = self._call(name, "update", lambda p: p.update(row.id, deepcopy(row.outputs), deepcopy(inputs)))
        except HalfMade as error:
            row.inputs, row.outputs, row.half_made = inputs, _stored(error.outs), True
            raise Failed(name, "update", str(error)) from error
        row.inputs, row.outputs, row.half_made = inputs, _stored(made.outs or {}), False

    def _delete(self, name: str) -> None:
        row = self.state[name]
        self._call(name, "delete", lambda p: p.delete(row.id, deepcopy(row.outputs)))
        del self.state[name]
        self.ops[name] = "delete"

    def _read(self, name: str) -> None:
        row = self.state[name]
        try:
            found = self._call(name, "read", lambda p: p.read(row.id, deepcopy(row.outputs)))
        except HalfMade as error:
            row.outputs, row.half_made = _stored(error.outs), True
            return
        if found.id is None:
            del self.state[name]
            return
        # A read that succeeds is all that the engine wants of a half-made resource.
        row.inputs, row.outputs, row.half_made = _stored(found.inputs or {}), _stored(found.outs or {}), False

    def _check(self, name: str, kind: str, olds: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
        result = self._call(name, "check", lambda p: p.check(deepcopy(olds), deepcopy(wanted)), kind)
        if result.failures:
            raise Failed(name, "check", "; ".join(f"{each.property}: {each.reason}" for each in result.failures))
        return _stored(result.inputs)

    def _call(self, name: str, verb: Verb, call: Callable[[GraphProvider], T], kind: str = "") -> T:
        try:
            return call(self.provider(kind or self.state[name].kind))
        except HalfMade:
            raise
        except EntraError as error:
            raise Failed(name, verb, str(error)) from error
        except RuntimeError as error:
            # What a provider makes of an end that comes from outside; the process is gone all the same.
            if isinstance(error.__cause__, Killed):
                raise Killed from None
            raise

    def _resolved(self, declared: Declared) -> dict[str, Any]:
        def value(each: Any) -> Any:
            return self.state[each.name].id if isinstance(each, Ref) else each

        return _stored(
            {
                name: [value(each) for each in given] if isinstance(given, list) else value(given)
                for name, given in declared.inputs.items()
            }
        )

    def _users_first(self, names: Iterable[str]) -> list[str]:
        """Return names of the state in an order in which nothing goes before what uses it."""
        left, ordered = set(names), []
        while left:
            used = {each for name in left for each in self.state[name].uses}
            free = sorted(left - used)
            ordered += free
            left -= set(free)
        return ordered


def _stored(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: deepcopy(value) for name, value in values.items() if value is not None}
