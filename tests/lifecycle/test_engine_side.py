"""What the provider reaches for on the engine's side: the row, the time allowed, the worker pool, and tracebacks."""

from pathlib import Path

import pytest

from entra_emulator import Emulator
from tests.lifecycle.directory import Directory, graph_calls
from tests.lifecycle.programs import ADMINISTRATOR, ALINE, NOBODY
from tests.lifecycle.stack import Stack

pytestmark = pytest.mark.engine

DEFECT = """
from pulumi_entra_pim.resources.user import TestUserProvider

def make(self, operation, inputs):
    return {}["no such key"]

TestUserProvider.make = make
"""

MEETING = """
import threading
from pulumi_entra_pim.resources.user import TestUserProvider

everybody = threading.Barrier(12, timeout=60)
make = TestUserProvider.make

def meet(self, operation, inputs):
    everybody.wait()
    return make(self, operation, inputs)

TestUserProvider.make = meet
"""


@pytest.fixture
def altered(stack: Stack, tmp_path: Path) -> Path:
    """A file of Python that every process of the stack runs first: https://docs.python.org/3/library/site.html."""
    stack.environment["PYTHONPATH"] = str(tmp_path)
    return tmp_path / "sitecustomize.py"


def test_a_defect_of_ours_shows_its_traceback(stack: Stack, altered: Path) -> None:
    altered.write_text(DEFECT)
    stack.program(ALINE)
    lines = stack.fails("up").diagnostics["aline"]
    assert "Traceback (most recent call last):" in lines[0]
    assert lines[-1].endswith("KeyError: 'no such key'")


def test_a_dozen_creations_go_on_at_once(stack: Stack, directory: Directory, altered: Path) -> None:
    altered.write_text(MEETING)
    stack.program("""
        for number in range(12):
            entra.TestUser(
                f"person-{number}",
                user_principal_name=f"person-{number}@contoso.com",
                display_name=f"Person {number}",
                mail_nickname=f"person-{number}",
                password="First-Password-1",
            )
    """)
    stack.up("--parallel", "12")
    assert len(directory.all("/users")) == 13


def test_a_custom_timeout_ends_the_waits_of_its_resource(stack: Stack, emulator: Emulator) -> None:
    stack.program(f"""
        entra.RoleEligibility(
            "eligibility",
            principal_id="{ADMINISTRATOR}",
            role_definition_id="{NOBODY}",
            permanent=True,
            opts=pulumi.ResourceOptions(custom_timeouts=pulumi.CustomTimeouts(create="1s")),
        )
    """)
    with graph_calls(emulator) as calls:
        outcome = stack.fails("up")
    [line] = outcome.diagnostics["eligibility"]
    assert "Waited, and the directory has no role definition" in line
    # Without the second that is allowed, two minutes of looking again.
    assert sum(call.method == "POST" for call in calls) <= 4


def test_settings_may_stand_in_the_configuration_of_the_stack(
    stack: Stack, emulator: Emulator, directory: Directory
) -> None:
    for key, variable in {
        "tenantId": "AZURE_TENANT_ID",
        "clientId": "AZURE_CLIENT_ID",
        "graphUrl": "ENTRA_PIM_GRAPH_URL",
        "authorityUrl": "ENTRA_PIM_AUTHORITY_URL",
        "caFile": "ENTRA_PIM_CA_FILE",
    }.items():
        stack.succeeds("config", "set", f"entra-pim:{key}", stack.environment.pop(variable))
    stack.program(ALINE)
    stack.up()
    directory.send("PATCH", f"/users/{stack.resource('aline')['id']}", {"department": "Sales"})
    assert stack.drift() == ["update aline: department"]
    stack.destroy()
    assert directory.deleted("user") == ["Aline Dupuy"]
