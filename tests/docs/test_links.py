import pytest

from tests.docs.page import ROOT, Page

PAGES = sorted(
    str(path.relative_to(ROOT))
    for place in (ROOT.glob("*.md"), ROOT.glob("docs/**/*.md"), ROOT.glob("programs/**/*.md"))
    for path in place
)


@pytest.mark.parametrize("path", PAGES)
def test_every_relative_link_leads_to_a_file_and_a_heading_in_it(path: str) -> None:
    page = Page(path)
    broken = []
    for link in page.links():
        if link.startswith(("https://", "http://")):
            continue
        name, _, heading = link.partition("#")
        target = (page.path.parent / name).resolve() if name else page.path
        if not target.exists() or (heading and heading not in Page(str(target.relative_to(ROOT))).anchors()):
            broken.append(link)

    assert broken == []


def test_the_index_leads_to_every_page() -> None:
    index = Page("docs/index.md")
    led_to = {(index.path.parent / link.partition("#")[0]).resolve() for link in index.links()}

    assert {path for path in (ROOT / "docs").rglob("*.md") if path != index.path} <= led_to
