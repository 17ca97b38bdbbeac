"""Clients that nobody here wrote find Microsoft Graph in the emulator: Microsoft's own SDK and sign-in."""

import os
import subprocess
import sys
from pathlib import Path

from entra_emulator import Emulator
from tools.environment import ROOT

WITNESS = Path(__file__).with_name("witness.py")
TRANSCRIPT = """\
Step 1  created the user Aline Dupuy <AlineD@contoso.com>
Step 2  created the group IT Helpdesk (User); role-assignable: True
        its members: Aline Dupuy, MOD Administrator
Step 3  adminAssign of User Administrator to the group: Provisioned
Step 4  Aline's role assignments: 0
Step 5  activation by Aline
        AlineD@contoso.com signs in by a device code, without MFA
        400 RoleAssignmentRequestPolicyValidationFailed: The following policy rules failed: MfaRule - \
Multi-factor authentication is required
        AlineD@contoso.com signs in by a device code, with MFA
        revokeSignInSessions before the activation: 403 Authorization_RequestDenied
        selfActivate: Provisioned
        her requests: selfActivate Provisioned
        revokeSignInSessions: True
        AlineD@contoso.com signs in by a device code, with MFA
        which ended her own session too; signed in again: Aline Dupuy
Step 6  adminRemove: Revoked
        deleted the group and the user: 404 Request_ResourceNotFound
"""


def test_msgraph_sdk_and_azure_identity_walk_through_the_whole_tutorial() -> None:
    with Emulator() as emulator, emulator.serve() as served:
        done = subprocess.run(
            [sys.executable, str(WITNESS)],
            env={**os.environ, **served.environment},
            capture_output=True,
            text=True,
            check=False,
        )
        controls = [entry.path for entry in emulator.journal.entries() if entry.kind == "control"]
    assert done.stderr == ""
    assert done.stdout == TRANSCRIPT
    assert f"```\n{TRANSCRIPT}```" in (ROOT / "docs" / "emulator.md").read_text()
    assert controls == ["/_emulator/sign-in/approve"] * 3
