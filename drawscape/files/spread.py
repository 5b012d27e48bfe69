"""A batch's files among this job and child jobs, whoever is free: no one waits in vain.

The child jobs take files from the front of the list, this job takes them from the back, and each file
is claimed before it is worked on. So a batch ends even when no worker is free for its children, and it
is as fast as there are workers.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any
from uuid import uuid4

from drawscape.files.batch import Item, Report, Work, run_item, stopped
from drawscape.files.claims import Claims
from drawscape.jobs import (
    Batch,
    Job,
    JobContext,
    JobNotFoundError,
    enqueue_many,
    get_batch,
    get_job,
    workers_alive,
)

LOOK_S = 0.1  # between two looks at the children
ELSEWHERE = "elsewhere"
"""The status that a child reports of a file that someone else has taken."""

_META = "child_batch"


def can_spread(job: JobContext, count: int) -> bool:
    """Return whether child jobs could help: inside a worker, more than one file, another free hand."""
    return job.id is not None and count > 1 and sum(w.slots for w in workers_alive()) > 1


def run_spread(
    items: Mapping[int, Item],
    work: Work,
    *,
    job: JobContext,
    claims: Claims,
    child: str,
    calls: Callable[[Item], Mapping[str, Any]],
    before: int,
) -> dict[int, Report]:
    """Return the reports of the items, done by this job and by child jobs that call the task `child`.

    `calls(item)` gives a child's arguments; `batch`, `place` and `parent` are added to them. `before`
    files of the batch had been done before.
    When this job is stopped its children are, too.
    """
    forget_earlier(job)
    key = uuid4().hex
    arguments = [
        {**calls(item), "batch": key, "place": place, "parent": job.id}
        for place, item in items.items()
    ]
    children = enqueue_many(
        child, arguments, job_timeout=_time_left(job), batch_description=f"files of {job.id}"
    )
    job.meta[_META] = children.id
    try:
        return _Shared(items, work, job, claims, children, key, before).run()
    finally:
        _tidy(children)
        claims.forget(key)


def forget_earlier(job: JobContext) -> None:
    """Stop the children that an earlier run of this job, killed with its worker, has left."""
    earlier = job.meta.get(_META)
    if earlier:
        try:
            get_batch(earlier).cancel()
        except JobNotFoundError:
            return


def parent_runs(parent: str) -> bool:
    """Return whether the batch that a child belongs to still runs."""
    try:
        return get_job(parent).status == "started"
    except JobNotFoundError:
        return False


class _Shared:
    """One batch on its way: what is reported, what is claimed, who works on what."""

    def __init__(
        self,
        items: Mapping[int, Item],
        work: Work,
        job: JobContext,
        claims: Claims,
        children: Batch,
        key: str,
        before: int,
    ) -> None:
        self._items = items
        self._work = work
        self._job = job
        self._claims = claims
        self._children = children
        self._key = key
        self._before = before
        self._total = before + len(items)
        self._reports: dict[int, Report] = {}
        self._next_look = 0.0

    def run(self) -> dict[int, Report]:
        for place in reversed(list(self._items)):
            if self._job.is_canceled:
                break
            if place not in self._reports and self._claims.take(self._key, place, "batch"):
                self._do(place)
            self._collect()
        while len(self._reports) < len(self._items) and not self._job.is_canceled:
            time.sleep(LOOK_S)
            self._collect()
        return {p: self._reports.get(p) or stopped(item) for p, item in self._items.items()}

    def _do(self, place: int) -> None:
        item = self._items[place]
        done = self._before + len(self._reports)
        self._reports[place] = run_item(
            item, self._work, teller(self._job, item.file, done, self._total)
        )

    def _collect(self) -> None:
        """Take up the reports of children that have ended, now and then."""
        if time.monotonic() < self._next_look:
            return
        self._next_look = time.monotonic() + LOOK_S
        places = list(self._items)
        for place, child in zip(places, self._children.jobs, strict=True):
            if place not in self._reports and child.ended:
                self._take_report(place, child)
        done = self._before + len(self._reports)
        self._job.progress(done / self._total, f"{done} of {self._total} files")

    def _take_report(self, place: int, child: Job) -> None:
        item = self._items[place]
        if child.status == "finished":
            told = child.result
            if told["status"] != ELSEWHERE:
                self._reports[place] = Report(**told)
        elif self._claims.take(self._key, place, child.id):
            error = child.error or f"its job {child.id} was {child.status}"
            self._reports[place] = Report(item.file, "failed", error=error)


def _tidy(children: Batch) -> None:
    """Stop the children that are left and remove those that never ran."""
    children.cancel()
    for child in children.jobs:
        if child.status == "canceled":
            child.delete()


def _time_left(job: JobContext) -> float | None:
    """Return the seconds that this job may still take, so that no child outlasts it."""
    row = get_job(str(job.id)).refresh()
    if row.timeout_s is None or row.started_at is None:
        return None
    return max(1.0, row.started_at.timestamp() + row.timeout_s - time.time())


def teller(job: JobContext, file: str, done: int, total: int) -> Callable[[float, str], None]:
    """Return what tells `job` how far the file is, the batch's `done` files of `total` before it."""

    def tell(fraction: float, message: str) -> None:
        job.progress((done + fraction) / total, f"{file}: {message}" if message else file)

    tell(0.0, "")
    return tell
