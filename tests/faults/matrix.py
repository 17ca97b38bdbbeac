"""The matrix: each fault at each call of Contoso's life, and what becomes of the tenant, the state and what is said.

The oracle is that of Sieve: whatever went wrong, the end is the end without it.
https://www.usenix.org/conference/osdi22/presentation/sun
"""

import re
import traceback
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal

from entra_emulator import Entry
from pulumi_entra_pim.graph.errors import AlreadyExists, EntraError
from tests.resources.entra import Entra, fresh

from .contoso import COMMANDS, SECRETS, Command, Contoso
from .directory import Picture, picture
from .faults import FAULTS, Fault
from .output import overheard, secrets_in
from .policies import Policy

Service = Literal["graph", "token"]
Verdict = Literal["same run", "next run", "failed"]
Harm = Literal["duplicate", "orphan", "exists already"]

# What one fault may cost: calls sent again and look-ups, and seconds besides those for which an answer is waited for.
FURTHER_CALLS = 7
FURTHER_SECONDS = 10.0

# What a service that stays down may cost before the run gives up: how often it may be met, and seconds.
STRIKES = 20
SECONDS = 1200.0

_PATHS: dict[Service, str] = {"graph": r"^/v1\.0/", "token": r"^/(?!v1\.0/)"}
_ALL = 1_000_000
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NAME = re.compile(r"uniqueName='[^']*'")


@dataclass(frozen=True, slots=True)
class Point:
    """A fault at one of the calls to a service that a command makes, counted from 1."""

    command: Command
    service: Service
    number: int
    call: str
    fault: Fault

    def __str__(self) -> str:
        return f"{self.command}, call {self.number} ({self.call}), {self.fault}"


@dataclass(slots=True)
class Outcome:
    """What became of a point.

    ``struck`` says how often the fault happened, ``further_calls`` what the run sent more than one without a fault, and
    ``seconds`` how long it took on the tenant's clock. ``stuck`` says that the next run failed too.
    """

    point: Point
    errors: list[EntraError] = field(default_factory=list)
    differences: list[str] = field(default_factory=list)
    harms: set[Harm] = field(default_factory=set)
    broken_promises: list[str] = field(default_factory=list)
    struck: int = 0
    further_calls: int = 0
    seconds: float = 0.0
    stuck: bool = False

    @property
    def verdict(self) -> Verdict:
        """Say in which run, if in any, the stack came to where it would have been."""
        if self.stuck or self.differences:
            return "failed"
        return "next run" if self.errors else "same run"

    def __str__(self) -> str:
        said = [f"{type(error).__name__}: {error}" for error in self.errors]
        return "\n  ".join([f"{self.point}: {self.verdict}", *said, *self.differences, *self.broken_promises])


@dataclass(frozen=True, slots=True)
class Undisturbed:
    """What a command does and leaves behind when nothing goes wrong."""

    calls: dict[Service, list[str]]
    picture: Picture
    state: list[dict[str, Any]]


class _Life:
    """Contoso in a fresh tenant, under a policy."""

    def __init__(self, entra: Entra, policy: Policy) -> None:
        policy.arrange(entra.emulator)
        self.entra = entra
        self.secrets = (*SECRETS, entra.tenant.client_secret)
        self._policy = policy
        self.stack = Contoso(entra, policy.process(entra))

    def run(self, command: Command) -> EntraError | None:
        """Run a command in a process of its own; return the error that ended it."""
        try:
            self.stack.run(command, self._policy.process(self.entra))
        except EntraError as error:
            return error
        return None

    def time_passes(self, **span: float) -> None:
        self.entra.emulator.clock.advance(**span)

    def entries(self) -> list[Entry]:
        return self.entra.emulator.journal.entries()


@cache
def undisturbed(policy: Policy) -> dict[Command, Undisturbed]:
    """Go through Contoso's life without a fault."""
    found: dict[Command, Undisturbed] = {}
    with fresh() as entra:
        life = _Life(entra, policy)
        for command in COMMANDS:
            life.time_passes(minutes=10)
            entra.emulator.journal.clear()
            error = life.run(command)
            assert error is None, f"{policy.name}, {command}, without a fault: {error}"
            entries = life.entries()
            calls = {service: [_spelled(each) for each in entries if each.kind == service] for service in _PATHS}
            found[command] = Undisturbed(calls, picture(entra), life.stack.state())
    return found


