"""`drawscape jobs`, `queue`, `enqueue` and `demo`: lists of jobs, and actions on them."""

import contextlib
import json
import os
import shlex
import shutil
import sys
import time
import warnings
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from drawscape import jobs as job_api
from drawscape import settings
from drawscape.cli.errors import for_each
from drawscape.cli.options import (
    GRACE,
    JSON,
    SEED,
    SLOTS,
    flag,
    option,
    pairs,
    time_option,
)
from drawscape.cli.printing import counted, print_facts, print_json, print_table
from drawscape.cli.worker import WorkerBeside
from drawscape.durations import span_words
from drawscape.errors import JobStateError, QueueError
from drawscape.job_actions import summary_words
from drawscape.jobs import STATUSES, Job, JobSnapshot, default_queue, find_job
from drawscape.parameters import file_parameters

_RESULT_CHARS = 2000
_PERIOD_S = 0.25  # between two checks of all jobs
_SETTLE_S = 1.0  # a killed child is gone, and its job settled, within a tenth of this
_WIDE = 120  # columns of a whole row, also for output that is no terminal
_SHORT = 8
"""Characters of an id that a narrow list shows: its end, because ids made in the same minutes begin alike."""

_NOBODY = "no worker is alive; start one with `drawscape worker`"

_JOB = click.argument("job_id", metavar="JOB")
_JOBS = click.argument("job_ids", nargs=-1, required=True, metavar="JOB...")
_LIMIT = option(
    "--limit NUMBER",
    "Maximum number of jobs to list, newest first.",
    default=20,
    type=click.IntRange(1, 10_000),
)
_TIMEOUT = time_option("--timeout TIME", "Longest time to wait, such as 90s or 5m.")


@click.group(invoke_without_command=True)
@_LIMIT
@JSON
@click.pass_context
def jobs(context: click.Context, limit: int, as_json: bool) -> None:
    """List jobs, and cancel, requeue or remove them.

    A JOB is an id, or the last characters of one, as a narrow list shows them.
    """
    if context.invoked_subcommand is None:
        context.invoke(list_command, status=(), task=None, limit=limit, as_json=as_json)


@jobs.command("list")
@option(
    "--status STATUS",
    f"Status of the jobs; may be repeated: {', '.join(STATUSES)}.",
    multiple=True,
    type=click.Choice(STATUSES),
)
@option("--task PATH", "Task of the jobs, or a module of tasks.")
@_LIMIT
@JSON
def list_command(status: tuple[str, ...], task: str | None, limit: int, as_json: bool) -> None:
    """List jobs, the newest first.

    On a terminal it is a table. Elsewhere each job is a line with tabs: id, name, status, progress, age and
    time taken.
    """
    rows = job_api.list_snapshots(status or None, task, limit)
    if as_json:
        print_json([row._asdict() for row in rows])
    else:
        print_table(*_table(rows), title=f"{summary_words()} in {default_queue().label}")


@jobs.command()
@_JOB
@JSON
def show(job_id: str, as_json: bool) -> None:
    """Show why a job waits, how it runs or why it failed."""
    job = find_job(job_id)
    row = job.refresh()
    if as_json:
        print_json({**row._asdict(), "result": job.result, "explained": job.explain()})
        return
    rows = {
        "job": row.id,
        "description": row.description,
        "message": row.message,
        "created": row.created_at,
        "started": row.started_at,
        "ended": row.ended_at,
    }
    if row.status == "finished":
        text = repr(job.result)
        rows["result"] = text[:_RESULT_CHARS] + "..." * (len(text) > _RESULT_CHARS)
    print_facts(rows)
    click.echo(job.explain())


@jobs.command()
@JSON
def workers(as_json: bool) -> None:
    """List the workers that are alive."""
    alive = job_api.workers_alive()
    if as_json:
        print_json([asdict(one) for one in alive])
        return
    rows = []
    for one in alive:
        renewed = f"{max(0.0, time.time() - one.renewed_at):.0f} s ago" if one.renewed_at else "-"
        cells = (one.host or "here", one.pid, one.slots, ",".join(one.lanes) or "all", one.version)
        rows.append([str(cell or "-") for cell in (*cells, renewed)])
    headings = ["host", "process", "slots", "lanes", "version", "renewed"]
    print_table(headings, rows, nothing=_NOBODY)


@jobs.command()
@_JOB
@flag("-f --follow", "Follow the output until the job has ended.")
def logs(job_id: str, follow: bool) -> None:
    """Print the output of a job."""
    job = find_job(job_id)
    nothing = True
    for text in job.follow_logs() if follow else [job.logs()]:
        nothing = nothing and not text
        click.echo(text, nl=False)
    if nothing:
        click.echo(f"job {job.id} ({job.status}) has printed nothing", err=True)


