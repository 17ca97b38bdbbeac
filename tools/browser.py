"""Chromium, for the tests of the emulator's page and for its screenshots."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tools.steps import SetupError, StepError, run_step

_NAMES = ("chromium", "chromium-browser", "google-chrome")
# No sandbox: as root, as in most containers, Chromium does not start with one. It is only shown the emulator.
_FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--hide-scrollbars",
)  # fmt: skip
_DEBIAN = Path("/etc/debian_version")
_INSTALL_SECONDS = 900


def ensure() -> str:
    """Return the path of Chromium, installing it from Debian's packages where it is missing and that can be done.

    Raises SetupError.
    """
    found = _find()
    if found is None and _can_install():
        _install()
        found = _find()
    if found is None:
        raise SetupError(
            "Chromium is missing: install it (Debian, as root: apt-get install chromium), or put it on PATH"
        )
    return found


@contextmanager
def running() -> Iterator[Browser]:
    """Run Chromium without a window until the block ends; raises SetupError where there is none."""
    executable = ensure()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=list(_FLAGS))
        try:
            yield browser
        finally:
            browser.close()


def _find() -> str | None:
    return next((path for name in _NAMES if (path := shutil.which(name))), None)


def _can_install() -> bool:
    return _DEBIAN.exists() and shutil.which("apt-get") is not None and os.geteuid() == 0


def _install() -> None:
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        run_step("Listing Debian's packages", ["apt-get", "update"], timeout=_INSTALL_SECONDS, env=quiet)
        command = ["apt-get", "install", "--yes", "--no-install-recommends", "chromium"]
        run_step("Installing Chromium", command, timeout=_INSTALL_SECONDS, env=quiet)
    except StepError as failure:
        raise SetupError(f"Chromium could not be installed from Debian's packages: {failure.reason}") from None
