"""Reads that lag behind: what was just written is not seen at once, and writes always see the truth."""

import json
from typing import Any, NamedTuple

import pytest

from entra_emulator import Emulator
from tests.emulator.graph import ROLES, USER_ADMINISTRATOR, Graph, group_body, reference, request_body, user_body

OF_ELIGIBILITY = f"{ROLES}/roleEligibilitySchedules?$filter=principalId eq "
OF_ASSIGNMENT = f"{ROLES}/roleAssignmentSchedules?$filter=principalId eq "
REQUESTS = f"{ROLES}/roleEligibilityScheduleRequests"


class Story(NamedTuple):
    """What is looked at, and the write that changes what is seen; ``%(name)s`` stands for an id of the scene."""

    collection: str
    seen: str
    method: str
    path: str
    body: Any = None


STORIES = [
    Story("users", "/users/bert@contoso.com", "POST", "/users", user_body("bert")),
    Story("users", "/users", "POST", "/users", user_body("bert")),
    Story("users", "/users/%(user)s", "PATCH", "/users/%(user)s", {"displayName": "Aline"}),
    Story("users", "/users?$filter=displayName eq 'Aline'", "PATCH", "/users/%(user)s", {"displayName": "Aline"}),
    Story("users", "/users?$filter=displayName eq 'AlineD'", "PATCH", "/users/%(user)s", {"displayName": "Aline"}),
    Story("users", "/users/%(user)s", "DELETE", "/users/%(user)s"),
    Story("users", "/users?$filter=id eq '%(user)s'", "DELETE", "/users/%(user)s"),
    Story("users", "/users?$select=id", "DELETE", "/users/%(user)s"),
    Story("users", "/groups/%(group)s/members", "DELETE", "/users/%(member)s"),
    Story("groups", "/groups(uniqueName='x')", "POST", "/groups", group_body("x", uniqueName="x")),
    Story("groups", "/groups/%(group)s", "PATCH", "/groups/%(group)s", {"description": "new"}),
    Story("groups", "/groups?$select=id", "DELETE", "/groups/%(group)s"),
    Story("relationships", "/groups/%(group)s/members", "POST", "/groups/%(group)s/members/$ref",
          reference("%(user)s")),
    Story("relationships", "/groups/%(group)s/members", "DELETE", "/groups/%(group)s/members/%(member)s/$ref"),
    Story("relationships", "/groups/%(group)s/owners", "POST", "/groups/%(group)s/owners/$ref", reference("%(user)s")),
    Story("relationships", "/users/%(member)s/memberOf", "DELETE", "/groups/%(group)s/members/%(member)s/$ref"),
    Story("relationships", "/users/%(user)s/memberOf", "PATCH", "/groups/%(group)s",
          {"members@odata.bind": ["https://graph.microsoft.com/v1.0/directoryObjects/%(user)s"]}),
    Story("deletedItems", "/directory/deletedItems/%(user)s", "DELETE", "/users/%(user)s"),
    Story("deletedItems", "/directory/deletedItems/microsoft.graph.group", "DELETE", "/groups/%(group)s"),
    Story("deletedItems", "/directory/deletedItems/%(deleted)s", "POST", "/directory/deletedItems/%(deleted)s/restore"),
    Story("eligibilitySchedules", OF_ELIGIBILITY + "'%(user)s'", "POST", REQUESTS, request_body("%(user)s")),
    Story("eligibilitySchedules", f"{ROLES}/roleEligibilityScheduleInstances?$filter=principalId eq '%(user)s'", "POST",
          REQUESTS, request_body("%(user)s")),
    Story("eligibilitySchedules", OF_ELIGIBILITY + "'%(eligible)s'", "POST", REQUESTS,
          request_body("%(eligible)s", action="adminUpdate", duration="P5D")),
    Story("eligibilitySchedules", OF_ELIGIBILITY + "'%(eligible)s'", "POST", REQUESTS,
          request_body("%(eligible)s", action="adminRemove")),
    Story("eligibilitySchedules", f"{ROLES}/roleEligibilitySchedules/%(schedule)s", "POST", REQUESTS,
          request_body("%(eligible)s", action="adminRemove")),
    Story("assignmentSchedules", OF_ASSIGNMENT + "'%(user)s'", "POST", f"{ROLES}/roleAssignmentScheduleRequests",
          request_body("%(user)s")),
    Story("assignmentSchedules", f"{ROLES}/roleAssignments?$filter=principalId eq '%(user)s'", "POST",
          f"{ROLES}/roleAssignments", {"principalId": "%(user)s", "roleDefinitionId": USER_ADMINISTRATOR,
                                       "directoryScopeId": "/"}),
    Story("requests", f"{REQUESTS}?$filter=principalId eq '%(user)s'", "POST", REQUESTS, request_body("%(user)s")),
    Story("requests", f"{REQUESTS}/%(pending)s", "POST", f"{REQUESTS}/%(pending)s/cancel"),
]  # fmt: skip