@jobs.command()
@_JOBS
@GRACE
def cancel(job_ids: tuple[str, ...], grace: float) -> None:
    """Cancel jobs that wait, and stop those that run.

    The exit code is 1 if a job has already ended.
    """
    asked = []

    def cancel_one(job: Job) -> None:
        if not job.cancel(grace):
            raise JobStateError(f"job {job.id} has already ended: {job.status}")
        asked.append(job)

    try:
        for_each(job_ids, find_job, cancel_one)
    finally:
        until = time.monotonic() + _SETTLE_S
        for job in asked:
            while (status := job.status) == "started" and time.monotonic() < until:
                time.sleep(0.01)
            still = "still running, but asked to stop" if status == "started" else status
            click.echo(f"{job.id} is {still}")


@jobs.command()
@click.argument("job_ids", nargs=-1, metavar="[JOB...]")
@flag("--failed", "All failed jobs.")
def requeue(job_ids: tuple[str, ...], failed: bool) -> None:
    """Queue ended jobs again, no matter how they ended."""
    if bool(job_ids) == failed:
        raise click.UsageError("give job ids, or --failed")
    if not failed:
        for_each(job_ids, find_job, lambda job: _queued_again(job.requeue()))
        return
    chosen = job_api.retry_failed_jobs()
    for job in chosen:
        _queued_again(job)
    if not chosen:
        click.echo("no job has failed", err=True)


def _queued_again(job: Job) -> None:
    click.echo(f"{job.id} is queued again")


@jobs.command()
@_JOBS
def delete(job_ids: tuple[str, ...]) -> None:
    """Remove ended jobs with their logs and previews."""

    def remove(job: Job) -> None:
        job.delete()
        click.echo(f"{job.id} is removed")

    for_each(job_ids, find_job, remove)


@jobs.command()
@_JOB
@_TIMEOUT
def wait(job_id: str, timeout: float | None) -> None:
    """Wait for a job and print its result.

    The exit code is 1 if the job fails or the time runs out.
    """
    _print_result(find_job(job_id), timeout)


def _table(rows: list[JobSnapshot]) -> tuple[list[str], list[list[str]]]:
    """Return headings and rows; a narrow terminal gets only the ends of ids and paths, and no figures."""
    columns = shutil.get_terminal_size().columns if sys.stdout.isatty() else _WIDE
    count = 3 if columns < 60 else 6
    now = datetime.now(UTC)
    cells = []
    for row in rows:
        path = row.task if columns >= _WIDE else row.task.rpartition(".")[2]
        why = f" ({row.reason})" if row.reason and columns >= _WIDE else ""
        ran = (row.ended_at or now) - row.started_at if row.started_at else None
        line = [
            row.id if columns >= _WIDE else row.id[-_SHORT:],
            " ".join((row.description or path).split()),
            row.status + why,
            f"{row.progress:.0%}",
            span_words((now - row.created_at).total_seconds()),
            "" if ran is None else span_words(ran.total_seconds()),
        ]
        cells.append(line[:count])
    return ["id", "job", "status", "done", "age", "took"][:count], cells


@click.command()
@click.argument("path")
@click.argument("arguments", nargs=-1, metavar="[NAME=VALUE]...")
@flag("--wait", "Wait for the job and print its result.")
@_TIMEOUT
def enqueue(path: str, arguments: tuple[str, ...], wait: bool, timeout: float | None) -> None:
    """Queue a task by its path.

    PATH is dotted: workers.svg_tasks.generate_complex_svg.

    A VALUE is read as JSON if it is valid JSON (7, true, [1, 2]), else as text. Paths of files are relative
    to the working directory. Names that begin with `job_` are options: job_timeout=2m. Prints the job's id.
    """
    if timeout is not None and not wait:
        raise click.UsageError("--timeout needs --wait")
    given = pairs(arguments, "an argument")
    for name, text in given.items():
        with contextlib.suppress(ValueError):
            given[name] = json.loads(text)
    for name in file_parameters(job_api.load_task(path)) & given.keys():
        given[name] = _named_here(given[name])
    job = job_api.enqueue_background_job(path, **given)
    click.echo(job.id)
    if settings.is_user_folder():
        click.echo(
            f"queued in {settings.home()}, because this folder is not in a project", err=True
        )
    if wait:
        _print_result(job, timeout)


def _named_here(value: Any) -> Any:
    """Return `value`, or each text in a list, as a file named from the working directory if it is one."""
    if isinstance(value, list):
        return [_named_here(one) for one in value]
    return settings.named_file(value) if isinstance(value, str) else value


