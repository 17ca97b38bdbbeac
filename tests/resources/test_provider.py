"""What the providers of all kinds have in common."""

import pickle
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import dill
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi.dynamic import Config, ConfigureRequest
from pulumi.output import Unknown
from pulumi.runtime.proto import provider_pb2

from pulumi_entra_pim.graph.errors import Refused
from pulumi_entra_pim.resources import HOMES, load_provider
from pulumi_entra_pim.resources._fields import declared

from .engine import Rpc, at_once
from .entra import Entra, offline
from .managed import Managed
from .programs import KINDS, NOBODY, a_group, a_user, an_eligibility

PROGRAMS: dict[str, dict[str, Any]] = {
    "TestUser": a_user(),
    "RoleAssignableGroup": a_group(),
    "RoleEligibility": an_eligibility(NOBODY),
}

every_kind = pytest.mark.parametrize("kind", KINDS)
kinds = st.sampled_from(KINDS)


def program_of(entra: Entra, kind: str) -> dict[str, Any]:
    """Return a program that can be brought up."""
    return an_eligibility(entra.user("aline")) if kind == "RoleEligibility" else PROGRAMS[kind]


# -- what is in every user's state ------------------------------------------------------------------------------------


@every_kind
@pytest.mark.parametrize("pickler", [pickle, dill])
def test_a_provider_is_pickled_as_a_call_that_names_its_kind(kind: str, pickler: Any) -> None:
    provider = load_provider(kind)
    assert provider.__reduce__() == (load_provider, (kind,))
    again = pickler.loads(pickler.dumps(provider))
    assert type(again) is type(provider)
    assert again.graph is None


@every_kind
def test_nothing_about_a_provider_needs_to_be_secret(kind: str) -> None:
    assert load_provider(kind).serialize_as_secret_always is False


def test_the_tests_of_every_kind_cover_every_kind() -> None:
    assert set(KINDS) == set(HOMES)


def test_a_kind_of_a_newer_version_says_what_to_install() -> None:
    with pytest.raises(ModuleNotFoundError, match="no RoleDream: the state was written by a newer version"):
        load_provider("RoleDream")


# -- settings ---------------------------------------------------------------------------------------------------------


def configured(kind: str, **config: str) -> Any:
    provider = load_provider(kind)
    settings = {f"entra-pim:{key}": value for key, value in config.items()}
    provider.configure(ConfigureRequest(Config(settings, "contoso")))
    return provider


@every_kind
def test_what_is_wrong_with_the_settings_is_told_on_each_row_at_preview(kind: str) -> None:
    [failure] = configured(kind).check({}, PROGRAMS[kind]).failures
    assert failure.property == ""
    assert failure.reason.startswith("no credentials: set one of ENTRA_PIM_ACCESS_TOKEN")


def test_a_wrong_setting_and_a_wrong_input_are_told_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENTRA_PIM_ACCESS_TOKEN", "token")
    provider = configured("TestUser", environment="mars")
    failures = provider.check({}, a_user(mail_nickname="a b")).failures
    assert [each.property for each in failures] == ["", "mail_nickname"]
    assert "entra-pim:environment" in failures[0].reason


def test_a_provider_that_was_never_configured_goes_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_provider("TestUser").check({}, a_user()).failures
    monkeypatch.setenv("ENTRA_PIM_ACCESS_TOKEN", "token")
    assert not load_provider("TestUser").check({}, a_user()).failures


