"""Why a job is where it is, in a few sentences that a person can act on."""

from datetime import datetime

from drawscape.queue import clock
from drawscape.queue.control import ALL_LANES, paused_lanes
from drawscape.queue.engines.engine import WorkerInfo
from drawscape.queue.lists import group_of
from drawscape.queue.queue import Queue
from drawscape.queue.row import JobSnapshot


def explain(queue: Queue, row: JobSnapshot) -> str:
    """Return in words why the job waits, how it runs, or how it ended."""
    lines = [f"{row.task} is {row.status}."]
    if row.waiting:
        lines += _why_waiting(queue, row)
    elif row.status == "started":
        lines += _how_running(queue, row)
    else:
        lines += _how_ended(row)
    if row.recoveries:
        lines.append(f"It was recovered from a dead worker {_times(row.recoveries)}.")
    if row.attempts > 1:
        lines.append(f"It was started {_times(row.attempts)}.")
    return "\n".join(lines)


def _why_waiting(queue: Queue, row: JobSnapshot) -> list[str]:
    lines = []
    if row.status == "scheduled":
        wait_s = max(0.0, row.due_at.timestamp() - clock.now()) if row.due_at else 0.0
        lines.append(f"It is scheduled for {_clock(row.due_at)}, in {wait_s:.1f} s.")
        if refusals := row.details.get("refused_by"):
            lines.append("It waits for a worker that has its code. It was refused by:")
            lines.append(_indented("\n".join(refusals.values())))
        if row.error:
            lines.append(
                f"It is tried again then ({_times(row.retries)} left); it had failed with:"
            )
            lines.append(_indented(row.error))
    elif row.status == "deferred":
        lines.append(f"It waits for {', '.join(_open_dependencies(queue, row)) or 'others'}.")
    else:
        lines.append(f"{_counted(jobs_ahead(queue, row))} ahead of it.")
        lines += _what_holds(queue, row)
    workers = queue.database.workers.living()
    lane = group_of(queue.database, row.id).lane
    serving = [worker for worker in workers if not worker.lanes or lane in worker.lanes]
    if workers and not serving:
        lines.append(
            f"No worker that is alive serves its lane, {lane!r}: start one with "
            f"`drawscape worker --lanes {lane}`."
        )
    if not workers:
        lines.append(
            "No worker is alive: start one with `drawscape worker` or `huey_consumer workers.huey`."
        )
    else:
        slots = sum(worker.slots for worker in workers)
        lines.append(
            f"{_plural(len(workers), 'worker')} with {_plural(slots, 'slot')} "
            f"{'is' if len(workers) == 1 else 'are'} alive."
        )
    lines += [f"Worker {_named(one)}: {one.trouble}." for one in workers if one.trouble]
    return lines


def _what_holds(queue: Queue, row: JobSnapshot) -> list[str]:
    """Return what keeps a queued job from starting though workers are idle: a pause, a limit, its lane."""
    group = group_of(queue.database, row.id)
    lines = [
        f"{'The queue' if lane == ALL_LANES else f'Its lane, {lane!r},'} is paused."
        for lane in paused_lanes(queue.database, queue.name)
        if lane in (ALL_LANES, group.lane)
    ]
    if group.most is not None:
        lines.append(f"At most {group.most} with the limit key {group.limit_key!r} run at once.")
    if group.lane != "default":
        lines.append(f"It waits in the lane {group.lane!r}.")
    return lines


def jobs_ahead(queue: Queue, row: JobSnapshot) -> int:
    """Return how many queued jobs come before the queued job `row`."""
    values = {"queue": row.queue, "priority": row.priority, "seq": row.seq}
    return int(queue.database.read(queue.database.sql.AHEAD, **values)[0][0])


def _counted(count: int) -> str:
    return "No job is" if count == 0 else f"{count} job{'s are' if count > 1 else ' is'}"


def _open_dependencies(queue: Queue, row: JobSnapshot) -> list[str]:
    found = queue.database.read(queue.database.sql.OPEN_DEPENDENCIES, id=row.id)
    return [f"{needed} ({status})" for needed, status in found]


def _how_running(queue: Queue, row: JobSnapshot) -> list[str]:
    since_s = clock.now() - row.started_at.timestamp() if row.started_at else 0.0
    workers = [one for one in queue.database.workers.living() if one.id == row.worker]
    host = f" on {workers[0].host}" if workers and queue.database.is_server else ""
    lines = [
        f"It has been running for {max(0.0, since_s):.1f} s (process {row.pid}{host}), "
        f"{row.progress:.0%} done."
    ]
    if row.message:
        lines.append(f"Its last message: {row.message}")
    if row.timeout_s is not None:
        lines.append(f"Its time limit is {row.timeout_s:g} s.")
    if row.stop_grace_s is not None:
        lines.append("It was asked to stop.")
    if not queue.database.workers.is_alive(row.worker):
        lines.append("Its worker is dead; the next worker that is alive takes the job over.")
    return lines


def _how_ended(row: JobSnapshot) -> list[str]:
    lines = []
    # One that was canceled between two tries has a start, but did not run until its end.
    if row.started_at is not None and row.ended_at is not None and row.status != "canceled":
        took_s = (row.ended_at - row.started_at).total_seconds()
        lines.append(f"It ran for {took_s:.2f} s, until {_clock(row.ended_at)}.")
    if row.reason:
        lines.append(f"Reason: {row.reason}.")
    details = row.details
    if details.get("signal"):
        lines.append(f"Signal: {details['signal']}.")
    if row.peak_kb:
        lines.append(f"Peak memory: {row.peak_kb / 1024:.0f} MB.")
    if row.error:
        lines += ["Error:", _indented(row.error)]
    if details.get("stack") and details["stack"] not in (row.error or ""):
        lines += ["Where it was:", _indented(details["stack"])]
    if details.get("log"):
        lines += ["The last lines that it printed:", _indented(details["log"])]
    return lines


def _clock(moment: datetime | None) -> str:
    return "no time" if moment is None else moment.astimezone().strftime("%Y-%m-%d %H:%M:%S %Z")


def _named(worker: WorkerInfo) -> str:
    return f"{worker.pid} on {worker.host}" if worker.host else str(worker.pid)


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())
