"""A program that declares what was found, as a person would write it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..roles import BuiltInRole
from .declarations import Declaration, Declarations
from .names import variable

_IDS = frozenset({"principal_id", "owners", "members"})
_ROLES = {str(role): role.name for role in BuiltInRole}


def program(found: Declarations) -> str:
    """Return the text of a Pulumi program; the same resources make the same text."""
    variables = {each.id: variable(each.name) for each in found.resources}
    head = (
        f'"""Access to Microsoft Entra roles in the tenant {found.tenant_id}."""\n\nimport pulumi_entra_pim as entra\n'
    )
    bodies = ("\n".join(_resource(each, variables, found.titles)) for each in found.resources)
    return "\n".join((head, *(f"{body}\n" for body in bodies)))


def _resource(resource: Declaration, variables: Mapping[str, str], titles: Mapping[str, str]) -> Iterator[str]:
    yield f"# {_comment(resource.title)}"
    yield f"{variable(resource.name)} = entra.{resource.kind}("
    yield f"    {literal(resource.name)},"
    for name, value in resource.said.items():
        if name in _IDS:
            yield from _ids(name, value, variables, titles)
        else:
            yield f"    {name}={_value(name, value)},"
    yield ")"


def _ids(name: str, value: Any, variables: Mapping[str, str], titles: Mapping[str, str]) -> Iterator[str]:
    """Write ids as references to the program's own resources, and others with who they are."""

    def written(id_: str) -> str:
        if id_ in variables:
            return f"{variables[id_]}.id,"
        title = titles.get(id_, "")
        return f"{literal(id_)},{f'  # {_comment(title)}' if title else ''}"

    if isinstance(value, str):
        yield f"    {name}={written(value)}"
    elif not value:
        yield f"    {name}=[],"
    else:
        yield f"    {name}=["
        for each in value:
            yield f"        {written(each)}"
        yield "    ],"


def _value(name: str, value: Any) -> str:
    if not isinstance(value, str):
        return repr(value)
    if name == "role_definition_id" and value in _ROLES:
        return f"entra.BuiltInRole.{_ROLES[value]}"
    return literal(value)


def literal(text: str) -> str:
    """Return a text as a Python literal; whatever is in it stays inside."""
    return f'"{"".join(_escaped(character) for character in text)}"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    return character if character.isprintable() else character.encode("unicode_escape").decode()


def _comment(text: str) -> str:
    """Return a text as the end of a comment: one line, whatever is in it."""
    return "".join(character if character.isprintable() else "?" for character in text)
