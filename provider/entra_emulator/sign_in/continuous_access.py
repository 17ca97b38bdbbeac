"""Continuous access evaluation: a token that is still good by the clock, turned away after what ended its session.

https://learn.microsoft.com/entra/identity/conditional-access/concept-continuous-access-evaluation
"""

from __future__ import annotations

from entra_emulator.directory import applications
from entra_emulator.directory.objects import USER
from entra_emulator.directory.tenant import Caller, Tenant
from entra_emulator.sign_in import grants
from entra_emulator.tokens import challenge


def admit(tenant: Tenant, caller: Caller) -> None:
    """Let through whose session goes on, and whoever's client cannot take a challenge.

    Graph takes some minutes to notice; the emulator does not.

    Raises:
        Refusal: 401 InvalidAuthenticationToken with a claims challenge after the person's sessions were revoked, the
            password was changed, or the account was disabled or deleted.
    """
    if caller.session is None:
        return
    user = tenant.store.get(USER.active, caller.object_id)
    application = applications.find(tenant, caller.app_id)
    if user is None or application is None or not user["accountEnabled"]:
        raise challenge(tenant.now)
    if caller.session != grants.session(application, user):
        raise challenge(tenant.now)
