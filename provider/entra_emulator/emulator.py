"""The emulator as an object: what holds its state, and what a test or the controls do to it."""

from __future__ import annotations

import json
import os
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from entra_emulator import archive
from entra_emulator.clock import Clock, ClockState
from entra_emulator.conditions import Conditions
from entra_emulator.core import Core
from entra_emulator.data_folder import DataFolder
from entra_emulator.directory import applications, approvals, objects, organization, timeline, users
from entra_emulator.directory import seed as planting
from entra_emulator.directory.applications import Federation
from entra_emulator.directory.approvals import Decision
from entra_emulator.directory.seed import CONTOSO, FABRIKAM, SEEDS
from entra_emulator.directory.store import MEMORY, Document, Snapshot, Store, StoreError
from entra_emulator.directory.tenant import Tenant
from entra_emulator.exchange import Request, Response
from entra_emulator.faults import Faults
from entra_emulator.journal import Journal
from entra_emulator.limits import Limits
from entra_emulator.pace import Pace
from entra_emulator.refusals import Refusal
from entra_emulator.routes import control
from entra_emulator.routes.call import Switches
from entra_emulator.sign_in import SignInError, device_codes
from entra_emulator.tokens import LIFETIME, Principal, Signer, claims

if TYPE_CHECKING:
    import httpx

_SIGNING_KEY_FILE = "signing-key.pem"
_CLOCK = "clock"
_SECRET_LIFETIME = timedelta(days=180)


@dataclass(frozen=True, slots=True)
class Served:
    """Where a served emulator is reached; ``environment`` is what a client's process needs to reach it."""

    url: str
    http_url: str | None
    ca_file: Path
    environment: dict[str, str]


@dataclass(frozen=True, slots=True)
class Registration:
    """An application that was registered."""

    tenant_id: str
    client_id: str
    service_principal_id: str


@cache
def _signer_of_the_process() -> Signer:
    """Making a key takes longer than anything else; emulators in memory share one."""
    return Signer()


