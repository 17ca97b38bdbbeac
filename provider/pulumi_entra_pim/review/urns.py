"""The names that the engine gives to resources.

``urn:pulumi:STACK::PROJECT::PARENT$TYPE::NAME``; a name may hold ``::`` itself, nothing before it can.
https://www.pulumi.com/docs/iac/concepts/resources/names/#urns
"""

from __future__ import annotations

from functools import cache

_PREFIX = "urn:pulumi:"


@cache
def parts(urn: str) -> tuple[str, str, str, str]:
    """Return stack, project, type (without the parents') and name; what a broken URN lacks is empty."""
    stack, project, qualified, name, *_ = [*urn.removeprefix(_PREFIX).split("::", 3), "", "", ""]
    return stack, project, qualified.rpartition("$")[2], name


def name_of(urn: str) -> str:
    """Return the name that the program gave."""
    return parts(urn)[3]


def type_of(urn: str) -> str:
    """Return the type of the resource itself."""
    return parts(urn)[2]
