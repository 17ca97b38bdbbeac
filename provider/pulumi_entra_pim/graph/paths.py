"""Graph's paths and query options, spelled so that no value can change their meaning."""

from urllib.parse import quote


def segment(value: str) -> str:
    """Return a value as one path segment, percent-encoded."""
    # Two dots on their own would take the path a step up.
    return quote(value, safe="") if value.strip(".") else value.replace(".", "%2E")


def literal(value: str) -> str:
    """Return a value as an OData string literal, percent-encoded: quotes around it, quotes inside it doubled."""
    return quote("'" + value.replace("'", "''") + "'", safe="'")


def equals(**properties: str) -> str:
    """Return the ``$filter`` that wants every property equal to its value, ready for a query string."""
    return "$filter=" + "%20and%20".join(f"{name}%20eq%20{literal(value)}" for name, value in properties.items())


def select(*properties: str) -> str:
    """Return the ``$select`` of these properties."""
    return "$select=" + ",".join(properties)
