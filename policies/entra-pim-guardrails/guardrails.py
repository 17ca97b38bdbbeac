"""The rules of ``entra-pim review`` as Pulumi policies: two a rule, as one policy has one level.

A rule that needs nothing but a resource's own inputs is a resource policy: it stops ``up`` before that resource is
written. Any other is a stack policy, which the engine runs at the end of a preview, and at ``up`` when all is written:
so a mandatory one belongs at the preview.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyResourceOptions,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.deserialize import serialize_properties

from pulumi_entra_pim.review import rules
from pulumi_entra_pim.review.config import FILE, Config, read_config
from pulumi_entra_pim.review.declared import AnyResource, Declared
from pulumi_entra_pim.review.model import Finding, Level
from pulumi_entra_pim.review.properties import resource
from pulumi_entra_pim.review.render.names import sentence
from pulumi_entra_pim.review.rules.rule import Rule
from pulumi_entra_pim.review.urns import parts

OF_ONE_RESOURCE = frozenset(
    {
        "PIM-E01",
        "PIM-E02",
        "PIM-E04",
        "PIM-E05",
        "PIM-E06",
        "PIM-E07",
        "PIM-E08",
        "PIM-E09",
        "PIM-U01",
        "PIM-U03",
    }
)
"""The rules that ask for nothing but the inputs of a resource that is yet to be written."""

_LEVELS: Mapping[Level, EnforcementLevel] = {
    "mandatory": EnforcementLevel.MANDATORY,
    "advisory": EnforcementLevel.ADVISORY,
}


class Guardrails:
    """The policies, for one configuration file, as of one moment."""

    def __init__(self, configuration: str, as_of: datetime) -> None:
        """Read the file; raise ReviewError, in one line, for what is wrong with it."""
        self._configuration = configuration
        self._as_of = as_of
        self._config_of("")
        # Each policy is asked on its own, about the same resources.
        self._judge = lru_cache(maxsize=1)(self._judged)

    def policies(self) -> list[Policy]:
        """Return every policy."""
        # Rules about different things, in one tuple, have no type in common that says they are rules.
        every = cast("tuple[Rule[Any], ...]", rules.ALL)
        return [*(self._policy(rule, level) for rule in every for level in _LEVELS), self._unchecked()]

    def _policy(self, rule: Rule[Any], level: Level) -> Policy:
        told: Mapping[str, Any] = {
            "name": rule.id if level == rule.level else f"{rule.id}-{level}",
            "description": rule.title,
            "enforcement_level": _LEVELS[level],
            "remediation_steps": rule.advice,
            "url": rule.source,
        }
        if rule.id in OF_ONE_RESOURCE:

            def of_resource(args: ResourceValidationArgs, report_violation: ReportViolation) -> None:
                declared = _declared_alone(args)
                for finding in self._judge(declared) if declared else ():
                    if _is_broken(finding, rule, level):
                        report_violation(_said(finding), None)

            return ResourceValidationPolicy(validate=of_resource, **told)

        def of_stack(args: StackValidationArgs, report_violation: ReportViolation) -> None:
            for finding in self._judge(_declared(args)):
                if _is_broken(finding, rule, level):
                    report_violation(_said(finding), finding.subject or None)

        return StackValidationPolicy(validate=of_stack, **told)

    def _unchecked(self) -> Policy:
        def of_stack(args: StackValidationArgs, report_violation: ReportViolation) -> None:
            unchecked = [each for each in self._judge(_declared(args)) if each.outcome == "not checked"]
            if unchecked:
                lines = (sentence(f"{each.rule} of {each.name}: {each.message}") for each in unchecked)
                report_violation("\n".join(("not checked, so neither kept nor broken:", *lines)), None)

        return StackValidationPolicy(
            name="PIM-not-checked",
            description="What no rule could be held against",
            validate=of_stack,
            enforcement_level=EnforcementLevel.ADVISORY,
        )

    def _judged(self, declared: Declared) -> tuple[Finding, ...]:
        return rules.judge(declared, self._config_of(declared.stack), self._as_of)

    def _config_of(self, stack: str) -> Config:
        return read_config(self._configuration, stack) if self._configuration else Config()


def configured() -> str:
    """Return what ``entra-pim.toml`` of the project says; "" where there is none."""
    file = Path(FILE)
    return file.read_text(encoding="utf-8") if file.exists() else ""


def now() -> datetime:
    """Return the moment as of which all is judged."""
    return datetime.now(UTC)


def _is_broken(finding: Finding, rule: Rule[Any], level: Level) -> bool:
    return finding.rule == rule.id and finding.level == level and finding.is_broken


def _said(finding: Finding) -> str:
    return f"{sentence(finding.message)}: {finding.advice} ({finding.source})"


def _declared_alone(args: ResourceValidationArgs) -> Declared | None:
    """Return a stack of one resource; None for one that is not ours."""
    found = _read(args.resource_type, args.urn, args.props, {}, args.opts)
    return None if found is None else Declared(parts(args.urn)[0], (found,))


def _declared(args: StackValidationArgs) -> Declared:
    stack = next((parts(each.urn)[0] for each in args.resources), "")
    return Declared(stack, tuple(sorted(_resources(args), key=lambda each: each.urn)))


def _resources(args: StackValidationArgs) -> Iterator[AnyResource]:
    for each in args.resources:
        sources = {name: [other.urn for other in others] for name, others in each.property_dependencies.items()}
        found = _read(each.resource_type, each.urn, each.props, sources, each.opts)
        if found is not None:
            yield found


def _read(
    type_: str, urn: str, props: Mapping[str, Any], sources: Mapping[str, list[str]], options: PolicyResourceOptions
) -> AnyResource | None:
    # The SDK's wrapper raises for a value that is not known; without it, such a value is the engine's string for it.
    inputs = serialize_properties(props)
    return resource(type_, urn, inputs, sources, protect=options.protect)
