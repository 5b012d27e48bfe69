"""What two sessions do at one moment, each race with its guard and without it: then it is lost."""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from postgres_server import drop_schema, new_schema
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
from drawscape.queue.engines.sqlite.liveness import WorkerInfo, announce, retire
from drawscape.queue.ids import new_id
from drawscape.queue.table import concurrent_claims
from drawscape.queue.table.batch_ends import settle_batches
from drawscape.queue.table.claims import acknowledge, claim
from drawscape.queue.table.records import Claim, Outcome

pytestmark = [pytest.mark.postgres, pytest.mark.slow]

TASK = "sampletasks.nothing"
WORKER = new_id()
DONE = Outcome("finished")
MANY = 3000
"""Rounds of a race without its guard, of which the first ones lose it."""


@pytest.fixture(autouse=True)
def _queue(postgres_url: str, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A queue, and a worker of it that lives and does nothing by itself."""
    url = new_schema(postgres_url)
    monkeypatch.setenv("DRAWSCAPE_QUEUE", url)
    locks = default_queue().folder / "workers"
    announce(locks, WorkerInfo(WORKER, os.getpid(), 6, "background", 0.0))
    yield
    retire(locks, WORKER)
    drop_schema(url)


@pytest.fixture
def never_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the lock from the transactions that are alone."""
    begun = engine.Database._begun
    monkeypatch.setattr(engine.Database, "_begun", lambda self, _: begun(self, False))


THREADS = ThreadPoolExecutor(6)


def at_once(*moves: Callable[[Database], object]) -> None:
    """Run each move in a thread, with a connection of its own, at the same moment."""
    ready = threading.Barrier(len(moves))
    own = default_queue().database

    def run(move: Callable[[Database], object]) -> None:
        own.connection  # noqa: B018 - opened before the race
        ready.wait(60)
        move(own)

    for done in [THREADS.submit(run, move) for move in moves]:
        done.result(120)


def claimed(database: Database | None = None) -> Claim:
    held = claim(database or default_queue().database, "background", WORKER, None)
    assert held is not None
    return held


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


# many claim


def claims_of_six(jobs: int) -> list[str]:
    """Return what six threads claimed, which stop when each job has been claimed once."""
    enqueue_many(TASK, [{}] * jobs)
    ids: list[str] = []

    def take(own: Database) -> None:
        while (held := claim(own, "background", WORKER, None)) is not None:
            ids.append(held.id)

    at_once(*[take] * 6)
    return ids


def test_six_threads_claim_each_job_once():
    ids = claims_of_six(300)
    assert len(ids) == len(set(ids)) == 300


def test_that_race_is_lost_without_the_lock_of_the_row(monkeypatch: pytest.MonkeyPatch):
    mutant = concurrent_claims._CLAIM.replace("for update skip locked", "")
    assert mutant != concurrent_claims._CLAIM
    monkeypatch.setattr(concurrent_claims, "_CLAIM", mutant)
    ids = claims_of_six(300)
    assert len(ids) > len(set(ids)) == 300


def ended_by_six_in_lanes(jobs: int) -> tuple[list[str], bool]:
    """Return what six threads were given with what they ended, and whether one waited for another."""
    for lane in ("fast", "slow"):
        enqueue_many(TASK, [{}] * (jobs // 2), job_lane=lane)
    ids: list[str] = []
    in_turn: list[bool] = []

    def work(own: Database) -> None:
        held = claim(own, "background", WORKER, None)
        while held is not None:
            ids.append(held.id)
            _, held = acknowledge(own, held, DONE, next_for=("background", WORKER, None))
            in_turn.append(own.has_limits)

    at_once(*[work] * 6)
    return ids, any(in_turn)


def test_six_threads_that_end_jobs_of_lanes_claim_each_once_and_wait_for_none():
    ids, in_turn = ended_by_six_in_lanes(300)
    assert len(ids) == len(set(ids)) == 300
    assert not in_turn


def test_that_race_of_lanes_is_lost_without_the_lock_of_the_row(monkeypatch: pytest.MonkeyPatch):
    mutant = concurrent_claims.AND_CLAIM_FREELY.replace("for update of job skip locked", "")
    assert mutant != concurrent_claims.AND_CLAIM_FREELY
    monkeypatch.setattr(concurrent_claims, "AND_CLAIM_FREELY", mutant)
    ids, _ = ended_by_six_in_lanes(300)
    assert len(ids) > len(set(ids))


# a limit


LANES = ("fast", "slow")


def most_at_once(rounds: int, race: Callable[[], list[Callable[[Database], object]]]) -> int:
    """Return how many jobs of a limit of one ran at once, at most, when the moves of `race()` met."""
    found = 0
    for _ in range(rounds):
        moves = race()
        for lane in LANES:
            enqueue_background_job(TASK, job_lane=lane, job_limit_key="plotter", job_limit=1)
        at_once(*moves)
        found = max(found, len(list_jobs(status="started")))
        default_queue().database.connection.execute("delete from job")
        if found > 1:
            break
    return found


def claims_of_two() -> list[Callable[[Database], object]]:
    """Workers of two lanes claim."""
    return [
        lambda own, lane=lane: claim(own, "background", WORKER, None, (lane,)) for lane in LANES
    ]


def test_a_limit_holds_for_those_who_claim_at_once():
    assert most_at_once(30, claims_of_two) == 1


@pytest.fixture
def not_alone_in_one_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the lock from what is sent in one go."""
    monkeypatch.setattr(engine, "_ALONE", "select 1")


def test_that_race_is_lost_where_claims_of_a_group_are_not_alone(not_alone_in_one_go: None):
    assert most_at_once(MANY, claims_of_two) > 1


def ends_and_claims_of_two() -> list[Callable[[Database], object]]:
    """Workers of two lanes end a job and claim the next."""
    enqueue_many(TASK, [{}, {}])
    held = [(claimed(), lane) for lane in LANES]
    return [
        lambda own, one=one, lane=lane: acknowledge(
            own, one, DONE, next_for=("background", WORKER, None), lanes=(lane,)
        )
        for one, lane in held
    ]


def test_a_limit_holds_for_those_who_end_a_job_and_claim_at_once():
    assert most_at_once(30, ends_and_claims_of_two) == 1
    assert default_queue().database.has_groups


def test_that_race_is_lost_where_what_is_sent_in_one_go_is_not_alone(not_alone_in_one_go: None):
    assert most_at_once(MANY, ends_and_claims_of_two) > 1


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
