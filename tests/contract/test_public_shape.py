"""What other people's programs and states hold of us, word for word: a change here breaks them."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from pulumi.dynamic.dynamic import serialize_provider

import pulumi_entra_pim
from pulumi_entra_pim.resources import HOMES, load_provider
from tools.environment import ROOT

PICKLED = {
    "TestUser": (
        "gASVPwAAAAAAAACMGnB1bHVtaV9lbnRyYV9waW0ucmVzb3VyY2VzlIwNbG9hZF9wcm92aWRlcpSTlIwIVGVzdFVzZXKUhZRSlC4="
    ),
    "RoleAssignableGroup": (
        "gASVSgAAAAAAAACMGnB1bHVtaV9lbnRyYV9waW0ucmVzb3VyY2VzlIwNbG9hZF9wcm92aWRlcpSTlIwTUm9sZUFzc2lnbmFibGVHcm91cJSF"
        "lFKULg=="
    ),
    "RoleEligibility": (
        "gASVRgAAAAAAAACMGnB1bHVtaV9lbnRyYV9waW0ucmVzb3VyY2VzlIwNbG9hZF9wcm92aWRlcpSTlIwPUm9sZUVsaWdpYmlsaXR5lIWUUpQu"
    ),
}
"""Each kind's ``__provider`` in the state of every stack."""


def test_the_package_offers_these_names() -> None:
    assert pulumi_entra_pim.__all__ == [
        "BuiltInRole",
        "ClientConfig",
        "RoleAssignableGroup",
        "RoleAssignableGroupArgs",
        "RoleDefinition",
        "RoleEligibility",
        "RoleEligibilityArgs",
        "TestUser",
        "TestUserArgs",
        "User",
        "get_client_config",
        "get_role_definition",
        "get_user",
    ]
    assert dir(pulumi_entra_pim) == pulumi_entra_pim.__all__
    for name in pulumi_entra_pim.__all__:
        assert getattr(pulumi_entra_pim, name).__name__ == name


def test_a_name_that_is_not_offered_is_no_attribute() -> None:
    assert not hasattr(pulumi_entra_pim, "Group")


def test_every_kind_is_pinned_here() -> None:
    assert PICKLED.keys() == HOMES.keys()


@pytest.mark.parametrize("kind", PICKLED)
def test_a_resource_has_this_type(kind: str) -> None:
    assert getattr(pulumi_entra_pim, kind)._resource_type_name == f"dynamic/entra-pim:{kind}"


@pytest.mark.parametrize(("kind", "pickled"), PICKLED.items())
def test_a_provider_pickles_to_these_bytes_and_nothing_secret_is_in_them(kind: str, pickled: str) -> None:
    provider = load_provider(kind)
    assert serialize_provider(provider) == pickled
    assert not provider.serialize_as_secret_always


def test_a_state_of_a_newer_version_is_told_from_a_broken_one() -> None:
    with pytest.raises(ModuleNotFoundError, match="no Unheard: the state was written by a newer version"):
        load_provider("Unheard")


def test_the_graph_layer_is_imported_without_pulumi_and_msal() -> None:
    code = (
        "import sys, pulumi_entra_pim.graph.client, pulumi_entra_pim.settings;"
        "sys.exit(bool({'pulumi', 'msal', 'grpc'} & sys.modules.keys()))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_wheel_holds_the_two_packages_and_that_they_are_typed(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)]
    subprocess.run(build, check=True, cwd=ROOT, capture_output=True)
    [wheel] = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.partition("/")[0].partition("-")[0] for name in names} == {
        "entra_emulator",
        "pulumi_entra_pim",
    }
    assert {"pulumi_entra_pim/py.typed", "entra_emulator/py.typed"} <= set(names)
    assert [name for name in names if "tests" in name or "__pycache__" in name] == []
