"""The page at /_emulator, as it is written: what each view tells, the forms, and what is refused."""

import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from urllib.parse import urljoin

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from entra_emulator import Emulator
from entra_emulator.pages import timeline, words
from tests.emulator.graph import PASSWORD, USER_ADMINISTRATOR, Graph, bind

HOME = "/_emulator"
CONTROLS = f"{HOME}/pages/controls"
CUSTOM_ROLE = {
    "displayName": "Ledger keeper",
    "description": "Keeps ledgers.",
    "isEnabled": True,
    "rolePermissions": [{"allowedResourceActions": ["microsoft.directory/applications/basic/read"]}],
}
NOW = datetime(2030, 3, 4, 9, 0, tzinfo=UTC)


class Document(HTMLParser):
    """What a page says: its text, its links, its table rows, what its fields hold, and all its elements."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.values: dict[str, str | None] = {}
        self.elements: list[str] = []
        self._texts = [""]
        self.feed(html)
        self.rows = [" ".join(text.split()) for text in self._texts[1:]]
        self.text = " ".join(" ".join(self._texts).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        self.elements.append(tag)
        if tag == "tr":
            self._texts.append("")
        if tag not in ("wbr", "bdi", "time"):
            self._texts[-1] += " "
        if tag == "a":
            self.links.append(attributes["href"] or "")
        if tag == "input":
            self.values[attributes["name"] or ""] = attributes.get("value")

    def handle_data(self, data: str) -> None:
        self._texts[-1] += data


def look(graph: Graph, path: str, status: int = 200) -> Document:
    response = graph.http.get(path)
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    return Document(response.text)


def contoso(graph: Graph, path: str = "") -> str:
    return f"{HOME}/pages/{graph.emulator.contoso.tenant_id}{path}"


def send(graph: Graph, action: str, **form: str) -> httpx.Response:
    """Send a form as the emulator's own page would."""
    origin = f"{graph.http.base_url.scheme}://{graph.http.base_url.netloc.decode()}"
    return graph.http.post(f"{CONTROLS}/{action}", data=form, headers={"Origin": origin})


def done(graph: Graph, action: str, **form: str) -> Document:
    response = send(graph, action, **form)
    assert (response.status_code, response.headers["location"]) == (303, f"{CONTROLS}?done={action}"), response.text
    return look(graph, response.headers["location"])


def refused(graph: Graph, action: str, **form: str) -> Document:
    response = send(graph, action, **form)
    assert response.status_code == 400
    return Document(response.text)


def row_with(document: Document, *texts: str) -> str:
    """Find the one row with all the texts in it."""
    (row,) = [row for row in document.rows if all(text in row for text in texts)]
    return row


def crawl(graph: Graph) -> Iterator[tuple[str, Document]]:
    """Follow every link, but those of the journal's controls: each look at a page is one more of them."""
    waiting, seen = [HOME], {HOME}
    for address in waiting:
        document = look(graph, address)
        yield address, document
        for link in document.links:
            following = urljoin(address, link)
            if following.startswith("/") and following not in seen and "show=control" not in following:
                seen.add(following)
                waiting.append(following)


# What is shown


def test_the_overview_counts_what_each_tenant_holds_and_lists_the_latest_calls(graph: Graph) -> None:
    user = graph.new_user()
    graph.new_group(isAssignableToRole=True)
    graph.new_group("plain", isAssignableToRole=False)
    graph.assign(user["id"])
    document = look(graph, HOME)
    assert (
        "Contoso contoso.com · Entra ID P2 eligible 1 active 2 people 2 groups 2 1 group can hold roles."
        in document.text
    )
    assert "Fabrikam fabrikam.com · no licence for PIM eligible 0 active 2 people 1 groups 0" in document.text
    assert "roleEligibilityScheduleRequests 201" in document.rows[1]


def test_every_link_leads_somewhere(graph: Graph) -> None:
    user = graph.new_user()
    group = graph.new_group(**{"members@odata.bind": bind(user["id"]), "owners@odata.bind": bind(user["id"])})
    graph.assign(group["id"], duration="P30D")
    graph.assign(user["id"], kind="Assignment", duration="PT8H")
    visited = [address for address, _ in crawl(graph)]
    assert contoso(graph, f"/people/{user['id']}") in visited
    assert contoso(graph, f"/roles/{USER_ADMINISTRATOR}") in visited