def points(policy: Policy, service: Service = "graph") -> list[Point]:
    """Return every fault at every call to a service."""
    return [
        Point(command, service, number, call, fault)
        for command in policy.commands
        for number, call in enumerate(undisturbed(policy)[command].calls[service], start=1)
        for fault in FAULTS
        if service == "graph" or not fault.is_of_tokens
    ]


def outcome(policy: Policy, point: Point, *, lasts: bool = False) -> Outcome:
    """Go through Contoso's life with a fault in it; after a run that failed, do as a person would and run it again.

    A fault that ``lasts`` strikes that call and every later one of the same run.
    """
    result = Outcome(point)
    with overheard() as said, fresh() as entra:
        life = _Life(entra, policy)
        for command in COMMANDS:
            if result.stuck and command != "destroy":
                continue
            life.time_passes(minutes=10)
            if command == point.command:
                error = _run_with_fault(life, policy, result, times=_ALL if lasts else 1)
            else:
                error = life.run(command)
            if error is not None:
                result.errors.append(error)
                life.time_passes(minutes=1)
                again = life.run(command)
                if again is not None:
                    result.errors.append(again)
                    result.stuck = True
                    result.harms |= {"exists already"} if isinstance(again, AlreadyExists) else set()
            _compare(life, command, undisturbed(policy)[command], result)
        _listen(said, life, result)
    return result


def _run_with_fault(life: _Life, policy: Policy, result: Outcome, times: int) -> EntraError | None:
    point, emulator = result.point, life.entra.emulator
    emulator.journal.clear()
    begun = emulator.clock.now()
    emulator.faults.arm(
        point.fault.kind,
        when=point.fault.when,
        path=_PATHS[point.service],
        nth=point.number,
        times=times,
        retry_after=point.fault.retry_after,
    )
    error = life.run(point.command)
    result.seconds = (emulator.clock.now() - begun).total_seconds()
    result.struck = len(emulator.faults.fired)
    assert result.struck, f"{point}: there was no such call"
    quiet = undisturbed(policy)[point.command].calls.values()
    result.further_calls = len(life.entries()) - sum(map(len, quiet))
    result.broken_promises += [f"came back too early: {each}" for each in emulator.faults.early]
    emulator.faults.clear()
    return error


def _compare(life: _Life, command: Command, wanted: Undisturbed, result: Outcome) -> None:
    found, state = picture(life.entra), life.stack.state()
    for kind, things in wanted.picture.items():
        there, asked = Counter(map(str, found[kind])), Counter(map(str, things))
        result.differences += [f"{command}: {kind}: not asked for: {each}" for each in (there - asked).elements()]
        result.differences += [f"{command}: {kind}: missing: {each}" for each in (asked - there).elements()]
        if kind in ("users", "groups", "eligible") and len(found[kind]) > len(things):
            result.harms.add("orphan" if command == "destroy" else "duplicate")
    if state != wanted.state:
        result.differences.append(f"{command}: the state is {state}, not {wanted.state}")
    open_to_read = [str({**outputs, "password": None}) for outputs in state]
    result.broken_promises += [f"a secret is in the state: {each}" for each in secrets_in(open_to_read, life.secrets)]


def _listen(said: list[str], life: _Life, result: Outcome) -> None:
    errors = ["".join(traceback.format_exception(error)) for error in result.errors]
    result.broken_promises += [f"a secret is in: {text}" for text in secrets_in([*said, *errors], life.secrets)]
    result.broken_promises += [f"more than one line: {error}" for error in result.errors if "\n" in str(error)]


def _spelled(entry: Entry) -> str:
    path = _NAME.sub("uniqueName='{name}'", _ID.sub("{id}", entry.path.partition("?")[0].removeprefix("/v1.0")))
    action = entry.request_body.get("action") if isinstance(entry.request_body, dict) else None
    return f"{entry.method} {path} {action}" if action else f"{entry.method} {path}"
