"""Users: https://learn.microsoft.com/graph/api/resources/user."""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import timedelta

from entra_emulator.directory import deleted_items, moments, objects, organization, privilege
from entra_emulator.directory.objects import USER
from entra_emulator.directory.properties import Property, Schema
from entra_emulator.directory.store import Document
from entra_emulator.directory.tenant import Caller, Tenant
from entra_emulator.refusals import Detail, bad_request, resource_not_found

DEFAULT_PROPERTIES = (
    "id", "businessPhones", "displayName", "givenName", "jobTitle", "mail", "mobilePhone", "officeLocation",
    "preferredLanguage", "surname", "userPrincipalName",
)  # fmt: skip
_COUNTRY = re.compile(r"[A-Za-z]{2}")
_WRITABLE = {
    "accountEnabled": Property(bool, required=True),
    "displayName": Property(str, 256, required=True),
    "mailNickname": Property(str, 64, re.compile(r'[^\x00-\x20\x7f-\U0010ffff@()\\\[\]";:<>,]+'), required=True),
    "userPrincipalName": Property(str, required=True),
    "passwordProfile": Property(dict, required=True),
    "ageGroup": Property(str, 64),
    "businessPhones": Property(list, 1),
    "city": Property(str, 128),
    "companyName": Property(str, 64),
    "consentProvidedForMinor": Property(str, 64),
    "country": Property(str, 128),
    "department": Property(str, 64),
    "employeeHireDate": Property(str, moment=True),
    "employeeId": Property(str, 16),
    "employeeType": Property(str, 64),
    "faxNumber": Property(str, 64),
    "givenName": Property(str, 64),
    "jobTitle": Property(str, 128),
    "mail": Property(str, 256),
    "mobilePhone": Property(str, 64),
    "officeLocation": Property(str, 128),
    "onPremisesImmutableId": Property(str, 64),
    "otherMails": Property(list, 250),
    "passwordPolicies": Property(str),
    "postalCode": Property(str, 40),
    "preferredLanguage": Property(str, 64),
    "showInAddressList": Property(bool),
    "state": Property(str, 128),
    "streetAddress": Property(str, 1024),
    "surname": Property(str, 64),
    "usageLocation": Property(str, 2, _COUNTRY),
    "userType": Property(str, 64, re.compile("Member|Guest")),
}
_READ_ONLY = frozenset({
    "id", "assignedLicenses", "assignedPlans", "createdDateTime", "creationType", "deletedDateTime", "imAddresses",
    "lastPasswordChangeDateTime", "legalAgeGroupClassification", "licenseAssignmentStates",
    "onPremisesDistinguishedName", "onPremisesDomainName", "onPremisesLastSyncDateTime", "onPremisesSamAccountName",
    "onPremisesSecurityIdentifier", "onPremisesSyncEnabled", "onPremisesUserPrincipalName", "provisionedPlans",
    "proxyAddresses", "securityIdentifier", "serviceProvisioningErrors", "signInSessionsValidFromDateTime",
})  # fmt: skip
_OTHER = frozenset({
    "aboutMe", "birthday", "deviceEnrollmentLimit", "employeeLeaveDateTime", "employeeOrgData", "externalUserState",
    "externalUserStateChangeDateTime", "hireDate", "identities", "identityParentId", "interests",
    "isManagementRestricted", "isResourceAccount", "mySite", "onPremisesExtensionAttributes",
    "onPremisesProvisioningErrors", "pastProjects", "preferredDataLocation", "preferredName", "responsibilities",
    "schools", "signInActivity", "skills",
})  # fmt: skip
PROPERTIES = frozenset(_WRITABLE) | _READ_ONLY | _OTHER
SCHEMA = Schema("User", _WRITABLE, _READ_ONLY, PROPERTIES, "Property {name} value is required but is empty or missing.")
_PROFILE = Schema(
    "PasswordProfile",
    {
        "password": Property(object),
        "forceChangePasswordNextSignIn": Property(bool),
        "forceChangePasswordNextSignInWithMfa": Property(bool),
    },
    frozenset(),
    frozenset(),
)

# https://learn.microsoft.com/graph/api/resources/users#who-can-perform-sensitive-actions
_SENSITIVE = {
    "accountEnabled", "businessPhones", "mobilePhone", "onPremisesImmutableId", "otherMails", "passwordProfile",
    "userPrincipalName",
}  # fmt: skip
# https://learn.microsoft.com/entra/identity/authentication/concept-sspr-policy#userprincipalname-policies
_USER_NAME = re.compile(r"(?P<name>[A-Za-z0-9'._!#^~-]{0,63}[A-Za-z0-9'_!#^~-])@(?P<domain>[A-Za-z0-9.-]{1,48})")
_PASSWORD_CLASSES = ("[a-z]", "[A-Z]", "[0-9]", "[^a-zA-Z0-9]")


