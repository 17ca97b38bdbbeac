"""JSON of any shape, asked for what it should be: what is not so is a ReviewError of one line, never a traceback."""

from __future__ import annotations

from collections.abc import Iterator

from .model import ReviewError


class Bag:
    """An object of the document; ``name`` is what an error calls it. What is missing or null is empty."""

    def __init__(self, name: str, value: object) -> None:
        if not isinstance(value, dict):
            raise unexpected(name, "an object")
        self.name = name
        self.values: dict[str, object] = value

    def has(self, name: str) -> bool:
        """Say whether there is anything under a name."""
        return self.values.get(name) is not None

    def __iter__(self) -> Iterator[str]:
        return iter(self.values)

    def value(self, name: str, type_: type) -> object:
        """Return what is under a name, if anything, as what it has to be."""
        value = self.values.get(name)
        if value is not None and not isinstance(value, type_):
            raise unexpected(f"{name} of {self.name}", f"of type {type_.__name__}")
        return value

    def text(self, name: str) -> str:
        """Return a string, "" for none."""
        return clean(str(self.value(name, str) or ""))

    def texts(self, name: str) -> tuple[str, ...]:
        """Return the strings of a list."""
        values = self.list(name)
        if not all(isinstance(each, str) for each in values):
            raise unexpected(f"{name} of {self.name}", "a list of strings")
        return tuple(clean(str(each)) for each in values)

    def list(self, name: str) -> list[object]:
        """Return a list, an empty one for none."""
        value = self.value(name, list)
        return value if isinstance(value, list) else []

    def bag(self, name: str) -> Bag:
        """Return an object in this one, an empty one for none."""
        return Bag(f"{name} of {self.name}", self.value(name, dict) or {})

    @property
    def id(self) -> str | None:
        """The object's id in the one spelling that ids compare in."""
        return self.text("id").lower() or None


def unexpected(what: str, wanted: str) -> ReviewError:
    """Return the error for something that is not as it is always written."""
    return ReviewError(f"{what} is not {wanted}: the preview may be of a newer Pulumi, or is not whole")


def clean(text: str) -> str:
    """Return a text that can be written as UTF-8: JSON can spell halves of characters."""
    return text.encode("utf-8", "replace").decode("utf-8")
