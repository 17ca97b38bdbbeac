"""What the emulator keeps on disk: its database, its signing key, its certificate authority, and where it runs."""

from __future__ import annotations

import os
from pathlib import Path

from entra_emulator.directory.store import MEMORY, StoreError

_DATABASE = "emulator.sqlite3"


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
        return MEMORY if self._path is None else str(self._path / _DATABASE)

    def read(self, name: str) -> bytes | None:
        """Read a kept file; ``None`` where there is none.

        Raises:
            StoreError: it is there and cannot be read.
        """
        if self._path is None:
            return None
        try:
            return (self._path / name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StoreError(f"{self._path / name} cannot be read: {error.strerror}") from error

    def keep(self, name: str, content: bytes) -> None:
        """Keep a file that only its owner may read, whole or not at all.

        Raises:
            StoreError: it cannot be written.
        """
        if self._path is None:
            return
        draft = self._path / f"{name}.new"
        try:
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
            draft.replace(self._path / name)
        except OSError as error:
            raise StoreError(f"{self._path / name} cannot be written: {error.strerror}") from error

    def drop(self, name: str) -> None:
        """Forget a kept file, if it is there."""
        if self._path is not None:
            (self._path / name).unlink(missing_ok=True)

    def path_of(self, name: str) -> Path | None:
        """Where a kept file is."""
        return None if self._path is None else self._path / name


def holds_directory(path: str | os.PathLike[str]) -> bool:
    """Tell whether a folder has been used by an emulator, without making it one."""
    return Path(path, _DATABASE).exists()
