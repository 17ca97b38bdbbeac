"""Microsoft Entra roles through Privileged Identity Management, as Pulumi resources.

Names are loaded when they are used: importing ``pulumi_entra_pim.graph`` alone leaves Pulumi unloaded.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .resources import HOMES

if TYPE_CHECKING:
    from .functions import (
        ClientConfig,
        RoleDefinition,
        User,
        get_client_config,
        get_role_definition,
        get_user,
    )
    from .resources.eligibility import RoleEligibility, RoleEligibilityArgs
    from .resources.group import RoleAssignableGroup, RoleAssignableGroupArgs
    from .resources.user import TestUser, TestUserArgs
    from .roles import BuiltInRole

__all__ = [
    "BuiltInRole",
    "ClientConfig",
    "RoleAssignableGroup",
    "RoleAssignableGroupArgs",
    "RoleDefinition",
    "RoleEligibility",
    "RoleEligibilityArgs",
    "TestUser",
    "TestUserArgs",
    "User",
    "get_client_config",
    "get_role_definition",
    "get_user",
]

_HOMES = {
    **{kind: f".resources.{module}" for kind, module in HOMES.items()},
    **{f"{kind}Args": f".resources.{module}" for kind, module in HOMES.items()},
    "BuiltInRole": ".roles",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES.get(name, ".functions"), __name__), name)


def __dir__() -> list[str]:
    return __all__
