"""Preflight: what the tenant would refuse at `up` is said at preview, once it is asked for, and stops nothing else."""

from datetime import timedelta
from typing import Any

import pytest
from pulumi.dynamic import Config, ConfigureRequest
from pulumi.output import Unknown
from pulumi.runtime.proto import provider_pb2

from .engine import Engine, Rpc
from .entra import Entra
from .network import fail, instead, refuse, unreachable
from .pim import set_rule
from .programs import HELPDESK_ADMINISTRATOR, NOBODY, USER_ADMINISTRATOR, a_group, a_user, an_eligibility

READ_ONLY = ["Group.Read.All", "LicenseAssignment.Read.All", "RoleManagement.Read.Directory", "User.Read.All"]
COLLECTIONS = ["subscribedSkus", "roleDefinitions", "roleManagementPolicyAssignments", "groups", "users"]
UNKNOWN = Unknown()


class Previewer:
    """A provider that asks the tenant, and what it says of a program: failures by property, and warnings."""

    def __init__(self, entra: Entra, engine: Engine, kind: str = "RoleEligibility", setting: str = "true") -> None:
        token = entra.emulator.token(permissions=READ_ONLY)
        self.provider = entra.provider(kind, token=token)
        self.provider.configure(ConfigureRequest(Config({"entra-pim:preflight": setting}, "contoso")))
        self._engine = engine

    def refuses(self, program: dict[str, Any], before: dict[str, Any] | None = None) -> list[tuple[str, str]]:
        """Return the failures of a program, given what it was before."""
        request = provider_pb2.CheckRequest(urn="urn:of:the:row")
        result = Rpc(request)(lambda: self.provider.check(dict(before or {}), program))
        return [(failure.property, failure.reason) for failure in result.failures]

    def warns(self, program: dict[str, Any], before: dict[str, Any] | None = None) -> list[str]:
        """Return the warnings on the row of a program that is not refused."""
        self._engine.lines.clear()
        assert self.refuses(program, before) == []
        assert {line.urn for line in self._engine.lines} <= {"urn:of:the:row"}
        return self._engine.said("WARNING")


@pytest.fixture(autouse=True)
def _signed_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENTRA_PIM_ACCESS_TOKEN", "the-clients-own-is-used")


@pytest.fixture
def previewer(entra: Entra, engine: Engine) -> Previewer:
    """A provider with preflight switched on."""
    return Previewer(entra, engine)


@pytest.fixture
def limited(entra: Entra) -> None:
    """User Administrator may be given for half a year at most."""
    set_rule(entra, "Expiration_Admin_Eligibility", isExpirationRequired=True, maximumDuration="P180D")


def asked(entra: Entra) -> list[str]:
    """Return what was asked of the tenant, by the collections."""
    return [next(name for name in COLLECTIONS if name in line) for line in entra.network.lines()]


# -- off, or nothing to ask --------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("limited")
def test_without_the_setting_no_preview_asks_the_tenant(entra: Entra, engine: Engine, aline: str) -> None:
    previewer = Previewer(entra, engine, setting="false")
    assert previewer.warns(an_eligibility(aline, permanent=True)) == []
    assert entra.network.sent == []


def test_a_program_that_pim_would_take_passes_with_one_question_of_each_kind(
    entra: Entra, previewer: Previewer, aline: str
) -> None:
    for _ in range(3):
        assert previewer.warns(an_eligibility(aline)) == []
    assert asked(entra) == COLLECTIONS
    assert entra.network.writes() == []


def test_the_same_role_and_principal_in_other_letters_are_not_asked_about_again(
    entra: Entra, previewer: Previewer, aline: str
) -> None:
    previewer.refuses(an_eligibility(aline))
    before = len(entra.network.sent)
    previewer.refuses(an_eligibility(aline.upper(), role_definition_id=USER_ADMINISTRATOR.upper()))
    assert len(entra.network.sent) == before


