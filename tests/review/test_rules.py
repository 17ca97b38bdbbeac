"""Every rule: kept, broken, and not to be told; levels and exceptions as the configuration has them."""

from __future__ import annotations

from typing import Any

import pytest

from pulumi_entra_pim.review import rules
from pulumi_entra_pim.review.config import Config, read_config
from pulumi_entra_pim.review.declared import ELIGIBILITY, GROUP, USER, AnyResource, Declared
from pulumi_entra_pim.review.model import Finding
from pulumi_entra_pim.review.properties import resource
from tests.review.previews import (
    NOW,
    SECRET,
    UNKNOWN,
    Values,
    grant,
    group,
    guid,
    read,
    step,
    urn,
    user,
)

_USER_ADMINISTRATOR = "fe930be7-5e62-47db-91af-98c3a49a38b1"
_GROUPS_ADMINISTRATOR = "fdd7a751-b60b-444a-984c-02652fe8fa1c"
_GLOBAL_ADMINISTRATOR = "62e90394-69f5-4237-9190-012177145e10"
_UNIT = "/administrativeUnits/5d1f3a70-0b7c-4f0e-9d55-7c1a2b3c4d5e"
_ALINE, _BOSS, _DESK = guid(1), guid(2), guid(3)

Stack = dict[str, Values]
_PEOPLE: Stack = {"aline": user(), "boss": user(user_principal_name="boss@contoso.com")}
_IDS = {"aline": _ALINE, "boss": _BOSS, "desk": _DESK, "second": guid(4)}


def _stack(desk: Values | None = None, give: Values | None = None, **more: Values) -> Stack:
    """Return a desk with two owners, and Aline in it, that gives a role; with other values for some inputs."""
    members = {"owners": [_BOSS, guid(8)], "members": [_ALINE]}
    return {
        **_PEOPLE,
        "desk": group(**members | (desk or {})),
        "give": grant(**{"principal_id": _DESK} | (give or {})),
        **more,
    }


def _kind(values: Values) -> str:
    if "principal_id" in values:
        return ELIGIBILITY
    return GROUP if "members" in values or "owners" in values else USER


def _declared(stack: Stack, name: str = "test", **options: Any) -> Declared:
    found: list[AnyResource] = []
    for each, values in stack.items():
        given = {key: value for key, value in values.items() if value is not None}
        sources = given.pop("sources", {})
        protect = given.pop("protect", False)
        made = resource(_kind(given), urn(_kind(given), each), given, sources, protect=protect, id_=_IDS.get(each))
        assert made is not None
        found.append(made)
    return Declared(name, tuple(found), replaced=frozenset(), **options)


def _judged(rule: str, stack: Stack, config: str = "", name: str = "test") -> list[Finding]:
    settings = read_config(f"version = 1\n{config}", name)
    return [each for each in rules.judge(_declared(stack, name), settings, NOW) if each.rule == rule]


_MANY = [guid(number) for number in range(100, 111)]
_ALLOW = '[allow]\nroles = ["Security Administrator", "0f0e0d0c-1111-4222-8333-444455556666"]'