@pytest.fixture
def scene(graph: Graph, emulator: Emulator) -> dict[str, str]:
    """Set a scene, and stop the clock."""
    emulator.clock.freeze()
    user, member, deleted = (graph.new_user(name)["id"] for name in ("AlineD", "MemberM", "DeletedD"))
    group = graph.new_group(**{"members@odata.bind": [reference(member)["@odata.id"]]})["id"]
    graph.done("DELETE", f"/users/{deleted}")
    eligible = graph.new_user("EligibleE")["id"]
    graph.assign(eligible)
    (schedule,) = graph.schedules(eligible)
    pending = graph.assign(graph.new_user("PendingP")["id"], start="2099-01-01T00:00:00Z")["id"]
    return {"user": user, "member": member, "deleted": deleted, "group": group, "eligible": eligible,
            "schedule": schedule["id"], "pending": pending}  # fmt: skip


def look(graph: Graph, scene: dict[str, str], path: str) -> Any:
    """Tell what is seen: a document, or the code of the refusal."""
    document = graph.send("GET", path % scene).json()
    return document.get("error", {}).get("code") or document


def write(graph: Graph, scene: dict[str, str], story: Story) -> None:
    body = None if story.body is None else json.loads(json.dumps(story.body) % scene)
    response = graph.send(story.method, story.path % scene, body)
    assert response.is_success, response.text


@pytest.mark.parametrize("story", STORIES, ids=lambda story: f"{story.collection}: {story.method} seen at {story.seen}")
class TestALag:
    def test_of_reads_hides_a_write_from_so_many_reads_that_would_show_it(
        self, graph: Graph, emulator: Emulator, scene: dict[str, str], story: Story
    ) -> None:
        before = look(graph, scene, story.seen)
        emulator.pace.lag(story.collection, reads=3)
        write(graph, scene, story)
        graph.get("/organization")
        assert [look(graph, scene, story.seen) for _ in range(3)] == [before] * 3
        now = look(graph, scene, story.seen)
        assert now != before
        emulator.pace.clear()
        assert look(graph, scene, story.seen) == now

    def test_of_seconds_hides_a_write_for_so_long(
        self, graph: Graph, emulator: Emulator, scene: dict[str, str], story: Story
    ) -> None:
        before = look(graph, scene, story.seen)
        emulator.pace.lag(story.collection, seconds=20)
        write(graph, scene, story)
        assert look(graph, scene, story.seen) == before
        emulator.clock.advance(seconds=19.9)
        assert look(graph, scene, story.seen) == before
        emulator.clock.advance(seconds=0.1)
        assert look(graph, scene, story.seen) != before

    def test_of_every_other_collection_hides_nothing(
        self, graph: Graph, emulator: Emulator, scene: dict[str, str], story: Story
    ) -> None:
        before = look(graph, scene, story.seen)
        for collection in {each.collection for each in STORIES} - {story.collection}:
            emulator.pace.lag(collection, reads=3)
        write(graph, scene, story)
        assert look(graph, scene, story.seen) != before

    def test_ends_with_its_being_cleared(
        self, graph: Graph, emulator: Emulator, scene: dict[str, str], story: Story
    ) -> None:
        before = look(graph, scene, story.seen)
        emulator.pace.lag(story.collection, reads=3)
        write(graph, scene, story)
        emulator.pace.clear()
        assert look(graph, scene, story.seen) != before


