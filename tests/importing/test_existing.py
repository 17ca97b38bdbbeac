"""What an import costs."""

from benchmarks import import_


def test_a_thousand_groups_and_eligibilities_take_no_more_than_sixty_requests() -> None:
    found = import_.measure()

    assert found.resources == 1000
    assert found.requests <= 60
