"""`drawscape web`: the web front and a worker, started and stopped together."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Any

import click

from drawscape.errors import MissingExtraError

if TYPE_CHECKING:
    from drawscape.web.server import Server

_LOOPBACK = ("127.0.0.1", "::1", "localhost")

_SPARE_THREADS = 4
"""Threads that event streams may never take, so that orders and pictures are always answered."""


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8000,
    show_default=True,
    help="The port; 0 takes a free one.",
)
@click.option(
    "--token",
    envvar="DRAWSCAPE_WEB_TOKEN",
    show_envvar=True,
    help="Ask for this bearer token. Others can read a command line, so prefer the variable.",
)
@click.option(
    "--allowed-host",
    multiple=True,
    help="A host name to answer to, for a proxy's sake; may be repeated.",
)
@click.option(
    "--max-queued",
    type=click.IntRange(1),
    default=1000,
    show_default=True,
    help="Jobs that may wait; beyond that 503.",
)
@click.option(
    "--threads",
    type=click.IntRange(_SPARE_THREADS + 1, 500),
    default=24,
    show_default=True,
    help="Requests in hand at once, open event streams among them.",
)
@click.option(
    "--pattern",
    "patterns",
    multiple=True,
    help="Offer this pattern; may be repeated. All by default.",
)
@click.option("--no-worker", is_flag=True, help="Start no worker; one runs elsewhere.")
@click.option("-w", "--slots", type=click.IntRange(1, 256), help="Jobs at once in the worker.")
def web(
    host: str,
    port: int,
    token: str | None,
    allowed_host: tuple[str, ...],
    max_queued: int,
    threads: int,
    patterns: tuple[str, ...],
    no_worker: bool,
    slots: int | None,
) -> None:
    """Serve the web front and, beside it, a worker, until Ctrl-C.

    Only this machine can reach it unless --host says otherwise.
    """
    from drawscape.web import WebSettings, create_app

    settings = WebSettings.from_environment(
        token=token,
        max_queued=max_queued,
        max_streams=threads - _SPARE_THREADS,
        allowed_hosts=_hosts(host, allowed_host),
        patterns=patterns,
    )
    server = _listen(create_app(settings), host, port, threads)
    signal.signal(signal.SIGTERM, _leave)
    try:
        with _worker(wanted=not no_worker, slots=slots):
            _say(f"Drawscape: {server.url}")
            _say(_who_can_reach_it(host, token))
            server.run()
    finally:
        server.close()
    _say("stopped")


def _listen(app: Any, host: str, port: int, threads: int) -> Server:
    try:
        from drawscape.web.server import make_server
    except ImportError as error:
        raise MissingExtraError("`drawscape web`", "web") from error
    try:
        return make_server(app, host=host, port=port, threads=threads)
    except (OSError, ValueError) as error:
        raise click.ClickException(
            f"cannot listen on {host} port {port}: {error}; choose another --port, or 0 for a free one"
        ) from error


@contextmanager
def _worker(*, wanted: bool, slots: int | None) -> Iterator[None]:
    from drawscape.jobs import start_worker

    if not wanted:
        _say("No worker was started: `drawscape worker` draws what is ordered.")
        yield
        return
    process = start_worker(slots)
    _say(f"A worker runs beside it (process {process.pid}, log {process.log}); Ctrl-C stops both.")
    try:
        yield
    finally:
        process.stop()


def _hosts(host: str, named: tuple[str, ...]) -> tuple[str, ...]:
    from drawscape.web.security import LOOPBACK_HOSTS

    if host not in _LOOPBACK:
        return tuple(name.lower() for name in named)  # none named: any
    return (*LOOPBACK_HOSTS, *(name.lower() for name in named))


def _who_can_reach_it(host: str, token: str | None) -> str:
    if host in _LOOPBACK:
        return "Only this machine can reach it (--host 0.0.0.0 opens it to others)."
    if token is None:
        return (
            f"WARNING: whoever can reach {host} can draw here; set DRAWSCAPE_WEB_TOKEN to ask for "
            "a token, and put TLS in front of it."
        )
    return "Others can reach it, with the token; put TLS in front of it, or the token travels bare."


def _leave(_signal: int, _frame: FrameType | None) -> None:
    sys.exit(0)


def _say(line: str) -> None:
    click.echo(line, err=True)
