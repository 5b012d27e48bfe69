"""`drawscape worker`, a huey consumer with good defaults; and `web`, with a worker beside it."""

import logging
import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import nullcontext, suppress
from dataclasses import replace
from typing import Any

import click

from drawscape import settings
from drawscape.cli.options import SLOTS, flag, option, time_option
from drawscape.cli.printing import counted
from drawscape.errors import DrawscapeError, MissingExtraError
from drawscape.jobs import WorkerProcess, check_lane, start_worker, worker_trouble
from drawscape.machine.device import device_names
from drawscape.project_modules import import_module
from drawscape.settings import web_address_noted

Start = Callable[[int | None], WorkerProcess | None]

_PAUSE_S = 1.0  # between two checks of the worker beside


@click.command()
@SLOTS
@flag("-q --quiet", "Print warnings only.")
@option("--lanes NAMES", "Lanes whose jobs run, separated by commas: fast,default.")
@flag("--burst", "Exit when no job is queued.")
@time_option("--grace TIME", "Time for running jobs to end after SIGTERM (default: 8s).")
@flag("--with-parent", "Exit when standard input closes.")
def worker(
    slots: int | None,
    quiet: bool,
    burst: bool,
    lanes: str | None,
    grace: float | None,
    with_parent: bool,
) -> None:
    """Run jobs until Ctrl-C.

    After the first Ctrl-C, running jobs finish. After SIGTERM, or if the terminal is closed, they have the
    time of `--grace`. Then, or after a second Ctrl-C, they go back to the queue.
    """
    _log_to_stderr(logging.WARNING if quiet else logging.INFO)
    huey = _load_huey()
    if lanes is not None:
        huey.lanes = tuple(check_lane(lane.strip()) for lane in lanes.split(","))
    # A worker that belongs to a notebook exits with it, at once.
    if grace is None:
        grace = 0.0 if with_parent else 8.0
    huey.grace_s = grace
    # A plot holds a slot as long as it lasts, also while it waits for a person.
    count = slots or (os.cpu_count() or 1) + 1 + len(device_names())
    options = {"burst": True} if burst else {}  # which a huey of another kind does not know
    if with_parent:
        threading.Thread(target=_leave_with_parent, daemon=True).start()
    elif not quiet and sys.stderr.isatty():
        click.echo(f"drawscape worker: {counted(count, 'slot')}, Ctrl-C to stop", err=True)
    huey.create_consumer(workers=count, **options).run()


def _log_to_stderr(level: int) -> None:
    line = "%(asctime)s %(levelname)s %(name)s: %(message)s"
    logging.basicConfig(level=level, format=line, stream=sys.stderr)
    logging.getLogger("huey").setLevel(logging.WARNING)
    logging.getLogger("huey.drawscape").setLevel(level)


def _load_huey() -> Any:
    """Return the project's `workers.huey`, if it has one, else the library's.

    The module is imported only where it mentions a huey.
    """
    file = settings.home() / "workers" / "__init__.py"
    if file.is_file() and "huey" in file.read_text(errors="replace"):
        try:
            huey = getattr(import_module(settings.home(), "workers"), "huey", None)
        except Exception as error:  # it is a person's code
            raise click.ClickException(
                f"{file} cannot be imported: {type(error).__name__}: {error}"
            ) from error
        if hasattr(huey, "create_consumer"):
            return huey
    return import_module(settings.home(), "drawscape.tasks").huey


def _leave_with_parent() -> None:
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


