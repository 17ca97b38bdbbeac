"""Microsoft's own clients walk through Microsoft's tutorial: azure-identity signs in, msgraph-sdk calls.

https://learn.microsoft.com/graph/tutorial-assign-azureadroles: the steps are its own. Where the emulator is comes from
the variables that it tells on being ready; what is written is the transcript.
"""

import asyncio
import os
import ssl
import sys
from datetime import UTC, datetime, timedelta

import httpx
from azure.core.credentials import TokenCredential
from azure.identity import ClientSecretCredential, DeviceCodeCredential
from kiota_abstractions.base_request_configuration import RequestConfiguration
from kiota_authentication_azure.azure_identity_authentication_provider import AzureIdentityAuthenticationProvider
from msgraph import GraphRequestAdapter, GraphServiceClient
from msgraph.generated.models.expiration_pattern import ExpirationPattern
from msgraph.generated.models.expiration_pattern_type import ExpirationPatternType
from msgraph.generated.models.group import Group
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.models.password_profile import PasswordProfile
from msgraph.generated.models.request_schedule import RequestSchedule
from msgraph.generated.models.ticket_info import TicketInfo
from msgraph.generated.models.unified_role_assignment_schedule_request import UnifiedRoleAssignmentScheduleRequest
from msgraph.generated.models.unified_role_eligibility_schedule_request import UnifiedRoleEligibilityScheduleRequest
from msgraph.generated.models.unified_role_schedule_request_actions import UnifiedRoleScheduleRequestActions
from msgraph.generated.models.user import User
from msgraph.generated.role_management.directory.role_assignments.role_assignments_request_builder import (
    RoleAssignmentsRequestBuilder,
)
from msgraph.graph_request_adapter import options
from msgraph_core import GraphClientFactory

URL = os.environ["ENTRA_PIM_GRAPH_URL"]
CA_FILE = os.environ["ENTRA_PIM_CA_FILE"]
TRUST = ssl.create_default_context(cafile=CA_FILE)
# The public client of the seed.
ENTRA_PIM = "c0a1b2c3-0003-4d5e-8f60-718293a4b5c6"
USER_ADMINISTRATOR = "fe930be7-5e62-47db-91af-98c3a49a38b1"
ADMINISTRATOR = "admin@contoso.com"
ALINE = "AlineD@contoso.com"


def say(step: str, what: str) -> None:
    sys.stdout.write(f"{step:<8}{what}\n")


def graph(credential: TokenCredential) -> GraphServiceClient:
    """Point Microsoft's client at the emulator; all else about it is as it comes."""
    http = GraphClientFactory.create_with_default_middleware(
        client=httpx.AsyncClient(verify=TRUST, trust_env=False), options=options
    )
    adapter = GraphRequestAdapter(AzureIdentityAuthenticationProvider(credential), http)
    adapter.base_url = f"{URL}/v1.0"
    return GraphServiceClient(request_adapter=adapter)


def application() -> TokenCredential:
    return ClientSecretCredential(
        os.environ["AZURE_TENANT_ID"],
        os.environ["AZURE_CLIENT_ID"],
        os.environ["AZURE_CLIENT_SECRET"],
        authority=os.environ["ENTRA_PIM_AUTHORITY_URL"],
        disable_instance_discovery=True,
        connection_verify=CA_FILE,
    )


def person(user: str, *, mfa: bool) -> TokenCredential:
    """Sign somebody in by a device code; that it is typed in on the page is done by a control here."""

    def approve(_verification_uri: str, user_code: str, _expires: datetime) -> None:
        answer = {"user_code": user_code, "user": user, "mfa": mfa}
        httpx.post(f"{URL}/_emulator/sign-in/approve", json=answer, verify=TRUST, trust_env=False).raise_for_status()
        say("", f"{user} signs in by a device code, {'with' if mfa else 'without'} MFA")

    return DeviceCodeCredential(
        ENTRA_PIM,
        tenant_id=os.environ["AZURE_TENANT_ID"],
        prompt_callback=approve,
        authority=os.environ["ENTRA_PIM_AUTHORITY_URL"],
        disable_instance_discovery=True,
        connection_verify=CA_FILE,
    )


