"""What a resource, a stack and a group are called, and what a change of that replaces."""

import pytest

from tests.lifecycle.directory import Directory
from tests.lifecycle.programs import HELPDESK
from tests.lifecycle.stack import Stack

pytestmark = pytest.mark.engine


def test_a_renamed_resource_and_a_renamed_stack_keep_the_group_and_its_unique_name(
    stack: Stack, directory: Directory
) -> None:
    stack.program(HELPDESK)
    stack.up()
    id_ = stack.resource("group")["id"]

    stack.edit('"group",', '"helpdesk", opts=pulumi.ResourceOptions(aliases=[pulumi.Alias(name="group")]),')
    assert stack.preview() == []
    stack.up()
    stack.rename("production")
    assert stack.preview() == []
    stack.edit('description="First line"', 'description="Second line"')
    stack.up()
    assert stack.resource("helpdesk")["id"] == id_
    assert directory.get(f"/groups/{id_}?$select=uniqueName")["uniqueName"] == "contoso-test-group"


def test_a_replaced_group_takes_its_eligibility_along(stack: Stack, directory: Directory) -> None:
    stack.program(HELPDESK)
    stack.up()
    old = stack.resource("group")

    stack.up("--replace", old["urn"])
    new = stack.resource("group")
    assert new["id"] != old["id"]
    assert directory.eligible_until(old["id"]) == []
    assert directory.eligible_until(new["id"]) == [stack.resource("eligibility")["outputs"]["effective_end"]]
    assert [group["id"] for group in directory.all("/groups")] == [new["id"]]
    assert stack.preview() == []


def test_a_replaced_eligibility_is_there_afterwards(stack: Stack, directory: Directory) -> None:
    stack.program(HELPDESK)
    stack.up()
    stack.up("--replace", stack.resource("eligibility")["urn"])
    assert len(directory.eligible_until(stack.resource("group")["id"])) == 1
    assert stack.preview() == []


def test_a_unique_name_that_the_program_changes_replaces_the_group(stack: Stack, directory: Directory) -> None:
    stack.program(HELPDESK)
    stack.edit('"group",', '"group", unique_name="helpdesk-1",')
    stack.up()
    stack.edit("helpdesk-1", "helpdesk-2")
    assert stack.preview() == ["replace eligibility", "replace group: unique_name"]
    stack.up()
    assert directory.get("/groups(uniqueName='helpdesk-2')")["id"] == stack.resource("group")["id"]


def test_after_destroy_the_program_goes_up_again(stack: Stack, directory: Directory) -> None:
    stack.program(HELPDESK)
    stack.up()
    stack.destroy()
    # The deleted group keeps its unique name for as long as it can be restored.
    stack.up()
    group = directory.get(f"/groups/{stack.resource('group')['id']}?$select=uniqueName")
    assert group["uniqueName"] == "contoso-test-group-2"
    assert stack.preview() == []
    assert stack.drift() == []
    stack.destroy()
    assert directory.all("/groups") == []


def test_a_unique_name_of_ones_own_that_a_deleted_group_holds_is_refused_with_the_way_back(
    stack: Stack, directory: Directory
) -> None:
    stack.program(HELPDESK)
    stack.edit('"group",', '"group", unique_name="helpdesk",')
    stack.up()
    id_ = stack.resource("group")["id"]
    stack.destroy()
    [line] = stack.fails("up").diagnostics["group"]
    assert f"restore it (POST /directory/deletedItems/{id_}/restore) and set adopt_existing=True" in line

    directory.send("POST", f"/directory/deletedItems/{id_}/restore", {})
    stack.edit('"group",', '"group", adopt_existing=True,')
    stack.up()
    assert stack.resource("group")["id"] == id_
    assert stack.preview() == []
