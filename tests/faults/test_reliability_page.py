import pytest

from benchmarks import faults
from tests.docs.page import Page
from tests.faults.matrix import FURTHER_CALLS, FURTHER_SECONDS, SECONDS, STRIKES, Outcome, outcome, points

PAGE = Page("docs/reliability.md")
SUMMARY = PAGE.table(faults.SUMMARY)
CALLS = PAGE.table(*faults.CALLS)
OURS, *OTHERS = faults.COLUMNS


def all_survived(column: str) -> list[Outcome]:
    """Return the outcomes that test_matrix.py holds this package to: nothing but the same end in the same run."""
    return [Outcome(point) for policy in faults.COLUMNS[column] for point in points(policy)]


def as_run(column: str) -> list[Outcome]:
    return [outcome(policy, point) for policy in faults.COLUMNS[column] for point in points(policy)]


def assert_shown(column: str, outcomes: list[Outcome]) -> None:
    shown = {
        (command.text, call.text): cell.text
        for command, call, cell in zip(*map(CALLS.column, (*faults.CALLS, column)), strict=True)
    }
    made = faults.by_call(outcomes)
    assert SUMMARY.texts(faults.SUMMARY, column) == {name: str(n) for name, n in faults.summary(outcomes).items()}
    assert {key: cell for key, cell in shown.items() if cell != faults.NOT_MADE} == made


def test_the_page_shows_that_this_package_survives_every_point() -> None:
    assert_shown(OURS, all_survived(OURS))


@pytest.mark.parametrize("column", OTHERS)
def test_the_page_shows_what_became_of_the_points_of_another_policy(column: str) -> None:
    assert_shown(column, as_run(column))


def test_the_page_has_no_other_column() -> None:
    assert SUMMARY.headings == (faults.SUMMARY, *faults.COLUMNS)
    assert CALLS.headings == (*faults.CALLS, *faults.COLUMNS)


def test_the_page_gives_the_bounds_that_the_matrix_is_held_to() -> None:
    once, down = (table.texts("At most", "") for table in PAGE.tables("At most"))

    assert list(once.values()) == [f"{FURTHER_CALLS:g}", f"{FURTHER_SECONDS:g}"]
    assert list(down.values()) == [f"{STRIKES:g}", f"{SECONDS:g}"]
