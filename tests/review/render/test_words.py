"""Windows in words."""

from datetime import UTC, datetime, timedelta

import pytest

from pulumi_entra_pim.review.model import Window
from pulumi_entra_pim.review.render import words

_AS_OF = datetime(2026, 12, 1, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("begins", "lasts", "said"),
    [
        (timedelta(0), timedelta(days=365), "now → 2027-12-01 09:30 (365 days)"),
        (timedelta(days=-30), timedelta(days=31), "now → 2026-12-02 09:30 (1 day)"),
        (timedelta(hours=14.5), timedelta(days=2), "2026-12-02 → 2026-12-04 (2 days)"),
        (timedelta(0), timedelta(hours=5), "now → 2026-12-01 14:30 (5 hours)"),
        (timedelta(0), timedelta(minutes=30), "now → 2026-12-01 10:00 (30 minutes)"),
        (timedelta(days=-2), timedelta(days=1), "ended 2026-11-30 09:30"),
        (timedelta(days=-1), timedelta(days=1), "ended 2026-12-01 09:30"),
    ],
)
def test_a_window_says_when_it_begins_and_ends_and_what_is_left_of_it(
    begins: timedelta, lasts: timedelta, said: str
) -> None:
    assert words.window(Window(_AS_OF + begins, _AS_OF + begins + lasts), _AS_OF) == said


def test_a_window_without_an_end_or_with_one_that_is_not_known_says_so() -> None:
    assert words.window(Window(_AS_OF, None), _AS_OF) == "now → no end"
    assert words.window(Window(_AS_OF, None, known=False), _AS_OF) == "now → not known before up"