# rule, what it is asked of, the outcome, a part of what it says, and the configuration and the stack's name
_EXAMPLES: list[tuple[str, Stack, str, str, str, str]] = [
    ("PIM-E01", _stack(), "passed", "ends on 2027-06-01", "", ""),
    ("PIM-E01", _stack(give={"end": None, "permanent": True}), "failed", "never ends", "", ""),
    ("PIM-E01", _stack(give={"end": UNKNOWN}), "not checked", "not known before up", "", ""),
    ("PIM-E01", _stack(give={"end": SECRET}), "not checked", "marked as a secret", "", ""),
    ("PIM-E02", _stack(give={"end": None, "duration": "P365D"}), "passed", "365 days", "", ""),
    ("PIM-E02", _stack(give={"end": None, "duration": "P366D"}), "failed", "366 days", "", ""),
    (
        "PIM-E02",
        _stack(give={"role_definition_id": _GLOBAL_ADMINISTRATOR, "end": None, "duration": "P181D"}),
        "failed",
        "a tier-0 role may be given for 180 days",
        "",
        "",
    ),
    (
        "PIM-E02",
        _stack(give={"end": None, "duration": "P31D"}),
        "failed",
        "30 days",
        '[limits]\neligibility = "P30D"',
        "",
    ),
    ("PIM-E02", _stack(), "failed", "may be given for 8 hours", '[limits]\neligibility = "PT8H"', ""),
    ("PIM-E02", _stack(give={"role_definition_id": UNKNOWN}), "not checked", "the limit depends on it", "", ""),
    ("PIM-E02", _stack(give={"end": UNKNOWN}), "not checked", "not known before up", "", ""),
    ("PIM-E03", _stack(), "passed", "to come", "", ""),
    ("PIM-E03", _stack(give={"start": "2027-07-01T00:00:00Z"}), "failed", "before it starts", "", ""),
    ("PIM-E03", _stack(give={"end": "2026-06-01T00:00:00Z"}), "failed", "ends in the past", "", ""),
    ("PIM-E03", _stack(give={"start": UNKNOWN}), "not checked", "not known before up", "", ""),
    ("PIM-E04", _stack(), "passed", "has a justification", "", ""),
    ("PIM-E04", _stack(give={"justification": None}), "failed", "no justification", "", ""),
    ("PIM-E04", _stack(give={"justification": " because  "}), "failed", "7 characters, fewer than 15", "", ""),
    (
        "PIM-E04",
        _stack(give={"justification": "Assign User Admin eligibility to  IT Helpdesk (User) group"}),
        "failed",
        "Microsoft's tutorial",
        "",
        "",
    ),
    ("PIM-E04", _stack(give={"justification": SECRET}), "not checked", "marked as a secret", "", ""),
    ("PIM-E05", _stack(give={"ticket_number": "CHG-1"}), "passed", "ticket", "", ""),
    ("PIM-E05", _stack(), "failed", "Security Administrator without a ticket", "", ""),
    ("PIM-E05", _stack(give={"role_definition_id": _GROUPS_ADMINISTRATOR}), "passed", "not labelled", "", ""),
    ("PIM-E05", _stack(give={"ticket_number": UNKNOWN}), "not checked", "not known before up", "", ""),
    ("PIM-E05", _stack(give={"role_definition_id": UNKNOWN}), "not checked", "its role is", "", ""),
    ("PIM-E06", _stack(), "passed", "Security Administrator", "", ""),
    ("PIM-E06", _stack(give={"role_definition_id": _GLOBAL_ADMINISTRATOR}), "failed", "Global Administrator", "", ""),
    ("PIM-E06", _stack(give={"role_definition_id": UNKNOWN}), "not checked", "its role is", "", ""),
    ("PIM-E07", _stack(), "not checked", "allow.roles", "", ""),
    ("PIM-E07", _stack(), "passed", "is on the list", _ALLOW, ""),
    ("PIM-E07", _stack(give={"role_definition_id": _GROUPS_ADMINISTRATOR}), "passed", "not labelled", _ALLOW, ""),
    ("PIM-E07", _stack(give={"role_definition_id": _USER_ADMINISTRATOR}), "failed", "is not on the list", _ALLOW, ""),
    ("PIM-E07", _stack(give={"role_definition_id": guid(77)}), "not checked", "not in the table", _ALLOW, ""),
    ("PIM-E07", _stack(give={"role_definition_id": UNKNOWN}), "not checked", "its role is", _ALLOW, ""),
    ("PIM-E08", _stack(), "passed", "built in", "", ""),
    ("PIM-E08", _stack(give={"role_definition_id": guid(77)}), "failed", "not in the table", "", ""),
    (
        "PIM-E08",
        _stack(give={"role_definition_id": "0F0E0D0C-1111-4222-8333-444455556666"}),
        "passed",
        "on the list",
        _ALLOW,
        "",
    ),
    ("PIM-E08", _stack(give={"role_definition_id": UNKNOWN}), "not checked", "its role is", "", ""),
    ("PIM-E09", _stack(), "passed", "cannot bound", "", ""),
    ("PIM-E09", _stack(give={"role_definition_id": _USER_ADMINISTRATOR}), "failed", "whole directory", "", ""),
    (
        "PIM-E09",
        _stack(give={"role_definition_id": _USER_ADMINISTRATOR, "directory_scope_id": _UNIT}),
        "passed",
        "not over the whole directory",
        "",
        "",
    ),
    ("PIM-E09", _stack(give={"role_definition_id": guid(77)}), "not checked", "not in the table", "", ""),
    ("PIM-E09", _stack(give={"directory_scope_id": UNKNOWN}), "not checked", "its scope is", "", ""),
    ("PIM-E09", _stack(give={"role_definition_id": UNKNOWN}), "not checked", "its role is", "", ""),
    ("PIM-E10", _stack(), "passed", "a group of this stack", "", ""),
    ("PIM-E10", _stack(give={"principal_id": _ALINE}), "failed", "one person", "", ""),
    ("PIM-E10", _stack(give={"principal_id": guid(88)}), "failed", "an object id", "", ""),
    ("PIM-E10", _stack(give={"principal_id": UNKNOWN}), "not checked", "not known before up", "", ""),
    (
        "PIM-E10",
        _stack(give={"principal_id": UNKNOWN, "sources": {"principal_id": [urn("azuread:index/group:Group", "g")]}}),
        "not checked",
        "'g', of which this preview tells no more",
        "",
        "",
    ),
    ("PIM-E11", _stack(), "passed", "nothing else", "", ""),
    ("PIM-E11", _stack(give={"principal_id": UNKNOWN}), "not checked", "not known before up", "", ""),
    ("PIM-E12", _stack(), "passed", "in this stack: 1", "", ""),
    ("PIM-E12", _stack(desk={"members": [_ALINE, guid(99)]}), "not checked", "told apart", "", ""),
    ("PIM-E12", _stack(desk={"members": _MANY}), "failed", "in this stack: 11", "", ""),
    ("PIM-E13", _stack(), "not checked", "not in a preview", "", ""),
    ("PIM-G01", _stack(), "passed", "always so", "", ""),
    ("PIM-G02", _stack(), "passed", "Private", "", ""),
    ("PIM-G02", _stack(desk={"adopt_existing": True}), "not checked", "adopted", "", ""),
    ("PIM-G03", _stack(), "passed", "2 owners", "", ""),
    ("PIM-G03", _stack(desk={"owners": [_BOSS]}), "failed", "one owner", "", ""),
    ("PIM-G03", _stack(desk={"owners": []}), "failed", "no owner", "", ""),
    ("PIM-G03", _stack(desk={"owners": None}), "not checked", "does not manage its owners", "", ""),
    ("PIM-G03", _stack(desk={"owners": UNKNOWN}), "not checked", "not known before up", "", ""),
    ("PIM-G04", _stack(), "passed", "no owner is in it", "", ""),
    ("PIM-G04", _stack(desk={"members": [_BOSS]}), "failed", "boss@contoso.com", "", ""),
    ("PIM-G04", _stack(desk={"members": [UNKNOWN]}), "not checked", "known before up", "", ""),
    ("PIM-G04", _stack(desk={"owners": None}), "not checked", "its owners", "", ""),
    ("PIM-G04", _stack(desk={"members": None}), "not checked", "its members", "", ""),
    ("PIM-G05", _stack(), "passed", "a user of this stack", "", ""),
    ("PIM-G05", _stack(desk={"members": [guid(4)]}, second=group()), "failed", "not a person", "", ""),
    (
        "PIM-G05",
        _stack(
            desk={
                "members": [UNKNOWN],
                "sources": {"members": [urn("azuread:index/servicePrincipal:ServicePrincipal", "app")]},
            }
        ),
        "failed",
        "app",
        "",
        "",
    ),
    ("PIM-G05", _stack(desk={"members": [guid(99)]}), "not checked", "1 of 1 members", "", ""),
    ("PIM-G05", _stack(desk={"members": None}), "not checked", "its members", "", ""),
    ("PIM-G06", _stack(), "passed", "no member is a guest", "", ""),
    ("PIM-G06", _stack(aline=user(user_principal_name="a_fabrikam.com#EXT#@contoso.com")), "failed", "a guest", "", ""),
    ("PIM-G06", _stack(desk={"members": [guid(99)]}), "not checked", "guests", "", ""),
    ("PIM-G06", _stack(desk={"members": None}), "not checked", "its members", "", ""),
    ("PIM-G06", _stack(give={"role_definition_id": _GROUPS_ADMINISTRATOR}), "passed", "no privileged role", "", ""),
    ("PIM-G07", _stack(), "passed", "in the cloud", "", ""),
    ("PIM-G07", _stack(aline=user(adopt_existing=True)), "not checked", "adopted user", "", ""),
    ("PIM-G07", _stack(desk={"members": [guid(99)]}), "not checked", "synchronised", "", ""),
    ("PIM-G07", _stack(desk={"members": None}), "not checked", "its members", "", ""),
    ("PIM-G08", _stack(), "passed", "1 members of at most 10", "", ""),
    ("PIM-G08", _stack(desk={"members": _MANY}), "failed", "11 members", "", ""),
    ("PIM-G08", _stack(desk={"members": _MANY}), "passed", "at most 11", "[limits]\nmembers = 11", ""),
    ("PIM-G08", _stack(desk={"members": UNKNOWN}), "not checked", "its members are", "", ""),
    ("PIM-G10", _stack(), "passed", "not replaced", "", ""),
    ("PIM-G11", _stack(), "failed", "Security Administrator", "", ""),
    ("PIM-G11", _stack(desk={"protect": True}), "passed", "protected", "", ""),
    ("PIM-G11", _stack(give={"role_definition_id": _GROUPS_ADMINISTRATOR}), "passed", "no privileged role", "", ""),
    ("PIM-U01", {"aline": user()}, "passed", "one sign-in", "", ""),
    ("PIM-U01", {"aline": user(force_change_password_next_sign_in=False)}, "failed", "goes on knowing it", "", ""),
    ("PIM-U01", {"aline": user(force_change_password_next_sign_in=UNKNOWN)}, "not checked", "not known", "", ""),
    (
        "PIM-U01",
        {"aline": user(password=None, force_change_password_next_sign_in=False)},
        "passed",
        "no password",
        "",
        "",
    ),
    ("PIM-U02", {"aline": user(password=None)}, "passed", "no password", "", ""),
    ("PIM-U02", {"aline": user(password="xWwvJ]6NMw+bWH-d")}, "failed", "Microsoft's tutorial", "", ""),
    (
        "PIM-U02",
        {"aline": user(sources={"password": [urn("random:index/randomPassword:RandomPassword", "p")]})},
        "passed",
        "comes from 'p'",
        "",
        "",
    ),
    ("PIM-U02", {"aline": user()}, "not checked", "plain text", "", ""),
    ("PIM-U03", {"aline": user()}, "not checked", "allow.domains", "", ""),
    ("PIM-U03", {"aline": user()}, "passed", "on the list", '[allow]\ndomains = ["CONTOSO.com"]', ""),
    ("PIM-U03", {"aline": user()}, "failed", "contoso.com is not", '[allow]\ndomains = ["fabrikam.com"]', ""),
    (
        "PIM-U03",
        {"aline": user(user_principal_name=UNKNOWN)},
        "not checked",
        "not known",
        '[allow]\ndomains = ["fabrikam.com"]',
        "",
    ),
    ("PIM-U04", {"aline": user()}, "passed", "holds no privileged role", "", "Production"),
    ("PIM-U04", {"aline": user()}, "passed", "not one of production", "", "dev"),
    ("PIM-U05", _stack(), "not checked", "no accounts", "", ""),
    ("PIM-U05", _stack(), "failed", "aline@contoso.com", '[break_glass]\naccounts = ["Aline@contoso.com"]', ""),
    ("PIM-U05", _stack(), "failed", _ALINE, f'[break_glass]\naccounts = ["{_ALINE}"]', ""),
    ("PIM-U05", _stack(), "passed", "no account", '[break_glass]\naccounts = ["nobody@contoso.com"]', ""),
    (
        "PIM-U05",
        _stack(desk={"members": [guid(99)]}),
        "not checked",
        "by object id",
        '[break_glass]\naccounts = ["nobody@contoso.com"]',
        "",
    ),
    (
        "PIM-U05",
        _stack(desk={"members": None}),
        "not checked",
        "told apart",
        '[break_glass]\naccounts = ["nobody@contoso.com"]',
        "",
    ),
    ("PIM-A01", {}, "not checked", "policies", "", ""),
    ("PIM-A02", {}, "not checked", "policies", "", ""),
    ("PIM-A03", {}, "not checked", "policies", "", ""),
]


