"""Names for resources and variables: made from what people call things, the same ones for the same things."""

import hashlib
import keyword
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping

_LONGEST = 60
# What a generated program says itself.
_TAKEN = frozenset({"entra", "True", "False"})


def slug(kind: str, *words: str) -> str:
    """Return words as a name: letters, digits and single hyphens; the kind where no word has any."""
    parts = [_ascii(word) for word in words]
    name = "-".join(part for part in parts if part)[:_LONGEST].rstrip("-")
    if not name:
        return kind
    return name if name[0].isalpha() else f"{kind}-{name}"


def unique(wanted: Mapping[str, str]) -> dict[str, str]:
    """Return a name for each key: the one that is wanted, and where several want it, each with a mark of its key.

    What a thing is called so does not hang on the order in which things are found.
    """
    names = dict(wanted)
    for length in (8, 64):
        shared = _shared(names.values())
        names = {key: f"{wanted[key]}-{_mark(key, length)}" if name in shared else name for key, name in names.items()}
    return names


def variable(name: str) -> str:
    """Return a resource's name as a Python variable; two names never become one variable."""
    word = name.replace("-", "_")
    return f"{word}_" if keyword.iskeyword(word) or word in _TAKEN else word


def _ascii(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def _shared(names: Iterable[str]) -> set[str]:
    return {name for name, times in Counter(names).items() if times > 1}


def _mark(key: str, length: int) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:length]
