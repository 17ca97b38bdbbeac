"""``entra-pim activate``: a role that one is eligible for, for a while."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from .endings import Interrupted, NotAllowed, Waits
from .exits import Exit, epilog
from .lengths import length, spoken
from .moments import until
from .output import Output, OutputOption, print_json, print_line
from .progress import Progress
from .session import Session

if TYPE_CHECKING:
    from .activation import Activation, Plan

EPILOG = epilog(
    'entra-pim activate "User Administrator" --for 5h --justification "Invalidate refresh tokens" \\',
    '    --ticket "Contoso ICM:CONTOSO:Security-012345"',
    "entra-pim activate helpdesk --dry-run     # whether PIM would, and what the role's policy wants",
    "entra-pim activate helpdesk --wait        # until somebody has approved it",
    codes=(
        Exit.DONE,
        Exit.IMPOSSIBLE,
        Exit.WRONG_CALL,
        Exit.NOT_ALLOWED,
        Exit.SIGN_IN,
        Exit.WAITS,
        Exit.INTERRUPTED,
    ),
)
NEEDS = (
    "RoleAssignmentSchedule.ReadWrite.Directory",
    "RoleManagement.Read.Directory",
    "GroupMember.Read.All",
    "User.Read",
)


def _ticket(text: str) -> tuple[str, str]:
    system, colon, number = (part.strip() for part in text.partition(":"))
    if not (system and colon and number):
        raise typer.BadParameter(f"{text!r} is not SYSTEM:NUMBER, such as ServiceNow:INC0012345")
    return system, number


def activate(
    role: Annotated[str, typer.Argument(metavar="ROLE", help="Its name, part of it, or its id.")],
    for_: Annotated[
        timedelta | None,
        typer.Option("--for", metavar="LENGTH", parser=length, help="5h, 1h30m, PT5H; else the policy's maximum."),
    ] = None,
    scope: Annotated[str, typer.Option(metavar="SCOPE", help="Over what, if over several: its name or id.")] = "",
    justification: Annotated[str, typer.Option(metavar="TEXT", help="Why.")] = "",
    ticket: Annotated[str, typer.Option(metavar="SYSTEM:NUMBER", help="The ticket that it is for.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Ask PIM whether it would; activate nothing.")] = False,
    wait: Annotated[bool, typer.Option("--wait", help="Until it is approved and in effect.")] = False,
    output: OutputOption = Output.TABLE,
) -> None:
    """Activate a role that you are eligible for, by name or through a group.

    Says what the role's policy wants, and asks for what is missing where there is a terminal. A role that is active
    already is a success.
    """
    from . import activation

    wish = activation.Wish(role, for_, scope, justification, _ticket(ticket) if ticket else ("", ""))
    session = Session.of(NEEDS, person=True)
    with Progress() as tell:
        plan = activation.plan(session.operation(tell), wish)
    if plan.active is not None:
        _end(activation.already_active(plan, plan.active), session, output)
        return
    if output is Output.TABLE:
        _announce(plan)
    plan = _complete(plan)
    made = _ask_pim(session, plan, dry_run=dry_run)
    if wait and not dry_run:
        made = _settle(session, made)
    _end(made, session, output)


def _announce(plan: Plan) -> None:
    through = f", through {plan.through}" if plan.through else ""
    for_ = f" for {spoken(plan.ask.length)}" if plan.ask.length is not None else ""
    print_line(f"{plan.role.name} over {plan.scope}{through}{for_}")
    if plan.rules is None:
        print_line("Its policy is not yours to read: PIM tells what it wants.")
    else:
        print_line(f"Its policy wants: {'; '.join(plan.rules.demands()) or 'nothing'}.")


def _complete(plan: Plan) -> Plan:
    """Ask for what the policy wants and was not said; raise NotAllowed where there is nobody to ask."""
    if not plan.missing:
        return plan
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        options = {"justification": "--justification TEXT", "ticket": "--ticket SYSTEM:NUMBER"}
        raise NotAllowed(
            f"the policy of {plan.role.name} wants {' and '.join(f'a {name}' for name in plan.missing)}: say"
            f" {' and '.join(options[name] for name in plan.missing)}"
        )
    justification, ticket = plan.ask.justification, plan.ask.ticket
    if "justification" in plan.missing:
        justification = typer.prompt("Justification", err=True)
    if "ticket" in plan.missing:
        ticket = typer.prompt("Ticket (SYSTEM:NUMBER)", err=True, value_proc=_ticket)
    return plan.saying(justification, ticket)


def _ask_pim(session: Session, plan: Plan, *, dry_run: bool) -> Activation:
    """Ask, and once more after signing in again where the sign-in has to show more."""
    from . import activation

    ask = activation.validate if dry_run else activation.send
    try:
        with _interruptible(f"whether PIM took the request for {plan.role.name} is in entra-pim requests"):
            try:
                with Progress() as tell:
                    return ask(session.operation(tell), plan)
            except activation.ClaimsWanted as wanted:
                session.challenge(wanted.claims)
                with Progress() as tell:
                    return ask(session.operation(tell), plan)
    except activation.ClaimsWanted:
        raise NotAllowed(f"the new sign-in does not show what the policy of {plan.role.name} wants either") from None


def _settle(session: Session, made: Activation) -> Activation:
    from . import activation

    days = made.plan.rules.days_to_decide if made.plan.rules is not None else 1
    undone = f"the request {made.request_id} is made and goes on without you: entra-pim requests shows it"
    with _interruptible(undone), Progress() as tell:
        return activation.settle(session.client.operation(tell, timedelta(days=days).total_seconds()), made)


def _end(made: Activation, session: Session, output: Output) -> None:
    """Say what became of it; raise Waits where somebody has yet to decide."""
    from .activation import decider

    if output is Output.JSON:
        print_json(made.document())
    else:
        print_line(_sentence(made, session))
    if made.outcome == "waits":
        raise Waits(
            f"{made.plan.role.name} is not active yet: {decider(made)} has to approve request {made.request_id}"
        )


def _sentence(made: Activation, session: Session) -> str:
    role = f"{made.plan.role.name} over {made.plan.scope}"
    match made.outcome:
        case "active":
            return f"{role} is active {until(made.end, session.client.now())}."
        case "already active":
            return f"{role} is active already, {until(made.end, session.client.now())}."
        case "accepted":
            return f"{role} is about to be active: PIM has taken request {made.request_id}."
        case "would be allowed":
            return f"PIM would take it: {role}. Nothing was activated."
        case _:
            return f"{role} waits for a decision."


@contextmanager
def _interruptible(what_holds: str) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        raise Interrupted(f"interrupted: {what_holds}") from None
