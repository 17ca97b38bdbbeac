"""The labelled changes: a program that is up, what becomes of it, and what a person says of that.

Labels are written by hand. A row is a sign (``+`` gained, ``>`` extended, ``~`` moved, ``<`` shortened, ``-`` lost,
``=`` kept), who, and the role, with its scope where that is not the whole directory. ``breaks`` are the rules that are
not kept, with the names of the resources; every label is of the moment at which the first program came up, moved on by
``later``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, field
from datetime import timedelta

from tests.lifecycle.directory import Directory
from tests.review.corpus.programs import (
    ADMINISTRATOR,
    CUSTOM_ROLE,
    DESK,
    MALLORY,
    PEOPLE,
    SECOND_UNIT,
    UNIT,
    grant,
    group,
    people,
    user,
)

SHOW_SAMES = ("--show-sames",)
UNPROTECTED = frozenset({"PIM-G11 desk"})
"""What every desk breaks that holds a privileged role and is not protected."""

_SECURITY = "Security Administrator"
_ALINE = "aline@contoso.com"
_BOSS = "boss@contoso.com"
_CARL = "carl@contoso.com"
_URN = "urn:pulumi:test::contoso::pulumi-python:dynamic/entra-pim"


Objects = Mapping[str, Callable[[Directory], str]]


@dataclass(frozen=True, kw_only=True)
class Case:
    """One change. ``before`` is "" for a stack that is not up yet; ``objects`` makes what no program declares, by the
    id that stands for it here; ``meanwhile`` is done to the tenant or the state after the first program came up.
    """

    name: str
    before: str = ""
    after: str
    verdict: str
    rows: Set[str] = frozenset()
    breaks: Set[str] = UNPROTECTED
    flags: Set[str] = frozenset()
    owners: Set[str] = frozenset()
    complete: bool = True
    command: str = "preview"
    options: tuple[str, ...] = SHOW_SAMES
    later: timedelta = timedelta()
    stack: str = "test"
    config: str = ""
    objects: Objects = field(default_factory=dict)
    meanwhile: Callable[[Directory], None] | None = None


def _unit(directory: Directory) -> str:
    made = directory.send("POST", "/directory/administrativeUnits", {"displayName": "EMEA"})
    return str(made.json()["id"])


def _mallory(directory: Directory) -> str:
    return directory.add_user("mallory")


def _add_mallory_by_hand(directory: Directory) -> None:
    [desk] = directory.all("/groups")
    directory.add_member(desk["id"], directory.get(f"/users/mallory@{directory.seed.domain}")["id"])


def _delete_aline_by_hand(directory: Directory) -> None:
    directory.send("DELETE", f"/users/aline@{directory.seed.domain}")


def _disable_aline_by_hand(directory: Directory) -> None:
    directory.send("PATCH", f"/users/aline@{directory.seed.domain}", {"accountEnabled": False})


_FIRST_UP_OWNERS = frozenset({f"+ {ADMINISTRATOR} Desk", f"+ {_BOSS} Desk"})
_GONE_OWNERS = frozenset({f"- {ADMINISTRATOR} Desk", f"- {_BOSS} Desk"})
_ELEVEN = [f"user{number}" for number in range(11)]

FIRST_UPS = (
    Case(
        name="first-up",
        after=DESK,
        verdict="broadened",
        rows={f"+ {_ALINE} {_SECURITY}"},
        owners=_FIRST_UP_OWNERS,
    ),
    Case(
        name="first-up-empty-group",
        after=PEOPLE + group(members="[]") + grant(),
        verdict="broadened",
        rows={f"+ nobody yet (Desk) {_SECURITY}"},
        owners=_FIRST_UP_OWNERS,
    ),
    Case(
        name="first-up-members-left-alone",
        after=PEOPLE + group(members="") + grant(),
        verdict="broadened",
        rows={f"+ nobody yet (Desk) {_SECURITY}"},
        flags={"unmanaged desk"},
        owners=_FIRST_UP_OWNERS,
    ),
    Case(
        name="first-up-two-groups-two-roles",
        after=DESK
        + group("second", members="[aline.id, boss.id]", owners=f"[{ADMINISTRATOR!r}]")
        + grant("other", principal_id="second.id", role_definition_id="entra.BuiltInRole.SECURITY_READER"),
        verdict="broadened",
        rows={f"+ {_ALINE} {_SECURITY}", f"+ {_ALINE} Security Reader", f"+ {_BOSS} Security Reader"},
        breaks={"PIM-G11 desk", "PIM-G11 second", "PIM-G03 second"},
        owners=_FIRST_UP_OWNERS | {f"+ {ADMINISTRATOR} Second"},
    ),
    Case(
        name="first-up-in-a-component",
        after="""
class Desk(pulumi.ComponentResource):
    def __init__(self, name):
        super().__init__("contoso:index:Desk", name)
        self.opts = pulumi.ResourceOptions(parent=self)

