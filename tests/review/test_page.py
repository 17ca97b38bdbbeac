"""docs/change-review.md says what the code does."""

from __future__ import annotations

import re

from pulumi_entra_pim.review import rules
from pulumi_entra_pim.review.config import read_config
from tests.docs.page import Page

_PAGE = Page("docs/change-review.md")


def test_the_table_of_rules_is_that_of_the_code() -> None:
    table = _PAGE.table("Rule", "What is to hold", "Level", "What to do", "")
    written = [tuple(cell.text for cell in row[:4]) for row in table.rows]
    assert written == [
        (rule.id, rule.title, rule.level, rule.advice) for rule in sorted(rules.ALL, key=lambda rule: rule.id)
    ]


def test_every_rule_links_to_its_source() -> None:
    for rule in rules.ALL:
        assert re.search(rf"\| {rule.id} \|.*\]\({re.escape(rule.source)}\)", _PAGE.text)


def test_the_example_of_a_configuration_is_one() -> None:
    [example] = re.findall(r"```toml\n(.*?)```", _PAGE.text, re.DOTALL)
    assert read_config(example, "prod").levels["PIM-E05"] == "mandatory"