def test_each_change_of_the_same_object_comes_into_sight_by_itself(
    graph: Graph, emulator: Emulator, scene: dict[str, str]
) -> None:
    path = f"/users/{scene['user']}"
    emulator.pace.lag("users", seconds=20)
    for name in ("first", "second", "third"):
        graph.done("PATCH", path, {"displayName": name})
        emulator.clock.advance(seconds=5)
    seen = []
    for _ in range(4):
        seen.append(graph.get(path)["displayName"])
        emulator.clock.advance(seconds=5)
    assert seen == ["AlineD", "first", "second", "third"]


def test_a_list_keeps_its_order_and_its_pages_while_it_lags(
    graph: Graph, emulator: Emulator, scene: dict[str, str]
) -> None:
    before = [each["displayName"] for each in graph.values("/users")]
    emulator.pace.lag("users", reads=5)
    graph.done("DELETE", f"/users/{scene['user']}")
    graph.done("PATCH", f"/users/{scene['member']}", {"displayName": "renamed"})
    graph.new_user("new")
    seen, path = [], "/users?$top=2"
    while path:
        page = graph.get(path)
        assert len(page["value"]) <= 2
        seen += [each["displayName"] for each in page["value"]]
        path = page.get("@odata.nextLink")
    assert seen == before
    assert graph.values("/users?$orderby=displayName") == sorted(
        graph.values("/users"), key=lambda each: each["displayName"].casefold()
    )


def test_a_read_of_something_else_does_not_count(graph: Graph, emulator: Emulator, scene: dict[str, str]) -> None:
    emulator.pace.lag("users", reads=1)
    graph.new_user("bert")
    for _ in range(3):
        graph.get(f"/users/{scene['user']}")
        graph.values("/users?$filter=userPrincipalName eq 'AlineD@contoso.com'")
        graph.values("/groups")
    assert graph.refused("GET", "/users/bert@contoso.com")[0] == 404
    assert graph.get("/users/bert@contoso.com")["displayName"] == "bert"


def test_a_write_sees_the_truth_and_answers_with_it(graph: Graph, emulator: Emulator, scene: dict[str, str]) -> None:
    for collection in {each.collection for each in STORIES}:
        emulator.pace.lag(collection, seconds=60)
    made = graph.new_user("bert")
    assert made["displayName"] == "bert"
    assert "same value for property userPrincipalName" in graph.refused("POST", "/users", user_body("bert"))[2]
    member = f"/groups/{scene['group']}/members"
    graph.done("POST", f"{member}/$ref", reference(made["id"]))
    assert "already exist" in graph.refused("POST", f"{member}/$ref", reference(made["id"]))[2]
    assert graph.assign(made["id"])["status"] == "Provisioned"
    assert graph.refused("POST", REQUESTS, request_body(made["id"]))[1] == "RoleAssignmentExists"
    graph.done("PATCH", f"/users/{made['id']}", {"department": "x"})
    graph.done("DELETE", f"/users/{made['id']}")
    assert graph.refused("GET", f"/users/{made['id']}")[0] == 404


def test_a_write_that_is_refused_hides_nothing(graph: Graph, emulator: Emulator, scene: dict[str, str]) -> None:
    emulator.pace.lag("users", seconds=60)
    graph.refused("PATCH", f"/users/{scene['user']}", {"displayName": "x", "userPrincipalName": "MemberM@contoso.com"})
    emulator.pace.lag("users", reads=1)
    assert graph.get(f"/users/{scene['user']}")["displayName"] == "AlineD"


def test_what_is_purged_stays_in_sight_with_its_memberships(
    graph: Graph, emulator: Emulator, administrator: Graph, scene: dict[str, str]
) -> None:
    members = f"/groups/{scene['group']}/members"
    before = graph.values(members)
    emulator.pace.lag("users", seconds=60)
    emulator.pace.lag("relationships", seconds=60)
    graph.done("DELETE", f"/users/{scene['member']}")
    administrator.done("DELETE", f"/directory/deletedItems/{scene['member']}")
    assert graph.values(members) == before
    emulator.clock.advance(seconds=60)
    assert graph.values(members) == []


def test_a_purged_group_stays_in_sight_of_its_members(
    graph: Graph, emulator: Emulator, administrator: Graph, scene: dict[str, str]
) -> None:
    member_of = f"/users/{scene['member']}/memberOf"
    before = graph.values(member_of)
    emulator.pace.lag("groups", seconds=60)
    emulator.pace.lag("relationships", seconds=60)
    graph.done("DELETE", f"/groups/{scene['group']}")
    administrator.done("DELETE", f"/directory/deletedItems/{scene['group']}")
    assert graph.values(member_of) == before
    emulator.clock.advance(seconds=60)
    assert graph.values(member_of) == []


