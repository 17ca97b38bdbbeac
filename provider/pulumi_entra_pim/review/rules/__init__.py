"""The rules, and what they say of a stack: passed, failed, or not checked and why; never nothing.

Where each comes from, and what it is for: docs/change-review.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from ..config import Config
from ..declared import Declared
from ..model import Exemption, Finding
from . import activation, eligibility, group, user
from .rule import Context, Rule, Subject, not_checked

__all__ = ["ALL", "judge", "unused_exemptions"]

ALL = (
    *eligibility.OF_EACH,
    *eligibility.OF_ALL,
    *group.OF_EACH,
    *user.OF_EACH,
    *user.OF_ALL,
    *activation.OF_ALL,
)
"""Every rule."""


def judge(declared: Declared, config: Config, as_of: datetime) -> tuple[Finding, ...]:
    """Return what every rule says of everything that it is about, in the order of rules and resources."""
    context = Context(declared, as_of, config)
    found = [
        *_about(eligibility.OF_EACH, [(each.urn, each.name, each) for each in declared.eligibilities], context),
        *_about(group.OF_EACH, [(each.urn, each.name, each) for each in declared.groups], context),
        *_about(user.OF_EACH, [(each.urn, each.name, each) for each in declared.users], context),
        *_about((*eligibility.OF_ALL, *user.OF_ALL, *activation.OF_ALL), [("", declared.stack, declared)], context),
    ]
    return tuple(sorted(found, key=lambda finding: (finding.rule, finding.subject)))


def unused_exemptions(config: Config, findings: Iterable[Finding]) -> tuple[Exemption, ...]:
    """Return the exceptions that are about no rule that fails."""
    failures = [finding for finding in findings if finding.outcome == "failed"]
    granted = [each.exemption() for each in config.exceptions]
    return tuple(each for each in granted if not any(_is_about(each, failure) for failure in failures))


def _about(
    rules: Iterable[Rule[Subject]], subjects: list[tuple[str, str, Subject]], context: Context
) -> Iterator[Finding]:
    for rule in rules:
        level = context.config.levels.get(rule.id, rule.level)
        for urn, name, subject in subjects:
            answer = not_checked("turned off in the configuration") if level == "off" else rule.check(subject, context)
            finding = Finding(
                rule=rule.id,
                title=rule.title,
                level=rule.level if level == "off" else answer.level or level,
                outcome=answer.outcome,
                subject=urn,
                name=name,
                message=answer.message,
                advice=rule.advice,
                source=rule.source,
            )
            yield _exempted(finding, context) if finding.outcome == "failed" else finding


def _exempted(finding: Finding, context: Context) -> Finding:
    """Return a finding with the exception that was granted for it; one that has run out is only spoken of."""
    granted = [each.exemption() for each in context.config.exceptions if _is_about(each.exemption(), finding)]
    today = context.as_of.date()
    good = [each for each in granted if each.expires >= today]
    if good:
        return replace(finding, exemption=max(good, key=lambda each: each.expires))
    if granted:
        last = max(granted, key=lambda each: each.expires)
        ran_out = f"; {last.owner}'s exception ended on {last.expires.isoformat()}"
        return replace(finding, message=finding.message + ran_out)
    return finding


def _is_about(exemption: Exemption, finding: Finding) -> bool:
    return exemption.rule == finding.rule and exemption.subject in (finding.name, finding.subject)
