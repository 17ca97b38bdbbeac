"""A stack and a tenant over a long time: what people, the network and the years do to them, and what must hold after.

A step that breaks a rule raises ``Broken``. The rules: a run that nothing disturbs succeeds, or names an obstacle that
is really there; so does one that meets a single passing fault; what fails fails with one line and without a secret;
after a run that succeeded the directory is what the program says, and a further run writes nothing; nothing that a run
of ours made is missing from the state; nothing is there twice; what is a stranger's stays as it is; nobody is called
before the time that ``Retry-After`` names.
"""

from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx

from pulumi_entra_pim.resources._base import GraphProvider
from tests.resources.entra import Entra
from tests.resources.network import Behaviour, Forward, Network

from .machine_administrator import DEEDS, Administrator, Sight
from .machine_directory import look
from .machine_engine import Declared, Failed, Killed, Program, Row, Run, State
from .machine_obstacles import Scene, is_taken, is_there
from .machine_programs import PASSWORDS, Edit, apply
from .machine_rules import (
    Broken,
    expect_as_declared,
    expect_nothing_missing,
    expect_nothing_twice,
    expect_one_clean_line,
    ids,
)
from .machine_troubles import PASSING, Lag, Trouble, arm, slow_down
from .machine_windows import Windows

_FOR_EVER = timedelta(days=10_000)


@dataclass(frozen=True)
class Kill:
    """The end of the provider's process at a call of a run; ``checkpoints`` says that the state was written until then.

    Without (PULUMI_SKIP_CHECKPOINTS) the state is the one from before the run.
    """

    call: int
    applied: bool
    checkpoints: bool


@dataclass
class Tally:
    """What happened, for the summary; ``seconds`` are virtual ones."""

    steps: int = 0
    ups: int = 0
    refreshes: int = 0
    destroys: int = 0
    deeds: int = 0
    faults: int = 0
    failures: int = 0
    kills: int = 0
    obstacles: int = 0
    calls: int = 0
    seconds: float = 0.0


@dataclass
class _Outcome:
    run: Run
    failure: Failed | None
    killed: bool
    fired: list[str]
    writes: list[str]


Command = Callable[[Run], None]


