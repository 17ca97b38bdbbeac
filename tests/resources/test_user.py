"""TestUser: made once, changed where it differs, its password sent only when it is what differs."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi.output import Unknown
from pulumi.runtime.proto import provider_pb2

from pulumi_entra_pim.graph.errors import AlreadyExists, Denied, EntraError, GraphError, OutcomeUnknown, Refused
from pulumi_entra_pim.resources._engine import HalfMade

from .engine import Engine, Rpc
from .entra import PASSWORD, Entra, offline
from .network import changing, fail, first, lose, lose_answer, not_there, refuse, unreachable
from .programs import a_user

UPN = "AlineD@contoso.com"


def found(entra: Entra, upn: str = UPN) -> dict[str, Any]:
    select = "id,displayName,accountEnabled,givenName,jobTitle,mailNickname,userPrincipalName"
    document: dict[str, Any] = entra.ask("GET", f"/users/{upn}?$select={select}")
    return document


def profiles(entra: Entra) -> list[Any]:
    """Return every password profile that was sent."""
    return [each.body["passwordProfile"] for each in entra.network.writes() if "passwordProfile" in (each.body or {})]


def test_a_user_is_made_in_one_call_with_what_the_program_says(entra: Entra) -> None:
    aline = entra.manage("TestUser")
    assert aline.up(**a_user(job_title="Helpdesk", force_change_password_next_sign_in=False)) == "create"
    assert entra.network.lines() == ["POST /users"]
    assert entra.network.sent[0].body == {
        "userPrincipalName": UPN,
        "displayName": "Aline Dupuy",
        "mailNickname": "AlineD",
        "accountEnabled": True,
        "jobTitle": "Helpdesk",
        "passwordProfile": {"password": PASSWORD, "forceChangePasswordNextSignIn": False},
    }
    assert aline.id == found(entra)["id"]
    assert aline.outputs["tenant_id"] == entra.tenant.tenant_id
    assert aline.outputs["adopted"] is False
    assert aline.up(**a_user(job_title="Helpdesk", force_change_password_next_sign_in=False)) == "same"


def test_an_edit_sends_what_differs_and_no_password(entra: Entra) -> None:
    aline = entra.manage("TestUser")
    aline.up(**a_user())
    assert aline.up(**a_user(job_title="Lead", account_enabled=False)) == "update"
    assert entra.network.writes()[-1].body == {"accountEnabled": False, "jobTitle": "Lead"}
    assert aline.outputs["password"] == PASSWORD
    assert aline.outputs["tenant_id"] == entra.tenant.tenant_id


def test_a_property_that_is_left_out_is_emptied(entra: Entra) -> None:
    aline = entra.manage("TestUser")
    aline.up(**a_user(job_title="Lead", given_name="Aline"))
    aline.up(**a_user(given_name="Aline"))
    assert entra.network.writes()[-1].body == {"jobTitle": None}
    assert found(entra)["jobTitle"] is None
    assert "job_title" not in aline.outputs


def test_a_changed_password_is_sent_once_and_never_again(entra: Entra) -> None:
    aline = entra.manage("TestUser")
    aline.up(**a_user())
    aline.up(**a_user(password="An0ther-canary!"))
    aline.refresh()
    aline.up(**a_user(password="An0ther-canary!", job_title="Lead"))
    assert profiles(entra) == [
        {"password": PASSWORD, "forceChangePasswordNextSignIn": True},
        {"password": "An0ther-canary!", "forceChangePasswordNextSignIn": True},
    ]


def test_whether_the_next_sign_in_asks_for_a_password_changes_without_one(entra: Entra) -> None:
    aline = entra.manage("TestUser")
    aline.up(**a_user())
    aline.up(**a_user(force_change_password_next_sign_in=False))
    assert profiles(entra)[1:] == [{"forceChangePasswordNextSignIn": False}]


def test_a_password_that_the_program_no_longer_names_stays_as_it_is(entra: Entra) -> None:
    aline = entra.manage("TestUser")
    aline.up(**a_user())
    assert aline.up(**a_user(password=None)) == "update"
    assert len(entra.network.writes()) == 1
    assert "password" not in aline.outputs


def test_an_edit_that_concerns_only_the_program_calls_nobody(entra: Entra) -> None:
    aline = entra.manage("TestUser")
    aline.up(**a_user())
    before = len(entra.network.sent)
    assert aline.up(**a_user(purge_on_destroy=True)) == "update"
    assert len(entra.network.sent) == before


def test_a_new_name_is_taken_and_another_case_of_it_is_no_change(entra: Entra) -> None:
    aline = entra.manage("TestUser")
    aline.up(**a_user())
    assert aline.preview(**a_user(user_principal_name="ALINED@contoso.COM")) == "same"
    assert aline.up(**a_user(user_principal_name="aline@contoso.com")) == "update"
    assert found(entra, "aline@contoso.com")["id"] == aline.id


def test_a_refresh_shows_drift_of_what_the_program_set_and_up_repairs_it(entra: Entra) -> None:
    aline = entra.manage("TestUser")
    aline.up(**a_user(job_title="Lead"))
    assert aline.refresh() == {}
    entra.ask("PATCH", f"/users/{aline.id}", {"jobTitle": "Boss", "department": "somebody else's", "givenName": "A"})
    assert aline.refresh() == {"job_title": "Boss"}
    assert aline.preview(**a_user(job_title="Lead")) == "update"
    aline.up(**a_user(job_title="Lead"))
    assert found(entra)["jobTitle"] == "Lead"
    assert found(entra)["givenName"] == "A"


def test_a_refresh_shows_what_somebody_emptied(entra: Entra) -> None:
    aline = entra.manage("TestUser")
    aline.up(**a_user(job_title="Lead"))
    entra.ask("PATCH", f"/users/{aline.id}", {"jobTitle": None})
    assert aline.refresh() == {"job_title": None}
    assert aline.preview(**a_user(job_title="Lead")) == "update"


def test_a_user_that_somebody_deleted_is_gone_and_made_anew(entra: Entra) -> None:
    aline = entra.manage("TestUser")
    aline.up(**a_user())
    entra.ask("DELETE", f"/users/{aline.id}")
    assert aline.refresh() == {"id": None}
    assert aline.up(**a_user()) == "create"


def test_destroy_puts_the_user_into_deleted_items(entra: Entra) -> None:
    aline = entra.manage("TestUser")
    aline.up(**a_user())
    id_ = aline.id
    aline.destroy()
    assert [each["id"] for each in entra.deleted("user")] == [id_]
    assert entra.network.lines()[-1] == f"DELETE /users/{id_}"


def test_destroying_what_is_gone_is_a_success(entra: Entra) -> None:
    aline = entra.manage("TestUser")
    aline.up(**a_user())
    entra.ask("DELETE", f"/users/{aline.id}")
    aline.destroy()


# -- somebody has the name already ------------------------------------------------------------------------------------


def test_a_user_of_somebody_else_is_not_taken(entra: Entra) -> None:
    id_ = entra.user("AlineD")
    entra.clock.sleep(3600)
    with pytest.raises(Refused, match=rf"{UPN} exists already \(object id {id_}, .*set adopt_existing=True") as refusal:
        entra.manage("TestUser").up(**a_user())
    assert isinstance(refusal.value.__cause__, AlreadyExists)
    assert found(entra)["displayName"] == "AlineD"


def as_asked(entra: Entra) -> str:
    return entra.user("AlineD", displayName="Aline Dupuy")


def test_a_user_just_as_asked_and_under_an_hour_old_is_the_work_of_a_run_cut_short(
    entra: Entra, engine: Engine
) -> None:
    id_ = as_asked(entra)
    entra.clock.sleep(3599)
    aline = entra.manage("TestUser")
    call = Rpc(provider_pb2.CreateRequest(urn="urn"))
    call(lambda: aline.up(**a_user()))
    assert (aline.id, aline.outputs["adopted"]) == (id_, False)
    [warning] = engine.said("WARNING")
    assert "taken as the work of a run that was cut short" in warning


def test_a_user_as_asked_that_is_an_hour_old_is_somebody_elses(entra: Entra) -> None:
    as_asked(entra)
    entra.clock.sleep(3600)
    with pytest.raises(Refused, match="adopt_existing=True"):
        entra.manage("TestUser").up(**a_user())


def test_a_young_user_that_differs_from_what_is_asked_is_somebody_elses(entra: Entra) -> None:
    as_asked(entra)
    with pytest.raises(Refused, match="adopt_existing=True"):
        entra.manage("TestUser").up(**a_user(job_title="Lead"))


def test_an_adopted_user_becomes_what_the_program_says_but_for_its_password(entra: Entra, engine: Engine) -> None:
    id_ = entra.user("AlineD", jobTitle="Boss")
    entra.clock.sleep(7200)
    aline = entra.manage("TestUser")
    Rpc(provider_pb2.CreateRequest(urn="urn"))(lambda: aline.up(**a_user(adopt_existing=True)))
    assert (aline.id, aline.outputs["adopted"]) == (id_, True)
    assert found(entra)["displayName"] == "Aline Dupuy"
    assert found(entra)["jobTitle"] == "Boss"
    assert len(profiles(entra)) == 1
    assert entra.network.writes()[-1].method == "PATCH"
    assert engine.said("WARNING") == [f"user {UPN} ({id_}) is adopted; its password is left as it is"]


def test_adoption_needs_no_password(entra: Entra) -> None:
    id_ = entra.user("AlineD")
    aline = entra.manage("TestUser")
    aline.up(**a_user(adopt_existing=True, password=None))
    assert aline.id == id_


def test_there_is_nothing_to_adopt_without_a_password_and_a_user(entra: Entra) -> None:
    with pytest.raises(GraphError, match="password"):
        entra.manage("TestUser").up(**a_user(adopt_existing=True, password=None))
    assert [each["id"] for each in entra.all("/users")] == [entra.tenant.administrator_id]


def test_an_adopted_user_is_released_at_destroy(entra: Entra, engine: Engine) -> None:
    entra.user("AlineD")
    aline = entra.manage("TestUser")
    aline.up(**a_user(adopt_existing=True))
    id_ = aline.id
    Rpc(provider_pb2.DeleteRequest(urn="urn"))(aline.destroy)
    assert found(entra)["id"] == id_
    assert engine.said("INFO") == [f"user {UPN} ({id_}) was adopted: released, not deleted"]


def test_an_adoption_that_fails_half_way_is_kept_and_finished_by_the_next_up(entra: Entra) -> None:
    id_ = entra.user("AlineD", jobTitle="Boss")
    entra.network.on("PATCH", "/users/", refuse(403, "Authorization_RequestDenied"))
    aline = entra.manage("TestUser")
    program = a_user(adopt_existing=True, job_title="Lead")
    with pytest.raises(HalfMade, match="Authorization_RequestDenied"):
        aline.up(**program)
    assert (aline.id, aline.outputs["adopted"], aline.outputs["job_title"]) == (id_, True, "Boss")
    assert aline.outputs["tenant_id"] == entra.tenant.tenant_id
    assert aline.up(**program) == "update"
    assert (found(entra)["jobTitle"], aline.outputs["adopted"]) == ("Lead", True)


def test_a_name_that_is_taken_by_something_that_cannot_be_seen_is_graphs_own_error(entra: Entra) -> None:
    entra.user("AlineD")
    entra.network.on("GET", "/users/", not_there, times=1000)
    with pytest.raises(AlreadyExists, match="userPrincipalName already exists"):
        entra.manage("TestUser").up(**a_user())


# -- the answer of the POST is lost -----------------------------------------------------------------------------------


@pytest.mark.parametrize("failure", [lose_answer, fail(500, applied=True), fail(504, applied=True)])
def test_a_lost_answer_is_settled_by_a_look(entra: Entra, failure: Any) -> None:
    entra.network.on("POST", "/users$", failure)
    aline = entra.manage("TestUser")
    aline.up(**a_user())
    assert [each.line.partition("?")[0] for each in entra.network.sent] == [
        "POST /users",
        "GET /users/AlineD%40contoso.com",
    ]
    assert (aline.id, aline.outputs["adopted"]) == (found(entra)["id"], False)


@pytest.mark.parametrize("failure", [lose, fail(500), fail(502), fail(503), fail(504)])
def test_a_post_is_sent_again_once_a_look_has_shown_that_it_did_nothing(entra: Entra, failure: Any) -> None:
    entra.network.on("POST", "/users$", failure, times=2)
    entra.manage("TestUser").up(**a_user())
    assert [each.method for each in entra.network.sent] == ["POST", "GET", "POST", "GET", "POST"]


def test_a_post_that_never_left_is_sent_again_without_a_look(entra: Entra) -> None:
    entra.network.on("POST", "/users$", unreachable, times=3)
    entra.manage("TestUser").up(**a_user())
    assert [each.method for each in entra.network.sent] == ["POST"] * 4


def test_a_post_is_given_up_after_eight_lost_answers(entra: Entra) -> None:
    entra.network.on("POST", "/users$", lose, times=8)
    with pytest.raises(OutcomeUnknown, match=r"POST .*/users was lost"):
        entra.manage("TestUser").up(**a_user())
    assert [each.method for each in entra.network.sent] == ["POST", "GET"] * 8


def test_a_look_that_lags_behind_a_lost_answer_makes_no_second_user_and_no_noise(entra: Entra, engine: Engine) -> None:
    entra.network.on("POST", "/users$", lose_answer)
    entra.network.on("GET", "/users/", not_there)
    aline = entra.manage("TestUser")
    Rpc(provider_pb2.CreateRequest(urn="urn"))(lambda: aline.up(**a_user()))
    assert (aline.id, aline.outputs["adopted"]) == (found(entra)["id"], False)
    assert engine.said("WARNING") == []


def test_a_lost_answer_does_not_make_a_user_of_somebody_else_ours(entra: Entra) -> None:
    id_ = entra.user("AlineD")
    entra.network.on("POST", "/users$", lose)
    with pytest.raises(Refused, match=id_):
        entra.manage("TestUser").up(**a_user())


# -- refusals ---------------------------------------------------------------------------------------------------------


def test_a_domain_that_is_not_verified_is_graphs_own_clear_line(entra: Entra) -> None:
    with pytest.raises(GraphError, match="verified domain names"):
        entra.manage("TestUser").up(**a_user(user_principal_name="AlineD@example.org"))


def test_a_missing_permission_is_named_and_nothing_is_made(entra: Entra) -> None:
    token = entra.emulator.token(permissions=["User.Read.All"])
    with pytest.raises(Denied, match=r"The call needs User\.ReadWrite\.All"):
        entra.manage("TestUser", token=token).up(**a_user())


def test_a_refused_purge_is_a_warning_on_a_delete_that_worked(entra: Entra, engine: Engine) -> None:
    aline = entra.manage("TestUser")
    aline.up(**a_user(purge_on_destroy=True))
    id_ = aline.id
    Rpc(provider_pb2.DeleteRequest(urn="urn:purge-refused"))(aline.destroy)
    assert [each["id"] for each in entra.deleted("user")] == [id_]
    [warning] = engine.said("WARNING")
    assert warning.startswith("deleted, but not purged: ")
    assert warning.endswith(f"Entra keeps {id_} in deletedItems for 30 days")


PURGER = ["User.ReadWrite.All", "User.DeleteRestore.All"]


def a_person(entra: Entra) -> str:
    return entra.emulator.token(user=entra.tenant.administrator_id, permissions=PURGER, lifetime=timedelta(days=1))


def test_a_purge_leaves_nothing_behind(entra: Entra) -> None:
    aline = entra.manage("TestUser", token=a_person(entra))
    aline.up(**a_user(purge_on_destroy=True))
    aline.destroy()
    assert entra.deleted("user") == []


def test_an_object_that_is_purged_already_is_a_success(entra: Entra, engine: Engine) -> None:
    aline = entra.manage("TestUser", token=a_person(entra))
    aline.up(**a_user(purge_on_destroy=True))
    entra.network.on("DELETE", "/deletedItems/", lose_answer)
    Rpc(provider_pb2.DeleteRequest(urn="urn:purged"))(aline.destroy)
    assert engine.said("WARNING") == []


def test_a_replaced_user_is_not_purged(entra: Entra, engine: Engine) -> None:
    aline = entra.manage("TestUser", token=a_person(entra))
    program = a_user(purge_on_destroy=True)
    Rpc(provider_pb2.CheckRequest(urn="urn:replaced"))(lambda: aline.up(**program))
    id_ = aline.id
    Rpc(provider_pb2.DeleteRequest(urn="urn:replaced"))(aline.destroy)
    assert [each["id"] for each in entra.deleted("user")] == [id_]
    assert engine.said("INFO") == [f"{id_} was replaced, so it is not purged: deletedItems keeps it for 30 days"]


# -- what the preview says --------------------------------------------------------------------------------------------


def problems(**program: Any) -> list[tuple[str, str]]:
    return [(each.property, each.reason) for each in offline("TestUser").check({}, a_user(**program)).failures]


@pytest.mark.parametrize(
    ("program", "property_", "reason"),
    [
        ({"user_principal_name": "aline"}, "user_principal_name", "must be alias@domain"),
        ({"user_principal_name": "aline@contoso"}, "user_principal_name", "must be alias@domain"),
        ({"user_principal_name": "aline.@contoso.com"}, "user_principal_name", "no dot at the end"),
        ({"user_principal_name": "älïne@contoso.com"}, "user_principal_name", "must be alias@domain"),
        ({"user_principal_name": f"{'a' * 65}@contoso.com"}, "user_principal_name", "at most 64 characters"),
        ({"user_principal_name": f"a@{'a' * 45}.com"}, "user_principal_name", "a domain of at most 48"),
        ({"user_principal_name": None}, "user_principal_name", "must be given"),
        ({"display_name": ""}, "display_name", "must have 1 to 256 characters; this has 0"),
        ({"display_name": 7.0}, "display_name", "must be a string"),
        ({"mail_nickname": "a b"}, "mail_nickname", "no space; 'a b' has not"),
        ({"mail_nickname": "a@b"}, "mail_nickname", "none of @()"),
        ({"account_enabled": "yes"}, "account_enabled", "must be true or false"),
        ({"usage_location": "usa"}, "usage_location", "two-letter country code"),
        ({"surname": "x" * 65}, "surname", "1 to 64 characters; this has 65"),
        ({"password": "Sh0rt!"}, "", "password must have 8 to 256 ASCII characters"),
        ({"password": "Pässwort-123"}, "", "password must have 8 to 256 ASCII characters"),
        ({"password": "aB3" * 85 + "aB"}, "", "password must have 8 to 256 ASCII characters"),
        ({"password": "onlylowercase"}, "", "password must have at least three of"),
        ({"password": 12345678.0}, "", "password must be a string"),
        ({"password": None}, "", "password must be given, unless adopt_existing"),
    ],
)
def test_what_entra_would_not_take_is_refused_at_preview(program: dict[str, Any], property_: str, reason: str) -> None:
    [(named, said)] = problems(**program)
    assert named == property_
    assert reason in said


@pytest.mark.parametrize(
    "program",
    [
        {"user_principal_name": "O'Neill.a-b_c!#^~@mail.contoso.com"},
        {"mail_nickname": "!#$%&'*+-./09=?AZ^_`az{|}~"},
        {"usage_location": "US"},
        {"password": "aB3aB3aB"},
        {"password": "aB3" * 85 + "a"},
        {"display_name": Unknown()},
        {"password": Unknown()},
        {"user_principal_name": Unknown()},
    ],
)
def test_what_entra_takes_or_nobody_knows_yet_passes(program: dict[str, Any]) -> None:
    assert problems(**program) == []


def test_every_problem_is_told_at_once() -> None:
    assert [name for name, _ in problems(user_principal_name="x", mail_nickname="@", password="x")] == [
        "user_principal_name",
        "mail_nickname",
        "",
    ]


@given(st.text(max_size=300).map(lambda text: f"c4nary{text}"))
def test_a_password_is_never_quoted_and_never_named(password: str) -> None:
    for property_, reason in problems(password=password):
        assert property_ == ""
        assert "c4nary" not in reason


@given(
    st.fixed_dictionaries(
        {},
        optional=dict.fromkeys(
            ("user_principal_name", "mail_nickname", "display_name", "usage_location"),
            st.one_of(st.text(), st.floats(), st.booleans(), st.lists(st.text()), st.just(Unknown())),
        ),
    )
)
def test_whatever_stands_in_a_user_the_check_answers(program: dict[str, Any]) -> None:
    assert {name for name, _ in problems(**program)} <= set(program)


def test_an_error_of_a_user_never_holds_its_password(entra: Entra) -> None:
    token = entra.emulator.token(permissions=[])
    entra.network.on("POST", "/users$", changing(lambda answer: answer["error"].update(message="no")))
    with pytest.raises(EntraError) as error:
        entra.manage("TestUser", token=token).up(**a_user())
    assert PASSWORD not in str(error.value)
    assert PASSWORD not in repr(error.value)


def test_something_made_in_the_moment_before_the_post_is_seen(entra: Entra) -> None:
    entra.network.on("POST", "/users$", first(lambda: entra.user("AlineD")))
    with pytest.raises(Refused, match="exists already"):
        entra.manage("TestUser").up(**a_user())
