"""A review as JSON, and the schema that is published of it."""

import json
from typing import Any

import jsonschema
from hypothesis import given, settings

from pulumi_entra_pim.review.model import Review
from pulumi_entra_pim.review.render import document
from tests.review.render.reviews import any_review, helpdesk


def closed(schema: Any) -> Any:
    """Make a schema refuse whatever it does not describe."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    stricter = {name: closed(value) for name, value in schema.items()}
    return stricter | {"additionalProperties": False} if "properties" in schema else stricter


_SCHEMA = closed(document.schema())
_VALIDATOR = jsonschema.Draft202012Validator(_SCHEMA, format_checker=jsonschema.FormatChecker())


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(document.schema())


@settings(max_examples=100)
@given(any_review)
def test_every_review_is_described_by_the_schema_whole(review: Review) -> None:
    text = document.render(review)
    assert text.isascii()
    _VALIDATOR.validate(json.loads(text))


def test_names_are_whole_and_as_they_are() -> None:
    found = json.loads(document.render(helpdesk()))
    assert found["schemaVersion"] == document.SCHEMA_VERSION == "1.0"
    assert found["asOf"] == "2026-11-24T09:30:00Z"
    assert found["changes"][0]["after"]["person"] == {
        "label": "AlineD@contoso.com",
        "key": "urn:pulumi:dev::contoso-helpdesk::pulumi-python:dynamic/entra-pim:TestUser::aline",
        "kind": "created",
        "howKnown": "created in this change",
        "canSignIn": True,
    }
    assert found["changes"][0]["after"]["windows"] == [
        {"start": "2026-12-01T00:00:00Z", "end": "2027-11-30T00:00:00Z", "known": True}
    ]


@settings(max_examples=50)
@given(any_review)
def test_nothing_is_lost(review: Review) -> None:
    found = json.loads(document.render(review))
    assert [(change["after"] or change["before"])["person"]["label"] for change in found["changes"]] == [
        change.grant.person.label for change in review.changes
    ]
    assert found["unknowns"] == list(review.unknowns)
