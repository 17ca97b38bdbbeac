"""Where Chromium comes from: PATH, Debian's packages, or a line that says how to get it."""

import os
from pathlib import Path

import pytest

from tools import browser
from tools.steps import SetupError


def script(folder: Path, name: str, text: str = "") -> Path:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand on a Debian, as root, with nothing on PATH but what the test puts into this folder."""
    debian = tmp_path / "debian_version"
    debian.touch()
    monkeypatch.setattr(browser, "_DEBIAN", debian)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    path = tmp_path / "bin"
    path.mkdir()
    monkeypatch.setenv("PATH", str(path))
    return path


def test_a_chromium_on_path_is_taken(bare: Path) -> None:
    chromium = script(bare, "chromium")
    assert browser.ensure() == str(chromium)


def test_on_debian_as_root_it_is_installed_from_debians_packages(bare: Path) -> None:
    made = bare / "chromium"
    script(bare, "apt-get", f'[ "$1" = update ] || {{ echo > "{made}"; /bin/chmod 755 "{made}"; }}')
    assert browser.ensure() == str(made)


def test_where_it_cannot_be_installed_the_error_says_how_to_get_it(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script(bare, "apt-get")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(SetupError, match=r"\AChromium is missing: install it [^\n]*apt-get install chromium[^\n]*\Z"):
        browser.ensure()


def test_a_failed_installation_is_told_in_one_line(bare: Path) -> None:
    script(bare, "apt-get", "echo 'E: Unable to locate package chromium' >&2; exit 100")
    with pytest.raises(SetupError, match=r"\AChromium could not be installed[^\n]*Unable to locate package[^\n]*\Z"):
        browser.ensure()