def test_a_page_loads_nothing_from_elsewhere_and_runs_nothing(graph: Graph) -> None:
    response = graph.http.get(HOME)
    assert response.headers["content-security-policy"].startswith(
        "default-src 'none'; style-src 'self'; img-src 'self'"
    )
    assert "frame-ancestors 'none'" in response.headers["content-security-policy"]
    assert response.headers["x-content-type-options"] == "nosniff"
    assert set(re.findall(r'(?:src|href)="(?!/_emulator)([^"]*)"', response.text)) == {"#content"}
    assert "script" not in Document(response.text).elements
    assert graph.http.get(f"{HOME}/pages/style.css").headers["content-type"] == "text/css; charset=utf-8"
    assert graph.http.get(f"{HOME}/pages/icon.svg").headers["content-type"] == "image/svg+xml"


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "\"'><img src=x>", "\u202egnp.exe", "{{ 7*7 }} &amp;"])
def test_a_name_is_text_on_every_page(graph: Graph, name: str) -> None:
    user = graph.new_user("x", displayName=name)
    group = graph.new_group("y", displayName=name, description=name, **{"members@odata.bind": bind(user["id"])})
    graph.assign(group["id"], justification=name)
    told = 0
    for address, document in crawl(graph):
        assert "script" not in document.elements, address
        assert document.elements.count("img") == 1, address
        told += " ".join(name.split()) in document.text
    assert told >= 8


def test_people_are_listed_by_name_fifty_at_a_time(graph: Graph) -> None:
    for number in range(60):
        graph.new_user(f"u{number}", displayName=f"Person {59 - number:02d}")
    first = look(graph, contoso(graph, "/people"))
    assert "People 61" in first.text
    names = [row.split(" u")[0] for row in first.rows[1:]]
    assert names == ["MOD Administrator admin@contoso.com enabled " + graph.emulator.contoso.administrator_id] + [
        f"Person {number:02d}" for number in range(49)
    ]
    (following,) = [link for link in first.links if "after=" in link]
    second = look(graph, urljoin(contoso(graph, "/people"), following))
    assert [row.split(" u")[0] for row in second.rows[1:]] == [f"Person {number:02d}" for number in range(49, 60)]
    assert not [link for link in second.links if "after=" in link]


@pytest.mark.parametrize("text", ["alin", "DUPONT", "lined@contoso"])
def test_people_are_found_by_a_part_of_any_of_their_names(graph: Graph, text: str) -> None:
    graph.new_user("AlineD", displayName="Aline Dupont")
    graph.new_user("BertB", displayName="Bert Berger")
    document = look(graph, contoso(graph, f"/people?search={text}"))
    assert [row.split(" AlineD")[0] for row in document.rows[1:]] == ["Aline Dupont"]
    assert document.values["search"] == text
    assert "Nobody of that name." in look(graph, contoso(graph, "/people?search=%25")).text


def test_a_person_shows_what_is_held_directly_and_through_a_group(graph: Graph) -> None:
    user = graph.new_user("AlineD", displayName="Aline Dupont", jobTitle="Helpdesk")
    group = graph.new_group("helpdesk", **{"members@odata.bind": bind(user["id"])})
    graph.assign(group["id"])
    graph.assign(user["id"], kind="Assignment", duration="PT8H")
    document = look(graph, contoso(graph, f"/people/{user['id']}"))
    assert "User principal name AlineD@contoso.com" in document.text
    assert "Job title Helpdesk" in document.text
    assert "eligible" in row_with(document, "helpdesk", "User Administrator", "for good")
    assert "active assigned" in row_with(document, "Aline Dupont", "User Administrator", "in 7 hours")


def test_a_group_shows_its_owners_its_members_and_whether_it_can_hold_roles(graph: Graph) -> None:
    owner, member = graph.new_user("owner"), graph.new_user("member")
    group = graph.new_group(**{"owners@odata.bind": bind(owner["id"]), "members@odata.bind": bind(member["id"])})
    plain = graph.new_group("plain", isAssignableToRole=False)
    document = look(graph, contoso(graph, f"/groups/{group['id']}"))
    assert "Group role-assignable helpdesk" in document.text
    assert "Owners 1 owner owner@contoso.com Members 1 member member@contoso.com" in document.text
    listed = look(graph, contoso(graph, "/groups"))
    assert "role-assignable" in row_with(listed, group["id"])
    assert "plain no" in row_with(listed, plain["id"])


