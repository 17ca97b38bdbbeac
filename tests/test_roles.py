"""The dated table of built-in roles agrees with the directory's own, which was written from Microsoft's page apart."""

import uuid

import pytest

from entra_emulator.directory.builtin_roles import BUILT_IN_ROLES
from pulumi_entra_pim.roles import AS_OF, BuiltInRole, role_name

DIRECTORY = {id_: name for id_, name, _ in BUILT_IN_ROLES}


@pytest.mark.parametrize("role", BuiltInRole)
def test_a_role_has_the_id_and_the_name_that_the_directory_knows(role: BuiltInRole) -> None:
    assert role_name(role) == DIRECTORY[role]
    assert str(uuid.UUID(role)) == role


def test_the_tutorials_role() -> None:
    assert BuiltInRole.USER_ADMINISTRATOR.value == "fe930be7-5e62-47db-91af-98c3a49a38b1"


def test_no_two_names_mean_one_role() -> None:
    assert len({role.value for role in BuiltInRole.__members__.values()}) == len(BuiltInRole.__members__)


def test_the_table_says_how_old_it_is() -> None:
    assert AS_OF == "2026-01-20"


def test_a_role_is_named_whatever_the_case_of_its_id() -> None:
    assert role_name(BuiltInRole.GLOBAL_READER.upper()) == "Global Reader"


def test_any_other_role_is_named_by_its_id() -> None:
    assert role_name("00000000-0000-0000-0000-00000000c001") == "00000000-0000-0000-0000-00000000c001"
