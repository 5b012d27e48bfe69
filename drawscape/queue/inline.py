"""Jobs run in this process, one after another, without a worker: for tests and for a look by debugger."""

import os

from drawscape.queue.ids import new_id
from drawscape.queue.queue import Queue
from drawscape.queue.table.claims import acknowledge, claim, note_progress
from drawscape.queue.table.records import Claim, Outcome, parsed
from drawscape.queue.worker.context import RunningJob, set_current
from drawscape.queue.worker.messages import ChildSettings
from drawscape.queue.worker.task_call import Ending, TaskCaller


def run_queued(queue: Queue) -> int:
    """Return how many jobs ran: those that are queued and what follows from them, in the queue's order.

    No time limit holds, nothing of what a job leaves behind is put back, and nothing can kill it.
    """
    caller, worker, workers = TaskCaller(_settings(queue)), new_id(), queue.database.workers
    count = 0
    workers.announce(
        worker, queue=queue.name, lanes=(), slots=1, temporary="", on_renewal=lambda _: None
    )
    try:
        while (held := claim(queue.database, queue.name, worker, os.getpid())) is not None:
            acknowledge(queue.database, held, _outcome(queue, caller, held))
            count += 1
    finally:
        workers.retire(worker)
    return count


def _outcome(queue: Queue, caller: TaskCaller, held: Claim) -> Outcome:
    job = RunningJob(
        held.id,
        parsed(held.meta),
        lambda fraction, message, meta, _: note_progress(
            queue.database, held, fraction, message, _text(meta)
        ),
    )
    call = caller.prepare(held.id, held.task, held.payload)
    set_current(job)
    try:
        ending = call if isinstance(call, Ending) else caller.run(held.id, held.task, call)
        job.close(with_preview=False)
    finally:
        set_current(None)
    return Outcome(*ending)


def _text(meta: dict[str, object] | None) -> str | None:
    import json

    return None if meta is None else json.dumps(meta, default=str)


def _settings(queue: Queue) -> ChildSettings:
    return ChildSettings(
        home=os.fspath(queue.home),
        key=queue.codec.key,
        task_modules=queue.task_modules,
        previews=os.fspath(queue.folder / "previews"),
        memory_limit_bytes=None,
        queue=queue.database.target,
    )