def test_the_settings_are_enough_to_reach_graph(entra: Entra, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENTRA_PIM_ACCESS_TOKEN", entra.emulator.token(lifetime=timedelta(days=1)))
    with entra.emulator.serve(http_port=0) as served:
        assert served.http_url is not None
        aline = Managed(configured("TestUser", graphUrl=served.http_url))
        aline.up(**a_user())
        assert aline.refresh() == {}
        aline.destroy()
    assert len(entra.deleted("user")) == 1


def test_as_many_resources_are_worked_on_at_once_as_the_settings_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENTRA_PIM_ACCESS_TOKEN", "token")
    with ThreadPoolExecutor(max_workers=4) as pool:
        pool.submit(configured, "TestUser", maxConcurrency="12").result()
        assert at_once(pool, 12)


def test_the_programs_custom_timeout_bounds_the_operation(entra: Entra) -> None:
    eligibility = entra.manage("RoleEligibility")
    create = Rpc(provider_pb2.CreateRequest(urn="urn", timeout=7))
    with pytest.raises(Refused, match="SubjectNotFound"):
        create(lambda: eligibility.up(**an_eligibility(NOBODY)))
    assert 0 < entra.clock.waited <= 7


# -- the right tenant -------------------------------------------------------------------------------------------------


@every_kind
def test_credentials_of_another_tenant_look_at_nothing_and_change_nothing(entra: Entra, kind: str) -> None:
    ours = entra.manage(kind)
    ours.up(**program_of(entra, kind))
    before = len(entra.network.sent)
    token = entra.emulator.token(tenant="fabrikam", lifetime=timedelta(days=1))
    theirs = entra.provider(kind, token=token)
    line = re.escape(
        f"this {kind} is in tenant {entra.tenant.tenant_id}, and the credentials are for tenant"
        f" {entra.emulator.fabrikam.tenant_id}: nothing was looked at or changed; sign in to {entra.tenant.tenant_id}"
    )
    for operation in (
        lambda: theirs.read(ours.id, ours.outputs),
        lambda: theirs.update(ours.id, ours.outputs, ours.inputs),
        lambda: theirs.delete(ours.id, ours.outputs),
    ):
        with pytest.raises(Refused, match=line):
            operation()
    assert len(entra.network.sent) == before


# -- check and diff ---------------------------------------------------------------------------------------------------


@every_kind
def test_defaults_are_filled_in_where_a_reviewer_sees_them(kind: str) -> None:
    checked = offline(kind).check({}, PROGRAMS[kind]).inputs
    assert checked["adopt_existing"] is False
    assert all(checked[name] == value for name, value in PROGRAMS[kind].items())


def test_a_scope_that_is_not_given_is_the_whole_directory() -> None:
    assert offline("RoleEligibility").check({}, an_eligibility(NOBODY)).inputs["directory_scope_id"] == "/"


def test_what_the_engine_adds_for_itself_is_no_input() -> None:
    checked = offline("TestUser").check({}, {**a_user(), "__provider": "pickled", "tenant_id": None})
    assert not {"__provider", "tenant_id"} & set(checked.inputs)


words = st.text(min_size=1, max_size=20)
ids = st.lists(st.uuids().map(str), max_size=3, unique=True)


@st.composite
def programs(draw: st.DrawFn, kind: str) -> dict[str, Any]:
    """Draw a program of a kind that the check lets through, with things that nobody knows yet in it."""
    optional: dict[str, dict[str, st.SearchStrategy[Any]]] = {
        "TestUser": {
            "job_title": words,
            "given_name": words,
            "account_enabled": st.booleans(),
            "usage_location": st.sampled_from(["US", "DE"]),
            "purge_on_destroy": st.booleans(),
        },
        "RoleAssignableGroup": {
            "description": words,
            "owners": ids,
            "members": ids,
            "unique_name": words,
            "force_destroy": st.booleans(),
        },
        "RoleEligibility": {"justification": words, "ticket_number": words, "adopt_existing": st.booleans()},
    }
    unknown = {name: strategy | st.just(Unknown()) for name, strategy in optional[kind].items()}
    return {**PROGRAMS[kind], **draw(st.fixed_dictionaries({}, optional=unknown))}


def copied(values: dict[str, Any]) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, list) else value for name, value in values.items()}


@given(st.data(), kinds)
def test_check_alters_nothing_but_what_is_documented(data: st.DataObject, kind: str) -> None:
    program = data.draw(programs(kind))
    defaults = {name: each.field.default for name, each in declared(load_provider(kind).args).items()}
    expected = {**{name: value for name, value in defaults.items() if value is not None}, **program}
    if "unique_name" in program:
        del expected["default_unique_name"]
    given_ = copied(program)
    result = offline(kind).check({}, given_)
    assert result.failures == []
    assert result.inputs == expected
    assert given_ == program


@given(st.data(), kinds)
def test_what_was_checked_once_passes_the_check_again_unaltered(data: st.DataObject, kind: str) -> None:
    provider = offline(kind)
    checked = provider.check({}, data.draw(programs(kind))).inputs
    assert provider.check(checked, checked).inputs == checked


