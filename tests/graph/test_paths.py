"""No value changes the meaning of the path or the filter that it is put into."""

from urllib.parse import unquote

import httpx
from hypothesis import example, given
from hypothesis import strategies as st

from pulumi_entra_pim.graph.paths import equals, literal, segment, select

VALUES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


def parsed(path: str) -> httpx.URL:
    return httpx.URL(f"https://graph.microsoft.com/v1.0{path}")


def spoken(odata_literal: str) -> str:
    """Return the value of an OData string literal; nothing but quotes in pairs may be inside its own."""
    assert odata_literal[0] == odata_literal[-1] == "'"
    inner = odata_literal[1:-1]
    assert "'" not in inner.replace("''", "")
    return inner.replace("''", "'")


@given(value=VALUES)
@example("..")
@example(".")
@example("a/b?c#d%20e")
@example("$count")
def test_a_segment_stays_one_segment(value: str) -> None:
    url = parsed(f"/users/{segment(value)}?{select('id')}")
    assert [unquote(part) for part in url.raw_path.decode().partition("?")[0].split("/")] == [
        "",
        "v1.0",
        "users",
        value,
    ]
    assert (url.query, url.fragment) == (b"$select=id", "")


@given(value=VALUES)
@example("O'Brien")
@example("x' or 1 eq 1 or 'x")
@example("a') /owners (")
def test_a_literal_stays_one_literal_in_a_path(value: str) -> None:
    path = parsed(f"/groups(uniqueName={literal(value)})").raw_path.decode()
    assert path.count("/") == 2
    assert spoken(unquote(path).removeprefix("/v1.0/groups(uniqueName=").removesuffix(")")) == value


@given(first=VALUES, second=VALUES)
@example("R&D", "a+b=c&$top=1#")
def test_a_filter_wants_exactly_the_values_it_was_given(first: str, second: str) -> None:
    options = httpx.QueryParams(parsed(f"/users?{equals(displayName=first)}&{select('id')}").query)
    assert set(options) == {"$filter", "$select"}
    assert spoken(options["$filter"].removeprefix("displayName eq ")) == first
    both = httpx.QueryParams(equals(principalId=first, roleDefinitionId=second))["$filter"]
    doubled = (value.replace("'", "''") for value in (first, second))
    assert both == "principalId eq '{}' and roleDefinitionId eq '{}'".format(*doubled)


def test_a_selection_names_its_properties() -> None:
    assert select("id", "displayName") == "$select=id,displayName"
