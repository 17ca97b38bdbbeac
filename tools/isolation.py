"""What keeps a run on its own Pulumi backend and tenant, whatever the person's shell, login and credentials say."""

from __future__ import annotations

import os
import secrets
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

# Settings of these programs; the person's own would win over a run's, or send it to a real tenant.
_FAMILIES = ("PULUMI", "AZURE", "ARM", "ENTRA_PIM")
_LOOPBACK = "127.0.0.1,localhost"


@dataclass(frozen=True)
class Isolation:
    """One run's settings: `search` comes first on PATH, `variables` replace the person's of the same families."""

    search: Sequence[Path]
    variables: Mapping[str, str]

    def for_process(self, inherited: Mapping[str, str]) -> dict[str, str]:
        """Derive a process's environment from an inherited one."""
        families = tuple(f"{family}_" for family in _FAMILIES)
        kept = {name: value for name, value in inherited.items() if not name.startswith(families)}
        path = os.pathsep.join([*map(str, self.search), inherited.get("PATH", os.defpath)])
        direct = {name: ",".join(filter(None, [_LOOPBACK, inherited.get(name)])) for name in ("NO_PROXY", "no_proxy")}
        return {**kept, **direct, **self.variables, "PATH": path}

    def for_shell(self) -> str:
        """Write the same as a file to be sourced by sh, bash or zsh."""
        families = "|".join(_FAMILIES)
        search = shlex.quote(os.pathsep.join(map(str, self.search)))
        lines = [
            "# Made by `make up`. Source it in sh, bash or zsh: plain pulumi commands then act on the local stack.",
            f"unset PULUMI_HOME $(env | sed -n -E 's/^(({families})_[A-Za-z0-9_]*)=.*/\\1/p')",
            f'export PATH={search}:"$PATH"',
            *(f'export {name}="{_LOOPBACK}${{{name}:+,${name}}}"' for name in ("NO_PROXY", "no_proxy")),
            *(f"export {name}={shlex.quote(value)}" for name, value in self.variables.items()),
        ]
        return "\n".join(lines) + "\n"


def pulumi_variables(folder: Path) -> dict[str, str]:
    """Name a Pulumi home, a file backend and a passphrase of their own in `folder`, making what is missing.

    https://www.pulumi.com/docs/iac/cli/environment-variables/
    """
    home, state, passphrase = folder / "pulumi-home", folder / "state", folder / "passphrase"
    home.mkdir(parents=True, exist_ok=True)
    state.mkdir(exist_ok=True)
    if not passphrase.exists():
        write_private(passphrase, secrets.token_urlsafe(32))
    return {
        "PULUMI_HOME": str(home),
        "PULUMI_BACKEND_URL": state.as_uri(),
        "PULUMI_CONFIG_PASSPHRASE_FILE": str(passphrase),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "PULUMI_IGNORE_AMBIENT_PLUGINS": "true",
    }


def write_private(file: Path, text: str) -> None:
    """Write a file that only its owner can read, whole or not at all."""
    unfinished = file.with_name(f"{file.name}.partial")
    unfinished.unlink(missing_ok=True)
    unfinished.touch(mode=0o600)
    unfinished.write_text(text)
    unfinished.replace(file)
