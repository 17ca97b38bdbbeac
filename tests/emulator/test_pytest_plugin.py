"""What another project's tests get from three lines."""

import pytest

pytest_plugins = ["pytester"]

CONFTEST = 'pytest_plugins = ["entra_emulator.pytest_plugin"]'


def run(pytester: pytest.Pytester, tests: str) -> pytest.RunResult:
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(tests)
    return pytester.runpytest_subprocess("-p", "no:cacheprovider", "-W", "error")


def test_three_lines_give_a_test_a_tenant(pytester: pytest.Pytester) -> None:
    run(
        pytester,
        """
        def test_the_tenant_has_an_administrator(entra_emulator):
            assert entra_emulator.token(user="admin@contoso.com", permissions=["User.Read"])
        """,
    ).assert_outcomes(passed=1)


def test_every_test_begins_at_the_seed(pytester: pytest.Pytester) -> None:
    run(
        pytester,
        """
        import httpx
        import pytest

        @pytest.mark.parametrize("turn", [1, 2])
        def test_what_one_test_does_no_other_sees(entra_emulator_served, entra_emulator, turn):
            assert entra_emulator.journal.entries() == []
            token = entra_emulator.token(permissions=["User.ReadWrite.All"])
            with httpx.Client(headers={"Authorization": f"Bearer {token}"}, trust_env=False) as graph:
                users = f"{entra_emulator_served.http_url}/v1.0/users"
                assert len(graph.get(users).raise_for_status().json()["value"]) == 1
                graph.post(users, json={
                    "accountEnabled": True, "displayName": "x", "mailNickname": "x",
                    "userPrincipalName": "x@contoso.com", "passwordProfile": {"password": "xWwvJ]6NMw+bWH-d"},
                }).raise_for_status()
        """,
    ).assert_outcomes(passed=2)


def test_the_emulator_of_a_test_answers_other_processes_too(pytester: pytest.Pytester) -> None:
    run(
        pytester,
        """
        import subprocess, sys

        ASK = '''
        import os, ssl, urllib.request
        trust = ssl.create_default_context(cafile=os.environ["ENTRA_PIM_CA_FILE"])
        urllib.request.urlopen(os.environ["ENTRA_PIM_GRAPH_URL"] + "/_emulator/health", context=trust)
        '''

        def test_over_tls(entra_emulator, entra_emulator_served):
            subprocess.run([sys.executable, "-c", ASK], env=entra_emulator_served.environment, check=True)
            assert [entry.path for entry in entra_emulator.journal.entries()] == ["/_emulator/health"]
        """,
    ).assert_outcomes(passed=1)


def test_the_fixtures_say_what_they_are(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(CONFTEST)
    shown = pytester.runpytest_subprocess("-p", "no:cacheprovider", "--fixtures").stdout.str()
    assert "the emulator with its seeded tenants" in shown
    assert "where the emulator of this test is served" in shown
    assert "_entra_emulator_doors" not in shown
