"""Which page is where, and who may send its forms."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from entra_emulator.exchange import Request
from entra_emulator.pages import control_forms, directory_pages, journal_pages, overview, rendering
from entra_emulator.pages.visit import HOME, ROOT, NotFoundError, Visit
from entra_emulator.routes.call import Answer
from entra_emulator.routes.routing import Router

if TYPE_CHECKING:
    from entra_emulator.emulator import Emulator

_PAGES: Router[Callable[[Visit], Answer]] = Router((
    ("GET", HOME, overview.show),
    ("GET", f"{ROOT}/style.css", lambda _visit: rendering.file("style.css", "text/css; charset=utf-8")),
    ("GET", f"{ROOT}/icon.svg", lambda _visit: rendering.file("icon.svg", "image/svg+xml")),
    ("GET", f"{ROOT}/journal", journal_pages.entry_list),
    ("GET", f"{ROOT}/journal/{{number}}", journal_pages.entry),
    ("GET", f"{ROOT}/controls", control_forms.show),
    ("POST", f"{ROOT}/controls/advance", control_forms.advance),
    ("POST", f"{ROOT}/controls/freeze", control_forms.freeze),
    ("POST", f"{ROOT}/controls/resume", control_forms.resume),
    ("POST", f"{ROOT}/controls/arm", control_forms.arm),
    ("POST", f"{ROOT}/controls/clear", control_forms.clear),
    ("POST", f"{ROOT}/controls/release", control_forms.release),
    ("GET", f"{ROOT}/{{tenant}}", directory_pages.access),
    ("GET", f"{ROOT}/{{tenant}}/people", directory_pages.people),
    ("GET", f"{ROOT}/{{tenant}}/people/{{id}}", directory_pages.person),
    ("GET", f"{ROOT}/{{tenant}}/groups", directory_pages.group_list),
    ("GET", f"{ROOT}/{{tenant}}/groups/{{id}}", directory_pages.group),
    ("GET", f"{ROOT}/{{tenant}}/roles", directory_pages.role_list),
    ("GET", f"{ROOT}/{{tenant}}/roles/{{id}}", directory_pages.role),
    ("GET", f"{ROOT}/{{tenant}}/requests", directory_pages.request_list),
    ("GET", f"{ROOT}/{{tenant}}/requests/{{kind}}/{{id}}", directory_pages.request),
))  # fmt: skip


def answer(emulator: Emulator, request: Request) -> Answer:
    """Answer with a page, or carry out the form of one."""
    query, form = _pairs(request.query), _pairs(request.body.decode(errors="replace"))
    visit = Visit(emulator, emulator.tenants(), query=query, form=form)
    if request.method != "GET" and request.is_of_a_foreign_page:
        sentence = "A form is taken from a page of this emulator only."
        return rendering.page(visit, "refused.html", status=403, section=None, sentence=sentence)
    found = _PAGES.find(request.method, request.path)
    try:
        if found is None:
            raise NotFoundError(f"There is no page {request.path}.")
        return found.row(replace(visit, parameters=found.parameters))
    except NotFoundError as error:
        return rendering.page(visit, "refused.html", status=404, section=None, sentence=str(error))


def _pairs(text: str) -> dict[str, str]:
    return dict(parse_qsl(text, keep_blank_values=True))