def test_the_members_of_a_large_group_are_paged(graph: Graph) -> None:
    group = graph.new_group()
    for number in range(51):
        user = graph.new_user(f"u{number}")
        graph.done("POST", f"/groups/{group['id']}/members/$ref", {"@odata.id": bind(user["id"])[0]})
    first = look(graph, contoso(graph, f"/groups/{group['id']}"))
    (following,) = [link for link in first.links if "skip=50" in link]
    second = look(graph, following)
    shown = [set(re.findall(r"\bu\d+@", document.text)) for document in (first, second)]
    assert (len(shown[0]), len(shown[1]), len(shown[0] | shown[1])) == (50, 1, 51)


def test_access_tells_eligible_active_and_granted_for_later_apart(graph: Graph) -> None:
    eligible, active, later = (graph.new_user(name) for name in ("eve", "ada", "liz"))
    graph.emulator.clock.freeze()
    graph.assign(eligible["id"], duration="P30D")
    graph.assign(active["id"], kind="Assignment", duration="PT8H")
    start = graph.emulator.clock.now() + timedelta(days=3)
    graph.assign(later["id"], start=start.isoformat(), duration="P10D")
    document = look(graph, contoso(graph))
    assert "eligible" in row_with(document, "eve", "in 30 days")
    assert "active assigned" in row_with(document, "ada", "now", "in 8 hours")
    assert "eligible later" in row_with(document, "liz", "in 3 days", "in 13 days")
    assert "Whole tenant" in row_with(document, "MOD Administrator", "Global Administrator", "for good")
    # The bars of three kinds in the legend, and one for each row.
    assert document.elements.count("rect") == 3 + len(document.rows) - 1


def test_access_is_paged_the_newest_first(graph: Graph) -> None:
    users = [graph.new_user(f"u{number}") for number in range(55)]
    for user in users:
        graph.assign(user["id"])
    first = look(graph, contoso(graph))
    (following,) = [link for link in first.links if "before=" in link]
    second = look(graph, following)
    rows = [row.split()[0] for document in (first, second) for row in document.rows[1:]]
    assert rows[:55] == [f"u{number}" for number in reversed(range(55))]
    assert len(rows) == 57


def test_what_an_ended_or_deleted_subject_holds_is_told_by_name(graph: Graph) -> None:
    user = graph.new_user("gone")
    graph.assign(user["id"])
    graph.done("DELETE", f"/users/{user['id']}")
    assert "deleted user" in row_with(look(graph, contoso(graph)), "gone")
    look(graph, contoso(graph, f"/people/{user['id']}"), 404)


def test_what_is_gone_for_good_is_told_by_its_id(graph: Graph) -> None:
    user = graph.new_user("gone")
    role = graph.post("/roleManagement/directory/roleDefinitions", CUSTOM_ROLE)
    graph.assign(user["id"], role["id"])
    assert "Ledger keeper" in row_with(look(graph, contoso(graph)), "gone")
    assert "Ledger keeper custom" in row_with(look(graph, contoso(graph, "/roles")), "1 0")
    graph.done("DELETE", f"/users/{user['id']}")
    graph.done("DELETE", f"/roleManagement/directory/roleDefinitions/{role['id']}")
    graph.emulator.clock.advance(days=31)
    row = row_with(look(graph, contoso(graph, "/requests")), "adminAssign")
    assert f"{user['id']} not in the directory {role['id']}" in row


def test_a_role_over_an_administrative_unit_names_the_unit(graph: Graph) -> None:
    user = graph.new_user("AlineD")
    unit = graph.post("/directory/administrativeUnits", {"displayName": "Branch office"})
    graph.assign(user["id"], directoryScopeId=f"/administrativeUnits/{unit['id']}")
    assert "Branch office" in row_with(look(graph, contoso(graph)), "AlineD")


def test_roles_show_who_holds_them(graph: Graph) -> None:
    user = graph.new_user("AlineD")
    graph.assign(user["id"])
    rows = look(graph, contoso(graph, "/roles")).rows[1:]
    held = ("Global Administrator", "Privileged Authentication Administrator", "User Administrator")
    assert [row.startswith(name) for row, name in zip(rows, held, strict=False)] == [True, True, True]
    assert [row[-3:] for row in rows[:4]] == ["0 1", "0 1", "1 0", "0 0"]
    assert row_with(look(graph, contoso(graph, f"/roles/{USER_ADMINISTRATOR}")), "AlineD")


