"""What all resources share: the provider's side of a property bag, and the program's side of a resource."""

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

import pulumi
from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    ResourceProvider,
    UpdateResult,
)

from ..connection import connect
from ..graph.client import Document, GraphClient, Operation
from ..graph.errors import EntraError, NotFound, Refused
from ..settings import NAMESPACE, Settings, SettingsError
from . import _engine, _preflight, load_provider
from ._fields import Declared, Values, declared, is_unknown


class GraphProvider(ResourceProvider, ABC):
    """Turn the engine's calls into Graph's, for one kind of resource.

    A kind declares its inputs (``args``) and does ``make``, ``look``, ``change`` and ``remove``; the rest is here. A
    provider carries no data: it pickles as a call of ``load_provider`` with its kind, the same bytes everywhere.
    """

    serialize_as_secret_always = False  # nothing secret is inside
    kind: ClassVar[str]
    args: ClassVar[type]

    def __init__(self) -> None:
        super().__init__()
        self._settings: Callable[[], Settings] = lambda: Settings.read(lambda _: None, os.environ)
        self.graph: GraphClient | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        return load_provider, (self.kind,)

    def configure(self, req: ConfigureRequest) -> None:
        """Remember where the settings are; they are read when they are needed, so that what is wrong has a row."""

        def read() -> Settings:
            return Settings.read(lambda key: req.config.get(f"{NAMESPACE}:{key}"), os.environ)

        self._settings = read
        try:
            _engine.widen_pool(read().max_concurrency)
        except SettingsError:
            return  # check says so, on each row

    # -- what the engine calls ------------------------------------------------------------------------------------

    @_engine.expected_failures
    def check(self, _olds: Values, news: Values) -> CheckResult:
        """Refuse at preview what can be known without the service; fill defaults in; let unknown values pass."""
        _engine.remember_check()
        inputs = self.inputs_of(news)
        failures: list[CheckFailure] = []
        asks_tenant = False
        try:
            asks_tenant = self._settings().preflight
        except SettingsError as error:
            if self.graph is None:
                failures.append(CheckFailure("", str(error)))
        for name, problem in self._field_problems(inputs) or self.problems(_olds, inputs):
            # The engine prints the value of a property that is named: a secret one must not be.
            field = declared(self.args)[name].field
            failures.append(CheckFailure("" if field.secret else name, problem))
        # What stays as it is, is granted already.
        if asks_tenant and not failures and self.changed(_olds, inputs):
            refused = _preflight.refusals(self.kind, self._client(), _olds, inputs)
            failures += [CheckFailure(name, reason) for name, reason in refused]
        return CheckResult(self.complete(_olds, news, inputs), failures)

    @_engine.expected_failures
    def diff(self, _id: str, _olds: Values, _news: Values) -> DiffResult:
        """Compare by the fields' declarations; the engine shows which property (``changes=None``), or nothing."""
        changed = self.changed(_olds, _news)
        replaces = [name for name in changed if self.replaces(name, _olds)]
        return DiffResult(
            changes=None if changed else False, replaces=replaces, delete_before_replace=bool(replaces) or None
        )

    @_engine.expected_failures
    def create(self, props: Values) -> CreateResult:
        """Make the object; raise HalfMade when it exists but is not finished."""
        operation = self._operation()
        tenant_id = operation.caller.tenant_id  # known before anything is written
        inputs = self.inputs_of(props)
        id_, outs = self.make(operation, inputs)
        return CreateResult(id_, {**inputs, **outs, "tenant_id": tenant_id})

    @_engine.expected_failures
    def read(self, id_: str, props: Values) -> ReadResult:
        """Look at the thing itself; a thing that is gone has no id and no outputs.

        Raises HalfMade again for one that is not finished still.
        """
        operation = self._operation()
        self._same_tenant(operation, props)
        unfinished = self._unfinished_inputs(props)
        outs = self.look(operation, id_, {**props, **unfinished})
        if outs is None:
            return ReadResult(None, {})
        live = {**outs, "tenant_id": operation.caller.tenant_id}
        missing = ", ".join(self._differing(unfinished, live)) or self.missing(live)
        if missing:
            # Without this, a refresh would make a half-made thing count as done.
            raise _engine.HalfMade(id_, live, f"{id_} is not finished: {missing}; `pulumi up` goes on with it")
        return ReadResult(id_, live, inputs=self.stated(live))

    @_engine.expected_failures
    def update(self, _id: str, _olds: Values, _news: Values) -> UpdateResult:
        """Change the object in place; return the whole of the outputs."""
        operation = self._operation()
        self._same_tenant(operation, _olds)
        inputs = self.inputs_of(_news)
        outs = self.change(operation, _id, _olds, inputs)
        return UpdateResult({**{name: _olds.get(name) for name in self.outputs}, **inputs, **outs})

    @_engine.expected_failures
    def delete(self, _id: str, _props: Values) -> None:
        """Remove the object; one that is gone already is a success."""
        operation = self._operation()
        self._same_tenant(operation, _props)
        try:
            self.remove(operation, _id, _props)
        except NotFound:
            return

    # -- what a kind of resource answers --------------------------------------------------------------------------

    outputs: ClassVar[tuple[str, ...]] = ("tenant_id", "adopted")
    """What there is besides inputs."""

    computed: ClassVar[tuple[str, ...]] = ()
    """Inputs that the resource class gives, not the program."""

    def complete(self, _olds: Values, news: Values, inputs: Values) -> Values:
        """Return the inputs as they go into the state."""
        return inputs

    def changed(self, olds: Values, news: Values) -> list[str]:
        """Return the names of the inputs that differ."""
        return [
            name
            for name, each in declared(self.args).items()
            if is_unknown(news.get(name)) or not each.field.same(olds.get(name), news.get(name))
        ]

    def replaces(self, name: str, olds: Values) -> bool:
        """Say whether a change of this input needs a new object."""
        return declared(self.args)[name].field.replaces

    def stated(self, live: Values) -> Values:
        """Return the inputs that would have led to these outputs, of those that the user set."""
        names = {*declared(self.args), *self.computed}
        return {name: value for name, value in live.items() if name in names and value is not None}

    def missing(self, live: Values) -> str:
        """Say what keeps a thing that is there from being done, besides inputs; "" when nothing does."""
        return ""

    @abstractmethod
    def problems(self, olds: Values, inputs: Values) -> list[tuple[str, str]]:
        """Return what is wrong across fields, as (property, problem)."""

    @abstractmethod
    def make(self, operation: Operation, inputs: Values) -> tuple[str, Values]:
        """Create the object; return its id and the outputs besides the inputs."""

    @abstractmethod
    def look(self, operation: Operation, id_: str, props: Values) -> Values | None:
        """Return all outputs as they are now, with only those inputs that the user set; None when it is gone."""

    @abstractmethod
    def change(self, operation: Operation, id_: str, olds: Values, inputs: Values) -> Values:
        """Change the object from what it was to the inputs; return the outputs that changed with it."""

    @abstractmethod
    def remove(self, operation: Operation, id_: str, props: Values) -> None:
        """Delete the object."""

    # -- shared by the kinds --------------------------------------------------------------------------------------

    def inputs_of(self, props: Values) -> Values:
        """Return the declared inputs in a property bag that are set, with defaults where they are not."""
        inputs: Values = {}
        for name, each in declared(self.args).items():
            value = props.get(name)
            if value is None:
                value = each.field.default
            if value is not None:
                inputs[name] = value
        return {**inputs, **{name: props[name] for name in self.computed if props.get(name) is not None}}

    def body(self, inputs: Values, names: list[str] | None = None) -> Values:
        """Return the inputs under Graph's names; of the given names only, null for those that are no longer set."""
        fields = declared(self.args)
        wanted = [name for name in fields if name in inputs] if names is None else names
        return {fields[name].field.graph: inputs.get(name) for name in wanted if fields[name].field.graph}

    def as_inputs(self, document: Document, names: set[str]) -> Values:
        """Return what Graph says of the named inputs, under their Python names; None where it says nothing."""
        fields = {name: each.field.graph for name, each in declared(self.args).items() if each.field.graph}
        return {name: document.get(graph) for name, graph in fields.items() if name in names}

    def kept(self, props: Values) -> Values:
        """Return the inputs and outputs of a property bag, without the engine's own keys."""
        names = {*declared(self.args), *self.outputs, *self.computed}
        return {name: value for name, value in props.items() if name in names}

    @staticmethod
    def without(inputs: Values, names: Iterable[str]) -> Values:
        """Return the inputs but for the named ones: what the state says of a thing that lacks them still."""
        return {name: value for name, value in inputs.items() if name not in names}

    @contextmanager
    def unfinished(self, operation: Operation, id_: str, outs: Values) -> Iterator[None]:
        """Keep an object that exists in the state when a step that finishes it fails; the next ``up`` goes on."""
        try:
            yield
        except EntraError as error:
            raise _engine.HalfMade(id_, {**outs, "tenant_id": operation.caller.tenant_id}, str(error)) from error

    def _field_problems(self, inputs: Values) -> list[tuple[str, str]]:
        found = (self._problem(each, inputs) for each in declared(self.args).values())
        return [problem for problem in found if problem is not None]

    @staticmethod
    def _problem(each: Declared, inputs: Values) -> tuple[str, str] | None:
        if each.name not in inputs:
            return (each.name, f"{each.name} must be given") if each.required else None
        value = inputs[each.name]
        if is_unknown(value) and not isinstance(value, list):
            return None
        problem = each.field.rule(value)
        return (each.name, f"{each.name} must {problem}") if problem else None

    def _unfinished_inputs(self, props: Values) -> Values:
        """Return the inputs of the state that its outputs lack: those with which a half-made thing is not done."""
        asked = {name: value for name, value in _engine.state_inputs().items() if name in declared(self.args)}
        return {name: asked[name] for name in self._differing(asked, props)}

    def _differing(self, asked: Values, outs: Values) -> list[str]:
        fields = declared(self.args)
        return [name for name, value in asked.items() if not fields[name].field.same(outs.get(name), value)]

    def _operation(self) -> Operation:
        return self._client().operation(_engine.progress, _engine.allowed_seconds(), _engine.call_over())

    def _client(self) -> GraphClient:
        return self.graph or connect(self._settings())

    def _same_tenant(self, operation: Operation, props: Values) -> None:
        """Refuse to touch an object of another tenant: there, "gone" would be believed of a thing that is not."""
        made_in, now_in = str(props.get("tenant_id") or ""), operation.caller.tenant_id
        if made_in and made_in != now_in:
            raise Refused(
                f"this {self.kind} is in tenant {made_in}, and the credentials are for tenant {now_in}: nothing was"
                f" looked at or changed; sign in to {made_in} (AZURE_TENANT_ID), or use this tenant's own stack"
            )


