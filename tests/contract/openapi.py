"""Microsoft's OpenAPI description of Graph v1.0, as far as this folder holds it: read once, with its references."""

from pathlib import Path
from typing import Any

import referencing
import referencing.jsonschema
import yaml
from openapi_schema_validator import OAS30Validator

FILE = Path(__file__).with_name("graph-v1.0-pim.openapi.yaml")


class OpenApi:
    """The description's paths, and what its schemas say."""

    def __init__(self) -> None:
        self._document: dict[str, Any] = yaml.load(FILE.read_bytes(), Loader=yaml.CSafeLoader)
        self._registry: Any = referencing.Registry().with_resource(
            "urn:graph",
            referencing.Resource.from_contents(self._document, default_specification=referencing.jsonschema.DRAFT4),
        )
        self._validators: dict[str, Any] = {}

    @property
    def paths(self) -> dict[str, Any]:
        """Return the operations by path."""
        return dict(self._document["paths"])

    @property
    def schemas(self) -> dict[str, Any]:
        """Return the schemas by name."""
        return dict(self._document["components"]["schemas"])

    def resolve(self, node: dict[str, Any]) -> dict[str, Any]:
        """Follow a reference to what it names."""
        while "$ref" in node:
            _, _, kind, name = node["$ref"].split("/")
            node = self._document["components"][kind][name]
        return node

    def properties(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Return the properties of a schema and of those that it is made of."""
        schema = self.resolve(schema)
        found = dict(schema.get("properties", {}))
        for part in (*schema.get("allOf", ()), *schema.get("anyOf", ())):
            found |= self.properties(part)
        return found

    def violations(self, schema: dict[str, Any], value: Any) -> list[str]:
        """Say where a value is not as a schema wants it."""
        key = str(schema)
        if key not in self._validators:
            self._validators[key] = OAS30Validator(_absolute(schema), registry=self._registry)
        return [f"{error.json_path}: {error.message}" for error in self._validators[key].iter_errors(value)]


def _absolute(value: Any) -> Any:
    """Point references at the registered document."""
    if isinstance(value, dict):
        return {name: f"urn:graph{inner}" if name == "$ref" else _absolute(inner) for name, inner in value.items()}
    return [_absolute(item) for item in value] if isinstance(value, list) else value
