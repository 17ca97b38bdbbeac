"""A stack belongs to the tenant that it was made in."""

import pytest

from entra_emulator import Emulator
from tests.lifecycle.directory import Directory, graph_calls
from tests.lifecycle.programs import HELPDESK
from tests.lifecycle.stack import Stack

pytestmark = pytest.mark.engine


def test_credentials_for_another_tenant_are_refused_before_anything_is_asked_or_changed(
    stack: Stack, emulator: Emulator, directory: Directory
) -> None:
    stack.program(HELPDESK)
    stack.up()
    there = directory.contents()
    own = dict(stack.environment)

    contoso, fabrikam = emulator.contoso, emulator.fabrikam
    stack.environment |= {
        "AZURE_TENANT_ID": fabrikam.tenant_id,
        "AZURE_CLIENT_ID": fabrikam.client_id,
        "AZURE_CLIENT_SECRET": fabrikam.client_secret,
    }
    stack.edit('department="Support"', 'department="Sales"')
    for command, resource in (("refresh", "aline"), ("up", "aline"), ("destroy", "eligibility")):
        with graph_calls(emulator) as calls:
            outcome = stack.fails(command)
        assert calls == []
        [line] = outcome.diagnostics[resource]
        assert f"is in tenant {contoso.tenant_id}, and the credentials are for tenant {fabrikam.tenant_id}" in line
    assert directory.contents() == there

    stack.environment = own
    assert stack.preview() == ["update aline: department"]
    assert stack.drift() == []