def test_a_request_tells_who_asked_for_what_and_why(graph: Graph) -> None:
    user = graph.new_user("AlineD")
    ticket = {"ticketNumber": "CHG-1", "ticketSystem": "Ledger"}
    made = graph.assign(user["id"], justification="helpdesk rota", ticketInfo=ticket, duration="P30D")
    listed = look(graph, contoso(graph, "/requests"))
    assert "adminAssign Eligibility AlineD" in row_with(listed, "User Administrator", "Provisioned")
    document = look(graph, contoso(graph, f"/requests/eligibility/{made['id']}"))
    for text in ("helpdesk rota", "CHG-1", "Ledger", "pulumi-deployer", made["id"]):
        assert text in document.text
    removal = graph.assign(user["id"], action="adminRemove")
    assert "Revoked" in look(graph, contoso(graph, f"/requests/eligibility/{removal['id']}")).text


def test_the_journal_shows_calls_with_their_secrets_blanked_and_not_its_own_visits(graph: Graph) -> None:
    graph.new_user("AlineD")
    graph.refused("GET", "/users/nobody@contoso.com")
    document = look(graph, f"{HOME}/pages/journal")
    assert [row.split()[1:4] for row in document.rows[1:]] == [
        ["GET", "/v1.0/users/nobody@contoso.com", "404"],
        ["POST", "/v1.0/users", "201"],
    ]
    number = graph.emulator.journal.entries()[0].number
    response = graph.http.get(f"{HOME}/pages/journal/{number}")
    assert PASSWORD not in response.text
    text = Document(response.text).text
    assert "authorization [blanked]" in text
    assert '"userPrincipalName": "AlineD@contoso.com"' in text
    assert "POST /v1.0/users" in text
    controls = look(graph, f"{HOME}/pages/journal?show=control")
    assert "/_emulator/pages/journal" in controls.rows[1]


def test_an_emulator_that_nobody_looks_at_loads_no_templates() -> None:
    program = "import sys, entra_emulator; entra_emulator.Emulator(); sys.exit('jinja2' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


# The forms


def test_the_clock_is_advanced_frozen_and_let_run(graph: Graph, emulator: Emulator) -> None:
    assert "The clock stands still." in done(graph, "freeze").text
    before = emulator.clock.now()
    assert "The clock was advanced." in done(graph, "advance", days="1", hours="", minutes="2.5").text
    assert emulator.clock.now() - before == timedelta(days=1, minutes=2.5)
    assert "frozen" not in done(graph, "resume").text
    assert not emulator.clock.frozen


def test_a_fault_is_armed_happens_and_is_cleared(graph: Graph, emulator: Emulator) -> None:
    form = {"kind": "429", "when": "before", "method": "GET", "path": "/organization", "nth": "1", "times": "2"}
    document = done(graph, "arm", **form, retry_after="7")
    assert "Retry-After: 7 before GET /organization 1 2" in row_with(document, "429")
    response = graph.send("GET", "/organization")
    assert (response.status_code, response.headers["retry-after"]) == (429, "7")
    happened = look(graph, CONTROLS)
    assert "Happened 1" in happened.text
    number = emulator.faults.fired[0].number
    assert "fault: 429" in row_with(look(graph, f"{HOME}/pages/journal"), "/v1.0/organization")
    assert "Fault 429 Carried out no" in look(graph, f"{HOME}/pages/journal/{number}").text
    assert "1 fault armed: 429" in look(graph, HOME).text
    assert "No fault is armed any more." in done(graph, "clear").text
    assert emulator.faults.armed == []
    assert "closed" in done(graph, "release").text


