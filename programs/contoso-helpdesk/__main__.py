"""The Contoso helpdesk: who in IT may become User Administrator, and until when.

The set-up of Microsoft's tutorial "Assign Microsoft Entra roles through Privileged Identity Management APIs".
https://learn.microsoft.com/graph/tutorial-assign-azureadroles
"""

import pulumi
import pulumi_random as random

import pulumi_entra_pim as entra

config = pulumi.Config()

# The administrator owns the group and is in it. That is whoever runs this; an application names a person instead.
caller = entra.get_client_config()
administrator_name = config.get("administrator") or caller.user_principal_name
if not administrator_name:
    raise pulumi.RunError(
        "this runs as an application, so name the person who is to own the group:"
        " pulumi config set administrator NAME@YOUR-DOMAIN"
    )
administrator = entra.get_user(user_principal_name=administrator_name)
domain = config.get("upnDomain") or administrator.user_principal_name.rpartition("@")[2]

# Step 1: create a test user, who must choose a new password at the first sign-in.
password = config.get_secret("alinePassword")
if password is None:
    password = random.RandomPassword(
        "aline-password", length=24, min_lower=2, min_upper=2, min_numeric=2, min_special=2
    ).result

aline = entra.TestUser(
    "aline",
    user_principal_name=f"AlineD@{domain}",
    display_name="Aline Dupuy",
    mail_nickname="AlineD",
    password=password,
    force_change_password_next_sign_in=True,
)

# Step 2: create a security group that can be assigned a role, with the administrator as its owner, and both in it.
helpdesk = entra.RoleAssignableGroup(
    "it-helpdesk",
    display_name="IT Helpdesk (User)",
    description="IT Helpdesk to support Contoso employees",
    mail_nickname="userHelpdesk",
    owners=[administrator.object_id],
    members=[administrator.object_id, aline.id],
)

# Step 3: make the group eligible for User Administrator, over the whole directory, for a year.
eligibility = entra.RoleEligibility(
    "helpdesk-user-administrator",
    principal_id=helpdesk.id,
    role_definition_id=entra.BuiltInRole.USER_ADMINISTRATOR,
    directory_scope_id="/",
    duration=config.get("eligibleFor") or "P365D",
    justification="IT Helpdesk resets passwords and unlocks the accounts of Contoso's employees",
    ticket_number=config.get("ticketNumber"),
    ticket_system=config.get("ticketSystem"),
)

# Step 4 (look at Aline's assignments) and step 5 (activate, act) are no desired state: `make tour` shows them.
# Step 6, the clean-up, is `pulumi destroy`.
pulumi.export("tenant_id", caller.tenant_id)
pulumi.export("administrator_id", administrator.object_id)
pulumi.export("aline_id", aline.id)
pulumi.export("aline_user_principal_name", aline.user_principal_name)
pulumi.export("aline_password", aline.password)
pulumi.export("group_id", helpdesk.id)
pulumi.export("role_definition_id", eligibility.role_definition_id)
pulumi.export("eligibility_id", eligibility.id)
pulumi.export("eligibility_end", eligibility.effective_end)
