"""One check: what was looked at, how it came out, what was found, and what to do about it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

Outcome = Literal["passed", "failed", "not checked"]

# What looks like a user principal name or a mail address.
_ADDRESS = re.compile(r"[^\s@'\"<>()\[\]/=]+(?:@|%40)[^\s@'\"<>()\[\],;:/&?]+")


@dataclass(frozen=True, slots=True)
class Check:
    """How one thing is; ``advice`` is what to do about it, "" where there is nothing to do."""

    name: str
    outcome: Outcome
    found: str
    advice: str = ""


Look = Callable[[], Iterable[Check]]
"""Looks at something; raises what commands expect to fail with."""


def passed(name: str, found: str) -> Check:
    """Return a check that came out well."""
    return Check(name, "passed", found)


def failed(name: str, found: str, advice: str) -> Check:
    """Return a check that did not come out well."""
    return Check(name, "failed", found, advice)


def not_checked(name: str, why: str, advice: str = "") -> Check:
    """Return a check that could not be made."""
    return Check(name, "not checked", why, advice)


def softly(name: str, look: Look) -> list[Check]:
    """Make some checks; what cannot be looked at for lack of a permission, or at all, is a check of its own."""
    from ...graph.errors import Denied, EntraError

    try:
        return list(look())
    except Denied as error:
        if error.answer.status == 401:
            return [failed(name, str(error), "get another token: Graph does not take this one")]
        return [not_checked(name, str(error), error.advice)]
    except (EntraError, OSError) as error:
        return [failed(name, str(error), "do as the message says, then run entra-pim doctor again")]


def fit_to_show(check: Check) -> Check:
    """Return a check without what says who somebody is: addresses, and the name of the home folder."""
    return replace(check, found=_without_people(check.found), advice=_without_people(check.advice))


def _without_people(text: str) -> str:
    return _ADDRESS.sub("[somebody]", text).replace(str(Path.home()), "~")
