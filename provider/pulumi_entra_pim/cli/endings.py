"""How commands that talk to Entra can end badly: one class an exit code that a script can tell from the others."""

from __future__ import annotations

from .exits import CannotBeDone, Exit


class NotAllowed(CannotBeDone):
    """PIM does not let the person: not eligible, or against the role's policy."""

    exit = Exit.NOT_ALLOWED


class SignInNeeded(CannotBeDone):
    """Somebody has to sign in: a person where an application asks, or with multifactor authentication."""

    exit = Exit.SIGN_IN


class Waits(CannotBeDone):
    """The request is made, and waits for somebody's decision."""

    exit = Exit.WAITS


class PartlyDone(CannotBeDone):
    """Some of what was asked was done; the table says what."""

    exit = Exit.PARTLY_DONE


class Unclear(CannotBeDone):
    """What was named is not there, or more than one thing; the message lists what could be meant."""

    exit = Exit.WRONG_CALL


class Interrupted(CannotBeDone):
    """The person stopped it; the message says what had been done."""

    exit = Exit.INTERRUPTED
