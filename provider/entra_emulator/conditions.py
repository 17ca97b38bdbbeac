"""What calls meet, as a test or a control has arranged it."""

from __future__ import annotations

from dataclasses import dataclass

from entra_emulator.faults import Faults
from entra_emulator.limits import Limits
from entra_emulator.pace import Pace
from entra_emulator.routes.call import Switches


@dataclass(frozen=True, slots=True)
class Conditions:
    """Behaviours that can be tried both ways, what goes wrong on the way, how reads lag, and what is too much."""

    switches: Switches
    faults: Faults
    pace: Pace
    limits: Limits

    def reset(self) -> None:
        """Go back to fair weather, for the calls that hang now as well."""
        self.switches.reset()
        self.faults.clear()
        self.faults.release()
        self.pace.clear()
        self.limits.off()
