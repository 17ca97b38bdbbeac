"""Query options: https://learn.microsoft.com/graph/query-parameters, …/aad-advanced-queries."""

import pytest

from tests.emulator.graph import ROLES, USER_ADMINISTRATOR, Graph, bind

EVENTUAL = {"ConsistencyLevel": "eventual"}


@pytest.fixture
def people(graph: Graph) -> Graph:
    graph.new_user("anna", department="IT", accountEnabled=True, employeeHireDate="2026-01-01T00:00:00Z")
    graph.new_user("Anton", department="Sales", accountEnabled=False, otherMails=["anton@home.example"])
    graph.new_user("bert", displayName="Bert o'Neil", employeeHireDate="2026-06-01T00:00:00Z")
    return graph


def names(graph: Graph, condition: str, *, eventual: bool = False) -> list[str]:
    path = f"/users?$filter={condition}" + ("&$count=true" if eventual else "")
    rows = graph.values(path, **(EVENTUAL if eventual else {}))
    return sorted(row["userPrincipalName"].partition("@")[0] for row in rows)


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("userPrincipalName eq 'ANNA@contoso.com'", ["anna"]),
        ("id eq '1ED8AC56-4827-4733-8F80-86ADC2E67DB5'", ["admin"]),
        ("id eq '00000000-0000-0000-0000-000000000001'", []),
        ("displayName eq 'Bert o''Neil'", ["bert"]),
        ("startsWith(displayName,'AN')", ["Anton", "anna"]),
        ("startswith(displayName, 'an') and accountEnabled eq false", ["Anton"]),
        ("department in ('it','sales')", ["Anton", "anna"]),
        ("department eq null", ["admin", "bert"]),
        ("department eq 'IT' or department eq 'Sales'", ["Anton", "anna"]),
        ("(department eq 'IT' or department eq 'Sales') and startsWith(givenName,'x')", []),
        ("employeeHireDate ge 2026-02-01T00:00:00Z", ["bert"]),
        ("employeeHireDate lt 2026-02-01T00:00:00Z", ["anna"]),
        ("employeeHireDate gt 2026-01-01T00:00:00Z and employeeHireDate le 2026-06-01T00:00:00Z", ["bert"]),
        ("otherMails/any(m:m eq 'anton@home.example')", ["Anton"]),
    ],
)
def test_a_filter_of_the_plain_kind_works_without_a_header(people: Graph, condition: str, found: list[str]) -> None:
    assert names(people, condition) == found


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("department ne 'IT'", ["Anton", "admin", "bert"]),
        ("not startsWith(displayName,'an')", ["admin", "bert"]),
        ("endsWith(userPrincipalName,'a@contoso.com')", ["anna"]),
        ("department eq 'IT' and not(accountEnabled eq false)", ["anna"]),
    ],
)
def test_a_filter_of_the_advanced_kind_needs_consistency_level_and_count(
    people: Graph, condition: str, found: list[str]
) -> None:
    refusal = (400, "Request_UnsupportedQuery", "Unsupported Query.")
    assert people.refused("GET", f"/users?$filter={condition}") == refusal
    assert people.refused("GET", f"/users?$filter={condition}", **EVENTUAL) == refusal
    assert names(people, condition, eventual=True) == found


def test_ordering_a_filtered_list_is_advanced(people: Graph) -> None:
    path = "/users?$filter=startsWith(displayName,'an')&$orderby=displayName desc"
    assert people.refused("GET", path)[:2] == (400, "Request_UnsupportedQuery")
    rows = people.values(f"{path}&$count=true", **EVENTUAL)
    assert [row["displayName"] for row in rows] == ["Anton", "anna"]


def test_a_list_is_ordered_with_what_has_no_value_first(people: Graph) -> None:
    rows = people.values("/users?$orderby=department&$select=department")
    assert [row["department"] for row in rows] == [None, None, "IT", "Sales"]
    assert people.refused("GET", "/users?$orderby=nothing")[:2] == (400, "BadRequest")