class World:
    """A tenant, a program, a state, and what is known of whose is what."""

    def __init__(self, entra: Entra, tally: Tally) -> None:
        self.entra = entra
        self.tally = tally
        self.program: Program = {}
        self.state: State = {}
        self._standing: Program = {}
        # A grant of the program as it is now may have been made since then: a run that was killed told nobody.
        self._edited = entra.clock.now()
        self._unit = entra.unit("Paris")
        self._windows = Windows()
        self._administrator = Administrator(entra)
        self._token = entra.emulator.token(lifetime=_FOR_EVER)
        # Since the last refresh: whether the state may tell of something else than what there is.
        self._is_stale = False
        # Whether the last run brought the directory to the program, and neither has been touched since.
        self._is_settled = False
        # By id: what runs of ours made; what is somebody else's, as it is; what the stack adopted and is to let go.
        self._ours: set[str] = set()
        self._released: set[str] = set()
        strangers = {entra.user(name, jobTitle="Boss") for name in ("olga", "pete")}
        self._picture = look(entra)
        self._strangers = {id_: self._picture.things[id_] for id_ in strangers}

    # -- what our side does ---------------------------------------------------------------------------------------

    def up(self, edits: Sequence[Edit], *, refresh: bool, troubles: Sequence[Trouble] = ()) -> None:
        """Change the program, and bring the stack to it; what troubles cut short is finished by the next run."""
        self.tally.ups += 1
        self._edit(edits)
        self._after_up(self._run(self._upward(refresh=refresh), troubles=troubles))

    def killed(self, edits: Sequence[Edit], kills: Sequence[Kill], *, refresh: bool) -> None:
        """Have runs of a changed program killed, and recover as the documentation says: refresh, then up."""
        self.tally.ups += 1
        self._edit(edits)
        self.program = self._without_adoption(self.program, even_of_strangers=True)
        for kill in kills:
            outcome = self._run(self._upward(refresh=refresh), kill=kill)
            if not outcome.killed:
                self._after_up(outcome)
                return
            self.tally.kills += 1
            self._is_stale, self._is_settled = True, False
        self._after_up(self._run(self._upward(refresh=True)))

    def lagging(self, first: Sequence[Edit], second: Sequence[Edit], lags: Sequence[Lag], *, refresh: bool) -> None:
        """Have the program run twice in a row while the directory shows what was there before.

        What a refresh believed then only another can put right, as for any other drift. Until then the program stays:
        a thing that was just made, and that a refresh took for gone, is found again under the same key only
        (test_found.py).
        """
        self.tally.ups += 2
        self._edit(first)
        slow_down(self.entra.emulator, lags)
        one = self._run(self._upward(refresh=False), is_lagging=True)
        self._edit([] if refresh else second)
        other = self._run(self._upward(refresh=refresh), is_lagging=True)
        self.entra.emulator.pace.clear()
        self._look_after_ours()
        if one.failure or other.failure or refresh:
            self.tally.failures += bool(one.failure) + bool(other.failure)
            self._is_stale, self._is_settled = True, False
            other = self._run(self._upward(refresh=True))
        self._after_up(other)

    def refresh(self, troubles: Sequence[Trouble] = ()) -> None:
        """Refresh the stack."""
        self.tally.refreshes += 1
        outcome = self._run(Run.refresh, troubles=troubles)
        if outcome.failure and not outcome.fired:
            raise Broken(f"a refresh that nothing disturbed failed: {outcome.failure}")
        if outcome.writes:
            raise Broken(f"a refresh wrote: {outcome.writes}")
        if not outcome.failure:
            expect_nothing_missing(self._ours, self.state, self._picture)

    def destroy(self, troubles: Sequence[Trouble] = (), kill: Kill | None = None) -> None:
        """Destroy the stack; what troubles or a kill cut short is finished by the next try."""
        self.tally.destroys += 1
        outcome = self._run(Run.destroy, troubles=troubles, kill=kill)
        self._is_settled = False
        if outcome.killed or (outcome.failure and outcome.fired):
            self.tally.kills += outcome.killed
            self.tally.failures += not outcome.killed
            outcome = self._run(Run.destroy)
        if outcome.failure:
            self._expect_an_obstacle(outcome.failure)
            return
        if self.state:
            raise Broken(f"the state holds {sorted(self.state)} after a destroy")
        expect_nothing_missing(self._ours, self.state, self._picture)

    # -- what others do -------------------------------------------------------------------------------------------

    def wait(self, span: timedelta) -> None:
        """Let time pass."""
        self.entra.clock.sleep(span.total_seconds())
        self._look()

    def administer(self, deed: str, number: int) -> None:
        """Have an administrator do something behind the stack's back; nothing where there is nothing to do it to."""
        strangers = set(self._strangers)
        sight = Sight(self.program, self.state, self._picture, self._windows, strangers)
        if not DEEDS[deed](self._administrator, sight, number):
            return
        self.tally.deeds += 1
        self._is_stale, self._is_settled = True, False
        self._look()
        self._ours -= sight.restored - ids(self.state)
        things = self._picture.things
        self._released &= things.keys()
        self._strangers = {id_: things[id_] for id_ in strangers | sight.made if id_ in things}

    # -- after a run ----------------------------------------------------------------------------------------------

    def _after_up(self, outcome: _Outcome) -> None:
        if outcome.failure and outcome.fired:
            self.tally.failures += 1
            outcome = self._run(self._upward(refresh=self._is_stale))
        if outcome.failure:
            self._is_settled = False
            # A state that tells of what is gone cannot be brought up; a refresh has to come first.
            if not self._is_stale:
                self._expect_an_obstacle(outcome.failure)
            # What a run that was cut short made, and no run has got to since, is found only by the same program.
            self._ours &= ids(self.state)
            return
        if self._is_settled and outcome.writes:
            raise Broken(f"nothing had changed, and {outcome.writes} were sent")
        if self._is_stale:
            return
        expect_nothing_missing(self._ours, self.state, self._picture)
        expect_as_declared(self.program, self.state, self._picture, self._windows)
        self._expect_no_changes()
        self._is_settled = True

    def _expect_an_obstacle(self, failure: Failed) -> None:
        self.tally.obstacles += 1
        if not is_there(failure, Scene(self.program, self.state, self._picture, self._windows, self._ours)):
            raise Broken(f"nothing disturbed the run, and it failed: {failure}")

    def _expect_no_changes(self) -> None:
        """Refresh and run a copy of the stack: nothing has drifted, nothing is written."""
        state, self.state = self.state, deepcopy(self.state)
        refreshed = self._run(Run.refresh)
        for name, row in state.items():
            found = self.state[name].inputs if name in self.state else None
            if found is None or _but_order(found) != _but_order(row.inputs):
                raise Broken(f"a refresh just after up finds {name} to be {found}; the state says {row.inputs}")
        again = self._run(self._upward(refresh=False))
        if refreshed.writes or again.writes or set(again.run.ops.values()) - {"same"}:
            raise Broken(f"up again does {again.run.ops} with {again.writes}")
        self.state = state

    # -- one run --------------------------------------------------------------------------------------------------

    def _edit(self, edits: Sequence[Edit]) -> None:
        now, before = self.entra.clock.now(), self.program
        self._edited = now
        self._standing = {name: each for name, each in {**self._standing, **before}.items() if name in self.state}
        self.program = self._without_adoption(apply(before, edits, self._standing, now, self._unit))
        self._windows.edited(before, self.program, now)
        self._is_settled &= self.program == before

    def _without_adoption(self, program: Program, *, even_of_strangers: bool = False) -> Program:
        """Leave adopt_existing out where there is nothing to adopt, or where the state may be lost.

        What a run of ours that was cut short has made is adopted by the next one, and then released, as a stranger's
        would be: better left behind than deleted (docs/reliability.md).
        """
        scene = Scene(program, self.state, self._picture, self._windows, self._ours)
        return {
            name: each
            if name in self.state or (is_taken(name, scene) and not even_of_strangers)
            else Declared(each.kind, {key: value for key, value in each.inputs.items() if key != "adopt_existing"})
            for name, each in program.items()
        }

    def _upward(self, *, refresh: bool) -> Command:
        def command(run: Run) -> None:
            if refresh:
                run.refresh()
            run.up(self.program)

        return command

    def _run(
        self, command: Command, *, troubles: Sequence[Trouble] = (), kill: Kill | None = None, is_lagging: bool = False
    ) -> _Outcome:
        """Carry out one command in a process of its own, and look at the directory afterwards."""
        faults = self.entra.emulator.faults
        network = self.entra.network = Network(_Ticking(self.entra))
        if kill is not None:
            network.on_call(kill.call, _dying(applied=kill.applied))
        arm(self.entra.emulator, troubles)
        before, run, failure, killed = deepcopy(self.state), Run(self.state, self._provider), None, False
        try:
            command(run)
        except Failed as error:
            failure = error
        except Killed:
            killed = True
        fired, early = [each.kind for each in faults.fired], faults.early
        faults.clear()
        if early:
            raise Broken(f"came back before Retry-After: {early}")
        self._windows.carried_out(run.ops, self.program, self._edited, self.entra.clock.now())
        if kill is not None and not kill.checkpoints:
            killed, self.state = True, before
        if not is_lagging:
            self._look_after_ours()
            self._is_stale &= not run.is_refreshed
        self.tally.faults += len(fired)
        self.tally.calls += len(network.sent)
        if failure is not None:
            expect_one_clean_line(failure.reason, (*PASSWORDS, self._token))
            if len(fired) == 1 and fired[0] in PASSING:
                self._expect_an_obstacle(failure)
        return _Outcome(run, failure, killed, fired, [each.line for each in network.writes()])

    def _provider(self, kind: str) -> GraphProvider:
        return self.entra.provider(kind, token=self._token)

    # -- whose is what --------------------------------------------------------------------------------------------

    def _look(self) -> None:
        before, self._picture = self._picture, look(self.entra)
        self.tally.seconds += (self._picture.at - before.at).total_seconds()

    def _look_after_ours(self) -> None:
        """Look at the directory when nobody but us has done anything since the last look."""
        before = self._picture.things
        self._look()
        self._ours |= self._picture.things.keys() - before.keys() - self._strangers.keys()
        for row in self.state.values():
            if row.outputs.get("adopted"):
                self._adopt(row)
        self._expect_strangers_untouched()
        expect_nothing_twice(self._ours, self._picture)

    def _adopt(self, row: Row) -> None:
        """Note that what was somebody else's is the stack's: for good, or (a user, a group) until it is destroyed."""
        if row.kind == "RoleEligibility":
            self._ours.add(row.id)
        else:
            self._ours.discard(row.id)
            self._released |= {row.id} & self._strangers.keys()
        self._strangers.pop(row.id, None)

    def _expect_strangers_untouched(self) -> None:
        things = self._picture.things
        for id_, known in list(self._strangers.items()):
            if "|" in id_ and id_.rpartition("|")[2] not in things:
                del self._strangers[id_]  # a grant goes with its principal
            elif things.get(id_) != known:
                raise Broken(f"somebody else's {known} is now {things.get(id_)}")
        if self._released - things.keys():
            raise Broken(f"adopted, and deleted: {self._released - things.keys()}")


class _Ticking(httpx.BaseTransport):
    """The way to the emulator, on which each call takes a moment: no two things are of the same time."""

    def __init__(self, entra: Entra) -> None:
        self._service = entra.emulator.transport()
        self._clock = entra.emulator.clock

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self._clock.advance(seconds=0.001)
        return self._service.handle_request(request)


def _dying(*, applied: bool) -> Behaviour:
    """Let the process end at a call: before it is sent, or after it was carried out."""

    def behaviour(request: httpx.Request, forward: Forward) -> httpx.Response:
        if applied:
            forward(request)
        raise Killed

    return behaviour


def _but_order(inputs: dict[str, Any]) -> dict[str, Any]:
    return {name: sorted(value) if isinstance(value, list) else value for name, value in inputs.items()}
