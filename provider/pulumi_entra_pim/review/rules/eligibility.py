"""Rules about eligibilities: what is given, to whom, over what, for how long, and why."""

from __future__ import annotations

from datetime import datetime, timedelta

from ...roles import BuiltInRole
from .. import access, principals, privilege
from ..declared import Declared, Eligibility, Group, Hidden, Told, User
from ..model import Person, Role
from ..urns import name_of, type_of
from ..windows import window_of
from .rule import Answer, Context, Rule, failed, is_privileged, not_checked, passed

_PIM_SETTINGS = (
    "https://learn.microsoft.com/entra/id-governance/privileged-identity-management/pim-how-to-change-default-settings"
)
_POLICY_RULES = "https://learn.microsoft.com/graph/identity-governance-pim-rules-overview"
_BEST_PRACTICES = "https://learn.microsoft.com/entra/identity/role-based-access-control/best-practices"
_ROLES = "https://learn.microsoft.com/entra/identity/role-based-access-control/permissions-reference"
_UNITS = "https://learn.microsoft.com/entra/identity/role-based-access-control/admin-units-assign-roles"
_GROUPS = "https://learn.microsoft.com/entra/identity/role-based-access-control/groups-concept"
_REQUEST = "https://learn.microsoft.com/graph/api/rbacapplication-post-roleeligibilityschedulerequests"
_CISA = "https://github.com/cisagov/ScubaGear/blob/v1.8.0/PowerShell/ScubaGear/baselines/aad.md"

# What the tutorial that everybody copies from says, which justifies nothing.
# https://learn.microsoft.com/graph/tutorial-assign-azureadroles
_BOILERPLATE = frozenset(
    {
        "assign user admin eligibility to it helpdesk (user) group",
        "need to invalidate all app refresh tokens for contoso users.",
    }
)
_NOT_FROM_CODE = frozenset({BuiltInRole.GLOBAL_ADMINISTRATOR, BuiltInRole.PRIVILEGED_ROLE_ADMINISTRATOR})


def _ends(eligibility: Eligibility, context: Context) -> Answer:
    window = window_of(eligibility, context.as_of)
    if window is None:
        return passed("it has ended")
    if not window.known:
        return not_checked(f"its window is {_why(eligibility)}")
    if window.end is None:
        return failed("it never ends")
    return passed(f"it ends on {window.end:%Y-%m-%d}")


def _is_short_enough(eligibility: Eligibility, context: Context) -> Answer:
    limits = context.config.limits
    window = window_of(eligibility, context.as_of)
    if window is None:
        return passed("it has ended")
    if not window.known:
        return not_checked(f"its window is {_why(eligibility)}")
    role = eligibility.role.id
    if isinstance(role, Hidden) and limits.eligibility != limits.eligibility_tier_0:
        return not_checked(f"its role is {role.why}, and the limit depends on it")
    tier_0 = role in privilege.TIER_0
    limit = limits.eligibility_tier_0 if tier_0 else limits.eligibility
    for_whom = "a tier-0 role" if tier_0 else "a role"
    lasts = None if window.end is None else window.end - window.start
    if lasts is None or lasts > limit:
        how_long = "for ever" if lasts is None else _length(lasts)
        return failed(f"it lasts {how_long}; {for_whom} may be given for {_length(limit)}")
    return passed(f"it lasts {_length(lasts)} of at most {_length(limit)}")


def _is_in_time(eligibility: Eligibility, context: Context) -> Answer:
    spelling, now = eligibility.spelling, context.as_of
    if isinstance(spelling.start, Hidden) or isinstance(spelling.end, Hidden):
        return not_checked(f"its window is {_why(eligibility)}")
    if eligibility.held is not None and spelling == eligibility.held.spelling:
        end = eligibility.held.end
        if end is not None and end <= now:
            return failed(f"it ended on {end:%Y-%m-%d} and gives nobody anything: remove it", "advisory")
        return passed("it is in force")
    if spelling.start is not None and spelling.end is not None and spelling.end <= spelling.start:
        return failed(f"it ends ({_day(spelling.end)}) before it starts ({_day(spelling.start)})")
    if spelling.end is not None and spelling.end <= now:
        return failed(f"it ends in the past ({_day(spelling.end)})")
    if spelling.start is not None and spelling.start < now and eligibility.held is None:
        return failed(
            f"it starts in the past ({_day(spelling.start)}), which PIM takes for the moment of the grant", "advisory"
        )
    return passed("its window is to come")


