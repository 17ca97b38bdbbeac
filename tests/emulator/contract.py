"""Microsoft's description of Graph, as far as tests/contract holds it: what an answer may look like."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import referencing
import referencing.jsonschema
import yaml
from openapi_schema_validator import OAS30Validator

_FILE = Path(__file__).parents[1] / "contract" / "graph-v1.0-pim.openapi.yaml"
_ERROR = {"$ref": "#/components/schemas/microsoft.graph.ODataErrors.ODataError"}


class Contract:
    """The description, read once."""

    def __init__(self) -> None:
        self._document: dict[str, Any] = yaml.load(_FILE.read_bytes(), Loader=yaml.CSafeLoader)
        self._registry: Any = referencing.Registry().with_resource(
            "urn:graph",
            referencing.Resource.from_contents(self._document, default_specification=referencing.jsonschema.DRAFT4),
        )
        self._paths = [
            (re.compile(re.sub(r"\\\{.*?\\\}", r"((?!graph\.|\$)[^/]+)", re.escape(path))), item)
            for path, item in self._document["paths"].items()
        ]
        self._validators: dict[str, Any] = {}

    def complaints(self, method: str, path: str, status: int, body: object) -> list[str]:
        """Say what in an answer's JSON is not as described; ``path`` is decoded and behind /v1.0."""
        schema = _ERROR if status >= 400 else self._answer_of(method, path)
        if schema is None:
            return []
        wrong = [f"{error.json_path}: {error.message}" for error in self._validator(schema).iter_errors(_fold(body))]
        return wrong + [f"{where} is no property of its type" for where in self._unknown(schema, body, "$")]

    def describes(self, method: str, path: str) -> bool:
        """Tell whether an answer's form is in the description."""
        return self._answer_of(method, path) is not None

    def _answer_of(self, method: str, path: str) -> dict[str, Any] | None:
        """Find the schema of a call's good answer; of the paths that fit, the most literal one's."""
        fitting = [(pattern.groups, -len(pattern.pattern), index) for index, (pattern, item) in enumerate(self._paths)
                   if pattern.fullmatch(path) and method.lower() in item]  # fmt: skip
        if not fitting:
            return None
        response = self._paths[min(fitting)[2]][1][method.lower()]["responses"].get("2XX", {})
        schema: dict[str, Any] | None = (
            self._resolve(response).get("content", {}).get("application/json", {}).get("schema")
        )
        return schema

    def _validator(self, schema: dict[str, Any]) -> Any:
        key = str(schema)
        if key not in self._validators:
            self._validators[key] = OAS30Validator(_absolute(schema), registry=self._registry)
        return self._validators[key]

    def _unknown(self, schema: dict[str, Any], value: object, where: str) -> Iterator[str]:
        """Name the properties that no schema declares: the validator lets them pass."""
        if isinstance(value, list):
            items = self._resolve(schema).get("items", {})
            for index, item in enumerate(value):
                yield from self._unknown(items, item, f"{where}[{index}]")
        elif isinstance(value, dict):
            named = str(value.get("@odata.type", "")).removeprefix("#")
            declared = self._properties({"$ref": f"#/components/schemas/{named}"} if named else schema)
            for name, inner in value.items():
                if name.startswith("@odata."):
                    continue
                if name not in declared:
                    yield f"{where}.{name}"
                else:
                    yield from self._unknown(declared[name], inner, f"{where}.{name}")

    def _properties(self, schema: dict[str, Any]) -> dict[str, Any]:
        schema = self._resolve(schema)
        found = dict(schema.get("properties", {}))
        for part in (*schema.get("allOf", ()), *schema.get("anyOf", ())):
            found |= self._properties(part)
        return found

    def _resolve(self, node: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in node:
            _, _, kind, name = node["$ref"].split("/")
            node = self._document["components"][kind][name]
        return node


def _absolute(value: Any) -> Any:
    """Point references at the registered document."""
    if isinstance(value, dict):
        return {k: f"urn:graph{v}" if k == "$ref" else _absolute(v) for k, v in value.items()}
    return [_absolute(item) for item in value] if isinstance(value, list) else value


def _fold(value: Any) -> Any:
    """Write the operations of a policy's target in camel case, as the description does and the service does not."""
    if isinstance(value, dict):
        return {
            name: [each[:1].lower() + each[1:] for each in inner] if name == "operations" else _fold(inner)
            for name, inner in value.items()
        }
    return [_fold(item) for item in value] if isinstance(value, list) else value
