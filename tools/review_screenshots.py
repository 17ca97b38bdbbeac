"""Pictures of a change review for the documentation: `python -m tools.review_screenshots [MERMAID]`.

MERMAID is the file mermaid.min.js of the npm package mermaid; without it the picture of the Markdown stays as it is.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Literal

from markdown_it import MarkdownIt
from playwright.sync_api import Browser, Page, ViewportSize

from pulumi_entra_pim.review.reading import read_preview
from pulumi_entra_pim.review.render import contents, html, markdown
from pulumi_entra_pim.review.render.report import Report
from pulumi_entra_pim.review.verdict import review
from tools import browser
from tools.steps import exit_status, say

_ROOT = Path(__file__).resolve().parent.parent
_FOLDER = _ROOT / "docs" / "images"
# What the engine said of an edit of the Contoso program: somebody joins, somebody leaves, the window grows.
_PREVIEW = _ROOT / "tests" / "review" / "render" / "contoso.json"
_AS_OF = datetime(2026, 11, 25, tzinfo=UTC)
_WIDE = ViewportSize(width=1120, height=1080)
_NARROW = ViewportSize(width=400, height=860)
_COMMENT = ViewportSize(width=900, height=1180)
# A comment on GitHub, near enough.
_STYLE = """
body { margin: 24px; font: 14px/1.5 -apple-system, "Segoe UI", "Liberation Sans", sans-serif; color: #1f2328; }
h3 { font-size: 1.25em; margin: 0 0 16px; } h4 { margin: 24px 0 12px; }
table { border-collapse: collapse; margin-bottom: 16px; } th, td { border: 1px solid #d1d9e0; padding: 6px 13px; }
tr:nth-child(2n) { background: #f6f8fa; } td { vertical-align: top; }
code { background: #818b981f; border-radius: 6px; padding: .2em .4em; font: 85% "Liberation Mono", monospace; }
pre, pre code { background: none; }
blockquote { margin: 0 0 16px; padding: 8px 16px; border-left: .25em solid #cf222e; } a { color: #0969da; }
details { margin-bottom: 8px; } .mermaid { text-align: center; } sub { color: #59636e; }
"""


def main() -> None:
    """Take every picture anew."""
    report = contents.report(review(read_preview(_PREVIEW.read_text(encoding="utf-8")), _AS_OF))
    with browser.running() as chromium:
        page = html.render(report)
        _take(_opened(chromium, page, "light", _WIDE), "review-light")
        _take(_opened(chromium, page, "dark", _WIDE), "review-dark")
        _take(_opened(chromium, page, "light", _NARROW), "review-narrow")
        for mermaid in sys.argv[1:]:
            _take(_comment(chromium, report, Path(mermaid).read_text(encoding="utf-8")), "review-markdown")


def _opened(chromium: Browser, content: str, scheme: Literal["light", "dark"], size: ViewportSize) -> Page:
    page = chromium.new_page(viewport=size, color_scheme=scheme)
    page.set_content(content)
    return page


def _comment(chromium: Browser, report: Report, mermaid: str) -> Page:
    """Show the Markdown as a comment on a pull request."""
    parser = MarkdownIt("commonmark").enable("table")
    body = parser.render(markdown.render(report)).replace("[!CAUTION]", "🛑 <strong>Caution</strong><br>")
    page = _opened(chromium, f"<style>{escape(_STYLE, quote=False)}</style>{body}", "light", _COMMENT)
    page.add_script_tag(content=mermaid)
    page.evaluate("mermaid.run({querySelector: 'code.language-mermaid', suppressErrors: false})")
    return page


def _take(page: Page, name: str) -> None:
    path = _FOLDER / f"{name}.png"
    page.screenshot(path=path)
    page.close()
    say(f"{path.relative_to(_ROOT)}: {path.stat().st_size // 1000} kB")


if __name__ == "__main__":
    sys.exit(exit_status(main))
