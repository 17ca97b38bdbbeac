"""Tokens for Graph: where they come from, who they say the caller is, and how a request gets one.

MSAL is imported here alone, and only when a token is asked for.
"""

from .application import MsalTokens
from .azure_cli import AzureCliTokens
from .bearer import BearerAuth
from .credentials import AssertionFile, Certificate, ClientSecret, Credential
from .federation import AzureDevOpsAssertion, GitHubAssertion
from .identity import Identity, identity_of
from .managed_identity import ManagedIdentityTokens
from .person import PersonTokens
from .reach import ADVICE_ON_DISTRUST, LOOPBACK, advice_for_host, is_distrust
from .sign_in import SignIn, by_browser, by_device_code
from .store import TokenStore
from .tokens import RENEW_BEFORE, GivenToken, TokenSource

__all__ = [
    "ADVICE_ON_DISTRUST",
    "LOOPBACK",
    "RENEW_BEFORE",
    "AssertionFile",
    "AzureCliTokens",
    "AzureDevOpsAssertion",
    "BearerAuth",
    "Certificate",
    "ClientSecret",
    "Credential",
    "GitHubAssertion",
    "GivenToken",
    "Identity",
    "ManagedIdentityTokens",
    "MsalTokens",
    "PersonTokens",
    "SignIn",
    "TokenSource",
    "TokenStore",
    "advice_for_host",
    "by_browser",
    "by_device_code",
    "identity_of",
    "is_distrust",
]
