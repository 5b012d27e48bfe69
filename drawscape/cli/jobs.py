"""`drawscape jobs`: the queue as a table, one job in words, and what can be done with it."""

import contextlib
import os
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from drawscape import jobs as job_api
from drawscape.cli.text import GRACE, JSON, counted, for_each, option, print_json, span
from drawscape.durations import seconds
from drawscape.errors import JobFailed, JobStateError
from drawscape.jobs import (
    STATUSES,
    WAITING,
    Job,
    JobSnapshot,
    default_queue,
    find_job,
    list_snapshots,
    queue_statistics,
)

if TYPE_CHECKING:
    from rich.console import Console

_RESULT_CHARS = 2000
_FOLLOW_S = 0.03  # between two checks of all jobs: as often as an eye follows
_SETTLE_S = 1.0  # a child that is killed is gone within a tenth of this, and its job settled

_HAD = {
    "finished": "finished",
    "failed": "failed",
    "stopped": "been stopped",
    "canceled": "been canceled",
}


_LIMIT = option(
    "--limit",
    default=20,
    type=click.IntRange(1, 10_000),
    metavar="NUMBER",
    help="List at most this many, the newest.",
)
_WATCH = click.option("--watch", "live", is_flag=True, help="Show the table until Ctrl-C.")

TIMEOUT = click.option(
    "--timeout", metavar="TIME", help="Give up after this time, such as 90s or 5m."
)


@click.group(invoke_without_command=True)
@_WATCH
@_LIMIT
@click.pass_context
def jobs(context: click.Context, live: bool, limit: int) -> None:
    """Look at jobs, and cancel, retry or remove them.

    A job is named by its id, or by the end of it that a narrow list shows.
    """
    context.default_map = {"list": {"live": live, "limit": limit}}
    if context.invoked_subcommand is None:
        context.invoke(list_command, status=(), task=None, limit=limit, live=live)


@jobs.command("list")
@click.option(
    "--status",
    multiple=True,
    type=click.Choice(STATUSES),
    metavar="STATUS",
    help=f"List only jobs of this status; may be repeated: {', '.join(STATUSES)}.",
)
@click.option("--task", metavar="PATH", help="List only jobs of this task, or of a module's tasks.")
@_LIMIT
@_WATCH
@JSON
def list_command(
    status: tuple[str, ...], task: str | None, limit: int, live: bool, as_json: bool = False
) -> None:
    """List jobs, the newest first.

    A table on a terminal; elsewhere a line a job, its cells separated by tabs.
    """

    def rows(most: int) -> list[JobSnapshot]:
        return list_snapshots(status or None, task, most)

    if as_json:
        print_json([row._asdict() for row in rows(limit)])
        return
    moves = sys.stdout.isatty() and os.environ.get("TERM") not in ("dumb", "unknown")
    if live and moves:
        _watch(rows, limit)
        return
    if live:
        click.echo(
            "--watch needs a terminal that can redraw; this is the table as it is now", err=True
        )
    if sys.stdout.isatty():
        _print_table(rows, limit)
        return
    for row in rows(limit):
        click.echo("\t".join(_cells(row)))


@jobs.command()
@click.argument("job_id", metavar="JOB")
@JSON
def show(job_id: str, as_json: bool) -> None:
    """Say why a job waits, how it runs or why it failed."""
    job = find_job(job_id)
    row = job.refresh()
    if as_json:
        result = job.result if row.status == "finished" else None
        print_json({**row._asdict(), "result": result, "explained": job.explain()})
        return
    click.echo(f"job {row.id}")
    for name, value in (
        ("description", row.description),
        ("message", row.message),
        ("queued by", job.queued_by),
        ("created", row.created_at),
        ("started", row.started_at),
        ("ended", row.ended_at),
    ):
        if isinstance(value, datetime):
            click.echo(f"  {name}: {value.astimezone():%Y-%m-%d %H:%M:%S %Z}")
        elif value is not None:
            click.echo(f"  {name}: {value}")
    if row.status == "finished":
        text = repr(job.result)
        click.echo(f"  result: {text[:_RESULT_CHARS]}{'...' if len(text) > _RESULT_CHARS else ''}")
    click.echo(job.explain())


