"""How a request gets its token."""

import re
from collections.abc import Generator

import httpx

from ..errors import AuthError, claims_challenge
from .tokens import TokenSource


class BearerAuth(httpx.Auth):
    """Put a token on each request; when Graph refuses it, ask once for a fresh one, with the claims that Graph wants.

    A request refused with 401 was not acted on, so sending it again repeats nothing.
    """

    def __init__(self, tokens: TokenSource) -> None:
        self._tokens = tokens

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Yield the request with its token, and once more with another after a 401."""
        token = self._tokens.token()
        request.headers["Authorization"] = _bearer(token)
        response = yield request
        if response.status_code == 401 and self._tokens.renew(token, claims_challenge(response.headers)):
            fresh = self._tokens.token()
            if fresh != token:
                request.headers["Authorization"] = _bearer(fresh)
                yield request


def _bearer(token: str) -> str:
    # An HTTP library that finds a line break in a header repeats the header in its error.
    # https://www.rfc-editor.org/rfc/rfc6750#section-2.1
    if not re.fullmatch(r"[A-Za-z0-9._~+/-]+=*", token):
        raise AuthError(
            "the access token is not a bearer token: it holds a space, a line break or another character that none has;"
            " check ENTRA_PIM_ACCESS_TOKEN if it is set"
        )
    return f"Bearer {token}"
