"""Who may use the workbench: whoever has its token, which the command prints as part of the address to open.

It reads files and starts programs for its user, so a request without the token gets nothing: neither another user of
the machine nor a page of another site that knows the port.
"""

from __future__ import annotations

import secrets
from http.cookies import SimpleCookie

from starlette.datastructures import URL, Headers, QueryParams
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

# Gradio asks its own server for this when it starts; it answers true or false and nothing else.
OPEN_PATHS = ("/gradio_api/startup-events",)
REFUSAL = "The workbench opens with the address that `semantic-eq workbench` printed, which ends with ?token=...\n"


class TokenOnly:
    """Lets through requests that carry the token: in the address once, then in a cookie, or as `Authorization`.

    Parameters
    ----------
    app : the application inside.
    token : the secret.
    """

    def __init__(self, app: ASGIApp, token: str) -> None:
        self.app = app
        self.token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or scope.get("path") in OPEN_PATHS or self._is_known(scope):
            await self.app(scope, receive, send)
        elif scope["type"] == "http":
            await self._answer(scope)(scope, receive, send)

    def _is_known(self, scope: Scope) -> bool:
        headers = Headers(scope=scope)
        cookie = SimpleCookie(headers.get("cookie", "")).get(self._cookie(scope))
        given = headers.get("authorization", "").removeprefix("Bearer ")
        return self._is_token(given) or (cookie is not None and self._is_token(cookie.value))

    def _answer(self, scope: Scope) -> Response:
        """A cookie for who comes with the token in the address, which goes out of sight; a refusal for others."""
        if scope["method"] != "GET" or not self._is_token(QueryParams(scope["query_string"]).get("token", "")):
            return PlainTextResponse(REFUSAL, 401)
        response = RedirectResponse(URL(scope=scope).path, 303)
        response.set_cookie(self._cookie(scope), self.token, httponly=True, samesite="strict")
        return response

    def _is_token(self, text: str) -> bool:
        return secrets.compare_digest(text.encode(), self.token.encode())

    @staticmethod
    def _cookie(scope: Scope) -> str:
        """A name of its own for each port, since cookies do not tell ports apart."""
        return f"semantic-eq-workbench-{(scope.get('server') or ('', 0))[1]}"
