"""`drawscape web`: the web page and a worker, started and stopped together."""

import logging
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import FrameType
from typing import Any

import click

from drawscape.cli.shared_options import SLOTS, option
from drawscape.errors import MissingExtraError, QueueError

_LOOPBACK = ("127.0.0.1", "::1", "localhost")

_SPARE_THREADS = 4
"""Threads that event streams may never take, so that orders and pictures are always answered."""

_FIRST_PAUSE_S = 0.5  # between two looks at the worker
_LONGEST_PAUSE_S = 30.0


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
        with _worker(wanted=not no_worker, slots=slots):
            _print(f"Drawscape: {_address(server)}")
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


@contextmanager
def _worker(*, wanted: bool, slots: int | None) -> Iterator[None]:
    """Run a worker, and another whenever it has died, until the block ends."""
    from drawscape.jobs import start_worker

    if not wanted:
        _print("No worker was started: `drawscape worker` draws what is ordered.")
        yield
        return
    process = start_worker(slots)
    _print(
        f"A worker runs beside it (process {process.pid}, log {process.log}); Ctrl-C stops both."
    )
    done = threading.Event()

    def keep_running() -> None:
        nonlocal process
        pause_s = _FIRST_PAUSE_S
        while not done.wait(pause_s):
            if process.alive:
                continue
            try:
                process = start_worker(slots)
                pause_s = _FIRST_PAUSE_S
                _print(f"The worker died; another one runs (process {process.pid}).")
            except QueueError as error:
                pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
                _print(f"The worker died, and another did not start: {error}")

    keeper = threading.Thread(target=keep_running, daemon=True)
    keeper.start()
    try:
        yield
    finally:
        done.set()
        keeper.join()
        process.stop()


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
