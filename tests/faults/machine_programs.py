"""Random programs of a few resources: what may be declared, and how one program becomes the next."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from .machine_engine import Declared, Program, Ref

DOMAIN = "contoso.com"
PASSWORDS = ("Cu4ious-canary!", "An0ther-canary!")
USERS = ("ann", "bob", "cat", "dan")
GROUPS = ("admins", "helpdesk")
# A role each, so that no two grants of a program are one.
GRANTS = {
    "grant-of-users": "fe930be7-5e62-47db-91af-98c3a49a38b1",
    "grant-of-helpdesk": "729827e3-9c14-49f7-bb1b-9608f156bbb8",
    "grant-of-apps": "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3",
    "grant-of-billing": "b0f54661-2d74-4c50-afa3-1ec803f12efe",
}
OTHER_ROLE = "88d8e3e3-8f55-4a1e-953a-9b9898b8876b"
"""A role that no program grants."""

_ORDER = (*USERS, *GROUPS, *GRANTS)


@dataclass(frozen=True)
class Ahead:
    """A moment so many hours after the program was written."""

    hours: int

    def after(self, now: datetime) -> str:
        """Return the moment as a program spells it."""
        return (now + timedelta(hours=self.hours)).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True)
class Unit:
    """The directory scope of the tenant's administrative unit."""


@dataclass(frozen=True)
class Edit:
    """One change of a program: a resource as it is declared from now on, or (None) no more."""

    name: str
    inputs: Mapping[str, Any] | None


def apply(program: Program, edits: Iterable[Edit], standing: Program, now: datetime, unit: str) -> Program:
    """Return the program after some edits; what refers to a resource that is not declared goes with it.

    ``standing`` are the resources of the state, as they were declared last.
    """
    declared = dict(program)
    for edit in edits:
        declared.pop(edit.name, None)
        if edit.inputs is not None:
            known = {name: _known(value, now, unit) for name, value in edit.inputs.items()}
            declared[edit.name] = Declared(_kind(edit.name), _with_its_start(standing.get(edit.name), known))
    return _closed({name: declared[name] for name in _ORDER if name in declared})


def unique_name_of(name: str, declared: Declared) -> str:
    """Return the unique name that a group is made with."""
    return str(declared.inputs.get("unique_name") or declared.inputs["default_unique_name"])


def edits(most: int = 4) -> st.SearchStrategy[list[Edit]]:
    """Draw what a person changes in a program between two runs: up to a number of resources."""
    kinds = (*(_user(name) for name in USERS), *(_group(name) for name in GROUPS), *(_grant(name) for name in GRANTS))
    gone = st.builds(Edit, st.sampled_from(_ORDER), st.none())
    return st.lists(st.one_of(*kinds, gone), min_size=1, max_size=most)


def _user(name: str) -> st.SearchStrategy[Edit]:
    inputs = st.fixed_dictionaries(
        {
            "user_principal_name": st.sampled_from((f"{name}@{DOMAIN}", f"{name}.new@{DOMAIN}")),
            "display_name": st.sampled_from((name.title(), f"{name.title()} the Second")),
            "mail_nickname": st.just(name),
            "password": st.sampled_from(PASSWORDS),
        },
        optional={
            "job_title": st.sampled_from(("Helpdesk", "Lead")),
            "account_enabled": st.booleans(),
            "adopt_existing": st.just(True),
            "purge_on_destroy": st.just(True),
        },
    )
    return st.builds(Edit, st.just(name), inputs)


def _group(name: str) -> st.SearchStrategy[Edit]:
    people = st.lists(st.sampled_from(USERS).map(Ref), unique=True)
    inputs = st.fixed_dictionaries(
        {
            "display_name": st.sampled_from((name.title(), f"{name.title()} (new)")),
            "mail_nickname": st.just(name),
            "default_unique_name": st.just(f"soak-dev-{name}"),
        },
        optional={
            "description": st.sampled_from(("who helps", "who helped")),
            "owners": people,
            "members": people,
            "unique_name": st.sampled_from((f"{name}-one", f"{name}-two")),
            "adopt_existing": st.just(True),
            "purge_on_destroy": st.just(True),
            "force_destroy": st.just(True),
        },
    )
    return st.builds(Edit, st.just(name), inputs)


def _grant(name: str) -> st.SearchStrategy[Edit]:
    window = st.one_of(
        st.fixed_dictionaries({"permanent": st.just(True)}, optional={"start": _START}),
        st.fixed_dictionaries({"duration": st.sampled_from(("PT8H", "P30D", "P365D"))}, optional={"start": _START}),
        st.fixed_dictionaries({"end": st.sampled_from((2000, 3000, 9000)).map(Ahead)}, optional={"start": _START}),
        st.fixed_dictionaries({"end": st.sampled_from((1, 24)).map(Ahead)}),
    )
    others = st.fixed_dictionaries(
        {
            "principal_id": st.sampled_from((*USERS, *GROUPS)).map(Ref),
            "role_definition_id": st.just(GRANTS[name]),
            "justification": st.sampled_from(("the help desk", "other words")),
        },
        optional={
            "directory_scope_id": st.one_of(st.just("/"), st.just(Unit())),
            "ticket_number": st.just("T-1"),
            "adopt_existing": st.just(True),
        },
    )
    return st.builds(Edit, st.just(name), st.builds(_merged, others, window))


_START = st.sampled_from((1, 30, 1200)).map(Ahead)


def _merged(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    return {**one, **other}


def _kind(name: str) -> str:
    return "TestUser" if name in USERS else "RoleAssignableGroup" if name in GROUPS else "RoleEligibility"


def _known(value: Any, now: datetime, unit: str) -> Any:
    if isinstance(value, Ahead):
        return value.after(now)
    return unit if isinstance(value, Unit) else value


def _with_its_start(before: Declared | None, inputs: dict[str, Any]) -> dict[str, Any]:
    """Leave the start of a grant that stands as it is: test_found.py has the story of one that moves."""
    if before is None:
        return inputs
    others = {name: value for name, value in inputs.items() if name != "start"}
    if "start" not in before.inputs:
        return others
    start = before.inputs["start"]
    if "end" in others and others["end"] <= start:
        del others["end"]
        others["permanent"] = True
    return {**others, "start": start}


def _closed(program: Program) -> Program:
    closed: Program = {}
    for name, declared in program.items():
        inputs = {
            key: [each for each in value if each.name in closed] if isinstance(value, list) else value
            for key, value in declared.inputs.items()
        }
        # Graph does not let the last owner go, and check says so.
        inputs = {key: value for key, value in inputs.items() if (key, value) != ("owners", [])}
        if Declared(declared.kind, inputs).uses <= set(closed):
            closed[name] = Declared(declared.kind, inputs)
    return closed