async def tutorial() -> None:
    admin = graph(application())
    me = await admin.users.by_user_id(ADMINISTRATOR).get()

    aline = await admin.users.post(
        User(
            account_enabled=True,
            display_name="Aline Dupuy",
            mail_nickname="AlineD",
            user_principal_name=ALINE,
            password_profile=PasswordProfile(force_change_password_next_sign_in=True, password="xWwvJ]6NMw+bWH-d"),
        )
    )
    say("Step 1", f"created the user {aline.display_name} <{aline.user_principal_name}>")

    group = await admin.groups.post(
        Group(
            description="IT Helpdesk to support Contoso employees",
            display_name="IT Helpdesk (User)",
            mail_enabled=False,
            mail_nickname="userHelpdesk",
            security_enabled=True,
            is_assignable_to_role=True,
            additional_data={
                "owners@odata.bind": [f"{URL}/v1.0/users/{me.id}"],
                "members@odata.bind": [f"{URL}/v1.0/users/{me.id}", f"{URL}/v1.0/users/{aline.id}"],
            },
        )
    )
    members = await admin.groups.by_group_id(group.id).members.graph_user.get()
    say("Step 2", f"created the group {group.display_name}; role-assignable: {group.is_assignable_to_role}")
    say("", f"its members: {', '.join(sorted(each.display_name for each in members.value))}")

    pim = admin.role_management.directory
    now = datetime.now(UTC)
    eligibility = await pim.role_eligibility_schedule_requests.post(
        UnifiedRoleEligibilityScheduleRequest(
            action=UnifiedRoleScheduleRequestActions.AdminAssign,
            justification="Assign User Admin eligibility to IT Helpdesk (User) group",
            role_definition_id=USER_ADMINISTRATOR,
            directory_scope_id="/",
            principal_id=group.id,
            schedule_info=RequestSchedule(
                start_date_time=now,
                expiration=ExpirationPattern(
                    end_date_time=now + timedelta(days=364), type=ExpirationPatternType.AfterDateTime
                ),
            ),
        )
    )
    say("Step 3", f"{eligibility.action.value} of User Administrator to the group: {eligibility.status}")

    query = RoleAssignmentsRequestBuilder.RoleAssignmentsRequestBuilderGetQueryParameters(
        filter=f"principalId eq '{aline.id}'"
    )
    assignments = await pim.role_assignments.get(RequestConfiguration(query_parameters=query))
    say("Step 4", f"Aline's role assignments: {len(assignments.value)}")

    activation = UnifiedRoleAssignmentScheduleRequest(
        action=UnifiedRoleScheduleRequestActions.SelfActivate,
        principal_id=aline.id,
        role_definition_id=USER_ADMINISTRATOR,
        directory_scope_id="/",
        justification="Need to invalidate all app refresh tokens for Contoso users.",
        schedule_info=RequestSchedule(
            start_date_time=now,
            # As text: of a timedelta this client makes "5:00:00", which is no duration of OData's.
            expiration=ExpirationPattern(type=ExpirationPatternType.AfterDuration, duration="PT5H"),
        ),
        ticket_info=TicketInfo(ticket_number="CONTOSO:Security-012345", ticket_system="Contoso ICM"),
    )
    say("Step 5", "activation by Aline")
    without_mfa = graph(person(ALINE, mfa=False))
    try:
        await without_mfa.role_management.directory.role_assignment_schedule_requests.post(activation)
    except ODataError as refused:
        say("", f"{refused.response_status_code} {refused.error.code}: {refused.error.message}")
    as_aline = graph(person(ALINE, mfa=True))
    try:
        await as_aline.users.by_user_id(aline.id).revoke_sign_in_sessions.post()
    except ODataError as refused:
        say("", f"revokeSignInSessions before the activation: {refused.response_status_code} {refused.error.code}")
    activated = await as_aline.role_management.directory.role_assignment_schedule_requests.post(activation)
    say("", f"{activated.action.value}: {activated.status}")
    own = await as_aline.role_management.directory.role_assignment_schedule_requests.filter_by_current_user_with_on(
        "principal"
    ).get()
    say("", f"her requests: {', '.join(f'{each.action.value} {each.status}' for each in own.value)}")
    revoked = await as_aline.users.by_user_id(aline.id).revoke_sign_in_sessions.post()
    say("", f"revokeSignInSessions: {revoked.value}")
    herself = await as_aline.me.get()
    say("", f"which ended her own session too; signed in again: {herself.display_name}")

    removal = await pim.role_eligibility_schedule_requests.post(
        UnifiedRoleEligibilityScheduleRequest(
            action=UnifiedRoleScheduleRequestActions.AdminRemove,
            principal_id=group.id,
            role_definition_id=USER_ADMINISTRATOR,
            directory_scope_id="/",
        )
    )
    say("Step 6", f"{removal.action.value}: {removal.status}")
    await admin.groups.by_group_id(group.id).delete()
    await admin.users.by_user_id(aline.id).delete()
    try:
        await admin.users.by_user_id(aline.id).get()
    except ODataError as gone:
        say("", f"deleted the group and the user: {gone.response_status_code} {gone.error.code}")


if __name__ == "__main__":
    asyncio.run(tutorial())
