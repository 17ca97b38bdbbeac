"""The directory: its state and Microsoft's rules for it. Nothing here knows HTTP; a broken rule raises ``Refusal``."""
