"""The graph of a review, before it is drawn."""

from dataclasses import replace

from pulumi_entra_pim.review.model import Change, Review
from pulumi_entra_pim.review.render.drawing import draw
from pulumi_entra_pim.review.render.graph import Edge, Graph, Node, graph
from tests.review.render.reviews import (
    ALINE,
    DIEGO,
    HELPDESK_ADMINISTRATOR,
    ISABELLA,
    becomes,
    desk_of,
    grant,
    helpdesk,
    person,
)


def of(*changes: Change) -> Graph:
    return graph(replace(helpdesk(), changes=changes, owners=()))


def tones(drawn: Graph) -> dict[tuple[str, str], str]:
    return {(edge.source.label, edge.target.label): edge.tone for edge in drawn.edges}


def test_a_new_member_of_a_group_that_stays_is_the_only_thing_that_comes() -> None:
    found = tones(of(becomes(grant(DIEGO), grant(DIEGO)), becomes(None, grant(ALINE))))
    assert found == {
        ("DiegoS@contoso.com", "IT Helpdesk (User)"): "kept",
        ("AlineD@contoso.com", "IT Helpdesk (User)"): "gained",
        ("IT Helpdesk (User)", "User Administrator"): "kept",
    }


def test_one_who_goes_and_one_who_comes_leave_the_groups_own_line() -> None:
    found = tones(of(becomes(grant(DIEGO), None), becomes(None, grant(ALINE))))
    assert found["IT Helpdesk (User)", "User Administrator"] == "kept"


def test_a_longer_window_is_a_change_of_the_line_to_the_role() -> None:
    longer = becomes(grant(DIEGO, days=30), grant(DIEGO))
    drawn = of(longer)
    assert tones(drawn)["IT Helpdesk (User)", "User Administrator"] == "changed"
    [granted] = [node for node in drawn.nodes if node.kind == "grant"]
    assert granted.details == (
        "eligible over the whole directory · PRIVILEGED", "2026-12-01 → 2027-11-30 (364 days)",
    )  # fmt: skip


def test_a_line_that_stands_for_a_grant_that_stays_and_one_that_changes_is_a_change() -> None:
    found = tones(
        of(
            becomes(grant(DIEGO), grant(DIEGO)),
            becomes(grant(DIEGO, HELPDESK_ADMINISTRATOR, days=30), grant(DIEGO, HELPDESK_ADMINISTRATOR)),
        )
    )
    assert found == {
        ("DiegoS@contoso.com", "IT Helpdesk (User)"): "changed",
        ("IT Helpdesk (User)", "User Administrator"): "kept",
        ("IT Helpdesk (User)", "Helpdesk Administrator"): "changed",
    }


def test_of_many_people_alike_some_are_drawn_and_the_rest_counted() -> None:
    drawn = of(*(becomes(None, grant(person(f"p{number:02}", number))) for number in range(40)))
    people = [node.label for node in drawn.nodes if node.kind == "person"]
    assert people == ["35 others", "p00", "p01", "p02", "p03", "p04"]


def test_people_who_are_not_alike_are_not_counted_together() -> None:
    new = [becomes(None, grant(person(f"new{number}", number))) for number in range(5)]
    old = [becomes(grant(person(f"old{number}", number)), None) for number in range(5)]
    assert not [node for node in of(*new, *old).nodes if "others" in node.label]


def test_two_people_of_one_name_are_two() -> None:
    drawn = of(*(becomes(None, grant(person("Aline Dupont", number))) for number in range(2)))
    assert [node.label for node in drawn.nodes if node.kind == "person"] == ["Aline Dupont"] * 2


def test_a_graph_too_large_to_read_is_not_drawn() -> None:
    assert graph(desk_of(1_000)) == Graph((), (), is_too_large=True)


def test_boxes_do_not_overlap_and_stand_on_the_canvas() -> None:
    drawing = draw(graph(desk_of(12)))
    for box in drawing.boxes:
        assert box.x >= 0
        assert box.y >= 0
        assert box.x + box.width <= drawing.width
        assert box.y + box.height <= drawing.height
    for one in drawing.boxes:
        for other in drawing.boxes:
            apart = one.y + one.height <= other.y or other.y + other.height <= one.y
            assert one is other or one.x != other.x or apart


def test_wide_characters_are_counted_as_wide() -> None:
    narrow, wide = (Node("person", letter * 100) for letter in ("n", "日"))
    drawing = draw(Graph((narrow, wide), ()))
    (_, short), (_, long) = (box.lines[0] for box in drawing.boxes)
    assert len(short) > 1.8 * len(long)
    assert short[-1] == long[-1] == "…"


def test_a_review_without_rows_has_no_graph() -> None:
    assert graph(replace(helpdesk(), changes=(), owners=())) == Graph((), ())
    assert draw(Graph((), ())).boxes == ()


def test_lines_run_from_left_to_right() -> None:
    review: Review = helpdesk()
    order = {"person": 0, "group": 1, "grant": 2}
    edges: tuple[Edge, ...] = graph(review).edges
    assert all(order[edge.source.kind] < order[edge.target.kind] for edge in edges)
    assert {ISABELLA.label, ALINE.label} <= {edge.source.label for edge in edges}
