import re

from tests.docs.page import ROOT, Page


def test_the_page_for_contributors_has_every_target_of_the_makefile() -> None:
    targets = re.findall(r"^(\w+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE)
    shown = [code for cell in Page("CONTRIBUTING.md").table("Target").column("Target") for code in cell.codes]

    assert sorted(shown) == sorted(f"make {target}" for target in targets)
