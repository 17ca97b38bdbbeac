"""Answers of wrong types: one line, and nothing is done on their strength."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_entra_pim.graph.errors import OutcomeUnknown
from pulumi_entra_pim.graph.shapes import DURATIONS, FLAGS, LISTS, MOMENTS, OBJECTS, TEXT, misfit
from tests.contract.openapi import OpenApi
from tests.graph.service import Service, answer, said
from tests.graph.virtual_clock import VirtualClock

TYPES: dict[str, tuple[frozenset[str], list[Any]]] = {
    "text": (TEXT, ["text", ""]),
    "true or false": (FLAGS, [True, False]),
    "a moment with its zone": (MOMENTS, ["0001-01-01T08:00:00Z", "2026-11-23T18:00:00.1234567Z"]),
    "a duration": (DURATIONS, ["P365D", "PT8H"]),
    "an object": (OBJECTS, [{}]),
    "a list": (LISTS, [[]]),
}
NAMED = [(name, wanted) for wanted, (names, _) in TYPES.items() for name in sorted(names)]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([name for name, _ in NAMED]), inner),
    max_leaves=12,
)


@pytest.mark.parametrize(("name", "wanted"), NAMED)
def test_a_property_is_of_its_type_or_null(name: str, wanted: str) -> None:
    _, right = TYPES[wanted]
    for value in [*right, None]:
        assert misfit({"value": [{"deep": {name: value}}]}) is None
    wrong = [value for kind, (_, values) in TYPES.items() if kind not in (wanted, "text") for value in values[:1]]
    for value in [*wrong, 5, 5.5]:
        if wanted == "text" and isinstance(value, str):
            continue
        problem = misfit({"value": [{"deep": {name: value}}]})
        assert problem is not None
        assert problem.startswith(f"{name} is ")
        assert problem.endswith(f", not {wanted}")


@pytest.mark.parametrize("moment", ["tomorrow", "2026-11-23", "2026-11-23T18:00:00", "2026-13-23T18:00:00Z"])
def test_a_moment_is_one_with_its_zone(moment: str) -> None:
    assert misfit({"createdDateTime": moment}) == "createdDateTime is other text, not a moment with its zone"


@given(document=st.dictionaries(st.text(), JSON))
def test_no_document_whatever_breaks_the_look_or_the_line(document: dict[str, Any]) -> None:
    problem = misfit(document)
    assert problem is None or problem.isprintable()


def test_microsoft_describes_the_same_types() -> None:
    described: dict[str, set[str]] = {}
    for schema in OpenApi().schemas.values():
        for name, prop in OpenApi().properties(schema).items():
            if "type" in prop:
                described.setdefault(name, set()).add("date" if prop.get("format") == "date-time" else prop["type"])
    for name in (TEXT | FLAGS | MOMENTS) & described.keys():
        wanted = "date" if name in MOMENTS else "boolean" if name in FLAGS else "string"
        assert wanted in described[name], name
    assert len((TEXT | FLAGS | MOMENTS) & described.keys()) > 25


def test_a_read_of_a_wrong_type_says_what_came_from_where(clock: VirtualClock) -> None:
    service = Service(answer(200, {"value": [{"id": "1", "scheduleInfo": "for ever"}]}), repeat=True)
    with pytest.raises(OutcomeUnknown) as caught:
        list(service.operation(clock).pages("/roleManagement/directory/roleEligibilitySchedules"))
    assert said(caught.value) == (
        "the answer to GET /roleManagement/directory/roleEligibilitySchedules is not Graph's (HTTP 200):"
        " scheduleInfo is other text, not an object"
    )