@jobs.command(short_help="List the workers that are alive.")
@JSON
def workers(as_json: bool) -> None:
    """List the workers that are alive: host, process, slots, lanes, version, last renewal, trouble.

    A line a worker, its cells separated by tabs.
    """
    rows = job_api.workers_alive()
    if as_json:
        print_json([asdict(one) for one in rows])
        return
    if not rows:
        click.echo("no worker is alive: start one with `drawscape worker`")
        return
    click.echo("host\tprocess\tslots\tlanes\tversion\trenewed\ttrouble")
    for one in rows:
        renewed = f"{max(0.0, time.time() - one.renewed_at):.0f} s ago" if one.renewed_at else "-"
        cells = (one.host or "here", one.pid, one.slots, ",".join(one.lanes) or "all", one.version)
        click.echo("\t".join(str(cell or "-") for cell in (*cells, renewed, one.trouble)))


@jobs.command()
@click.argument("job_id", metavar="JOB")
@click.option("-f", "--follow", is_flag=True, help="Go on until the job has ended.")
def logs(job_id: str, follow: bool) -> None:
    """Print what a job printed."""
    job = find_job(job_id)
    nothing = True
    for text in job.follow_logs() if follow else [job.logs()]:
        nothing = nothing and not text
        click.echo(text, nl=False)
    if nothing:
        click.echo(f"job {job.id}, which is {job.status}, has printed nothing", err=True)


@jobs.command()
@click.argument("job_ids", nargs=-1, required=True, metavar="JOB...")
@GRACE
@click.pass_context
def cancel(context: click.Context, job_ids: tuple[str, ...], grace: str) -> None:
    """Keep jobs from running, or stop them.

    A job that has already ended is an error, and the exit code 1.
    """
    grace_s = seconds(grace, "grace")
    asked: list[Job] = []

    def cancel_one(job: Job) -> None:
        if not job.cancel(grace_s):
            had = _HAD.get(job.status, "ended")
            raise JobStateError(f"job {job.id} has already {had}; nothing is canceled")
        asked.append(job)

    code = for_each(job_ids, find_job, cancel_one)
    until = time.monotonic() + _SETTLE_S
    for job in asked:
        click.echo(f"{job.id} {_what_became_of(job, until)}")
    context.exit(code)


def _what_became_of(job: Job, until: float) -> str:
    """Return that in words, once it has ended or the time is over."""
    while (status := job.status) == "started" and time.monotonic() < until:
        time.sleep(0.01)
    if status == "canceled":
        return "is canceled; it had not begun"
    if status == "stopped":
        return "was asked to stop and is stopped"
    if status in _HAD:
        return f"was asked to stop, but has {_HAD[status]}"
    return f"was asked to stop and is still {'running' if status == 'started' else status}"


@jobs.command()
@click.argument("job_ids", nargs=-1, metavar="[JOB...]")
@click.option("--failed", is_flag=True, help="Retry all that failed.")
@click.option("--task", metavar="PATH", help="Retry only jobs of this task, with --failed.")
@click.pass_context
def retry(context: click.Context, job_ids: tuple[str, ...], failed: bool, task: str | None) -> None:
    """Queue failed, stopped or canceled jobs again."""
    if bool(job_ids) == failed:
        raise click.UsageError("give job ids, or --failed")
    if task is not None and not failed:
        raise click.UsageError("--task goes with --failed")
    if not failed:
        context.exit(for_each(job_ids, find_job, lambda job: _queued_again(job.retry())))
    chosen = job_api.retry_failed_jobs(task)
    for job in chosen:
        _queued_again(job)
    if not chosen:
        click.echo("no job has failed" + (f" of {task}" if task else ""), err=True)


