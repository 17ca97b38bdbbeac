"""A person's tokens: MSAL, a directory that asks who is there, and what is kept between two commands."""

import base64
import json
import logging
import re
import threading
import time
import webbrowser
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx
import msal
import msal_extensions
import pytest
from msal.oauth2cli.oauth2 import BrowserInteractionTimeoutError

from entra_emulator import Emulator
from pulumi_entra_pim.graph.auth import PersonTokens, SignIn, TokenStore, by_browser, by_device_code, identity_of
from pulumi_entra_pim.graph.errors import AuthError, NotSent
from tests.graph.service import said

GRAPH = "https://graph.microsoft.com"
HOST = "login.microsoftonline.com"
APP = "c0a1b2c3-0003-4d5e-8f60-718293a4b5c6"
ADMINISTRATOR = "admin@contoso.com"
ALINE = "AlineD@contoso.com"
CHALLENGE = json.dumps({"access_token": {"acrs": {"essential": True, "value": "c1"}}})
NEEDS = ("User.Read", "RoleAssignmentSchedule.ReadWrite.Directory")


class Lines:
    """What a person is told, and what they do then."""

    def __init__(self, act: Callable[[str], None] = lambda _: None) -> None:
        self.told: list[str] = []
        self._act = act

    def __call__(self, line: str) -> None:
        self.told.append(line)
        self._act(line)