def test_another_role_and_principal_are_asked_about(entra: Entra, previewer: Previewer, aline: str) -> None:
    previewer.refuses(an_eligibility(aline))
    with entra.network.recording() as sent:
        previewer.refuses(an_eligibility(entra.group("it"), role_definition_id=HELPDESK_ADMINISTRATOR))
    assert len(sent) == 3


@pytest.mark.usefixtures("limited")
def test_what_stays_as_it_is_is_not_held_against_todays_policy(entra: Entra, previewer: Previewer, aline: str) -> None:
    program = an_eligibility(aline, permanent=True)
    checked = {**program, "directory_scope_id": "/", "adopt_existing": False}
    assert previewer.warns(program, before=checked) == []
    assert entra.network.sent == []


def test_what_is_not_known_yet_is_not_asked_about(entra: Entra, previewer: Previewer) -> None:
    program = an_eligibility("", role_definition_id=UNKNOWN) | {"principal_id": UNKNOWN}
    assert previewer.warns(program) == []
    assert asked(entra) == ["subscribedSkus"]


def test_a_program_that_is_wrong_by_itself_is_refused_without_a_question(entra: Entra, previewer: Previewer) -> None:
    [(name, _)] = previewer.refuses(an_eligibility("aline"))
    assert name == "principal_id"
    assert entra.network.sent == []


@pytest.mark.parametrize(("kind", "program"), [("TestUser", a_user()), ("RoleAssignableGroup", a_group())])
def test_users_and_groups_have_nothing_to_ask(entra: Entra, engine: Engine, kind: str, program: dict[str, Any]) -> None:
    assert Previewer(entra, engine, kind).warns(program) == []
    assert entra.network.sent == []


# -- the role's policy -------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("limited")
@pytest.mark.parametrize(
    ("window", "name", "shown"),
    [
        ({"permanent": True}, "permanent", "a permanent grant"),
        ({"duration": "P181D"}, "duration", "P181D"),
        ({"duration": "PT4321H"}, "duration", "PT4321H"),
        ({"end": "2090-01-01T00:00:00Z"}, "end", "2090-01-01T00:00:00Z"),
        ({"start": "2001-01-01T00:00:00Z", "end": "2090-01-01T00:00:00Z"}, "end", "2090-01-01T00:00:00Z"),
        ({"start": "2090-01-01T00:00:00Z", "end": "2090-07-01T00:00:00Z"}, "end", "2090-07-01T00:00:00Z"),
    ],
)
def test_a_grant_longer_than_the_policy_allows_is_refused_with_the_limit(
    previewer: Previewer, aline: str, window: dict[str, Any], name: str, shown: str
) -> None:
    assert previewer.refuses(an_eligibility(aline, **window)) == [
        (name, f"the role's policy allows at most P180D; asked was {shown}")
    ]


@pytest.mark.usefixtures("limited")
@pytest.mark.parametrize(
    "window",
    [
        {"duration": "P180D"},
        {"start": "2090-01-01T00:00:00Z", "end": "2090-06-30T00:00:00Z"},
        {"end": UNKNOWN},
        {"start": UNKNOWN, "end": "2090-01-01T00:00:00Z"},
    ],
)
def test_a_grant_that_the_policy_allows_or_that_is_not_known_yet_passes(
    previewer: Previewer, aline: str, window: dict[str, Any]
) -> None:
    assert previewer.warns(an_eligibility(aline, **window)) == []


