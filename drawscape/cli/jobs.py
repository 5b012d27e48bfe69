"""`drawscape jobs`: the queue as a table, one job in words, and what can be done with it."""

import json
import os
import sys
import time
import warnings
from dataclasses import asdict
from datetime import datetime

import click

from drawscape import jobs as job_api
from drawscape.cli import jobs_table
from drawscape.cli.shared_options import GRACE, option
from drawscape.cli.text import counted, for_each, span
from drawscape.durations import seconds
from drawscape.errors import JobFailed, JobStateError
from drawscape.jobs import STATUSES, Job, JobSnapshot, default_queue, find_job, list_snapshots

_RESULT_CHARS = 2000
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
@click.option("--json", "as_json", is_flag=True, help="Print all that is known as a JSON array.")
def list_command(
    status: tuple[str, ...], task: str | None, limit: int, live: bool, as_json: bool = False
) -> None:
    """List jobs, the newest first.

    A table on a terminal; elsewhere a line a job, its cells separated by tabs.
    """

    def rows(most: int) -> list[JobSnapshot]:
        return list_snapshots(status or None, task, most)

    if as_json:
        click.echo(json.dumps([asdict(row) for row in rows(limit)], default=_as_text, indent=1))
        return
    moves = sys.stdout.isatty() and os.environ.get("TERM") not in ("dumb", "unknown")
    if live and moves:
        jobs_table.watch(rows, limit)
        return
    if live:
        click.echo("--watch needs a terminal that can redraw; this is one look", err=True)
    if sys.stdout.isatty():
        jobs_table.show(rows, limit)
        return
    for row in rows(limit):
        click.echo("\t".join(jobs_table.cells(row)))


def _as_text(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


@jobs.command()
@click.argument("job_id", metavar="JOB")
def show(job_id: str) -> None:
    """Say why a job waits, how it runs or why it failed."""
    job = find_job(job_id)
    row = job.refresh()
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

    What had ended before is an error, and the exit code 1.
    """
    grace_s = seconds(grace, "grace")
    asked: list[Job] = []

    def cancel_one(job: Job) -> None:
        if not job.cancel(grace_s):
            had = _HAD.get(job.status, "ended")
            raise JobStateError(f"job {job.id} had {had} before; nothing is canceled")
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
        return "is canceled before it began"
    if status == "stopped":
        return "was asked to stop and is stopped"
    if status in _HAD:
        return f"was asked to stop but had {_HAD[status]} by then"
    return f"was asked to stop and is {status} still"


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
@click.option("--timeout", metavar="TIME", help="Give up after this time, such as 90s or 5m.")
def wait(job_id: str, timeout: str | None) -> None:
    """Wait for a job and print its result.

    The exit code is 1 when the job fails, or the time is over.
    """
    job = find_job(job_id)
    if not job.ended and not job_api.workers_alive():
        click.echo("no worker is alive; start one with `drawscape worker`", err=True)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it would say the same once more
            result = job.wait(timeout)
    except JobFailed as error:
        raise click.ClickException(str(error)) from error
    if result is not None:
        click.echo(result)


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
def stats(prometheus: bool) -> None:
    """Show counts, rates and waiting times."""
    found = job_api.queue_statistics()
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
