"""Why a job waits, how it runs, or how it ended, in words."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from drawscape import clock
from drawscape.queue.engines.engine import WorkerInfo
from drawscape.queue.job_queue import Queue
from drawscape.queue.limits import ALL_LANES, group_of
from drawscape.queue.snapshot import JobSnapshot


def explain(queue: Queue, row: JobSnapshot) -> str:
    """Return in words why the job waits, how it runs, or how it ended."""
    parts = _why_waiting if row.waiting else _how_ended if row.ended else _how_running
    lines = [f"{row.task} is {row.status}.", *filter(None, parts(queue, row))]
    if row.recoveries:
        lines.append(f"It was recovered from a dead worker {_times(row.recoveries)}.")
    if row.attempts > 1:
        lines.append(f"It was started {_times(row.attempts)}.")
    return "\n".join(lines)


Words = Iterator[str | None]


def _why_waiting(queue: Queue, row: JobSnapshot) -> Words:
    database = queue.database
    group = group_of(database, row.id)
    if row.due_at is not None and row.status == "scheduled":
        wait_s = max(0.0, row.due_at.timestamp() - clock.now())
        yield f"It is scheduled for {_local_time(row.due_at)}, in {wait_s:.1f} s."
        if refusals := row.details.get("refused_by"):
            yield "It waits for a worker that has its code. It was refused by:"
            yield _indented("\n".join(refusals.values()))
        if row.error:
            yield f"It is tried again then ({_times(row.retries)} left); it had failed with:"
            yield _indented(row.error)
    elif row.status == "deferred":
        needed = database.read(database.OPEN_DEPENDENCIES, id=row.id)
        names = [f"{one} ({status})" for one, status in needed]
        yield f"It waits for {', '.join(names) or 'others'}."
    else:
        ahead = jobs_ahead(queue, row)
        yield f"{_plural(ahead, 'job')} {'are' if ahead > 1 else 'is'} ahead of it."
        for (lane,) in database.read(database.PAUSED, queue=queue.name):
            if lane in (ALL_LANES, group.lane):
                yield f"{'The queue' if lane == ALL_LANES else f'Its lane, {lane!r},'} is paused."
        if group.most is not None:
            yield f"At most {group.most} with the limit key {group.limit_key!r} run at once."
    if group.lane != "default":
        yield f"It waits in the lane {group.lane!r}."
    yield from _who_works(database.workers.living(), group.lane)


def _who_works(workers: Sequence[WorkerInfo], lane: str) -> Words:
    if not workers:
        yield "No worker is alive: start one with `drawscape worker` or `huey_consumer workers.huey`."
        return
    if not any(not worker.lanes or lane in worker.lanes for worker in workers):
        yield (
            f"No worker that is alive serves its lane, {lane!r}: start one with "
            f"`drawscape worker --lanes {lane}`."
        )
    slots = sum(worker.slots for worker in workers)
    yield f"Alive: {_plural(len(workers), 'worker')} with {_plural(slots, 'slot')}."
    for one in workers:
        if one.trouble:
            yield f"Worker {one.pid} on {one.host}: {one.trouble}."


def jobs_ahead(queue: Queue, row: JobSnapshot) -> int:
    """Return how many queued jobs come before the queued job `row`."""
    return int(queue.database.read(queue.database.AHEAD, **row._asdict())[0][0])


def _how_running(queue: Queue, row: JobSnapshot) -> Words:
    since_s = clock.now() - row.started_at.timestamp() if row.started_at else 0.0
    hosts = [one.host for one in queue.database.workers.living() if one.id == row.worker]
    where = f"process {row.pid}{f' on {hosts[0]}' if hosts and queue.database.is_server else ''}"
    yield f"It has been running for {max(0.0, since_s):.1f} s ({where}), {row.progress:.0%} done."
    yield row.message and f"Its last message: {row.message}"
    if row.timeout_s is not None:
        yield f"Its time limit is {row.timeout_s:g} s."
    if row.stop_grace_s is not None:
        yield "It was asked to stop."
    if not hosts and not queue.database.workers.is_alive(row.worker):
        yield "Its worker is dead; the next worker that is alive takes the job over."


def _how_ended(_queue: Queue, row: JobSnapshot) -> Words:
    # One that was canceled between two tries has a start, but did not run until its end.
    if row.started_at is not None and row.ended_at is not None and row.status != "canceled":
        took_s = (row.ended_at - row.started_at).total_seconds()
        yield f"It ran for {took_s:.2f} s, until {_local_time(row.ended_at)}."
    details = row.details
    yield row.reason and f"Reason: {row.reason}."
    yield details.get("signal") and f"Signal: {details['signal']}."
    yield f"Peak memory: {row.peak_kb / 1024:.0f} MB." if row.peak_kb else None
    stack = details.get("stack") or ""
    for title, text in (
        ("Error", row.error),
        ("Where it was", stack if stack not in (row.error or "") else None),
        ("The last lines that it printed", details.get("log")),
    ):
        yield f"{title}:\n{_indented(text)}" if text else None


def _local_time(moment: datetime) -> str:
    return moment.astimezone().strftime("%Y-%m-%d %H:%M:%S %Z")


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _plural(count: int, noun: str) -> str:
    return f"{count or 'No'} {noun}{'s' if count > 1 else ''}"


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())