def test_a_read_of_another_groups_members_does_not_count(
    graph: Graph, emulator: Emulator, scene: dict[str, str]
) -> None:
    other = graph.new_group("other")["id"]
    emulator.pace.lag("relationships", reads=1)
    graph.done("POST", f"/groups/{scene['group']}/members/$ref", reference(scene["user"]))
    assert graph.values(f"/groups/{other}/members") == []
    assert len(graph.values(f"/groups/{scene['group']}/members")) == 1
    assert len(graph.values(f"/groups/{scene['group']}/members")) == 2


def test_what_the_clock_does_is_seen_at_once(graph: Graph, emulator: Emulator, scene: dict[str, str]) -> None:
    graph.assign(scene["user"], duration="P1D")
    emulator.pace.lag("eligibilitySchedules", reads=3)
    emulator.clock.advance(minutes=30)
    assert len(graph.schedules(scene["user"])) == 1
    emulator.clock.advance(days=1)
    assert graph.bearer(emulator.token()).schedules(scene["user"]) == []


def test_one_tenants_lag_is_not_anothers_reading(graph: Graph, emulator: Emulator, scene: dict[str, str]) -> None:
    emulator.pace.lag("users", reads=1)
    graph.new_user("bert")
    graph.app("User.Read.All", tenant="fabrikam").values("/users")
    assert len(graph.values("/users?$filter=displayName eq 'bert'")) == 0
    assert len(graph.values("/users?$filter=displayName eq 'bert'")) == 1


def test_a_snapshot_brings_back_what_is_seen_too(graph: Graph, emulator: Emulator, scene: dict[str, str]) -> None:
    emulator.snapshot("before")
    emulator.pace.lag("users", seconds=60)
    graph.done("DELETE", f"/users/{scene['user']}")
    emulator.restore("before")
    graph.done("PATCH", f"/users/{scene['member']}", {"displayName": "renamed"})
    assert graph.get(f"/users/{scene['member']}")["displayName"] == "MemberM"
    emulator.reset()
    assert emulator.pace.lags == []


def test_a_lag_is_set_seen_and_cleared_over_http(graph: Graph) -> None:
    def control(method: str, body: object = None) -> Any:
        response = graph.http.request(method, "/_emulator/pace", json=body)
        assert response.is_success, response.text
        return response.json() if response.content else None

    control("POST", {"collection": "groups", "reads": 3})
    control("POST", {"collection": "groups", "reads": 2})
    lags = control("POST", {"collection": "users", "seconds": 1.5})["lags"]
    assert lags == [
        {"collection": "groups", "reads": 2, "seconds": None},
        {"collection": "users", "reads": None, "seconds": 1.5},
    ]
    assert control("GET")["lags"] == lags
    control("DELETE")
    assert control("GET") == {"lags": []}


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({}, "'collection' is missing"),
        (
            {"collection": "mail", "reads": 1},
            "there is no collection 'mail' that can lag, only users, groups, relation",
        ),
        ({"collection": ["users"], "reads": 1}, "there is no collection ['users']"),
        ({"collection": "users"}, "a lag is either a number of reads or of seconds"),
        ({"collection": "users", "reads": 1, "seconds": 1}, "a lag is either a number of reads or of seconds"),
        ({"collection": "users", "reads": 0}, "reads must be a whole number from 1 on, not 0"),
        ({"collection": "users", "reads": True}, "reads must be a whole number from 1 on, not True"),
        ({"collection": "users", "seconds": "5"}, "seconds must be a number above 0, and at most a year's, not '5'"),
        ({"collection": "users", "seconds": 0}, "seconds must be a number above 0, and at most a year's, not 0"),
        ({"collection": "users", "seconds": 1e300}, "seconds must be a number above 0, and at most a year's"),
        ({"collection": "users", "read": 1}, "there is no 'read' here, only collection, reads, seconds"),
    ],
)
def test_a_lag_that_makes_no_sense_is_refused_with_a_sentence(graph: Graph, body: object, sentence: str) -> None:
    response = graph.http.post("/_emulator/pace", json=body)
    assert response.status_code == 400
    assert sentence in response.json()["error"]
