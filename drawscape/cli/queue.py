"""`drawscape queue`: the queue's file as a whole."""

from pathlib import Path

import click

from drawscape import jobs as job_api
from drawscape.cli.text import GRACE, counted
from drawscape.errors import QueueError


@click.group()
def queue() -> None:
    """Back up, check, pause and resume the queue, or cancel all of it."""


@queue.command(short_help="Copy the queue while workers run.")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def backup(file: Path) -> None:
    """Copy the queue to FILE while workers run, its key beside it."""
    key = job_api.backup_queue(file)
    click.echo(f"{file} and {key}: {file.stat().st_size / 1e6:.1f} MB, signed by that key")


@queue.command(short_help="Look whether the queue is whole.")
def check() -> None:
    """Look whether the queue is whole and its rows agree.

    The exit code is 1 when they do not.
    """
    problems = job_api.check_queue()
    for problem in problems:
        click.echo(problem)
    if problems:
        raise QueueError(f"{counted(len(problems), 'problem')} in {job_api.default_queue().label}")
    click.echo(f"{job_api.default_queue().label} is whole")


@queue.command(short_help="Change Postgres' tables to this version.")
def migrate() -> None:
    """Change the tables of a queue on Postgres to this version; nothing else changes them.

    Once, on one machine. Workers of an older version that would be misled are named, and must stop first.
    """
    before, after = job_api.migrate_queue()
    if before == after:
        click.echo(f"the tables are up to date (version {after})")
    else:
        click.echo(
            f"the tables are of version {after} now, they were of version {before or 'none'}"
        )


@queue.command(short_help="Let no job start until `resume`.")
@click.argument("lane", required=False, metavar="[LANE]")
def pause(lane: str | None) -> None:
    """Let no job start, or none of one LANE, until `resume`; running ones go on."""
    job_api.pause_queue(lane)
    click.echo(f"{_named(lane)} is paused")


@queue.command()
@click.argument("lane", required=False, metavar="[LANE]")
def resume(lane: str | None) -> None:
    """Let jobs start again, or those of one LANE."""
    job_api.resume_queue(lane)
    click.echo(f"{_named(lane)} goes on")


def _named(lane: str | None) -> str:
    return "the queue" if lane is None else f"the lane {lane}"


@queue.command("cancel-all")
@GRACE
@click.confirmation_option(prompt="Cancel all jobs that wait or run?", help="Do not ask.")
def cancel_all(grace: str) -> None:
    """Cancel what waits, and stop what runs."""
    click.echo(f"{counted(job_api.cancel_all(grace), 'job')} canceled")