@jobs.command()
@click.argument("job_ids", nargs=-1, required=True, metavar="JOB...")
@click.pass_context
def requeue(context: click.Context, job_ids: tuple[str, ...]) -> None:
    """Queue any jobs that have ended again."""
    context.exit(for_each(job_ids, find_job, lambda job: _queued_again(job.requeue())))


def _queued_again(job: Job) -> None:
    click.echo(f"{job.id} is queued again")


@jobs.command()
@click.argument("job_ids", nargs=-1, required=True, metavar="JOB...")
@click.pass_context
def delete(context: click.Context, job_ids: tuple[str, ...]) -> None:
    """Remove ended jobs, their logs and previews."""

    def remove(job: Job) -> None:
        job.delete()
        click.echo(f"{job.id} is removed")

    context.exit(for_each(job_ids, find_job, remove))


@jobs.command()
@click.argument("job_id", metavar="JOB")
@TIMEOUT
def wait(job_id: str, timeout: str | None) -> None:
    """Wait for a job and print its result.

    The exit code is 1 when the job fails, or the time is over.
    """
    print_result(find_job(job_id), timeout)


@jobs.command()
@click.option(
    "--days", type=click.FloatRange(0), metavar="DAYS", help="Remove ended jobs older than this."
)
@click.option(
    "--keep", type=click.IntRange(0), metavar="NUMBER", help="Keep at most this many ended jobs."
)
def prune(days: float | None, keep: int | None) -> None:
    """Remove old jobs, as workers do now and then."""
    from dataclasses import replace

    limits = job_api.Keep()
    if days is not None:
        limits = replace(limits, finished_s=days * 86_400, others_s=days * 86_400)
    if keep is not None:
        limits = replace(limits, count=keep, spared_s=0.0)
    click.echo(f"{counted(job_api.prune_jobs(limits), 'job')} removed")


@jobs.command()
@click.option("--prometheus", is_flag=True, help="Print them in Prometheus' text format.")
@JSON
def stats(prometheus: bool, as_json: bool) -> None:
    """Show counts, rates and waiting times."""
    found = queue_statistics()
    if as_json:
        print_json(asdict(found))
        return
    if prometheus:
        click.echo(found.prometheus(), nl=False)
        return
    for status, count in found.counts.items():
        click.echo(f"{status:>12} {count}")
    click.echo(f"{'workers':>12} {found.workers} with {counted(found.slots, 'slot')}")
    click.echo(
        f"{'rate':>12} {found.ended_last_minute} in a minute, {found.ended_last_hour} in an hour"
    )
    for name, values in (("waited", found.wait_s), ("ran", found.run_s)):
        shown = ", ".join(f"p{q * 100:.0f} {span(value)}" for q, value in values.items())
        click.echo(f"{name:>12} {shown or 'nothing has run yet'}")
    click.echo(f"{'file':>12} {found.file_bytes / 1e6:.1f} MB, {default_queue().label}")


# Jobs that are followed


def print_result(job: Job, timeout: str | None) -> None:
    """Wait for a job and print its result.

    Says when no worker is alive. Raises JobTimeout, click's ClickException when the job fails.
    """
    limit_s = None if timeout is None else seconds(timeout, "--timeout")
    if not job.ended and not job_api.workers_alive():
        click.echo("no worker is alive; start one with `drawscape worker`", err=True)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it would say the same once more
            result = job.wait(limit_s)
    except JobFailed as error:
        raise click.ClickException(str(error)) from error
    if result is not None:
        click.echo(result)


