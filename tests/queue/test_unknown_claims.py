"""What the table says that a worker has, and no slot of it knows of, goes back: the answer was lost."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from queue_steps import CLAIMANT
from support import wait_until

from drawscape.job_manager import default_queue, enqueue_background_job
from drawscape.queue.postgres_huey import JobPostgresHuey
from drawscape.queue.table.claims import claim
from drawscape.queue.table.records import Claim
from drawscape.queue.table.recovery import Unknown

pytestmark = [
    pytest.mark.slow,
    pytest.mark.postgres,
    pytest.mark.parametrize("engine", ["postgres"], indirect=True),
]


class Slot:
    """What a slot's thread says of itself."""

    def __init__(self) -> None:
        self.database = default_queue().database
        self.running: Claim | None = None
        self.claims = 0
        self.begun: set[tuple[int, int]] = set()

    @contextmanager
    def claiming(self) -> Iterator[None]:
        self.claims += 1
        yield
        self.claims += 1

    def holds(self) -> list[tuple[int, int]]:
        return [(self.running.seq, self.running.token)] if self.running else []


@pytest.fixture
def slots(home: Path) -> list[Slot]:
    return [Slot(), Slot()]


def given_back(unknown: Unknown, slots: list[Slot]) -> list[str]:
    """Look twice, longer apart than an answer takes as a rule."""
    found = unknown.give_back(slots[0].database, "worker", slots)
    time.sleep(1.1)
    return found + unknown.give_back(slots[0].database, "worker", slots)


def standing(slot: Slot) -> tuple[str, int]:
    """Return the only job's status and attempts."""
    return tuple(slot.database.connection.execute("select status, attempts from job").fetchone())


def test_a_claim_whose_answer_is_late_stays_and_one_whose_answer_is_lost_goes_back(
    slots: list[Slot],
) -> None:
    job, unknown = enqueue_background_job("sampletasks.nothing"), Unknown()
    first, second = slots
    with first.claiming():
        late = claim(first.database, *CLAIMANT, ())
        assert given_back(unknown, slots) == []
        with second.claiming():  # others may claim meanwhile
            assert given_back(unknown, slots) == []
        first.running = late
    assert given_back(unknown, slots) == []
    first.running = None
    assert given_back(unknown, slots) == [job.id]
    assert standing(slots[0]) == ("queued", 0)


def test_an_attempt_counts_that_has_begun_although_its_job_could_not_be_given_back(
    slots: list[Slot],
) -> None:
    job = enqueue_background_job("sampletasks.nothing")
    held = claim(slots[0].database, *CLAIMANT, ())
    assert held is not None
    slots[0].begun.add((held.seq, held.token))
    assert given_back(Unknown(), slots) == [job.id]
    assert standing(slots[0]) == ("queued", 1)


def test_an_idle_worker_is_known_to_claim_while_it_waits_for_the_answer(home: Path) -> None:
    """Else a job whose answer is late would go back while that worker begins to run it."""
    database = default_queue().database
    job = enqueue_background_job("sampletasks.nothing")
    allowed = {"task_modules": ("sampletasks",)}
    huey = JobPostgresHuey("background", url=database.target, home=home, **allowed)
    worker = huey.create_consumer()._create_worker()
    thread = threading.Thread(target=worker.loop, daemon=True)
    waits = "select count(*) from pg_locks where not granted and relation = 'job'::regclass"
    with database.connect() as other, other.transaction():
        other.execute("lock table job in exclusive mode")
        thread.start()
        wait_until(lambda: other.execute(waits).fetchone()[0], 60, "the claim to wait")
        assert worker.claims % 2 == 1
    thread.join(60)
    assert (job.status, worker.claims % 2) == ("finished", 0)
    worker.slot.close()
