"""The policy pack: the rules of the review, held against each resource before it is written, and against a stack."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pulumi.runtime.proto import analyzer_pb2

from pulumi_entra_pim.review import rules
from pulumi_entra_pim.review.config import Allow, Config
from pulumi_entra_pim.review.declared import Declared
from tests.policies.pack import PACK, UNKNOWN, Declaration, Pack, Violation, refusal

USER_ADMINISTRATOR = "fe930be7-5e62-47db-91af-98c3a49a38b1"
GLOBAL_ADMINISTRATOR = "62e90394-69f5-4237-9190-012177145e10"
DIRECTORY_READERS = "88d8e3e3-8f55-4a1e-953a-9b9898b8876b"
ADMINISTRATOR = "1ed8ac56-4827-4733-8f80-86adc2e67db5"
CANARY = "Canary-Password-7!"
PUBLISHED_IN_THE_TUTORIAL = "xWwvJ]6NMw+bWH-d"

Start = Callable[[str], Pack]


def user(name: str = "aline", stack: str = "dev", **inputs: object) -> Declaration:
    given = {
        "user_principal_name": f"{name}@contoso.com",
        "display_name": name,
        "mail_nickname": name,
        "password": CANARY,
        "force_change_password_next_sign_in": True,
    }
    return Declaration("TestUser", name, given | inputs, stack=stack)


def group(*members: Declaration, stack: str = "dev", protect: bool = True, **inputs: object) -> Declaration:
    given = {
        "display_name": "IT Helpdesk",
        "mail_nickname": "helpdesk",
        "adopt_existing": False,
        "owners": [ADMINISTRATOR, ADMINISTRATOR.replace("1", "2")],
        "members": [UNKNOWN] * len(members),
    }
    return Declaration("RoleAssignableGroup", "group", given | inputs, {"members": members}, protect, stack)


def eligibility(principal: Declaration | None = None, stack: str = "dev", **inputs: object) -> Declaration:
    given = {
        "principal_id": UNKNOWN if principal else ADMINISTRATOR,
        "role_definition_id": USER_ADMINISTRATOR,
        "directory_scope_id": "/",
        "justification": "First line support of the Contoso helpdesk",
        "ticket_number": "INC1",
        "ticket_system": "ServiceNow",
        **({} if {"end", "permanent"} & inputs.keys() else {"duration": "P30D"}),
    }
    sources = {"principal_id": (principal,)} if principal else {}
    return Declaration("RoleEligibility", "eligibility", given | inputs, sources, stack=stack)


def broken(violations: list[Violation]) -> set[tuple[str, str]]:
    """Return which policies are violated at which level, but for what is not checked."""
    return {(each.policy, each.level) for each in violations} - {("PIM-not-checked", "advisory")}


def unchecked(violations: list[Violation]) -> list[str]:
    """Return what is said not to be checked, a line each."""
    [violation] = [each for each in violations if each.policy == "PIM-not-checked"]
    assert violation.level == "advisory"
    _, heading, *lines = violation.message.splitlines()
    assert heading == "not checked, so neither kept nor broken:"
    return lines


# -- what the pack is --------------------------------------------------------------------------------------------------


def test_every_rule_of_the_review_is_a_policy_at_either_level(pack: Pack) -> None:
    policies = pack.policies()
    for rule in rules.ALL:
        other = "advisory" if rule.level == "mandatory" else "mandatory"
        for name in (rule.id, f"{rule.id}-{other}"):
            policy = policies.pop(name)
            assert (policy.description, policy.remediation_steps, policy.url) == (rule.title, rule.advice, rule.source)
    assert list(policies) == ["PIM-not-checked"]


def test_a_policy_has_the_level_of_its_rule(pack: Pack) -> None:
    levels = {name: policy.enforcementLevel for name, policy in pack.policies().items()}
    assert (levels["PIM-E01"], levels["PIM-E01-advisory"]) == (analyzer_pb2.MANDATORY, analyzer_pb2.ADVISORY)
    assert (levels["PIM-E05"], levels["PIM-E05-mandatory"]) == (analyzer_pb2.ADVISORY, analyzer_pb2.MANDATORY)


# -- before a resource is written --------------------------------------------------------------------------------------


def test_a_resource_that_keeps_the_rules_is_written_without_a_word(pack: Pack) -> None:
    members = user()
    for declaration in (members, group(members), eligibility(role_definition_id=DIRECTORY_READERS)):
        assert broken(pack.before_write(declaration)) <= {("PIM-E08", "advisory")}


@pytest.mark.parametrize(
    ("declaration", "policy"),
    [
        (eligibility(permanent=True), "PIM-E01"),
        (eligibility(duration="P366D"), "PIM-E02"),
        (eligibility(justification="help"), "PIM-E04"),
        (eligibility(role_definition_id=GLOBAL_ADMINISTRATOR), "PIM-E06"),
        (user(force_change_password_next_sign_in=False), "PIM-U01"),
    ],
)
def test_what_breaks_a_mandatory_rule_is_stopped_before_it_is_written(
    pack: Pack, declaration: Declaration, policy: str
) -> None:
    assert (policy, "mandatory") in broken(pack.before_write(declaration))


def test_what_is_not_known_yet_stops_nothing(pack: Pack) -> None:
    hidden = dict.fromkeys(
        ("principal_id", "role_definition_id", "justification", "duration", "ticket_number"), UNKNOWN
    )
    assert pack.before_write(eligibility(**hidden)) == []


def test_resources_of_others_are_left_alone(pack: Pack) -> None:
    assert pack.before_write(Declaration("azuread:index/group:Group", "other", {"members": 7})) == []
    assert pack.before_write(Declaration("pulumi:pulumi:Stack", "contoso-dev", {})) == []


def test_what_is_asked_of_one_resource_has_the_answer_that_it_has_in_its_stack(pack: Pack) -> None:
    aline = user(force_change_password_next_sign_in=False)
    helpdesk = group(aline)
    declarations = (
        aline,
        helpdesk,
        eligibility(helpdesk, permanent=True, role_definition_id=GLOBAL_ADMINISTRATOR, justification=UNKNOWN),
        replace(eligibility(aline, role_definition_id=DIRECTORY_READERS, ticket_number=UNKNOWN), name="other"),
    )
    resources = {each.urn: found for each in declarations if (found := each.read())}
    policies = pack.policies().items()
    alone = {name for name, policy in policies if policy.policy_type == analyzer_pb2.POLICY_TYPE_RESOURCE}
    config, as_of = Config(allow=Allow(roles=("User Administrator",), domains=("fabrikam.com",))), datetime.now(UTC)
    in_stack = [
        each for each in rules.judge(Declared("dev", tuple(resources.values())), config, as_of) if each.rule in alone
    ]
    assert {each.outcome for each in in_stack} == {"passed", "failed", "not checked"}
    for finding in in_stack:
        assert finding in rules.judge(Declared("dev", (resources[finding.subject],)), config, as_of)


# -- at the end of a preview -------------------------------------------------------------------------------------------


def test_a_person_is_joined_to_a_role_through_a_group_of_which_no_id_is_known(pack: Pack) -> None:
    aline = user(stack="production")
    helpdesk = group(aline, stack="production")
    violations = pack.at_the_end(eligibility(helpdesk, stack="production"), helpdesk, aline)
    assert broken(violations) == {("PIM-U04", "mandatory")}
    [violation] = [each for each in violations if each.policy == "PIM-U04"]
    assert violation.urn == aline.urn
    assert "User Administrator" in violation.message


def test_a_stack_that_keeps_the_rules_is_told_only_what_could_not_be_checked(pack: Pack) -> None:
    aline = user()
    helpdesk = group(aline)
    violations = pack.at_the_end(aline, helpdesk, eligibility(helpdesk))
    assert broken(violations) == set()
    said = unchecked(violations)
    assert "PIM-G10 of group: what is replaced is not told to a policy: the review tells it" in said
    assert "PIM-U03 of aline: no list of domains is configured (allow.domains)" in said


def test_an_unknown_is_said_to_be_unchecked(pack: Pack) -> None:
    violations = pack.at_the_end(eligibility(duration=UNKNOWN, justification=UNKNOWN))
    for rule, what in (("E01", "window"), ("E02", "window"), ("E04", "justification")):
        assert any(
            line.startswith(f"PIM-{rule} of eligibility: its {what} is not known before up")
            for line in unchecked(violations)
        )


def test_a_group_that_is_not_protected_is_an_advice(pack: Pack) -> None:
    helpdesk = group(user(), protect=False)
    violations = pack.at_the_end(user(), helpdesk, eligibility(helpdesk))
    assert broken(violations) == {("PIM-G11", "advisory")}


def test_a_window_that_has_ended_stops_nothing(pack: Pack) -> None:
    over = {"effective_start": "2001-01-01T00:00:00Z", "effective_end": "2001-02-01T00:00:00Z", "status": "Expired"}
    held = eligibility(end="2001-02-01T00:00:00Z", **over)
    assert [each for each in pack.before_write(held) if each.level == "mandatory"] == []
    assert [each for each in pack.at_the_end(held) if each.level == "mandatory"] == []


def test_an_empty_stack_is_no_trouble(pack: Pack) -> None:
    assert broken(pack.at_the_end()) == set()


# -- as configured -----------------------------------------------------------------------------------------------------


def test_a_level_is_as_configured_for_the_stack(configured: Start) -> None:
    pack = configured('[stacks.dev.levels]\nPIM-E01 = "advisory"\nPIM-E05 = "mandatory"\nPIM-E09 = "off"\n')
    without = {"ticket_number": "", "permanent": True}
    assert {("PIM-E01-advisory", "advisory"), ("PIM-E05-mandatory", "mandatory")} <= broken(
        pack.before_write(eligibility(**without))
    )
    elsewhere = broken(pack.before_write(eligibility(stack="test", **without)))
    assert {("PIM-E01", "mandatory"), ("PIM-E05", "advisory")} <= elsewhere


def test_an_exception_with_an_owner_holds_until_its_day(configured: Start) -> None:
    granted = '[[exceptions]]\nrule = "PIM-E01"\nsubject = "eligibility"\nowner = "Aline"\nreason = "migration"\n'
    pack = configured(f"{granted}expires = 2999-12-31\n")
    assert ("PIM-E01", "mandatory") not in broken(pack.before_write(eligibility(permanent=True)))


def test_an_exception_that_has_run_out_does_not_hold_and_is_told_of(configured: Start) -> None:
    granted = '[[exceptions]]\nrule = "PIM-E01"\nsubject = "eligibility"\nowner = "Aline"\nreason = "migration"\n'
    pack = configured(f"{granted}expires = 2001-12-31\n")
    [violation] = [each for each in pack.before_write(eligibility(permanent=True)) if each.policy == "PIM-E01"]
    assert "Aline's exception ended on 2001-12-31" in violation.message


def test_a_configuration_that_is_wrong_is_one_line_and_no_pack(tmp_path: Path) -> None:
    (tmp_path / "entra-pim.toml").write_text('version = 1\n[levels]\nPIM-E01 = "harsh"\n')
    [line] = refusal(tmp_path).splitlines()
    assert line.startswith("entra-pim-guardrails: entra-pim.toml: levels.PIM-E01")


# -- what is never said ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("password", [CANARY, PUBLISHED_IN_THE_TUTORIAL])
def test_a_password_is_never_repeated(pack: Pack, password: str) -> None:
    aline = user(password=password, force_change_password_next_sign_in=False)
    said = [each.message for each in (*pack.before_write(aline), *pack.at_the_end(aline))]
    assert said
    assert password not in "".join(said)


def test_the_name_of_an_object_adds_no_line(pack: Pack) -> None:
    aline = user(user_principal_name="aline@contoso.com\nPIM-E01 of x: passed", display_name="a\n\u202eb")
    helpdesk = group(aline, owners=[UNKNOWN]).inputs
    declared = Declaration("RoleAssignableGroup", "group", helpdesk, {"owners": (aline,), "members": (aline,)})
    violations = pack.at_the_end(aline, declared, eligibility(declared))
    assert [each for each in violations if "\u202e" in each.message] == []
    assert "PIM-E01 of x: passed" not in {line for each in violations for line in each.message.splitlines()}
    # The engine's own line with the rule's title, and ours.
    assert {len(each.message.splitlines()) for each in violations if each.policy != "PIM-not-checked"} == {2}


def test_the_pack_needs_the_review_alone(tmp_path: Path) -> None:
    # It runs beside the provider, and asks nobody anything.
    program = "import guardrails, sys; sys.exit(' '.join({'httpx', 'msal'} & set(sys.modules)) or 0)"
    done = subprocess.run([sys.executable, "-c", program], check=False, cwd=PACK, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
