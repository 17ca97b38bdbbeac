"""Microsoft's description of Graph, as far as tests/contract holds it: what an answer may look like."""

import re
from collections.abc import Iterator
from typing import Any

from tests.contract.openapi import OpenApi

_ERROR = {"$ref": "#/components/schemas/microsoft.graph.ODataErrors.ODataError"}


class Contract:
    """The description, read once."""

    def __init__(self) -> None:
        self._description = OpenApi()
        self._paths = [
            (re.compile(re.sub(r"\\\{.*?\\\}", r"((?!graph\.|\$)[^/]+)", re.escape(path))), item)
            for path, item in self._description.paths.items()
        ]

    def complaints(self, method: str, path: str, status: int, body: object) -> list[str]:
        """Say what in an answer's JSON is not as described; ``path`` is decoded and behind /v1.0."""
        schema = _ERROR if status >= 400 else self._answer_of(method, path)
        if schema is None:
            return []
        wrong = self._description.violations(schema, _fold(body))
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
            self._description.resolve(response).get("content", {}).get("application/json", {}).get("schema")
        )
        return schema

    def _unknown(self, schema: dict[str, Any], value: object, where: str) -> Iterator[str]:
        """Name the properties that no schema declares: the validator lets them pass."""
        if isinstance(value, list):
            items = self._description.resolve(schema).get("items", {})
            for index, item in enumerate(value):
                yield from self._unknown(items, item, f"{where}[{index}]")
        elif isinstance(value, dict):
            named = str(value.get("@odata.type", "")).removeprefix("#")
            declared = self._description.properties({"$ref": f"#/components/schemas/{named}"} if named else schema)
            for name, inner in value.items():
                if name.startswith("@odata."):
                    continue
                if name not in declared:
                    yield f"{where}.{name}"
                else:
                    yield from self._unknown(declared[name], inner, f"{where}.{name}")


def _fold(value: Any) -> Any:
    """Write the operations of a policy's target in camel case, as the description does and the service does not."""
    if isinstance(value, dict):
        return {
            name: [each[:1].lower() + each[1:] for each in inner] if name == "operations" else _fold(inner)
            for name, inner in value.items()
        }
    return [_fold(item) for item in value] if isinstance(value, list) else value
