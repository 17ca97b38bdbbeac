"""Programs that more than one story begins with."""

ADMINISTRATOR = "1ed8ac56-4827-4733-8f80-86adc2e67db5"

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
