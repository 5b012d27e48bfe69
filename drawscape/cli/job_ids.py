"""Jobs as they are named on the command line: by id, or by an id's end that no other job's has."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import click

from drawscape.cli.text import complain, exit_code
from drawscape.errors import DrawscapeError
from drawscape.jobs import Job, find_job

SHORT = 8
"""Characters that lists show of an id: its end, for ids that were made in the same minutes begin alike."""


def for_each(names: Iterable[str], act: Callable[[Job], str | None]) -> int:
    """Print what `act` returns for each job, and go on after an error; return the highest exit code."""
    code = 0
    for name in names:
        try:
            line = act(find_job(name))
        except DrawscapeError as error:
            code = max(code, exit_code(error))
            complain(error)
        else:
            if line:
                click.echo(line)
    return code
