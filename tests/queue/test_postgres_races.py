"""What two sessions do at one moment, each race with its guard and without it: then it is lost."""

import random
import threading
import time

import pytest
from queue_races import DONE, WORKER, at_once, claimed
from queue_steps import TASK
from support import wait_until

from drawscape.errors import QueueError
from drawscape.job_manager import (
    check_queue,
    default_queue,
    enqueue_background_job,
    enqueue_many,
    get_job,
    list_jobs,
)
from drawscape.queue.engines.engine import Database
from drawscape.queue.engines.postgres import database as engine
from drawscape.queue.table import concurrent_claims
from drawscape.queue.table.batch_ends import settle_batches
from drawscape.queue.table.claims import acknowledge, claim
from drawscape.queue.table.records import Claim, Outcome

pytestmark = [pytest.mark.postgres, pytest.mark.slow, pytest.mark.usefixtures("raced_queue")]

MANY = 3000
"""Rounds of a race without its guard, of which the first ones lose it."""


@pytest.fixture
def never_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the lock from the transactions that are alone."""
    begun = engine.Database._begun
    monkeypatch.setattr(engine.Database, "_begun", lambda self, _: begun(self, False))


# a job ends while one that needs it is queued


def one_is_forgotten(rounds: int) -> bool:
    """Whether a job waits for ever that was queued while what it needs ended; so many times tried."""
    for number in range(rounds):
        needed = enqueue_background_job(TASK)
        held = claimed()
        assert held.id == needed.id

        def end(own: Database, held: Claim = held, pause_s: float = (number % 10) * 0.0004) -> None:
            time.sleep(pause_s)
            acknowledge(own, held, DONE)

        dependent: list[object] = []
        at_once(
            end,
            lambda _, needed=needed, made=dependent: made.append(
                enqueue_background_job(TASK, job_depends_on=needed.id)
            ),
        )
        if dependent[0].status == "deferred":
            return True
        dependent[0].cancel()
    return False


def test_no_job_waits_for_ever_for_one_that_ended_while_it_was_queued():
    assert not one_is_forgotten(40)


def test_that_race_is_lost_without_the_mark_of_the_awaited():
    default_queue().database.connection.execute("drop trigger job_is_awaited on job_dependency")
    assert one_is_forgotten(MANY)


# the last two of a batch end at once


def a_follower_is_forgotten(rounds: int) -> bool:
    for _ in range(rounds):
        batch = enqueue_many(TASK, [{}, {}], then=TASK)
        held = [claimed() for _ in range(2)]
        at_once(*(lambda own, one=one: acknowledge(own, one, DONE) for one in held))
        if batch.following.status == "deferred":
            return True
        batch.following.cancel()
    return False


def test_the_last_two_of_a_batch_that_end_at_once_release_what_follows():
    assert not a_follower_is_forgotten(30)


def test_that_race_is_lost_where_the_last_is_looked_for_before_the_commit(
    monkeypatch: pytest.MonkeyPatch,
):
    last = (
        "array_agg(batch) filter (where not exists (select 1 from job as other where "
        "other.batch = ended.batch and other.seq <> ended.seq and other.ended_at is null))"
    )
    mutant = concurrent_claims._ALONE.replace("array_agg(batch)", last)
    assert mutant != concurrent_claims._ALONE
    monkeypatch.setattr(concurrent_claims, "_ALONE", mutant)
    assert a_follower_is_forgotten(MANY)


# everything at once


def mixed(seconds: float) -> list[str]:
    """Return what is wrong after four threads queued, ended, canceled and retried jobs at random."""
    stop_at = time.monotonic() + seconds
    wrong: list[str] = []

    def play(own: Database) -> None:
        dice = random.Random(threading.get_ident())
        while time.monotonic() < stop_at and not wrong:
            known = [job.id for job in list_jobs(limit=12)]
            try:
                move = dice.randrange(10)
                if move < 4 and len(known) > 2:
                    needed = dice.sample(known, 2)
                    runs_anyway = dice.random() < 0.5
                    enqueue_background_job(TASK, job_depends_on=needed, job_run_anyway=runs_anyway)
                elif move < 5:
                    enqueue_background_job(TASK, job_unique="one")
                elif move < 6 and known:
                    get_job(dice.choice(known)).cancel()
                elif (held := claim(own, "background", WORKER, None)) is not None:
                    how = "finished" if dice.random() < 0.7 else "failed"
                    acknowledge(own, held, Outcome(how, None if how == "finished" else "crashed"))
                else:
                    enqueue_background_job(TASK)
            except QueueError as error:
                wrong.append(str(error))

    at_once(*[play] * 4)
    settle_batches(default_queue().database)
    wrong += check_queue()
    while not wrong and (held := claim(default_queue().database, "background", WORKER, None)):
        acknowledge(default_queue().database, held, DONE)
    stuck = list_jobs(status="deferred", limit=None)
    return [*wrong, *(f"{job.id} waits for ever" for job in stuck if not wrong)]


def test_everything_at_once_leaves_the_table_whole():
    assert mixed(4) == []


def test_that_race_is_lost_where_nothing_is_alone(never_alone: None):
    wait_until(lambda: mixed(4), 120, "something to go wrong")
