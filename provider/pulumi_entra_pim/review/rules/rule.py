"""What a rule is: a statement about one resource, or about the stack, that a pure function answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, TypeVar

from .. import access
from ..config import Config
from ..declared import Declared, Eligibility, Group, User
from ..model import Grant, Level, Outcome, Role, RuleId

Subject = TypeVar("Subject", User, Group, Eligibility, Declared)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a rule says; ``level`` is another one than the rule's, for what is less bad."""

    outcome: Outcome
    message: str
    level: Level | None = None


@dataclass(frozen=True)
class Context(access.Side):
    """What a rule may know besides its subject."""

    config: Config

    @cached_property
    def grants(self) -> tuple[Grant, ...]:
        """Who holds what."""
        return access.grants(self.holdings)

    @cached_property
    def roles_of_groups(self) -> Mapping[str, frozenset[Role]]:
        """The roles that each group gives its members, by the group's key."""
        found: dict[str, set[Role]] = {}
        for holding in self.holdings:
            found.setdefault(holding.group_key, set()).add(holding.role)
        return {key: frozenset(roles) for key, roles in found.items()}

    @cached_property
    def roles_of_people(self) -> Mapping[str, frozenset[Role]]:
        """The roles that each person may hold, by the person's key."""
        found: dict[str, set[Role]] = {}
        for holding in self.holdings:
            found.setdefault(holding.person.key, set()).add(holding.role)
        return {key: frozenset(roles) for key, roles in found.items()}

    @cached_property
    def by_triple(self) -> Mapping[tuple[str, str, str], list[Eligibility]]:
        """The eligibilities by principal, role and scope, where these are known."""
        found: dict[tuple[str, str, str], list[Eligibility]] = {}
        for eligibility in self.declared.eligibilities:
            triple = access.triple(eligibility, self.declared)
            if triple is not None:
                found.setdefault(triple, []).append(eligibility)
        return found

    def roles_of(self, group: Group) -> frozenset[Role]:
        """Return the roles that a group gives its members."""
        return self.roles_of_groups.get(group.key, frozenset())


@dataclass(frozen=True, slots=True)
class Rule(Generic[Subject]):
    """A statement that is to hold; ``level`` is what it has unless a stack's owners say otherwise."""

    id: RuleId
    title: str
    level: Level
    check: Callable[[Subject, Context], Answer]
    advice: str
    source: str


def passed(message: str) -> Answer:
    """Answer that the statement holds."""
    return Answer("passed", message)


def failed(message: str, level: Level | None = None) -> Answer:
    """Answer that it does not."""
    return Answer("failed", message, level)


def not_checked(why: str) -> Answer:
    """Answer that nobody can tell, and why."""
    return Answer("not checked", why)


def is_privileged(role: Role) -> bool:
    """Say whether a role is labelled PRIVILEGED by Microsoft or highly privileged by CISA."""
    return bool(role.privileged) or role.cisa