@pytest.mark.parametrize(("rule", "stack", "outcome", "words", "config", "name"), _EXAMPLES)
def test_a_rule_says_whether_it_is_kept(
    rule: str, stack: Stack, outcome: str, words: str, config: str, name: str
) -> None:
    about = {"PIM-G": "desk", "PIM-U": "aline", "PIM-E": "give"}.get(rule[:5], "")
    found = _judged(rule, stack, config, name or "test")
    [finding] = [each for each in found if each.subject == "" or each.name == about]
    assert (finding.outcome, words in finding.message) == (outcome, True), finding.message


def test_every_rule_has_an_example_of_each_answer_that_it_gives() -> None:
    assert {rule.id for rule in rules.ALL} == {example[0] for example in _EXAMPLES}


def test_two_grants_of_the_same_are_both_named() -> None:
    found = _judged("PIM-E11", _stack(again=grant(principal_id=_DESK)))
    assert [(each.name, each.outcome) for each in found] == [("again", "failed"), ("give", "failed")]


def test_a_test_user_with_a_privileged_role_in_production_breaks_a_rule() -> None:
    found = _judged("PIM-U04", _stack(), name="prod-eu")
    assert [(each.name, each.outcome) for each in found] == [("aline", "failed"), ("boss", "passed")]


@pytest.mark.parametrize(
    ("op", "give", "outcome", "words"),
    [
        ("replace", True, "failed", "everybody loses Security Administrator"),
        ("replace", False, "passed", "gives no role in this stack"),
        ("same", True, "passed", "is not replaced"),
    ],
)
def test_a_group_that_gives_a_role_is_not_replaced(op: str, give: bool, outcome: str, words: str) -> None:
    desk = step(op, GROUP, "desk", group(members=[_ALINE]), group(members=[_ALINE]), id_=_DESK)
    grants = (
        [
            step(
                "same",
                ELIGIBILITY,
                "give",
                grant(principal_id=_DESK),
                grant(principal_id=UNKNOWN),
                sources={"principal_id": [urn(GROUP, "desk")]},
                id_="give",
            )
        ]
        if give
        else []
    )
    if op == "same" and give:
        grants[0]["newState"]["inputs"]["principal_id"] = _DESK
    [found] = [each for each in rules.judge(read(desk, *grants).after, Config(), NOW) if each.rule == "PIM-G10"]
    assert found.outcome == outcome
    assert words in found.message


