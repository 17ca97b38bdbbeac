"""Rules about groups: who is in them, who lets others in, and what happens to what they hold."""

from __future__ import annotations

from .. import principals
from ..declared import Group, Hidden, Told, User
from ..model import Person
from ..urns import type_of
from .rule import Answer, Context, Rule, failed, is_privileged, not_checked, passed

_GROUPS = "https://learn.microsoft.com/entra/identity/role-based-access-control/groups-concept"
_GROUP = "https://learn.microsoft.com/graph/api/resources/group"
_BEST_PRACTICES = "https://learn.microsoft.com/entra/identity/role-based-access-control/best-practices"
_MAESTER = "https://maester.dev/docs/tests/MT.1025"
_CISA = "https://github.com/cisagov/ScubaGear/blob/v1.8.0/PowerShell/ScubaGear/baselines/aad.md"
_PROTECT = "https://www.pulumi.com/docs/iac/concepts/options/protect/"

_OWNERS_ADVISED = 2
# Object types of other providers that are no people.
_NO_PEOPLE = ("group", "serviceprincipal", "application")


def _is_a_security_group(_: Group, __: Context) -> Answer:
    return passed("a RoleAssignableGroup is always so, and one that exists and is not is refused")


def _is_private(group: Group, _: Context) -> Answer:
    if group.adopt_existing is not False:
        return not_checked("a group that is adopted keeps its visibility, which a preview does not tell")
    return passed("a RoleAssignableGroup is made with visibility Private")


def _has_owners(group: Group, context: Context) -> Answer:
    owners = _people(group, context, "owners")
    if isinstance(owners, str):
        return not_checked(owners)
    if len(owners) >= _OWNERS_ADVISED:
        return passed(f"it has {len(owners)} owners")
    how_many = "one owner" if owners else "no owner"
    return failed(f"it has {how_many}; {_OWNERS_ADVISED} are advised, so that one can be away")


def _owners_are_not_members(group: Group, context: Context) -> Answer:
    owners, members = _people(group, context, "owners"), _people(group, context, "members")
    if isinstance(owners, str):
        return not_checked(owners)
    if isinstance(members, str):
        return not_checked(members)
    in_it = {person.key for person in members}
    both = [person.label for person in owners if person.key in in_it]
    if both:
        return failed(f"{', '.join(both)}: an owner who is in it and can let others in")
    if any(person.kind == "unknown" for person in [*owners, *members]):
        return not_checked("not everybody who is meant is known before up")
    return passed("no owner is in it")


def _members_are_people(group: Group, context: Context) -> Answer:
    members = _people(group, context, "members")
    if isinstance(members, str):
        return not_checked(members)
    bad = [person.label for person in members if _is_no_person(person, context)]
    if bad:
        return failed(f"{', '.join(bad)}: not a person")
    return _of_all(members, "what they are is not in a preview", "every member is a user of this stack")


def _members_are_no_guests(group: Group, context: Context) -> Answer:
    if not any(is_privileged(role) for role in context.roles_of(group)):
        return passed("it gives no privileged role in this stack")
    members = _people(group, context, "members")
    if isinstance(members, str):
        return not_checked(members)
    guests = [person.label for person in members if "#ext#" in person.label.casefold()]
    if guests:
        return failed(f"{', '.join(guests)}: a guest")
    return _of_all(members, "whether they are guests is not in a preview", "no member is a guest")


def _members_are_cloud_only(group: Group, context: Context) -> Answer:
    members = _people(group, context, "members")
    if isinstance(members, str):
        return not_checked(members)
    users = [context.declared.by_key.get(person.key) for person in members]
    if any(isinstance(user, User) and user.adopt_existing is not False for user in users):
        return not_checked("whether an adopted user is synchronised is not in a preview")
    return _of_all(members, "whether they are synchronised is not in a preview", "every member is made in the cloud")


