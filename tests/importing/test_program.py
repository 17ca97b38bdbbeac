"""The program that import writes: valid Python, and nothing in it but what it declares."""

import ast

from hypothesis import given
from hypothesis import strategies as st

from pulumi_entra_pim.importing.declarations import Declaration, Declarations
from pulumi_entra_pim.importing.program import literal, program

TENANT = "84841066-274d-4ec0-a5c1-276be684bdd3"
ANY_TEXT = st.text(st.characters())
"""Lone surrogates and controls included."""


def group(title: str, **said: object) -> Declaration:
    return Declaration("RoleAssignableGroup", "helpdesk", "a-group", title, {"display_name": title, **said}, {}, {})


def declarations(*resources: Declaration, **titles: str) -> Declarations:
    return Declarations(TENANT, resources, (), titles)


def calls(text: str) -> list[ast.Call]:
    """Return what a program calls; fail when it does anything else."""
    docstring, imported, *assignments = ast.parse(text).body
    assert isinstance(docstring, ast.Expr)
    assert isinstance(imported, ast.Import)
    found = []
    for each in assignments:
        assert isinstance(each, ast.Assign)
        assert isinstance(each.value, ast.Call)
        found.append(each.value)
    return found


@given(ANY_TEXT)
def test_a_literal_is_the_text_and_cannot_be_left(text: str) -> None:
    written = literal(text)

    assert ast.literal_eval(written) == text
    assert written.isprintable()


@given(ANY_TEXT, ANY_TEXT)
def test_no_name_becomes_a_statement(title: str, member: str) -> None:
    [call] = calls(program(declarations(group(title, members=["an-id"]), **{"an-id": member})))

    values = {keyword.arg: ast.literal_eval(keyword.value) for keyword in call.keywords}
    assert values == {"display_name": title, "members": ["an-id"]}


def test_what_the_program_declares_is_referred_to_and_others_are_named_by_id() -> None:
    eligibility = Declaration(
        "RoleEligibility",
        "user-administrator-helpdesk",
        "a-grant",
        "Helpdesk, eligible for User Administrator",
        {
            "principal_id": "a-group",
            "role_definition_id": "fe930be7-5e62-47db-91af-98c3a49a38b1",
            "permanent": True,
        },
        {},
        {},
    )

    text = program(declarations(group("Helpdesk", owners=[], members=["b", "c"]), eligibility, b="bob@contoso.com"))

    assert (
        text
        == f'''"""Access to Microsoft Entra roles in the tenant {TENANT}."""

import pulumi_entra_pim as entra

# Helpdesk
helpdesk = entra.RoleAssignableGroup(
    "helpdesk",
    display_name="Helpdesk",
    owners=[],
    members=[
        "b",  # bob@contoso.com
        "c",
    ],
)

# Helpdesk, eligible for User Administrator
user_administrator_helpdesk = entra.RoleEligibility(
    "user-administrator-helpdesk",
    principal_id=helpdesk.id,
    role_definition_id=entra.BuiltInRole.USER_ADMINISTRATOR,
    permanent=True,
)
'''
    )


def test_a_role_that_is_not_built_in_is_named_by_id() -> None:
    role = {"role_definition_id": "00000000-0000-4000-8000-000000000001"}
    text = program(declarations(Declaration("RoleEligibility", "own", "a-grant", "own", role, {}, {})))

    assert '    role_definition_id="00000000-0000-4000-8000-000000000001",\n' in text
