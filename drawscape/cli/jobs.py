"""`drawscape jobs`: the queue as a table, one job in words, and what can be done with it."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import click

from drawscape import job_manager
from drawscape.errors import JobFailed
from drawscape.job_manager import Job
from drawscape.queue.schema import STATUSES

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


@click.group(invoke_without_command=True)
@click.option("--watch", "live", is_flag=True, help="Show the table until Ctrl-C.")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 10_000))
@click.pass_context
def jobs(context: click.Context, live: bool, limit: int) -> None:
    """Look at jobs, and cancel, retry or remove them."""
    if context.invoked_subcommand is None:
        context.invoke(list_command, status=(), task=None, limit=limit, live=live)


@jobs.command("list")
@click.option(
    "--status", multiple=True, type=click.Choice(STATUSES), help="Only these; repeatable."
)
@click.option("--task", help="Only this task, or a module's.")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 10_000))
@click.option("--watch", "live", is_flag=True, help="Show the table until Ctrl-C.")
def list_command(status: tuple[str, ...], task: str | None, limit: int, live: bool) -> None:
    """List the newest jobs first."""

    def find() -> list[Job]:
        return job_manager.list_jobs(status=status or None, task=task, limit=limit)

    if not sys.stdout.isatty():
        for job in find():
            click.echo("\t".join(_cells(job)))
    elif live:
        _watch(find)
    else:
        from rich.console import Console

        Console().print(_table(find()))


def _watch(find: Callable[[], list[Job]]) -> None:
    from rich.live import Live

    with Live(_table(find()), refresh_per_second=8) as view:
        while True:
            time.sleep(0.25)
            view.update(_table(find()))


def _table(found: list[Job]) -> Any:
    from rich.table import Table

    counts = job_manager.queue_statistics().counts
    title = ", ".join(f"{n} {status}" for status, n in counts.items() if n) or "no jobs yet"
    workers = job_manager.workers_alive()
    table = Table(title=f"{title}; {len(workers)} worker(s) alive", title_justify="left", box=None)
    for name in ("id", "task", "status", "done", "age", "took"):
        table.add_column(name, no_wrap=name != "task")
    for job in found:
        cells = _cells(job)
        colour = _COLOURS.get(cells[2].split()[0], "white")
        table.add_row(cells[0], cells[1], f"[{colour}]{cells[2]}[/]", *cells[3:])
    return table


def _cells(job: Job) -> list[str]:
    row = job.refresh()
    status = f"{row.status} ({row.reason})" if row.reason and row.status == "failed" else row.status
    now = datetime.now(UTC).timestamp()
    took = "" if row.started_at is None else _span((row.ended_at or now) - row.started_at)
    return [row.id, row.task, status, f"{row.progress:.0%}", _span(now - row.created_at), took]


def _span(seconds: float) -> str:
    """Return a span as a person would say it: `340ms`, `12s`, `5m`, `3h`, `9d`."""
    if seconds < 1:
        return f"{max(0.0, seconds) * 1000:.0f}ms"
    for limit, size, unit in ((120, 1, "s"), (7200, 60, "m"), (172_800, 3600, "h")):
        if seconds < limit:
            return f"{seconds / size:.0f}{unit}"
    return f"{seconds / 86_400:.0f}d"


@jobs.command()
@click.argument("job_id")
def show(job_id: str) -> None:
    """Say in words why a job waits, how it runs or why it failed."""
    job = job_manager.get_job(job_id)
    row = job.refresh()
    click.echo(f"job {row.id}")
    for name, value in (
        ("description", row.description),
        ("message", row.message),
        ("created", job.created_at),
        ("started", job.started_at),
        ("ended", job.ended_at),
    ):
        if value is not None:
            click.echo(
                f"  {name}: {value:%Y-%m-%d %H:%M:%S %Z}"
                if isinstance(value, datetime)
                else f"  {name}: {value}"
            )
    if row.status == "finished":
        click.echo(f"  result: {job.result!r}")
    click.echo(job.explain())


@jobs.command()
@click.argument("job_id")
@click.option("-f", "--follow", is_flag=True, help="Go on until the job has ended.")
def logs(job_id: str, follow: bool) -> None:
    """Print what a job printed."""
    job = job_manager.get_job(job_id)
    if not follow:
        click.echo(job.logs(), nl=False)
        return
    for text in job.follow_logs():
        click.echo(text, nl=False)


@jobs.command()
@click.argument("job_ids", nargs=-1, required=True)
@click.option("--grace", default="0", show_default=True, help="Ask first, kill after this time.")
def cancel(job_ids: tuple[str, ...], grace: str) -> None:
    """Keep jobs from running, or stop them. Exit code 1 when one had ended."""
    late = 0
    for job_id in job_ids:
        done = job_manager.cancel_job(job_id, grace)
        late += not done
        click.echo(f"{job_id} {'is canceled' if done else 'had ended already'}")
    if late:
        raise click.exceptions.Exit(1)


@jobs.command()
@click.argument("job_ids", nargs=-1)
@click.option("--failed", is_flag=True, help="All failed jobs.")
@click.option("--task", help="With --failed: only of this task.")
def retry(job_ids: tuple[str, ...], failed: bool, task: str | None) -> None:
    """Queue failed, stopped or canceled jobs again."""
    if bool(job_ids) == failed:
        raise click.UsageError("give job ids, or --failed")
    chosen = job_manager.retry_failed_jobs(task) if failed else []
    chosen += [job_manager.retry_job(job_id) for job_id in job_ids]
    for job in chosen:
        click.echo(f"{job.id} is queued again")


@jobs.command()
@click.argument("job_ids", nargs=-1, required=True)
def requeue(job_ids: tuple[str, ...]) -> None:
    """Queue any jobs that have ended again."""
    for job_id in job_ids:
        click.echo(f"{job_manager.requeue_job(job_id).id} is queued again")


@jobs.command()
@click.argument("job_ids", nargs=-1, required=True)
def delete(job_ids: tuple[str, ...]) -> None:
    """Remove ended jobs with their logs and previews."""
    for job_id in job_ids:
        job_manager.delete_job(job_id)
        click.echo(f"{job_id} is removed")


@jobs.command()
@click.argument("job_id")
@click.option("--timeout", help="Give up after this time, such as 90s or 5m.")
def wait(job_id: str, timeout: str | None) -> None:
    """Wait for a job and print its result; exit code 1 when it fails."""
    try:
        click.echo(job_manager.get_job(job_id).wait(timeout))
    except JobFailed as error:
        raise click.ClickException(str(error)) from error


@jobs.command()
@click.option("--days", type=click.FloatRange(0), help="Remove finished jobs older than this.")
@click.option("--keep", type=click.IntRange(0), help="Keep at most this many ended jobs.")
def prune(days: float | None, keep: int | None) -> None:
    """Remove old jobs; a worker does this now and then by itself."""
    from dataclasses import replace

    from drawscape.queue.pruning import DAY_S, Keep

    limits = Keep()
    if days is not None:
        limits = replace(limits, finished_s=days * DAY_S, others_s=days * DAY_S)
    if keep is not None:
        limits = replace(limits, count=keep, spared_s=0.0)
    click.echo(f"{job_manager.prune_jobs(limits)} job(s) removed")


@jobs.command()
@click.option("--prometheus", is_flag=True, help="In Prometheus' text format.")
def stats(prometheus: bool) -> None:
    """Counts, rates and waiting times."""
    found = job_manager.queue_statistics()
    if prometheus:
        click.echo(found.prometheus(), nl=False)
        return
    for status, count in found.counts.items():
        click.echo(f"{status:>12} {count}")
    click.echo(f"{'workers':>12} {found.workers} with {found.slots} slot(s)")
    click.echo(
        f"{'rate':>12} {found.ended_last_minute} in a minute, {found.ended_last_hour} in an hour"
    )
    for name, values in (("waited", found.wait_s), ("ran", found.run_s)):
        told = ", ".join(f"p{q * 100:.0f} {_span(value)}" for q, value in values.items())
        click.echo(f"{name:>12} {told}")
    click.echo(f"{'file':>12} {found.file_bytes / 1e6:.1f} MB")
