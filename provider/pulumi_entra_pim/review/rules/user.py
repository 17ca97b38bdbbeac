"""Rules about users: their passwords, their names, and what test users may hold."""

from __future__ import annotations

from ..declared import Declared, Hidden, User
from ..urns import name_of
from .rule import Answer, Context, Rule, failed, is_privileged, not_checked, passed

_TUTORIAL = "https://learn.microsoft.com/graph/tutorial-assign-azureadroles"
_USER = "https://learn.microsoft.com/graph/api/resources/user"
_BEST_PRACTICES = "https://learn.microsoft.com/entra/identity/role-based-access-control/best-practices"
_EMERGENCY = "https://learn.microsoft.com/entra/identity/role-based-access-control/security-emergency-access"

_PRODUCTION = "prod"


def _must_change_password(user: User, _: Context) -> Answer:
    must = user.force_change_password_next_sign_in
    if user.password_sources is None:
        return passed("this stack sets no password")
    if isinstance(must, Hidden):
        return not_checked(f"force_change_password_next_sign_in is {must.why}")
    if must is False:
        return failed("whoever set the password goes on knowing it")
    return passed("the password is for one sign-in")


def _password_is_secret(user: User, _: Context) -> Answer:
    if user.password_sources is None:
        return passed("this stack sets no password")
    if user.password_is_published:
        return failed("the password is the one of Microsoft's tutorial")
    if user.password_sources:
        return passed(f"the password comes from {', '.join(repr(name_of(urn)) for urn in user.password_sources)}")
    return not_checked("whether the program has the password in plain text is not in a preview")


def _domain_is_allowed(user: User, context: Context) -> Answer:
    domains = context.config.allow.domains
    if domains is None:
        return not_checked("no list of domains is configured (allow.domains)")
    name = user.user_principal_name
    if not isinstance(name, str):
        return not_checked(f"the user principal name is {name.why if name else 'not given'}")
    domain = name.rpartition("@")[2]
    if domain.casefold() in {each.strip().casefold() for each in domains}:
        return passed(f"{domain} is on the list")
    return failed(f"{domain} is not on the list of domains")


def _holds_nothing_in_production(user: User, context: Context) -> Answer:
    if not context.declared.stack.casefold().startswith(_PRODUCTION):
        return passed("the stack is not one of production, by its name")
    roles = context.roles_of_people.get(user.key, ())
    held = sorted(role.name for role in roles if is_privileged(role))
    if held:
        return failed(f"a test user may become {', '.join(held)}")
    return passed("the user holds no privileged role in this stack")


def _leaves_break_glass_alone(declared: Declared, context: Context) -> Answer:
    accounts = {each.strip().casefold() for each in context.config.break_glass.accounts}
    if not accounts:
        return not_checked("no accounts for emergencies are configured (break_glass.accounts)")
    people = [holding.person for holding in context.holdings]
    names = {person.label for person in people} | {person.key for person in people}
    for user in declared.users:
        names |= {each for each in (user.user_principal_name, user.id) if isinstance(each, str)}
    touched = sorted(name for name in names if name.casefold() in accounts)
    if touched:
        return failed(f"{', '.join(touched)}: an account for emergencies")
    if any(person.kind not in ("managed", "created", "by id") for person in people):
        return not_checked("not everybody who is meant can be told apart")
    if any(person.kind == "by id" for person in people) and any("@" in each for each in accounts):
        return not_checked("some people are known by object id only: give the accounts' object ids, too")
    return passed("no account for emergencies is named")


OF_EACH: tuple[Rule[User], ...] = (
    Rule(
        "PIM-U01",
        "A new password has to be changed at the first sign-in",
        "mandatory",
        _must_change_password,
        "leave force_change_password_next_sign_in as it is by default",
        _TUTORIAL,
    ),
    Rule(
        "PIM-U02",
        "A password is nobody else's, and not in the program",
        "mandatory",
        _password_is_secret,
        "take it from pulumi_random.RandomPassword",
        _TUTORIAL,
    ),
    Rule(
        "PIM-U03",
        "A user's domain is on the stack's list",
        "mandatory",
        _domain_is_allowed,
        "use another domain, or have its owners put this one into allow.domains",
        _USER,
    ),
    Rule(
        "PIM-U04",
        "A test user may hold no privileged role in production",
        "mandatory",
        _holds_nothing_in_production,
        "take the test user out of the group",
        _BEST_PRACTICES,
    ),
)
"""The rules about each user."""

OF_ALL: tuple[Rule[Declared], ...] = (
    Rule(
        "PIM-U05",
        "Accounts for emergencies are in nobody's program",
        "mandatory",
        _leaves_break_glass_alone,
        "take the account out of the program",
        _EMERGENCY,
    ),
)
"""The rules about all of them together."""