def follow(names: Sequence[str], jobs: Sequence[Job]) -> None:
    """Show how far jobs are until all have ended: bars on a terminal, elsewhere a line a change."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description:<12}"),
        BarColumn(40),
        TextColumn("{task.fields[status]:<10}"),
        TimeElapsedColumn(),
    )
    bars = Progress(*columns, console=Console(), disable=not sys.stdout.isatty())
    with bars:
        tasks = [bars.add_task(name, total=1.0, status="queued", start=False) for name in names]
        shown: dict[str, tuple[str, int]] = {}
        left = [*zip(names, jobs, tasks, strict=True)]
        while left:
            for entry in list(left):
                name, job, task = entry
                row = job.refresh()
                state = (row.status, int(row.progress * 4))
                if bars.disable and shown.get(name) != state:
                    click.echo(f"{name:<12} {row.progress:>4.0%} {row.status}")
                shown[name] = state
                if row.status != "queued":
                    bars.start_task(task)
                bars.update(task, completed=row.progress, status=row.status)
                if row.ended:
                    bars.stop_task(task)
                    left.remove(entry)
            time.sleep(_FOLLOW_S)


# The table


Finder = Callable[[int], list[JobSnapshot]]
"""Finds so many jobs at most. Snapshots, not handles: a job that is removed meanwhile still has its line."""

_PERIOD_S = 0.25

_WIDE = 120
"""Columns from which whole ids and paths fit beside the rest."""

_NARROW = 60
"""Columns below which only id, task and status are shown, a line each."""

_SHORT = 8
"""Characters of an id that a narrow list shows: its end, for ids made in the same minutes begin alike."""

_LINES_AROUND = 5  # a title of two lines, headings, and the cursor's line with room to spare

_COLOURS = {
    "queued": "cyan",
    "scheduled": "blue",
    "deferred": "blue",
    "started": "yellow",
    "finished": "green",
    "failed": "red",
    "stopped": "magenta",
    "canceled": "magenta",
}


def _cells(row: JobSnapshot) -> list[str]:
    """Return a job's id, task, status, share done, age, and how long it ran."""
    status = f"{row.status} ({row.reason})" if row.reason and row.status == "failed" else row.status
    now = datetime.now(UTC)
    age = (now - row.created_at).total_seconds()
    began = row.started_at
    took = "" if began is None else span(((row.ended_at or now) - began).total_seconds())
    return [row.id, row.task, status, f"{row.progress:.0%}", span(age), took]


def _print_table(find: Finder, limit: int) -> None:
    """Print the table."""
    from rich.console import Console

    console = Console()
    console.print(_table(find(limit), console))


def _watch(find: Finder, limit: int) -> None:
    """Show the table until Ctrl-C, no longer than the terminal is high."""
    from rich.console import Console
    from rich.live import Live

    console = Console()

    def checked() -> Any:
        return _table(find(max(1, min(limit, console.height - _LINES_AROUND))), console)

    # Ctrl-C is how one leaves, and no interruption of anything.
    with Live(checked(), console=console) as view, contextlib.suppress(KeyboardInterrupt):
        while True:
            time.sleep(_PERIOD_S)
            view.update(checked(), refresh=True)


def _table(rows: list[JobSnapshot], console: "Console") -> Any:
    """Return `rows` as a table under a title; a narrow console gets the ends of ids and of paths.

    A job with a description is shown by it.
    """
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    wide, narrow = console.width >= _WIDE, console.width < _NARROW
    made = Table(box=None, pad_edge=False)
    for name in (
        ("id", "task", "status") if narrow else ("id", "task", "status", "done", "age", "took")
    ):
        ends = {"overflow": "ellipsis"} if narrow and name == "task" else {"overflow": "fold"}
        made.add_column(name, no_wrap=narrow or name != "task", **ends)  # type: ignore[arg-type]
    for row in rows:
        job_id, task, status, *rest = _cells(row)
        if not wide:
            job_id, task, status = job_id[-_SHORT:], task.rpartition(".")[2], row.status
        made.add_row(
            job_id,
            Text(row.description or task),
            Text(status, _COLOURS.get(row.status, "")),
            *map(Text, [] if narrow else rest),
        )
    return Group(Text(_title()), *([made] if rows else []))


def _title() -> str:
    numbers = queue_statistics()
    counts = ", ".join(f"{n} {status}" for status, n in numbers.counts.items() if n)
    alive = f"{counted(numbers.workers, 'worker')} alive"
    if not numbers.workers and any(numbers.counts[status] for status in WAITING):
        alive += ": start one with `drawscape worker`"
    return f"{counts}; {alive}" if counts else f"no jobs yet in {default_queue().label}; {alive}"
