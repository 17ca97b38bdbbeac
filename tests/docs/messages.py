"""What the package says when something goes wrong, read from its source: texts with … for what is filled in."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from tests.docs.page import ROOT

_SOURCE = ROOT / "provider" / "pulumi_entra_pim"
_FILLED_IN = "…"

# What a person may meet; anything else that is raised is a bug of ours.
_EXPECTED = (
    "Refused",
    "AuthError",
    "NotSent",
    "OutcomeUnknown",
    "TimedOut",
    "EntraError",
    "SettingsError",
    "TypeError",
    "ModuleNotFoundError",
)
_LEFT_ON_THE_ROW = ("_engine.warn", "_engine.notice", "warn", "notice")


@dataclass(frozen=True)
class Message:
    """A text of the package, and where it stands."""

    text: str
    where: str

    def is_part_of(self, shown: str) -> bool:
        """Say whether a shown text has this one in it."""
        return re.search(self._words(), shown) is not None

    def is_whole(self, shown: str) -> bool:
        """Say whether a shown text is this one, be it after the name of an input and "must"."""
        return re.fullmatch(rf"((\w+|…) must )?{self._words()}", shown) is not None

    def _words(self) -> str:
        return ".+?".join(re.escape(part) for part in self.text.strip().split(_FILLED_IN))


@cache
def all_messages() -> list[Message]:
    """Return every text that has words of its own, but for documentation."""
    return [message for tree, name in _modules() for message in _texts(tree, name)]


def raised() -> list[Message]:
    """Return what is raised and expected."""
    return [
        message
        for tree, name in _modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and ast.unparse(node.exc.func) in _EXPECTED
        for argument in node.exc.args
        for message in _texts(argument, name)
    ]


def left_on_the_row() -> list[Message]:
    """Return what is said although nothing failed."""
    return [
        message
        for tree, name in _modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in _LEFT_ON_THE_ROW
        for message in _texts(node.args[0], name)
    ]


def refused_at_preview() -> list[Message]:
    """Return what an input's rule says after "must", and what the rules across inputs say."""
    after_must = [each for each in all_messages() if re.match(r"(be|have|name each) ", each.text)]
    return after_must + _in_functions("problems")


def advice() -> list[Message]:
    """Return what is added to the words of Graph and Entra."""
    tables = [
        message
        for tree, name in _modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "_ADVICE"
        for message in _texts(node.value, name)
    ]
    said = _in_functions("explained", "advice_on_length", "_delay", "_unknown", "_verdict", "advice_on_denial")
    return tables + said + _in_functions("advice_for_host")


def words() -> set[str]:
    """Return every single word that stands as a text of its own, such as an error code."""
    return {
        node.value
        for tree, _ in _modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and re.fullmatch(r"\w+", node.value)
    }


def _in_functions(*names: str) -> list[Message]:
    return [
        message
        for tree, name in _modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.name in names
        for message in _texts(node, name)
    ]


@cache
def _modules() -> list[tuple[ast.Module, str]]:
    rooms = {"", "graph", "resources", "functions"}  # the command and the review have pages of their own
    return [
        (ast.parse(path.read_text()), str(path.relative_to(_SOURCE)))
        for path in sorted(_SOURCE.rglob("*.py"))
        if str(path.relative_to(_SOURCE).parent).strip(".").partition("/")[0] in rooms
    ]


def _texts(node: ast.AST, name: str) -> Iterator[Message]:
    """Yield the outermost texts below a node."""
    if isinstance(node, ast.Constant | ast.JoinedStr):
        text = _text(node)
        if _has_words(text):
            yield Message(text, f"{name}:{node.lineno}")
        return
    for child in ast.iter_child_nodes(node):
        if not (isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant)):
            yield from _texts(child, name)


def _has_words(text: str) -> bool:
    """Tell a text for people from a name, and from one that is nothing but what is filled in."""
    return " " in text and sum(character.isalpha() for character in text) > len("must")


def _text(node: ast.expr) -> str:
    if isinstance(node, ast.JoinedStr):
        return re.sub("…+", "…", "".join(_text(part) for part in node.values))
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else _FILLED_IN
