"""What is kept, where, and what becomes of it when the process does not end well."""

import importlib
import json
import pkgutil
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

import entra_emulator
from entra_emulator import Emulator, StoreError, archive
from entra_emulator.archive import ArchiveError
from entra_emulator.directory.objects import ObjectType
from entra_emulator.directory.schedules import Kind
from entra_emulator.directory.store import Collection
from tests.emulator.graph import EVERYTHING, PASSWORD, ROLES, bind, group_body, request_body, user_body

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


def test_the_journal_keeps_few_large_answers_and_always_the_latest() -> None:
    emulator = Emulator()
    with client(emulator) as http:
        for number in range(1, 5):
            http.post("/directoryObjects/getByIds", json={"ids": [], "padding": "x" * 5_000_000})
            assert [entry.number for entry in emulator.journal.entries()] == list(range(max(1, number - 2), number + 1))
        http.post("/directoryObjects/getByIds", json={"ids": [], "padding": "x" * 20_000_000})
        assert [entry.number for entry in emulator.journal.entries()] == [5]
        emulator.journal.clear()
        http.get("/organization")
        assert [entry.number for entry in emulator.journal.entries()] == [6]


# The whole directory as a document


def a_directory_with_something_of_everything() -> Emulator:
    emulator = Emulator()
    with client(emulator) as http:
        user = http.post("/users", json=user_body()).json()["id"]
        gone = http.post("/users", json=user_body("gone")).json()["id"]
        http.delete(f"/users/{gone}").raise_for_status()
        group = http.post("/groups", json=group_body(uniqueName="x", **{"members@odata.bind": bind(user)})).json()["id"]
        eligible = request_body(group, duration="P30D")
        http.post(f"{ROLES}/roleEligibilityScheduleRequests", json=eligible).raise_for_status()
        later = request_body(user, start="2099-01-01T00:00:00Z", end="2099-02-01T00:00:00Z")
        http.post(f"{ROLES}/roleEligibilityScheduleRequests", json=later).raise_for_status()
        role = {"displayName": "x", "isEnabled": True, "rolePermissions": [{"allowedResourceActions": ["x/y/read"]}]}
        http.post(f"{ROLES}/roleDefinitions", json=role).raise_for_status()
    emulator.register(name="x", permissions=["User.Read.All"], secret="a~secret")
    emulator.clock.advance(days=3)
    emulator.clock.freeze()
    return emulator


def test_an_export_brings_the_same_directory_back_elsewhere() -> None:
    exported = a_directory_with_something_of_everything().export()
    other = Emulator()
    other.replace(json.loads(json.dumps(exported)))
    assert other.export() == exported
    with client(other) as http:
        group = http.get("/groups(uniqueName='x')").json()
        (member,) = http.get(f"/groups/{group['id']}/members").json()["value"]
        assert member["userPrincipalName"] == "AlineD@contoso.com"
        assert len(http.get(f"{ROLES}/roleEligibilitySchedules").json()["value"]) == 1
        other.clock.advance(days=28)
        http.headers["Authorization"] = f"Bearer {other.token(permissions=EVERYTHING)}"
        assert http.get(f"{ROLES}/roleEligibilitySchedules").json()["value"] == []
        assert http.get("/directory/deletedItems/graph.user").json()["value"] == []


def test_the_same_directory_is_exported_as_the_same_text() -> None:
    emulator = a_directory_with_something_of_everything()
    assert json.dumps(emulator.export()) == json.dumps(emulator.export())


def test_no_password_and_no_secret_is_exported() -> None:
    emulator = a_directory_with_something_of_everything()
    text = json.dumps(emulator.export())
    assert PASSWORD not in text
    assert "a~secret" not in text
    assert emulator.contoso.client_secret not in text
    assert "PRIVATE KEY" not in text


def test_an_import_brings_tenants_of_other_names() -> None:
    text = json.dumps(Emulator().export()["tenants"][Emulator.contoso.tenant_id])
    tenant_id, client_id = "11111111-2222-3333-4444-555555555555", "99999999-2222-3333-4444-555555555555"
    for old, new in (
        (Emulator.contoso.tenant_id, tenant_id),
        (Emulator.contoso.client_id, client_id),
        ("contoso", "tailspin"),
        ("Contoso", "Tailspin"),
    ):
        text = text.replace(old, new)
    exported = Emulator().export()
    exported["tenants"][tenant_id] = json.loads(text)
    emulator = Emulator()
    emulator.replace(exported)
    for name in (tenant_id, "tailspin", "Tailspin.com"):
        token = emulator.token(tenant=name)
        with httpx.Client(transport=emulator.transport(), base_url=GRAPH) as http:
            http.headers["Authorization"] = f"Bearer {token}"
            (organization,) = http.get("/organization").json()["value"]
            assert (organization["id"], organization["displayName"]) == (tenant_id, "Tailspin")
            assert http.get("/users/admin@tailspin.com").status_code == 200
            assert http.get("/users/admin@contoso.com").status_code == 404


