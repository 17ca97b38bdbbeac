"""What Entra was seen to do now and then, to be tried on purpose; every oddity is off until it is turned on."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Oddities:
    """Behaviours that a client has to survive; moments are told by the emulator's clock, spans are in seconds.

    pim_learns_subjects_after: for so long after its creation PIM does not know a principal (404 SubjectNotFound), a
        custom role (404 RoleNotFound) or an administrative unit (400 InvalidScope (inferred)). Recorded: tens of
        seconds up to two minutes, https://github.com/microsoftgraph/msgraph-sdk-dotnet/issues/2772 and
        https://github.com/hashicorp/terraform-provider-azuread/issues/1775
    pim_misses_subjects: so many more requests find their principal unknown, whoever it is; counts down. For clients
        whose time is not the emulator's.
    new_principal_fails_request: a request that names a principal which PIM does not know yet is answered 201, with the
        status Failed. Recorded for PIM for groups, 3 October 2026.
    new_scope_becomes_directory: an eligibility over an administrative unit that is younger than this is made over the
        whole tenant. Recorded: https://github.com/microsoftgraph/msgraph-sdk-powershell/issues/1996
    removal_answers_gone: adminRemove of an active assignment does what it says, and answers 400
        RoleAssignmentDoesNotExist. Recorded on a live tenant, 30 September 2026.
    provisions_after: a request that could be carried out at once is PendingProvisioning for so long, and its schedule
        is listed only then. The status is documented, when Graph answers it is (inferred):
        https://learn.microsoft.com/graph/api/resources/request
    protection_lasts: for so long after a user left a role-assignable group, or the group was deleted, the user stays
        protected against deletion and reset. That it can last is (inferred): what comes with a membership follows it
        within minutes.
    """

    pim_learns_subjects_after: float = 0.0
    pim_misses_subjects: int = 0
    new_principal_fails_request: bool = False
    new_scope_becomes_directory: float = 0.0
    removal_answers_gone: bool = False
    provisions_after: float = 0.0
    protection_lasts: float = 0.0
