"""What the programs of the tests declare, one function a kind of resource."""

from typing import Any

from .entra import PASSWORD

USER_ADMINISTRATOR = "fe930be7-5e62-47db-91af-98c3a49a38b1"
HELPDESK_ADMINISTRATOR = "729827e3-9c14-49f7-bb1b-9608f156bbb8"
NOBODY = "00000000-0000-0000-0000-000000000001"

KINDS = ("TestUser", "RoleAssignableGroup", "RoleEligibility")


def a_user(**more: Any) -> dict[str, Any]:
    """Declare Aline."""
    return _set(
        {
            "user_principal_name": "AlineD@contoso.com",
            "display_name": "Aline Dupuy",
            "mail_nickname": "AlineD",
            "password": PASSWORD,
            **more,
        }
    )


def a_group(**more: Any) -> dict[str, Any]:
    """Declare the help desk; the resource class adds the default unique name."""
    return _set(
        {
            "display_name": "IT Helpdesk (User)",
            "mail_nickname": "userHelpdesk",
            "default_unique_name": "contoso-dev-helpdesk",
            **more,
        }
    )


def an_eligibility(principal_id: str, **more: Any) -> dict[str, Any]:
    """Declare that somebody is eligible for User Administrator for a year."""
    ends = {} if {"end", "permanent", "duration"} & set(more) else {"duration": "P365D"}
    return _set(
        {
            "principal_id": principal_id,
            "role_definition_id": USER_ADMINISTRATOR,
            "justification": "the help desk",
            **ends,
            **more,
        }
    )


def _set(values: dict[str, Any]) -> dict[str, Any]:
    """Return what is set: the engine passes nothing else on."""
    return {name: value for name, value in values.items() if value is not None}
