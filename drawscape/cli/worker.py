"""`drawscape worker`: `huey_consumer workers.huey` with good defaults."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading

import click

from drawscape import settings
from drawscape.queue.task import make_importable


@click.command()
@click.option(
    "-w", "--slots", type=click.IntRange(1, 256), help="Jobs at once; by default one a core."
)
@click.option("-q", "--quiet", is_flag=True, help="Only warnings.")
@click.option("--huey", "path", default="workers.huey", show_default=True, help="The huey to run.")
@click.option("--with-parent", is_flag=True, help="Leave when standard input closes.")
def worker(slots: int | None, quiet: bool, path: str, with_parent: bool) -> None:
    """Run jobs until Ctrl-C.

    The first Ctrl-C lets running jobs finish; a second one, or SIGTERM, puts them back into the queue.
    """
    from huey.utils import load_class

    logging.basicConfig(
        level=logging.WARNING if quiet else logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        stream=sys.stderr,
    )
    logging.getLogger("huey").setLevel(logging.WARNING)
    logging.getLogger("huey.drawscape").setLevel(logging.WARNING if quiet else logging.INFO)
    if path.partition(".")[0] == "workers":
        make_importable(settings.home())
    huey = load_class(path)
    consumer = huey.create_consumer(workers=slots or os.cpu_count() or 1)
    if with_parent:
        threading.Thread(target=_leave_with_parent, daemon=True).start()
    elif not quiet and sys.stderr.isatty():
        click.echo(f"drawscape worker: {slots or os.cpu_count()} slot(s), Ctrl-C to stop", err=True)
    consumer.run()


def _leave_with_parent() -> None:
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
