"""How an application proves who it is: a secret, a certificate, another issuer's word; a public one proves nothing.

https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
https://learn.microsoft.com/entra/identity-platform/reference-error-codes
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from entra_emulator.directory import applications, moments
from entra_emulator.directory.store import Document
from entra_emulator.directory.tenant import Tenant
from entra_emulator.sign_in.errors import SignInError, invalid_request, missing

_JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_EXCHANGE_AUDIENCE = "api://AzureADTokenExchange"


def identify(tenant: Tenant, form: Mapping[str, str]) -> Document:
    """Find the application that a request is from.

    Raises:
        SignInError: AADSTS900144, AADSTS700016.
    """
    client_id = form.get("client_id", "")
    if not client_id:
        raise missing("client_id")
    application = applications.find(tenant, client_id)
    if application is None:
        raise SignInError(
            400,
            "unauthorized_client",
            700016,
            f"Application with identifier '{client_id}' was not found in the directory '{tenant.id}'. This can happen "
            "if the application has not been installed by the administrator of the tenant or consented to by any user "
            "in the tenant. You may have sent your authentication request to the wrong tenant.",
        )
    return application


def identify_public(tenant: Tenant, form: Mapping[str, str]) -> Document:
    """Find the public client that a request is from.

    Raises:
        SignInError: as ``identify``, and AADSTS70002 for an application that keeps secrets.
    """
    application = identify(tenant, form)
    if not applications.is_public(application):
        raise SignInError(401, "invalid_client", 70002, "The client application must be marked as 'mobile.'")
    return application


def authenticate(tenant: Tenant, form: Mapping[str, str], token_endpoint: str) -> Document:
    """Find the application that a token request is from, and check its proof.

    Raises:
        SignInError: as Entra does.
    """
    application = identify(tenant, form)
    if not _has_proof(form):
        raise SignInError(
            401,
            "invalid_client",
            7000218,
            "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
        )
    if applications.is_public(application):
        raise SignInError(
            401,
            "invalid_client",
            700025,
            "Client is public so neither 'client_assertion' nor 'client_secret' should be presented.",
        )
    if "client_assertion" in form:
        _check_assertion(application, form, token_endpoint)
    else:
        _check_secret(tenant, application, form["client_secret"])
    return application


def authenticate_for_a_person(tenant: Tenant, form: Mapping[str, str], token_endpoint: str) -> Document:
    """Find the application that a token request for a person is from; only a public one goes without proof.

    Raises:
        SignInError: as Entra does.
    """
    application = identify(tenant, form)
    if applications.is_public(application) and not _has_proof(form):
        return application
    return authenticate(tenant, form, token_endpoint)


def _has_proof(form: Mapping[str, str]) -> bool:
    return "client_assertion" in form or "client_secret" in form


def _check_secret(tenant: Tenant, application: Document, secret: str) -> None:
    hashed = applications.hash_secret(secret)
    known = next((kept for kept in application["secrets"] if hmac.compare_digest(kept["hash"], hashed)), None)
    if known is None:
        raise SignInError(
            401,
            "invalid_client",
            7000215,
            "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, "
            f"not the client secret ID, for a secret added to app '{application['id']}'.",
        )
    if moments.read(known["expires"]) <= tenant.now:
        raise SignInError(
            401,
            "invalid_client",
            7000222,
            f"The provided client secret keys for app '{application['id']}' are expired. Visit the Azure portal to "
            "create new keys for your app: https://aka.ms/NewClientSecret, or consider using certificate credentials "
            "for added security: https://aka.ms/certCreds.",
        )


def _check_assertion(application: Document, form: Mapping[str, str], token_endpoint: str) -> None:
    if form.get("client_assertion_type") != _JWT_BEARER:
        raise invalid_request(900144, f"The client_assertion_type must be '{_JWT_BEARER}'.")
    assertion = form["client_assertion"]
    try:
        header = jwt.get_unverified_header(assertion)
        claims = jwt.decode(assertion, options={"verify_signature": False})
    except jwt.InvalidTokenError as error:
        raise SignInError(401, "invalid_client", 50027, f"JWT token is invalid or malformed. {error}") from None
    if claims.get("iss") == application["id"]:
        _check_certificate_assertion(application, assertion, header, token_endpoint)
    else:
        _check_federated_assertion(application, assertion, claims)


def _check_certificate_assertion(
    application: Document, assertion: str, header: Mapping[str, Any], token_endpoint: str
) -> None:
    """https://learn.microsoft.com/entra/identity-platform/certificate-credentials."""
    for pem in application["certificates"]:
        certificate = x509.load_pem_x509_certificate(pem.encode())
        if _is_signer(header, certificate.public_bytes(serialization.Encoding.DER)):
            _verify(assertion, certificate.public_key(), audience=token_endpoint)
            return
    raise SignInError(
        401,
        "invalid_client",
        700027,
        "The certificate with identifier used to sign the client assertion is not registered on application. "
        "[Reason - The key was not found.]",
    )


def _check_federated_assertion(application: Document, assertion: str, claims: Mapping[str, Any]) -> None:
    credentials = [kept for kept in application["federated"] if kept["issuer"] == claims.get("iss")]
    if not credentials:
        raise _no_match(700211, "issuer", claims.get("iss"))
    matching = [kept for kept in credentials if kept["subject"] == claims.get("sub")]
    if not matching:
        raise _no_match(700213, "subject", claims.get("sub"))
    if claims.get("aud") not in (_EXCHANGE_AUDIENCE, [_EXCHANGE_AUDIENCE]):
        raise _no_match(700212, "audience", claims.get("aud"))
    key = serialization.load_pem_public_key(matching[0]["public_key"].encode())
    _verify(assertion, key, audience=_EXCHANGE_AUDIENCE)


def _verify(assertion: str, key: Any, *, audience: str) -> None:
    algorithms = ["RS256", "PS256"] if isinstance(key, rsa.RSAPublicKey) else ["ES256"]
    try:
        # The issuer lives by the machine's clock: an emulator that ran ahead must still take its word.
        jwt.decode(assertion, key, algorithms=algorithms, audience=audience, options={"require": ["exp", "aud"]})
    except (jwt.ExpiredSignatureError, jwt.ImmatureSignatureError):
        raise SignInError(
            401, "invalid_client", 700024, "Client assertion is not within its valid time range."
        ) from None
    except jwt.PyJWTError as error:
        raise SignInError(
            401, "invalid_client", 700027, f"Client assertion failed signature validation. [Reason - {error}]"
        ) from None


def _no_match(number: int, what: str, presented: object) -> SignInError:
    return SignInError(
        401,
        "invalid_client",
        number,
        f"No matching federated identity record found for presented assertion {what} '{presented}'. "
        "Please check your federated identity credential Subject, Audience and Issuer against the presented assertion.",
    )


def _is_signer(header: Mapping[str, Any], certificate: bytes) -> bool:
    """Tell whether a header names a certificate by its thumbprint (RFC 7515, section 4.1.7), padded or not."""
    thumbprints = {
        "x5t": hashlib.sha1(certificate, usedforsecurity=False).digest(),
        "x5t#S256": hashlib.sha256(certificate).digest(),
    }
    return any(str(header.get(name)).rstrip("=") == _base64url(digest) for name, digest in thumbprints.items())


def _base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")