class Tenant:
    """Contoso, with Aline in it, and a network that may lose answers."""

    def __init__(self) -> None:
        self.emulator = Emulator()
        self.inside = self.emulator.transport()
        self.lose: list[str] = []
        body = {
            "userPrincipalName": ALINE, "displayName": "Aline", "mailNickname": "aline", "accountEnabled": True,
            "passwordProfile": {"password": "xWwvJ]6NMw+bWH-d"},
        }  # fmt: skip
        self.graph("POST", "/users", body)

    def graph(self, method: str, path: str, body: object = None) -> None:
        bearer = self.emulator.token(permissions=("User.ReadWrite.All",))
        headers = {"Authorization": f"Bearer {bearer}"}
        with httpx.Client(transport=self.inside, headers=headers) as http:
            http.request(method, f"{GRAPH}/v1.0{path}", json=body).raise_for_status()

    def handle(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.rpartition("/")[2] in self.lose:
            self.lose.remove(request.url.path.rpartition("/")[2])
            raise httpx.ReadTimeout("60 s")
        return self.inside.handle_request(request)

    def tokens(
        self, way: SignIn | None, store: TokenStore | None = None, needs: tuple[str, ...] = NEEDS
    ) -> PersonTokens:
        return PersonTokens(
            f"https://{HOST}/{self.emulator.contoso.tenant_id}",
            APP,
            [f"{GRAPH}/{name}" for name in needs],
            lambda: httpx.Client(transport=httpx.MockTransport(self.handle)),
            store or TokenStore(msal.TokenCache()),
            way,
        )

    def code(self, user: str = ADMINISTRATOR, *, mfa: bool = True) -> Lines:
        """Be somebody who approves by the code at once."""
        return Lines(lambda line: self.emulator.approve_sign_in(code_in(line), user=user, mfa=mfa))


def code_in(line: str) -> str:
    return line.partition("enter the code ")[2].split()[0]


def claims(token: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    return found


@pytest.fixture
def tenant() -> Tenant:
    return Tenant()


@pytest.fixture
def instant(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let time pass without waiting for it."""
    ahead = 0.0
    present = time.time

    def sleep(seconds: float) -> None:
        nonlocal ahead
        ahead += seconds

    monkeypatch.setattr(time, "sleep", sleep)
    monkeypatch.setattr(time, "time", lambda: present() + ahead)


class TestDeviceCode:
    def test_a_person_types_the_code_and_is_who_the_token_says(self, tenant: Tenant) -> None:
        person = tenant.code()
        tokens = tenant.tokens(by_device_code(person))
        identity = identity_of(tokens.token())
        assert (identity.user_principal_name, identity.is_application) == (ADMINISTRATOR, False)
        assert identity.permissions >= set(NEEDS)
        [line] = person.told
        assert line.startswith("To sign in, use a web browser to open the page https://")

    def test_nobody_is_asked_twice(self, tenant: Tenant) -> None:
        person = tenant.code()
        tokens = tenant.tokens(by_device_code(person))
        assert tokens.token() == tokens.token()
        assert len(person.told) == 1

    def test_a_refused_token_is_renewed_in_silence(self, tenant: Tenant) -> None:
        person = tenant.code()
        tokens = tenant.tokens(by_device_code(person))
        first = tokens.token()
        tenant.emulator.clock.advance(seconds=10)
        assert tokens.renew(first)
        assert tokens.token() != first
        assert len(person.told) == 1

    def test_a_person_who_declines(self, tenant: Tenant) -> None:
        person = Lines(lambda line: tenant.emulator.decline_sign_in(code_in(line)))
        with pytest.raises(AuthError) as caught:
            tenant.tokens(by_device_code(person)).token()
        assert said(caught.value).startswith(f"Entra gave application {APP} no token at https://{HOST}/")
        assert "AADSTS65004: User declined to consent" in said(caught.value)

    def test_a_person_who_does_not_come(self, tenant: Tenant, instant: None) -> None:
        with pytest.raises(AuthError) as caught:
            tenant.tokens(by_device_code(Lines())).token()
        assert said(caught.value) == "nobody has signed in with the code while it was good: try again"

    def test_the_network_may_fail_while_the_person_types(self, tenant: Tenant, instant: None) -> None:
        tenant.lose = ["token"]
        person = tenant.code()
        assert tenant.tokens(by_device_code(person)).token()
        assert len(person.told) == 1

    def test_but_not_for_ever(self, tenant: Tenant, instant: None) -> None:
        tenant.lose = ["token"] * 1_000
        with pytest.raises(NotSent):
            tenant.tokens(by_device_code(Lines())).token()

    def test_words_of_another_server_cannot_steer_the_terminal(self) -> None:
        class Application:
            def initiate_device_flow(self, *_: object, **__: object) -> dict[str, object]:
                return {"message": "enter \x1b[2J\nthe code"}

            def acquire_token_by_device_flow(self, *_: object, **__: object) -> dict[str, object]:
                return {}

        person = Lines()
        by_device_code(person)(Application(), [], "", "")
        assert person.told == ["enter [2J the code"]


class TestChallenge:
    def test_it_is_answered_in_silence_by_whoever_has_signed_in_with_mfa(self, tenant: Tenant) -> None:
        person = tenant.code(mfa=True)
        tokens = tenant.tokens(by_device_code(person))
        assert tokens.renew(tokens.token(), CHALLENGE)
        assert claims(tokens.token())["acrs"] == ["c1"]
        assert len(person.told) == 1

    def test_it_takes_another_sign_in_after_one_without(self, tenant: Tenant) -> None:
        factors = iter([False, True])
        person = Lines(
            lambda line: tenant.emulator.approve_sign_in(code_in(line), user=ADMINISTRATOR, mfa=next(factors))
        )
        tokens = tenant.tokens(by_device_code(person))
        tokens.renew(tokens.token(), CHALLENGE)
        assert claims(tokens.token())["acrs"] == ["c1"]
        assert person.told[1].endswith(f" as {ADMINISTRATOR}")

    def test_somebody_else_does_not_go_on(self, tenant: Tenant) -> None:
        people = iter([(ADMINISTRATOR, False), (ALINE, True), (ADMINISTRATOR, True)])

        def approve(line: str) -> None:
            user, mfa = next(people)
            tenant.emulator.approve_sign_in(code_in(line), user=user, mfa=mfa)

        store = TokenStore(msal.TokenCache())
        tokens = tenant.tokens(by_device_code(Lines(approve)), store)
        tokens.renew(tokens.token(), CHALLENGE)
        with pytest.raises(AuthError) as caught:
            tokens.token()
        assert said(caught.value) == (
            f"{ALINE} has signed in, and the command began as {ADMINISTRATOR}: it does not go on as somebody else."
            " `entra-pim login` changes who you are"
        )
        assert identity_of(tokens.token()).user_principal_name == ADMINISTRATOR
        assert store.forget() == [ADMINISTRATOR]

    def test_where_nobody_can_be_asked_it_says_what_to_do(self, tenant: Tenant) -> None:
        store = TokenStore(msal.TokenCache())
        tenant.tokens(by_device_code(tenant.code(mfa=False)), store).token()
        tokens = tenant.tokens(None, store)
        tokens.renew(tokens.token(), CHALLENGE)
        with pytest.raises(AuthError) as caught:
            tokens.token()
        assert "AADSTS50076" in said(caught.value)
        assert said(caught.value).endswith(
            ": run `entra-pim login` at a terminal, or set credentials in the environment"
        )

    def test_a_sign_in_that_was_revoked_takes_another(self, tenant: Tenant) -> None:
        person = tenant.code()
        tokens = tenant.tokens(by_device_code(person))
        first = tokens.token()
        tenant.emulator.clock.advance(seconds=5)
        tenant.graph("POST", f"/users/{ADMINISTRATOR}/revokeSignInSessions")
        tokens.renew(first)
        tokens.token()
        assert len(person.told) == 2


class Form(HTMLParser):
    """The form of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.action = ""
        self.fields: dict[str, str] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.action = found.get("action", "")
        if tag == "input":
            self.fields[found["name"]] = found.get("value", "")


class TestBrowser:
    @pytest.fixture(autouse=True)
    def quick(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Have MSAL look every hundredth of a second whether the browser has come back."""
        real = time.sleep
        monkeypatch.setattr(time, "sleep", lambda _: real(0.01))

    def visit(self, tenant: Tenant, address: str, decision: str = "approve") -> threading.Thread:
        """Go to the sign-in page, decide, and carry the answer back."""

        def go() -> None:
            with httpx.Client(transport=tenant.inside) as http:
                page = http.post(address, data={"decision": decision, "username": ADMINISTRATOR, "mfa": "on"}).text
            form = Form(page)
            httpx.post(form.action, data=form.fields, trust_env=False)

        thread = threading.Thread(target=go)
        thread.start()
        return thread

    def opening(self, tenant: Tenant, visited: list[str]) -> Callable[[str], bool]:
        """Return a browser that opens, and remembers where it was sent."""

        def open_(address: str) -> bool:
            visited.append(address)
            return bool(self.visit(tenant, address))

        return open_

    def test_a_person_signs_in_at_the_browser_that_opens(self, tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
        visited: list[str] = []
        monkeypatch.setattr(webbrowser, "open", self.opening(tenant, visited))
        person = Lines()
        assert identity_of(tenant.tokens(by_browser(person)).token()).user_principal_name == ADMINISTRATOR
        asked = httpx.URL(visited[0]).params
        assert (asked["code_challenge_method"], asked["response_mode"]) == ("S256", "form_post")
        assert (asked["prompt"], httpx.URL(asked["redirect_uri"]).host) == ("select_account", "localhost")
        assert person.told == ["Sign in at the browser"]

    def test_without_a_browser_the_address_is_told(self, tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(webbrowser, "open", lambda _: False)

        def act(line: str) -> None:
            if "open https://" in line:
                self.visit(tenant, line.rpartition(" ")[2])

        assert tenant.tokens(by_browser(Lines(act))).token()

    def test_a_challenge_is_put_to_the_same_person(self, tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
        store = TokenStore(msal.TokenCache())
        tenant.tokens(by_device_code(tenant.code(mfa=False)), store).token()
        visited: list[str] = []
        monkeypatch.setattr(webbrowser, "open", self.opening(tenant, visited))
        tokens = tenant.tokens(by_browser(Lines()), store)
        tokens.renew(tokens.token(), CHALLENGE)
        assert claims(tokens.token())["acrs"] == ["c1"]
        assert httpx.URL(visited[0]).params["login_hint"] == ADMINISTRATOR

    def test_a_person_who_declines(self, tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(webbrowser, "open", lambda url: bool(self.visit(tenant, url, "decline")))
        with pytest.raises(AuthError, match="AADSTS65004: User declined"):
            tenant.tokens(by_browser(Lines())).token()

    def test_a_person_who_does_not_come(self) -> None:
        class Application:
            def acquire_token_interactive(self, *_: object, **__: object) -> None:
                raise BrowserInteractionTimeoutError("User did not complete the flow in time")

        with pytest.raises(AuthError, match="nobody has signed in at the browser: try again, or with a device code"):
            by_browser(Lines())(Application(), [], "", "")


class TestWhatIsKept:
    @pytest.fixture
    def keyring(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Have a platform that keeps things: a file in the place of its encryption, which this machine has not."""
        monkeypatch.setattr(msal_extensions, "build_encrypted_persistence", msal_extensions.FilePersistence)

    def test_another_command_goes_on_as_the_same_person(self, keyring: None, tenant: Tenant, tmp_path: Path) -> None:
        path = tmp_path / "home" / "tokens"
        first = TokenStore.open(path)
        assert first.lost_because == ""
        token = tenant.tokens(by_device_code(tenant.code()), first).token()
        assert tenant.tokens(None, TokenStore.open(path)).token() == token

    def test_permissions_that_were_not_asked_for_before_take_a_sign_in(
        self, keyring: None, tenant: Tenant, tmp_path: Path
    ) -> None:
        path = tmp_path / "tokens"
        tenant.tokens(by_device_code(tenant.code()), TokenStore.open(path), needs=("User.Read",)).token()
        with pytest.raises(AuthError, match="AADSTS65001"):
            tenant.tokens(None, TokenStore.open(path), needs=("AuditLog.Read.All",)).token()

    def test_all_is_forgotten(self, keyring: None, tenant: Tenant, tmp_path: Path) -> None:
        store = TokenStore.open(tmp_path / "tokens")
        tenant.tokens(by_device_code(tenant.code()), store).token()
        assert store.forget("https://login.elsewhere.example") == []
        account = store.account(f"https://{HOST}")
        assert account is not None
        assert account["username"] == ADMINISTRATOR
        assert store.forget(f"https://{HOST}") == [ADMINISTRATOR]
        assert store.account(f"https://{HOST}") is None
        assert "eyJ" not in (tmp_path / "tokens").read_text()
        with pytest.raises(AuthError, match="nobody is signed in at https://"):
            tenant.tokens(None, TokenStore.open(tmp_path / "tokens")).token()

    def test_what_cannot_be_read_is_said_in_a_line(
        self, keyring: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(time, "sleep", lambda _: None)
        (tmp_path / "tokens").write_text("of another machine")
        store = TokenStore.open(tmp_path / "tokens")
        for act in (store.forget, lambda: store.account(f"https://{HOST}")):
            with pytest.raises(AuthError) as caught:
                act()
            assert said(caught.value).startswith("the sign-ins that this machine keeps cannot be read (")

    def test_without_a_keyring_nothing_is_written(
        self, tenant: Tenant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def none_here(_: str) -> None:
            raise ImportError("Unable to import module 'gi'\nInstall it by something like this")

        monkeypatch.setattr(msal_extensions, "build_encrypted_persistence", none_here)
        store = TokenStore.open(tmp_path / "tokens")
        assert store.lost_because == "Unable to import module 'gi'"
        assert tenant.tokens(by_device_code(tenant.code()), store).token()
        assert list(tmp_path.iterdir()) == []

    def test_a_keyring_that_says_nothing_is_named(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def silent(_: str) -> None:
            raise RuntimeError

        monkeypatch.setattr(msal_extensions, "build_encrypted_persistence", silent)
        assert TokenStore.open(tmp_path).lost_because == "RuntimeError"


class TestWhatGoesWrong:
    def test_a_tenant_that_is_not_there(self, tenant: Tenant) -> None:
        tokens = PersonTokens(
            f"https://{HOST}/nowhere.example",
            APP,
            [f"{GRAPH}/User.Read"],
            lambda: httpx.Client(transport=tenant.inside),
            TokenStore(msal.TokenCache()),
            None,
        )
        with pytest.raises(AuthError, match="there is no such tenant: check AZURE_TENANT_ID"):
            tokens.token()

    def test_an_answer_without_a_token(self, tenant: Tenant) -> None:
        with pytest.raises(AuthError, match=rf"^no token from https://{HOST}/[^:]+: KeyError"):
            tenant.tokens(lambda *_: {"id_token_claims": {"preferred_username": "x"}}).token()

    def test_no_log_holds_a_token_or_a_code_that_is_good(
        self, tenant: Tenant, caplog: pytest.LogCaptureFixture
    ) -> None:
        for name in ("", "msal", "httpx", "httpcore"):
            caplog.set_level(logging.DEBUG, name)
        before_it_was_spent: list[str] = []
        flows: list[dict[str, Any]] = []
        real = msal.PublicClientApplication.initiate_device_flow

        def remember(*args: Any, **options: Any) -> Any:
            flows.append(real(*args, **options))
            return flows[-1]

        def approve(line: str) -> None:
            before_it_was_spent.append(caplog.text)
            tenant.emulator.approve_sign_in(code_in(line), user=ADMINISTRATOR)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(msal.PublicClientApplication, "initiate_device_flow", remember)
            tokens = tenant.tokens(by_device_code(Lines(approve)))
            tokens.renew(tokens.token(), CHALLENGE)
            tokens.token()
        assert flows[0]["device_code"] not in before_it_was_spent[0]
        assert "msal" in {record.name.partition(".")[0] for record in caplog.records}
        # How every token begins; what MSAL logs as client_info is the ids of the person and the tenant.
        assert re.search(r"eyJ[\w-]*\.", caplog.text) is None
        assert "eyJ" not in repr(tokens)