opts = Desk("contoso").opts
"""
        + user("aline", opts="opts")
        + user("boss", opts="opts")
        + group(opts="opts")
        + grant(opts="opts"),
        verdict="broadened",
        rows={f"+ {_ALINE} {_SECURITY}"},
        owners=_FIRST_UP_OWNERS,
    ),
    Case(
        name="first-up-for-a-person",
        after=user("aline") + grant(principal_id="aline.id"),
        verdict="broadened",
        rows={f"+ {_ALINE} {_SECURITY}"},
        breaks={"PIM-E10 grant"},
    ),
    Case(
        name="first-up-for-an-object-id",
        after=grant(principal_id=repr(ADMINISTRATOR)),
        verdict="broadened",
        rows={f"+ {ADMINISTRATOR} {_SECURITY}"},
        breaks={"PIM-E10 grant"},
    ),
    Case(
        name="first-up-members-computed",
        after=PEOPLE + group(members="pulumi.Output.all(aline.id, boss.id).apply(list)", owners=repr([])) + grant(),
        verdict="broadened",
        rows={f"+ {_ALINE} {_SECURITY}", f"+ {_BOSS} {_SECURITY}"},
        breaks={"PIM-G11 desk", "PIM-G03 desk"},
    ),
    Case(
        name="first-up-principal-computed",
        after=PEOPLE + group() + grant(principal_id='pulumi.Output.concat("", desk.id)'),
        verdict="broadened",
        rows={f"+ {_ALINE} {_SECURITY}"},
        owners=_FIRST_UP_OWNERS,
    ),
    Case(
        name="first-up-one-of-two-members",
        after=PEOPLE + group(members="[pulumi.Output.all(aline.id, boss.id).apply(lambda ids: ids[0])]") + grant(),
        verdict="broadened",
        rows={f"+ {_ALINE} {_SECURITY}", f"+ {_BOSS} {_SECURITY}"},
        breaks={"PIM-G11 desk", "PIM-G04 desk"},
        owners=_FIRST_UP_OWNERS,
    ),
    Case(
        name="first-up-permanent",
        after=PEOPLE + group() + grant(duration="", permanent="True"),
        verdict="broadened",
        rows={f"+ {_ALINE} {_SECURITY}"},
        breaks={"PIM-G11 desk", "PIM-E01 grant", "PIM-E02 grant"},
        owners=_FIRST_UP_OWNERS,
    ),
    Case(
        name="first-up-400-days",
        after=PEOPLE + group() + grant(duration="'P400D'"),
        verdict="broadened",
        rows={f"+ {_ALINE} {_SECURITY}"},
        breaks={"PIM-G11 desk", "PIM-E02 grant"},
        owners=_FIRST_UP_OWNERS,
    ),
    Case(
        name="first-up-400-days-allowed-here",
        after=PEOPLE + group() + grant(duration="'P400D'"),
        verdict="broadened",
        rows={f"+ {_ALINE} {_SECURITY}"},
        owners=_FIRST_UP_OWNERS,
        config='version = 1\n[stacks.test.limits]\neligibility = "P400D"\n',
    ),
    Case(
        name="first-up-400-days-excepted",
        after=PEOPLE + group() + grant(duration="'P400D'"),
        verdict="broadened",
        rows={f"+ {_ALINE} {_SECURITY}"},
        owners=_FIRST_UP_OWNERS,
        config="""
version = 1
[[exceptions]]
rule = "PIM-E02"
subject = "grant"
owner = "security@contoso.com"
reason = "the audit lasts longer than a year"
expires = 2027-01-31
""",
    ),
    Case(
        name="first-up-400-days-exception-ran-out",
        after=PEOPLE + group() + grant(duration="'P400D'"),
        verdict="broadened",
        rows={f"+ {_ALINE} {_SECURITY}"},
        breaks={"PIM-G11 desk", "PIM-E02 grant"},
        owners=_FIRST_UP_OWNERS,
        config="""
