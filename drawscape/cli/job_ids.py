"""Jobs as they are named on the command line: by id, or by an id's end that no other job's has."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import click

from drawscape.cli.text import complain, exit_code
from drawscape.errors import DrawscapeError, JobNotFoundError
from drawscape.jobs import Job, default_queue
from drawscape.queue.table.query import read_row

SHORT = 8
"""Characters that lists show of an id: its end, for ids that were made in the same minutes begin alike."""

_SHORTEST = 4


def find(name: str) -> Job:
    """Return the job whose id is `name`, or the only one whose id ends so.

    Raises JobNotFoundError when there is none, or several.
    """
    queue = default_queue()
    if read_row(queue.database, name) is not None:
        return Job(queue, name)
    ids = _ids_ending_with(name) if len(name) >= _SHORTEST else []
    if len(ids) > 1:
        raise JobNotFoundError(
            f"{len(ids)} jobs have an id that ends with {name!r}, {', '.join(ids[:2])} among them; "
            "give more of it"
        )
    if not ids:
        raise JobNotFoundError(
            f"no job has the id {name!r}, or one that ends so, in {queue.database.path}; old ones are removed"
        )
    return Job(queue, ids[0])


def for_each(names: Iterable[str], act: Callable[[Job], str | None]) -> int:
    """Print what `act` says of each job, and go on after an error; return the highest exit code."""
    code = 0
    for name in names:
        try:
            said = act(find(name))
        except DrawscapeError as error:
            code = max(code, exit_code(error))
            complain(error)
        else:
            if said:
                click.echo(said)
    return code


def _ids_ending_with(text: str) -> list[str]:
    queue = default_queue()
    with queue.database.translated():
        rows = queue.database.connection.execute(
            "select id from job where queue = ? and substr(id, -length(?)) = ? order by seq desc",
            (queue.name, text, text),
        ).fetchall()
    return [row[0] for row in rows]
