"""Whatever the change: no grant appears or vanishes without a row, and rows say what sets of grants say."""

from __future__ import annotations

import random
from dataclasses import dataclass
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from pulumi_entra_pim.review.declared import ELIGIBILITY, GROUP, USER
from pulumi_entra_pim.review.model import Review
from tests.review.previews import (
    SECURITY_ADMINISTRATOR,
    SECURITY_READER,
    UNKNOWN,
    Values,
    grant,
    group,
    guid,
    in_force,
    reviewed,
    step,
    urn,
    user,
)

_USERS = range(1, 5)
_GROUPS = range(11, 14)
_ROLES = (SECURITY_ADMINISTRATOR, SECURITY_READER)
_SHORT, _LONG = "2027-03-01T00:00:00Z", "2027-09-01T00:00:00Z"


@dataclass(frozen=True)
class Stack:
    """Who is there, who is in which group, and until when each principal holds each role."""

    users: frozenset[int]
    members: dict[int, frozenset[int]]
    grants: dict[tuple[int, str], str]

    def access(self) -> dict[tuple[str, str], str]:
        """Work out, person by person, until when who holds what."""
        found: dict[tuple[str, str], str] = {}
        for (principal, role), end in self.grants.items():
            for person in self.members.get(principal, {principal}) & self.users:
                key = guid(person), role
                found[key] = max(end, found.get(key, ""))
        return found


@st.composite
def stacks(draw: st.DrawFn) -> Stack:
    users = frozenset(draw(st.sets(st.sampled_from(_USERS))))
    groups = draw(st.sets(st.sampled_from(_GROUPS)))
    members = {each: frozenset(draw(st.sets(st.sampled_from(_USERS))) & users) for each in sorted(groups)}
    principals = sorted(users | groups)
    triples = draw(st.sets(st.sampled_from([*product(principals, _ROLES)]))) if principals else set()
    return Stack(users, members, {each: draw(st.sampled_from([_SHORT, _LONG])) for each in sorted(triples)})


def steps(before: Stack, after: Stack, *, made: frozenset[int] = frozenset()) -> list[Values]:
    """Write the preview of a change; what it makes has an id that is not known yet."""
    urns = {each: urn(USER, str(each)) for each in _USERS} | {each: urn(GROUP, str(each)) for each in _GROUPS}

    def id_(principal: int) -> str:
        return UNKNOWN if principal in made else guid(principal)

    found = [_step(USER, each, each in before.users, each in after.users, user(), user()) for each in _USERS]
    for each in _GROUPS:
        was = group(members=[guid(who) for who in sorted(before.members.get(each, ()))])
        who = sorted(after.members.get(each, ()))
        will = group(members=[id_(one) for one in who])
        sources = {"members": [urns[one] for one in who]}
        found.append(_step(GROUP, each, each in before.members, each in after.members, was, will, sources))
    for principal, role in sorted(before.grants.keys() | after.grants.keys()):
        key = principal, role
        old_end, new_end = before.grants.get(key), after.grants.get(key)
        was = in_force(grant(principal_id=guid(principal), role_definition_id=role, end=old_end), end=old_end)
        will = grant(principal_id=id_(principal), role_definition_id=role, end=new_end)
        sources = {"principal_id": [urns[principal]]}
        name = f"{principal}-{role}"
        found.append(_step(ELIGIBILITY, name, old_end is not None, new_end is not None, was, will, sources))
    return [each for each in found if each]


def _step(
    kind: str,
    name: object,
    was_there: bool,
    will_be_there: bool,
    was: Values,
    will: Values,
    sources: dict[str, list[str]] | None = None,
) -> Values:
    if not (was_there or will_be_there):
        return {}
    id_ = guid(name) if isinstance(name, int) else str(name)
    op = ("same" if was == will else "update") if was_there and will_be_there else "delete" if was_there else "create"
    before, after = was if was_there else None, will if will_be_there else None
    return step(op, kind, str(name), before, after, id_=id_, sources=sources)


@given(stacks(), stacks())
def test_every_grant_of_either_side_has_one_row(before: Stack, after: Stack) -> None:
    found = reviewed(*_whole(before, after))
    assert sorted(map(repr, (row.before for row in found.changes if row.before))) == sorted(
        map(repr, found.grants_before)
    )
    assert sorted(map(repr, (row.after for row in found.changes if row.after))) == sorted(map(repr, found.grants_after))


@given(stacks(), stacks())
def test_rows_are_the_difference_between_two_sets_of_access(before: Stack, after: Stack) -> None:
    found = reviewed(*_whole(before, after))
    was, will = before.access(), after.access()
    assert _keys(found, "gained") == will.keys() - was.keys()
    assert _keys(found, "lost") == was.keys() - will.keys()
    assert _keys(found, "extended") == {key for key in was.keys() & will.keys() if will[key] > was[key]}
    assert _keys(found, "shortened") == {key for key in was.keys() & will.keys() if will[key] < was[key]}


@given(stacks(), stacks(), st.randoms(use_true_random=False))
def test_the_order_of_the_steps_is_of_no_account(before: Stack, after: Stack, chance: random.Random) -> None:
    written = _whole(before, after)
    shuffled = [*written]
    chance.shuffle(shuffled)
    assert reviewed(*written) == reviewed(*shuffled)


@given(stacks(), stacks())
def test_a_change_taken_back_is_the_opposite(before: Stack, after: Stack) -> None:
    there, back = reviewed(*_whole(before, after)), reviewed(*_whole(after, before))
    opposite = {"broadened": "narrowed", "narrowed": "broadened"}
    # People of a group whose roles are given elsewhere: only that access widens can be told.
    assert "unknown" in (there.verdict, back.verdict) or back.verdict == opposite.get(there.verdict, there.verdict)


def _whole(before: Stack, after: Stack) -> list[Values]:
    made = (after.users | after.members.keys()) - before.users - before.members.keys()
    return steps(before, after, made=frozenset(made))


def _keys(found: Review, kind: str) -> set[tuple[str, str]]:
    by_urn = {urn(USER, str(each)): guid(each) for each in _USERS}
    rows = [row.grant for row in found.changes if row.kind == kind and row.grant.person.kind != "nobody"]
    return {(by_urn.get(row.person.key, row.person.key), row.role.id) for row in rows}
