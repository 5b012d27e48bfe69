"""Who may ask: the host that a request names, the page that it comes from, and the owner's token.

The token is in the home's `.drawscape/web.token`. `drawscape web` prints it in a link, which leaves it in
a cookie. The address of a client proves nothing: a proxy on this machine forwards anyone's requests.
"""

import hashlib
import hmac
import os
import re
import secrets
from contextlib import suppress
from enum import Enum

import flask
from werkzeug.sansio.utils import host_is_trusted

from drawscape import settings as places
from drawscape.errors import RequestRefused
from drawscape.web.site import ANY_HOST, WebSettings, current_site

_KEPT_S = 400 * 86400  # browsers keep no cookie for longer
_NEEDED = (
    "this needs the site's token: open the link that `drawscape web` prints, or send the header "
    "'Authorization: Bearer <token>'"
)


class Access(Enum):
    """Who may ask for an address."""

    PUBLIC = "anyone: a page without contents, its files, the health"
    VISITOR = "anyone, but only with the token if the settings have one"
    OWNER = "only with the token"


def home_token() -> str:
    """Return the token of this home, made when it is first asked for."""
    path = places.state_folder() / "web.token"
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with suppress(FileExistsError):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as stream:
            stream.write(secrets.token_urlsafe(32))
    return path.read_text(encoding="ascii").strip()


def is_owner() -> bool:
    """Return whether the current request has the site's token, in a header or in a cookie."""
    token = _token()
    scheme, _, in_header = flask.request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and _matches(in_header.strip(), token):
        return True
    return _matches(flask.request.cookies.get(_cookie_name(token), ""), token)


def sign_in(given: str) -> flask.Response:
    """Return a redirection to the page with a cookie that keeps the token `given`.

    Raises RequestRefused with 401 when it is not the site's token.
    """
    token = _token()
    if not _matches(given, token):
        raise RequestRefused(401, "the token in this link is not the site's; " + _NEEDED)
    page = flask.url_for(".page")
    response = flask.make_response(flask.redirect(page, 303))
    response.set_cookie(
        _cookie_name(token),
        token,
        max_age=_KEPT_S,
        path=page,
        secure=flask.request.is_secure,
        httponly=True,
        samesite="Strict",
    )
    return response


def _token() -> str:
    return current_site().settings.token or home_token()


def _matches(given: str, token: str) -> bool:
    # The token is empty while another process writes its file.
    return bool(token) and hmac.compare_digest(given.encode("utf-8", "replace"), token.encode())


def _cookie_name(token: str) -> str:
    # Cookies do not distinguish ports: the sites of two homes would overwrite each other's.
    return f"drawscape-{hashlib.sha256(token.encode()).hexdigest()[:8]}"


def check_request(settings: WebSettings, access: Access) -> None:
    """Refuse the current request unless its host, its origin and its token are right.

    Raises RequestRefused with 400, 403 or 401.
    """
    _check_host(settings)
    _check_origin()
    needs_token = access is Access.OWNER or (access is Access.VISITOR and settings.token)
    if needs_token and not is_owner():
        challenge = {"WWW-Authenticate": 'Bearer realm="drawscape"'}
        raise RequestRefused(401, _NEEDED, headers=challenge)


def _check_host(settings: WebSettings) -> None:
    # A page of another site can point its own name at 127.0.0.1 (DNS rebinding). Its requests then come
    # with that name.
    if ANY_HOST in settings.allowed_hosts or flask.current_app.config["TRUSTED_HOSTS"]:
        return  # in the latter case Flask has checked
    host = flask.request.headers.get("Host", "").lower()
    # Werkzeug's list takes no IPv6 address.
    named = "127.0.0.1" if re.fullmatch(r"\[::1\](:\d+)?", host) else host
    if not host_is_trusted(named, [*map(str.lower, settings.allowed_hosts)]):
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
    host = headers.get("Host", "")
    origin = headers.get("Origin", f"//{host}").partition("//")[2]  # no path follows it
    foreign = headers.get("Sec-Fetch-Site", "none") not in ("same-origin", "none")
    if foreign or origin.lower() != host.lower():
        raise RequestRefused(403, "requests from pages of other sites are refused")
