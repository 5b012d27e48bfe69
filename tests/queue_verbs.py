"""Verbs of the queue: what each needs before, what it does, and how one sees that it was done."""

from collections.abc import Callable

from queue_steps import CLAIMANT, TASK, acknowledge, take

from drawscape.job_manager import (
    cancel_job,
    default_queue,
    delete_job,
    enqueue_background_job,
    enqueue_many,
    get_job,
    get_job_status,
    list_jobs,
    pause_queue,
    queue_is_paused,
    retry_job,
)
from drawscape.queue.row import Claim, Outcome
from drawscape.queue.store import give_back, note_progress


def held(job_id: str) -> Claim:
    found = take()
    assert found.id == job_id
    return found


class Verb:
    """Something that is done to a job, and how one sees that it was."""

    def __init__(self, job_id: str) -> None:
        self.id = job_id
        self.database = default_queue().database

    def prepare(self) -> None:
        enqueue_background_job(TASK, job_id=self.id)

    def act(self) -> object:
        raise NotImplementedError

    def is_done(self) -> bool:
        raise NotImplementedError

    def status(self) -> str:
        return str(get_job_status(self.id)["status"])


class Enqueue(Verb):
    def prepare(self) -> None:
        pass

    def act(self) -> object:
        return enqueue_background_job(TASK, job_id=self.id)

    def is_done(self) -> bool:
        return self.status() == "queued"


class EnqueueAfter(Enqueue):
    def prepare(self) -> None:
        enqueue_background_job(TASK, job_id=f"{self.id}-needed")

    def act(self) -> object:
        return enqueue_background_job(TASK, job_id=self.id, job_depends_on=f"{self.id}-needed")

    def is_done(self) -> bool:
        return self.status() == "deferred"


class EnqueueMany(Verb):
    def prepare(self) -> None:
        self.jobs = len(list_jobs(limit=None))

    def act(self) -> object:
        return enqueue_many(TASK, [{}] * 10, then=TASK)

    def is_done(self) -> bool:
        made = len(list_jobs(limit=None)) - self.jobs
        assert made in (0, 11)
        return made == 11


class Claimed(Verb):
    def act(self) -> object:
        return held(self.id)

    def is_done(self) -> bool:
        return self.status() == "started"


class Acknowledge(Verb):
    def prepare(self) -> None:
        super().prepare()
        self.held = held(self.id)

    def act(self) -> object:
        accepted, following = acknowledge(self.database, self.held, Outcome("finished"), CLAIMANT)
        assert (accepted, following) == (True, None)
        return accepted

    def is_done(self) -> bool:
        return self.status() == "finished"


class AcknowledgeInLane(Acknowledge):
    """Sent in one go with the next claim, within a transaction that is alone."""

    def prepare(self) -> None:
        enqueue_background_job(TASK, job_id=self.id, job_lane="fast")
        self.held = held(self.id)


class Fail(Acknowledge):
    """With a try that is left: a longer transaction."""

    def prepare(self) -> None:
        enqueue_background_job(TASK, job_id=self.id, job_retries=1, job_retry_delay=3600)
        self.held = held(self.id)

    def act(self) -> object:
        return acknowledge(self.database, self.held, Outcome("failed", "exception", error="no ink"))

    def is_done(self) -> bool:
        left = "select retries from job where id = ?"
        done = self.status() == "scheduled"
        assert self.database.connection.execute(left, (self.id,)).fetchone()[0] == int(not done)
        return done


class GiveBack(Acknowledge):
    def act(self) -> object:
        return give_back(self.database, self.held)

    def is_done(self) -> bool:
        return self.status() == "queued"


class Progress(Acknowledge):
    def act(self) -> object:
        return note_progress(self.database, self.held, 0.5, "half", None)

    def is_done(self) -> bool:
        return get_job(self.id).refresh().progress == 0.5


class Cancel(Verb):
    def act(self) -> object:
        return cancel_job(self.id)

    def is_done(self) -> bool:
        return self.status() == "canceled"


class Retry(Verb):
    def prepare(self) -> None:
        super().prepare()
        cancel_job(self.id)

    def act(self) -> object:
        return retry_job(self.id)

    def is_done(self) -> bool:
        return self.status() == "queued"


class Delete(Retry):
    def act(self) -> object:
        return delete_job(self.id)

    def is_done(self) -> bool:
        return self.status() == "not_found"


class Pause(Verb):
    def act(self) -> object:
        return pause_queue(self.id)

    def is_done(self) -> bool:
        return queue_is_paused(self.id)


VERBS: list[Callable[[str], Verb]] = [
    Enqueue,
    EnqueueAfter,
    EnqueueMany,
    Claimed,
    Acknowledge,
    AcknowledgeInLane,
    Fail,
    GiveBack,
    Progress,
    Cancel,
    Retry,
    Delete,
    Pause,
]
