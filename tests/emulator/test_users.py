import pytest

from entra_emulator import Emulator
from tests.emulator.graph import PASSWORD, Graph, bind, user_body

DEFAULTS = [
    "@odata.context", "id", "businessPhones", "displayName", "givenName", "jobTitle", "mail", "mobilePhone",
    "officeLocation", "preferredLanguage", "surname", "userPrincipalName",
]  # fmt: skip


def test_a_new_user_is_answered_with_the_default_properties(graph: Graph) -> None:
    made = graph.new_user("AlineD", givenName="Aline", jobTitle="Agent")
    assert list(made) == DEFAULTS
    assert made["@odata.context"].endswith("/v1.0/$metadata#users/$entity")
    assert (made["userPrincipalName"], made["givenName"], made["jobTitle"]) == ("AlineD@contoso.com", "Aline", "Agent")
    assert made["businessPhones"] == []
    assert made["surname"] is None


def test_a_user_is_read_by_id_and_by_name_without_case(graph: Graph) -> None:
    made = graph.new_user("AlineD")
    for key in (
        made["id"],
        made["id"].upper(),
        "AlineD@contoso.com",
        "alined@CONTOSO.com",
    ):
        assert graph.get(f"/users/{key}")["id"] == made["id"]
    assert graph.get("/users('AlineD@contoso.com')")["id"] == made["id"]
    assert graph.get("/users(userPrincipalName='AlineD@contoso.com')")["id"] == made["id"]


def test_a_name_with_special_characters_is_found_percent_encoded(graph: Graph) -> None:
    made = graph.new_user("guest", userPrincipalName="o'neil#EXT#@contoso.com")
    assert graph.get("/users/o'neil%23EXT%23@contoso.com")["id"] == made["id"]
    assert graph.get("/users(userPrincipalName='o''neil%23EXT%23@contoso.com')")["id"] == made["id"]


def test_other_properties_come_by_select_only(graph: Graph) -> None:
    made = graph.new_user("AlineD", department="IT", usageLocation="NL")
    selected = graph.get(
        f"/users/{made['id']}?$select=id,accountEnabled,mailNickname,department,usageLocation,userType,passwordPolicies"
    )
    assert selected.pop("@odata.context").endswith(
        "/v1.0/$metadata#users(id,accountEnabled,mailNickname,department,usageLocation,userType,passwordPolicies)/$entity"
    )
    assert selected == {
        "id": made["id"],
        "accountEnabled": True,
        "mailNickname": "AlineD",
        "department": "IT",
        "usageLocation": "NL",
        "userType": "Member",
        "passwordPolicies": None,
    }


def test_no_answer_and_no_list_ever_holds_a_password(graph: Graph, emulator: Emulator) -> None:
    made = graph.new_user()
    graph.done("PATCH", f"/users/{made['id']}", {"passwordProfile": {"password": PASSWORD + "2"}})
    status, code, _ = graph.refused("GET", f"/users/{made['id']}?$select=passwordProfile")
    assert (status, code) == (400, "BadRequest")
    assert PASSWORD not in repr(emulator.journal.entries())


def test_a_patch_changes_what_it_names_and_null_empties(graph: Graph) -> None:
    made = graph.new_user("AlineD", jobTitle="Agent", department="IT", businessPhones=["+1 555"])
    graph.done("PATCH", "/users/AlineD@contoso.com", {"jobTitle": "Lead", "department": None, "businessPhones": None})
    found = graph.get(f"/users/{made['id']}?$select=jobTitle,department,displayName,businessPhones")
    assert (found["jobTitle"], found["department"], found["displayName"]) == ("Lead", None, "AlineD")
    assert found["businessPhones"] == []


def test_whether_a_password_must_change_is_set_without_a_password(graph: Graph) -> None:
    made = graph.new_user()
    graph.done("PATCH", f"/users/{made['id']}", {"passwordProfile": {"forceChangePasswordNextSignIn": False}})
    wrong = {"passwordProfile": {"forceChangePasswordNextSignIn": "no"}}
    assert graph.refused("PATCH", f"/users/{made['id']}", wrong)[:2] == (400, "Request_BadRequest")


def test_a_user_can_be_renamed_and_the_old_name_is_free(graph: Graph) -> None:
    made = graph.new_user("AlineD")
    graph.done("PATCH", f"/users/{made['id']}", {"userPrincipalName": "Dupuy@contoso.com"})
    assert graph.refused("GET", "/users/AlineD@contoso.com")[0] == 404
    assert graph.get("/users/dupuy@contoso.com")["id"] == made["id"]
    graph.new_user("AlineD")


def test_saving_ones_own_name_again_is_no_conflict(graph: Graph) -> None:
    made = graph.new_user("AlineD")
    graph.done("PATCH", f"/users/{made['id']}", {"userPrincipalName": "ALINED@contoso.com"})
    assert graph.get(f"/users/{made['id']}")["userPrincipalName"] == "ALINED@contoso.com"