def create(tenant: Tenant, body: Document) -> Document:
    """Create a user.

    Raises:
        Refusal: 400 Request_BadRequest for what is missing, malformed or taken.
    """
    changes = SCHEMA.check_new(body)
    object_id = objects.new_id()
    user = {
        "id": object_id,
        "createdDateTime": moments.write(tenant.now),
        "signInSessionsValidFromDateTime": moments.write(tenant.now),
        "securityIdentifier": objects.security_identifier(object_id),
        "userType": "Member",
    }
    _apply(tenant, user, changes)
    tenant.store.add(USER.active, user)
    return user


def read(tenant: Tenant, key: str) -> Document:
    """Read a user by object id or user principal name.

    Raises:
        Refusal: 404 Request_ResourceNotFound.
    """
    user = tenant.store.get(USER.active, key) if objects.is_guid(key) else objects.by_alternate_key(tenant, USER, key)
    if user is None:
        raise resource_not_found(key)
    return user


def update(tenant: Tenant, caller: Caller, user: Document, body: Document) -> None:
    """Change the properties of a user that the body names.

    Raises:
        Refusal: 400, or 403 where a protected user's sign-in would change.
    """
    changes = SCHEMA.check_changes(body)
    if not _SENSITIVE.isdisjoint(changes):
        privilege.admit_to_sensitive_action(tenant, caller, user["id"])
    _apply(tenant, user, changes)
    tenant.store.put(USER.active, user)


def delete(tenant: Tenant, caller: Caller, user: Document) -> None:
    """Move a user to the bin; the user principal name is free at once.

    Raises:
        Refusal: 403 for a protected user.
    """
    privilege.admit_to_sensitive_action(tenant, caller, user["id"])
    deleted_items.delete(tenant, USER, user)


def revoke_sign_in_sessions(tenant: Tenant, user: Document) -> None:
    """Make every earlier refresh token and browser session of a user invalid.

    https://learn.microsoft.com/graph/api/user-revokesigninsessions
    """
    user["signInSessionsValidFromDateTime"] = _later(tenant, user["signInSessionsValidFromDateTime"])
    tenant.store.put(USER.active, user)


def _admit_user_principal_name(tenant: Tenant, name: str, owner_id: str) -> None:
    """Let a name through that is well formed, in a verified domain, and nobody else's.

    Raises:
        Refusal: 400 Request_BadRequest.
    """
    parts = _USER_NAME.fullmatch(name)
    if parts is None:
        message = "Property userPrincipalName is invalid."
        raise bad_request(message, Detail("InvalidValue", message, "userPrincipalName"))
    if not organization.is_verified_domain(tenant, parts["domain"]):
        raise bad_request(
            "The domain portion of the userPrincipalName property is invalid. "
            "You must use one of the verified domain names in your organization."
        )
    holder = objects.by_alternate_key(tenant, USER, name)
    if holder is not None and holder["id"] != owner_id:
        raise objects.conflict(USER)


def _apply(tenant: Tenant, user: Document, changes: Document) -> None:
    if "userPrincipalName" in changes:
        _admit_user_principal_name(tenant, changes["userPrincipalName"], user["id"])
    profile = changes.pop("passwordProfile", None)
    user.update(changes)
    if profile is not None:
        _set_password(tenant, user, profile)


def _set_password(tenant: Tenant, user: Document, profile: Document) -> None:
    profile = _PROFILE.check_changes(profile)
    password = profile.get("password")
    if password is None and "password" not in user:
        raise bad_request("Property passwordProfile.password value is required but is empty or missing.")
    if password is not None:
        _admit_password(password, user.get("passwordPolicies") or "")
        user["lastPasswordChangeDateTime"] = _later(tenant, user.get("lastPasswordChangeDateTime"))
        user["password"] = _hash_password(password)
    user["forceChangePasswordNextSignIn"] = profile.get("forceChangePasswordNextSignIn", True)


def _admit_password(password: object, policies: str) -> None:
    """https://learn.microsoft.com/entra/identity/authentication/concept-password-ban-bad-combined-policy."""
    fits = isinstance(password, str) and password.isascii() and 8 <= len(password) <= 256
    if fits and "DisableStrongPassword" not in policies:
        fits = sum(re.search(kind, str(password)) is not None for kind in _PASSWORD_CLASSES) >= 3
    if not fits:
        raise bad_request(
            "The specified password does not comply with password complexity requirements. "
            "Please provide a different password."
        )


def _later(tenant: Tenant, before: str | None) -> str:
    """Write the present moment, or the next second after ``before``: tokens are told apart by it."""
    if before is None:
        return moments.write(tenant.now)
    return moments.write(max(tenant.now, moments.read(before) + timedelta(seconds=1)))


def _hash_password(password: str) -> str:
    """Hash a password with a new salt, so that no file of the emulator holds it.

    One quick round: these are made-up passwords, and a slow hash would be the slowest thing that the emulator does.
    """
    salt = secrets.token_bytes(16)
    return f"{salt.hex()}:{hashlib.blake2b(password.encode(), salt=salt).hexdigest()}"
