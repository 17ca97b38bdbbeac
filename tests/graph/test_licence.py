"""Which licences let a tenant use Privileged Identity Management."""

import pytest

from pulumi_entra_pim.graph.licence import has_pim

from .service import Service, answer
from .virtual_clock import VirtualClock


def sku(*plans: object, status: str = "Enabled") -> dict[str, object]:
    return {"id": "a-sku", "capabilityStatus": status, "servicePlans": list(plans)}


@pytest.mark.parametrize(
    "licensed",
    [
        sku({"servicePlanName": "AAD_PREMIUM"}, {"servicePlanName": "AAD_PREMIUM_P2"}),
        sku({"servicePlanName": "Entra_Identity_Governance"}),
        sku({"servicePlanName": "AAD_PREMIUM_P2"}, status="Warning"),
    ],
)
def test_a_plan_of_p2_or_governance_that_is_in_force_will_do(clock: VirtualClock, licensed: object) -> None:
    service = Service(answer(200, {"value": [sku({"servicePlanName": "EXCHANGE"}), licensed]}))

    assert has_pim(service.operation(clock))


@pytest.mark.parametrize(
    "other",
    [
        sku({"servicePlanName": "AAD_PREMIUM"}),
        sku({"servicePlanName": "AAD_PREMIUM_P2"}, status="Suspended"),
        sku("AAD_PREMIUM_P2"),
        {"id": "a-sku", "capabilityStatus": "Enabled", "servicePlans": None},
    ],
)
def test_anything_else_will_not(clock: VirtualClock, other: object) -> None:
    assert not has_pim(Service(answer(200, {"value": [other]})).operation(clock))
