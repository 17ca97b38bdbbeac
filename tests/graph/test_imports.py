"""What is imported is paid for by every process: Graph's layer loads neither Pulumi nor MSAL."""

import subprocess
import sys

import pytest

MODULES = [
    "graph",
    "graph.auth",
    "graph.client",
    "graph.errors",
    "graph.paths",
    "graph.permissions",
    "graph.waiting",
    "settings",
    "roles",
    "connection",
]


def loaded_by(module: str) -> set[str]:
    """Return the packages that a fresh process has loaded after one import."""
    program = f"import sys, {module}; print(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    return set(done.stdout.split())


@pytest.mark.parametrize("module", MODULES)
def test_neither_pulumi_nor_msal_nor_its_parts(module: str) -> None:
    loaded = loaded_by(f"pulumi_entra_pim.{module}")
    assert "pulumi_entra_pim" in loaded
    assert not loaded & {"pulumi", "grpc", "google", "msal", "requests", "cryptography", "jwt", "entra_emulator"}
