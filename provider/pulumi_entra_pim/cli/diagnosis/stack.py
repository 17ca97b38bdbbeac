"""What a stack holds, from what ``pulumi stack export`` writes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ...graph.errors import json_object
from ...settings import NAMESPACE
from ..exits import CannotBeDone

_OURS = f"pulumi-python:dynamic/{NAMESPACE}:"
_PROVIDERS = "pulumi:providers:"
_BUILT_IN = frozenset({"pulumi", "pulumi-python"})


@dataclass(frozen=True, slots=True)
class Grant:
    """An eligibility of the stack: its role, and its window as Graph writes moments; no end is for ever."""

    name: str
    role_definition_id: str
    start: str
    end: str | None


@dataclass(frozen=True, slots=True)
class Stack:
    """What of a stack can be held against a tenant and a machine.

    ``providers`` are the pickled providers by the kinds that they are for; ``plug_ins`` are names and versions, "" for
    any.
    """

    kinds: frozenset[str]
    tenants: frozenset[str]
    grants: tuple[Grant, ...]
    providers: Mapping[str, frozenset[str]]
    plug_ins: tuple[tuple[str, str], ...]


def read(text: str, source: str) -> Stack:
    """Read an export; raise CannotBeDone when it is none."""
    document = json_object(text) or {}
    deployment = document.get("deployment")
    if not isinstance(deployment, dict) or "version" not in document:
        raise CannotBeDone(f"{source} is not what `pulumi stack export` writes")
    resources = [each for each in deployment.get("resources") or [] if isinstance(each, dict)]
    ours = [(str(each["type"]).removeprefix(_OURS), each) for each in resources if _is_ours(each)]
    return Stack(
        kinds=frozenset(kind for kind, _ in ours),
        tenants=frozenset(str(tenant) for _, each in ours if (tenant := _bag(each, "outputs").get("tenant_id"))),
        grants=tuple(_grant(each) for kind, each in ours if kind == "RoleEligibility"),
        providers={
            kind: frozenset(str(_bag(each, "inputs").get("__provider")) for other, each in ours if other == kind)
            for kind in sorted({kind for kind, _ in ours})
        },
        plug_ins=tuple(sorted(set(_plug_ins(resources)))),
    )


def _is_ours(resource: Mapping[str, Any]) -> bool:
    return str(resource.get("type")).startswith(_OURS)


def _grant(resource: Mapping[str, Any]) -> Grant:
    outputs = _bag(resource, "outputs")
    end = outputs.get("effective_end")
    return Grant(
        name=str(resource.get("urn")).rpartition("::")[2],
        role_definition_id=str(outputs.get("role_definition_id") or "").lower(),
        start=str(outputs.get("effective_start") or ""),
        end=str(end) if end else None,
    )


def _plug_ins(resources: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    for each in resources:
        kind = str(each.get("type"))
        name = kind.removeprefix(_PROVIDERS)
        if kind.startswith(_PROVIDERS) and name not in _BUILT_IN:
            yield name, str(_bag(each, "inputs").get("version") or "")


def _bag(resource: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = resource.get(name)
    return found if isinstance(found, dict) else {}
