"""entra-pim.toml: what stack owners ask, per stack, and what is said of a file that is wrong."""

from __future__ import annotations

import json
import tomllib
from datetime import timedelta
from importlib.resources import files
from typing import Any, get_args

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_entra_pim.review import rules
from pulumi_entra_pim.review.config import Config, read_config, schema
from pulumi_entra_pim.review.model import ReviewError, RuleId

_SCHEMA: dict[str, Any] = json.loads(files("pulumi_entra_pim.review").joinpath("entra-pim.schema.json").read_text())

_WHOLE = """
version = 1

[levels]
PIM-E05 = "off"
PIM-G11 = "mandatory"

[limits]
eligibility = "P180D"
members = 5

[allow]
roles = ["User Administrator"]
domains = ["contoso.com"]

[break_glass]
accounts = ["break-glass@contoso.com"]

[[exceptions]]
rule = "PIM-E02"
subject = "grant"
owner = "security@contoso.com"
reason = "the audit lasts longer"
expires = 2027-03-31

[stacks.prod.levels]
PIM-E05 = "mandatory"

[stacks.prod.limits]
members = 3

[[stacks.prod.exceptions]]
rule = "PIM-G03"
subject = "desk"
owner = "security@contoso.com"
reason = "a second owner starts in May"
expires = 2027-05-31
"""


def test_a_stack_has_its_own_settings_over_those_of_all() -> None:
    every, prod = read_config(_WHOLE, "dev"), read_config(_WHOLE, "prod")
    assert every.levels == {"PIM-E05": "off", "PIM-G11": "mandatory"}
    assert prod.levels == {"PIM-E05": "mandatory", "PIM-G11": "mandatory"}
    assert (every.limits.members, prod.limits.members) == (5, 3)
    assert every.limits.eligibility == prod.limits.eligibility == timedelta(days=180)
    assert [each.rule for each in every.exceptions] == ["PIM-E02"]
    assert [each.rule for each in prod.exceptions] == ["PIM-E02", "PIM-G03"]


def test_a_file_that_says_nothing_leaves_everything_as_it_is() -> None:
    assert read_config("version = 1", "dev") == Config()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("version = ", "entra-pim.toml is not TOML"),
        ("", "entra-pim.toml: version: Field required"),
        ("version = 2", "entra-pim.toml: version: Input should be 1"),
        ("version = 1\ncolour = 1", "entra-pim.toml: colour: Extra inputs are not permitted"),
        ('version = 1\n[levels]\nPIM-X01 = "off"', "entra-pim.toml: levels.PIM-X01"),
        ('version = 1\n[levels]\nPIM-E01 = "loud"', "entra-pim.toml: levels.PIM-E01"),
        ("version = 1\n[limits]\neligibility = 365", "must be an ISO 8601 duration such as P365D"),
        ('version = 1\n[limits]\neligibility = "-P1D"', "must be longer than nothing"),
        ('version = 1\n[[exceptions]]\nrule = "PIM-E01"', "(and 3 more)"),
    ],
)
def test_a_file_that_is_wrong_is_said_to_be_in_one_line(text: str, line: str) -> None:
    with pytest.raises(ReviewError) as refused:
        read_config(text, "dev")
    assert line in str(refused.value)
    assert len(str(refused.value).splitlines()) == 1


@given(st.text())
def test_any_text_is_read_or_refused_in_one_line(text: str) -> None:
    try:
        said = str(read_config(text, "dev"))
    except ReviewError as error:
        said = str(error)
    assert len(said.splitlines()) == 1


def test_the_published_schema_is_that_of_the_code() -> None:
    assert schema() == _SCHEMA, "write json.dumps(schema(), indent=2) to review/entra-pim.schema.json"


def test_the_published_schema_takes_the_file_and_refuses_a_wrong_one() -> None:
    jsonschema.Draft202012Validator.check_schema(_SCHEMA)
    document = json.loads(json.dumps(tomllib.loads(_WHOLE), default=str))
    jsonschema.validate(document, _SCHEMA)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document | {"levels": {"PIM-X01": "off"}}, _SCHEMA)


def test_every_rule_can_be_configured_and_no_other() -> None:
    assert sorted(rule.id for rule in rules.ALL) == sorted(get_args(RuleId))
