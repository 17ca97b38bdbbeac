"""Rules about how roles are activated: all are about the tenant's policies, which no preview holds."""

from __future__ import annotations

from ..declared import Declared
from .rule import Answer, Context, Rule, not_checked

_PIM_SETTINGS = (
    "https://learn.microsoft.com/entra/id-governance/privileged-identity-management/pim-how-to-change-default-settings"
)
_CISA = "https://github.com/cisagov/ScubaGear/blob/v1.8.0/PowerShell/ScubaGear/baselines/aad.md"


def _asks_the_tenant(_: Declared, __: Context) -> Answer:
    return not_checked("the tenant's policies are not in a preview")


OF_ALL: tuple[Rule[Declared], ...] = (
    Rule(
        "PIM-A01",
        "A role is activated for 8 hours at most, with multifactor authentication",
        "advisory",
        _asks_the_tenant,
        "look at the role's settings in PIM",
        _PIM_SETTINGS,
    ),
    Rule(
        "PIM-A02",
        "Activating a tier-0 role takes the approval of one of two people",
        "advisory",
        _asks_the_tenant,
        "look at the role's settings in PIM",
        _CISA,
    ),
    Rule(
        "PIM-A03",
        "Somebody is told when a privileged role is given",
        "advisory",
        _asks_the_tenant,
        "look at the role's settings in PIM",
        _CISA,
    ),
)
"""The rules about activation."""