@pytest.mark.usefixtures("limited")
def test_an_end_in_the_limits_of_today_passes(entra: Entra, previewer: Previewer, aline: str) -> None:
    end = (entra.clock.now() + timedelta(days=180)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert previewer.warns(an_eligibility(aline, end=end, start="2001-01-01T00:00:00Z")) == []


def test_a_limit_binds_only_where_a_grant_has_to_end(entra: Entra, previewer: Previewer, aline: str) -> None:
    set_rule(entra, "Expiration_Admin_Eligibility", isExpirationRequired=False, maximumDuration="P15D")
    assert previewer.warns(an_eligibility(aline, permanent=True)) == []


@pytest.mark.usefixtures("limited")
@pytest.mark.parametrize(("window", "is_refused"), [({"permanent": True}, True), ({"duration": "P200D"}, False)])
def test_of_a_change_only_what_is_certain_is_refused(
    previewer: Previewer, aline: str, window: dict[str, Any], is_refused: bool
) -> None:
    # A new duration counts from the start of the grant: less than all of it is left.
    before, after = an_eligibility(aline, duration="P30D"), an_eligibility(aline, **window)
    if is_refused:
        assert [name for name, _ in previewer.refuses(after, before)] == ["permanent"]
    else:
        assert previewer.warns(after, before) == ["the role's policy allows at most P180D; asked was P200D"]


@pytest.mark.parametrize(
    ("rule", "lacking", "name", "reason"),
    [
        ("Justification", "justification", "justification", "wants a justification: set justification"),
        ("Ticketing", "ticket_number", "ticket_number", "wants a ticket: set ticket_number and ticket_system"),
    ],
)
def test_words_that_the_policy_wants_are_asked_for(
    entra: Entra, previewer: Previewer, aline: str, rule: str, lacking: str, name: str, reason: str
) -> None:
    set_rule(entra, "Enablement_Admin_Eligibility", enabledRules=[rule])
    program = an_eligibility(aline, ticket_number="INC1", ticket_system="ServiceNow")
    assert previewer.warns(program) == []
    assert previewer.warns(program | {lacking: UNKNOWN}) == []
    del program[lacking]
    assert previewer.refuses(program) == [(name, f"the role's policy {reason}")]


def test_multifactor_authentication_is_a_warning_as_another_may_deploy(
    entra: Entra, previewer: Previewer, aline: str
) -> None:
    set_rule(entra, "Enablement_Admin_Eligibility", enabledRules=["MultiFactorAuthentication"])
    [warning] = previewer.warns(an_eligibility(aline))
    assert warning.startswith("the role's policy wants multifactor authentication of whoever assigns")


@pytest.mark.usefixtures("limited")
def test_the_limit_is_said_as_it_is_at_up(entra: Entra, previewer: Previewer, aline: str) -> None:
    program = an_eligibility(aline, permanent=True)
    [(_, reason)] = previewer.refuses(program)
    with pytest.raises(Exception, match=reason):
        entra.manage("RoleEligibility").up(**program)


# -- principal, role, licence ------------------------------------------------------------------------------------------


def test_a_group_that_can_never_hold_a_role_is_refused(entra: Entra, previewer: Previewer) -> None:
    plain = entra.group("plain", role_assignable=False)
    [(name, reason)] = previewer.refuses(an_eligibility(plain))
    assert name == "principal_id"
    assert reason.startswith(f"principal {plain} is a group that is not role-assignable")


def test_a_role_assignable_group_passes(entra: Entra, previewer: Previewer) -> None:
    assert previewer.warns(an_eligibility(entra.group("it"))) == []


def test_a_principal_that_was_deleted_is_refused(entra: Entra, previewer: Previewer, aline: str) -> None:
    entra.ask("DELETE", f"/users/{aline}")
    assert previewer.refuses(an_eligibility(aline)) == [
        ("principal_id", f"The principal {aline} was deleted and is in deletedItems: restore it, or check the id")
    ]


def test_a_principal_or_role_that_is_not_there_may_be_on_its_way(previewer: Previewer, aline: str) -> None:
    [warning] = previewer.warns(an_eligibility(NOBODY))
    assert warning.startswith(f"the directory shows no user or group {NOBODY}: check the id")
    [warning] = previewer.warns(an_eligibility(aline, role_definition_id=NOBODY))
    assert warning.startswith(f"the directory shows no role definition {NOBODY}: check the id")


def test_a_tenant_without_a_licence_for_pim_is_refused(entra: Entra, previewer: Previewer, aline: str) -> None:
    entra.network.on("GET", "subscribedSkus", instead(200, {"value": []}))
    assert previewer.refuses(an_eligibility(aline)) == [
        ("", "Privileged Identity Management needs a Microsoft Entra ID P2 or ID Governance licence in this tenant")
    ]


@pytest.mark.parametrize(
    ("status", "plan", "licensed"),
    [
        ("Enabled", "AAD_PREMIUM_P2", True),
        ("Warning", "AAD_PREMIUM_P2", True),
        ("Enabled", "Entra_Identity_Governance", True),
        ("Suspended", "AAD_PREMIUM_P2", False),
        ("Enabled", "AAD_PREMIUM", False),
        ("Enabled", None, False),
    ],
)
def test_a_licence_is_one_for_pim_that_is_in_force(
    entra: Entra, previewer: Previewer, aline: str, status: str, plan: str | None, licensed: bool
) -> None:
    plans = [{"servicePlanName": plan}, "not a plan"]
    skus = [{"id": "none"}, {"id": "one", "capabilityStatus": status, "servicePlans": plans}]
    entra.network.on("GET", "subscribedSkus", instead(200, {"value": skus}))
    assert (previewer.refuses(an_eligibility(aline)) == []) is licensed


# -- what cannot be asked ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "what"),
    [
        ("subscribedSkus", "the licence"),
        ("roleDefinitions", "the role definition"),
        ("roleManagementPolicyAssignments", "the role's policy"),
        ("/groups/", "the principal"),
    ],
)
def test_a_question_that_may_not_be_asked_is_a_warning_on_each_row(
    entra: Entra, previewer: Previewer, aline: str, path: str, what: str
) -> None:
    entra.network.on("GET", path, refuse(403, "Authorization_RequestDenied", "Insufficient privileges"), times=100)
    program = an_eligibility(aline)
    for _ in range(2):
        [warning] = previewer.warns(program)
        assert warning.startswith(f"{what} was not checked: Authorization_RequestDenied: Insufficient privileges.")
    assert asked(entra).count(path.strip("/")) == 1


