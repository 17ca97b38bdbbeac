"""Read the document of ``pulumi preview --json``: what each resource of ours was, and what it will be.

What is written here about that document was seen with the engine; its fields are those of
https://pkg.go.dev/github.com/pulumi/pulumi/pkg/v3/display#PreviewDigest and
https://pkg.go.dev/github.com/pulumi/pulumi/sdk/v3/go/common/apitype#ResourceV3
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from .declared import (
    ELIGIBILITY,
    AnyResource,
    Declared,
    Eligibility,
    Group,
    Hidden,
    Told,
)
from .model import FlagKind, ReviewError
from .properties import READERS, Identity, Properties
from .shapes import Bag, clean
from .urns import name_of, parts, type_of

Op: TypeAlias = Literal["same", "create", "update", "replace", "delete", "import"]

SOUGHT = "the output of `pulumi preview --json --show-sames`"

_OPS: Mapping[str, Op] = {
    "same": "same",
    "refresh": "same",
    "create": "create",
    "update": "update",
    "replace": "replace",
    "create-replacement": "replace",
    "delete": "delete",
    "import": "import",
    "import-replacement": "import",
    "read": "same",
    "read-replacement": "same",
}
# A part of a step that another step of the same resource tells, and what takes a row out of the state only.
_NO_STEPS = frozenset({"delete-replaced", "remove-pending-replace", "discard", "discard-replaced"})

_SAME = frozenset({"same", "refresh"})
_SWITCHES: tuple[FlagKind, ...] = ("adopt_existing", "force_destroy", "purge_on_destroy")


@dataclass(frozen=True, slots=True)
class Step:
    """What becomes of a resource of ours. ``before`` is what the tenant has, as far as the state knows.

    ``released``: what was there stays in the tenant, although the stack lets go of it. ``changed`` and ``given`` name
    properties: those that differ, and those that the program sets.
    """

    op: Op
    before: AnyResource | None
    after: AnyResource | None
    released: bool
    switches: tuple[FlagKind, ...]
    ignored: tuple[str, ...]
    changed: tuple[str, ...]
    given: tuple[str, ...]

    @property
    def resource(self) -> AnyResource:
        """The resource as it will be, or as it was."""
        resource = self.after or self.before
        if resource is None:
            raise ValueError("a step without a resource")
        return resource


@dataclass(frozen=True, slots=True)
class Preview:
    """A preview, read. ``complete``: unchanged resources are in it, and nothing failed.

    ``failed`` are the names of the resources at which it failed; ``others`` the URNs of other providers' resources that
    it changes; ``skipped`` the names of resources that the program declares and this run leaves out.
    """

    project: str
    stack: str
    steps: tuple[Step, ...]
    has_sames: bool
    failed: tuple[str, ...] | None
    others: tuple[str, ...]
    skipped: tuple[str, ...]

    @property
    def complete(self) -> bool:
        """Whether what is not in it can be taken for not there."""
        return self.has_sames and self.failed is None

    @property
    def before(self) -> Declared:
        """What the tenant has of this stack now."""
        return Declared(self.stack, tuple(step.before for step in self.steps if step.before is not None))

    @property
    def after(self) -> Declared:
        """What it will have."""
        made = tuple(step.after for step in self.steps if step.after is not None)
        released = tuple(step.before for step in self.steps if step.released and step.before is not None)
        ended = [step for step in self.steps if step.op in ("delete", "replace") and not step.released]
        return Declared(
            self.stack,
            made + released,
            gone=frozenset(step.before.id for step in ended if step.before is not None and step.before.id is not None),
            replaced=frozenset(step.resource.urn for step in self.steps if step.op == "replace"),
        )


def read_preview(text: str) -> Preview:
    """Read a document.

    Raises ReviewError, in one line, for anything else.
    """
    document = _document(text)
    steps = [Bag(f"step {number}", step) for number, step in enumerate(document.list("steps"), 1)]
    urns = [step.text("urn") for step in steps]
    stack, project = next((parts(urn)[:2] for urn in urns if urn), ("", ""))
    ours = [
        step
        for step, urn in zip(steps, urns, strict=True)
        if type_of(urn) in READERS and step.text("op") not in _NO_STEPS
    ]
    read = [_step(step) for step in _once(ours) if not _is_skipped(step)]
    return Preview(
        project=project,
        stack=stack,
        steps=tuple(sorted(read, key=lambda step: step.resource.urn)),
        has_sames=_has_sames(document, sum(step.text("op") in _SAME for step in steps)),
        failed=_failed(document),
        others=tuple(sorted({urn for step, urn in zip(steps, urns, strict=True) if _is_others(step, urn)})),
        skipped=tuple(sorted(name_of(step.text("urn")) for step in ours if _is_skipped(step))),
    )


# -- the document -----------------------------------------------------------------------------------------------------


def _document(text: str) -> Bag:
    if not text.strip():
        raise ReviewError(f"nothing to review: the input is empty, where {SOUGHT} was expected")
    try:
        value = json.loads(text.removeprefix("\ufeff"))
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise ReviewError(f"not one whole JSON document ({where}: {error.msg}): {SOUGHT} was expected") from None
    except (ValueError, RecursionError):
        raise ReviewError(f"not a JSON document that can be read: {SOUGHT} was expected") from None
    if not isinstance(value, dict) or not {"steps", "changeSummary", "diagnostics"} & value.keys():
        raise ReviewError(f"JSON, but not of a preview (it has no steps): {SOUGHT} was expected")
    return Bag("the document", value)


def _has_sames(document: Bag, seen: int) -> bool:
    """Say whether the unchanged resources that the summary counts are among the steps."""
    counted = document.bag("changeSummary").value("same", int)
    return document.has("changeSummary") and seen >= (counted if isinstance(counted, int) else 0)


def _failed(document: Bag) -> tuple[str, ...] | None:
    """Return the names of the resources that errors stand under; None for a preview that went well.

    What the errors say is not repeated: it may quote a value.
    """
    diagnostics = [Bag("a diagnostic", each) for each in document.list("diagnostics")]
    errors = [each for each in diagnostics if each.text("severity") == "error"]
    if not errors and document.has("changeSummary"):
        return None
    return tuple(sorted({name_of(each.text("urn")) for each in errors} - {""}))


def _is_others(step: Bag, urn: str) -> bool:
    type_ = type_of(urn)
    changes = _OPS.get(step.text("op")) != "same" and step.text("op") not in _NO_STEPS
    return changes and ":" in type_ and type_ not in READERS and not type_.startswith("pulumi:") and _custom(step)


def _custom(step: Bag) -> bool:
    """Say whether a step is about a resource in itself: a component only groups others."""
    return any(step.bag(state).value("custom", bool) is True for state in ("newState", "oldState"))


def _is_skipped(step: Bag) -> bool:
    """Say whether the program declares a resource that this run does not make: one that is not targeted."""
    return step.text("op") == "same" and not step.has("oldState")


def _once(steps: list[Bag]) -> list[Bag]:
    """Leave out the second row of a replacement, and of what was refreshed before it was compared.

    A refresh alone (``pulumi refresh --preview-only``) has no other row for what is as the state says.
    """
    ops: dict[str, set[str]] = {}
    for step in steps:
        ops.setdefault(step.text("urn"), set()).add(step.text("op"))
    told_better = {"create-replacement": {"replace"}, "refresh": {*_OPS} - {"refresh"}}
    return [step for step in steps if not told_better.get(step.text("op"), set()) & ops[step.text("urn")]]


def _step(step: Bag) -> Step:
    urn, op = step.text("urn"), _op(step)
    old, new = step.bag("oldState"), step.bag("newState")
    read = READERS[type_of(urn)]
    before = None
    if step.has("oldState"):
        before = read(_properties(old, "outputs" if old.has("outputs") else "inputs"), _identity(old, old.id))
    after = None
    if op != "delete":
        id_ = None if op in ("create", "replace") else old.id or new.text("importID").lower() or new.id or None
        after = read(_properties(new, "inputs"), {**_identity(new, id_), "key": old.id or id_ or new.text("urn")})
        after = _continued(op, before, after)
        before = after if before is None and op in ("same", "import") else before
    last = new if op != "delete" else old
    return Step(
        op=op,
        before=before,
        after=after,
        released=op in ("delete", "replace") and _stays(old),
        switches=tuple(each for each in _SWITCHES if last.bag("inputs").value(each, bool) is True),
        ignored=last.texts("ignoreChanges"),
        changed=tuple(sorted({path.partition("[")[0] for path in step.bag("detailedDiff")})),
        given=tuple(sorted(new.bag("inputs"))),
    )


def _op(step: Bag) -> Op:
    name = step.text("op")
    if name not in _OPS:
        raise ReviewError(
            f"{step.name} does {clean(name)!r} to {clean(name_of(step.text('urn')))!r}, which this version does not"
            " know: the preview may be of a newer Pulumi"
        )
    return _OPS[name]


def _stays(old: Bag) -> bool:
    """Say whether the thing outlives its resource: it is retained, or was adopted and is released.

    An eligibility that was adopted is taken away all the same.
    """
    adopted = old.bag("outputs").value("adopted", bool) is True and old.text("type") != ELIGIBILITY
    return adopted or old.value("retainOnDelete", bool) is True


def _properties(state: Bag, which: Literal["inputs", "outputs"]) -> Properties:
    sources = state.bag("propertyDependencies")
    return Properties(
        name_of(state.text("urn")), state.bag(which).values, {name: sources.texts(name) for name in sources}
    )


def _identity(state: Bag, id_: str | None) -> Identity:
    urn = state.text("urn")
    return {"urn": urn, "key": id_ or urn, "id": id_, "protect": state.value("protect", bool) is True}


def _continued(op: Op, before: AnyResource | None, after: AnyResource) -> AnyResource:
    """Return a resource with what goes on from what it was, and is not in its inputs."""
    if isinstance(after, Group):
        was = before if isinstance(before, Group) else None
        made = op in ("create", "replace") and after.adopt_existing is False
        return replace(
            after,
            owners=_list_after(was.owners if was else None, after.owners, made=made),
            members=_list_after(was.members if was else None, after.members, made=made),
        )
    if isinstance(after, Eligibility) and isinstance(before, Eligibility) and op in ("same", "update"):
        return replace(after, held=before.held, in_force=before.in_force or op == "update")
    return after


def _list_after(
    before: tuple[Told, ...] | Hidden | None, after: tuple[Told, ...] | Hidden | None, *, made: bool
) -> tuple[Told, ...] | Hidden | None:
    """Return who will be in a list: a list that is no longer given stays as it is, a new group's is empty."""
    if after is None:
        return () if made else before
    if isinstance(after, Hidden) and isinstance(before, tuple):
        return replace(after, previous=before)
    return after
