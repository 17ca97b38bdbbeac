"""What two policies that others have make of the same faults, so that the matrix is seen to tell policies apart."""

import pytest

from .matrix import Harm, Point, outcome, points
from .policies import BY_POST, NO_REPLAYED_POST, STATUS_ONLY, Policy

BASELINES = [STATUS_ONLY, NO_REPLAYED_POST]
CREATES: dict[str, Harm] = {
    "POST /users": "exists already",
    "POST /groups": "duplicate",
    "POST /roleManagement/directory/roleEligibilityScheduleRequests adminAssign": "exists already",
}


def answers_lost(policy: Policy, call: str) -> list[Point]:
    """Return the points at which a create has been acted on and its answer does not say so."""
    found = [each for each in points(policy) if each.call == call and each.fault.when == "after"]
    assert found
    return found


@pytest.mark.parametrize("policy", BASELINES, ids=lambda each: each.name)
@pytest.mark.parametrize(("call", "harm"), CREATES.items())
def test_a_create_whose_answer_is_lost_never_comes_right_by_itself(policy: Policy, call: str, harm: Harm) -> None:
    for point in answers_lost(policy, call):
        found = outcome(policy, point)
        assert found.verdict == "failed", str(found)
        assert found.harms == {harm, "orphan"}, str(found)


@pytest.mark.parametrize("call", CREATES)
def test_the_same_create_is_found_again_here(call: str) -> None:
    assert {outcome(BY_POST, point).verdict for point in answers_lost(BY_POST, call)} == {"same run"}
