"""What a web interface may do and how much of it: limits, token, the task that draws."""

import os
from dataclasses import dataclass, field, fields, replace
from typing import Any

from drawscape.errors import SettingsError, UnknownNameError
from drawscape.parameters import Parameter
from drawscape.sketches import SKETCHES

LOOPBACK_HOSTS = ("localhost", "127.0.0.1")
"""The names under which a browser on the same machine reaches the server; the second stands for [::1] too."""

ANY_HOST = "*"


@dataclass(frozen=True)
class WebSettings:
    """Limits and addresses of one web interface; the defaults suit one machine.

    `task` is the dotted path of the task that draws, `job_modules` the modules whose jobs may be
    seen and cancelled here (a mail in the same queue is none of a browser's business). `patterns`
    are the sketches on offer, empty for all; `withheld` are parameters that name a file of the
    server and so are no client's to choose. `token` asks for `Authorization: Bearer ...`.
    `allowed_hosts` are the names that a request may be sent to, those of this machine by default;
    '.example.org' stands for all names that end so, '*' for any name. `max_streams` bounds the event
    streams of one process, each of which holds a thread of the server: keep it well below the
    threads, or nothing else is answered. With `manage_jobs` whoever may see a job may also retry, hurry
    and delete it and read its log, and pause the queue; without, only cancel it.
    Raises SettingsError for a limit that is not positive and for an empty token, UnknownNameError
    for a pattern that does not exist.
    """

    task: str = "workers.svg_tasks.generate_complex_svg"
    job_modules: tuple[str, ...] = ("workers.svg_tasks", "drawscape.tasks.drawing")
    patterns: tuple[str, ...] = ()
    withheld: tuple[str, ...] = ("picture",)
    token: str | None = field(default=None, repr=False)
    allowed_hosts: tuple[str, ...] = LOOPBACK_HOSTS
    max_queued: int = 1000
    max_body_bytes: int = 64 * 1024
    min_size_mm: float = 10.0
    max_size_mm: float = 2000.0
    max_streams: int = 2
    max_stream_s: float = 600.0
    heartbeat_s: float = 15.0
    retry_after_s: int = 2
    job_timeout: str = "5m"
    manage_jobs: bool = False

    def __post_init__(self) -> None:
        for item in fields(self):
            value = getattr(self, item.name)
            if isinstance(value, int | float) and not isinstance(value, bool) and not value > 0:
                raise SettingsError(f"{item.name}={value!r} must be greater than 0")
        if self.token is not None and not self.token.strip():
            raise SettingsError("token is empty; give a secret, or None for no token")
        for name in self.patterns:
            if name not in SKETCHES:
                raise UnknownNameError("pattern", name, SKETCHES)

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

        The hosts, separated by commas, are allowed beside this machine's own names. An override that
        is None leaves what there is.
        """
        named = os.environ.get("DRAWSCAPE_WEB_HOSTS", "").split(",")
        hosts = (*LOOPBACK_HOSTS, *(host.strip() for host in named if host.strip()))
        settings = cls(token=os.environ.get("DRAWSCAPE_WEB_TOKEN") or None, allowed_hosts=hosts)
        return replace(settings, **{k: v for k, v in overrides.items() if v is not None})