def test_an_ordered_list_is_paged_in_its_order(people: Graph) -> None:
    first = people.get("/users?$orderby=displayName&$top=3&$select=displayName")
    second = people.get(first["@odata.nextLink"].partition("/v1.0")[2])
    assert [row["displayName"] for row in first["value"] + second["value"]] == [
        "anna", "Anton", "Bert o'Neil", "MOD Administrator",
    ]  # fmt: skip


def test_search_needs_the_header(people: Graph) -> None:
    path = '/users?$search="displayName:o\'ne"'
    assert people.refused("GET", path) == (
        400,
        "Request_BadRequest",
        "Request with $search query parameter only works through MSGraph with a special request header: "
        "'ConsistencyLevel: eventual'",
    )
    assert [row["displayName"] for row in people.values(path, **EVENTUAL)] == ["Bert o'Neil"]


def test_a_count_is_plain_text_and_needs_the_header(people: Graph) -> None:
    for path in ("/users/$count", "/groups/$count"):
        assert people.refused("GET", path) == (400, "Request_BadRequest", "$count is not currently supported.")
    response = people.send("GET", "/users/$count", headers=EVENTUAL)
    assert (response.text, response.headers["content-type"]) == ("4", "text/plain")
    assert people.send("GET", "/users/$count?$filter=department eq 'IT'", headers=EVENTUAL).text == "1"
    assert people.send("GET", '/users/$count?$search="displayName:an"', headers=EVENTUAL).text == "2"


def test_a_count_in_a_list_is_ignored_without_the_header(people: Graph) -> None:
    assert "@odata.count" not in people.get("/users?$count=true")
    assert people.get("/users?$count=true&$top=2", **EVENTUAL)["@odata.count"] == 4


def test_the_count_stands_on_the_first_page_only(people: Graph) -> None:
    first = people.get("/users?$count=true&$top=3", **EVENTUAL)
    second = people.get(first["@odata.nextLink"].partition("/v1.0")[2], **EVENTUAL)
    assert (first["@odata.count"], "@odata.count" in second) == (4, False)


def test_pages_are_followed_by_their_link_to_the_end(graph: Graph) -> None:
    made = {graph.new_user(f"u{number}")["id"] for number in range(120)} | {graph.emulator.contoso.administrator_id}
    first = graph.get("/users?$select=id")
    assert len(first["value"]) == 100
    assert first["@odata.nextLink"].startswith(str(graph.http.base_url))
    second = graph.get(first["@odata.nextLink"].partition("/v1.0")[2])
    assert "@odata.nextLink" not in second
    assert {row["id"] for row in first["value"] + second["value"]} == made
    assert len(graph.values("/users?$top=999")) == 121


def test_a_page_that_is_just_full_has_no_next(graph: Graph) -> None:
    graph.new_user()
    assert "@odata.nextLink" not in graph.get("/users?$top=2")


def test_a_filtered_list_is_paged_too(people: Graph) -> None:
    first = people.get("/users?$filter=startsWith(displayName,'an')&$top=1&$select=displayName")
    second = people.get(first["@odata.nextLink"].partition("/v1.0")[2])
    assert [row["displayName"] for row in first["value"] + second["value"]] == ["anna", "Anton"]
    assert "@odata.nextLink" not in second


def test_members_are_paged(graph: Graph) -> None:
    users = [graph.new_user(f"u{number}")["id"] for number in range(3)]
    path = f"/groups/{graph.new_group(**{'members@odata.bind': bind(*users)})['id']}/members?$top=2"
    first = graph.get(path)
    second = graph.get(first["@odata.nextLink"].partition("/v1.0")[2])
    assert {row["id"] for row in first["value"] + second["value"]} == set(users)


@pytest.mark.parametrize("top", ["0", "1000", "-1", "many"])
def test_a_page_has_between_1_and_999_rows(graph: Graph, top: str) -> None:
    assert graph.refused("GET", f"/users?$top={top}")[:2] == (400, "Request_BadRequest")


@pytest.mark.parametrize("token", ["x", "e30=", "bnVsbA=="])
def test_a_made_up_page_token_is_refused(graph: Graph, token: str) -> None:
    assert graph.refused("GET", f"/users?$skiptoken={token}")[:2] == (400, "Directory_ExpiredPageToken")


