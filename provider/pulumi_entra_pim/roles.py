"""Built-in roles of Microsoft Entra: their ids, the same in every tenant.

The table is dated: role template ids do not change, but Microsoft adds roles. Any other role is found with
``get_role_definition``.
Source: https://learn.microsoft.com/entra/identity/role-based-access-control/permissions-reference (2026-01-20).
"""

from enum import StrEnum

AS_OF = "2026-01-20"


class BuiltInRole(StrEnum):
    """Ids of built-in role definitions: those that Microsoft labels PRIVILEGED, and what this project adds to them."""

    AGENT_ID_ADMINISTRATOR = "db506228-d27e-4b7d-95e5-295956d6615f"
    APPLICATION_ADMINISTRATOR = "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3"
    APPLICATION_DEVELOPER = "cf1c38e5-3621-4004-a7cb-879624dced7c"
    ATTRIBUTE_PROVISIONING_ADMINISTRATOR = "ecb2c6bf-0ab6-418e-bd87-7986f8d63bbe"
    ATTRIBUTE_PROVISIONING_READER = "422218e4-db15-4ef9-bbe0-8afb41546d79"
    AUTHENTICATION_ADMINISTRATOR = "c4e39bd9-1100-46d3-8c65-fb160da0071f"
    AUTHENTICATION_EXTENSIBILITY_ADMINISTRATOR = "25a516ed-2fa0-40ea-a2d0-12923a21473a"
    B2C_IEF_KEYSET_ADMINISTRATOR = "aaf43236-0c0d-4d5f-883a-6955382ac081"
    CLOUD_APPLICATION_ADMINISTRATOR = "158c047a-c907-4556-b7ef-446551a6b5f7"
    CLOUD_DEVICE_ADMINISTRATOR = "7698a772-787b-4ac8-901f-60d6b08affd2"
    CONDITIONAL_ACCESS_ADMINISTRATOR = "b1be1c3e-b65d-4f19-8427-f6fa0d97feb9"
    DIRECTORY_WRITERS = "9360feb5-f418-4baa-8175-e2a00bac4301"
    DOMAIN_NAME_ADMINISTRATOR = "8329153b-31d0-4727-b945-745eb3bc5f31"
    EXCHANGE_ADMINISTRATOR = "29232cdf-9323-42fd-ade2-1d097af3e4de"
    EXTERNAL_IDENTITY_PROVIDER_ADMINISTRATOR = "be2f45a1-457d-42af-a067-6ec1fa63bc45"
    GLOBAL_ADMINISTRATOR = "62e90394-69f5-4237-9190-012177145e10"
    GLOBAL_READER = "f2ef992c-3afb-46b9-b7cf-a126ee74c451"
    GROUPS_ADMINISTRATOR = "fdd7a751-b60b-444a-984c-02652fe8fa1c"
    HELPDESK_ADMINISTRATOR = "729827e3-9c14-49f7-bb1b-9608f156bbb8"
    HYBRID_IDENTITY_ADMINISTRATOR = "8ac3fc64-6eca-42ea-9e69-59f4c7b60eb2"
    INTUNE_ADMINISTRATOR = "3a2c62db-5318-420d-8d74-23affee5d9d5"
    LIFECYCLE_WORKFLOWS_ADMINISTRATOR = "59d46f88-662b-457b-bceb-5c3809e5908f"
    PARTNER_TIER1_SUPPORT = "4ba39ca4-527c-499a-b93d-d9b492c50246"
    PARTNER_TIER2_SUPPORT = "e00e864a-17c5-4a4b-9c06-f5b95a8d5bd8"
    PASSWORD_ADMINISTRATOR = "966707d0-3269-4727-9be2-8c3a10f19b9d"
    PRIVILEGED_AUTHENTICATION_ADMINISTRATOR = "7be44c8a-adaf-4e2a-84d6-ab2649e08a13"
    PRIVILEGED_ROLE_ADMINISTRATOR = "e8611ab8-c189-46e8-94e1-60213ab1f814"
    SECURITY_ADMINISTRATOR = "194ae4cb-b126-40b2-bd5b-6091b380977d"
    SECURITY_OPERATOR = "5f2222b1-57c3-48ba-8ad5-d4759f1fde6f"
    SECURITY_READER = "5d6b6bb7-de71-4623-b4af-96380a352509"
    SHAREPOINT_ADMINISTRATOR = "f28a1f50-f6e7-4571-818b-6a12f2af6b6c"
    USER_ADMINISTRATOR = "fe930be7-5e62-47db-91af-98c3a49a38b1"


_SPELLINGS = {"Id": "ID", "B2c": "B2C", "Ief": "IEF", "Sharepoint": "SharePoint"}


def role_name(role_definition_id: str) -> str:
    """Return a built-in role's display name, and any other role's id as it is."""
    try:
        words = BuiltInRole(role_definition_id.lower()).name.split("_")
    except ValueError:
        return role_definition_id
    return " ".join(_SPELLINGS.get(word.title(), word.title()) for word in words)
