"""Who may ask, and what a browser may do with the answer."""

import hmac
import re
from urllib.parse import urlsplit

import flask
from werkzeug.sansio.utils import host_is_trusted

from drawscape.errors import RequestRefused
from drawscape.web.settings import ANY_HOST, WebSettings

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""The page runs its own scripts and shows drawings, nothing else."""

DATA_POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox"
"""JSON and text load and run nothing, even when opened by themselves."""

SVG_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"
"""A drawing may carry styles; scripts, links to other files and forms stay dead in it."""

_COMMON = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Content-Security-Policy": DATA_POLICY,
    "Cache-Control": "no-store",
}


def add_headers(response: flask.Response) -> flask.Response:
    """Return `response` with every protective header that it does not set itself."""
    for name, value in _COMMON.items():
        response.headers.setdefault(name, value)
    return response


def check_request(settings: WebSettings, *, public: bool) -> None:
    """Refuse the current request unless its host, origin and token are as `settings` ask.

    `public` endpoints need no token. Raises RequestRefused with 400, 403 or 401.
    """
    _check_host(settings)
    _check_origin()
    if not public:
        _check_token(settings)


def _check_host(settings: WebSettings) -> None:
    # A page of another site can point its own name at 127.0.0.1 (DNS rebinding); its requests then
    # come with that name, and with the browser's blessing.
    if ANY_HOST in settings.allowed_hosts or flask.current_app.config["TRUSTED_HOSTS"]:
        return  # in the latter case Flask has checked
    host = flask.request.headers.get("Host", "")
    # Werkzeug's list takes no IPv6 address.
    named = "127.0.0.1" if re.fullmatch(r"\[::1\](:\d+)?", host) else host
    if not host_is_trusted(named, settings.allowed_hosts):
        raise RequestRefused(
            400,
            f"this server does not answer to the host name {host[:100]!r}; its owner can allow it "
            "with DRAWSCAPE_WEB_HOSTS, or the application's TRUSTED_HOSTS",
        )


def _check_origin() -> None:
    # Browsers name the page that sends a POST; a page of another site has no business here.
    if flask.request.method in ("GET", "HEAD", "OPTIONS"):
        return
    headers = flask.request.headers
    origin = headers.get("Origin", f"//{headers.get('Host', '')}")
    foreign = headers.get("Sec-Fetch-Site", "none") not in ("same-origin", "none")
    if foreign or urlsplit(origin).netloc.lower() != flask.request.headers.get("Host", "").lower():
        raise RequestRefused(403, "requests from pages of other sites are refused")


def _check_token(settings: WebSettings) -> None:
    if settings.token is None:
        return
    scheme, _, given = flask.request.headers.get("Authorization", "").partition(" ")
    matches = hmac.compare_digest(given.strip().encode(), settings.token.encode())
    if scheme.lower() != "bearer" or not matches:
        challenge = {"WWW-Authenticate": 'Bearer realm="drawscape"'}
        detail = "a bearer token is needed: send the header 'Authorization: Bearer <token>'"
        raise RequestRefused(401, detail, headers=challenge)
