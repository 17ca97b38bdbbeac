"""The document that ``pulumi import --file`` reads.

https://www.pulumi.com/docs/iac/guides/migration/import/
"""

from __future__ import annotations

from typing import Any

from pulumi.dynamic.dynamic import PROVIDER_KEY, serialize_provider

from ..graph.client import Document
from ..resources import load_provider
from ..resources._fields import Values
from ..settings import NAMESPACE
from .declarations import Declaration, Declarations


def document(found: Declarations) -> Document:
    """Return the document as JSON.

    Each resource has its whole state, so the engine asks no provider for it. Both bags name the provider, which is in
    every dynamic resource's state: with its inputs alone, the resource could be neither read nor deleted.
    """
    return {"resources": [_resource(each) for each in found.resources]}


def _resource(resource: Declaration) -> dict[str, Any]:
    provider: Values = {PROVIDER_KEY: serialize_provider(load_provider(resource.kind))}
    return {
        "type": f"pulumi-python:dynamic/{NAMESPACE}:{resource.kind}",
        "name": resource.name,
        "id": resource.id,
        "inputs": {**resource.inputs, **provider},
        "outputs": {**resource.outputs, **provider},
    }
