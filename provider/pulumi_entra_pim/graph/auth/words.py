"""Other people's reasons, in one line of ours."""

from typing import Any

from ..errors import one_line

# Entra's reasons that a person can act on: https://learn.microsoft.com/entra/identity-platform/reference-error-codes
_ADVICE = {
    "AADSTS7000222": "the client secret has expired: make a new one for the application and set AZURE_CLIENT_SECRET",
    "AADSTS7000215": "the client secret is wrong: AZURE_CLIENT_SECRET must hold the secret's value, not its id",
    "AADSTS700016": "the application is not in this tenant: check AZURE_CLIENT_ID and AZURE_TENANT_ID",
    "AADSTS90002": "there is no such tenant: check AZURE_TENANT_ID",
    "AADSTS700027": "the certificate is not one of the application's",
    **dict.fromkeys(
        ("AADSTS70021", "AADSTS700211", "AADSTS700212", "AADSTS700213"),
        "no federated credential of the application matches this issuer, subject and audience",
    ),
}


def refusal(document: dict[str, Any]) -> str:
    """Return why no token is given, in the words of whoever gives none, with what to do about it."""
    reasons = (document.get(name) for name in ("error_description", "error", "message"))
    said = first_line(next((str(each) for each in reasons if each), "no reason given"))
    code = said.partition(":")[0]
    return f"{said} ({_ADVICE[code]})" if code in _ADVICE else said


def first_line(text: str) -> str:
    """Return the first line of a text, fit for a line of ours."""
    return one_line(text.strip().partition("\n")[0])


def reason(error: Exception) -> str:
    """Return what an error says, in its first line; its name when it says nothing."""
    return getattr(error, "strerror", None) or first_line(str(error)) or type(error).__name__
