import ast
from collections.abc import Iterator
from typing import Any

import pulumi
import pytest
from pulumi.runtime import mocks, rpc

from pulumi_entra_pim.resources import load_provider
from tests.docs.page import Page
from tests.docs.test_links import PAGES
from tests.docs.test_resource_pages import PAGES as RESOURCE_PAGES

_ID = "1ed8ac56-4827-4733-8f80-86adc2e67db5"
_CONFIGURED = {
    "project:alinePassword": "correct-Horse-7",
    "project:administratorId": _ID,
    "project:helpdeskIds": f'["{_ID}"]',
    "project:helpdeskGroupId": _ID,
}


class _Declared(mocks.Mocks):
    """Note what a program declares, without an engine."""

    def __init__(self) -> None:
        self.resources: list[tuple[str, dict[str, Any]]] = []

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        inputs = {name: rpc.unwrap_rpc_secret(value) for name, value in args.inputs.items()}
        self.resources.append((args.typ.rpartition(":")[2], inputs))
        return _ID, args.inputs

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        return {}, None


@pytest.fixture
def declared() -> Iterator[_Declared]:
    """What a program declares while the test lasts, with the configuration that the examples read."""
    declared = _Declared()
    mocks.set_mocks(declared)
    pulumi.runtime.set_all_config(_CONFIGURED)
    yield declared
    pulumi.runtime.settings.reset_options()
    pulumi.runtime.set_all_config({})


@pytest.mark.parametrize("path", PAGES)
def test_every_python_example_is_python(path: str) -> None:
    for block in Page(path).code_blocks("python"):
        ast.parse(block)


@pytest.mark.parametrize(("kind", "path"), list(RESOURCE_PAGES.items()))
def test_the_example_of_a_resource_declares_it_with_inputs_that_pass_the_preview(
    kind: str, path: str, declared: _Declared, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ENTRA_PIM_ACCESS_TOKEN", "a token")
    [example] = Page(path).code_blocks("python")

    to_its_end: Any = pulumi.runtime.test

    to_its_end(lambda: exec(compile(example, path, "exec"), {}))()  # noqa: S102 (the page's own program)

    [(typ, inputs)] = declared.resources
    provider = load_provider(kind)
    assert typ == kind
    assert provider.check({}, inputs).failures == []
