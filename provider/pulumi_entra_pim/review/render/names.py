"""Names as people may safely read them: what cannot be seen is spelled out, what is too long is cut and says so.

A display name is chosen by whoever may edit the object, so nothing in it may move the text around it, hide, or pass
for another name. Every rendering for people writes names through here; JSON keeps them as they are.
"""

from __future__ import annotations

import re
import unicodedata

LONGEST_NAME = 120
"""Characters of a name that are shown."""
LONGEST_TEXT = 500
"""Characters of a sentence that are shown; whatever it quotes may be long."""

# Letters and marks that show nothing although Unicode does not count them as controls or spaces:
# https://www.unicode.org/reports/tr44/#Default_Ignorable_Code_Point, and the braille blank.
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0")
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp", "Zs"})
_SHORT = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}
_PLAIN = re.compile(r"(?! )[ -\[\]-~]*(?<! )")


def visible(text: str) -> str:
    r"""Write a name so that all of it is seen, on one line, reversibly: ``\n``, ``\u202e``, a backslash doubled.

    A space stays a space between two characters that show, so that no renderer can fold or trim it.
    """
    if _PLAIN.fullmatch(text) and "  " not in text:
        return text
    last = len(text) - 1
    shown = []
    for index, character in enumerate(text):
        if character == " " and 0 < index < last and text[index - 1] != " ":
            shown.append(" ")
        elif character == "\\":
            shown.append(r"\\")
        elif _is_unseen(character):
            shown.append(_SHORT.get(character) or _escape(character))
        else:
            shown.append(character)
    return "".join(shown)


def name(text: str, longest: int = LONGEST_NAME) -> str:
    """Write a name for a reader: visible, cut, and said to be none where it is empty."""
    return cut(text, longest) or "(no name)"


def sentence(text: str) -> str:
    """Write words of ours, which may quote a name, for a reader: visible, and cut to ``LONGEST_TEXT``."""
    return cut(text, LONGEST_TEXT)


def cut(text: str, longest: int) -> str:
    """Write a text visibly, no more of it than the first ``longest`` characters, and say how many are left out."""
    if len(text) <= longest:
        return visible(text)
    return f"{visible(text[:longest])}… ({len(text) - longest:,} more characters)"


def _is_unseen(character: str) -> bool:
    code = ord(character)
    return (
        unicodedata.category(character) in _UNSEEN
        or character in _BLANK
        or code & 0xFFFE == 0xFFFE
        or 0xFDD0 <= code <= 0xFDEF
    )


def _escape(character: str) -> str:
    code = ord(character)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
