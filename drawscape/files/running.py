"""A batch as a job runs it: what needs no work is told at once, the rest is done here or shared."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from drawscape.files.batch import Item, Report, Work, known_report, run_item, stopped
from drawscape.files.claims import Claims
from drawscape.files.spread import can_spread, run_spread, teller
from drawscape.jobs import JobContext


def run_batch(
    items: Sequence[Item],
    work: Work,
    *,
    job: JobContext,
    claims: Claims,
    child: str,
    calls: Callable[[Item], Mapping[str, Any]],
) -> list[Report]:
    """Return the reports of the items, in their order, telling `job` one progress for all.

    `child` is the dotted path of the task that does one file, `calls(item)` gives its arguments.
    """
    reports = {
        place: report
        for place, item in enumerate(items)
        if (report := known_report(item, work)) is not None
    }
    todo = {place: item for place, item in enumerate(items) if place not in reports}
    before = len(reports)
    if work.operation.suffix and can_spread(job, len(todo)):
        reports |= run_spread(
            todo, work, job=job, claims=claims, child=child, calls=calls, before=before
        )
    else:
        reports |= _run_here(todo, work, job=job, before=before)
    job.progress(1.0, f"{len(items)} files")
    return [reports[place] for place in range(len(items))]


def summary(reports: Sequence[Report]) -> str:
    """Return how many files came to what, such as '5 done, 1 failed'."""
    kinds = list(dict.fromkeys(report.status for report in reports))
    counts = (f"{sum(r.status == kind for r in reports)} {kind}" for kind in kinds)
    return ", ".join(counts) or "no files"


def _run_here(
    items: Mapping[int, Item], work: Work, *, job: JobContext, before: int
) -> dict[int, Report]:
    """Return the reports of the items, done one after the other; stopped ones once that is asked."""
    reports: dict[int, Report] = {}
    total = before + len(items)
    for place, item in items.items():
        if job.is_canceled:
            reports[place] = stopped(item)
            continue
        tell = teller(job, item.file, before + len(reports), total)
        reports[place] = run_item(item, work, tell)
    return reports
