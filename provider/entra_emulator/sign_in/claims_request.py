"""The ``claims`` parameter: an authentication context that the token must show, and what the client can cope with.

https://learn.microsoft.com/entra/identity-platform/claims-challenge
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from entra_emulator.sign_in.errors import SignInError, malformed
from entra_emulator.tokens import GRAPH_ID

_KNOWN_CAPABILITY = "cp1"


@dataclass(frozen=True, slots=True)
class ClaimsRequest:
    """The ids of authentication contexts (``c1`` …), and capabilities as the client spells them."""

    contexts: frozenset[str] = frozenset()
    capabilities: frozenset[str] = frozenset()

    def __or__(self, other: ClaimsRequest) -> ClaimsRequest:
        """Ask for both."""
        return ClaimsRequest(self.contexts | other.contexts, self.capabilities | other.capabilities)

    def claims(self) -> dict[str, list[str]]:
        """Write what an access token says of it."""
        said = {"acrs": sorted(self.contexts), "xms_cc": sorted(self.capabilities)}
        return {name: values for name, values in said.items() if values}


def read(text: str | None) -> ClaimsRequest:
    """Read what is asked of the access token; nothing else is of use to a client of Graph.

    Raises:
        SignInError: it is no JSON object of the form that OpenID Connect describes.
            https://openid.net/specs/openid-connect-core-1_0.html#ClaimsParameter
    """
    if not text:
        return ClaimsRequest()
    try:
        asked = json.loads(text)
        wanted = asked.get("access_token") or {}
        return ClaimsRequest(
            frozenset(_values(wanted.get("acrs"))),
            frozenset(value for value in _values(wanted.get("xms_cc")) if value.casefold() == _KNOWN_CAPABILITY),
        )
    except (ValueError, AttributeError, TypeError, RecursionError):
        raise malformed() from None


def _values(claim: dict[str, Any] | None) -> Iterator[str]:
    if claim is None:
        return
    values = claim.get("values", claim.get("value", []))
    for value in [values] if isinstance(values, str) else values:
        if not isinstance(value, str):
            raise TypeError(f"{value!r} is no value of a claim")
        yield value


def interaction_required() -> SignInError:
    """Name what a sign-in without MFA lacks.

    That an authentication context is satisfied by MFA and by nothing less is (inferred): the emulator has no
    Conditional Access in which an administrator would say so.
    """
    return SignInError(
        400,
        "interaction_required",
        50076,
        "Due to a configuration change made by your administrator, or because you moved to a new location, you must "
        f"use multi-factor authentication to access '{GRAPH_ID}'.",
    )
