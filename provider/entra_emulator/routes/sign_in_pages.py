"""What the two pages for people have in common: a page as an answer, and who may send its form."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice

from entra_emulator.directory.objects import USER
from entra_emulator.directory.store import Document
from entra_emulator.directory.tenant import Tenant
from entra_emulator.routes.call import Answer
from entra_emulator.routes.sign_in import SignInCall
from entra_emulator.sign_in import pages
from entra_emulator.sign_in.errors import SignInError, invalid_request

_SUGGESTED = 50


def page(template: str, *, status: int = 200, **facts: object) -> Answer:
    """Answer with a page."""
    return Answer(status, text=pages.render(template, **facts), headers=pages.headers())


def for_people(operation: Callable[[SignInCall], Answer]) -> Callable[[SignInCall], Answer]:
    """Have what an operation refuses said on a page, not in JSON."""

    def answered(call: SignInCall) -> Answer:
        try:
            return operation(call)
        except SignInError as error:
            return page("refused.html", status=error.status, error=str(error))

    return answered


def consent(
    tenant: Tenant, application: Document, scopes: Iterable[str], *, username: str = "", mfa: bool = True,
    user_code: str | None = None, message: SignInError | None = None,
) -> Answer:  # fmt: skip
    """Ask who signs in, and whether they approve; ``message`` is why an earlier answer would not do."""
    people = [user for _, user in islice(tenant.store.scan(USER.active), _SUGGESTED)]
    only = people[0]["userPrincipalName"] if len(people) == 1 else ""
    return page(
        "consent.html",
        status=200 if message is None else message.status,
        application=application,
        scopes=scopes,
        people=people,
        username=username or only,
        mfa=mfa,
        user_code=user_code,
        message=message,
    )


def admit_form(call: SignInCall) -> dict[str, str]:
    """Take a form that the emulator's own page sent, or no browser at all.

    A page from elsewhere could else approve in the name of who looks at it.

    Raises:
        SignInError: it is from another site's page.
    """
    if call.request.is_of_a_foreign_page:
        raise invalid_request(9002313, "Invalid request. The form was sent from a page of another site.")
    return call.form
