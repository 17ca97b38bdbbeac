"""Make the two identities of a repository's pipeline: one that previews and can only read, and one that deploys.

usage: identities.py OWNER/REPOSITORY [--eligibilities-only]

Each is an application with exactly the permissions below, one federated credential for GitHub, and no secret. It can
be run again: what is right stays, what is missing is added, and what is granted beyond is taken away.

Needs Python 3.11 and the Azure CLI, signed in (``az login --tenant …``) as somebody who may register applications and
consent for the whole tenant: Privileged Role Administrator and Application Administrator.
"""

import argparse
import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# docs/permissions.md has the reasons.
READER = (
    "Group.Read.All",
    "RoleEligibilitySchedule.Read.Directory",
    "RoleManagement.Read.Directory",
    "User.Read.All",
)
DEPLOYER = ("Group.ReadWrite.All", "RoleManagement.ReadWrite.Directory", "User.ReadWrite.All")
ELIGIBILITIES = (
    "Group.Read.All",
    "RoleEligibilitySchedule.ReadWrite.Directory",
    "RoleManagement.Read.Directory",
    "User.Read.All",
)

_ROOT = "https://graph.microsoft.com/v1.0"
_GRAPH = "00000003-0000-0000-c000-000000000000"  # https://learn.microsoft.com/graph/permissions-reference
# What was just made may be unknown for a while. https://learn.microsoft.com/graph/errors
_NOT_YET = "does not exist or one of its queried reference-property objects"
_PAUSES = (0.2, 1, 2, 4, 8, 16, 30)  # seconds
_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+", re.ASCII)


@dataclass(frozen=True)
class Identity:
    """An application of the pipeline; it proves itself as a job of the environment that has its name."""

    environment: str
    permissions: tuple[str, ...]


def graph(method: str, path: str, body: Mapping[str, Any] | None = None, *, upsert: bool = False) -> Any:
    """Send one request as whoever is signed in to the Azure CLI, again while what was just made is not known yet.

    Raises SystemExit, with one line, when it fails.
    """
    command = [
        shutil.which("az") or "az",
        "rest",
        "--method",
        method,
        "--url",
        f"{_ROOT}{path}",
        "--output",
        "json",
        "--only-show-errors",
    ]
    headers = ["Content-Type=application/json", *(["Prefer=create-if-missing"] if upsert else [])]
    if body is not None:
        command += ["--headers", *headers, "--body", json.dumps(body)]
    for pause in (*_PAUSES, None):
        try:
            done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        except OSError as error:
            raise SystemExit(f"identities.py: cannot run the Azure CLI: {error}") from error
        if done.returncode == 0:
            return json.loads(done.stdout) if done.stdout.strip() else None
        if pause is None or _NOT_YET not in done.stderr:
            break
        time.sleep(pause)
    said = " ".join(done.stderr.split()) or f"it ended with {done.returncode}"
    raise SystemExit(f"identities.py: {method} {path}: {said}")


def everything(path: str) -> list[dict[str, Any]]:
    """Return every element of a collection."""
    found: list[dict[str, Any]] = []
    while path:
        page = graph("get", path)
        found += page["value"]
        path = str(page.get("@odata.nextLink") or "").removeprefix(_ROOT)
    return found


def make(identity: Identity, repository: str, service: Mapping[str, Any]) -> str:
    """Bring an identity to what it is to be; return its client id. ``service`` is Graph's own service principal."""
    roles = {role["value"]: str(role["id"]) for role in service["appRoles"]}
    wanted = {roles[name] for name in identity.permissions}
    # An owner's name has no dot, so no other repository has this name.
    unique_name = f"{identity.environment}.{repository.lower().replace('/', '.')}"
    # https://learn.microsoft.com/graph/api/application-upsert
    key = f"/applications(uniqueName='{unique_name}')"
    body = {
        "displayName": f"{repository} {identity.environment}",
        "signInAudience": "AzureADMyOrg",
        "requiredResourceAccess": [
            {"resourceAppId": _GRAPH, "resourceAccess": [{"id": role, "type": "Role"} for role in sorted(wanted)]}
        ],
    }
    # A new one is answered, one that was there is not.
    application = graph("patch", key, body, upsert=True) or graph("get", f"{key}?$select=id,appId")
    _trust(str(application["id"]), identity.environment, repository)
    # https://learn.microsoft.com/graph/api/serviceprincipal-upsert
    principal_key = f"/servicePrincipals(appId='{application['appId']}')"
    principal = graph("patch", principal_key, {"displayName": body["displayName"]}, upsert=True)
    principal = principal or graph("get", f"{principal_key}?$select=id")
    _grant(str(principal["id"]), str(service["id"]), wanted)
    return str(application["appId"])


def _trust(application_id: str, environment: str, repository: str) -> None:
    """Have Entra take a token of GitHub's for this application: of one environment of the repository, no other.

    https://learn.microsoft.com/graph/api/federatedidentitycredential-upsert
    """
    path = f"/applications/{application_id}/federatedIdentityCredentials"
    for credential in everything(path):
        if credential["name"] != environment:
            graph("delete", f"{path}/{credential['id']}")
    graph(
        "patch",
        f"{path}(name='{environment}')",
        {
            "name": environment,
            "issuer": "https://token.actions.githubusercontent.com",
            "subject": f"repo:{repository}:environment:{environment}",
            "audiences": ["api://AzureADTokenExchange"],
        },
        upsert=True,
    )


def _grant(principal_id: str, graph_id: str, wanted: set[str]) -> None:
    """Make exactly these the application's permissions for Graph; an assignment is the administrator's consent.

    https://learn.microsoft.com/graph/api/serviceprincipal-post-approleassignedto
    """
    path = f"/servicePrincipals/{principal_id}/appRoleAssignments"
    granted = {str(each["appRoleId"]): each for each in everything(path) if each["resourceId"] == graph_id}
    for role in sorted(granted.keys() - wanted):
        graph("delete", f"{path}/{granted[role]['id']}")
    for role in sorted(wanted - granted.keys()):
        body = {"principalId": principal_id, "resourceId": graph_id, "appRoleId": role}
        graph("post", f"/servicePrincipals/{graph_id}/appRoleAssignedTo", body)


def main(arguments: list[str]) -> None:
    """Make both, and say what to set where."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repository", metavar="OWNER/REPOSITORY")
    parser.add_argument(
        "--eligibilities-only", action="store_true", help="the program declares neither users nor groups"
    )
    given = parser.parse_args(arguments)
    if not _REPOSITORY.fullmatch(given.repository):
        parser.error(f"{given.repository!r} is not OWNER/REPOSITORY")
    deployer = ELIGIBILITIES if given.eligibilities_only else DEPLOYER
    service = graph("get", f"/servicePrincipals(appId='{_GRAPH}')?$select=id,appRoles")
    tenant = everything("/organization?$select=id")[0]["id"]
    lines = [f"variable of the repository: AZURE_TENANT_ID={tenant}"]
    for identity in (Identity("entra-reader", READER), Identity("entra-deployer", deployer)):
        client_id = make(identity, given.repository, service)
        lines.append(f"variable of the environment {identity.environment}: AZURE_CLIENT_ID={client_id}")
    sys.stdout.write("".join(f"{line}\n" for line in lines))


if __name__ == "__main__":
    main(sys.argv[1:])