def _is_justified(eligibility: Eligibility, context: Context) -> Answer:
    words = eligibility.justification
    if isinstance(words, Hidden):
        return not_checked(f"its justification is {words.why}")
    least = context.config.limits.justification
    if not words or not words.strip():
        return failed("it has no justification")
    if " ".join(words.split()).casefold() in _BOILERPLATE:
        return failed("its justification is the one of Microsoft's tutorial, and says nothing of this grant")
    if len(words.strip()) < least:
        return failed(f"its justification has {len(words.strip())} characters, fewer than {least}")
    return passed("it has a justification")


def _has_ticket(eligibility: Eligibility, _: Context) -> Answer:
    role = _role(eligibility)
    if role is None:
        return not_checked(f"its role is {_told(eligibility.role.id)}")
    if not is_privileged(role):
        return passed(_unprivileged(role))
    if isinstance(eligibility.ticket_number, Hidden):
        return not_checked(f"its ticket number is {eligibility.ticket_number.why}")
    return passed("it has a ticket number") if eligibility.ticket_number else failed(f"{role.name} without a ticket")


def _is_not_tier_0(eligibility: Eligibility, _: Context) -> Answer:
    role = _role(eligibility)
    if role is None:
        return not_checked(f"its role is {_told(eligibility.role.id)}")
    return failed(f"it gives {role.name}") if role.id in _NOT_FROM_CODE else passed(f"it gives {role.name}")


def _is_allowed(eligibility: Eligibility, context: Context) -> Answer:
    role = _role(eligibility)
    if role is None:
        return not_checked(f"its role is {_told(eligibility.role.id)}")
    if role.privileged is not None and not is_privileged(role):
        return passed(_unprivileged(role))
    allowed = _allowed_roles(context)
    if allowed is None:
        return not_checked("no list of allowed roles is configured (allow.roles)")
    if role.id in allowed:
        return passed(f"{role.name} is on the list")
    if role.privileged is None:
        return not_checked("whether the role is privileged is not known: it is not in the table")
    return failed(f"{role.name} is not on the list of allowed roles")


def _is_known(eligibility: Eligibility, context: Context) -> Answer:
    role = _role(eligibility)
    if role is None:
        return not_checked(f"its role is {_told(eligibility.role.id)}")
    if role.privileged is not None:
        return passed(f"{role.name} is built in")
    if role.id in (_allowed_roles(context) or ()):
        return passed("the role is on the list of allowed roles")
    return failed(f"role {role.id} is not in the table of built-in roles: what it allows is not known here")


def _is_bounded(eligibility: Eligibility, _: Context) -> Answer:
    scope, role = eligibility.scope.id, eligibility.role.id
    if isinstance(scope, Hidden):
        return not_checked(f"its scope is {scope.why}")
    if scope != "/":
        return passed("it is not over the whole directory")
    if isinstance(role, Hidden):
        return not_checked(f"its role is {role.why}")
    if role in privilege.BOUNDED_BY_UNITS:
        return failed(f"{privilege.role(role).name} over the whole directory")
    if privilege.role(role).privileged is None:
        return not_checked("whether an administrative unit can bound the role is not known: it is not in the table")
    return passed("an administrative unit cannot bound the role")


def _is_for_a_group(eligibility: Eligibility, context: Context) -> Answer:
    found = list(principals.principal(eligibility.principal, context.declared, eligibility.urn))
    if not found:
        return failed("its principal is deleted by this change")
    if all(isinstance(each, Group) for each in found):
        return passed("it is for a group of this stack")
    if any(isinstance(each, User) for each in found):
        return failed("it is for one person and not for a group")
    if any("group" in type_of(urn).casefold() for urn in eligibility.principal.sources):
        return not_checked(f"it is for {_names(eligibility.principal.sources)}, of which this preview tells no more")
    if any(isinstance(each, Person) and each.kind == "unknown" for each in found):
        return not_checked(f"its principal is {_told(eligibility.principal.id)}")
    return failed("it is for an object id, which may be a person")


def _is_the_only_one(eligibility: Eligibility, context: Context) -> Answer:
    triple = access.triple(eligibility, context.declared)
    if triple is None:
        return not_checked("its principal, role or scope is not known before up")
    same = [each for each in context.by_triple[triple] if each.urn != eligibility.urn]
    if same:
        names = ", ".join(repr(each.name) for each in same)
        return failed(f"{names} gives the same role to the same principal over the same scope")
    return passed("nothing else gives the same")


def _are_few(_: Declared, context: Context) -> Answer:
    privileged = [grant for grant in context.grants if is_privileged(grant.role)]
    most = context.config.limits.privileged_grants
    count = f"privileged grants in this stack: {len(privileged)}"
    if len(privileged) >= most:
        return failed(f"{count}; fewer than {most} are advised for the whole tenant")
    if any(grant.person.kind in ("unmanaged", "unknown", "by id") for grant in privileged):
        return not_checked(f"{count}, but not everybody who is meant can be told apart")
    return passed(f"{count}; what others give in the tenant is not counted")


