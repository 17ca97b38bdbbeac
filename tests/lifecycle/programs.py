"""Programs that more than one story begins with, and who and what is in them."""

ADMINISTRATOR = "1ed8ac56-4827-4733-8f80-86adc2e67db5"
"""The seeded person."""

USER_ADMINISTRATOR = "fe930be7-5e62-47db-91af-98c3a49a38b1"
HELPDESK_ADMINISTRATOR = "729827e3-9c14-49f7-bb1b-9608f156bbb8"
"""Roles, by their ids at Microsoft."""

NOBODY = "00000000-0000-4000-8000-000000000000"
"""An id that no object has."""

ALINE = """
    aline = entra.TestUser(
        "aline",
        user_principal_name="alined@contoso.com",
        display_name="Aline Dupuy",
        mail_nickname="alined",
        password="First-Password-1",
        department="Support",
    )
"""

GROUP = f"""
    group = entra.RoleAssignableGroup(
        "group",
        display_name="IT Helpdesk",
        description="First line",
        mail_nickname="helpdesk",
        owners=["{ADMINISTRATOR}"],
        members=[aline.id],
    )
"""

ELIGIBILITY = """
    eligibility = entra.RoleEligibility(
        "eligibility",
        principal_id=group.id,
        role_definition_id=entra.BuiltInRole.USER_ADMINISTRATOR,
        duration="P30D",
        justification="First line support",
    )
"""

HELPDESK = ALINE + GROUP + ELIGIBILITY