def test_what_a_policy_is_not_told_is_said_to_be_unchecked() -> None:
    declared = Declared("test", _declared(_stack()).resources, replaced=None)
    [found] = [each for each in rules.judge(declared, Config(), NOW) if each.rule == "PIM-G10"]
    assert found.outcome == "not checked"


def test_a_window_that_is_over_is_only_advised_to_be_removed() -> None:
    old = grant(principal_id=_ALINE, end="2026-06-01T00:00:00Z") | {
        "effective_start": "2026-01-01T00:00:00Z",
        "effective_end": "2026-06-01T00:00:00Z",
    }
    declared = read(
        step("same", ELIGIBILITY, "give", old, grant(principal_id=_ALINE, end="2026-06-01T00:00:00Z"), id_="x")
    ).after
    found = {each.rule: each for each in rules.judge(declared, Config(), NOW) if each.name == "give"}
    assert (found["PIM-E03"].outcome, found["PIM-E03"].level) == ("failed", "advisory")
    assert found["PIM-E01"].outcome == found["PIM-E02"].outcome == "passed"


def test_a_start_in_the_past_is_only_advised_against() -> None:
    [found] = _judged("PIM-E03", _stack(give={"start": "2026-06-01T00:00:00Z"}))
    assert (found.outcome, found.level) == ("failed", "advisory")


