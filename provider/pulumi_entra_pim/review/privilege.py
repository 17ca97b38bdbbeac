"""What is known of roles without asking a tenant: others' labels and lists, and when they were read.

- Microsoft's PRIVILEGED label and the roles' ids: the table in ``roles``, with its date.
- CISA's highly privileged roles: https://github.com/cisagov/ScubaGear/blob/v1.8.0/PowerShell/ScubaGear/baselines/aad.md
- roles that an administrative unit can bound:
  https://learn.microsoft.com/entra/identity/role-based-access-control/admin-units-assign-roles
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ..roles import AS_OF, BuiltInRole, role_name
from .model import Role

_TABLE_IS_OLD_AFTER = timedelta(days=365)

# In the table without Microsoft's label.
_UNLABELLED = frozenset(
    {BuiltInRole.EXCHANGE_ADMINISTRATOR, BuiltInRole.GROUPS_ADMINISTRATOR, BuiltInRole.SHAREPOINT_ADMINISTRATOR}
)
_CISA = frozenset(
    {
        BuiltInRole.APPLICATION_ADMINISTRATOR,
        BuiltInRole.CLOUD_APPLICATION_ADMINISTRATOR,
        BuiltInRole.EXCHANGE_ADMINISTRATOR,
        BuiltInRole.GLOBAL_ADMINISTRATOR,
        BuiltInRole.HYBRID_IDENTITY_ADMINISTRATOR,
        BuiltInRole.PRIVILEGED_ROLE_ADMINISTRATOR,
        BuiltInRole.SHAREPOINT_ADMINISTRATOR,
        BuiltInRole.USER_ADMINISTRATOR,
    }
)
TIER_0: frozenset[str] = frozenset(
    {
        BuiltInRole.GLOBAL_ADMINISTRATOR,
        BuiltInRole.PRIVILEGED_AUTHENTICATION_ADMINISTRATOR,
        BuiltInRole.PRIVILEGED_ROLE_ADMINISTRATOR,
    }
)
"""Roles that can give themselves, or take over who has, every other role.

https://learn.microsoft.com/entra/identity/role-based-access-control/privileged-roles-permissions
"""

BOUNDED_BY_UNITS: frozenset[str] = frozenset(
    {
        BuiltInRole.AUTHENTICATION_ADMINISTRATOR,
        BuiltInRole.CLOUD_DEVICE_ADMINISTRATOR,
        BuiltInRole.GROUPS_ADMINISTRATOR,
        BuiltInRole.HELPDESK_ADMINISTRATOR,
        BuiltInRole.PASSWORD_ADMINISTRATOR,
        BuiltInRole.PRIVILEGED_AUTHENTICATION_ADMINISTRATOR,
        BuiltInRole.SHAREPOINT_ADMINISTRATOR,
        BuiltInRole.USER_ADMINISTRATOR,
    }
)
"""Roles of the table that can be given over an administrative unit."""


def role(role_definition_id: str) -> Role:
    """Return what is known of a role; one that is not in the table goes by its id."""
    try:
        known = BuiltInRole(role_definition_id)
    except ValueError:
        return Role(role_definition_id, role_definition_id, privileged=None, cisa=False)
    return Role(role_name(known), known.value, privileged=known not in _UNLABELLED, cisa=known in _CISA)


def role_id(name_or_id: str) -> str | None:
    """Return the id of a role that is written as its id, or as the name of one in the table; None for other names."""
    wanted = name_or_id.strip().casefold()
    return next((each.value for each in BuiltInRole if wanted in (each.value, role_name(each).casefold())), None)


def age_of_table(as_of: datetime) -> str | None:
    """Say that the table of roles is old, when it is."""
    read = datetime.fromisoformat(AS_OF).replace(tzinfo=UTC)
    if as_of - read <= _TABLE_IS_OLD_AFTER:
        return None
    return (
        f"the table of privileged roles is of {AS_OF}, {(as_of - read).days} days old: Microsoft may label more by now"
    )
