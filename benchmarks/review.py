"""How long a review of 1,000 steps takes and how much memory: a process of its own, in every format."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass

STEPS = 1_000
_USERS_IN_A_GROUP = 8
_TYPE = "pulumi-python:dynamic/entra-pim:"
_ROLES = ("fe930be7-5e62-47db-91af-98c3a49a38b1", "729827e3-9c14-49f7-bb1b-9608f156bbb8")
_UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"

_PROGRAM = """
import json, sys, time
started = time.process_time()
import io, resource
from datetime import UTC, datetime
from pulumi_entra_pim.review import reading, verdict
from pulumi_entra_pim.review.render import contents, document, html, markdown, terminal
text = sys.stdin.read()
times = {"loading": time.process_time() - started}

def timed(name, work):
    began = time.process_time()
    done = work()
    times[name] = time.process_time() - began
    return done

as_of = datetime(2026, 12, 1, tzinfo=UTC)
review = timed("reading and verdict", lambda: verdict.review(reading.read_preview(text), as_of))
report = timed("words and tables", lambda: contents.report(review))
timed("terminal", lambda: terminal.show(report, io.StringIO(), 120))
for platform in markdown.Platform:
    timed(f"Markdown, {platform}", lambda: markdown.render(report, platform))
timed("JSON", lambda: document.render(review))
timed("HTML", lambda: html.render(report))
times["in all"] = time.process_time() - started
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"times": times, "peak": peak, "rows": len(review.changes)}))
"""


@dataclass(frozen=True)
class Measured:
    """Processor seconds by part, the peak of resident memory in MiB, and how many rows the review has."""

    times: dict[str, float]
    peak: float
    rows: int


def measure() -> Measured:
    """Review a preview of 1,000 steps in a new process."""
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM], input=preview(), stdout=subprocess.PIPE, text=True, check=True
    )
    return Measured(**json.loads(done.stdout))


def preview(steps: int = STEPS) -> str:
    """Write the document of a preview that creates users, groups of eight, and an eligibility for each group."""
    return json.dumps({"config": {}, "steps": list(_steps(steps)), "changeSummary": {"create": steps}})


def _steps(number: int) -> Iterator[dict[str, object]]:
    teams = number // (_USERS_IN_A_GROUP + 2)
    for team in range(teams):
        users = [f"person-{team}-{each}" for each in range(_USERS_IN_A_GROUP)]
        for user in users:
            yield _create("TestUser", user, user_principal_name=f"{user}@contoso.com", display_name=user)
        group = f"team-{team}"
        yield _create("RoleAssignableGroup", group, {"members": users}, display_name=f"Team {team}",
                      mail_nickname=group, members=[_UNKNOWN] * len(users), owners=[])  # fmt: skip
        yield _create("RoleEligibility", f"eligible-{team}", {"principal_id": [group]}, principal_id=_UNKNOWN,
                      role_definition_id=_ROLES[team % len(_ROLES)], directory_scope_id="/", duration="P180D",
                      justification=f"What team {team} is there for")  # fmt: skip


def _create(
    kind: str, name: str, references: dict[str, list[str]] | None = None, **inputs: object
) -> dict[str, object]:
    urn = _urn(kind, name)
    targets = {"members": "TestUser", "principal_id": "RoleAssignableGroup"}
    dependencies = {
        key: [_urn(targets[key], each) for each in names] for key, names in (references or {}).items()
    }  # fmt: skip
    state = {"urn": urn, "custom": True, "type": f"{_TYPE}{kind}", "inputs": {"__provider": "p", **inputs},
             "propertyDependencies": dependencies}  # fmt: skip
    return {"op": "create", "urn": urn, "newState": state}


def _urn(kind: str, name: str) -> str:
    return f"urn:pulumi:dev::contoso::{_TYPE}{kind}::{name}"
