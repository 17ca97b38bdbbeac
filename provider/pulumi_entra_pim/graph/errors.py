"""What can go wrong with Graph, as errors of our own.

The HTTP library and MSAL may be replaced one day, so their exceptions do not leave this package; they are
chained. Only reasons that somebody handles have a class::

    EntraError
    ├── AuthError                 no token, or not one for this tenant
    ├── Unanswered
    │   ├── NotSent               the request surely never reached Graph: safe to send again
    │   └── OutcomeUnknown        the answer was lost: Graph may have acted
    ├── TimedOut                  a wait of ours ran out
    ├── Abandoned                 nobody waits for the operation any more
    ├── Refused                   we will not do it: what, why, and the way on
    └── GraphError                Graph answered, and the answer is no
        ├── NotFound              404
        ├── Denied                401 and 403
        ├── AlreadyExists         an object with this key is there
        └── Throttled             429

Each message is one line that stands alone; it never holds a token or a request body.
"""

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any


class EntraError(Exception):
    """Say in one line what failed, why, and what to do."""


class AuthError(EntraError):
    """Say why there is no usable token."""


class Unanswered(EntraError):
    """Say that a request has no answer to go by; ``retry_after`` is the wait in seconds that was asked for, if any."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class NotSent(Unanswered):
    """Say that the request surely never reached the service."""


class OutcomeUnknown(Unanswered):
    """Say that the answer to a write was lost, so that the service may have acted."""


class TimedOut(EntraError):
    """Say what was waited for, how long, and what was seen last."""


class Abandoned(EntraError):
    """Say that nobody waits for the operation any more, so that nothing more was sent for it."""


class Refused(EntraError):
    """Say what we decline to do, and the way on."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Describe an error answer of Graph: the request it answers, and Graph's own words."""

    method: str
    path: str
    status: int
    code: str = ""
    message: str = ""
    request_id: str = ""
    targets: tuple[str, ...] = ()
    missing_permissions: tuple[str, ...] = ()
    retry_after: float | None = None
    claims: str = field(default="", repr=False)


class GraphError(EntraError):
    """Say what Graph refused, in Graph's words, with the request id that its support asks for."""

    def __init__(self, answer: Answer, advice: str = "") -> None:
        self.answer = answer
        self.advice = advice
        super().__init__(answer, advice)

    @property
    def code(self) -> str:
        """Return Graph's error code; "" where Graph gave none."""
        return self.answer.code

    def __str__(self) -> str:
        answer = self.answer
        reason = f"{answer.code or 'no code'}: {answer.message or 'Graph gave no reason'}"
        where = f"({answer.method} {answer.path}, HTTP {answer.status}, request-id {answer.request_id or 'none'})"
        return " ".join(part for part in (_sentence(reason), self.advice and _sentence(self.advice), where) if part)


class NotFound(GraphError):
    """Say that the object is not there, or not there yet."""


class Denied(GraphError):
    """Say that the caller may not do this."""


class AlreadyExists(GraphError):
    """Say that an object with the same key is there."""


class Throttled(GraphError):
    """Say that Graph asks to slow down."""


_EXISTS = re.compile(
    r"Another object with the same value for property \S+ already exists"
    r"|A conflicting object with one or more of the specified property values is present"
    r"|added object references already exist"
)
# What a JSON Web Token begins with: `{"` in base64. A proxy's page may repeat the request's headers.
_TOKEN = re.compile(r"eyJ[\w.-]+")
_SECONDS = re.compile(r"\d+(\.\d+)?", re.ASCII)
_EXISTS_CODES = frozenset({"RoleAssignmentExists", "PendingRoleAssignmentRequest"})


def error_of(answer: Answer, advice: str = "") -> GraphError:
    """Return the member of the family that an error answer belongs to."""
    family: type[GraphError] = GraphError
    if answer.status == 429:
        family = Throttled
    elif answer.status in (401, 403):
        family = Denied
    elif answer.code in _EXISTS_CODES or _EXISTS.search(answer.message):
        family = AlreadyExists
    elif answer.status == 404:
        family = NotFound
    return family(answer, advice)


