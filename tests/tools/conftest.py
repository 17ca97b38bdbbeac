from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def program() -> Callable[[Path, str], Path]:
    """Write a program that stands for one of set-up's own: a shell script."""

    def write(path: Path, script: str) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        return path

    return write