def _counts_of_tenant(_: Declared, __: Context) -> Answer:
    return not_checked("how many Global Administrators the tenant has is not in a preview")


def _role(eligibility: Eligibility) -> Role | None:
    return privilege.role(eligibility.role.id) if isinstance(eligibility.role.id, str) else None


def _allowed_roles(context: Context) -> set[str] | None:
    allowed = context.config.allow.roles
    return None if allowed is None else {privilege.role_id(each) or each.strip().lower() for each in allowed}


def _told(value: Told) -> str:
    return value.why if isinstance(value, Hidden) else value


def _why(eligibility: Eligibility) -> str:
    spelling = eligibility.spelling
    values = (spelling.start, spelling.end, spelling.duration, spelling.permanent)
    return next((each.why for each in values if isinstance(each, Hidden)), "not given")


def _unprivileged(role: Role) -> str:
    if role.privileged is None:
        return f"role {role.id} is not in the table"
    return f"{role.name} is not labelled privileged"


def _names(sources: tuple[str, ...]) -> str:
    return ", ".join(repr(name_of(urn)) for urn in sources)


def _length(duration: timedelta) -> str:
    """Write a duration in days, and in hours when it is shorter than one."""
    unit, name = (timedelta(days=1), "days") if duration >= timedelta(days=1) else (timedelta(hours=1), "hours")
    return f"{f'{duration / unit:.1f}'.removesuffix('.0')} {name}"


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d}"


OF_EACH: tuple[Rule[Eligibility], ...] = (
    Rule(
        "PIM-E01",
        "An eligibility ends",
        "mandatory",
        _ends,
        "give end or duration in the place of permanent",
        _PIM_SETTINGS,
    ),
    Rule(
        "PIM-E02",
        "An eligibility lasts no longer than the limit",
        "mandatory",
        _is_short_enough,
        "give an earlier end, or raise limits.eligibility",
        _POLICY_RULES,
    ),
    Rule(
        "PIM-E03",
        "A window ends after it starts, and in the future",
        "mandatory",
        _is_in_time,
        "correct start and end, or leave start out",
        _REQUEST,
    ),
    Rule(
        "PIM-E04",
        "An eligibility has a justification of its own",
        "mandatory",
        _is_justified,
        "say in justification who needs the role and for what",
        _PIM_SETTINGS,
    ),
    Rule(
        "PIM-E05",
        "An eligibility for a privileged role names a ticket",
        "advisory",
        _has_ticket,
        "give ticket_number and ticket_system",
        _PIM_SETTINGS,
    ),
    Rule(
        "PIM-E06",
        "Global Administrator and Privileged Role Administrator are not given by a program",
        "mandatory",
        _is_not_tier_0,
        "give a role that can do no more than is needed",
        _CISA,
    ),
    Rule(
        "PIM-E07",
        "A privileged role is on the stack's list",
        "mandatory",
        _is_allowed,
        "give another role, or have its owners put this one into allow.roles",
        _ROLES,
    ),
    Rule(
        "PIM-E08",
        "A role is a known one",
        "advisory",
        _is_known,
        "look at what the role allows, and put its id into allow.roles",
        _ROLES,
    ),
    Rule(
        "PIM-E09",
        "A role that an administrative unit can bound is not given over the whole directory",
        "advisory",
        _is_bounded,
        "give directory_scope_id an administrative unit",
        _UNITS,
    ),
    Rule(
        "PIM-E10",
        "An eligibility is for a group of this stack",
        "advisory",
        _is_for_a_group,
        "make a RoleAssignableGroup and put people into it",
        _GROUPS,
    ),
    Rule(
        "PIM-E11",
        "One eligibility for each principal, role and scope",
        "mandatory",
        _is_the_only_one,
        "remove one of them: PIM refuses the second",
        _REQUEST,
    ),
)
"""The rules about each eligibility."""

OF_ALL: tuple[Rule[Declared], ...] = (
    Rule(
        "PIM-E12",
        "Few people hold privileged roles",
        "advisory",
        _are_few,
        "take people out, or give roles that are not privileged",
        _BEST_PRACTICES,
    ),
    Rule(
        "PIM-E13",
        "The tenant has two to four Global Administrators",
        "advisory",
        _counts_of_tenant,
        "count them in the tenant",
        _BEST_PRACTICES,
    ),
)
"""The rules about all of them together."""
