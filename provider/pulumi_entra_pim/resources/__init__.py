"""The resources: what a program may declare, and how each becomes calls to Graph."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._base import GraphProvider

HOMES: dict[str, str] = {
    "TestUser": "user",
    "RoleAssignableGroup": "group",
    "RoleEligibility": "eligibility",
}
"""Each kind of resource and the module it lives in."""


def load_provider(kind: str) -> "GraphProvider":
    """Return the provider of a kind of resource.

    This function's dotted name and the kinds are in every user's state: they are what a pickled provider is. They may
    never change; the classes behind them may.
    """
    if kind not in HOMES:
        raise ModuleNotFoundError(
            f"this pulumi-entra-pim has no {kind}: the state was written by a newer version, install that one"
        )
    provider: GraphProvider = getattr(import_module(f".{HOMES[kind]}", __name__), f"{kind}Provider")()
    return provider