def test_levels_are_as_configured_and_a_rule_that_is_off_is_not_passed() -> None:
    [found] = _judged("PIM-G11", _stack(), '[levels]\nPIM-G11 = "mandatory"')
    assert (found.outcome, found.level) == ("failed", "mandatory")
    [found] = _judged("PIM-G11", _stack(), '[levels]\nPIM-G11 = "off"')
    assert (found.outcome, found.message) == ("not checked", "turned off in the configuration")


def _excepted(expires: str, subject: str = "desk") -> str:
    return (
        f'[[exceptions]]\nrule = "PIM-G11"\nsubject = "{subject}"\nowner = "security@contoso.com"\n'
        f'reason = "it is made anew each night"\nexpires = {expires}\n'
    )


@pytest.mark.parametrize("subject", ["desk", urn(GROUP, "desk")])
def test_an_exception_holds_up_to_its_last_day(subject: str) -> None:
    [found] = _judged("PIM-G11", _stack(), _excepted("2027-01-01", subject))
    assert found.outcome == "failed"
    assert found.exemption is not None
    assert not found.is_broken


def test_an_exception_that_ran_out_is_spoken_of_and_holds_no_more() -> None:
    [found] = _judged("PIM-G11", _stack(), _excepted("2026-12-31"))
    assert found.is_broken
    assert "security@contoso.com's exception ended on 2026-12-31" in found.message


def test_an_exception_that_nothing_needs_is_named() -> None:
    config = read_config("version = 1\n" + _excepted("2027-12-31"), "test")
    protected = _declared(_stack(desk={"protect": True}))
    [unused] = rules.unused_exemptions(config, rules.judge(protected, config, NOW))
    assert (unused.rule, unused.subject) == ("PIM-G11", "desk")
    assert rules.unused_exemptions(config, rules.judge(_declared(_stack()), config, NOW)) == ()


def test_every_rule_names_its_source_and_what_to_do() -> None:
    for rule in rules.ALL:
        assert rule.source.startswith("https://")
        assert rule.advice
