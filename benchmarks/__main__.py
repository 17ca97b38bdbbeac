"""Measure what the documentation claims, and print it as tables."""

from __future__ import annotations

import os
import statistics
from collections.abc import Sequence

from benchmarks import cli, emulator_speed, engine, faults, import_, provider_process, review
from entra_emulator import Emulator

PAIRS = 5


def main() -> None:
    """Run every measurement in turn."""
    graph_calls()
    wall_clock()
    provider()
    fault_matrix()
    speed_of_emulator()
    change_review()
    command()
    importing()


def graph_calls() -> None:
    """Count what the Contoso program's resources ask of Graph; the program's own look-ups and the token apart."""
    rows = []
    with engine.project() as (project, emulator):
        commands = {
            "create (`up`)": ("up", "--yes", "--skip-preview"),
            "preview, no change": ("preview", "--expect-no-changes"),
            "`refresh`": ("refresh", "--yes", "--skip-preview"),
            "`destroy`": ("destroy", "--yes", "--skip-preview"),
        }
        for label, command in commands.items():
            since = _last(emulator)
            project.run(*command)
            entries = emulator.journal.entries(since=since)
            calls = [f"{entry.method} {entry.path}" for entry in entries if entry.kind == "graph"]
            lookups = [call for call in calls if "/users/admin%40contoso.com" in call]
            tokens = sum(entry.kind == "token" and entry.method == "POST" for entry in entries)
            rows.append((label, len(calls) - len(lookups), len(lookups), tokens))
    _table("Graph calls of the Contoso helpdesk", ("command", "by resources", "by the program", "token calls"), rows)


def wall_clock() -> None:
    """Time `up` with its preview against the same program made of resources that do nothing, in turns."""
    ratios, ours, floors = [], [], []
    for _ in range(PAIRS):
        with engine.project() as (project, _emulator):
            ours.append(project.run("up", "--yes"))
        with engine.project(engine.with_no_op_resources()) as (project, _emulator):
            floors.append(project.run("up", "--yes"))
        ratios.append(ours[-1] / floors[-1])
    rows = [
        ("Contoso helpdesk, seconds", *_spread(ours)),
        ("the same with no-op resources, seconds", *_spread(floors)),
        ("ratio, pair by pair", *_spread(ratios)),
    ]
    _table(f"`pulumi up` with preview, {PAIRS} pairs", ("", "min", "median", "max"), rows)


def provider() -> None:
    """Time and weigh the provider process."""
    found = [provider_process.measure(os.environ) for _ in range(PAIRS)]
    rows = [
        ("port line, seconds", *_spread([each.to_port for each in found])),
        ("first check answered, seconds", *_spread([each.to_first_check for each in found])),
        ("resident memory then, MiB", *_spread([each.resident for each in found])),
    ]
    _table(f"Provider process, {PAIRS} starts", ("", "min", "median", "max"), rows)


def fault_matrix() -> None:
    """Let each fault happen at each call, with this package and with two other policies."""
    figures = faults.run()
    _table("Fault matrix", (faults.SUMMARY, *faults.COLUMNS), faults.summary_rows(figures))
    heads = (*faults.CALLS, *faults.COLUMNS)
    _table("Fault matrix by call: same run / next run / not even then", heads, faults.call_rows(figures))


def speed_of_emulator() -> None:
    """Time and weigh the emulator's process."""
    found, rate = emulator_speed.calls()
    rows = [(name, *(f"{each * 1000:.2f}" for each in (of.median, of.p99, of.client))) for name, of in found.items()]
    heads = ("call", "median, ms", "p99, ms", "of it the client's own, ms")
    _table("The emulator over loopback TLS, its folder on disk", heads, rows)
    reads = emulator_speed.point_reads()
    full, later = emulator_speed.memory()
    few_and_many = [(f"GET user {name}, 10 users / {emulator_speed.MANY:,}, ms",
                     f"{few * 1000:.2f} / {many * 1000:.2f}") for name, (few, many) in reads.items()]  # fmt: skip
    rows = [
        ("start to ready line, seconds (min / median / max)", " / ".join(_spread(emulator_speed.starts()))),
        ("users created and kept, a second", f"{rate:,.0f}"),
        *few_and_many,
        ("resident memory, MiB: journal full / 20,000 calls later", f"{full:.1f} / {later:.1f}"),
    ]
    _table("The emulator's process", ("", ""), rows)


def change_review() -> None:
    """Time and weigh the review of a long preview, in every format."""
    found = [review.measure() for _ in range(PAIRS)]
    rows = [(part, *_spread([each.times[part] for each in found])) for part in found[0].times]
    rows.append(("peak of resident memory, MiB", *_spread([each.peak for each in found])))
    title = f"Review of {review.STEPS:,} steps ({found[0].rows:,} rows), processor seconds"
    _table(title, ("", "min", "median", "max"), rows)


def command() -> None:
    """Time the command's help, and count what it takes to tell what somebody may do."""
    helped = [cli.seconds_to_help() for _ in range(PAIRS)]
    asked = [cli.assignments() for _ in range(PAIRS)]
    rows = [
        ("`--help`, seconds", *_spread(helped)),
        ("`assignments`, seconds", *_spread([each.seconds for each in asked])),
        ("`assignments`, Graph calls", *_spread([each.calls for each in asked])),
    ]
    _table("`entra-pim`", ("", "min", "median", "max"), rows)


def importing() -> None:
    """Count what it takes to import a tenant of a thousand groups and eligibilities."""
    found = import_.measure()
    rows = [
        ("groups and eligibilities", f"{found.resources:,}"),
        ("requests", str(found.requests)),
        ("reading, in process, seconds", f"{found.reading:.2f}"),
        ("program and document, seconds", f"{found.writing:.2f}"),
    ]
    _table("`entra-pim import all`", ("", ""), rows)


def _last(emulator: Emulator) -> int:
    return max((entry.number for entry in emulator.journal.entries()), default=0)


def _spread(values: Sequence[float]) -> tuple[str, str, str]:
    return f"{min(values):.2f}", f"{statistics.median(values):.2f}", f"{max(values):.2f}"


def _table(title: str, heads: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    print(f"\n### {title}\n")
    print(f"| {' | '.join(heads)} |")
    print(f"|{'---|' * len(heads)}")
    for row in rows:
        print(f"| {' | '.join(map(str, row))} |")


if __name__ == "__main__":
    main()
