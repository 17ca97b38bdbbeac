"""Answers that are Graph's in form and not in content, at any call: one line, and nothing is done on their strength."""

import json
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pulumi_entra_pim.graph.errors import EntraError

from .entra import fresh
from .network import Behaviour, Forward
from .stories import STORIES, Story

WRONG = st.sampled_from([5, "text", True, [], {}, [[]], {"value": 5}, None, "", 1e400, "2026-13-01T00:00:00Z"])


def with_something_wrong(draw: st.DrawFn) -> Behaviour:
    """Return a service that acts and then spoils one value of its answer, or leaves it out."""

    def behaviour(request: httpx.Request, forward: Forward) -> httpx.Response:
        response = forward(request)
        document = json.loads(response.content) if response.content else {}
        places = list(_places(document))
        if places:
            holder, key = draw(st.sampled_from(places))
            if draw(st.booleans()):
                holder[key] = draw(WRONG)
            elif isinstance(holder, dict):
                del holder[key]
        return httpx.Response(response.status_code, headers=_plain(response), text=json.dumps(document))

    return behaviour


def _places(value: Any) -> Any:
    if isinstance(value, dict):
        yield from ((value, key) for key in value)
        for inner in value.values():
            yield from _places(inner)
    if isinstance(value, list):
        yield from ((value, index) for index in range(len(value)))
        for inner in value:
            yield from _places(inner)


def _plain(response: httpx.Response) -> dict[str, str]:
    return {name: value for name, value in response.headers.items() if name.lower() not in ("content-length",)}


@pytest.mark.parametrize("name", STORIES)
@settings(max_examples=25, derandomize=True, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_one_wrong_value_in_an_answer_is_one_line_or_harmless(name: str, data: st.DataObject) -> None:
    story: Story = STORIES[name]
    with fresh() as entra:
        resource = story.begin(entra)
        number = data.draw(st.integers(1, 8))
        entra.network.on_call(number, with_something_wrong(data.draw))
        failure = ""
        try:
            story.act(entra, resource)
        except EntraError as error:
            failure = str(error)
        assert failure.isprintable()
