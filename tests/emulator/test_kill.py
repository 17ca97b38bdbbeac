"""Killed in the middle of a thousand writes: all that was answered is there, and nothing is there by halves."""

import signal
import sqlite3
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from entra_emulator import Emulator
from tests.emulator.graph import EVERYTHING, PASSWORD, ROLES, bind, group_body, request_body, user_body
from tests.emulator.test_command import exports, serving

SEED = Emulator.contoso
WRITERS = 4
WRITES = 1000


@dataclass
class Answered:
    """What the emulator said is so; counts the writes, and acts at one of them."""

    at: int
    act: Callable[[], None]
    users: dict[str, str] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)
    groups: dict[str, str] = field(default_factory=dict)
    eligible: dict[str, str] = field(default_factory=dict)
    writes: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def one_more(self) -> None:
        with self._lock:
            self.writes += 1
            if self.writes == self.at:
                self.act()


def write(number: int, graph: httpx.Client, answered: Answered) -> None:
    """Make users, change or delete them, put them in groups that can hold roles, and give the groups roles."""

    def send(method: str, path: str, body: object = None) -> dict[str, str]:
        response = graph.request(method, path, json=body).raise_for_status()
        answered.one_more()
        found: dict[str, str] = response.json() if response.content else {}
        return found

    try:
        for turn in range(WRITES // WRITERS // 5):
            name = f"w{number}x{turn}"
            user = send("POST", "/users", user_body(name))["id"]
            answered.users[user] = name
            send("PATCH", f"/users/{user}", {"jobTitle": name, "passwordProfile": {"password": PASSWORD}})
            answered.titles[user] = name
            other = send("POST", "/users", user_body(f"{name}y"))["id"]
            both = {"members@odata.bind": bind(user, other), "owners@odata.bind": bind(SEED.administrator_id)}
            group = send("POST", "/groups", group_body(name, uniqueName=name, **both))["id"]
            answered.groups[group] = user
            if turn % 2:
                request = request_body(group, duration="P1D")
                schedule = send("POST", f"{ROLES}/roleEligibilityScheduleRequests", request)["targetScheduleId"]
                answered.eligible[schedule] = group
            else:
                send("DELETE", f"/users/{other}")
                answered.deleted.add(other)
    except httpx.TransportError:
        return


def killed_at(moment: int, folder: Path) -> Answered:
    """Let writers write over TLS until the process is killed at an answer, and tell what was answered."""
    with serving("--data", str(folder)) as (process, lines):
        variables = exports(lines)
        context = ssl.create_default_context(cafile=variables["ENTRA_PIM_CA_FILE"])
        url = variables["ENTRA_PIM_GRAPH_URL"]
        answered = Answered(moment, lambda: process.send_signal(signal.SIGKILL))
        with httpx.Client(verify=context, base_url=url, trust_env=False) as http:
            asked = {"user": SEED.administrator_id, "permissions": EVERYTHING}
            token = http.post("/_emulator/token", json=asked).json()["access_token"]
        headers = {"Authorization": f"Bearer {token}"}

        def run(number: int) -> None:
            with httpx.Client(verify=context, base_url=f"{url}/v1.0", headers=headers, trust_env=False) as graph:
                write(number, graph, answered)

        threads = [threading.Thread(target=run, args=(number,)) for number in range(WRITERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert process.wait() == -signal.SIGKILL
    return answered


@pytest.mark.parametrize("moment", [113, 488, 871])
def test_a_kill_in_the_middle_of_a_thousand_writes_loses_nothing_and_leaves_no_half(
    tmp_path: Path, moment: int
) -> None:
    answered = killed_at(moment, tmp_path)
    with Emulator(tmp_path) as emulator:
        headers = {"Authorization": f"Bearer {emulator.token(permissions=EVERYTHING)}"}
        base_url = "https://graph.microsoft.com/v1.0"
        with httpx.Client(transport=emulator.transport(), base_url=base_url, headers=headers) as graph:
            nothing_is_lost(graph, answered)
            nothing_is_half(graph)
    rows_agree(tmp_path / "emulator.sqlite3")


def nothing_is_lost(graph: httpx.Client, answered: Answered) -> None:
    for user, name in answered.users.items():
        found = graph.get(f"/users/{user}").json()
        assert found["userPrincipalName"] == f"{name}@contoso.com"
        assert user not in answered.titles or found["jobTitle"] == name
    for user in answered.deleted:
        assert graph.get(f"/users/{user}").status_code == 404
        assert graph.get(f"/directory/deletedItems/{user}").status_code == 200
    for group, user in answered.groups.items():
        assert user in ids(graph, f"/groups/{group}/members")
    for schedule, group in answered.eligible.items():
        found = graph.get(f"{ROLES}/roleEligibilitySchedules/{schedule}").json()
        assert (found["principalId"], found["status"]) == (group, "Provisioned")


def nothing_is_half(graph: httpx.Client) -> None:
    """Hold everything there is, answered or not, against what each write does at once."""
    in_the_bin = ids(graph, "/directory/deletedItems/graph.user")
    for group in listed(graph, "/groups"):
        assert ids(graph, f"/groups/{group['id']}/owners") == {SEED.administrator_id}
        names = {each["displayName"] for each in listed(graph, f"/groups/{group['id']}/members")}
        # One write bound two; another may have deleted the second of them since.
        assert {group["displayName"]} <= names <= {group["displayName"], f"{group['displayName']}y"}
    schedules = {each["id"]: each for each in listed(graph, f"{ROLES}/roleEligibilitySchedules")}
    requests = listed(graph, f"{ROLES}/roleEligibilityScheduleRequests")
    assert {each["targetScheduleId"] for each in requests} == set(schedules)
    assert {each["roleEligibilityScheduleId"] for each in listed(graph, f"{ROLES}/roleEligibilityScheduleInstances")} \
        == set(schedules)  # fmt: skip
    assert in_the_bin.isdisjoint(ids(graph, "/users"))


def rows_agree(path: Path) -> None:
    """Hold the tables against each other: every document has its keys, and each schedule its end."""
    with sqlite3.connect(path) as database:

        def count(query: str, *values: str) -> int:
            return int(database.execute(query, values).fetchone()[0])

        assert count("SELECT count(*) FROM keys WHERE sequence NOT IN (SELECT sequence FROM entities)") == 0
        for collection, key in (("users", "userPrincipalName"), ("groups", "uniqueName")):
            documents = count("SELECT count(*) FROM entities WHERE collection = ?", collection)
            assert (
                count("SELECT count(*) FROM keys WHERE collection = ? AND property = ?", collection, key) == documents
            )
        assert count("SELECT count(*) FROM events WHERE id NOT IN (SELECT id FROM entities)") == 0
    database.close()


def ids(graph: httpx.Client, path: str) -> set[str]:
    return {each["id"] for each in listed(graph, path)}


def listed(graph: httpx.Client, path: str) -> list[dict[str, str]]:
    found, link = [], f"{graph.base_url}{path.lstrip('/')}"
    while link:
        page = graph.get(link).raise_for_status().json()
        found += page["value"]
        link = page.get("@odata.nextLink", "")
    return found
