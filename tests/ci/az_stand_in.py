"""``az rest`` for identities.py: applications, service principals and their grants, kept in a JSON file.

Written from Microsoft's pages of these calls; it takes no other command.
"""

import argparse
import json
import os
import re
import sys
import uuid
from pathlib import Path
from typing import Any

ROOT = "https://graph.microsoft.com/v1.0"
GRAPH_APP = "00000003-0000-0000-c000-000000000000"
ROLES = (
    "Group.Read.All",
    "Group.ReadWrite.All",
    "RoleEligibilitySchedule.Read.Directory",
    "RoleEligibilitySchedule.ReadWrite.Directory",
    "RoleManagement.Read.Directory",
    "RoleManagement.ReadWrite.Directory",
    "User.Read.All",
    "User.ReadWrite.All",
    "Directory.ReadWrite.All",
)
LATE = {
    "error": {
        "code": "Request_ResourceNotFound",
        "message": "Resource 'x' does not exist or one of its queried reference-property objects are not present.",
    }
}
ASSIGNMENT = ("principalId", "resourceId", "appRoleId")

Document = dict[str, Any]


def new_directory() -> Document:
    """Return a tenant that has Graph's own service principal and nothing else."""
    roles = [{"id": str(uuid.uuid4()), "value": name} for name in ROLES]
    return {
        "tenant": str(uuid.uuid4()), "graph": {"id": str(uuid.uuid4()), "appId": GRAPH_APP, "appRoles": roles},
        "applications": [], "servicePrincipals": [], "credentials": [], "assignments": [],
        "asked": [], "refuse": "", "late": [],
    }  # fmt: skip


def upsert(rows: list[Document], key: Document, body: Document, new: Document, prefer: bool) -> Document | None:
    """Update the row of a key, and return nothing; or make it."""
    found = [row for row in rows if all(row.get(name) == value for name, value in key.items())]
    if found:
        found[0].update(body)
        return None
    if not prefer:
        raise SystemExit("ERROR: Not Found")
    rows.append({**new, **key, **body})
    return rows[-1]


def answer(directory: Document, method: str, path: str, body: Document, prefer: bool) -> Any:
    """Do what a call does; return its document."""
    path = path.partition("?")[0]
    match method, re.split(r"[/(]", path.strip("/").replace(")", "")):
        case "get", ["organization"]:
            return {"value": [{"id": directory["tenant"]}]}
        case "patch", ["applications", key]:
            new = {"id": str(uuid.uuid4()), "appId": str(uuid.uuid4())}
            return upsert(directory["applications"], {"uniqueName": value(key)}, body, new, prefer)
        case "get", ["applications", key]:
            return one(directory["applications"], "uniqueName", value(key))
        case "get", ["applications", id_, "federatedIdentityCredentials"]:
            return {"value": [each for each in directory["credentials"] if each["application"] == id_]}
        case "patch", ["applications", id_, "federatedIdentityCredentials", key]:
            named = {"application": id_, "name": value(key)}
            return upsert(directory["credentials"], named, body, {"id": str(uuid.uuid4())}, prefer)
        case "delete", ["applications", _, "federatedIdentityCredentials", id_]:
            directory["credentials"] = [each for each in directory["credentials"] if each["id"] != id_]
            return None
        case "patch", ["servicePrincipals", key]:
            one(directory["applications"], "appId", value(key))
            new = {"id": str(uuid.uuid4())}
            return upsert(directory["servicePrincipals"], {"appId": value(key)}, body, new, prefer)
        case "get", ["servicePrincipals", key]:
            return one([directory["graph"], *directory["servicePrincipals"]], "appId", value(key))
        case "get", ["servicePrincipals", id_, "appRoleAssignments"]:
            return {"value": [each for each in directory["assignments"] if each["principalId"] == id_]}
        case "delete", ["servicePrincipals", _, "appRoleAssignments", id_]:
            directory["assignments"] = [each for each in directory["assignments"] if each["id"] != id_]
            return None
        case "post", ["servicePrincipals", id_, "appRoleAssignedTo"]:
            if body["resourceId"] != id_ or any(same(each, body) for each in directory["assignments"]):
                raise SystemExit("ERROR: Bad Request")
            one(directory["servicePrincipals"], "id", body["principalId"])
            one(directory["graph"]["appRoles"], "id", body["appRoleId"])
            directory["assignments"].append({"id": str(uuid.uuid4()), **body})
            return directory["assignments"][-1]
    raise SystemExit(f"ERROR: the stand-in has no {method} {path}")


def same(one_: Document, other: Document) -> bool:
    """Say whether two assignments are of one role to one principal."""
    return all(one_[name] == other[name] for name in ASSIGNMENT)


def value(key: str) -> str:
    """Return the value of an alternate key, ``appId='…'``."""
    return key.partition("=")[2].strip("'")


def one(rows: list[Document], name: str, wanted: str) -> Document:
    """Return the row that has a value."""
    for row in rows:
        if row[name] == wanted:
            return row
    raise SystemExit("ERROR: Not Found")


def main() -> None:
    """Take one command."""
    parser = argparse.ArgumentParser()
    parser.add_argument("command", choices=["rest"])
    for name in ("--method", "--url", "--body", "--output"):
        parser.add_argument(name, default="{}")
    parser.add_argument("--headers", nargs="*", default=[])
    parser.add_argument("--only-show-errors", action="store_true")
    given = parser.parse_args()
    file = Path(os.environ["AZ_STAND_IN_STATE"])
    directory = json.loads(file.read_text()) if file.exists() else new_directory()
    path = given.url.removeprefix(ROOT)
    if directory["refuse"] and directory["refuse"] in path:
        raise SystemExit("ERROR: Forbidden\n(Insufficient privileges to complete the operation.)")
    if any(each in path for each in directory["late"]):
        directory["late"] = [each for each in directory["late"] if each not in path]
        file.write_text(json.dumps(directory))
        raise SystemExit(f"ERROR: Not Found({json.dumps(LATE)})")
    document = answer(
        directory, given.method, path, json.loads(given.body), "Prefer=create-if-missing" in given.headers
    )
    directory["asked"].append(f"{given.method} {path}")
    file.write_text(json.dumps(directory))
    if document is not None:
        sys.stdout.write(json.dumps(document))


if __name__ == "__main__":
    main()
