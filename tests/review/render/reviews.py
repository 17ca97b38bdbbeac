"""Reviews to render: one that a reviewer would meet, and any at all."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TypeVar, get_args

from hypothesis import strategies as st

from pulumi_entra_pim.review.model import (
    Change,
    ChangeKind,
    Exemption,
    Finding,
    Flag,
    FlagKind,
    Grant,
    Level,
    Mode,
    Outcome,
    Owner,
    Person,
    PersonKind,
    Reach,
    Review,
    Role,
    Route,
    RuleId,
    Scope,
    Verdict,
    Window,
)

T = TypeVar("T")
AS_OF = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
_URN = "urn:pulumi:dev::contoso-helpdesk::pulumi-python:dynamic/entra-pim:"
_GROUP = f"{_URN}RoleAssignableGroup::it-helpdesk"
USER_ADMINISTRATOR = Role("User Administrator", "fe930be7-5e62-47db-91af-98c3a49a38b1", privileged=True, cisa=True)
HELPDESK_ADMINISTRATOR = Role(
    "Helpdesk Administrator", "729827e3-9c14-49f7-bb1b-9608f156bbb8", privileged=True, cisa=False
)
EVERYWHERE = Scope("/", "the whole directory")
PARIS = Scope("/administrativeUnits/5d107bba-d8e2-4e13-b6ae-884be90e5d1a", "Paris")
ALINE = Person("AlineD@contoso.com", f"{_URN}TestUser::aline", "created", "created in this change")
ISABELLA = Person("IsabellaS@contoso.com", "4f9f3a0e-7d5e-4f2c-8f2e-2d8f6c6a0b11", "managed", "")
DIEGO = Person("DiegoS@contoso.com", "9a1c2f34-1b0d-4c7a-9d51-6c2d4be7f0aa", "managed", "")
ADMIN = Person("11f1e0d8-6a57-4cc1-9c0e-3f6d1b2a9c55", "11f1e0d8-6a57-4cc1-9c0e-3f6d1b2a9c55", "by id",
               "an object that this stack does not declare")  # fmt: skip


def person(label: str, number: int = 0) -> Person:
    return Person(label, f"00000000-0000-0000-0000-{number:012}", "managed", "")


def grant(who: Person, role: Role = USER_ADMINISTRATOR, scope: Scope = EVERYWHERE, days: int | None = 364,
          group: str | None = "IT Helpdesk (User)") -> Grant:  # fmt: skip
    start = datetime(2026, 12, 1, tzinfo=UTC)
    window = Window(start, None if days is None else start + timedelta(days=days))
    route = Route(group, f"{_URN}RoleEligibility::helpdesk", "Resets passwords for the Paris office", "CHG-1042")
    return Grant(who, role, scope, "eligible", (window,), (route,))


def becomes(before: Grant | None, after: Grant | None, why: str = "") -> Change:
    """Tell what becomes of a grant, as if no other grant played into it."""
    if before is None or after is None:
        return Change(
            "gained" if after else "lost", before, after, why, widens=after is not None, narrows=after is None
        )
    old, new = (each.end or datetime.max.replace(tzinfo=UTC) for each in (before, after))
    kind: ChangeKind = "extended" if new > old else "shortened" if new < old else "kept"
    return Change(kind, before, after, why, widens=new > old, narrows=new < old)


def finding(rule: RuleId, outcome: Outcome, *, mandatory: bool = True, exempt: bool = False) -> Finding:
    exemption = Exemption(rule, "it-helpdesk", "security@contoso.com", "until the tender is through", date(2027, 1, 31))
    return Finding(
        rule, f"What {rule} asks", "mandatory" if mandatory else "advisory", outcome,
        _GROUP, "it-helpdesk", f"What {rule} found here.",
        f"What to do about {rule}.", "https://learn.microsoft.com/entra/id-governance/privileged-identity-management/",
        exemption if exempt else None,
    )  # fmt: skip


def helpdesk() -> Review:
    """Two people come to a role, one stays, one goes, one holds another role for longer."""
    gained, kept, lost = grant(ALINE), grant(ISABELLA), grant(DIEGO)
    shorter = grant(ISABELLA, HELPDESK_ADMINISTRATOR, PARIS, days=30, group=None)
    longer = grant(ISABELLA, HELPDESK_ADMINISTRATOR, PARIS, days=90, group=None)
    return Review(
        project="contoso-helpdesk", stack="dev", as_of=AS_OF, complete=True, verdict="moved",
        sentence="1 person can become User Administrator (privileged) over the whole directory who could not before; "
                 "1 person no longer can.",
        changes=(
            becomes(None, gained, "made a member of IT Helpdesk (User)"),
            becomes(shorter, longer, "the end is later"),
            becomes(lost, None, "no longer a member of IT Helpdesk (User)"),
            becomes(kept, kept),
        ),
        grants_before=(kept, lost, shorter),
        grants_after=(gained, kept, longer),
        reach=(Reach(USER_ADMINISTRATOR, EVERYWHERE, 2, 2), Reach(HELPDESK_ADMINISTRATOR, PARIS, 1, 2)),
        owners=(
            Owner(ADMIN, "IT Helpdesk (User)", _GROUP, (USER_ADMINISTRATOR,), "kept", matters=False),
        ),
        flags=(
            Flag("replacement", "danger", _GROUP, "it-helpdesk",
                 "is replaced: every grant through it goes and comes back with a new object id."),
            Flag("adopt_existing", "note", f"{_URN}TestUser::aline", "aline", "takes over a user that exists already."),
        ),
        findings=(
            finding("PIM-E01", "passed"), finding("PIM-E06", "failed"), finding("PIM-E09", "failed", mandatory=False),
            finding("PIM-G03", "failed", exempt=True), finding("PIM-G07", "not checked"),
        ),
        unknowns=("Member 2 of it-helpdesk is aline, created in this change.",),
        unchecked=("What the tenant holds outside of this stack.",),
    )  # fmt: skip


def desk_of(number: int, label: str = "person{number}@contoso.com") -> Review:
    """A review of many people, each of whom comes to a role by a group of their own."""
    grants = tuple(
        grant(person(label.format(number=index), index), group=f"Team {index:04}", days=None) for index in range(number)
    )
    changes = tuple(becomes(None, each, "granted by helpdesk") for each in grants)
    base = helpdesk()
    return Review(
        base.project, base.stack, base.as_of, True, "broadened", f"{number:,} people gain.", changes, (), grants,
        base.reach, base.owners, base.flags, base.findings, base.unknowns, base.unchecked,
    )  # fmt: skip


HOSTILE = (
    "a|b", "a\\|b", "\\", "`", "``a`", "line\nbreak", "line\r\nbreak", "@everyone", "#1 !2 %3 &4 ~5 $6", "GH-12",
    "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "</svg></style><b>", "\u202egnimoc", "\u200bhidden",
    "[link](https://evil.example)", "https://evil.example", "www.evil.example", "**bold** _it_ ~~no~~", "- item",
    "1. one", "# head", "> quote", "::: mermaid", "```", "end", "[red]markup[/red]", "\x1b[31mred\x1b[0m", "\x00",
    "\ud800", "  two  ", "{{ 7*7 }}", "{% raw %}", "&amp;", "&#64;everyone", ":+1:", "--- | ---", "|", "", " ",
    "n" * 10_000, "@" * 10_000, "עברית", "日本語", "a\u0301\u0301", "\U000e0041tag", "\ufffe", "\u2028", "style:x#1;",
    'a"b', "%%{init: {}}%%", "click n0 callback",
)  # fmt: skip
texts = st.one_of(
    st.sampled_from(HOSTILE), st.text(max_size=30), st.lists(st.sampled_from(HOSTILE), max_size=3).map("".join)
)
_moments = st.datetimes(datetime(2000, 1, 1), datetime(2090, 1, 1)).map(lambda moment: moment.replace(tzinfo=UTC))
_windows = st.builds(Window, _moments, st.none() | _moments, st.booleans())
_people = st.builds(Person, texts, texts, st.sampled_from(get_args(PersonKind)), texts, st.booleans())
_roles = st.builds(Role, texts, texts, st.none() | st.booleans(), st.booleans())
_scopes = st.builds(Scope, st.just("/") | texts, texts)
_routes = st.builds(Route, st.none() | texts, texts, st.none() | texts, st.none() | texts)


def _tuples(of: st.SearchStrategy[T], least: int = 0) -> st.SearchStrategy[tuple[T, ...]]:
    return st.lists(of, min_size=least, max_size=3).map(tuple)


_grants = st.builds(
    Grant, _people, _roles, _scopes, st.sampled_from(get_args(Mode)), _tuples(_windows, 1), _tuples(_routes, 1)
)
_changes = st.one_of(
    st.builds(Change, st.just("gained"), st.none(), _grants, texts, st.booleans(), st.booleans()),
    st.builds(Change, st.just("lost"), _grants, st.none(), texts, st.booleans(), st.booleans()),
    st.builds(
        Change,
        st.sampled_from(("extended", "shortened", "moved", "kept")),
        _grants,
        _grants,
        texts,
        st.booleans(),
        st.booleans(),
    ),
)
_reaches = st.builds(Reach, _roles, _scopes, st.integers(0, 9), st.integers(0, 9))
_owners = st.builds(
    Owner, _people, texts, texts, _tuples(_roles), st.sampled_from(("gained", "lost", "kept")), st.booleans()
)
_flags = st.builds(Flag, st.sampled_from(get_args(FlagKind)), st.sampled_from(("danger", "note")), texts, texts, texts)
_rules = st.sampled_from(get_args(RuleId))
_exemptions = st.builds(Exemption, _rules, texts, texts, texts, st.dates())
_findings = st.builds(
    Finding, _rules, texts, st.sampled_from(get_args(Level)), st.sampled_from(get_args(Outcome)), texts, texts, texts,
    texts, st.just("https://learn.microsoft.com/entra/"), st.none() | _exemptions,
)  # fmt: skip
any_review = st.builds(
    Review, texts, texts, _moments, st.booleans(), st.sampled_from(get_args(Verdict)), texts, _tuples(_changes),
    _tuples(_grants), _tuples(_grants), _tuples(_reaches), _tuples(_owners), _tuples(_flags), _tuples(_findings),
    _tuples(texts), _tuples(texts),
)  # fmt: skip
