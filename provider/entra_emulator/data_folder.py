"""What the emulator keeps on disk: its database, its signing key and its certificate authority."""

from __future__ import annotations

import os
from pathlib import Path

from entra_emulator.directory.store import MEMORY, StoreError


class DataFolder:
    """A folder of the emulator's own; with ``:memory:`` nothing is kept."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Make the folder where it is missing.

        Raises:
            StoreError: it cannot be written.
        """
        self._path = None if os.fspath(path) == MEMORY else Path(path).absolute()
        if self._path is None:
            return
        try:
            self._path.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"{self._path} cannot be used as the emulator's folder: {error.strerror}") from error

    @property
    def is_memory(self) -> bool:
        """Whether nothing is kept."""
        return self._path is None

    @property
    def database(self) -> str:
        """Where the database is."""
        return MEMORY if self._path is None else str(self._path / "emulator.sqlite3")

    def read(self, name: str) -> bytes | None:
        """Read a kept file."""
        if self._path is None or not (self._path / name).exists():
            return None
        return (self._path / name).read_bytes()

    def keep(self, name: str, content: bytes) -> None:
        """Keep a file that only its owner may read, whole or not at all."""
        if self._path is None:
            return
        draft = self._path / f"{name}.new"
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        draft.replace(self._path / name)

    def path_of(self, name: str) -> Path | None:
        """Where a kept file is."""
        return None if self._path is None else self._path / name