version = 1
[[exceptions]]
rule = "PIM-E02"
subject = "grant"
owner = "security@contoso.com"
reason = "the audit lasts longer than a year"
expires = 2026-12-31
""",
    ),
    Case(
        name="first-up-global-administrator",
        after=PEOPLE + group() + grant(role_definition_id="entra.BuiltInRole.GLOBAL_ADMINISTRATOR", duration="'P200D'"),
        verdict="broadened",
        rows={f"+ {_ALINE} Global Administrator"},
        breaks={"PIM-G11 desk", "PIM-E06 grant", "PIM-E02 grant"},
        owners=_FIRST_UP_OWNERS,
    ),
    Case(
        name="first-up-user-administrator",
        after=PEOPLE + group() + grant(role_definition_id="entra.BuiltInRole.USER_ADMINISTRATOR"),
        verdict="broadened",
        rows={f"+ {_ALINE} User Administrator"},
        breaks={"PIM-G11 desk", "PIM-E09 grant"},
        owners=_FIRST_UP_OWNERS,
    ),
    Case(
        name="first-up-over-a-unit",
        after=PEOPLE
        + group()
        + grant(role_definition_id="entra.BuiltInRole.USER_ADMINISTRATOR", directory_scope_id=repr(UNIT)),
        verdict="broadened",
        rows={f"+ {_ALINE} User Administrator @ {UNIT}"},
        owners=_FIRST_UP_OWNERS,
    ),
    Case(
        name="first-up-unlabelled-role",
        after=PEOPLE + group() + grant(role_definition_id="entra.BuiltInRole.GROUPS_ADMINISTRATOR", ticket_number=""),
        verdict="broadened",
        rows={f"+ {_ALINE} Groups Administrator"},
        breaks={"PIM-E09 grant"},
        owners=_FIRST_UP_OWNERS,
    ),
    Case(
        name="first-up-custom-role",
        after=PEOPLE + group() + grant(role_definition_id=repr(CUSTOM_ROLE)),
        verdict="broadened",
        rows={f"+ {_ALINE} {CUSTOM_ROLE}"},
        breaks={"PIM-E08 grant"},
        owners=_FIRST_UP_OWNERS,
    ),
    Case(
        name="first-up-role-not-on-the-list",
        after=DESK,
        verdict="broadened",
        rows={f"+ {_ALINE} {_SECURITY}"},
        breaks={"PIM-G11 desk", "PIM-E07 grant"},
        owners=_FIRST_UP_OWNERS,
        config='version = 1\n[allow]\nroles = ["Security Reader"]\n',
    ),
    Case(
        name="first-up-without-ticket-and-justification",
        after=PEOPLE + group() + grant(ticket_number="", justification=""),
        verdict="broadened",
        rows={f"+ {_ALINE} {_SECURITY}"},
        breaks={"PIM-G11 desk", "PIM-E04 grant", "PIM-E05 grant"},
        owners=_FIRST_UP_OWNERS,
    ),
    Case(
        name="first-up-with-the-tutorials-justification",
        after=PEOPLE + group() + grant(justification="'Assign User Admin eligibility to IT Helpdesk (User) group'"),
        verdict="broadened",
        rows={f"+ {_ALINE} {_SECURITY}"},
        breaks={"PIM-G11 desk", "PIM-E04 grant"},
        owners=_FIRST_UP_OWNERS,
    ),
    Case(
        name="first-up-starts-later",
        after=PEOPLE + group() + grant(start="from_now(days=10)"),
        verdict="broadened",
        rows={f"+ {_ALINE} {_SECURITY}"},
        owners=_FIRST_UP_OWNERS,
    ),
    Case(
        name="first-up-started-already",
        after=PEOPLE + group() + grant(start="from_now(days=-10)"),
        verdict="broadened",
        rows={f"+ {_ALINE} {_SECURITY}"},
        breaks={"PIM-G11 desk", "PIM-E03 grant"},
        owners=_FIRST_UP_OWNERS,
    ),
    Case(
        name="first-up-same-grant-twice",
        after=DESK + grant("again"),
        verdict="broadened",
        rows={f"+ {_ALINE} {_SECURITY}"},
        breaks={"PIM-G11 desk", "PIM-E11 grant", "PIM-E11 again"},
        owners=_FIRST_UP_OWNERS,
    ),
    Case(
        name="first-up-owner-in-the-group",
        after=PEOPLE + group(members="[aline.id, boss.id]") + grant(),
        verdict="broadened",
        rows={f"+ {_ALINE} {_SECURITY}", f"+ {_BOSS} {_SECURITY}"},
        breaks={"PIM-G11 desk", "PIM-G04 desk"},
        owners=_FIRST_UP_OWNERS,
    ),
    Case(
        name="first-up-group-in-a-group",
        after=DESK + group("second", members="[desk.id]") + grant("other", principal_id="second.id"),
        verdict="broadened",
        rows={f"+ {_ALINE} {_SECURITY}", f"+ Desk {_SECURITY}"},
        breaks={"PIM-G11 desk", "PIM-G11 second", "PIM-G05 second"},
        owners=_FIRST_UP_OWNERS | {f"+ {ADMINISTRATOR} Second", f"+ {_BOSS} Second"},
    ),
    Case(
        name="first-up-eleven-members",
        after=people("boss", *_ELEVEN) + group(members=f"[{', '.join(f'{name}.id' for name in _ELEVEN)}]") + grant(),
        verdict="broadened",
        rows={f"+ {name}@contoso.com {_SECURITY}" for name in _ELEVEN},
        breaks={"PIM-G11 desk", "PIM-G08 desk", "PIM-E12 test"},
        owners=_FIRST_UP_OWNERS,
    ),
    Case(
        name="first-up-in-production",
        after=DESK,
        verdict="broadened",
        rows={f"+ {_ALINE} {_SECURITY}"},
        breaks={"PIM-G11 desk", "PIM-U04 aline"},
        owners=_FIRST_UP_OWNERS,
        stack="production",
    ),
    Case(
        name="first-up-users-only",
        after=user("aline", force_change_password_next_sign_in="False") + user("boss"),
        verdict="unchanged",
        breaks={"PIM-U01 aline"},
    ),
    Case(
        name="first-up-domain-not-on-the-list",
        after=people("aline"),
        verdict="unchanged",
        breaks={"PIM-U03 aline"},
        config='version = 1\n[allow]\ndomains = ["fabrikam.com"]\n',
    ),
    Case(
        name="first-up-account-for-emergencies",
        after=DESK,
        verdict="broadened",
        rows={f"+ {_ALINE} {_SECURITY}"},
        breaks={"PIM-G11 desk", "PIM-U05 test"},
        owners=_FIRST_UP_OWNERS,
        config='version = 1\n[break_glass]\naccounts = ["ALINE@contoso.com"]\n',
    ),
    Case(
        name="first-up-group-without-role",
        after=PEOPLE + group(),
        verdict="unchanged",
        breaks=frozenset(),
    ),
    Case(name="first-up-nothing", after="", verdict="unchanged", breaks=frozenset()),
    Case(
        name="first-up-takes-over",
        after=PEOPLE + group(adopt_existing="True") + grant(adopt_existing="True"),
        verdict="broadened",
        rows={f"+ {_ALINE} {_SECURITY}"},
        flags={"adopt_existing desk", "adopt_existing grant"},
        owners=_FIRST_UP_OWNERS,
    ),
    Case(
        name="first-up-destroys-without-asking",
        after=user("aline", purge_on_destroy="True")
        + people("boss")
        + group(force_destroy="True", purge_on_destroy="True")
        + grant(),
        verdict="broadened",
        rows={f"+ {_ALINE} {_SECURITY}"},
        flags={"purge_on_destroy aline", "purge_on_destroy desk", "force_destroy desk"},
        owners=_FIRST_UP_OWNERS,
    ),
    Case(
        name="first-up-hostile-names",
        after=PEOPLE
        + group(display_name=repr("a|b `c`\n@everyone <img src=x onerror=alert(1)> \u202eesrever #1 ${x}"))
        + grant(),
        verdict="broadened",
        rows={f"+ {_ALINE} {_SECURITY}"},
        owners={
            f"+ {who} a|b `c`\n@everyone <img src=x onerror=alert(1)> \u202eesrever #1 ${{x}}"
            for who in (ADMINISTRATOR, _BOSS)
        },
    ),
    Case(
        name="first-up-with-another-provider",
        after="""
