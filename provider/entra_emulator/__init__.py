"""A local, stateful Microsoft Graph with Privileged Identity Management in it."""

from entra_emulator.directory.applications import Federation
from entra_emulator.directory.seed import SeedTenant
from entra_emulator.directory.store import StoreError
from entra_emulator.emulator import Emulator, Registration, Served
from entra_emulator.journal import Entry

__all__ = ["Emulator", "Entry", "Federation", "Registration", "SeedTenant", "Served", "StoreError"]
