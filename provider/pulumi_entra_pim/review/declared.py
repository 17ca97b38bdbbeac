"""What a program declares of users, groups and eligibilities, as far as a preview or a policy sees it.

An allow-list: fields that are not named here are never read, and a password is only ever compared.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Literal, TypeAlias

from .urns import name_of

USER = "pulumi-python:dynamic/entra-pim:TestUser"
GROUP = "pulumi-python:dynamic/entra-pim:RoleAssignableGroup"
ELIGIBILITY = "pulumi-python:dynamic/entra-pim:RoleEligibility"


@dataclass(frozen=True, slots=True)
class Hidden:
    """A value that is not told: not known before ``up``, or marked as a secret.

    ``sources`` are the URNs that it comes from; ``previous`` is what stood in a list before, and may stand there still.
    """

    why: Literal["not known before up", "marked as a secret"]
    sources: tuple[str, ...] = ()
    previous: tuple[Told, ...] = ()


Told: TypeAlias = str | Hidden
Flag: TypeAlias = bool | Hidden | None


@dataclass(frozen=True, slots=True)
class Reference:
    """The id of something else; ``sources`` are the URNs of the resources that it was taken from."""

    id: Told
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Spelling:
    """A window as the program spells it."""

    start: datetime | Hidden | None
    end: datetime | Hidden | None
    duration: timedelta | Hidden | None
    permanent: Flag


@dataclass(frozen=True, slots=True)
class Held:
    """The window that a grant has in the tenant, and the spelling that led to it."""

    start: datetime
    end: datetime | None
    spelling: Spelling


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """What all have. ``key`` is the same before and after; ``id`` is None for what is yet to be made."""

    urn: str
    key: str
    id: str | None
    protect: bool = False
    adopt_existing: Flag = False

    @property
    def name(self) -> str:
        """The name in the program."""
        return name_of(self.urn)


@dataclass(frozen=True, slots=True, kw_only=True)
class User(Resource):
    """A TestUser. ``password_sources`` are the URNs that the password comes from, None without a password.

    ``password_is_published`` is None where the password is hidden.
    """

    user_principal_name: Told | None
    display_name: Told | None
    account_enabled: Flag
    force_change_password_next_sign_in: Flag
    password_sources: tuple[str, ...] | None
    password_is_published: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Group(Resource):
    """A RoleAssignableGroup; ``owners`` and ``members`` are None where the stack leaves them alone."""

    display_name: Told | None
    owners: tuple[Told, ...] | Hidden | None
    members: tuple[Told, ...] | Hidden | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Eligibility(Resource):
    """A RoleEligibility; ``in_force`` is False for one whose request was cancelled and not made again."""

    principal: Reference
    role: Reference
    scope: Reference
    spelling: Spelling
    held: Held | None
    in_force: bool
    justification: Told | None
    ticket_number: Told | None
    ticket_system: Told | None


AnyResource: TypeAlias = User | Group | Eligibility


@dataclass(frozen=True)
class Declared:
    """All that a stack declares at one time.

    ``gone`` are the ids of what no longer exists then; ``replaced`` the URNs of what is made anew, None where that
    cannot be seen (a policy is not told).
    """

    stack: str
    resources: tuple[AnyResource, ...]
    gone: frozenset[str] = frozenset()
    replaced: frozenset[str] | None = None

    @cached_property
    def by_urn(self) -> Mapping[str, AnyResource]:
        """The resources by their URNs."""
        return {each.urn: each for each in reversed(self.resources)}

    @cached_property
    def by_id(self) -> Mapping[str, AnyResource]:
        """The users and groups by their object ids, of those that have one."""
        return {each.id: each for each in self.resources if each.id is not None}

    @cached_property
    def by_key(self) -> Mapping[str, AnyResource]:
        """The resources by what they are known by before and after."""
        return {each.key: each for each in reversed(self.resources)}

    @property
    def users(self) -> Iterator[User]:
        """The users."""
        return (each for each in self.resources if isinstance(each, User))

    @property
    def groups(self) -> Iterator[Group]:
        """The groups."""
        return (each for each in self.resources if isinstance(each, Group))

    @property
    def eligibilities(self) -> Iterator[Eligibility]:
        """The eligibilities."""
        return (each for each in self.resources if isinstance(each, Eligibility))
