"""Write docs/emulator-parity.md from the claims, the emulator's tables and Microsoft's description."""

from __future__ import annotations

import re
import tomllib

import yaml

from entra_emulator.routes.table import GRAPH, SIGN_IN
from tools.environment import ROOT

PAGE = ROOT / "docs" / "emulator-parity.md"
CLAIMS = ROOT / "tests" / "emulator" / "claims.toml"
_DESCRIPTION = ROOT / "tests" / "contract" / "graph-v1.0-pim.openapi.yaml"
_CALLS = "calls"
_METHODS = ("get", "post", "put", "patch", "delete")
_PARAMETER = re.compile(r"\{[^}]*\}")
_HEAD = """# Parity with Microsoft Graph

What the emulator does, and the test in `tests/emulator` that shows it. The answers that these tests get are held
against Microsoft's OpenAPI description. This page is generated from [the claims](../tests/emulator/claims.toml) by
`python -m tools.parity`.
"""


def calls() -> list[str]:
    """List every call of the emulator's tables as method and path."""
    return [f"{route.method} {route.path}" for route in GRAPH] + [f"{method} {path}" for method, path, _ in SIGN_IN]


def claims() -> dict[str, dict[str, str]]:
    """Read the claims: by area, which sentence or call is shown by which test."""
    found: dict[str, dict[str, str]] = tomllib.loads(CLAIMS.read_text())
    return found


def gaps() -> list[str]:
    """List the calls of Microsoft's description that the emulator answers with 501."""
    paths = yaml.load(_DESCRIPTION.read_bytes(), Loader=yaml.CSafeLoader)["paths"]
    described = [f"{method.upper()} {path}" for path, item in paths.items() for method in item if method in _METHODS]
    emulated = {_PARAMETER.sub("", call) for call in calls()}
    return [call for call in described if _PARAMETER.sub("", call) not in emulated]


def page() -> str:
    """Write the page."""
    areas = claims()
    shown = areas.pop(_CALLS)
    rows = sum(len(area) for area in areas.values())
    summary = f"{rows} rules, {len(shown)} calls, {len(gaps())} calls of the description that are gaps."
    parts = [_HEAD, summary]
    parts += [f"## {area}\n\n{_table('Rule', found)}" for area, found in areas.items()]
    parts.append(f"## Calls\n\n{_table('Call', {f'`{call}`': test for call, test in shown.items()})}")
    parts.append("## Gaps\n\nIn Microsoft's description, and answered with 501 `EmulatorNotImplemented`:")
    parts.append("\n".join(f"- `{call}`" for call in gaps()))
    return "\n\n".join(part.rstrip("\n") for part in parts) + "\n"


def _table(head: str, rows: dict[str, str]) -> str:
    lines = [f"| {head} | Shown by |", "|---|---|"]
    lines += [f"| {row} | `{test.removeprefix('tests/emulator/')}` |" for row, test in rows.items()]
    return "\n".join(lines)


if __name__ == "__main__":
    PAGE.write_text(page())
