"""What is kept, where, and what becomes of it when the process does not end well."""

import signal
import sqlite3
import stat
import subprocess
import sys
import threading
from pathlib import Path

import httpx
import pytest

from entra_emulator import Emulator, StoreError
from tests.emulator.graph import EVERYTHING, group_body, user_body

GRAPH = "https://graph.microsoft.com/v1.0"


def client(emulator: Emulator) -> httpx.Client:
    headers = {"Authorization": f"Bearer {emulator.token(permissions=EVERYTHING)}"}
    return httpx.Client(transport=emulator.transport(), base_url=GRAPH, headers=headers)


def test_a_folder_keeps_everything_for_the_next_process(tmp_path: Path) -> None:
    emulator = Emulator(tmp_path)
    emulator.clock.advance(days=10)
    with client(emulator) as http:
        user = http.post("/users", json=user_body()).json()["id"]
        group = http.post("/groups", json=group_body(uniqueName="x")).json()["id"]
        http.post(f"/groups/{group}/members/$ref", json={"@odata.id": f"{GRAPH}/users/{user}"}).raise_for_status()
    registration = emulator.register(name="x", permissions=["User.Read.All"], secret="s")
    now, token = emulator.clock.now(), emulator.token(permissions=EVERYTHING)
    emulator.close()

    again = Emulator(tmp_path)
    assert (again.clock.now() - now).total_seconds() < 60
    with httpx.Client(transport=again.transport(), base_url=GRAPH) as http:
        http.headers["Authorization"] = f"Bearer {token}"
        assert http.get("/users/AlineD@contoso.com").json()["id"] == user
        assert http.get("/groups(uniqueName='x')").json()["id"] == group
        (member,) = http.get(f"/groups/{group}/members").json()["value"]
        assert member["id"] == user
    assert again.token(app=registration.client_id)
    again.close()


def test_the_authority_and_the_keys_are_kept_for_the_owner_only(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    contents = []
    for _ in range(2):
        emulator = Emulator(folder)
        with emulator.serve() as served:
            assert served.ca_file == folder / "ca.pem"
            contents.append(served.ca_file.read_bytes())
        emulator.close()
    assert contents[0] == contents[1]
    for name in ("ca-key.pem", "signing-key.pem"):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_no_file_holds_a_password_or_a_secret(tmp_path: Path) -> None:
    emulator = Emulator(tmp_path)
    with client(emulator) as http:
        http.post("/users", json=user_body(passwordProfile={"password": "Find-me-if-you-can-1"})).raise_for_status()
    emulator.register(name="x", permissions=[], secret="Find-me-if-you-can-2")
    emulator.close()
    assert all(b"Find-me" not in path.read_bytes() for path in tmp_path.iterdir())


WRITER = """
import sys
from entra_emulator import Emulator
from entra_emulator.exchange import Request
import json
emulator = Emulator(sys.argv[1])
headers = {"authorization": "Bearer " + emulator.token()}
for number in range(1_000_000):
    name = f"user{number}"
    body = {"accountEnabled": True, "displayName": name, "mailNickname": name,
            "userPrincipalName": name + "@contoso.com", "passwordProfile": {"password": "xWwvJ]6NMw+bWH-d"}}
    request = Request("POST", "https://x", "/v1.0/users", headers=headers, body=json.dumps(body).encode())
    answer = emulator.handle(request)
    assert answer.status == 201
    print(json.loads(answer.body)["id"], flush=True)
"""


def test_a_kill_in_the_middle_of_writing_loses_nothing_that_was_answered(tmp_path: Path) -> None:
    answered: list[str] = []
    with subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            answered.append(line.strip())
            if len(answered) == 500:
                process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
    emulator = Emulator(tmp_path)
    with client(emulator) as http:
        for user in answered:
            if len(user) == 36:
                assert http.get(f"/users/{user}").status_code == 200
        kept = int(http.get("/users/$count", headers={"ConsistencyLevel": "eventual"}).text)
    assert len(answered) >= 500
    assert kept >= sum(len(user) == 36 for user in answered) + 1
    emulator.close()
    with sqlite3.connect(tmp_path / "emulator.sqlite3") as database:
        (users,) = database.execute("SELECT count(*) FROM entities WHERE collection = 'users'").fetchone()
        (names,) = database.execute("SELECT count(*) FROM keys WHERE property = 'userPrincipalName'").fetchone()
    database.close()
    assert users == names


def test_threads_take_turns(tmp_path: Path) -> None:
    emulator = Emulator(tmp_path)
    statuses: list[int] = []

    def write(thread: int) -> None:
        with client(emulator) as http:
            for number in range(25):
                statuses.append(http.post("/users", json=user_body(f"u{thread}x{number}")).status_code)
                statuses.append(http.post("/users", json=user_body("contested")).status_code)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (statuses.count(201), statuses.count(400)) == (101, 99)
    emulator.close()


# What cannot be used


def test_one_process_at_a_time_owns_a_folder(tmp_path: Path) -> None:
    emulator = Emulator(tmp_path)
    script = "import sys; from entra_emulator import Emulator; Emulator(sys.argv[1])"
    second = subprocess.run([sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=False)
    assert "StoreError" in second.stderr
    assert "database is locked" in second.stderr
    emulator.close()


@pytest.mark.parametrize("damage", ["no database", "another format", "broken pages"])
def test_a_database_that_cannot_be_used_is_named(tmp_path: Path, damage: str) -> None:
    Emulator(tmp_path).close()
    path = tmp_path / "emulator.sqlite3"
    if damage == "no database":
        path.write_bytes(b"nonsense" * 1000)
    elif damage == "another format":
        with sqlite3.connect(path) as database:
            database.execute("PRAGMA user_version = 99")
        database.close()
    else:
        content = bytearray(path.read_bytes())
        content[8192:12288] = b"\xff" * 4096
        path.write_bytes(content)
    with pytest.raises(StoreError, match=str(path)):
        Emulator(tmp_path)


@pytest.mark.parametrize("name", ["signing-key.pem", "ca.pem", "ca-key.pem"])
def test_a_damaged_key_is_named(tmp_path: Path, name: str) -> None:
    with Emulator(tmp_path) as emulator, emulator.serve():
        pass
    (tmp_path / name).write_text("nonsense")
    with pytest.raises(StoreError, match="damaged"), Emulator(tmp_path) as emulator, emulator.serve():
        pass


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be used as the emulator's folder"):
        Emulator(tmp_path / "file" / "data")


def test_an_unknown_seed_is_named() -> None:
    with pytest.raises(ValueError, match="there is no seed 'nowhere', only contoso and fabrikam"):
        Emulator(seed="nowhere")


def test_a_key_of_another_kind_is_refused(tmp_path: Path) -> None:
    with Emulator(tmp_path) as emulator, emulator.serve():
        pass
    (tmp_path / "signing-key.pem").write_bytes((tmp_path / "ca-key.pem").read_bytes())
    with pytest.raises(StoreError, match=r"signing-key\.pem is damaged"):
        Emulator(tmp_path)
