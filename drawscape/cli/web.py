"""`drawscape web`: the web page and a worker, started and stopped together."""

import logging
import signal
import sys
from contextlib import nullcontext
from dataclasses import replace
from types import FrameType
from typing import Any

import click

from drawscape.cli.text import SLOTS, option
from drawscape.cli.worker import WorkerBeside
from drawscape.errors import MissingExtraError

_LOOPBACK = ("127.0.0.1", "::1", "localhost")

_SPARE_THREADS = 4
"""Threads that event streams may never take, so that orders and pictures are always answered."""


@click.command()
@option("--host", default="127.0.0.1", metavar="ADDRESS", help="Listen on this address.")
@option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8000,
    metavar="NUMBER",
    help="Listen on this port; 0 takes a free one.",
)
@click.option(
    "--token",
    envvar="DRAWSCAPE_WEB_TOKEN",
    show_envvar=True,
    metavar="TOKEN",
    help="Ask for this bearer token. Others can read a command line, so prefer the variable.",
)
@click.option(
    "--allowed-host",
    multiple=True,
    metavar="NAME",
    help="Answer to this host name, beside localhost and DRAWSCAPE_WEB_HOSTS; may be repeated.",
)
@option(
    "--max-queued",
    type=click.IntRange(1),
    default=1000,
    metavar="NUMBER",
    help="Let this many jobs wait; answer 503 beyond that.",
)
@option(
    "--threads",
    type=click.IntRange(_SPARE_THREADS + 1, 500),
    default=24,
    metavar="NUMBER",
    help="Answer this many requests at once, open event streams among them.",
)
@click.option(
    "--pattern",
    "patterns",
    multiple=True,
    metavar="NAME",
    help="Offer this pattern, by default all; may be repeated.",
)
@click.option(
    "--manage-jobs",
    is_flag=True,
    help="Let the page /jobs retry, hurry and delete jobs, show their logs and pause the queue.",
)
@click.option("--no-worker", is_flag=True, help="Start no worker; one runs elsewhere.")
@SLOTS
def web(
    host: str,
    port: int,
    token: str | None,
    allowed_host: tuple[str, ...],
    max_queued: int,
    threads: int,
    patterns: tuple[str, ...],
    manage_jobs: bool,
    no_worker: bool,
    slots: int | None,
) -> None:
    """Serve the web front, and run a worker beside it, until Ctrl-C.

    Only this machine can reach it unless --host says otherwise.
    """
    from drawscape.web import WebSettings, create_app

    settings = WebSettings.from_environment(
        token=token,
        max_queued=max_queued,
        max_streams=threads - _SPARE_THREADS,
        patterns=patterns,
        manage_jobs=manage_jobs,
    )
    settings = replace(settings, allowed_hosts=_hosts(settings.allowed_hosts, host, allowed_host))
    server = _listen(create_app(settings), host, port, threads)
    signal.signal(signal.SIGTERM, _exit)
    try:
        with nullcontext() if no_worker else WorkerBeside(slots):
            if no_worker:
                _print("No worker was started: `drawscape worker` draws what is ordered.")
            _print(f"Drawscape: {_address(server)} (Ctrl-C stops it)")
            _print(_who_can_reach_it(host, token))
            server.run()
    finally:
        server.close()
    _print("stopped")


def _listen(app: Any, host: str, port: int, threads: int) -> Any:
    try:
        from waitress import create_server
    except ImportError as error:
        raise MissingExtraError("`drawscape web`", "web") from error
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # that requests wait is no news
    try:
        return create_server(
            app,
            host=host,
            port=port,
            threads=threads,
            ident="drawscape",
            connection_limit=400,
            channel_timeout=60,
            channel_request_lookahead=1,  # so that a stream's end is seen while it is served
            max_request_header_size=32 * 1024,
            max_request_body_size=1024 * 1024,  # the application's own limit is smaller
            asyncore_use_poll=True,
        )
    except (OSError, ValueError) as error:
        raise click.ClickException(
            f"cannot listen on {host} port {port}: {error}; choose another --port, or 0 for a free one"
        ) from error


def _address(server: Any) -> str:
    """Return where a browser finds the page; a name may stand for several addresses."""
    host, port = getattr(
        server, "effective_listen", [(server.effective_host, server.effective_port)]
    )[0]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/"


def _hosts(known: tuple[str, ...], host: str, named: tuple[str, ...]) -> tuple[str, ...]:
    from drawscape.web.settings import ANY_HOST, LOOPBACK_HOSTS

    hosts = (*known, *(name.lower() for name in named))
    opened = host not in _LOOPBACK and set(hosts) == set(LOOPBACK_HOSTS)
    return (ANY_HOST,) if opened else hosts  # open to others, and no names were given: any


def _who_can_reach_it(host: str, token: str | None) -> str:
    if host in _LOOPBACK:
        return "Only this machine can reach it (--host 0.0.0.0 opens it to others)."
    if token is None:
        return (
            f"WARNING: whoever can reach {host} can draw here; set DRAWSCAPE_WEB_TOKEN to ask for "
            "a token, and put TLS in front of it."
        )
    return "Others can reach it, with the token; put TLS in front of it, or the token travels unencrypted."


def _exit(_signal: int, _frame: FrameType | None) -> None:
    sys.exit(0)


def _print(line: str) -> None:
    click.echo(line, err=True)
