"""What the login endpoint answers when it says no.

https://learn.microsoft.com/entra/identity-platform/reference-error-codes
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class SignInError(Exception):
    """Say no in the login endpoint's words; ``number`` is the AADSTS code."""

    status: int
    error: str
    number: int
    message: str

    def __str__(self) -> str:
        return f"AADSTS{self.number}: {self.message}"


def invalid_request(number: int, message: str) -> SignInError:
    """Name what is wrong with a request itself."""
    return SignInError(400, "invalid_request", number, message)


def invalid_grant(number: int, message: str) -> SignInError:
    """Name why a code or a refresh token is worth nothing, or nothing any more."""
    return SignInError(400, "invalid_grant", number, message)


def malformed() -> SignInError:
    """Name what cannot be read at all."""
    return invalid_request(9002313, "Invalid request. Request is malformed or invalid.")


def missing(parameter: str) -> SignInError:
    """Name a parameter that a request must have."""
    return invalid_request(900144, f"The request body must contain the following parameter: '{parameter}'.")