class WorkerBeside:
    """Runs a worker for its block; when it dies, `replace(slots)` starts another.

    If the first does not start, the block raises QueueError, or tries again if it is not `needed`.
    """

    def __init__(
        self, slots: int | None, *, replace: Start = start_worker, needed: bool = True
    ) -> None:
        self._slots, self._replace, self._needed = slots, replace, needed
        self._process: WorkerProcess | None = None
        self._trouble = ""
        self._done = threading.Event()
        self._keeper = threading.Thread(target=self._keep_one_alive, daemon=True)

    def __enter__(self) -> None:
        self._start(start_worker, needed=self._needed)
        self._keeper.start()

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._keeper.join()
        if self._process is not None:
            self._process.stop()

    def _keep_one_alive(self) -> None:
        while not self._done.wait(_PAUSE_S):
            if self._process is None or not self._process.alive:
                self._start(self._replace)
            else:
                with suppress(DrawscapeError):  # a locked database is free again in a moment
                    self._warn(worker_trouble())

    def _warn(self, trouble: str) -> None:
        """Print a problem once, however often it occurs."""
        if trouble and trouble != self._trouble:
            click.echo(trouble, err=True)
        self._trouble = trouble

    def _start(self, start: Start, *, needed: bool = False) -> None:
        try:
            started = start(self._slots)
        except (DrawscapeError, OSError) as error:
            if needed:
                raise
            self._warn(f"No worker is running yet; trying again in a moment: {error}")
            return
        if started is not None:  # None: another program has started one
            words = "The worker died. Started another" if self._process else "Started a worker"
            click.echo(f"{words} (PID {started.pid}, log {started.log}).", err=True)
            self._process, self._trouble = started, ""


_LOOPBACK = ("127.0.0.1", "::1", "localhost")


@click.command()
@option("--host ADDRESS", "Address to listen on.", default="127.0.0.1")
@option(
    "--port NUMBER",
    "Port to listen on; 0 for a free one.",
    type=click.IntRange(0, 65535),
    default=8000,
)
@option(
    "--max-area MM2",
    "Largest sheet in mm² that anyone may order without the token (an A2 sheet).",
    type=click.FloatRange(0, min_open=True),
    default=250_000.0,
)
@flag("--no-worker", "No worker; one runs elsewhere.")
@SLOTS
def web(
    host: str,
    port: int,
    max_area: float,
    no_worker: bool,
    slots: int | None,
) -> None:
    """Start the web front and a worker, and stop both at Ctrl-C.

    Only this machine can reach it unless --host names another address. The printed link has a token. With
    the token, a browser manages jobs, drives machines and draws large sheets. Without it, a drawing may take
    two seconds. DRAWSCAPE_WEB_TOKEN sets another token, which everyone then needs.
    """
    from drawscape.web import WebSettings, create_app
    from drawscape.web.access import home_token
    from drawscape.web.site import ANY_HOST, LOOPBACK_HOSTS

    settings = WebSettings.from_environment(visitor_area_mm2=max_area)
    if host not in _LOOPBACK and settings.allowed_hosts == LOOPBACK_HOSTS:
        # It is open to others, and no names were given.
        settings = replace(settings, allowed_hosts=(ANY_HOST,))
    server = _listen(create_app(settings), host, port)
    address = _address(server)
    noted = web_address_noted(address)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        with nullcontext() if no_worker else WorkerBeside(slots):
            if no_worker:
                words = "No worker was started; start one with `drawscape worker`."
                click.echo(words, err=True)
            link = "" if settings.token else f"?token={home_token()}"
            click.echo(f"Drawscape: {address}{link} (Ctrl-C stops it)", err=True)
            click.echo(_who_can_reach_it(host, settings.token), err=True)
            with noted:
                server.run()
    finally:
        server.close()
    click.echo("stopped", err=True)


def _listen(app: Any, host: str, port: int) -> Any:
    try:
        from waitress import create_server
    except ImportError as error:
        raise MissingExtraError("`drawscape web`", "web") from error
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # queued requests are normal
    try:
        return create_server(
            app,
            host=host,
            port=port,
            threads=8,
            ident="drawscape",
            connection_limit=400,
            channel_timeout=60,
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


def _who_can_reach_it(host: str, token: str | None) -> str:
    if host in _LOOPBACK:
        return "Only this machine can reach it (--host 0.0.0.0 opens it to others)."
    if token is None:
        return (
            f"WARNING: anyone who can reach {host} can order small sheets here; set DRAWSCAPE_WEB_TOKEN "
            "to require a token, and put TLS in front of it."
        )
    return "Others can reach it, with the token; put TLS in front of it, or the token travels unencrypted."
