from pulumi_entra_pim.settings import CLOUDS, CREDENTIALS, SETTINGS
from tests.docs.page import Page

PAGE = Page("docs/configuration.md")


def test_the_table_of_settings_has_every_key_with_its_variables() -> None:
    table = PAGE.table("Key", "Variables")

    shown = [(key.text, names.codes) for key, names in zip(table.column("Key"), table.column("Variables"), strict=True)]

    assert shown == [(row.key, row.variables) for row in SETTINGS]


def test_every_setting_has_its_default() -> None:
    table = PAGE.table("Key", "Variables", "Default")

    assert [cell.codes for cell in table.column("Default")] == [
        (row.default,) if row.default else () for row in SETTINGS
    ]


def test_credentials_are_listed_in_the_order_in_which_they_are_looked_for() -> None:
    table = PAGE.table("Credential", "Variables", "And, if you like")

    shown = [(kind.text, needed.codes, optional.codes) for kind, needed, optional in table.rows]

    assert shown == [(source.kind, _flat(source.variables), _flat(source.optional)) for source in CREDENTIALS]


def test_every_cloud_has_its_addresses() -> None:
    table = PAGE.table("environment", "Graph", "Sign-in")

    assert {name.text: (graph.text, sign_in.text) for name, graph, sign_in in table.rows} == CLOUDS


def _flat(alternatives: tuple[tuple[str, ...], ...]) -> tuple[str, ...]:
    return tuple(name for names in alternatives for name in names)
