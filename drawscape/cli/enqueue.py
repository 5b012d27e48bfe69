"""`drawscape enqueue`: one job from the command line."""

import json
from typing import Any

import click

from drawscape.jobs import enqueue_background_job


@click.command()
@click.argument("path")
@click.argument("arguments", nargs=-1, metavar="[NAME=VALUE]...")
@click.option("--wait", is_flag=True, help="Wait for the job, and print its result.")
def enqueue(path: str, arguments: tuple[str, ...], wait: bool) -> None:
    """Queue a task by its path.

    PATH is such as drawscape.tasks.drawing.generate_complex_svg.

    A VALUE that is JSON is read as such (7, true, [1, 2]), any other is a text; names that begin with
    `job_` are options: job_timeout=2m. Prints the job's id.
    """
    job = enqueue_background_job(path, **dict(_pair(text) for text in arguments))
    click.echo(job.id)
    if wait:
        result = job.wait()
        if result is not None:
            click.echo(result)


def _pair(text: str) -> tuple[str, Any]:
    name, separator, value = text.partition("=")
    if not separator or not name.isidentifier():
        raise click.BadParameter(f"{text!r}: give NAME=VALUE, such as width=210")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value
