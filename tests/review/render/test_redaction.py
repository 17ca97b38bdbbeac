"""A review without people's names."""

import io
from dataclasses import replace

from pulumi_entra_pim.review.model import Finding, Flag, Person, Review
from pulumi_entra_pim.review.render import contents, document, html, markdown, terminal
from pulumi_entra_pim.review.render.redaction import without_people
from tests.review.render.reviews import ALINE, DIEGO, becomes, grant, helpdesk

_PERSONAL = (
    "AlineD@contoso.com", "alined@contoso.com", "TestUser::aline", "IsabellaS", "DiegoS@contoso.com", "'aline'",
    "4f9f3a0e-7d5e-4f2c-8f2e-2d8f6c6a0b11", "11f1e0d8-6a57-4cc1-9c0e-3f6d1b2a9c55",
)  # fmt: skip


def quoting() -> Review:
    """A review that names people in its sentences too."""
    base = helpdesk()
    urn = ALINE.key
    return replace(
        base,
        sentence="alined@contoso.com gains, DiegoS@contoso.com loses.",
        unknowns=("Member 2 of 'it-helpdesk' is 'aline' (AlineD@contoso.com).",),
        flags=(*base.flags, Flag("account", "note", urn, "aline", "TestUser 'aline' is disabled.")),
        findings=(
            *base.findings,
            Finding("PIM-U01", "t", "mandatory", "failed", urn, "aline", "'aline': DiegoS@contoso.com too", "a", "s"),
        ),
        changes=(*base.changes, becomes(grant(DIEGO), None, f"see {DIEGO.key}, or {urn}.")),
    )


def everything(review: Review) -> str:
    report = contents.report(review)
    written = io.StringIO()
    terminal.show(report, written, 400)
    platforms = [markdown.render(report, platform) for platform in markdown.Platform]
    return "\n".join([document.render(review), html.render(report), written.getvalue(), *platforms])


def test_nobodys_name_is_in_any_format() -> None:
    before, after = everything(quoting()), everything(without_people(quoting()))
    assert [name for name in _PERSONAL if name not in before] == []
    assert [name for name in _PERSONAL if name in after] == []


def test_groups_roles_and_scopes_keep_their_names() -> None:
    after = everything(without_people(quoting()))
    for kept in (
        "IT Helpdesk (User)",
        "User Administrator",
        "Paris",
        "RoleAssignableGroup::it-helpdesk",
        "'it-helpdesk'",
    ):
        assert kept in after


def test_one_person_is_one_stand_in_and_another_is_another() -> None:
    review = without_people(quoting())
    stand_ins = [change.grant.person.label for change in review.changes]
    assert stand_ins[2] == stand_ins[4] == "person-" + stand_ins[2].removeprefix("person-")
    assert len(set(stand_ins)) == 3
    assert stand_ins[2] in review.sentence
    assert stand_ins == [change.grant.person.label for change in without_people(quoting()).changes]


def test_a_name_within_a_word_is_no_name() -> None:
    review = replace(helpdesk(), changes=(becomes(grant(Person("al", "k", "managed", "")), None, "al: also al."),))
    [change] = without_people(review).changes
    stand_in = change.grant.person.label
    assert change.why == f"{stand_in}: also {stand_in}."


def test_of_names_that_contain_each_other_the_longer_is_replaced_whole() -> None:
    both = [Person(label, label, "managed", "") for label in ("al", "al@contoso.com", "!!!")]
    changes = tuple(becomes(grant(each), None, "al@contoso.com and al") for each in both)
    redacted = without_people(replace(helpdesk(), changes=changes)).changes
    short, long, odd = (each.grant.person.label for each in redacted)
    assert {each.why for each in redacted} == {f"{long} and {short}"}
    assert odd.startswith("person-")


def test_what_says_how_somebody_is_known_names_nobody() -> None:
    diego = Person("DiegoS@contoso.com", "9a1c2f34", "managed", "TestUser 'diego' of this stack")
    [change] = without_people(replace(helpdesk(), changes=(becomes(grant(diego), None),))).changes
    assert change.grant.person.how_known == "of this stack"


def test_those_who_have_no_name_keep_the_words_for_them() -> None:
    nobody = Person("nobody yet (IT Helpdesk)", "urn#members", "nobody", "'it-helpdesk' has no members")
    [change] = without_people(replace(helpdesk(), changes=(becomes(None, grant(nobody), ""),))).changes
    assert change.grant.person == nobody
