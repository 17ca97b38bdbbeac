"""What a review says besides the rows: who is not known, what is not told, how many people, what ends soon."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pulumi_entra_pim.review.config import Config
from pulumi_entra_pim.review.declared import ELIGIBILITY, GROUP, USER
from pulumi_entra_pim.review.model import Review
from pulumi_entra_pim.review.verdict import review
from tests.review.previews import (
    NOW,
    SECURITY_ADMINISTRATOR,
    UNKNOWN,
    Values,
    grant,
    group,
    guid,
    in_force,
    read,
    reviewed,
    step,
    urn,
    user,
)

_AZUREAD_USER = "azuread:index/user:User"


def _made(members: object, *sources: str) -> Review:
    """Review the making of a group and its grant, for some members."""
    return reviewed(
        step("create", USER, "aline", None, user()),
        step("create", GROUP, "desk", None, group(members=members), sources={"members": sources}),
        step(
            "create",
            ELIGIBILITY,
            "give",
            None,
            grant(principal_id=UNKNOWN),
            sources={"principal_id": [urn(GROUP, "desk")]},
        ),
    )


def _people(found: Review) -> list[tuple[str, str]]:
    return sorted((each.person.label, each.person.kind) for each in found.grants_after)


def test_a_member_of_another_provider_goes_by_its_name_in_the_program() -> None:
    found = _made([UNKNOWN, UNKNOWN], urn(USER, "aline"), urn(_AZUREAD_USER, "carl"))
    assert _people(found) == [("aline@contoso.com", "created"), ("carl", "other provider")]
    assert "carl: azuread:index/user:User 'carl', not known before up" in found.unknowns


def test_members_that_nothing_names_are_counted_and_said_to_be_unknown() -> None:
    found = _made([UNKNOWN, UNKNOWN], urn(USER, "aline"), "urn:pulumi:o::p::pulumi:pulumi:StackReference::people")
    assert _people(found) == [("aline@contoso.com", "created"), ("somebody not known", "unknown")]
    assert found.sentence.startswith("2 people become eligible for Security Administrator")


def test_an_end_that_is_not_known_is_said_to_be() -> None:
    found = reviewed(step("create", ELIGIBILITY, "give", None, grant(end=UNKNOWN)))
    assert "until a day that is not known yet" in found.sentence
    assert "the end of 'give' is not known before up" in found.unknowns


def test_a_role_and_a_scope_that_are_not_known_are_named_as_such() -> None:
    unit = "azuread:index/administrativeUnit:AdministrativeUnit"
    found = reviewed(
        step(
            "create",
            ELIGIBILITY,
            "give",
            None,
            grant(role_definition_id=UNKNOWN, directory_scope_id=UNKNOWN),
            sources={"directory_scope_id": [urn(unit, "emea")]},
        )
    )
    [one] = found.grants_after
    assert (one.role.name, one.scope.name) == (
        "a role not known before up",
        "a scope not known before up ('emea')",
    )


def test_a_scope_of_another_resource_goes_by_that_resources_name_too() -> None:
    unit = "azuread:index/administrativeUnit:AdministrativeUnit"
    sources = {"directory_scope_id": [urn(unit, "emea")]}
    values = grant(directory_scope_id="/administrativeUnits/5D1F3A70-0b7c-4f0e-9d55-7c1a2b3c4d5e")
    [one] = reviewed(step("create", ELIGIBILITY, "give", None, values, sources=sources)).grants_after
    assert one.scope.id == "/administrativeUnits/5d1f3a70-0b7c-4f0e-9d55-7c1a2b3c4d5e"
    assert one.scope.name == "administrative unit 5d1f3a70-0b7c-4f0e-9d55-7c1a2b3c4d5e ('emea')"


def _held(end: str | None, *, after: str | None = None) -> list[Values]:
    before = in_force(grant(end=end), end=end)
    new = grant(end=after or end)
    return [step("update" if after else "same", ELIGIBILITY, "give", before, new, id_="give")]


def test_grants_that_end_within_thirty_days_are_told() -> None:
    assert len(reviewed(*_held("2027-01-31T00:00:00Z")).expiring) == 1
    assert reviewed(*_held("2027-01-31T00:00:01Z")).expiring == ()
    assert reviewed(*_held("2026-12-31T00:00:00Z")).expiring == ()


def test_people_are_counted_for_each_role_and_scope_on_both_sides() -> None:
    before, after = [guid(21), guid(22)], [guid(22), guid(23), guid(24)]
    give = grant(principal_id=guid(1))
    found = reviewed(
        step("update", GROUP, "desk", group(members=before), group(members=after), id_=guid(1)),
        step("same", ELIGIBILITY, "give", in_force(give), give, id_="give"),
    )
    [reach] = found.reach
    assert (reach.role.id, reach.scope.id, reach.before, reach.after) == (SECURITY_ADMINISTRATOR, "/", 2, 3)
    assert found.sentence == (
        "2 people become eligible for Security Administrator (privileged) over the whole directory until 2027-06-01;"
        " 1 person loses Security Administrator (privileged) over the whole directory."
    )


def test_many_roles_are_summed_up() -> None:
    steps = [step("create", ELIGIBILITY, f"g{n}", None, grant(role_definition_id=guid(50 + n))) for n in range(6)]
    assert reviewed(*steps).sentence.endswith("; 3 more roles or scopes change; nobody loses access.")


def test_what_other_providers_change_is_counted_and_not_read() -> None:
    thing = "azuread:index/directoryRoleAssignment:DirectoryRoleAssignment"
    found = reviewed(
        step("create", thing, "one", None, {}),
        step("delete", thing, "two", {}, id_="two"),
        step("same", thing, "three", {}, {}, id_="three"),
        step("create", "contoso:index:Desk", "component", None, {}, custom=False),
    )
    assert f"what 2 resources of type {thing} do: other providers' are not read" in found.unchecked
    assert not [line for line in found.unchecked if "Desk" in line]


def test_a_table_of_roles_that_is_old_is_said_to_be() -> None:
    preview = read()
    assert not [line for line in review(preview, NOW).unchecked if "table" in line]
    [line] = [line for line in review(preview, NOW + timedelta(days=60)).unchecked if "table" in line]
    assert line.startswith("the table of privileged roles is of 2026-01-20, 406 days old")


def test_what_is_left_out_by_a_target_is_named() -> None:
    found = reviewed(step("same", USER, "carl", None, user()))
    assert "left out by this run (--target): 'carl'" in found.unchecked


def test_a_preview_without_a_summary_was_cut_short() -> None:
    assert reviewed(*_held(None), changeSummary=None).verdict == "unknown"


def test_an_unchanged_group_that_is_left_out_goes_by_its_name() -> None:
    before, after = in_force(grant()), grant(end="2027-09-01T00:00:00Z")
    found = reviewed(
        step("update", ELIGIBILITY, "give", before, after, id_="give", sources={"principal_id": [urn(GROUP, "desk")]}),
        changeSummary={"same": 3},
    )
    assert _people(found) == [("members of desk", "unmanaged")]
    assert (found.verdict, found.complete) == ("broadened", False)
    assert found.sentence.endswith("; who loses access is not all in the preview.")


@pytest.mark.parametrize(
    ("source", "label", "kind"),
    [(urn(USER, "aline"), "aline", "managed"), (urn(_AZUREAD_USER, "carl"), "carl", "other provider")],
)
def test_whoever_is_left_out_goes_by_the_name_in_the_program(source: str, label: str, kind: str) -> None:
    found = reviewed(step("create", ELIGIBILITY, "give", None, grant(), sources={"principal_id": [source]}))
    assert _people(found) == [(label, kind)]


def test_a_grant_over_an_application_says_so() -> None:
    [one] = reviewed(step("create", ELIGIBILITY, "give", None, grant(directory_scope_id=f"/{guid(7)}"))).grants_after
    assert one.scope.name == f"application {guid(7)}"


def test_owners_whom_the_stack_leaves_alone_are_told_as_one() -> None:
    give = grant(principal_id=guid(1))
    desk = group(owners=None)
    found = reviewed(
        step("same", GROUP, "desk", desk, desk, id_=guid(1)),
        step("same", ELIGIBILITY, "give", in_force(give), give, id_="give"),
    )
    assert [(owner.person.label, owner.kind) for owner in found.owners] == [("owners of Desk", "kept")]


@pytest.mark.parametrize("kept_by", [{"retainOnDelete": True}, {}])
def test_a_user_that_is_deleted_takes_access_along_unless_retained(kept_by: Values) -> None:
    give = grant(principal_id=guid(1))
    found = reviewed(
        step("delete", USER, "aline", user(), id_=guid(1), **kept_by),
        step("same", ELIGIBILITY, "give", in_force(give), give, id_="give"),
    )
    assert found.verdict == ("unchanged" if kept_by else "narrowed")


def test_a_grant_that_was_cancelled_is_none_until_it_is_made_again() -> None:
    cancelled = in_force(grant()) | {"status": "Canceled"}
    assert reviewed(step("same", ELIGIBILITY, "give", cancelled, grant(), id_="give")).grants_after == ()
    assert reviewed(step("update", ELIGIBILITY, "give", cancelled, grant(), id_="give")).verdict == "broadened"


def test_an_import_was_there_before() -> None:
    found = reviewed(step("import", ELIGIBILITY, "give", None, grant(), importID="give"))
    assert found.verdict == "unchanged"
    assert [flag.kind for flag in found.flags] == ["import"]


def test_an_exception_that_is_not_needed_is_named() -> None:
    exception = {"rule": "PIM-E01", "subject": "give", "owner": "a", "reason": "b", "expires": "2027-12-31"}
    config = Config.model_validate({"exceptions": [exception]})
    found = review(read(*_held("2027-03-01T00:00:00Z")), NOW, config)
    assert "the exception from PIM-E01 for 'give' is not needed: the rule is kept there" in found.unchecked
