"""The identity that a job's host gives it, for Entra to take in a secret's place."""

from dataclasses import dataclass, field
from typing import Any

import httpx

from ..errors import AuthError

# What is said instead of an answer that holds no identity.
_USELESS = (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, TypeError)


@dataclass(frozen=True, slots=True)
class GitHubAssertion:
    """The identity token that GitHub Actions gives a job with ``permissions: id-token: write``.

    Source: https://docs.github.com/actions/security-for-github-actions/security-hardening-your-deployments
    """

    url: str
    bearer: str = field(repr=False)

    def for_msal(self) -> Any:
        """Return the credential as MSAL takes it."""
        return {"client_assertion": self._ask}

    def _ask(self) -> str:
        # Microsoft's audience for federated credentials.
        # https://learn.microsoft.com/entra/workload-id/workload-identity-federation-create-trust
        try:
            answer = httpx.get(
                httpx.URL(self.url).copy_merge_params({"audience": "api://AzureADTokenExchange"}),
                headers={"Authorization": f"bearer {self.bearer}"},
            )
            return str(answer.raise_for_status().json()["value"])
        except _USELESS as error:
            raise AuthError(f"GitHub gave no identity token ({type(error).__name__}): check id-token: write") from error


@dataclass(frozen=True, slots=True)
class AzureDevOpsAssertion:
    """The identity token that Azure Pipelines gives a job for a service connection with workload identity federation.

    Source: https://learn.microsoft.com/rest/api/azure/devops/distributedtask/oidctoken/create
    """

    url: str
    bearer: str = field(repr=False)
    service_connection_id: str

    def for_msal(self) -> Any:
        """Return the credential as MSAL takes it."""
        return {"client_assertion": self._ask}

    def _ask(self) -> str:
        try:
            answer = httpx.post(
                httpx.URL(self.url).copy_merge_params(
                    {"api-version": "7.1", "serviceConnectionId": self.service_connection_id}
                ),
                headers={
                    "Authorization": f"Bearer {self.bearer}",
                    "Content-Type": "application/json",
                    # A token that is not taken is answered with 401, and not with the way to a page for people.
                    "X-TFS-FedAuthRedirect": "Suppress",
                },
            )
            return str(answer.raise_for_status().json()["oidcToken"])
        except _USELESS as error:
            raise AuthError(
                f"Azure DevOps gave no identity token ({type(error).__name__}): the step needs SYSTEM_ACCESSTOKEN:"
                " $(System.AccessToken) in its env, and the pipeline leave to use the service connection"
            ) from error