def _members_are_few(group: Group, context: Context) -> Answer:
    members = _people(group, context, "members")
    if isinstance(members, str):
        return not_checked(members)
    most = context.config.limits.members
    count = f"it has {len(members)} members of at most {most}"
    return failed(count) if len(members) > most else passed(count)


def _is_not_replaced(group: Group, context: Context) -> Answer:
    if context.declared.replaced is None:
        return not_checked("what is replaced is not told to a policy: the review tells it")
    if group.urn not in context.declared.replaced:
        return passed("it is not replaced")
    held = ", ".join(sorted(role.name for role in context.roles_of(group)))
    if not held:
        return passed("it is replaced, and gives no role in this stack")
    return failed(f"it is replaced: everybody loses {held} and gets it again by a group with a new id")


def _is_protected(group: Group, context: Context) -> Answer:
    held = ", ".join(sorted(role.name for role in context.roles_of(group) if is_privileged(role)))
    if not held:
        return passed("it gives no privileged role in this stack")
    return passed("it is protected") if group.protect else failed(f"it gives {held} and can be deleted by mistake")


def _people(group: Group, context: Context, relationship: str) -> list[Person] | str:
    """Return who is in a list of a group; why that cannot be told, where it cannot."""
    listed: tuple[Told, ...] | Hidden | None = group.owners if relationship == "owners" else group.members
    if listed is None:
        return f"this stack does not manage its {relationship}"
    if isinstance(listed, Hidden):
        return f"its {relationship} are {listed.why}"
    return principals.people(listed, context.declared, group, relationship)


def _of_all(members: list[Person], why_not: str, message: str) -> Answer:
    strangers = [person for person in members if person.kind not in ("managed", "created")]
    if strangers:
        return not_checked(f"{len(strangers)} of {len(members)} members are not of this stack: {why_not}")
    return passed(message)


def _is_no_person(person: Person, context: Context) -> bool:
    if isinstance(context.declared.by_key.get(person.key), Group):
        return True
    return person.kind == "other provider" and any(word in type_of(person.key).casefold() for word in _NO_PEOPLE)


OF_EACH: tuple[Rule[Group], ...] = (
    Rule(
        "PIM-G01",
        "A group that holds roles is a role-assignable security group",
        "mandatory",
        _is_a_security_group,
        "use RoleAssignableGroup",
        _GROUPS,
    ),
    Rule(
        "PIM-G02",
        "A group that holds roles is private",
        "mandatory",
        _is_private,
        "look at the group's visibility",
        _GROUP,
    ),
    Rule(
        "PIM-G03",
        "A group has two owners",
        "advisory",
        _has_owners,
        "name a second owner",
        _GROUPS,
    ),
    Rule(
        "PIM-G04",
        "No owner is also a member",
        "advisory",
        _owners_are_not_members,
        "leave to others who is in the group",
        _GROUPS,
    ),
    Rule(
        "PIM-G05",
        "Members are people: no groups, no service principals",
        "mandatory",
        _members_are_people,
        "put people into the group",
        _GROUPS,
    ),
    Rule(
        "PIM-G06",
        "No guest is in a group that gives a privileged role",
        "mandatory",
        _members_are_no_guests,
        "give the person an account of the tenant",
        _MAESTER,
    ),
    Rule(
        "PIM-G07",
        "No member is synchronised from elsewhere",
        "mandatory",
        _members_are_cloud_only,
        "give the person an account that lives in the cloud only",
        _CISA,
    ),
    Rule(
        "PIM-G08",
        "A group has few members",
        "advisory",
        _members_are_few,
        "take people out, or raise limits.members",
        _BEST_PRACTICES,
    ),
    Rule(
        "PIM-G10",
        "A group that gives a role is not replaced",
        "mandatory",
        _is_not_replaced,
        "undo what replaces it (replaceReasons in the preview), or have an exception granted",
        _GROUPS,
    ),
    Rule(
        "PIM-G11",
        "A group that gives a privileged role is protected",
        "advisory",
        _is_protected,
        "set protect=True in its resource options",
        _PROTECT,
    ),
)
"""The rules about each group."""
