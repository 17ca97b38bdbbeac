"""Markdown as a platform reads it: GitHub's tables on top of CommonMark."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

from markdown_it import MarkdownIt
from markdown_it.token import Token

_PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
_ZERO_WIDTH_SPACE = "\u200b"


@dataclass
class Page:
    """What was read: tables as rows of cells, all words, all links, all code, raw HTML tags, fenced blocks."""

    tables: list[list[list[str]]] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    code: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    html: list[str] = field(default_factory=list)
    fences: list[str] = field(default_factory=list)
    kinds: set[str] = field(default_factory=set)


def read(text: str) -> Page:
    """Read Markdown; a fence of colons, as Azure DevOps has it for graphs, is one like any other."""
    page = Page()
    in_a_table = False
    for token in _PARSER.parse(re.sub(r"^:::( mermaid)?$", r"```\1", text, flags=re.MULTILINE)):
        page.kinds.add(token.type)
        match token.type:
            case "table_open":
                page.tables.append([])
                in_a_table = True
            case "table_close":
                in_a_table = False
            case "tr_open":
                page.tables[-1].append([])
            case "td_open" | "th_open":
                page.tables[-1][-1].append("")
            case "fence":
                page.fences.append(token.content)
            case "html_block":
                page.html.append(token.content)
            case "inline":
                said = _inline(token, page)
                if in_a_table:
                    page.tables[-1][-1][-1] += said
    return page


def plain(text: str) -> str:
    """Take out the zero-width spaces that keep a platform from linking."""
    return text.replace(_ZERO_WIDTH_SPACE, "")


def _inline(token: Token, page: Page) -> str:
    said = ""
    for child in token.children or []:
        page.kinds.add(child.type)
        match child.type:
            case "text" | "text_special":
                said += child.content
            case "code_inline":
                page.code.append(child.content)
                said += child.content
            case "html_inline":
                page.html.append(child.content)
                said += "\n" if child.content == "<br>" else ""
            case "link_open":
                page.links.append(str(child.attrs["href"]))
    page.words.append(said)
    return said


class Texts(HTMLParser):
    """The tags, attributes and text nodes of an HTML page."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.texts: list[str] = []
        self._last = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        self._last = ""

    def handle_endtag(self, tag: str) -> None:
        self._last = ""

    def handle_data(self, data: str) -> None:
        if self._last:
            self.texts[-1] += data
        else:
            self.texts.append(data)
        self._last = data