def test_skip_and_unknown_options_are_refused_and_other_parameters_ignored(graph: Graph) -> None:
    assert graph.refused("GET", "/users?$skip=1")[:2] == (400, "Request_BadRequest")
    assert graph.refused("GET", "/users?$levitate=1")[:2] == (400, "BadRequest")
    graph.get("/users?custom=1")
    assert list(graph.get("/users?select=id")["value"][0]) == ["id"]


@pytest.mark.parametrize(
    "condition",
    [
        "displayName",
        "displayName eq",
        "displayName eq 'x",
        "displayName eq 'x' and",
        "displayName eq 'x' 'y'",
        "displayName like 'x'",
        "(displayName eq 'x'",
        "displayName in 'x'",
        "startsWith(displayName)",
        "startsWith(displayName, 5)",
        "displayName eq nonsense",
        "'x' eq displayName",
    ],
)
def test_a_filter_that_cannot_be_read_is_refused(graph: Graph, condition: str) -> None:
    status, code, message = graph.refused("GET", f"/users?$filter={condition}")
    assert (status, code) == (400, "BadRequest")
    assert message.startswith("Invalid filter clause")


def test_a_property_that_does_not_exist_is_named(graph: Graph) -> None:
    for query in ("$select=shoeSize", "$filter=shoeSize eq 'x'"):
        status, code, message = graph.refused("GET", f"/users?{query}")
        assert (status, code) == (400, "BadRequest")
        assert "Could not find a property named 'shoeSize' on type 'microsoft.graph.user'." in message


@pytest.mark.parametrize(
    "query",
    [
        "$expand=manager",
        "$filter=contains(displayName,'x')",
        "$filter=manager/id eq 'x'",
        "$filter=otherMails/any(m:startsWith(m,'x'))",
        "$filter=otherMails/any(m:n eq 'x')",
        "$orderby=displayName,surname",
        '$search="displayName:a" OR "displayName:b"',
    ],
)
def test_a_question_that_graph_may_understand_and_the_emulator_does_not_is_a_gap(graph: Graph, query: str) -> None:
    assert graph.refused("GET", f"/users?{query}", **EVENTUAL)[:2] == (501, "EmulatorNotImplemented")


def test_a_property_that_is_not_indexed_is_no_filter(graph: Graph) -> None:
    assert graph.refused("GET", "/users?$filter=aboutMe eq 'x'")[1:] == (
        "Request_UnsupportedQuery",
        "The request uses a filter property that is not indexed.",
    )


def test_roles_compare_with_case_and_need_no_header(graph: Graph) -> None:
    path = f"{ROLES}/roleDefinitions"
    assert [row["id"] for row in graph.values(f"{path}?$filter=displayName eq 'User Administrator'")] == [
        USER_ADMINISTRATOR
    ]
    assert graph.values(f"{path}?$filter=displayName eq 'user administrator'") == []
    assert len(graph.values(f"{path}?$filter=displayName ne 'User Administrator'")) > 30
    assert graph.get(f"{path}?$count=true&$top=1")["@odata.count"] > 31
    assert int(graph.send("GET", f"{path}/$count").text) > 31


def test_the_context_names_what_was_selected_and_expanded(graph: Graph) -> None:
    context = graph.get("/groups?$select=id,displayName&$expand=members")["@odata.context"]
    assert context.endswith("$metadata#groups(id,displayName,members())")


@pytest.mark.parametrize("spelling", ["delta", "delta()", "microsoft.graph.delta()", "delta(token='latest')"])
@pytest.mark.parametrize("collection", ["/users", "/groups", "/servicePrincipals", "/directoryObjects"])
def test_what_changed_since_is_not_emulated(graph: Graph, collection: str, spelling: str) -> None:
    path = f"{collection}/{spelling}"
    assert graph.refused("GET", path)[:2] == (501, "EmulatorNotImplemented")


def test_a_count_that_is_not_emulated_is_no_object_that_is_not_there(graph: Graph) -> None:
    assert graph.refused("GET", "/directory/administrativeUnits/$count")[:2] == (501, "EmulatorNotImplemented")
