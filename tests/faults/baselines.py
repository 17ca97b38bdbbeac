"""Two retry policies that others have, and the creates that go with them, retold to compare with.

Both clients tell a failure by its status or its lost answer alone, so a resource built on them does the plain thing: a
create is one POST, and one that fails is an error with nothing in the state. All else is this package's in either
retelling: signing in and the answer to a refused token, updates, deletions, the order of things, and that a deletion of
what is gone is a success.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pulumi_entra_pim.graph.client import Document, GraphClient, Operation, Reply
from pulumi_entra_pim.graph.errors import EntraError, OutcomeUnknown, error_of, json_object, read_error, retry_after
from pulumi_entra_pim.graph.paths import segment
from pulumi_entra_pim.resources import _window
from pulumi_entra_pim.resources._base import GraphProvider
from pulumi_entra_pim.resources._fields import Values
from pulumi_entra_pim.resources._schedules import Grant, requests_path
from pulumi_entra_pim.resources.eligibility import RoleEligibilityProvider
from pulumi_entra_pim.resources.group import RoleAssignableGroupProvider
from pulumi_entra_pim.resources.user import TestUserProvider


class RequestFailed(EntraError):
    """Say that no answer came, or one that cannot be read, and that the policy does not try again."""


@dataclass(frozen=True, slots=True)
class Retries:
    """When a request is sent again, by its verb and the status of the answer, None for one that was lost.

    ``pause`` gives the seconds before it, by the number of retries so far, where no Retry-After says them.
    """

    most: int
    again: Callable[[str, int | None], bool]
    pause: Callable[[int], float]


# https://github.com/microsoft/kiota-python/blob/main/packages/http/httpx/kiota_http/middleware/retry_handler.py
# Its jitter of up to a second is taken at the mean.
STATUS_ONLY = Retries(
    most=3,
    again=lambda _, status: status in (429, 503, 504),
    pause=lambda retried: 0.5 * 2 ** (retried - 1) + 0.5 + 3,
)

# https://github.com/hashicorp/go-azure-sdk/blob/main/sdk/client/client.go
# That SDK never replays a POST whose answer was lost, and goes by its statuses otherwise; here 5xx count as lost.
NO_REPLAYED_POST = Retries(
    most=16,
    again=lambda method, status: status == 429 or (method != "POST" and (status is None or status >= 500)),
    pause=lambda retried: min(2.0**retried, 61.0),
)


class PlainClient(GraphClient):
    """Graph's verbs, each request sent by a policy."""

    def __init__(self, retries: Retries, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._retries = retries

    def operation(self, *begin: Any, **more: Any) -> Operation:
        """Begin one operation."""
        begun = super().operation(*begin, **more)
        return _PlainOperation(begun.client, begun.waiter, self._retries)


@dataclass(frozen=True)
class _PlainOperation(Operation):
    retries: Retries

    def _send(
        self, method: str, path: str, body: Document | None = None, headers: Mapping[str, str] | None = None, **_: Any
    ) -> Document:
        retried = 0
        while True:
            reply = self._try(method, path, body, headers or {})
            if reply is not None and reply.is_success:
                return _document(method, path, reply)
            status = None if reply is None else reply.status
            if retried == self.retries.most or not self.retries.again(method, status):
                raise _failure(method, path, reply)
            asked = None if reply is None else retry_after(reply.headers)
            self.waiter.pause(self.retries.pause(retried) if asked is None else asked, f"{method} {path} again")
            retried += 1

    def _try(self, method: str, path: str, body: Document | None, headers: Mapping[str, str]) -> Reply | None:
        try:
            return self.client.exchange(method, path, body, headers)
        except OutcomeUnknown:
            return None


def _document(method: str, path: str, reply: Reply) -> Document:
    document = json_object(reply.content or b"{}")
    if document is None:
        raise RequestFailed(f"the answer to {method} {path} is no JSON")
    return document


def _failure(method: str, path: str, reply: Reply | None) -> EntraError:
    if reply is None:
        return RequestFailed(f"the answer to {method} {path} was lost")
    return error_of(read_error(method, reply.path, reply.status, reply.headers, reply.content))


class _PlainUser(TestUserProvider):
    def make(self, operation: Operation, inputs: Values) -> tuple[str, Values]:
        """POST the user."""
        profile = {
            "password": inputs["password"],
            "forceChangePasswordNextSignIn": inputs["force_change_password_next_sign_in"],
        }
        user = operation.post("/users", {**self.body(inputs), "passwordProfile": profile})
        return str(user["id"]), {"adopted": False}


class _PlainGroup(RoleAssignableGroupProvider):
    def make(self, operation: Operation, inputs: Values) -> tuple[str, Values]:
        """POST the group, with its owners and members in it."""
        group = operation.post("/groups", self._creation(operation, inputs))
        return str(group["id"]), {"adopted": False}

    def remove(self, operation: Operation, id_: str, props: Values) -> None:
        """DELETE the group, whatever names it."""
        operation.delete(f"/groups/{segment(id_)}")


class _PlainEligibility(RoleEligibilityProvider):
    def make(self, operation: Operation, inputs: Values) -> tuple[str, Values]:
        """POST the request for the grant."""
        grant = Grant("Eligibility", inputs["principal_id"], inputs["role_definition_id"], inputs["directory_scope_id"])
        request = {
            "action": "adminAssign",
            **grant.body(),
            "justification": inputs["justification"],
            "scheduleInfo": _window.asked(inputs),
        }
        answer = operation.post(requests_path(grant.kind), request)
        made = {"schedule_id": answer["targetScheduleId"], "request_id": answer["id"], "status": answer["status"]}
        return grant.id, {**made, **_window.outputs(_window.shown(answer)), "adopted": False}


_KINDS: dict[str, type[GraphProvider]] = {
    "TestUser": _PlainUser,
    "RoleAssignableGroup": _PlainGroup,
    "RoleEligibility": _PlainEligibility,
}


def load_provider(kind: str) -> GraphProvider:
    """Return the plain provider of a kind of resource."""
    return _KINDS[kind]()