class Nothing(pulumi.dynamic.ResourceProvider):
    def create(self, props):
        return pulumi.dynamic.CreateResult("nothing", {})

class Thing(pulumi.dynamic.Resource, module="other", name="Thing"):
    pass


Thing(Nothing(), "other", {})
"""
        + DESK,
        verdict="broadened",
        rows={f"+ {_ALINE} {_SECURITY}"},
        owners=_FIRST_UP_OWNERS,
    ),
)

_TWO = PEOPLE + group(members="[aline.id, boss.id]", owners=f"[{ADMINISTRATOR!r}]") + grant()
_ONE_OWNER = PEOPLE + group(owners=f"[{ADMINISTRATOR!r}]") + grant()
_ONE_OWNER_BREAKS = UNPROTECTED | {"PIM-G03 desk"}
_SAME = frozenset({f"= {_ALINE} {_SECURITY}"})
_SECOND = group("second", members="[aline.id]")

EDITS = (
    Case(name="same", before=DESK, after=DESK, verdict="unchanged", rows=_SAME),
    Case(
        name="member-added",
        before=DESK,
        after=PEOPLE + people("carl") + group(members="[aline.id, carl.id]") + grant(),
        verdict="broadened",
        rows=_SAME | {f"+ {_CARL} {_SECURITY}"},
    ),
    Case(
        name="member-added-who-was-there",
        before=DESK,
        after=PEOPLE + group(members=f"[aline.id, {ADMINISTRATOR!r}]") + grant(),
        verdict="broadened",
        rows=_SAME | {f"+ {ADMINISTRATOR} {_SECURITY}"},
        breaks=UNPROTECTED | {"PIM-G04 desk"},
    ),
    Case(
        name="member-removed",
        before=_TWO,
        after=_ONE_OWNER,
        verdict="narrowed",
        rows=_SAME | {f"- {_BOSS} {_SECURITY}"},
        breaks=_ONE_OWNER_BREAKS,
    ),
    Case(
        name="member-swapped",
        before=_ONE_OWNER,
        after=PEOPLE + group(members="[boss.id]", owners=f"[{ADMINISTRATOR!r}]") + grant(),
        verdict="moved",
        rows={f"- {_ALINE} {_SECURITY}", f"+ {_BOSS} {_SECURITY}"},
        breaks=_ONE_OWNER_BREAKS,
    ),
    Case(
        name="first-member",
        before=PEOPLE + group(members="[]") + grant(),
        after=DESK,
        verdict="broadened",
        rows={f"+ {_ALINE} {_SECURITY}"},
    ),
    Case(
        name="last-member-leaves",
        before=DESK,
        after=PEOPLE + group(members="[]") + grant(),
        verdict="narrowed",
        rows={f"- {_ALINE} {_SECURITY}"},
    ),
    Case(
        name="members-given-up",
        before=DESK,
        after=PEOPLE + group(members="") + grant(),
        verdict="unchanged",
        rows=_SAME,
        flags={"unmanaged desk"},
    ),
    Case(
        name="members-taken-up",
        before=PEOPLE + group(members="") + grant(),
        after=DESK,
        verdict="moved",
        rows={f"+ {_ALINE} {_SECURITY}", f"- members of Desk {_SECURITY}"},
    ),
    Case(
        name="members-secret",
        before=DESK,
        after=PEOPLE + group(members="pulumi.Output.secret([aline.id])") + grant(),
        verdict="unchanged",
        rows=_SAME,
    ),
    Case(
        name="members-secret-and-others",
        before=DESK,
        after=PEOPLE + group(members=f"pulumi.Output.secret([{ADMINISTRATOR!r}])") + grant(),
        verdict="unknown",
        rows=_SAME,
    ),
    Case(
        name="owner-added",
        before=_ONE_OWNER,
        after=DESK,
        verdict="broadened",
        rows=_SAME,
        owners={f"+ {_BOSS} Desk"},
    ),
    Case(
        name="owner-removed",
        before=DESK,
        after=_ONE_OWNER,
        verdict="narrowed",
        rows=_SAME,
        owners={f"- {_BOSS} Desk"},
        breaks=_ONE_OWNER_BREAKS,
    ),
    Case(
        name="window-longer",
        before=DESK,
        after=PEOPLE + group() + grant(duration=repr("P120D")),
        verdict="broadened",
        rows={f"> {_ALINE} {_SECURITY}"},
    ),
    Case(
        name="window-shorter",
        before=DESK,
        after=PEOPLE + group() + grant(duration=repr("P30D")),
        verdict="narrowed",
        rows={f"< {_ALINE} {_SECURITY}"},
    ),
    Case(
        name="window-spelled-otherwise",
        before=DESK,
        after=PEOPLE + group() + grant(duration="", end="from_now(days=90)"),
        verdict="unchanged",
        rows=_SAME,
    ),
    Case(
        name="window-later",
        before=DESK,
        after=PEOPLE + group() + grant(start="from_now(days=40)", duration="", end="from_now(days=100)"),
        verdict="moved",
        rows={f"~ {_ALINE} {_SECURITY}"},
    ),
    Case(
        name="window-permanent",
        before=DESK,
        after=PEOPLE + group() + grant(duration="", permanent="True"),
        verdict="broadened",
        rows={f"> {_ALINE} {_SECURITY}"},
        breaks=UNPROTECTED | {"PIM-E01 grant", "PIM-E02 grant"},
    ),
    Case(
        name="window-no-longer-permanent",
        before=PEOPLE + group() + grant(duration="", permanent="True"),
        after=PEOPLE + group() + grant(duration="", end="from_now(days=90)"),
        verdict="narrowed",
        rows={f"< {_ALINE} {_SECURITY}"},
    ),
    Case(
        name="window-over",
        before=DESK,
        after=DESK,
        verdict="unchanged",
        breaks={"PIM-E03 grant"},
        later=timedelta(days=100),
    ),
    Case(
        name="window-over-and-given-anew",
        before=DESK,
        after=PEOPLE + group() + grant(duration="", end="from_now(days=200)"),
        verdict="broadened",
        rows={f"+ {_ALINE} {_SECURITY}"},
        owners=_FIRST_UP_OWNERS,
        later=timedelta(days=100),
    ),
    Case(
        name="words-only",
        before=DESK,
        after=PEOPLE + group() + grant(justification="'As agreed with the security team'"),
        verdict="unchanged",
        rows=_SAME,
    ),
    Case(
        name="justification-secret",
        before=DESK,
        after=PEOPLE + group() + grant(justification="pulumi.Output.secret('Canary justification')"),
        verdict="unchanged",
        rows=_SAME,
    ),
    Case(
        name="role-changed",
        before=DESK,
        after=PEOPLE + group() + grant(role_definition_id="entra.BuiltInRole.SECURITY_READER"),
        verdict="moved",
        rows={f"- {_ALINE} {_SECURITY}", f"+ {_ALINE} Security Reader"},
        flags={"replacement grant"},
    ),
    Case(
        name="scope-narrower",
        before=DESK,
        after=PEOPLE + group() + grant(directory_scope_id=repr(UNIT)),
        verdict="narrowed",
        rows={f"- {_ALINE} {_SECURITY}", f"+ {_ALINE} {_SECURITY} @ {UNIT}"},
        flags={"replacement grant"},
    ),
    Case(
        name="scope-wider",
        before=PEOPLE + group() + grant(directory_scope_id=repr(UNIT)),
        after=DESK,
        verdict="broadened",
        rows={f"- {_ALINE} {_SECURITY} @ {UNIT}", f"+ {_ALINE} {_SECURITY}"},
        flags={"replacement grant"},
        objects={UNIT.rpartition("/")[2]: _unit},
    ),
    Case(
        name="scope-elsewhere",
        before=PEOPLE + group() + grant(directory_scope_id=repr(UNIT)),
        after=PEOPLE + group() + grant(directory_scope_id=repr(SECOND_UNIT)),
        verdict="moved",
        rows={f"- {_ALINE} {_SECURITY} @ {UNIT}", f"+ {_ALINE} {_SECURITY} @ {SECOND_UNIT}"},
        flags={"replacement grant"},
        objects={UNIT.rpartition("/")[2]: _unit},
    ),
    Case(
        name="another-group-same-people",
        before=DESK + _SECOND,
        after=PEOPLE + group() + _SECOND + grant(principal_id="second.id"),
        verdict="unchanged",
        rows=_SAME,
        breaks={"PIM-G11 second"},
        flags={"replacement grant"},
        owners={
            f"- {ADMINISTRATOR} Desk",
            f"- {_BOSS} Desk",
            f"+ {ADMINISTRATOR} Second",
            f"+ {_BOSS} Second",
        },
    ),
    Case(
        name="second-way-to-the-same",
        before=DESK + _SECOND,
        after=DESK + _SECOND + grant("other", principal_id="second.id"),
        verdict="unchanged",
        rows=_SAME,
        breaks={"PIM-G11 desk", "PIM-G11 second"},
        owners={f"+ {ADMINISTRATOR} Second", f"+ {_BOSS} Second"},
    ),
    Case(
        name="one-of-two-ways-goes",
        before=DESK + grant("other", principal_id="aline.id"),
        after=DESK,
        verdict="unchanged",
        rows=_SAME,
    ),
    Case(
        name="moved-to-another-group",
        before=DESK
        + group("second", members="[]")
        + grant("other", principal_id="second.id", role_definition_id="entra.BuiltInRole.SECURITY_READER"),
        after=PEOPLE
        + group(members="[]")
        + grant()
        + group("second", members="[aline.id]")
        + grant("other", principal_id="second.id", role_definition_id="entra.BuiltInRole.SECURITY_READER"),
        verdict="moved",
        rows={f"- {_ALINE} {_SECURITY}", f"+ {_ALINE} Security Reader"},
        breaks={"PIM-G11 desk", "PIM-G11 second"},
    ),
    Case(
        name="member-of-a-group-without-role-here",
        before=PEOPLE + group(),
        after=PEOPLE + group(members="[aline.id, boss.id]", owners=f"[{ADMINISTRATOR!r}]"),
        verdict="unknown",
        breaks={"PIM-G03 desk"},
    ),
    Case(
        name="group-described-otherwise",
        before=DESK,
        after=PEOPLE + group(description="'Second line'") + grant(),
        verdict="unchanged",
        rows=_SAME,
    ),
    Case(
        name="account-disabled",
        before=DESK,
        after=user("aline", account_enabled="False") + people("boss") + group() + grant(),
        verdict="narrowed",
        rows={f"< {_ALINE} {_SECURITY}"},
        flags={"account aline"},
    ),
    Case(
        name="account-enabled",
        before=user("aline", account_enabled="False") + people("boss") + group() + grant(),
        after=DESK,
        verdict="broadened",
        rows={f"> {_ALINE} {_SECURITY}"},
        flags={"account aline"},
    ),
    Case(
        name="password-set-anew",
        before=DESK,
        after=user("aline", password=repr("Canary-Password-2")) + people("boss") + group() + grant(),
        verdict="unchanged",
        rows=_SAME,
        flags={"password aline"},
    ),
    Case(
        name="user-renamed-in-the-directory",
        before=DESK,
        after=user("aline", user_principal_name="'aline.dupuy@contoso.com'") + people("boss") + group() + grant(),
        verdict="unchanged",
        rows={f"= aline.dupuy@contoso.com {_SECURITY}"},
    ),
)

RESOURCES = (
    Case(
        name="grant-deleted",
        before=DESK,
        after=PEOPLE + group(),
        verdict="narrowed",
        rows={f"- {_ALINE} {_SECURITY}"},
        breaks=frozenset(),
        owners=_GONE_OWNERS,
    ),
    Case(
        name="group-and-grant-deleted",
        before=DESK,
        after=PEOPLE,
        verdict="narrowed",
        rows={f"- {_ALINE} {_SECURITY}"},
        breaks=frozenset(),
        owners=_GONE_OWNERS,
    ),
    Case(
        name="user-deleted",
        before=_TWO,
        after=people("aline") + group(owners=f"[{ADMINISTRATOR!r}]") + grant(),
        verdict="narrowed",
        rows=_SAME | {f"- {_BOSS} {_SECURITY}"},
        breaks=_ONE_OWNER_BREAKS,
    ),
    Case(
        name="everything-deleted",
        before=DESK,
        after="",
        verdict="narrowed",
        rows={f"- {_ALINE} {_SECURITY}"},
        breaks=frozenset(),
        owners=_GONE_OWNERS,
    ),
    Case(
        name="resource-renamed-with-an-alias",
        before=DESK,
        after=user("alina", opts="pulumi.ResourceOptions(aliases=[pulumi.Alias(name='aline')])")
        .replace("alina@contoso.com", _ALINE)
        .replace("'Alina'", "'Aline'")
        .replace("mail_nickname='alina'", "mail_nickname='aline'")
        + people("boss")
        + group(members="[alina.id]")
        + grant(),
        verdict="unchanged",
        rows=_SAME,
        flags={"rename alina"},
    ),
    Case(
        name="group-renamed-with-an-alias",
        before=DESK,
        after=PEOPLE
        + group(
            "bureau",
            display_name="'Desk'",
            mail_nickname="'desk'",
            opts="pulumi.ResourceOptions(aliases=[pulumi.Alias(name='desk')])",
        )
        + grant(principal_id="bureau.id"),
        verdict="unchanged",
        rows=_SAME,
        breaks={"PIM-G11 bureau"},
        flags={"rename bureau"},
    ),
    Case(
        name="group-renamed-without-an-alias",
        before=DESK,
        after=PEOPLE + group("bureau") + grant(principal_id="bureau.id"),
        verdict="unchanged",
        rows=_SAME,
        breaks={"PIM-G11 bureau"},
        flags={"replacement grant"},
        owners={
            f"- {ADMINISTRATOR} Desk",
            f"- {_BOSS} Desk",
            f"+ {ADMINISTRATOR} Bureau",
            f"+ {_BOSS} Bureau",
        },
    ),
    Case(
        name="user-made-anew-under-another-name",
        before=DESK,
        after=user("alina") + people("boss") + group(members="[alina.id]") + grant(),
        verdict="moved",
        rows={f"- {_ALINE} {_SECURITY}", f"+ alina@contoso.com {_SECURITY}"},
    ),
    Case(
        name="group-replaced",
        before=PEOPLE + group(unique_name="'first'") + grant(),
        after=PEOPLE + group(unique_name="'second'") + grant(),
        verdict="unchanged",
        rows=_SAME,
        breaks=UNPROTECTED | {"PIM-G10 desk"},
        flags={"replacement desk", "replacement grant"},
    ),
    Case(
        name="group-replaced-months-later",
        before=PEOPLE + group(unique_name="'first'") + grant(),
        after=PEOPLE + group(unique_name="'second'") + grant(),
        verdict="broadened",
        rows={f"> {_ALINE} {_SECURITY}"},
        breaks=UNPROTECTED | {"PIM-G10 desk"},
        flags={"replacement desk", "replacement grant"},
        later=timedelta(days=60),
    ),
    Case(
        name="group-replaced-and-its-members-left-alone",
        before=PEOPLE + group(unique_name="'first'", members="") + grant(),
        after=PEOPLE + group(unique_name="'second'", members="") + grant(),
        verdict="narrowed",
        rows={f"- members of Desk {_SECURITY}"},
        breaks=UNPROTECTED | {"PIM-G10 desk"},
        flags={"replacement desk", "replacement grant", "unmanaged desk"},
    ),
    Case(
        name="group-without-role-replaced",
        before=PEOPLE + group(unique_name="'first'"),
        after=PEOPLE + group(unique_name="'second'"),
        verdict="unchanged",
        breaks=frozenset(),
        flags={"replacement desk"},
    ),
    Case(
        name="user-replaced",
        before=DESK,
        after=DESK,
        verdict="unchanged",
        rows=_SAME,
        flags={"replacement aline"},
        options=(*SHOW_SAMES, "--target-replace", f"{_URN}:TestUser::aline", "--target-dependents"),
    ),
    Case(
        name="protected-group-deleted",
        before=PEOPLE + group(opts="pulumi.ResourceOptions(protect=True)") + grant(),
        after=PEOPLE,
        verdict="unknown",
        rows={f"- {_ALINE} {_SECURITY}"},
        breaks=frozenset(),
        flags={"protected desk"},
        owners=_GONE_OWNERS,
        complete=False,
    ),
    Case(
        name="protected-group-edited",
        before=PEOPLE + group(opts="pulumi.ResourceOptions(protect=True)") + grant(),
        after=PEOPLE + group(opts="pulumi.ResourceOptions(protect=True)", members="[]") + grant(),
        verdict="narrowed",
        rows={f"- {_ALINE} {_SECURITY}"},
        breaks=frozenset(),
    ),
    Case(
        name="members-ignored",
        before=DESK,
        after=PEOPLE
        + group(members="[aline.id, boss.id]", opts="pulumi.ResourceOptions(ignore_changes=['members'])")
        + grant(),
        verdict="unchanged",
        rows=_SAME,
        flags={"ignore_changes desk"},
    ),
    Case(
        name="grant-retained",
        before=PEOPLE + group() + grant(opts="pulumi.ResourceOptions(retain_on_delete=True)"),
        after=PEOPLE + group(),
        verdict="unchanged",
        rows=_SAME,
        flags={"retained grant"},
    ),
    Case(
        name="replaced-grant-retained",
        before=PEOPLE + group() + grant(opts="pulumi.ResourceOptions(retain_on_delete=True)"),
        after=PEOPLE
        + group()
        + grant(
            role_definition_id="entra.BuiltInRole.SECURITY_READER",
            opts="pulumi.ResourceOptions(retain_on_delete=True)",
        ),
        verdict="broadened",
        rows=_SAME | {f"+ {_ALINE} Security Reader"},
        flags={"replacement grant", "retained grant"},
    ),
    Case(
        name="group-retained-and-grant-deleted",
        before=PEOPLE + group(opts="pulumi.ResourceOptions(retain_on_delete=True)") + grant(),
        after=PEOPLE,
        verdict="narrowed",
        rows={f"- {_ALINE} {_SECURITY}"},
        breaks=frozenset(),
        flags={"retained desk"},
        owners=_GONE_OWNERS,
    ),
    Case(
        name="adopted-user-released",
        before=user("mallory", adopt_existing="True", password="")
        + PEOPLE
        + group(members="[aline.id, mallory.id]")
        + grant(),
        after=PEOPLE + group() + grant(),
        verdict="narrowed",
        rows=_SAME | {f"- mallory@contoso.com {_SECURITY}"},
        flags={"retained mallory", "adopt_existing mallory"},
        objects={MALLORY: _mallory},
    ),
    Case(
        name="member-added-by-hand",
        before=DESK,
        after=DESK,
        verdict="narrowed",
        rows=_SAME | {f"- {MALLORY} {_SECURITY}"},
        options=(*SHOW_SAMES, "--refresh"),
        objects={MALLORY: _mallory},
        meanwhile=_add_mallory_by_hand,
    ),
    Case(
        name="drift-alone",
        before=DESK,
        after=DESK,
        verdict="broadened",
        rows=_SAME | {f"+ {MALLORY} {_SECURITY}"},
        command="refresh",
        options=("--preview-only",),
        objects={MALLORY: _mallory},
        meanwhile=_add_mallory_by_hand,
    ),
    Case(
        name="user-deleted-by-hand",
        before=DESK,
        after=DESK,
        verdict="broadened",
        rows={f"+ {_ALINE} {_SECURITY}"},
        options=(*SHOW_SAMES, "--refresh"),
        meanwhile=_delete_aline_by_hand,
    ),
    Case(
        name="account-disabled-by-hand",
        before=DESK,
        after=DESK,
        verdict="broadened",
        rows={f"> {_ALINE} {_SECURITY}"},
        flags={"account aline"},
        options=(*SHOW_SAMES, "--refresh"),
        meanwhile=_disable_aline_by_hand,
    ),
)

IN_PART = (
    Case(
        name="check-fails",
        before=DESK,
        after=PEOPLE + group(display_name=repr("")) + grant(),
        verdict="unknown",
        breaks=frozenset(),
        complete=False,
    ),
    Case(
        name="program-fails",
        before=DESK,
        after=DESK + "raise Exception('Canary-Password-1')\n",
        verdict="unknown",
        complete=False,
        rows=frozenset(),
    ),
    Case(
        name="import-fails",
        after=user("mallory", opts=f"pulumi.ResourceOptions(import_={ADMINISTRATOR!r})"),
        verdict="unknown",
        breaks=frozenset(),
        flags={"import mallory"},
        complete=False,
    ),
    Case(
        name="without-sames-member-added",
        before=DESK,
        after=PEOPLE + group(members="[aline.id, boss.id]", owners=f"[{ADMINISTRATOR!r}]") + grant(),
        verdict="unknown",
        breaks={"PIM-G03 desk"},
        options=(),
        complete=False,
    ),
    Case(
        name="without-sames-window-longer",
        before=DESK,
        after=PEOPLE + group() + grant(duration=repr("P120D")),
        verdict="broadened",
        rows={f"> members of desk {_SECURITY}"},
        breaks=frozenset(),
        options=(),
        complete=False,
    ),
    Case(
        name="without-sames-grant-deleted",
        before=DESK,
        after=PEOPLE + group(),
        verdict="unknown",
        rows={f"- members of desk {_SECURITY}"},
        breaks=frozenset(),
        options=(),
        complete=False,
    ),
    Case(
        name="without-sames-nothing",
        before=DESK,
        after=DESK,
        verdict="unknown",
        breaks=frozenset(),
        options=(),
        complete=False,
    ),
    Case(
        name="without-sames-first-up",
        after=DESK,
        verdict="broadened",
        rows={f"+ {_ALINE} {_SECURITY}"},
        owners=_FIRST_UP_OWNERS,
        options=(),
    ),
    Case(
        name="targeted",
        before=DESK,
        after=PEOPLE + people("carl") + group() + grant(duration=repr("P120D")),
        verdict="broadened",
        rows={f"> {_ALINE} {_SECURITY}"},
        options=(*SHOW_SAMES, "--target", f"{_URN}:RoleEligibility::grant"),
    ),
    Case(
        name="in-several-shapes",
        before=DESK,
        after=PEOPLE + group(unique_name="'second'") + grant(),
        verdict="unchanged",
        rows=_SAME,
        breaks=UNPROTECTED | {"PIM-G10 desk"},
        flags={"replacement desk", "replacement grant"},
        options=(*SHOW_SAMES, "--show-replacement-steps"),
    ),
)

CASES = {case.name: case for case in (*FIRST_UPS, *EDITS, *RESOURCES, *IN_PART)}
