"""Signing in: how clients prove who they are, what people grant them, and the codes and tokens that carry it."""

from entra_emulator.sign_in.errors import SignInError

__all__ = ["SignInError"]
