"""`drawscape enqueue` and `demo`: jobs from the command line, one and a few."""

import json
import time
from pathlib import Path
from typing import Any

import click

from drawscape import settings
from drawscape.cli.jobs import TIMEOUT, follow, print_result
from drawscape.cli.text import SEED, SLOTS, pairs
from drawscape.cli.worker import WorkerBeside
from drawscape.jobs import Job, enqueue_background_job

_TASK = "workers.svg_tasks.generate_complex_svg"

DRAWINGS = ("spiral", "flow_field", "phyllotaxis", "truchet", "hilbert", "ridgelines")


@click.command()
@click.argument("path")
@click.argument("arguments", nargs=-1, metavar="[NAME=VALUE]...")
@click.option("--wait", is_flag=True, help="Wait for the job, and print its result.")
@TIMEOUT
def enqueue(path: str, arguments: tuple[str, ...], wait: bool, timeout: str | None) -> None:
    """Queue a task by its path.

    PATH is such as drawscape.tasks.drawing.generate_complex_svg.

    A VALUE that is JSON is read as such (7, true, [1, 2]), any other is a text; names that begin with
    `job_` are options: job_timeout=2m. Prints the job's id.
    """
    if timeout is not None and not wait:
        raise click.UsageError("--timeout goes with --wait")
    given = {name: _value(text) for name, text in pairs(arguments, "an argument").items()}
    job = enqueue_background_job(path, **given)
    click.echo(job.id)
    if settings.is_user_folder():
        click.echo(f"queued in {settings.home()}, since this folder is in no project", err=True)
    if wait:
        print_result(job, timeout)


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


@click.command()
@SLOTS
@SEED
def demo(slots: int | None, seed: int) -> None:
    """Draw a few pictures through the queue, without a browser.

    A worker is started, jobs are queued and waited for, and the files are listed.
    """
    began = time.monotonic()
    jobs: list[Job] = []
    with WorkerBeside(slots):
        try:
            for pattern in DRAWINGS:
                jobs.append(_enqueue(pattern, seed))
            click.echo(f"{len(jobs)} drawings are queued; each bar follows a job.")
            follow(DRAWINGS, jobs)
            _report(jobs, time.monotonic() - began)
        finally:
            for job in jobs:  # after Ctrl-C; those that have ended stay as they are
                job.cancel()
    if any(job.status != "finished" for job in jobs):
        raise click.exceptions.Exit(1)


def _enqueue(pattern: str, seed: int) -> Job:
    return enqueue_background_job(
        _TASK,
        width=210,
        height=297,
        pattern_type=pattern,
        output_filename=f"demo/{pattern}.svg",
        seed=seed,
        job_description=f"demo: {pattern}",
    )


def _report(jobs: list[Job], seconds: float) -> None:
    click.echo("")
    for name, job in zip(DRAWINGS, jobs, strict=True):
        if job.status == "finished":
            path = Path(job.result)
            click.echo(f"  {path}  ({path.stat().st_size / 1000:.0f} kB)")
        else:
            click.echo(f"  {name}: {job.status}\n{job.explain()}", err=True)
    click.echo(f"\n{len(jobs)} drawings in {seconds:.1f} s. Open them in a browser or in Inkscape.")
    lab = "make lab" if (settings.home() / "Makefile").is_file() else "drawscape lab"
    click.echo(f"Next: `{lab}` for the notebooks, `drawscape sketches` for all patterns.")