def read_error(method: str, path: str, status: int, headers: Mapping[str, str], body: bytes) -> Answer:
    """Read an error answer: Graph's envelope, what PIM nests inside it, and the headers that matter.

    ``code`` may be empty or ``UnknownError`` with the real one in JSON text inside ``message``; both are
    unwrapped. An answer that is not Graph's (a proxy's page) keeps its first words as the message.
    Source: https://learn.microsoft.com/graph/errors
    """
    error = _envelope(body)
    if error is None:
        kind = headers.get("content-type", "no content type")
        error = {"message": f"the answer is not Graph's ({kind}): {first_words(body)}"}
    code, message = str(error.get("code") or ""), str(error.get("message") or "")
    nested = json_object(message)
    if nested is not None:
        code, message = str(nested.get("errorCode") or code), str(nested.get("message") or message)
    inner = error.get("innerError")
    details = error.get("details")
    return Answer(
        method=method,
        path=one_line(path),
        status=status,
        code=one_line(code),
        message=one_line(message),
        request_id=one_line(
            headers.get("request-id") or str((inner if isinstance(inner, dict) else {}).get("request-id") or "")
        ),
        targets=tuple(
            one_line(str(detail["target"]))
            for detail in (details if isinstance(details, list) else ())
            if isinstance(detail, dict) and detail.get("target")
        ),
        missing_permissions=_missing_permissions(code, one_line(message)),
        retry_after=retry_after(headers),
        claims=claims_challenge(headers),
    )


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that ``Retry-After`` asks for: whole, fractional, or until an HTTP date; None if absent."""
    said = headers.get("retry-after", "").strip()
    if _SECONDS.fullmatch(said):
        return float(said)
    until = _http_date(said)
    # A date is meant on the service's clock, which its own Date header shows.
    now = date_of(headers) or datetime.now(UTC)
    return None if until is None else max(0.0, (until - now).total_seconds())


def claims_challenge(headers: Mapping[str, str]) -> str:
    """Return, as JSON text, the claims that a refusal wants a token to have; "" when it wants none.

    Source: https://learn.microsoft.com/entra/identity-platform/claims-challenge
    """
    found = re.search(r'claims="([^"]+)"', headers.get("www-authenticate", ""))
    if found is None:
        return ""
    try:
        text = base64.b64decode(found[1] + "=" * (-len(found[1]) % 4), altchars=b"-_", validate=True).decode()
    except ValueError:
        return ""
    return text if json_object(text) else ""


def json_object(text: str | bytes) -> dict[str, Any] | None:
    """Return the JSON object that a text is; None when it is anything else."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def one_line(text: str) -> str:
    """Return somebody else's words as part of a line of ours: no control characters, and no tokens."""
    printable = "".join(character if character.isprintable() else " " for character in text)
    return _TOKEN.sub("[token]", " ".join(printable.split()))


def first_words(body: bytes) -> str:
    """Return how an answer begins that is not what was expected."""
    return one_line(body[:200].decode("utf-8", "replace"))


def date_of(headers: Mapping[str, str]) -> datetime | None:
    """Return the moment of an answer by the service's own clock; None when it does not say."""
    return _http_date(headers.get("date", ""))


def _http_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    # A date that leaves its zone out means GMT: https://www.rfc-editor.org/rfc/rfc9110#name-date-time-formats
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _envelope(body: bytes) -> dict[str, Any] | None:
    document = json_object(body)
    error = document.get("error") if document else None
    return error if isinstance(error, dict) else None


def _missing_permissions(code: str, message: str) -> tuple[str, ...]:
    # PIM names the permissions of which any one would do, comma-separated, at the end of the sentence.
    if code != "PermissionScopeNotGranted":
        return ()
    _, _, names = message.partition("missing permission scope ")
    return tuple(name.strip() for name in names.rstrip(".").split(",") if name.strip())


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."
