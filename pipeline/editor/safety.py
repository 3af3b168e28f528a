"""Who may talk to the desk: only this machine's browser, with the token of this start, and only from the desk's own pages.

In: requests. Out: those that pass, with headers on the answers that keep pages from doing anything but what they are for. A page
somewhere on the web can make a browser send requests to 127.0.0.1; such requests carry a foreign Host, a foreign Origin or no
cookie, and end here. With ``--host`` the desk can be opened to an office's own network; then a password is asked for.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

COOKIE = "minutes"
READING = ("GET", "HEAD")
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
Next = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True)
class Guard:
    """``hosts``: names under which the desk may be reached, without the port. ``password``: None on this machine alone."""

    hosts: frozenset[str]
    password: str | None = None
    token: str = field(default_factory=lambda: secrets.token_urlsafe(32))

    async def __call__(self, request: Request, call_next: Next) -> Response:
        response = self._refusal(request) or self._entry(request) or await call_next(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    def _refusal(self, request: Request) -> Response | None:
        host = urlsplit(f"//{request.headers.get('host', '')}").hostname
        if host not in self.hosts:
            return PlainTextResponse("この名前では開けません。", 421)
        if request.method in READING:
            return None
        origin = request.headers.get("origin")
        if origin is not None and urlsplit(origin).netloc != request.headers["host"]:
            return PlainTextResponse("ほかのページからは書き込めません。", 403)
        if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return PlainTextResponse("ほかのページからは書き込めません。", 403)
        return None

    def _entry(self, request: Request) -> Response | None:
        """The address that was printed carries the token once; from then on it is a cookie that no script can read."""
        given = request.query_params.get("token")
        if given is not None and request.method == "GET" and self._is_token(given):
            answer = RedirectResponse(request.url.path, 303)
            answer.set_cookie(COOKIE, self.token, httponly=True, samesite="strict", path="/")
            return answer
        if self._is_token(request.cookies.get(COOKIE, "")) or request.url.path == "/static/style.css":
            return None
        if self.password is not None and request.url.path == "/enter":
            return None
        if self.password is not None and request.method == "GET":
            return RedirectResponse("/enter", 303)
        return PlainTextResponse("minutes edit が表示した番地から開いてください。", 401)

    def _is_token(self, given: str) -> bool:
        return hmac.compare_digest(given.encode(), self.token.encode())

    def is_password(self, given: str) -> bool:
        return self.password is not None and hmac.compare_digest(given.encode(), self.password.encode())