class EntraResource(pulumi.dynamic.Resource):
    """A resource as a program declares it; inputs come as an Args object or as keywords."""

    def __init__(
        self,
        provider: GraphProvider,
        resource_name: str,
        args: dict[str, Any],
        opts: pulumi.ResourceOptions | None,
        **computed: Any,
    ) -> None:
        fields = declared(provider.args)
        unknown = sorted(set(args) - set(fields))
        if unknown:
            raise TypeError(
                f"{provider.kind} {resource_name!r} has no input {unknown[0]!r}; it has {', '.join(fields)}"
            )
        props: dict[str, Any] = dict.fromkeys(provider.outputs)
        for name, each in fields.items():
            value = args.get(name)
            props[name] = pulumi.Output.secret(value) if each.field.secret and value is not None else value
        defaults = pulumi.ResourceOptions(
            # Each kind has a key that two objects cannot share, so the old one goes first; `--replace` included.
            delete_before_replace=True,
            additional_secret_outputs=[name for name, each in fields.items() if each.field.secret],
        )
        super().__init__(provider, resource_name, {**props, **computed}, pulumi.ResourceOptions.merge(defaults, opts))


def given(args: Any, inputs: Any) -> dict[str, Any]:
    """Return the inputs that a program gave, as an Args object or as keywords, not both."""
    if args is not None and inputs:
        raise TypeError("give the inputs as an Args object or as keywords, not both")
    return dict(inputs if args is None else args)