def state_of(kind: str, inputs: dict[str, Any]) -> dict[str, Any]:
    """Return outputs that could have come of inputs."""
    known = {name: value for name, value in inputs.items() if not isinstance(value, Unknown)}
    window = {"effective_start": "2026-11-23T00:00:00Z", "effective_end": "2027-11-23T00:00:00Z"}
    name = {"unique_name": known.get("unique_name", "contoso-dev-helpdesk")}
    return {**known, **{"RoleEligibility": window, "RoleAssignableGroup": name}.get(kind, {}), "tenant_id": "t"}


@given(st.data(), kinds)
def test_diff_is_a_pure_answer(data: st.DataObject, kind: str) -> None:
    provider = offline(kind)
    olds = state_of(kind, provider.check({}, data.draw(programs(kind))).inputs)
    news = provider.check(olds, data.draw(programs(kind))).inputs
    before = (copied(olds), copied(news))
    one, two = provider.diff("id", olds, news), offline(kind).diff("id", olds, news)
    assert (one.changes, one.replaces) == (two.changes, two.replaces)
    assert (olds, news) == before
    # The engine shows which property differs for None, and only for None.
    assert one.changes in (None, False)
    assert set(one.replaces or []) <= set(declared(provider.args))


@given(st.data(), kinds)
def test_diff_says_nothing_of_what_is_the_same(data: st.DataObject, kind: str) -> None:
    provider = offline(kind)
    inputs = provider.check({}, data.draw(programs(kind))).inputs
    if not any(isinstance(value, Unknown) for value in inputs.values()):
        assert provider.diff("id", state_of(kind, inputs), inputs).changes is False


@every_kind
def test_a_value_that_is_not_known_yet_counts_as_a_change(kind: str) -> None:
    provider = offline(kind)
    inputs = provider.check({}, PROGRAMS[kind]).inputs
    for name in PROGRAMS[kind]:
        if name in declared(provider.args):
            found = provider.diff("id", state_of(kind, inputs), {**inputs, name: Unknown()})
            assert found.changes is None


@every_kind
def test_an_input_that_the_state_lacks_counts_as_a_change(kind: str) -> None:
    provider = offline(kind)
    inputs = provider.check({}, PROGRAMS[kind]).inputs
    for name in set(inputs) & set(declared(provider.args)):
        olds = {other: value for other, value in state_of(kind, inputs).items() if other != name}
        found = provider.diff("id", olds, inputs)
        assert found.changes is (False if name == "duration" else None), name


def test_an_owner_who_is_not_known_yet_counts_as_a_change() -> None:
    group = a_group(owners=[NOBODY])
    found = offline("RoleAssignableGroup").diff("id", group, {**group, "owners": [NOBODY, Unknown()]})
    assert found.changes is None


def test_only_what_cannot_change_in_place_replaces() -> None:
    replacing = {
        kind: [name for name, each in declared(load_provider(kind).args).items() if each.field.replaces]
        for kind in KINDS
    }
    assert replacing == {
        "TestUser": [],
        "RoleAssignableGroup": [],
        "RoleEligibility": ["principal_id", "role_definition_id", "directory_scope_id"],
    }


# -- read -------------------------------------------------------------------------------------------------------------


@every_kind
def test_a_read_returns_as_inputs_only_what_the_program_set(entra: Entra, kind: str) -> None:
    resource = entra.manage(kind)
    program = program_of(entra, kind)
    resource.up(**program)
    inputs = resource.provider.read(resource.id, resource.outputs).inputs
    assert inputs is not None
    defaults = {name for name, each in declared(resource.provider.args).items() if each.field.default is not None}
    assert set(inputs) == {*program, *defaults}
    assert all(inputs[name] == value for name, value in program.items())


@every_kind
def test_what_is_gone_has_no_id_and_no_outputs(entra: Entra, kind: str) -> None:
    resource = entra.manage(kind)
    resource.up(**program_of(entra, kind))
    outputs = resource.outputs
    id_ = resource.id
    resource.destroy()
    result = resource.provider.read(id_, outputs)
    assert (result.id, result.outs) == (None, {})


@every_kind
def test_an_update_returns_the_whole_of_the_outputs(entra: Entra, kind: str) -> None:
    resource = entra.manage(kind)
    program = program_of(entra, kind)
    resource.up(**program)
    before = set(resource.outputs)
    resource.up(**program, adopt_existing=True)
    assert set(resource.outputs) == before
