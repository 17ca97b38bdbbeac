"""The answer to a reviewer's question: who can become what that could not before, and what else has to be known.

A verdict is about what people can do, not about resources: what only goes and comes back is no change of access, and
is flagged. Who can let others into a group that holds roles counts as access.
"""

from __future__ import annotations

from datetime import datetime

from . import access, comparison, flags, gaps, rules
from .config import Config
from .model import Change, Owner, Review, ReviewError, Verdict
from .reading import Preview
from .sentence import sentence

# Years in which every window can be written.
_YEARS = range(1970, 3000)


def review(preview: Preview, as_of: datetime, config: Config | None = None) -> Review:
    """Review a preview as of a moment; the same three give the same review.

    Raises ReviewError for a moment without a zone, or out of bounds.
    """
    if as_of.tzinfo is None or as_of.year not in _YEARS:
        raise ReviewError(f"{as_of.isoformat()} is no moment to review at: give one with its zone, 1970 to 2999")
    config = config or Config()
    before, after = access.Side(preview.before, as_of), access.Side(preview.after, as_of)
    grants_before = access.grants(access.without_empty_places(before.holdings, after.holdings))
    grants_after = access.grants(access.without_empty_places(after.holdings, before.holdings))
    changes = comparison.changes(grants_before, grants_after, preview, as_of)
    owners = access.owners(before, after)
    findings = rules.judge(after.declared, config, as_of)
    verdict = _verdict(changes, owners, preview)
    return Review(
        project=preview.project,
        stack=preview.stack,
        as_of=as_of,
        complete=preview.complete,
        verdict=verdict,
        sentence=sentence(verdict, changes, owners, preview),
        changes=changes if preview.complete else tuple(change for change in changes if change.kind != "kept"),
        grants_before=grants_before,
        grants_after=grants_after,
        reach=tuple(comparison.reach(grants_before, grants_after)),
        owners=owners,
        flags=flags.of(preview),
        findings=findings,
        unknowns=gaps.unknowns(grants_after, after.declared),
        unchecked=tuple(gaps.unchecked(preview, grants_after, as_of, rules.unused_exemptions(config, findings))),
    )


def _verdict(changes: tuple[Change, ...], owners: tuple[Owner, ...], preview: Preview) -> Verdict:
    """Say which way access goes; nothing may be called narrower or the same while a part of it is not seen."""
    if preview.failed is not None:
        return "unknown"
    powers = {owner.kind for owner in owners if owner.matters}
    wider = "gained" in powers or any(change.widens for change in changes)
    narrower = "lost" in powers or any(change.narrows for change in changes)
    if wider:
        return "moved" if narrower else "broadened"
    if not preview.has_sames or gaps.unseen(preview):
        return "unknown"
    return "narrowed" if narrower else "unchanged"
