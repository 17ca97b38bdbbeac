"""``entra-pim doctor``: what stands between a program and its tenant, and what to do about it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .exits import CannotBeDone, Exit, epilog
from .output import Output, OutputOption, print_json, print_line, print_table
from .progress import Progress
from .session import Session, read_settings

if TYPE_CHECKING:
    from .diagnosis.check import Check
    from .diagnosis.stack import Stack

EPILOG = epilog(
    "entra-pim doctor                          # as for a program of every resource",
    "pulumi stack export --file dev.json",
    "entra-pim doctor --stack dev.json         # and what this stack needs",
    "entra-pim doctor --output json",
    codes=(Exit.DONE, Exit.IMPOSSIBLE, Exit.WRONG_CALL, Exit.FOUND),
)


def doctor(
    stack: Annotated[
        Path | None, typer.Option(metavar="FILE", help="What `pulumi stack export` wrote: what it needs is checked.")
    ] = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Check the way from here to the tenant: network, clock, token, permissions, roles, licence, policies, Pulumi.

    Run it in the project's folder. Each check has passed, failed or was not made, and says what to do; then the exit
    code is 3 when one has failed. Holds no secret and no user name, so that it can be pasted into an issue.
    """
    from .diagnosis.check import fit_to_show
    from .diagnosis.stack import read

    held = None if stack is None else read(_text(stack), str(stack))
    with Progress("looking …"):
        checks = [fit_to_show(each) for each in (*_of_the_machine(held), *_of_the_tenant(held))]
    _print(checks, output)
    if any(each.outcome == "failed" for each in checks):
        raise typer.Exit(Exit.FOUND)


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except UnicodeDecodeError:
        raise CannotBeDone(f"{file} is not UTF-8 text") from None


def _of_the_machine(stack: Stack | None) -> Iterator[Check]:
    from .diagnosis import machine
    from .diagnosis.check import not_checked

    yield from machine.pulumi()
    yield from machine.python(Path())
    if stack is None:
        yield not_checked("stack", "none is given", "add --stack FILE, which pulumi stack export --file FILE writes")
        return
    yield from machine.plug_ins(stack.plug_ins)
    yield from machine.providers(stack.providers)


def _of_the_tenant(stack: Stack | None) -> Iterator[Check]:
    from ..connection import client_for
    from ..graph.auth import GivenToken
    from ..graph.errors import EntraError
    from ..settings import SettingsError
    from .diagnosis import permissions, tenant
    from .diagnosis.check import failed, not_checked, passed, softly

    try:
        settings = read_settings()
        # No token of anybody's: whether Graph is reached must not hang on a sign-in.
        nobody = client_for(settings, GivenToken("none"))
    except SettingsError as error:
        yield failed("settings", str(error), "docs/configuration.md has every setting")
        yield not_checked("the tenant", "the settings cannot be used")
        return
    yield passed("settings", f"{settings.graph_url}, credential: {settings.credential.kind}")
    reached = softly("Graph", lambda: tenant.reach(nobody))
    yield from reached
    try:
        session = Session.of((), may_ask=False)
    except (EntraError, CannotBeDone) as error:
        yield failed("token", str(error), "correct the credentials, or run entra-pim login")
        yield not_checked("permissions, roles, licence and policies", "there is no token")
        return
    kinds = permissions.CALLS.keys() if stack is None else stack.kinds
    yield from tenant.caller(session.identity, settings.tenant_id, () if stack is None else stack.tenants)
    yield from permissions.checks(session.identity, kinds)
    if reached[0].outcome != "passed":
        yield not_checked("roles, licence and policies", "Graph does not answer")
        return
    yield from softly("directory roles", lambda: _roles(session, kinds))
    yield from softly("licence", lambda: tenant.licence(session.operation()))
    if stack is None or not stack.grants:
        yield not_checked("policies", "no role is known to be in use")
    else:
        yield from softly("policies", lambda: tenant.policies(session.operation(), session.identity, stack.grants))


def _roles(session: Session, kinds: Collection[str]) -> Iterator[Check]:
    from .access import of_me
    from .diagnosis import tenant

    if session.identity.is_application:
        return tenant.protection(session.operation(), session.identity, kinds)
    held = of_me(session.operation())
    active, eligible = ({row.role_id for row in held.of(state)} for state in ("active", "eligible"))
    return tenant.directory_roles(active, eligible, kinds)


def _print(checks: list[Check], output: Output) -> None:
    failures = sum(each.outcome == "failed" for each in checks)
    if output is Output.JSON:
        print_json({"failed": failures, "checks": [asdict(each) for each in checks]})
        return
    print_table("Checks", ("Check", "Outcome", "Found"), [(each.name, each.outcome, each.found) for each in checks])
    for each in checks:
        if each.advice:
            print_line(f"{each.name}: {each.advice}")
    print_line(f"{failures} failed." if failures else "None failed.")
