"""A site: its settings and limits, and the headers that restrict a browser."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from typing import Any, cast

import flask

from drawscape.drawing.values import check_name
from drawscape.errors import RequestRefused, SettingsError
from drawscape.jobs import count_queued
from drawscape.parameters import Parameter
from drawscape.sketches import SKETCHES

LOOPBACK_HOSTS = ("localhost", "127.0.0.1")
"""The names under which a browser on the same machine reaches the server; the second includes [::1]."""

ANY_HOST = "*"


@dataclass(frozen=True)
class WebSettings:
    """Limits and addresses of one web interface; the defaults suit one machine.

    `task` is the dotted path of the task that draws. Only jobs of `job_modules` are shown, and
    no mail jobs of the same queue. `patterns` are the sketches on offer, empty for all.
    `withheld` are parameters that name a file of the server, which no client may set.

    The owner of the site has a token: `token`, or the one of the home (`drawscape.web.access`). It lets
    them drive machines, manage jobs and draw sheets of any size. When `token` is given, visitors without it
    see nothing. Otherwise they may look, and order sheets of `visitor_area_mm2` at most, which may
    take `visitor_timeout` to draw.
    `allowed_hosts` are the names that a request may be sent to, by default those of this machine.
    '.example.org' stands for all names with that ending, '*' for any name.
    Raises SettingsError for a limit that is not positive and for an empty token, UnknownNameError
    for a pattern that does not exist.
    """

    task: str = "drawscape.tasks.drawing.generate_complex_svg"
    job_modules: tuple[str, ...] = ("workers.svg_tasks", "drawscape.tasks.drawing")
    patterns: tuple[str, ...] = ()
    withheld: tuple[str, ...] = ("picture",)
    token: str | None = field(default=None, repr=False)
    allowed_hosts: tuple[str, ...] = LOOPBACK_HOSTS
    max_queued: int = 1000
    max_body_bytes: int = 64 * 1024
    min_size_mm: float = 10.0
    max_size_mm: float = 2000.0
    retry_after_s: int = 2
    job_timeout: str = "5m"
    visitor_area_mm2: float = 250_000.0  # an A2 sheet
    visitor_timeout: str = "2s"

    def __post_init__(self) -> None:
        for item in fields(self):
            value = getattr(self, item.name)
            if isinstance(value, int | float) and not isinstance(value, bool) and not value > 0:
                raise SettingsError(f"{item.name}={value!r} must be greater than 0")
        if self.token is not None and not self.token.strip():
            raise SettingsError("token is empty; give a secret, or None for no token")
        for name in self.patterns:
            check_name("pattern", name, SKETCHES)

    @property
    def offered(self) -> tuple[str, ...]:
        """The names of the sketches on offer."""
        return self.patterns or tuple(SKETCHES)

    def parameters_of(self, pattern: str) -> tuple[Parameter, ...]:
        """Return those parameters of a sketch that a client may set."""
        return tuple(p for p in SKETCHES[pattern].parameters if p.name not in self.withheld)

    @property
    def default_pattern(self) -> str:
        """The sketch of an order that names none: the contract's, where it is on offer."""
        return "spiral" if "spiral" in self.offered else self.offered[0]

    @classmethod
    def from_environment(cls, **overrides: Any) -> "WebSettings":
        """Return the defaults, then `DRAWSCAPE_WEB_TOKEN` and `DRAWSCAPE_WEB_HOSTS`, then `overrides`.

        The hosts, separated by commas, are allowed beside this machine's own names.
        """
        named = os.environ.get("DRAWSCAPE_WEB_HOSTS", "").split(",")
        hosts = (*LOOPBACK_HOSTS, *(host.strip() for host in named if host.strip()))
        token = os.environ.get("DRAWSCAPE_WEB_TOKEN") or None
        return cls(**{"token": token, "allowed_hosts": hosts, **overrides})


class Site:
    """The state that the views of one blueprint share: its settings, and a lock for enqueuing."""

    def __init__(self, settings: WebSettings) -> None:
        self.settings = settings
        self._enqueuing = threading.Lock()

    @contextmanager
    def admitted(self) -> Iterator[None]:
        """Hold a lock while the caller enqueues its job.

        Raises RequestRefused with 503 when the queue is full.
        """
        limit = self.settings.max_queued
        with self._enqueuing:
            if count_queued(limit) >= limit:
                again = {"Retry-After": str(self.settings.retry_after_s)}
                raise RequestRefused(503, f"{limit} jobs wait already; try again", headers=again)
            yield


def current_site() -> Site:
    return cast(Site, flask.g.drawscape_site)


def html(template: str, **values: Any) -> flask.Response:
    """Return a page made of a template, with the policy of pages."""
    text = flask.render_template(template, **values)
    response = flask.Response(text, content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = PAGE_POLICY
    response.headers["Cache-Control"] = "no-cache"
    return response


PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""The page runs its own scripts and shows drawings, nothing else."""

DATA_POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox"
"""JSON and text load and run nothing, even when opened by themselves."""

SVG_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"
"""A drawing may carry styles; its scripts, links to other files and forms do nothing."""

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