def test_a_principal_that_may_not_be_looked_for_is_a_warning(entra: Entra, previewer: Previewer) -> None:
    entra.network.on("GET", "/users/", refuse(403, "Authorization_RequestDenied"), times=100)
    assert previewer.warns(an_eligibility(NOBODY)) == [f"the caller may not look for the principal {NOBODY}"]


def test_a_role_without_a_policy_is_nothing_against_it(entra: Entra, previewer: Previewer, aline: str) -> None:
    entra.network.on("GET", "roleManagementPolicyAssignments", instead(200, {"value": []}))
    assert previewer.warns(an_eligibility(aline)) == []


@pytest.mark.parametrize(
    "policy",
    [
        None,
        {},
        {"rules": None},
        {"rules": []},
        {"rules": ["not a rule"]},
        {"rules": [{"id": "Expiration_Admin_Eligibility", "isExpirationRequired": True}]},
    ],
)
def test_a_policy_that_says_nothing_is_nothing_against_it(
    entra: Entra, previewer: Previewer, aline: str, policy: Any
) -> None:
    answer = {"value": [{"id": "one", "policy": policy}]}
    entra.network.on("GET", "roleManagementPolicyAssignments", instead(200, answer))
    assert previewer.warns(an_eligibility(aline, permanent=True)) == []


def test_a_tenant_that_cannot_be_reached_costs_fifteen_seconds_once(
    entra: Entra, previewer: Previewer, aline: str
) -> None:
    entra.network.on("GET", "", unreachable, times=1000)
    for principal in (aline, NOBODY, "11111111-1111-4111-8111-111111111111"):
        warnings = previewer.warns(an_eligibility(principal))
        assert [warning.partition(" was not checked: ")[0] for warning in warnings] == [
            "the licence",
            "the role definition",
            "the role's policy",
            "the principal",
        ]
    assert entra.clock.waited <= 15
    assert "the questions of a preview may take 15 s, and have" in warnings[-1]


def test_a_tenant_that_wants_patience_is_not_waited_for(entra: Entra, previewer: Previewer, aline: str) -> None:
    entra.network.on("GET", "subscribedSkus", fail(429, headers={"Retry-After": "600"}))
    warnings = previewer.warns(an_eligibility(aline))
    assert warnings[0].startswith("the licence was not checked: ")
    assert entra.clock.waited == 0
