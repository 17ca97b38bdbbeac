"""Whether a tenant has a licence for Privileged Identity Management.

https://learn.microsoft.com/entra/id-governance/licensing-fundamentals#privileged-identity-management
"""

from typing import Any

from .client import Operation
from .paths import select


def has_pim(operation: Operation) -> bool:
    """Say whether the tenant has a licence for PIM, be it in its days of grace; raise Denied."""
    return any(
        sku.get("capabilityStatus") in ("Enabled", "Warning")
        and any(_is_for_pim(plan) for plan in sku.get("servicePlans") or ())
        for sku in operation.pages(f"/subscribedSkus?{select('id', 'capabilityStatus', 'servicePlans')}")
    )


def _is_for_pim(plan: Any) -> bool:
    name = str(plan.get("servicePlanName")) if isinstance(plan, dict) else ""
    return name == "AAD_PREMIUM_P2" or "governance" in name.lower()