def test_a_name_belongs_to_one_user(graph: Graph) -> None:
    graph.new_user("AlineD")
    response = graph.send("POST", "/users", user_body("Other", userPrincipalName="alined@contoso.com"))
    error = response.json()["error"]
    message = "Another object with the same value for property userPrincipalName already exists."
    assert (response.status_code, error["code"], error["message"]) == (400, "Request_BadRequest", message)
    assert error["details"] == [{"code": "ObjectConflict", "message": message, "target": "userPrincipalName"}]


@pytest.mark.parametrize(
    "missing", ["accountEnabled", "displayName", "mailNickname", "userPrincipalName", "passwordProfile"]
)
def test_what_is_required_is_named_when_it_is_missing(graph: Graph, missing: str) -> None:
    body = user_body()
    del body[missing]
    assert graph.refused("POST", "/users", body) == (
        400,
        "Request_BadRequest",
        f"Property {missing} value is required but is empty or missing.",
    )


def test_a_new_user_needs_a_password(graph: Graph) -> None:
    profile = {"forceChangePasswordNextSignIn": True}
    assert graph.refused("POST", "/users", user_body(passwordProfile=profile))[:2] == (400, "Request_BadRequest")


@pytest.mark.parametrize("required", ["displayName", "accountEnabled", "mailNickname", "userPrincipalName"])
def test_what_is_required_cannot_be_emptied_later(graph: Graph, required: str) -> None:
    made = graph.new_user()
    assert graph.refused("PATCH", f"/users/{made['id']}", {required: None})[:2] == (400, "Request_BadRequest")


@pytest.mark.parametrize(
    "name",
    [
        "",
        "no-at-sign",
        "with space@contoso.com",
        "dot.@contoso.com",
        "a" * 65 + "@contoso.com",
        "@contoso.com",
        "ü@contoso.com",
    ],
)
def test_a_malformed_name_is_refused(graph: Graph, name: str) -> None:
    response = graph.send("POST", "/users", user_body(userPrincipalName=name))
    assert response.status_code == 400
    (detail,) = response.json()["error"]["details"]
    assert (detail["code"], detail["target"]) == ("InvalidValue", "userPrincipalName")


def test_a_name_must_end_in_a_verified_domain(graph: Graph) -> None:
    assert graph.refused("POST", "/users", user_body(userPrincipalName="a@fabrikam.com")) == (
        400,
        "Request_BadRequest",
        "The domain portion of the userPrincipalName property is invalid. "
        "You must use one of the verified domain names in your organization.",
    )
    graph.new_user("initial", userPrincipalName="a@contoso.onmicrosoft.com")


@pytest.mark.parametrize("password", ["Ab1!", "alllowercase", "ALLUPPER1", "Ünicode-1234", "A1a" + "x" * 254, 12345678])
def test_a_weak_password_is_refused(graph: Graph, password: object) -> None:
    assert graph.refused("POST", "/users", user_body(passwordProfile={"password": password})) == (
        400,
        "Request_BadRequest",
        "The specified password does not comply with password complexity requirements. "
        "Please provide a different password.",
    )


def test_a_policy_lets_weaker_passwords_through(graph: Graph) -> None:
    graph.new_user(passwordPolicies="DisableStrongPassword", passwordProfile={"password": "alllowercase"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("mailNickname", "with space"),
        ("mailNickname", "a,b"),
        ("mailNickname", "a" * 65),
        ("usageLocation", "Holland"),
        ("givenName", ""),
        ("surname", "s" * 65),
        ("displayName", "d" * 257),
        ("businessPhones", ["1", "2"]),
        ("otherMails", [""]),
        ("userType", "Alien"),
        ("employeeHireDate", "yesterday"),
    ],
)
def test_a_value_that_a_property_does_not_take_is_refused(graph: Graph, name: str, value: object) -> None:
    response = graph.send("POST", "/users", user_body(**{name: value}))
    message = f"Invalid value specified for property '{name}' of resource 'User'."
    assert response.status_code == 400
    assert response.json()["error"]["details"] == [{"code": "InvalidValue", "message": message, "target": name}]


@pytest.mark.parametrize(("name", "value"), [("accountEnabled", "yes"), ("displayName", 1), ("otherMails", "a@b.c")])
def test_a_value_of_another_type_is_refused(graph: Graph, name: str, value: object) -> None:
    status, code, message = graph.refused("POST", "/users", user_body(**{name: value}))
    assert (status, code) == (400, "Request_BadRequest")
    assert name in message