class Emulator:
    """A Microsoft Graph with PIM, two seeded tenants, and a clock of its own.

    ``switches`` turn behaviours that can be tried both ways; ``faults``, ``pace`` and ``limits`` are what calls meet on
    their way. ``contoso`` and ``fabrikam`` are the facts of the seed.
    """

    contoso = CONTOSO
    fabrikam = FABRIKAM

    def __init__(self, data: str | os.PathLike[str] = MEMORY, *, seed: str = CONTOSO.name) -> None:
        """Open the folder ``data``, or stay in memory; ``seed`` names the tenant whose app ``serve`` tells of.

        Raises:
            StoreError: the folder or its database cannot be used.
            ValueError: there is no such seed.
        """
        if seed not in SEEDS:
            raise ValueError(f"there is no seed {seed!r}, only {' and '.join(SEEDS)}")
        self._seed = SEEDS[seed]
        self._folder = DataFolder(data)
        self._store = Store(self._folder.database)
        self._turn = threading.RLock()
        self.clock = Clock(self._kept_clock(), self._keep_clock)
        self.journal = Journal()
        self.switches = Switches()
        self.faults = Faults(self._turn)
        self.pace = Pace(self._store, self._turn)
        self.limits = Limits(self._turn)
        self._conditions = Conditions(self.switches, self.faults, self.pace, self.limits)
        self._signer = self._read_signer()
        self._core = Core(
            self._store, self.clock, self._signer, self.journal, self._conditions, self._turn,
            lambda request: control.answer(self, request),
        )  # fmt: skip
        self._snapshots: dict[str, Snapshot] = {}
        if not self._store.tenants(organization.ORGANIZATION):
            self._plant()

    def handle(self, request: Request) -> Response:
        """Answer a request; a response that its client is to lose says how."""
        return self._core.handle(request)

    def transport(self) -> httpx.BaseTransport:
        """Make a transport for httpx clients in this process; it answers for any host."""
        from entra_emulator.transport import InProcessTransport

        return InProcessTransport(self.handle, self.faults.hangs, self.clock)

    @contextmanager
    def serve(self, port: int = 0, http_port: int | None = None) -> Iterator[Served]:
        """Serve HTTPS on a loopback port, and plain HTTP on another one if asked, until the block ends.

        Raises:
            PortError: a port cannot be listened on.
        """
        from entra_emulator import certificates, server

        with ExitStack() as stack:
            issuer = certificates.authority(self._folder)
            ca_file = self._folder.path_of(certificates.CA_FILE)
            if ca_file is None:
                ca_file = Path(stack.enter_context(tempfile.TemporaryDirectory())) / certificates.CA_FILE
                issuer.cert_pem.write_to_path(ca_file)
            listener = stack.enter_context(server.listen(port))
            doors: list[server.Door] = [(listener, certificates.server_context(issuer))]
            url, http_url = f"https://{server.HOST}:{listener.getsockname()[1]}", None
            if http_port is not None:
                plain = stack.enter_context(server.listen(http_port))
                doors.append((plain, None))
                http_url = f"http://{server.HOST}:{plain.getsockname()[1]}"
            stack.enter_context(server.running(server.Application(self.handle, self.faults.hangs), doors))
            yield Served(url, http_url, ca_file, self._environment(url, ca_file))

    def token(
        self, *, tenant: str | None = None, app: str | None = None, user: str | None = None,
        permissions: Iterable[str] | None = None, mfa: bool = True, lifetime: timedelta = LIFETIME,
    ) -> str:  # fmt: skip
        """Make a bearer token for an app (by client id), or for a user (by id or user principal name) signed in to it.

        Without ``tenant`` (an id, a name or a domain) it is the seeded one, without ``app`` the tenant's oldest. An app
        has its own permissions where none are given; a user's must be given.

        Raises:
            ValueError: there is no such tenant, app or user, or no permissions for a user.
        """
        with self._turn:
            found = self._tenant(tenant)
            application = applications.oldest(found) if app is None else applications.find(found, app)
            if application is None:
                raise ValueError(f"there is no application {app!r} in the tenant {found.id}")
            if user is None and applications.is_public(application):
                raise ValueError(f"{application['displayName']} is a public client: it has tokens for people only")
            if user is None:
                granted = application["permissions"] if permissions is None else permissions
                principal = Principal(
                    found.id, application["servicePrincipalId"], application["id"], application["displayName"]
                )
            else:
                if permissions is None:
                    raise ValueError("a token for a user needs permissions")
                granted = permissions
                principal = self._user(found, user, application, multi_factor=mfa)
            return self._signer.sign(claims(principal, granted, self.clock.now(), lifetime=lifetime))

    def tenants(self) -> list[Tenant]:
        """List the tenants as they are now, the oldest first."""
        with self._turn:
            now, found = self.clock.now(), self._store.tenants(organization.ORGANIZATION)
            return [Tenant(tenant_id, self._store.tenant(tenant_id), now) for tenant_id in found]

    def register(
        self, *, tenant: str | None = None, name: str, permissions: Iterable[str], secret: str | None = None,
        secret_lifetime: timedelta = _SECRET_LIFETIME, certificate: str | None = None,
        federated: Federation | None = None,
    ) -> Registration:  # fmt: skip
        """Register an application with the permissions it is granted and what it proves itself with.

        ``certificate`` is in PEM. A secret is kept as a hash.

        Raises:
            ValueError: there is no such tenant.
        """
        with self._turn, self._store.transaction():
            found = self._tenant(tenant)
            made = Registration(found.id, objects.new_id(), objects.new_id())
            application = applications.register(
                found,
                app_id=made.client_id,
                service_principal_id=made.service_principal_id,
                display_name=name,
                permissions=permissions,
            )
            if secret is not None:
                applications.add_secret(found, application, secret, found.now + secret_lifetime)
            if certificate is not None:
                applications.add_certificate(found, application, certificate)
            if federated is not None:
                applications.add_federated_credential(found, application, federated)
            return made

    def decide(
        self, request: str, *, approve: bool, by: str, justification: str | None = None, tenant: str | None = None
    ) -> Document:
        """Approve or deny a schedule request (by its id) that waits for a decision, as a user (by object id).

        Raises:
            ValueError: there is no such tenant, no such request waits, the user may not decide, or the policy demands
                a justification.
        """
        with self._turn:
            timeline.catch_up(self._store, self.clock.now())
            with self._store.transaction():
                return approvals.decide(self._tenant(tenant), request, Decision(approve, by, justification))

    def approve_sign_in(self, user_code: str, *, user: str, tenant: str | None = None, mfa: bool = True) -> None:
        """Approve the sign-in of a device that waits under a code, as a person (by id or user principal name).

        Raises:
            ValueError: there is no such tenant or user, or nothing waits under the code.
        """
        self._at_sign_in(tenant, lambda found: device_codes.approve(found, user_code, user, multi_factor=mfa))

    def decline_sign_in(self, user_code: str, *, tenant: str | None = None) -> None:
        """Decline the sign-in of a device that waits under a code.

        Raises:
            ValueError: there is no such tenant, or nothing waits under the code.
        """
        self._at_sign_in(tenant, lambda found: device_codes.decline(found, user_code))

    def reset(self) -> None:
        """Go back to the seed and the machine's time, with every switch, fault, lag, limit and snapshot forgotten."""
        with self._turn:
            with self._store.transaction():
                self._store.clear()
            self.clock.reset()
            self._conditions.reset()
            self._snapshots.clear()
            self._plant()

    def snapshot(self, name: str) -> None:
        """Remember the whole directory and the time under a name, until the process ends."""
        with self._turn:
            self._snapshots[name] = self._store.copy()

    def restore(self, name: str) -> None:
        """Go back to a snapshot.

        Raises:
            ValueError: there is no snapshot of that name.
        """
        with self._turn:
            if name not in self._snapshots:
                raise ValueError(f"there is no snapshot {name!r}")
            self._store.restore(self._snapshots[name])
            self.pace.forget()
            self.faults.retries.forget()
            self.clock.take(self._kept_clock())

    def export(self) -> Document:
        """Write the whole directory and its time as one JSON document: ``archive`` says which."""
        with self._turn:
            return archive.write(self._store, self._kept_clock())

    def replace(self, document: object) -> None:
        """Put an exported directory and its time in place of this one: all of it, or nothing.

        Raises:
            ValueError: it is none.
        """
        with self._turn:
            with self._store.transaction():
                self.clock.take(archive.read(self._store, document))
            self.pace.forget()
            self.faults.retries.forget()

    def close(self) -> None:
        """Let go of the database."""
        with self._turn:
            self._store.close()

    def __enter__(self) -> Emulator:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _plant(self) -> None:
        with self._store.transaction():
            for each in SEEDS.values():
                planting.plant(self._store, each)

    def _read_signer(self) -> Signer:
        if self._folder.is_memory:
            return _signer_of_the_process()
        kept = self._folder.read(_SIGNING_KEY_FILE)
        try:
            signer = Signer(kept)
            content = signer.pem()
        except ValueError as error:
            raise StoreError(f"{self._folder.path_of(_SIGNING_KEY_FILE)} is damaged") from error
        if kept is None:
            self._folder.keep(_SIGNING_KEY_FILE, content)
        return signer

    def _kept_clock(self) -> ClockState:
        kept = self._store.setting(_CLOCK)
        return ClockState(**json.loads(kept)) if kept else ClockState()

    def _keep_clock(self, state: ClockState) -> None:
        with self._turn:
            self._store.set(_CLOCK, json.dumps(asdict(state)))

    def _tenant(self, name: str | None) -> Tenant:
        wanted = (name or self._seed.tenant_id).casefold()
        for tenant_id in self._store.tenants(organization.ORGANIZATION):
            tenant = Tenant(tenant_id, self._store.tenant(tenant_id), self.clock.now())
            if wanted in organization.names(tenant):
                return tenant
        raise ValueError(f"there is no tenant {name!r}")

    def _at_sign_in(self, tenant: str | None, decision: Callable[[Tenant], None]) -> None:
        with self._turn, self._store.transaction():
            try:
                decision(self._tenant(tenant))
            except SignInError as error:
                raise ValueError(error.message) from None

    def _user(self, tenant: Tenant, key: str, application: Document, *, multi_factor: bool) -> Principal:
        try:
            user = users.read(tenant, key)
        except Refusal:
            raise ValueError(f"there is no user {key!r} in the tenant {tenant.id}") from None
        return Principal(
            tenant.id, user["id"], application["id"], application["displayName"],
            user["userPrincipalName"], user["displayName"], multi_factor,
        )  # fmt: skip

    def _environment(self, url: str, ca_file: Path) -> dict[str, str]:
        return {
            "AZURE_TENANT_ID": self._seed.tenant_id,
            "AZURE_CLIENT_ID": self._seed.client_id,
            "AZURE_CLIENT_SECRET": self._seed.client_secret,
            "ENTRA_PIM_GRAPH_URL": url,
            "ENTRA_PIM_AUTHORITY_URL": url,
            "ENTRA_PIM_CA_FILE": str(ca_file),
            "ENTRA_PIM_SIGN_IN_CLIENT_ID": applications.ENTRA_PIM,
        }
