"""A Pulumi policy pack: ``pulumi preview --policy-pack policies/entra-pim-guardrails``."""

from guardrails import Guardrails, configured, now
from pulumi_policy import PolicyPack

from pulumi_entra_pim.review.model import ReviewError

try:
    policies = Guardrails(configured(), now()).policies()
except ReviewError as error:
    raise SystemExit(f"entra-pim-guardrails: {error}") from None
PolicyPack("entra-pim-guardrails", policies)
