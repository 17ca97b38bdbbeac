"""From a review to what a report of it says, in the order in which a reviewer asks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import get_args

from ...roles import AS_OF as ROLES_AS_OF
from ..model import (
    Change,
    Finding,
    Flag,
    Outcome,
    Owner,
    Person,
    PersonKind,
    Reach,
    Review,
    Role,
    Route,
    Scope,
    Verdict,
)
from . import words
from .graph import graph
from .report import Cell, Line, Notice, Report, Row, Span, Table, Tone

MOST_NOTICES = 5
"""Flags that stand above everything else; any more of them stand in their table."""
_NAMED = 3

_TONE_OF_VERDICT: Mapping[Verdict, Tone] = {
    "broadened": "gained", "narrowed": "lost", "moved": "changed", "unchanged": "kept", "unknown": "warning"
}  # fmt: skip
# By whether it lets the person do more, and whether it lets them do less.
_TONE_OF_CHANGE: Mapping[tuple[bool, bool], Tone] = {
    (True, False): "gained", (False, True): "lost", (True, True): "changed", (False, False): "quiet"
}  # fmt: skip
_OWNERS = {"gained": "+ can now", "lost": "- no longer can", "kept": "= still can"}
# Of these a label is a name that somebody chose; of the others it is our words for people without one.
_NAMED_KINDS: frozenset[PersonKind] = frozenset({"managed", "created", "by id", "other provider"})
_EMPTY = "neither more nor less than before"
_DISABLED = "cannot sign in: the account is disabled"
_INCOMPLETE = (
    "This preview does not show everything: it failed, or was made without --show-sames. "
    "Nothing here is called unchanged."
)
_FOOTNOTE = (
    "As of {moment} UTC. PRIVILEGED is Microsoft's label, from a table of {table}; "
    "CISA marks the roles that it calls highly privileged."
)


def report(review: Review) -> Report:
    """Put a review into words and tables."""
    dangers = [flag for flag in review.flags if flag.level == "danger"]
    notices = [Notice("danger", _flag(flag)) for flag in dangers[:MOST_NOTICES]]
    if not review.complete:
        notices.append(Notice("warning", (Span(_INCOMPLETE),)))
    notes = [*dangers[MOST_NOTICES:], *(flag for flag in review.flags if flag.level == "note")]
    changed = [change for change in review.changes if change.kind != "kept"]
    kept = [change for change in review.changes if change.kind == "kept"]
    found = {outcome: [each for each in review.findings if each.outcome == outcome] for outcome in get_args(Outcome)}
    return Report(
        verdict=" · ".join(filter(None, [words.VERDICTS[review.verdict], _whereabouts(review)])),
        tone=_TONE_OF_VERDICT[review.verdict],
        sentence=review.sentence,
        notices=tuple(notices),
        changes=_changes("What changes", changed, review),
        graph=graph(review),
        tables=(
            _reach([each for each in review.reach if each.before != each.after]),
            _owners(review.owners),
            _failed(found["failed"]),
            _list("Also in this change", (_flag(flag) for flag in notes)),
            _ending(review),
            _list("Not known", ((Span(each),) for each in review.unknowns)),
            _list("Not checked", ((Span(each),) for each in review.unchecked)),
            _changes("What stays", kept, review, folded=True),
            _not_checked(found["not checked"]),
            _passed(found["passed"]),
        ),
        footnote=_FOOTNOTE.format(moment=words.moment(review.as_of), table=ROLES_AS_OF),
    )


def _whereabouts(review: Review) -> str:
    return "/".join(filter(None, [review.project, review.stack]))


def _changes(title: str, changes: Iterable[Change], review: Review, *, folded: bool = False) -> Table:
    rows = (
        Row(
            "kept" if change.kind == "kept" else _TONE_OF_CHANGE[change.widens, change.narrows],
            (
                _what(change),
                _person(change.grant.person),
                _power(change.grant.role, change.grant.scope),
                _through(change.grant.routes),
                _held(change, review.as_of),
            ),
        )
        for change in changes
    )
    return Table(title, ("Change", "Who", "Role", "Through", "How and when"), tuple(rows), folded)


def _reach(reaches: Iterable[Reach]) -> Table:
    rows = (
        Row(
            "gained" if each.after > each.before else "lost",
            (_power(each.role, each.scope), _figure(each.before), _figure(each.after)),
        )
        for each in reaches
    )
    return Table("People per role", ("Role", "Before", "After"), tuple(rows))


def _owners(owners: Iterable[Owner]) -> Table:
    rows = (
        Row(
            owner.kind,
            (
                ((Span(_OWNERS[owner.kind], "strong"),),),
                _person(owner.person),
                ((Span(owner.group, "name"),),),
                tuple(line for role in owner.roles for line in _role(role)),
            ),
        )
        for owner in owners
    )
    return Table("Who can add others", ("Change", "Owner", "Group", "Its roles"), tuple(rows))


def _ending(review: Review) -> Table:
    rows = (
        Row(
            "changed",
            (
                _person(grant.person), _power(grant.role, grant.scope), _through(grant.routes),
                ((Span(words.holding(grant, review.as_of)),),),
            ),
        )
        for grant in review.expiring
    )  # fmt: skip
    return Table("Ending within 30 days", ("Who", "Role", "Through", "How and when"), tuple(rows))


def _failed(findings: Iterable[Finding]) -> Table:
    def level(finding: Finding) -> Cell:
        if finding.exemption is None:
            return ((Span(finding.level, "strong"),),)
        return ((Span("excepted", "strong"),), (Span(f"until {finding.exemption.expires}", "quiet"),))

    def said(finding: Finding) -> Cell:
        message = (Span(finding.message),)
        if finding.exemption is None:
            return message, (Span(finding.advice, "quiet"),)
        return message, (Span(f"{finding.exemption.owner}: {finding.exemption.reason}", "quiet"),)

    rows = (
        Row(_tone(finding), (level(finding), _rule(finding), _subject(finding), said(finding)))
        for finding in sorted(findings, key=lambda each: not each.is_broken)
    )
    return Table("Rules not kept", ("Level", "Rule", "Where", "What, and what to do"), tuple(rows))


def _not_checked(findings: Iterable[Finding]) -> Table:
    alike: dict[tuple[str, str], list[Finding]] = defaultdict(list)
    for finding in findings:
        alike[finding.rule, finding.message].append(finding)
    rows = (Row("quiet", (_rule(group[0]), _subjects(group), ((Span(group[0].message),),))) for group in alike.values())
    return Table("Rules that could not be checked", ("Rule", "Where", "Why"), tuple(rows), folded=True)


def _passed(findings: Iterable[Finding]) -> Table:
    alike: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        alike[finding.rule].append(finding)
    rows = (Row("quiet", (_rule(group[0]), _subjects(group))) for group in alike.values())
    return Table("Rules kept", ("Rule", "Where"), tuple(rows), folded=True)


def _list(title: str, lines: Iterable[Line]) -> Table:
    return Table(title, (), tuple(Row("quiet", ((line,),)) for line in lines))


def _flag(flag: Flag) -> Line:
    return Span(flag.name, "name"), Span(flag.text)


def _tone(finding: Finding) -> Tone:
    if not finding.is_broken:
        return "quiet"
    return "danger" if finding.level == "mandatory" else "warning"


def _rule(finding: Finding) -> Cell:
    return (Span(finding.rule, "strong", finding.source),), (Span(finding.title, "quiet"),)


def _subject(finding: Finding) -> Cell:
    return ((Span(finding.name, "name") if finding.subject else Span("the stack"),),)


def _subjects(findings: list[Finding]) -> Cell:
    named = tuple(line for finding in findings[:_NAMED] for line in _subject(finding))
    others = len(findings) - len(named)
    return (*named, (Span(f"and {others:,} more", "quiet"),)) if others else named


def _what(change: Change) -> Cell:
    is_empty = change.kind != "kept" and not change.widens and not change.narrows
    notes = [change.why, _EMPTY if is_empty else ""]
    return ((Span(words.CHANGES[change.kind], "strong"),), *_quiet(notes))


def _person(person: Person) -> Cell:
    who = Span(person.label, "name") if person.kind in _NAMED_KINDS else Span(person.label)
    return ((who,), *_quiet([person.how_known, "" if person.can_sign_in else _DISABLED]))


def _quiet(notes: Iterable[str]) -> Cell:
    return tuple((Span(note, "quiet"),) for note in notes if note)


def _role(role: Role) -> Cell:
    marks = [Span("PRIVILEGED", "mark")] if role.privileged else []
    marks += [Span("CISA", "mark")] if role.cisa else []
    if role.privileged is None:
        marks.append(Span("not in the table of roles", "quiet"))
    return ((Span(role.name, "name"),), tuple(marks)) if marks else ((Span(role.name, "name"),),)


def _power(role: Role, scope: Scope) -> Cell:
    return (*_role(role), (Span("over"), Span(scope.name, "plain" if scope.id == "/" else "name")))


def _through(routes: Iterable[Route]) -> Cell:
    lines: list[Line] = []
    for route in routes:
        lines.append((Span("directly"),) if route.group is None else (Span(route.group, "name"),))
        reasons = ", ".join(filter(None, [route.justification, route.ticket]))
        if reasons:
            lines.append((Span(reasons, "quiet"),))
    return tuple(lines)


def _held(change: Change, as_of: datetime) -> Cell:
    now = (Span(words.holding(change.grant, as_of)),)
    until_now = words.replaced_holding(change, as_of)
    return (now,) if until_now is None else (now, (Span(until_now, "quiet"),))


def _figure(number: int) -> Cell:
    return ((Span(f"{number:,}"),),)