def _print_result(job: Job, timeout: float | None) -> None:
    if not job.ended and not job_api.workers_alive():
        click.echo(_NOBODY, err=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it would repeat that message
        result = job.wait(timeout)
    if result is not None:
        click.echo(result)


_DRAW = "drawscape.tasks.drawing.generate_complex_svg"
_DEMO = ("spiral", "flow_field", "phyllotaxis", "truchet", "rose", "terrain")


@click.command()
@SLOTS
@SEED
def demo(slots: int | None, seed: int) -> None:
    """Draw a few pictures through the queue, without a browser.

    Starts a worker, waits for the drawings, and writes a page that shows them.
    """
    from drawscape.catalogue import find
    from drawscape.viewer.publish import publish

    began = time.monotonic()
    made = []
    with WorkerBeside(slots):
        try:
            for pattern in _DEMO:
                drawing = (210, 297, pattern, f"demo/{pattern}.svg", seed)
                made.append(job_api.enqueue_background_job(_DRAW, *drawing))
            click.echo(f"{len(made)} drawings are queued.")
            for job in made:
                while not job.ended:
                    time.sleep(_PERIOD_S)
                click.echo(f"  {job.result if job.status == 'finished' else _why(job)}")
        finally:
            for job in made:  # after Ctrl-C; those that have ended stay as they are
                job.cancel()
    drawn = sum(job.status == "finished" for job in made)
    click.echo(f"{counted(drawn, 'drawing')} in {time.monotonic() - began:.1f} s.")
    if drawn < len(made):
        raise click.ClickException(
            f"{len(made) - drawn} of {len(made)} drawings failed; `{_program()} doctor` may say why"
        )
    lab = "make lab" if (settings.home() / "Makefile").is_file() else f"{_program()} lab"
    found = [find(job.result) for job in made]
    page = publish(found, settings.output_path("demo"), title="Demo", words=_DEMO, with_svg=False)
    click.echo(f"Open {os.path.relpath(page)} in a browser to see them.")
    click.echo(f"Next: `{lab}` for the notebooks, `{_program()} sketches` for all patterns.")


def _why(job: Job) -> str:
    """Return why a job has no result: the last line of its traceback."""
    lines = (job.error or job.explain()).strip().splitlines()
    return f"{job.status}: {lines[-1]}"


def _program() -> str:
    """Return how this shell calls the command: in a clone it is not on the PATH."""
    if shutil.which("drawscape") is not None:
        return "drawscape"
    script = Path(sys.executable).with_name("drawscape")
    is_below = script.is_relative_to(Path.cwd())
    return shlex.quote(os.path.relpath(script) if is_below else str(script))


@click.group()
def queue() -> None:
    """Show, check, pause and resume the queue, or cancel all of it."""


@queue.command()
@JSON
def status(as_json: bool) -> None:
    """Show the number of jobs, the workers, and any pause."""
    found, paused = job_api.queue_statistics(), job_api.queue_is_paused()
    if as_json:
        print_json({**asdict(found), "paused": paused})
        return
    wait_s = found.median_wait_s
    print_facts(
        {
            "queue": f"{'paused' if paused else 'open'}, {default_queue().label}",
            "workers": f"{found.workers} with {counted(found.slots, 'slot')}",
            **{name: number for name, number in found.counts.items() if number},
            "median wait": "none yet" if wait_s is None else span_words(wait_s),
        }
    )


_LANE = click.argument("lane", required=False, metavar="[LANE]")


@queue.command()
def check() -> None:
    """Check the queue's file and its rows for errors.

    The exit code is 1 if there are any.
    """
    problems = job_api.check_queue()
    for problem in problems:
        click.echo(problem)
    if problems:
        raise QueueError(f"{counted(len(problems), 'problem')} in {default_queue().label}")
    click.echo(f"{default_queue().label} is OK")


@queue.command()
@_LANE
def pause(lane: str | None) -> None:
    """Pause the queue, or one LANE of it, until `resume`.

    Running jobs go on.
    """
    job_api.pause_queue(lane)
    click.echo(f"{f'the lane {lane}' if lane else 'the queue'} is paused")


@queue.command()
@_LANE
def resume(lane: str | None) -> None:
    """Resume the queue, or one LANE of it."""
    job_api.resume_queue(lane)
    click.echo(f"{f'the lane {lane}' if lane else 'the queue'} goes on")


@queue.command("cancel-all")
@GRACE
@click.confirmation_option(prompt="Cancel all jobs that wait or run?", help="No confirmation.")
def cancel_all(grace: float) -> None:
    """Cancel all jobs that wait, and stop those that run."""
    click.echo(f"{counted(job_api.cancel_all(grace), 'job')} canceled")
