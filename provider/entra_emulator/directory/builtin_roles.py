"""The built-in roles: template id, name, purpose. The id is the same in every tenant.

https://learn.microsoft.com/entra/identity/role-based-access-control/permissions-reference (20 January 2026): every role
that it labels as privileged, and the commonest others.
"""

from __future__ import annotations

BUILT_IN_ROLES = (
    ("db506228-d27e-4b7d-95e5-295956d6615f", "Agent ID Administrator", "Manage all aspects of agents."),
    ("9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3", "Application Administrator", "Manage all apps and enterprise apps."),
    ("cf1c38e5-3621-4004-a7cb-879624dced7c", "Application Developer", "Register applications."),
    ("ecb2c6bf-0ab6-418e-bd87-7986f8d63bbe", "Attribute Provisioning Administrator", "Edit attribute provisioning."),
    ("422218e4-db15-4ef9-bbe0-8afb41546d79", "Attribute Provisioning Reader", "Read attribute provisioning."),
    ("c4e39bd9-1100-46d3-8c65-fb160da0071f", "Authentication Administrator", "Reset sign-in methods of non-admins."),
    (
        "25a516ed-2fa0-40ea-a2d0-12923a21473a",
        "Authentication Extensibility Administrator",
        "Manage sign-in extensions.",
    ),
    ("0526716b-113d-4c15-b2c8-68e3c22b9f80", "Authentication Policy Administrator", "Manage sign-in method policies."),
    ("aaf43236-0c0d-4d5f-883a-6955382ac081", "B2C IEF Keyset Administrator", "Manage secrets of trust frameworks."),
    ("b0f54661-2d74-4c50-afa3-1ec803f12efe", "Billing Administrator", "Manage purchases and subscriptions."),
    (
        "158c047a-c907-4556-b7ef-446551a6b5f7",
        "Cloud Application Administrator",
        "Manage apps except application proxy.",
    ),
    ("7698a772-787b-4ac8-901f-60d6b08affd2", "Cloud Device Administrator", "Manage devices in the directory."),
    ("17315797-102d-40b4-93e0-432062caca18", "Compliance Administrator", "Manage compliance configuration."),
    ("b1be1c3e-b65d-4f19-8427-f6fa0d97feb9", "Conditional Access Administrator", "Manage Conditional Access."),
    ("88d8e3e3-8f55-4a1e-953a-9b9898b8876b", "Directory Readers", "Read basic directory information."),
    ("9360feb5-f418-4baa-8175-e2a00bac4301", "Directory Writers", "Read and write basic directory information."),
    ("8329153b-31d0-4727-b945-745eb3bc5f31", "Domain Name Administrator", "Manage domain names."),
    ("29232cdf-9323-42fd-ade2-1d097af3e4de", "Exchange Administrator", "Manage Exchange."),
    (
        "be2f45a1-457d-42af-a067-6ec1fa63bc45",
        "External Identity Provider Administrator",
        "Configure identity providers.",
    ),
    ("62e90394-69f5-4237-9190-012177145e10", "Global Administrator", "Manage everything that uses Entra identities."),
    ("f2ef992c-3afb-46b9-b7cf-a126ee74c451", "Global Reader", "Read all that a Global Administrator can."),
    ("fdd7a751-b60b-444a-984c-02652fe8fa1c", "Groups Administrator", "Manage groups and group settings."),
    ("95e79109-95c0-4d8e-aee3-d01accf2d47b", "Guest Inviter", "Invite guest users."),
    ("729827e3-9c14-49f7-bb1b-9608f156bbb8", "Helpdesk Administrator", "Reset passwords of non-admins."),
    ("8ac3fc64-6eca-42ea-9e69-59f4c7b60eb2", "Hybrid Identity Administrator", "Manage cloud sync and federation."),
    ("45d8d3c5-c802-45c6-b32a-1d70b5e1e86e", "Identity Governance Administrator", "Manage access governance."),
    ("3a2c62db-5318-420d-8d74-23affee5d9d5", "Intune Administrator", "Manage Intune."),
    ("4d6ac14f-3453-41d0-bef9-a3e0c569773a", "License Administrator", "Assign product licences."),
    ("59d46f88-662b-457b-bceb-5c3809e5908f", "Lifecycle Workflows Administrator", "Manage lifecycle workflows."),
    ("4ba39ca4-527c-499a-b93d-d9b492c50246", "Partner Tier1 Support", "Not for general use."),
    ("e00e864a-17c5-4a4b-9c06-f5b95a8d5bd8", "Partner Tier2 Support", "Not for general use."),
    ("966707d0-3269-4727-9be2-8c3a10f19b9d", "Password Administrator", "Reset passwords of non-admins."),
    (
        "7be44c8a-adaf-4e2a-84d6-ab2649e08a13",
        "Privileged Authentication Administrator",
        "Reset anybody's sign-in methods.",
    ),
    ("e8611ab8-c189-46e8-94e1-60213ab1f814", "Privileged Role Administrator", "Manage role assignments and PIM."),
    ("4a5d8f65-41da-4de4-8968-e035b65339cf", "Reports Reader", "Read sign-in and audit reports."),
    ("194ae4cb-b126-40b2-bd5b-6091b380977d", "Security Administrator", "Manage security configuration."),
    ("5f2222b1-57c3-48ba-8ad5-d4759f1fde6f", "Security Operator", "Manage security events."),
    ("5d6b6bb7-de71-4623-b4af-96380a352509", "Security Reader", "Read security information."),
    ("f28a1f50-f6e7-4571-818b-6a12f2af6b6c", "SharePoint Administrator", "Manage SharePoint."),
    ("69091246-20e8-4a56-aa4d-066075b2a7a8", "Teams Administrator", "Manage Teams."),
    ("fe930be7-5e62-47db-91af-98c3a49a38b1", "User Administrator", "Manage users and groups."),
)
