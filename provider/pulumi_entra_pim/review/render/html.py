"""A review as one HTML page that needs nothing else: no script, no picture, no font, nothing from anywhere."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib import resources

import jinja2

from . import names
from .drawing import draw
from .report import Report


def render(report: Report) -> str:
    """Write a report as a page; every text in it is escaped by Jinja's autoescape, and nowhere else."""
    style = _file("style.css")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return _template().render(report=report, drawing=draw(report.graph), style=style, style_digest=digest)


def _shown(text: str, style: str) -> str:
    return names.name(text) if style == "name" else names.sentence(text)


def _file(name: str) -> str:
    return resources.files(__package__).joinpath("page", name).read_text(encoding="utf-8")


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["shown"] = _shown
    return environment.from_string(_file("review.html"))