@pytest.mark.parametrize(
    ("action", "form", "sentence"),
    [
        ("advance", {"days": "soon"}, "Days must be a number, not 'soon'."),
        ("advance", {"days": "-1"}, "The clock is advanced, never turned back"),
        ("advance", {"days": "999999999"}, "clock goes from the year 1970 to the year 8999"),
        ("advance", {"seconds": "nan"}, "Seconds must be a number"),
        ("advance", {"days": "1e400"}, "Days must be a number"),
        ("arm", {"kind": "418"}, "There is no fault '418'"),
        ("arm", {"kind": "429", "nth": "0"}, "Nth must be a whole number from 1 on"),
        ("arm", {"kind": "429", "times": "x"}, "Times must be a whole number from 1 on, not 'x'."),
        ("arm", {"kind": "429", "path": "("}, "Path must be a regular expression"),
        ("arm", {"kind": "reset", "retry_after": "7"}, "Retry_after goes with 429"),
    ],
)
def test_a_form_that_makes_no_sense_is_shown_again_with_a_sentence_and_what_was_typed(
    graph: Graph, emulator: Emulator, action: str, form: dict[str, str], sentence: str
) -> None:
    emulator.clock.freeze()
    before = emulator.clock.now()
    document = refused(graph, action, **form)
    assert sentence in document.text
    typed = {name: value for name, value in form.items() if name != "kind"}
    assert typed.items() <= document.values.items()
    assert emulator.clock.now() == before
    assert emulator.faults.armed == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "null"},
        {"Origin": "https://evil.example"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
    ids=str,
)
def test_a_form_of_another_page_is_refused(graph: Graph, emulator: Emulator, headers: dict[str, str]) -> None:
    response = graph.http.post(f"{CONTROLS}/freeze", headers=headers)
    assert response.status_code == 403
    assert "A form is taken from a page of this emulator only." in response.text
    assert not emulator.clock.frozen


@pytest.mark.parametrize(
    "path",
    ["nothing", "nothing/at/all/here",
     "00000000-0000-0000-0000-000000000000", "{contoso}/people/nobody", "{contoso}/groups/none",
     "{contoso}/roles/none", "{contoso}/requests/eligibility/none", "{contoso}/requests/other/none",
     "{contoso}?before=x", "{contoso}/people?place=-1", "journal/0", "journal?show=secrets",
     "journal?skip=99999999999999999999"],
)  # fmt: skip
def test_a_page_that_is_not_there_says_so(graph: Graph, path: str) -> None:
    document = look(graph, f"{HOME}/pages/{path.format(contoso=graph.emulator.contoso.tenant_id)}", 404)
    assert "That is not possible" in document.text


# The time line


@pytest.mark.parametrize(
    ("ahead", "days"),
    [
        (None, 30),
        (timedelta(hours=8), 1),
        (timedelta(hours=20), 7),
        (timedelta(days=20), 30),
        (timedelta(days=60), 90),
        (timedelta(days=200), 360),
        (timedelta(days=4000), 360),
    ],
)
def test_the_axis_is_as_long_as_what_it_shows(ahead: timedelta | None, days: int) -> None:
    axis = timeline.axis(NOW, [NOW - timedelta(days=900), None if ahead is None else NOW + ahead])
    assert axis.end - axis.begin == timedelta(days=days)
    assert axis.begin + (axis.end - axis.begin) * axis.now / 100 == NOW
    assert 4 <= len(axis.ticks) <= 7


MOMENTS = st.datetimes(datetime(2025, 1, 1), datetime(2035, 1, 1)).map(lambda moment: moment.replace(tzinfo=UTC))


@given(start=MOMENTS, end=st.none() | MOMENTS, ends=st.lists(st.none() | MOMENTS, max_size=3))
def test_a_bar_is_long_enough_to_be_seen_and_stays_near_the_axis(
    start: datetime, end: datetime | None, ends: list[datetime | None]
) -> None:
    axis = timeline.axis(NOW, ends)
    bar = timeline.bar(axis, start, end)
    if bar is None:
        assert start > axis.end or (end is not None and end < axis.begin)
    else:
        assert bar.length >= 1
        assert -1 <= bar.at <= 100
        assert bar.at + bar.length <= 101


def test_a_bar_begins_and_ends_where_its_window_does() -> None:
    axis = timeline.axis(NOW, [NOW + timedelta(days=20)])
    assert timeline.bar(axis, NOW, NOW + timedelta(days=15)) == timeline.Bar(20.0, 50.0)
    assert timeline.bar(axis, NOW - timedelta(days=90), None) == timeline.Bar(-1.0, 102.0)
    assert timeline.bar(axis, NOW + timedelta(days=90), None) is None


@pytest.mark.parametrize(
    ("ahead", "said"),
    [
        (timedelta(days=1), "in 1 day"),
        (timedelta(days=-1200), "1,200 days ago"),
        (timedelta(hours=47), "in 1 day"),
        (timedelta(minutes=119), "in 1 hour"),
        (timedelta(minutes=-2), "2 minutes ago"),
        (timedelta(seconds=59), "now"),
    ],
)
def test_how_far_off_a_moment_is_is_said_in_its_largest_unit(ahead: timedelta, said: str) -> None:
    assert words.distance(NOW, NOW + ahead) == said
