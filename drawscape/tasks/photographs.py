"""The photograph given to a plot's panel: stored, examined by a job, turned into a healing plot."""

from collections.abc import Iterable
from pathlib import Path

from drawscape import settings
from drawscape.atomic import write_atomic
from drawscape.errors import PhotoError
from drawscape.jobs import Job, enqueue_background_job, get_job
from drawscape.machine.plot import Plot
from drawscape.tasks.healing import changed_rows, heal_plot

LARGEST_PHOTOGRAPH = 50_000_000
"""Bytes; a phone's photographs have 3 to 15 million."""

_TASK = "drawscape.tasks.healing.examine_photograph"
_PRIORITY = 10  # a person waits for it


def examine_upload(
    plot: Plot,
    file: str,
    data: bytes,
    *,
    corners: list[list[float]] | None = None,
    sheet: int = 1,
) -> Job:
    """Return the job that examines the photograph of a plot's sheet, whose bytes are `data`.

    The photograph replaces that plot's former one in `inputs/`. `corners` and `sheet` are those of
    `examine_photograph`. Raises PhotoError for an empty or too large one.
    """
    if not 0 < len(data) <= LARGEST_PHOTOGRAPH:
        raise PhotoError(f"{file} has {len(data):,} bytes; give 1 to {LARGEST_PHOTOGRAPH:,}")
    place = settings.home() / "inputs" / f"plot-{plot.id[-8:]}{Path(file).suffix[:6]}"
    place.parent.mkdir(exist_ok=True)
    write_atomic(place, [data])
    return enqueue_background_job(
        _TASK,
        plot.id,
        str(place),
        corners=corners,
        sheet=sheet,
        job_priority=_PRIORITY,
        job_description=f"photograph of {plot.title}",
    )


def heal_photographed(
    plot: Plot, job_id: str, *, take_out: Iterable[int] = (), add: Iterable[int] = ()
) -> Plot:
    """Return a new plot, not yet queued, of the missing stretches in the photograph that a job examined.

    `take_out` and `add` are strokes from 1, as for `changed_rows`. Raises PhotoError when nothing is
    missing, or for a job that did something else.
    """
    job = get_job(job_id)
    if job.task != _TASK or job.status != "finished":
        raise PhotoError(f"job {job_id} has examined no photograph; choose the photograph again")
    rows = changed_rows(plot.plan, job.result, take_out=take_out, add=add)
    if not rows:
        raise PhotoError("nothing is missing; click strokes to add them")
    return heal_plot(plot, rows)
