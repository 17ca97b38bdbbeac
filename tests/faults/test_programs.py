"""Random programs, runs, kills, edits behind our back and years: whatever comes, no rule of ``machine`` is broken."""

from datetime import timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from tests.resources.entra import fresh

from .machine import Kill, Tally, World
from .machine_administrator import DEEDS
from .machine_programs import Edit, edits
from .machine_troubles import Lag, Trouble, lags, troubles

SPANS = [timedelta(**span) for span in ({"minutes": 10}, {"hours": 3}, *({"days": n} for n in (1, 31, 50, 365)))]

a_kill = st.builds(Kill, call=st.integers(1, 25), applied=st.booleans(), checkpoints=st.booleans())
has_something = precondition(lambda stack: bool(stack.world.state))


class Stack(RuleBasedStateMachine):
    """Steps that Hypothesis draws, on a fresh tenant each time."""

    tally = Tally()

    def __init__(self) -> None:
        super().__init__()
        self._tenant = fresh()
        self.world = World(self._tenant.__enter__(), self.tally)

    def teardown(self) -> None:
        self._tenant.__exit__(None, None, None)

    @initialize(first=edits(most=14))
    def begin(self, first: list[Edit]) -> None:
        self.tally.steps += 1
        self.world.up(first, refresh=False)

    @rule(changes=edits(), refresh=st.booleans(), met=st.just([]) | troubles())
    def up(self, changes: list[Edit], refresh: bool, met: list[Trouble]) -> None:
        self.tally.steps += 1
        self.world.up(changes, refresh=refresh, troubles=met)

    @rule(refresh=st.booleans())
    def up_again(self, refresh: bool) -> None:
        self.tally.steps += 1
        self.world.up([], refresh=refresh)

    @rule(changes=edits(), kills=st.lists(a_kill, min_size=1, max_size=2), refresh=st.booleans())
    def killed(self, changes: list[Edit], kills: list[Kill], refresh: bool) -> None:
        self.tally.steps += 1
        self.world.killed(changes, kills, refresh=refresh)

    @rule(first=edits(), second=edits(), met=lags(), refresh=st.booleans())
    def lagging(self, first: list[Edit], second: list[Edit], met: list[Lag], refresh: bool) -> None:
        self.tally.steps += 1
        self.world.lagging(first, second, met, refresh=refresh)

    @rule(met=st.just([]) | troubles())
    @has_something
    def refresh(self, met: list[Trouble]) -> None:
        self.tally.steps += 1
        self.world.refresh(met)

    @rule(met=st.just([]) | troubles(), kill=st.none() | a_kill)
    @has_something
    def destroy(self, met: list[Trouble], kill: Kill | None) -> None:
        self.tally.steps += 1
        self.world.destroy(met, kill)

    @rule(deed=st.sampled_from(sorted(DEEDS)), number=st.integers(0, 5))
    @has_something
    def administer(self, deed: str, number: int) -> None:
        self.tally.steps += 1
        self.world.administer(deed, number)

    @rule(span=st.sampled_from(SPANS))
    def wait(self, span: timedelta) -> None:
        self.tally.steps += 1
        self.world.wait(span)


TestStack = Stack.TestCase
TestStack.settings = settings(
    max_examples=30,
    stateful_step_count=20,
    deadline=None,
    derandomize=True,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)
