"""From a template to an answer. Every value is escaped here, by Jinja's autoescape, and nowhere else."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import jinja2

from entra_emulator.directory import moments
from entra_emulator.pages import names, words
from entra_emulator.pages.visit import HOME, ROOT, Visit
from entra_emulator.routes.call import Answer

_TEMPLATES = Path(__file__).parent / "templates"
# Nothing runs, nothing is framed, nothing comes from elsewhere; without a referrer a form would have no origin.
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


def page(visit: Visit, template: str, *, status: int = 200, **facts: Any) -> Answer:
    """Fill in a template; ``section`` among the facts is the entry of the navigation that the page belongs to."""
    clock = visit.emulator.clock
    html = _environment().get_template(template).render(
        home=HOME,
        root=ROOT,
        now=clock.now(),
        frozen=clock.frozen,
        tenants=[names.tenant_name(tenant) for tenant in visit.tenants],
        **facts,
    )  # fmt: skip
    return Answer(status, text=html, headers={**_HEADERS, "Content-Type": "text/html; charset=utf-8"})


def file(name: str, content_type: str) -> Answer:
    """Answer with a file that lies beside the templates."""
    content = (_TEMPLATES / name).read_text(encoding="utf-8")
    return Answer(text=content, headers={**_HEADERS, "Content-Type": content_type})


def see(address: str) -> Answer:
    """Send the browser on to a page after a form was carried out, so that reloading it does nothing again."""
    return Answer(303, headers={**_HEADERS, "Location": address})


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters["moment"] = words.moment
    environment.filters["iso"] = moments.write_precise
    environment.filters["sentence"] = words.sentence
    environment.filters["json"] = lambda value: json.dumps(value, ensure_ascii=False, indent=2)
    environment.globals["distance"] = words.distance
    return environment
