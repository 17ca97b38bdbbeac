"""What a stack's owners ask of its changes: the file ``entra-pim.toml``, and its schema.

Without a file every rule has its own level and the limits below; lists that nobody has written are not checked against.
"""

from __future__ import annotations

import tomllib
from datetime import date, timedelta
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from .model import Exemption, Level, ReviewError, RuleId

FILE = "entra-pim.toml"


def _in_words(value: object) -> object:
    if not isinstance(value, str | timedelta):
        raise ValueError("must be an ISO 8601 duration such as P365D")
    return value


def _positive(duration: timedelta) -> timedelta:
    if duration <= timedelta(0):
        raise ValueError("must be longer than nothing")
    return duration


Duration: TypeAlias = Annotated[timedelta, BeforeValidator(_in_words), AfterValidator(_positive)]
Words: TypeAlias = Annotated[str, Field(min_length=1)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Limits(_Section):
    """How much is too much."""

    eligibility: Duration = Field(default=timedelta(days=365), description="PIM-E02: how long an eligibility may last")
    eligibility_tier_0: Duration = Field(default=timedelta(days=180), description="PIM-E02: the same for a tier-0 role")
    justification: int = Field(default=15, ge=1, description="PIM-E04: characters of a justification, at least")
    privileged_grants: int = Field(default=10, ge=1, description="PIM-E12: fewer grants of privileged roles than this")
    members: int = Field(default=10, ge=0, description="PIM-G08: how many members a group has at most")


class Allow(_Section):
    """What is fine here. A list that is not given is not checked against."""

    roles: tuple[Words, ...] | None = Field(default=None, description="PIM-E07, PIM-E08: roles, by id or built-in name")
    domains: tuple[Words, ...] | None = Field(default=None, description="PIM-U03: domains of user principal names")


class BreakGlass(_Section):
    """Accounts for emergencies, which no program may touch."""

    accounts: tuple[Words, ...] = Field(default=(), description="PIM-U05: user principal names or object ids")


class GrantedException(_Section):
    """Somebody answers for a rule's not being kept."""

    rule: RuleId
    subject: Words = Field(description="the resource's name in the program or its URN; the stack's name for the stack")
    owner: Words
    reason: Words
    expires: date = Field(description="the last day on which it holds")

    def exemption(self) -> Exemption:
        """Return it as the model has it."""
        return Exemption(self.rule, self.subject, self.owner, self.reason, self.expires)


class Config(_Section):
    """What is asked of one stack."""

    levels: dict[RuleId, Level | Literal["off"]] = Field(
        default={}, description="another level for a rule, or none of it"
    )
    limits: Limits = Limits()
    allow: Allow = Allow()
    break_glass: BreakGlass = BreakGlass()
    exceptions: tuple[GrantedException, ...] = ()


class ConfigFile(Config):
    """The whole file: what is asked of every stack, and of some."""

    version: Literal[1]
    stacks: dict[str, Config] = Field(
        default={}, description="by a stack's name: what is different there; exceptions add up"
    )


def schema() -> dict[str, Any]:
    """Return the file's JSON Schema, which is published beside this module as ``entra-pim.schema.json``."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **ConfigFile.model_json_schema()}


def read_config(text: str, stack: str) -> Config:
    """Read the file, for one stack.

    Raises ReviewError, in one line, for what is wrong with it.
    """
    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ReviewError(f"{FILE} is not TOML: {error}") from None
    try:
        file = ConfigFile.model_validate(document)
    except ValidationError as error:
        raise ReviewError(f"{FILE}: {_first(error)}") from None
    general = _written(file, leave_out={"version", "stacks"})
    return Config.model_validate(_over(general, _written(file.stacks.get(stack, Config()))))


def _written(config: Config, leave_out: set[str] | None = None) -> dict[str, Any]:
    return config.model_dump(exclude_unset=True, exclude=leave_out)


def _over(general: dict[str, Any], special: dict[str, Any]) -> dict[str, Any]:
    """Lay one stack's settings over those of all; exceptions of both hold."""
    merged = dict(general)
    for name, value in special.items():
        if name == "exceptions":
            merged[name] = (*general.get(name, ()), *value)
        else:
            merged[name] = {**general.get(name, {}), **value}
    return merged


def _first(error: ValidationError) -> str:
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    place = ".".join(str(part) for part in problems[0]["loc"])
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return f"{place}: {problems[0]['msg']}{more}"