def test_read_only_unknown_and_not_emulated_properties_are_told_apart(graph: Graph) -> None:
    made = graph.new_user()
    path = f"/users/{made['id']}"
    assert graph.refused("PATCH", path, {"createdDateTime": "2020-01-01T00:00:00Z"})[:2] == (400, "Request_BadRequest")
    assert graph.refused("PATCH", path, {"nosuchproperty": 1})[:2] == (400, "Request_BadRequest")
    assert graph.refused("PATCH", path, {"skills": ["Python"]})[:2] == (501, "EmulatorNotImplemented")


def test_annotations_in_a_body_are_no_properties(graph: Graph) -> None:
    graph.new_user("AlineD", **{"@odata.type": "#microsoft.graph.user"})


def test_a_moment_is_taken_with_its_zone(graph: Graph) -> None:
    made = graph.new_user(employeeHireDate="2026-01-01T00:00:00Z")
    assert graph.get(f"/users/{made['id']}?$select=employeeHireDate")["employeeHireDate"] == "2026-01-01T00:00:00Z"


def test_a_missing_user_is_not_found(graph: Graph) -> None:
    assert graph.refused("GET", "/users/nobody@contoso.com") == (
        404,
        "Request_ResourceNotFound",
        "Resource 'nobody@contoso.com' does not exist or one of its queried reference-property objects "
        "are not present.",
    )
    group = graph.new_group()
    assert graph.refused("GET", f"/users/{group['id']}")[:2] == (404, "Request_ResourceNotFound")


def test_a_deleted_user_is_gone_and_its_name_is_free(graph: Graph) -> None:
    made = graph.new_user("AlineD")
    graph.done("DELETE", f"/users/{made['id']}")
    assert graph.refused("GET", f"/users/{made['id']}")[0] == 404
    assert graph.refused("DELETE", f"/users/{made['id']}")[0] == 404
    assert graph.new_user("AlineD")["id"] != made["id"]


def test_revoking_sessions_moves_the_moment_from_which_they_are_valid(graph: Graph, emulator: Emulator) -> None:
    made = graph.new_user()
    path = f"/users/{made['id']}"
    before = graph.get(f"{path}?$select=signInSessionsValidFromDateTime")["signInSessionsValidFromDateTime"]
    emulator.clock.advance(minutes=1)
    answer = graph.post(f"{path}/revokeSignInSessions", None, status=200)
    assert answer["value"] is True
    assert answer["@odata.context"].endswith("$metadata#Edm.Boolean")
    assert graph.get(f"{path}?$select=signInSessionsValidFromDateTime")["signInSessionsValidFromDateTime"] > before


def test_a_user_lists_the_groups_that_it_is_in(graph: Graph) -> None:
    user = graph.new_user()
    inner = graph.new_group("inner", isAssignableToRole=False, **{"members@odata.bind": bind(user["id"])})
    outer = graph.new_group("outer", isAssignableToRole=False, **{"members@odata.bind": bind(inner["id"])})
    direct = graph.values(f"/users/{user['id']}/memberOf")
    assert [(row["@odata.type"], row["id"]) for row in direct] == [("#microsoft.graph.group", inner["id"])]
    through = graph.values(f"/users/{user['id']}/transitiveMemberOf")
    assert {row["id"] for row in through} == {inner["id"], outer["id"]}
    expanded = graph.get(f"/users/{user['id']}?$select=id&$expand=memberOf,transitiveMemberOf")
    assert [row["id"] for row in expanded["memberOf"]] == [inner["id"]]
    assert {row["id"] for row in expanded["transitiveMemberOf"]} == {inner["id"], outer["id"]}


def test_me_is_the_signed_in_person(graph: Graph, administrator: Graph) -> None:
    assert administrator.get("/me")["userPrincipalName"] == "admin@contoso.com"
    administrator.done("PATCH", "/me", {"jobTitle": "Boss"})
    assert administrator.get("/me?$select=jobTitle")["jobTitle"] == "Boss"
    administrator.post("/me/revokeSignInSessions", None, status=200)
    graph.new_group("mine", **{"members@odata.bind": bind(graph.emulator.contoso.administrator_id)})
    assert [row["displayName"] for row in administrator.values("/me/memberOf")] == ["mine"]
    assert [row["displayName"] for row in administrator.values("/me/transitiveMemberOf")] == ["mine"]


def test_there_is_no_me_for_an_app(graph: Graph) -> None:
    message = "/me request is only valid with delegated authentication flow."
    assert graph.refused("GET", "/me") == (400, "BadRequest", message)


def test_a_body_must_be_a_json_object(graph: Graph) -> None:
    for content in (b"", b"{", b"[]", b'"text"'):
        response = graph.http.post(
            "/v1.0/users", content=content, headers={"Authorization": f"Bearer {graph.emulator.token()}"}
        )
        assert response.status_code == 400
        assert response.json()["error"]["code"] == "BadRequest"
