"""Signing in, who one is, and signing out: the command itself at a terminal, over TLS."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path

import httpx
import msal_extensions
import pytest
from typer.testing import CliRunner

from entra_emulator import Emulator
from pulumi_entra_pim.cli.__main__ import app
from pulumi_entra_pim.cli.endings import SignInNeeded
from pulumi_entra_pim.cli.session import Session, has_browser
from pulumi_entra_pim.graph.auth import by_device_code
from tests.docs.page import Page
from tests.graph.azure import AzureCli

from .terminal import Terminal, terminal

ENTRA_PIM = "c0a1b2c3-0003-4d5e-8f60-718293a4b5c6"
ADMINISTRATOR = "admin@contoso.com"
_CODE = "enter the code "
_DONE = " to authenticate"


class Contoso:
    """A served directory, and the environment of somebody at a terminal of a machine without a keyring."""

    def __init__(self, emulator: Emulator, reach: Mapping[str, str], home: Path) -> None:
        self.emulator = emulator
        self.home = home
        self.application = {**reach, "HOME": str(home), "DISPLAY": "", "BROWSER": "", "WAYLAND_DISPLAY": ""}
        self.person = {
            **{name: value for name, value in self.application.items() if name != "AZURE_CLIENT_SECRET"},
            "ENTRA_PIM_SIGN_IN_CLIENT_ID": ENTRA_PIM,
        }

    def approve(self, screen: Terminal, user: str = ADMINISTRATOR) -> None:
        """Wait for the code, and approve at another browser."""
        screen.wait_for(_DONE)
        self.emulator.approve_sign_in(screen.seen.partition(_CODE)[2].split()[0], user=user)

    def user(self) -> str:
        """Make another person; return their name."""
        bearer = self.emulator.token(permissions=("User.ReadWrite.All",))
        body = {
            "userPrincipalName": "AlineD@contoso.com",
            "displayName": "Aline",
            "mailNickname": "aline",
            "accountEnabled": True,
            "passwordProfile": {"password": "xWwvJ]6NMw+bWH-d"},
        }
        with httpx.Client(transport=self.emulator.transport()) as http:
            made = http.post(
                "https://graph.microsoft.com/v1.0/users", json=body, headers={"Authorization": f"Bearer {bearer}"}
            )
        return str(made.raise_for_status().json()["userPrincipalName"])

    def run(self, *words: str, environment: Mapping[str, str]) -> "subprocess.CompletedProcess[str]":
        """Run the command where there is no terminal."""
        return subprocess.run(
            [sys.executable, "-m", "pulumi_entra_pim.cli", *words],
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture(scope="module")
def _served() -> Iterator[tuple[Emulator, Mapping[str, str]]]:
    with Emulator() as emulator, emulator.serve() as served:
        yield emulator, served.environment


@pytest.fixture
def contoso(_served: tuple[Emulator, Mapping[str, str]], tmp_path: Path) -> Contoso:
    return Contoso(*_served, tmp_path)


class TestLogin:
    def test_a_person_signs_in_with_a_code(self, contoso: Contoso) -> None:
        with terminal("login", environment=contoso.person) as screen:
            contoso.approve(screen)
            assert screen.end() == 0
        assert f"You are {ADMINISTRATOR} in the tenant {contoso.emulator.contoso.tenant_id}." in screen.plain

    def test_what_is_not_kept_is_said_once_and_nothing_is_written(self, contoso: Contoso) -> None:
        with terminal("login", "--device-code", environment=contoso.person) as screen:
            contoso.approve(screen)
            assert screen.end() == 0
        assert screen.plain.count("sign-ins are not kept on this machine, and end with the command: ") == 1
        assert list(contoso.home.rglob("*")) == []

    def test_a_tenant_may_be_named(self, contoso: Contoso) -> None:
        words = ("login", "--device-code", "--tenant", "nowhere.example")
        with terminal(*words, environment=contoso.person) as screen:
            assert screen.end() == 5
        assert "there is no such tenant" in " ".join(screen.plain.split())

    def test_an_address_is_no_tenant(self, contoso: Contoso) -> None:
        with terminal("login", "--tenant", "contoso.com/x", environment=contoso.person) as screen:
            assert screen.end() == 1
        assert "entra-pim:tenantId is 'contoso.com/x': write an id such as" in screen.plain

    def test_a_person_who_declines(self, contoso: Contoso) -> None:
        with terminal("login", "--device-code", environment=contoso.person) as screen:
            screen.wait_for(_DONE)
            contoso.emulator.decline_sign_in(screen.seen.partition(_CODE)[2].split()[0])
            assert screen.end() == 5
        assert "User declined to consent" in " ".join(screen.plain.split())

    def test_the_browser_may_be_asked_for(self, contoso: Contoso) -> None:
        # What opens nothing, so that the address is told.
        with terminal("login", "--browser", environment={**contoso.person, "BROWSER": "/bin/false"}) as screen:
            screen.wait_for("No browser was found: open https://")
            screen.interrupt()
        assert "Sign in at the browser" in screen.plain

    def test_one_way_at_a_time(self, contoso: Contoso) -> None:
        ended = contoso.run("login", "--browser", "--device-code", environment=contoso.person)
        assert (ended.returncode, ended.stdout) == (2, "")
        assert "give --device-code or --browser, not both" in ended.stderr

    def test_without_a_terminal_nobody_is_asked(self, contoso: Contoso) -> None:
        ended = contoso.run("login", environment=contoso.person)
        assert (ended.returncode, ended.stdout) == (5, "")
        assert ended.stderr == "entra-pim: signing in takes a person at a terminal, and standard error is none\n"

    def test_without_an_application_to_sign_in_to(self, contoso: Contoso) -> None:
        environment = {**contoso.person, "ENTRA_PIM_SIGN_IN_CLIENT_ID": ""}
        ended = contoso.run("login", environment=environment)
        assert ended.returncode == 1
        assert ended.stderr == (
            "entra-pim: no credentials: set one of ENTRA_PIM_SIGN_IN_CLIENT_ID in the environment\n"
        )


class TestWhoAmI:
    def test_an_application(self, contoso: Contoso) -> None:
        ended = contoso.run("whoami", "--output", "json", environment=contoso.application)
        said = json.loads(ended.stdout)
        assert (ended.returncode, said["kind"], said["credential"]) == (0, "application", "client secret")
        assert said["client_id"] == contoso.emulator.contoso.client_id
        assert "RoleManagement.ReadWrite.Directory" in said["permissions"]
        assert contoso.application["AZURE_CLIENT_SECRET"] not in ended.stdout + ended.stderr

    def test_a_person_by_a_token_from_elsewhere(self, contoso: Contoso) -> None:
        token = contoso.emulator.token(user=ADMINISTRATOR, permissions=("User.Read",))
        ended = contoso.run("whoami", environment={**contoso.application, "ENTRA_PIM_ACCESS_TOKEN": token})
        assert ended.returncode == 0
        assert f"kind: person\nuser principal name: {ADMINISTRATOR}\n" in ended.stdout
        assert "permissions: User.Read\n" in ended.stdout
        assert token not in ended.stdout + ended.stderr

    def test_whoever_is_logged_in_to_the_azure_cli(self, contoso: Contoso) -> None:
        az = AzureCli(contoso.home)
        az.will_give(contoso.emulator.token(user=ADMINISTRATOR, permissions=("User.Read",)), time.time() + 3600)
        environment = {**contoso.person, "ENTRA_PIM_USE_CLI": "true", "PATH": str(contoso.home)}
        ended = contoso.run("whoami", "--output", "json", environment=environment)
        assert json.loads(ended.stdout)["credential"] == "Azure CLI"

    def test_nobody(self, contoso: Contoso) -> None:
        ended = contoso.run("whoami", environment=contoso.person)
        assert (ended.returncode, ended.stdout) == (5, "")
        assert ended.stderr.startswith("entra-pim: nobody is signed in at https://127.0.0.1:")
        assert ended.stderr.endswith(": run `entra-pim login` at a terminal, or set credentials in the environment\n")

    def test_at_a_terminal_it_asks_nobody_either(self, contoso: Contoso) -> None:
        with terminal("whoami", environment=contoso.person) as screen:
            assert screen.end() == 5
        assert _CODE not in screen.plain


class TestWhoseToken:
    def test_an_applications_secret_is_passed_over_for_what_takes_a_person(self, contoso: Contoso) -> None:
        environment = {**contoso.application, "ENTRA_PIM_SIGN_IN_CLIENT_ID": ENTRA_PIM}
        with terminal("deactivate", "User Administrator", environment=environment) as screen:
            contoso.approve(screen)
            screen.end()
        assert "an application" not in screen.plain

    def test_an_applications_token_does_not_pass_for_a_persons(self, contoso: Contoso) -> None:
        environment = {**contoso.application, "ENTRA_PIM_ACCESS_TOKEN": contoso.emulator.token()}
        ended = contoso.run("deactivate", "User Administrator", environment=environment)
        assert ended.returncode == 5
        assert ended.stderr == (
            "entra-pim: this needs a person, and the access token of the environment is an application's: unset it,"
            " and run `entra-pim login`\n"
        )


class TestKept:
    """A platform that keeps tokens: a file in the place of its encryption, which this machine does not have."""

    @pytest.fixture(autouse=True)
    def keyring(self, contoso: Contoso, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(msal_extensions, "build_encrypted_persistence", msal_extensions.FilePersistence)
        for name, value in contoso.person.items():
            monkeypatch.setenv(name, value)

    def command(self, *words: str) -> tuple[int, str]:
        ended = CliRunner().invoke(app, list(words), catch_exceptions=False)
        return ended.exit_code, ended.stdout

    def login(self, contoso: Contoso, monkeypatch: pytest.MonkeyPatch, user: str) -> tuple[int, str]:
        def approve(line: str) -> None:
            contoso.emulator.approve_sign_in(line.partition(_CODE)[2].split()[0], user=user)

        monkeypatch.setattr("pulumi_entra_pim.cli.login.way_to_sign_in", lambda *_: by_device_code(approve))
        return self.command("login")

    @pytest.mark.usefixtures("no_connection_outlives_the_test")
    def test_a_person_is_known_until_they_sign_out(self, contoso: Contoso, monkeypatch: pytest.MonkeyPatch) -> None:
        assert self.login(contoso, monkeypatch, ADMINISTRATOR)[0] == 0
        code, said = self.command("whoami", "--output", "json")
        assert (code, json.loads(said)["user_principal_name"]) == (0, ADMINISTRATOR)
        assert self.command("logout") == (0, f"Signed out: {ADMINISTRATOR}.\n")
        assert self.command("whoami")[0] == 5
        assert self.command("logout") == (0, "Nobody was signed in.\n")

    @pytest.mark.usefixtures("no_connection_outlives_the_test")
    def test_a_sign_in_takes_the_place_of_the_one_before(
        self, contoso: Contoso, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        another = contoso.user()
        self.login(contoso, monkeypatch, another)
        assert self.login(contoso, monkeypatch, ADMINISTRATOR)[0] == 0
        assert self.command("logout") == (0, f"Signed out: {ADMINISTRATOR}.\n")


class TestChallenge:
    CLAIMS = '{"access_token":{"acrs":{"essential":true,"value":"c1"}}}'

    def test_a_token_from_elsewhere_cannot_be_signed_in_again(
        self, contoso: Contoso, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("ENTRA_PIM_ACCESS_TOKEN", contoso.emulator.token(user=ADMINISTRATOR, permissions=("x",)))
        session = Session.of((), person=True)
        with pytest.raises(SignInNeeded) as caught:
            session.challenge(self.CLAIMS)
        assert str(caught.value) == (
            "Graph wants another sign-in than the access token can give, such as with multifactor authentication:"
            f" use `entra-pim login`, or get a token with the claims {self.CLAIMS}"
        )

    def test_the_azure_cli_gives_the_same_token_again(self, contoso: Contoso, monkeypatch: pytest.MonkeyPatch) -> None:
        az = AzureCli(contoso.home)
        az.will_give(contoso.emulator.token(user=ADMINISTRATOR, permissions=("x",)), time.time() + 3600)
        monkeypatch.setenv("PATH", str(contoso.home))
        monkeypatch.setenv("ENTRA_PIM_USE_CLI", "true")
        with pytest.raises(SignInNeeded, match="another sign-in than the Azure CLI can give"):
            Session.of((), person=True).challenge(self.CLAIMS)

    @pytest.mark.usefixtures("no_connection_outlives_the_test")
    def test_an_application_gets_a_token_with_the_claims(
        self, contoso: Contoso, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name, value in contoso.application.items():
            monkeypatch.setenv(name, value)
        session = Session.of(())
        contoso.emulator.clock.advance(seconds=2)
        session.challenge('{"access_token":{"nbf":{"essential":true,"value":"1"}}}')
        assert session.identity.is_application


@pytest.mark.parametrize(
    ("environ", "platform", "seen"),
    [
        ({}, "darwin", True),
        ({}, "win32", True),
        ({}, "linux", False),
        ({"DISPLAY": ":0"}, "linux", True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", True),
        ({"BROWSER": "firefox"}, "linux", True),
        ({"DISPLAY": ":10", "SSH_CONNECTION": "10.0.0.1 1 10.0.0.2 22"}, "linux", False),
        ({"SSH_CONNECTION": "10.0.0.1 1 10.0.0.2 22"}, "darwin", False),
    ],
)
def test_a_browser_is_used_where_the_person_would_see_it(environ: Mapping[str, str], platform: str, seen: bool) -> None:
    assert has_browser(environ, platform) is seen


def test_the_page_names_the_permissions_that_each_command_asks_for() -> None:
    [table] = Page("docs/cli.md").tables("Command", "Delegated permissions")
    shown = {command: set(names.codes) for commands, names in table.rows for command in commands.codes}

    assert shown == {name: _needs(name) for name in shown}


def _needs(name: str) -> set[str]:
    """Return what a command ever asks for, whatever its options."""
    module = import_module(f"pulumi_entra_pim.cli.{'import_' if name == 'import' else name.replace('-', '_')}")
    found = [value for constant, value in vars(module).items() if constant.startswith("NEEDS")]
    needs = [each for value in found for each in (value.values() if isinstance(value, dict) else [value])]
    return {permission for group in needs for permission in group}


class TestLogout:
    def test_nobody_is_signed_out_where_nobody_was_signed_in(self, contoso: Contoso) -> None:
        ended = contoso.run("logout", environment=contoso.person)
        assert (ended.returncode, ended.stdout) == (0, "Nobody was signed in.\n")
