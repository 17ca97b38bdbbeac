from collections.abc import Sequence
from types import NoneType
from typing import Any, get_args, get_origin

import pytest

import pulumi_entra_pim
from pulumi_entra_pim.resources import HOMES, load_provider
from pulumi_entra_pim.resources._fields import Declared, declared
from tests.docs.page import Page

PAGES = {
    "TestUser": "docs/resources/test-user.md",
    "RoleAssignableGroup": "docs/resources/role-assignable-group.md",
    "RoleEligibility": "docs/resources/role-eligibility.md",
}

each_kind = pytest.mark.parametrize("kind", HOMES)


def test_every_kind_of_resource_has_a_page() -> None:
    assert set(PAGES) == set(HOMES)


@each_kind
def test_the_page_lists_every_input_in_the_order_of_its_declaration(kind: str) -> None:
    inputs = Page(PAGES[kind]).table("Input").column("Input")

    assert [cell.text for cell in inputs] == list(declared(load_provider(kind).args))


@each_kind
def test_each_input_has_its_default_or_is_marked_as_required(kind: str) -> None:
    table = Page(PAGES[kind]).table("Input")

    assert table.texts("Input", "Default") == {
        name: _default(each) for name, each in declared(load_provider(kind).args).items()
    }


@each_kind
def test_each_input_has_its_type(kind: str) -> None:
    table = Page(PAGES[kind]).table("Input", "Type")

    assert table.texts("Input", "Type") == {
        name: _input_type(hint) for name, hint in load_provider(kind).args.__annotations__.items()
    }


@each_kind
def test_a_replacement_is_announced_for_exactly_the_inputs_that_cause_one(kind: str) -> None:
    provider = load_provider(kind)
    changes = Page(PAGES[kind]).table("Input").texts("Input", "A change")

    assert {name for name, change in changes.items() if change == "replaces"} == {
        name for name in declared(provider.args) if provider.replaces(name, {name: "before"})
    }
    assert {change for change in changes.values() if not change.startswith("nothing is sent: ")} <= {
        "in place",
        "replaces",
    }


@each_kind
def test_the_page_lists_every_output_with_its_type(kind: str) -> None:
    table = Page(PAGES[kind]).table("Output", "Type")
    hints = getattr(pulumi_entra_pim, kind).__annotations__

    assert table.texts("Output", "Type") == {name: _output_type(hints[name]) for name in load_provider(kind).outputs}


def _default(each: Declared) -> str:
    default = each.field.default
    if each.required:
        return "required"
    if default is None:
        return "none"
    return f'"{default}"' if isinstance(default, str) else str(default)


def _input_type(hint: Any) -> str:
    """Spell the plain value that an input is, of ``Required[Annotated[Input[…], …]]``."""
    [annotated] = get_args(hint)
    return _plain(get_args(annotated)[0])


def _plain(input_: Any) -> str:
    value = get_args(input_)[0]
    if get_origin(value) is Sequence:
        return f"Sequence[{_plain(get_args(value)[0])}]"
    return str(value.__name__)


def _output_type(hint: Any) -> str:
    """Spell what ``Output[…]`` holds when it is set."""
    [inside] = get_args(hint)
    [kind] = [each for each in get_args(inside) if each is not NoneType] if get_origin(inside) else [inside]
    return str(kind.__name__)
