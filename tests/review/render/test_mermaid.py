"""The graph as Mermaid's text."""

import re

from hypothesis import given, settings

from pulumi_entra_pim.review.model import Review
from pulumi_entra_pim.review.render import mermaid
from pulumi_entra_pim.review.render.graph import graph
from tests.review.render.reviews import any_review, helpdesk

# What Mermaid may be given: a label is words, a few signs it reads nothing into, entity codes and line breaks of ours.
_LABEL = r'"(?:[^\W_]|[ ,→-]|#\d+;|<br/>)+"'
_LINE = re.compile(
    rf"flowchart LR"
    rf"|  n\d+(?:\(\[{_LABEL}\]\)|\[{_LABEL}\]|\[\[{_LABEL}\]\])"
    rf"|  n\d+ (?:==>\|gains\||-\.->\|loses\||-->\|changes\||-->|-\.->\|can add\|) n\d+"
    rf"|  linkStyle \d+(?:,\d+)* stroke:#[0-9a-f]{{6}},stroke-width:2px"
)  # fmt: skip


@settings(max_examples=200)
@given(any_review)
def test_no_name_becomes_a_node_a_style_or_a_directive(review: Review) -> None:
    for line in mermaid.flowchart(graph(review)).split("\n"):
        assert _LINE.fullmatch(line), line


def test_people_groups_and_roles_are_joined_by_what_becomes_of_it() -> None:
    text = mermaid.flowchart(graph(helpdesk()))
    names = dict(re.findall(r'(n\d+)[(\[]+"(.+?)(?:<br/>|")', text))
    edges = re.findall(r"(n\d+) (\S+?)(?:\|(.+)\|)? (n\d+)$", text, re.MULTILINE)
    assert {(names[source], label, names[target]) for source, _, label, target in edges} == {
        ("AlineD#64;contoso#46;com", "gains", "IT Helpdesk #40;User#41;"),
        ("DiegoS#64;contoso#46;com", "loses", "IT Helpdesk #40;User#41;"),
        ("IsabellaS#64;contoso#46;com", "", "IT Helpdesk #40;User#41;"),
        ("11f1e0d8-6a57-4cc1-9c0e-3f6d1b2a9c55", "can add", "IT Helpdesk #40;User#41;"),
        ("IT Helpdesk #40;User#41;", "", "User Administrator"),
        ("IsabellaS#64;contoso#46;com", "changes", "Helpdesk Administrator"),
    }
