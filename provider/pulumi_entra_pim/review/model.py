"""What a review says: who holds which role before a change and after it, who can add others, and what rules say.

Made of named fields only, none of which can hold a password: what is not in here cannot be printed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

Verdict = Literal["broadened", "narrowed", "moved", "unchanged", "unknown"]
Mode = Literal["eligible", "active"]
ChangeKind = Literal["gained", "lost", "extended", "shortened", "moved", "kept"]
PersonKind = Literal["managed", "created", "by id", "other provider", "unmanaged", "nobody", "unknown"]
FlagKind = Literal[
    "replacement",
    "adopt_existing",
    "force_destroy",
    "purge_on_destroy",
    "import",
    "rename",
    "ignore_changes",
    "retained",
    "protected",
    "unmanaged",
    "password",
    "account",
]
Level = Literal["mandatory", "advisory"]
Outcome = Literal["passed", "failed", "not checked"]

RuleId = Literal[
    "PIM-E01",
    "PIM-E02",
    "PIM-E03",
    "PIM-E04",
    "PIM-E05",
    "PIM-E06",
    "PIM-E07",
    "PIM-E08",
    "PIM-E09",
    "PIM-E10",
    "PIM-E11",
    "PIM-E12",
    "PIM-E13",
    "PIM-G01",
    "PIM-G02",
    "PIM-G03",
    "PIM-G04",
    "PIM-G05",
    "PIM-G06",
    "PIM-G07",
    "PIM-G08",
    "PIM-G10",
    "PIM-G11",
    "PIM-U01",
    "PIM-U02",
    "PIM-U03",
    "PIM-U04",
    "PIM-U05",
    "PIM-A01",
    "PIM-A02",
    "PIM-A03",
]

EXPIRES_SOON = timedelta(days=30)


class ReviewError(Exception):
    """What was given cannot be reviewed; the message is one line, whatever it quotes."""

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(message.split()))


@dataclass(frozen=True, slots=True, order=True)
class Person:
    """A principal as far as it is known; ``key`` is the same before and after, ``how_known`` says why it is not named.

    ``key`` is an object id in lower case, the URN of what will have one, or stands for people who cannot be told apart.
    ``kind``: a person of this stack (``managed``), one made by this change (``created``), an object that this stack
    does not declare (``by id``), a resource of another provider; whoever is in a group whose members the stack leaves
    alone (``unmanaged``), a group that nobody is in yet (``nobody``), somebody who is not known before ``up``.
    ``can_sign_in`` is False for a user whose account the stack disables.
    """

    label: str
    key: str
    kind: PersonKind
    how_known: str
    can_sign_in: bool = True


@dataclass(frozen=True, slots=True, order=True)
class Role:
    """A role; ``privileged`` is Microsoft's label, None where the dated table has no such role."""

    name: str
    id: str
    privileged: bool | None
    cisa: bool


@dataclass(frozen=True, slots=True, order=True)
class Scope:
    """What a role is over: ``/`` is the whole directory."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Window:
    """A span of time in UTC; no end is for ever. One that is not known before ``up`` may be: it has no end either."""

    start: datetime
    end: datetime | None
    known: bool = True


@dataclass(frozen=True, slots=True)
class Route:
    """How somebody comes to a role: through a group, or directly (``group`` is None); by which resource."""

    group: str | None
    declared_by: str
    justification: str | None
    ticket: str | None


@dataclass(frozen=True, slots=True)
class Grant:
    """A person holds a role over a scope, in these windows (apart from each other, in order), by these routes."""

    person: Person
    role: Role
    scope: Scope
    mode: Mode
    windows: tuple[Window, ...]
    routes: tuple[Route, ...]

    @property
    def key(self) -> tuple[str, str, str, Mode]:
        """What makes two grants the same one."""
        return self.person.key, self.role.id, self.scope.id, self.mode

    @property
    def start(self) -> datetime:
        """When it begins."""
        return self.windows[0].start

    @property
    def end(self) -> datetime | None:
        """When the last of it ends; None for never, or when that is not known before ``up``."""
        return self.windows[-1].end

    @property
    def end_is_known(self) -> bool:
        """Whether the end can be told before ``up``."""
        return self.windows[-1].known


@dataclass(frozen=True, slots=True)
class Change:
    """One row: what becomes of a grant. ``before`` is None for a gained one, ``after`` for a lost one.

    ``widens`` and ``narrows`` say whether the person can do more, or less, than before by it: a grant that is gained
    over an administrative unit is no more than one over the whole directory was.
    """

    kind: ChangeKind
    before: Grant | None
    after: Grant | None
    why: str
    widens: bool
    narrows: bool

    @property
    def grant(self) -> Grant:
        """The grant that the row is about, as it will be, or as it was."""
        grant = self.after or self.before
        if grant is None:
            raise ValueError("a change without a side")
        return grant


@dataclass(frozen=True, slots=True)
class Owner:
    """Somebody who can put others into a group that holds roles; ``kind`` says what becomes of that.

    ``matters``: they could not give one of these roles to others before, or can no more; by no other group either.
    """

    person: Person
    group: str
    group_urn: str
    roles: tuple[Role, ...]
    kind: Literal["gained", "lost", "kept"]
    matters: bool


@dataclass(frozen=True, slots=True)
class Flag:
    """Something about a resource that a reviewer has to know besides the rows."""

    kind: FlagKind
    level: Literal["danger", "note"]
    subject: str
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Exemption:
    """Somebody answers for a rule's not being kept, up to and including a day."""

    rule: RuleId
    subject: str
    owner: str
    reason: str
    expires: date


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule's answer about a resource (``subject`` is its URN), or about the stack (``subject`` is empty)."""

    rule: RuleId
    title: str
    level: Level
    outcome: Outcome
    subject: str
    name: str
    message: str
    advice: str
    source: str
    exemption: Exemption | None = None

    @property
    def is_broken(self) -> bool:
        """Whether the rule is not kept and nobody has been granted an exception that is still good."""
        return self.outcome == "failed" and self.exemption is None


@dataclass(frozen=True, slots=True)
class Reach:
    """How many people hold a role over a scope, before and after; those who cannot be told apart count as one."""

    role: Role
    scope: Scope
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Review:
    """The whole answer, in a fixed order: the same preview, moment and configuration give the same review.

    ``changes`` holds what stays the same (``kept``) only when the preview has it (``complete``: it was made with
    ``--show-sames`` and did not fail). ``unknowns`` says who or what is not known before ``up`` and why; ``unchecked``
    what this review does not say.
    """

    project: str
    stack: str
    as_of: datetime
    complete: bool
    verdict: Verdict
    sentence: str
    changes: tuple[Change, ...]
    grants_before: tuple[Grant, ...]
    grants_after: tuple[Grant, ...]
    reach: tuple[Reach, ...]
    owners: tuple[Owner, ...]
    flags: tuple[Flag, ...]
    findings: tuple[Finding, ...]
    unknowns: tuple[str, ...]
    unchecked: tuple[str, ...]

    @property
    def expiring(self) -> tuple[Grant, ...]:
        """Grants that end within 30 days."""
        horizon = self.as_of + EXPIRES_SOON
        return tuple(grant for grant in self.grants_after if grant.end is not None and grant.end <= horizon)

    @property
    def broken(self) -> tuple[Finding, ...]:
        """What breaks a rule without an exception."""
        return tuple(finding for finding in self.findings if finding.is_broken)
