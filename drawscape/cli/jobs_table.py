"""The queue as a table for a person, once or live, and as lines for a program."""

import contextlib
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from drawscape.cli.text import counted, span
from drawscape.jobs import WAITING, JobSnapshot, default_queue, queue_statistics

if TYPE_CHECKING:
    from rich.console import Console

Finder = Callable[[int], list[JobSnapshot]]
"""Finds so many jobs at most. Snapshots, not handles: a job that is removed meanwhile still has its line."""

PERIOD_S = 0.25

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


def cells(row: JobSnapshot) -> list[str]:
    """Return a job's id, task, status, share done, age, and how long it ran."""
    status = f"{row.status} ({row.reason})" if row.reason and row.status == "failed" else row.status
    now = datetime.now(UTC)
    age = (now - row.created_at).total_seconds()
    began = row.started_at
    took = "" if began is None else span(((row.ended_at or now) - began).total_seconds())
    return [row.id, row.task, status, f"{row.progress:.0%}", span(age), took]


def show(find: Finder, limit: int) -> None:
    """Print the table."""
    from rich.console import Console

    console = Console()
    console.print(table(find(limit), console))


def watch(find: Finder, limit: int) -> None:
    """Show the table until Ctrl-C, no longer than the terminal is high."""
    from rich.console import Console
    from rich.live import Live

    console = Console()

    def look() -> Any:
        return table(find(max(1, min(limit, console.height - _LINES_AROUND))), console)

    # Ctrl-C is how one leaves, and no interruption of anything.
    with Live(look(), console=console) as view, contextlib.suppress(KeyboardInterrupt):
        while True:
            time.sleep(PERIOD_S)
            view.update(look(), refresh=True)


def table(rows: list[JobSnapshot], console: "Console") -> Any:
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
        job_id, task, status, *rest = cells(row)
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