USERS = f"tenants.{Emulator.contoso.tenant_id}.collections.users"
Change = Callable[[Any, Any], object]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda whole, _: whole.update(format="x"), "the archive's format is 'x', not 'entra-emulator directory 1'"),
        (lambda whole, _: whole.update(tenants={}), "tenants must name one at least"),
        (lambda whole, _: whole.update(clock={"ahead": "x", "frozen_at": None}), "clock must have ahead, in seconds"),
        (lambda whole, _: whole.update(clock={"ahead": 1e300, "frozen_at": None}), "from the year 1970 to the"),
        (lambda whole, _: whole.update(clock={"ahead": float("nan"), "frozen_at": None}), "from the year 1970"),
        (lambda _, tenant: tenant.pop("collections"), "collections must be a JSON object"),
        (lambda _, tenant: tenant["collections"].update(robots=[]), r"collections\.robots is no collection"),
        (lambda _, tenant: tenant["collections"].update(users={}), f"{USERS} must be a list"),
        (lambda _, tenant: tenant["collections"]["users"][0].pop("id"), rf"{USERS}\[0\]\.id must be a text"),
        (lambda _, tenant: tenant["collections"]["users"].append(tenant["collections"]["users"][0]),
         f"the ids of {USERS} must differ"),
        (lambda _, tenant: tenant["collections"]["users"].append({"id": "x", "userPrincipalName": "ADMIN@contoso.com"}),
         f"the values of userPrincipalName in {USERS} must differ: 'ADMIN@contoso.com' is there twice"),
        (lambda _, tenant: tenant["collections"].pop("organization"), "organization must be the one whose id is"),
        (lambda _, tenant: tenant["links"].update(members={"x": "y"}), r"links\.members\.x must be a list"),
        (lambda _, tenant: tenant["events"][0].update(event="doom"), r"events\[0\]\.event is 'doom'; there are"),
        (lambda _, tenant: tenant["events"][0].update(due="soon"), r"events\[0\]\.due is no moment with a zone"),
    ],
)  # fmt: skip
def test_what_is_no_archive_is_refused_in_a_sentence_and_changes_nothing(change: Change, sentence: str) -> None:
    emulator = a_directory_with_something_of_everything()
    before, edited = emulator.export(), emulator.export()
    change(edited, edited["tenants"][emulator.contoso.tenant_id])
    with pytest.raises(ValueError, match=sentence):
        emulator.replace(edited)
    with pytest.raises(ArchiveError, match="the archive must be a JSON object"):
        emulator.replace([])
    assert emulator.export() == before


def test_every_kind_of_document_is_exported_but_the_codes_of_sign_ins_under_way() -> None:
    names = [found.name for found in pkgutil.walk_packages(entra_emulator.__path__, "entra_emulator.")]
    values = [value for name in names for value in vars(importlib.import_module(name)).values()]
    kinds = {value.name for value in values if isinstance(value, Collection)}
    for value in values:
        if isinstance(value, ObjectType):
            kinds |= {value.active.name, value.deleted.name}
        elif isinstance(value, Kind):
            kinds |= {value.requests.name, value.schedules.name, value.expired.name}
    assert kinds - set(archive.COLLECTIONS) == {"deviceCodes", "authorizationCodes"}


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


def test_a_file_that_cannot_be_read_or_written_is_named(tmp_path: Path) -> None:
    for name in ("signing-key.pem", "ca.pem.new"):
        folder = tmp_path / name
        (folder / name).mkdir(parents=True)
        with (
            pytest.raises(StoreError, match=r"cannot be (read|written)"),
            Emulator(folder) as emulator,
            emulator.serve(),
        ):
            pass


def test_an_unknown_seed_is_named() -> None:
    with pytest.raises(ValueError, match="there is no seed 'nowhere', only contoso and fabrikam"):
        Emulator(seed="nowhere")


def test_a_key_of_another_kind_is_refused(tmp_path: Path) -> None:
    with Emulator(tmp_path) as emulator, emulator.serve():
        pass
    (tmp_path / "signing-key.pem").write_bytes((tmp_path / "ca-key.pem").read_bytes())
    with pytest.raises(StoreError, match=r"signing-key\.pem is damaged"):
        Emulator(tmp_path)
