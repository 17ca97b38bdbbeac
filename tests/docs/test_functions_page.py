from typing import get_type_hints

from pulumi_entra_pim import BuiltInRole, ClientConfig, RoleDefinition, User
from tests.docs.page import Page

PAGE = Page("docs/functions.md")


def test_the_tables_of_the_functions_list_what_they_answer() -> None:
    shown = [[(name.text, type_.text) for name, type_, _ in table.rows] for table in PAGE.tables("Value", "Type")]

    assert shown == [
        [(name, type_.__name__) for name, type_ in get_type_hints(answer).items()]
        for answer in (ClientConfig, User, RoleDefinition)
    ]


def test_the_table_of_built_in_roles_has_every_name_with_its_id() -> None:
    table = PAGE.table("entra.BuiltInRole.")

    assert {name.text: id_.text for name, id_ in table.rows} == {role.name: role.value for role in BuiltInRole}
