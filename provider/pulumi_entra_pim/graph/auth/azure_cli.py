"""Tokens of whoever is logged in to the Azure CLI."""

import os
import shutil
import subprocess
import time
from pathlib import Path

from ..errors import AuthError, json_object
from .tokens import Issued, RenewedTokens
from .words import first_line, reason

# The CLI starts slowly, and may ask Entra.
_SECONDS = 60.0


class AzureCliTokens(RenewedTokens):
    """Tokens from ``az account get-access-token``, for a tenant or, without one, for the CLI's own.

    Source: https://learn.microsoft.com/cli/azure/account#az-account-get-access-token
    """

    def __init__(self, resource: str, tenant_id: str) -> None:
        super().__init__()
        self._resource = resource
        self._tenant_id = tenant_id

    def _issue(self, _claims: str, _anew: bool, /) -> Issued:
        found = shutil.which("az")
        if found is None:
            raise AuthError(
                "the Azure CLI is to sign in, and there is no `az` on the PATH: install it, or unset ENTRA_PIM_USE_CLI"
            )
        tenant = ["--tenant", self._tenant_id] if self._tenant_id else []
        try:
            done = subprocess.run(
                [found, "account", "get-access-token", "--output", "json", "--resource", self._resource, *tenant],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=_SECONDS,
                check=False,
                env={**os.environ, "AZURE_CORE_NO_COLOR": "true"},
                cwd=Path(found).parent,
            )
        except (OSError, ValueError, subprocess.TimeoutExpired) as error:
            raise AuthError(f"the Azure CLI cannot be run ({reason(error)})") from error
        if done.returncode != 0:
            raise AuthError(self._refusal(done.stderr))
        answer = json_object(done.stdout) or {}
        try:
            return Issued(str(answer["accessToken"]), float(answer["expires_on"]) - time.time())
        except (KeyError, TypeError, ValueError) as error:
            raise AuthError("the Azure CLI's answer is not understood: version 2.54 or newer is needed") from error

    def _refusal(self, said: str) -> str:
        if "az login" in said:
            tenant = f" --tenant {self._tenant_id}" if self._tenant_id else ""
            return f"the Azure CLI is not logged in: run `az login{tenant} --allow-no-subscriptions`"
        lines = said.splitlines()
        told = next((line for line in lines if line.startswith("ERROR:")), lines[0] if lines else "it gave no reason")
        return f"the Azure CLI gave no token: {first_line(told.removeprefix('ERROR:'))}"
