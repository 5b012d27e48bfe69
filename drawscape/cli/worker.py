"""`drawscape worker`: a huey consumer with good defaults."""

import logging
import os
import signal
import sys
import threading
from typing import Any

import click

from drawscape import settings
from drawscape.cli.shared_options import SLOTS
from drawscape.cli.text import counted
from drawscape.jobs import check_lane
from drawscape.project_modules import import_module

_HUEY = "drawscape.tasks.huey"
"""What runs where the project has no `huey` of its own in `workers/__init__.py`."""


@click.command()
@SLOTS
@click.option("-q", "--quiet", is_flag=True, help="Print warnings only.")
@click.option(
    "--huey",
    "path",
    metavar="PATH",
    help="Run this huey; by default the project's workers.huey, if it has one.",
)
@click.option(
    "--lanes",
    metavar="NAMES",
    help="Run only jobs of these lanes, separated by commas: fast,default.",
)
@click.option("--burst", is_flag=True, help="Leave when nothing is queued any more.")
@click.option(
    "--max-jobs-per-child",
    type=click.IntRange(1),
    metavar="NUMBER",
    help="Replace a child process after this many jobs; by default it stays.",
)
@click.option("--with-parent", is_flag=True, help="Leave when standard input closes.")
def worker(
    slots: int | None,
    quiet: bool,
    path: str | None,
    burst: bool,
    max_jobs_per_child: int | None,
    lanes: str | None,
    with_parent: bool,
) -> None:
    """Run jobs until Ctrl-C.

    The first Ctrl-C lets running jobs finish; a second one, or SIGTERM, puts them back into the queue.
    """
    logging.basicConfig(
        level=logging.WARNING if quiet else logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        stream=sys.stderr,
    )
    logging.getLogger("huey").setLevel(logging.WARNING)
    logging.getLogger("huey.drawscape").setLevel(logging.WARNING if quiet else logging.INFO)
    huey = _load_huey(path or ("workers.huey" if _project_has_huey() else _HUEY))
    if max_jobs_per_child is not None:
        huey.max_jobs_per_child = max_jobs_per_child
    if lanes is not None:
        huey.lanes = tuple(check_lane(lane.strip()) for lane in lanes.split(","))
    count = slots or (os.cpu_count() or 1) + 1
    options = {"burst": True} if burst else {}  # which a huey of another kind does not know
    if with_parent:
        threading.Thread(target=_leave_with_parent, daemon=True).start()
    elif not quiet and sys.stderr.isatty():
        click.echo(f"drawscape worker: {counted(count, 'slot')}, Ctrl-C to stop", err=True)
    huey.create_consumer(workers=count, **options).run()


def _project_has_huey() -> bool:
    """Return whether the project's `workers/__init__.py` speaks of a huey; only then is it imported."""
    file = settings.home() / "workers" / "__init__.py"
    return file.is_file() and "huey" in file.read_text(errors="replace")


def _load_huey(path: str) -> Any:
    """Return the object at a dotted path. Raises click.BadParameter when there is none."""
    module, _, name = path.rpartition(".")
    try:
        return getattr(import_module(settings.home(), module), name)
    except (AttributeError, ImportError, ValueError) as error:
        raise click.BadParameter(
            f"{path!r}: {error}; name a huey by its dotted path, such as {_HUEY}",
            param_hint="--huey",
        ) from error


def _leave_with_parent() -> None:
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
