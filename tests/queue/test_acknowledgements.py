"""Acknowledgements: of several jobs at once, and those that come too late."""

import os
import subprocess
import sys

import pytest
from queue_hand import DONE, Slot
from queue_steps import CLAIMANT, statuses

from drawscape.job_manager import cancel_job, default_queue, enqueue_background_job, enqueue_many
from drawscape.queue.engines.engine import Database
from drawscape.queue.engines.sqlite.liveness import WorkerInfo, announce, retire
from drawscape.queue.table.claims import acknowledge, acknowledge_all, claim, give_back
from drawscape.queue.table.dependencies import lock
from drawscape.queue.table.records import Claim, Outcome
from drawscape.queue.table.recovery import recover


@pytest.mark.both_engines
def test_of_a_handful_what_another_has_by_now_is_left_to_it(slot: Slot):
    enqueue_many("sampletasks.nothing", [{}] * 20)
    slot.run_short(3)
    held = [slot.take() for _ in range(4)]
    lost, again = held[1], held[2]
    give_back(default_queue().database, lost, again)
    taken = claim(default_queue().database, "background", "other", None)
    assert (taken.id, taken.token) == (lost.id, 2)
    ends = [(job, DONE) for job in held]
    accepted = acknowledge_in_turn(slot.database, ends)
    assert accepted == [True, False, False, True]
    assert statuses() == {"finished": 5, "started": 5, "queued": 10}


def acknowledge_in_turn(database: Database, ends: list[tuple[Claim, Outcome]]) -> list[bool | None]:
    """Acknowledge what is left until nothing is, as a hand does."""
    accepted, _ = acknowledge_all(database, ends)
    if None in accepted:
        left = [end for end, one in zip(ends, accepted, strict=True) if one is None]
        rest = iter(acknowledge_in_turn(database, left))
        accepted = [next(rest) if one is None else one for one in accepted]
    return accepted


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.parametrize("engine", ["postgres"], indirect=True)
def test_of_a_handful_one_that_another_session_has_locked_keeps_none_waiting(slot: Slot):
    enqueue_many("sampletasks.nothing", [{}] * 20)
    slot.run_short(3)
    ends = [(slot.take(), DONE) for _ in range(4)]
    with default_queue().database.transaction(is_alone=False) as other:
        lock(other, ends[1][0].id)
        slot.database.connection.control("set lock_timeout = '5s'")
        accepted, claimed = acknowledge_all(slot.database, ends, next_for=CLAIMANT, most=4)
        assert accepted == [True, None, True, True]
        assert len(claimed) == 4
    assert acknowledge_all(slot.database, ends[1:2])[0] == [True]


def dead_worker() -> str:
    """Return the id of a worker that was announced by a process that is no more."""
    script = (
        "import os, sys; from pathlib import Path\n"
        "from drawscape.queue.engines.sqlite.liveness import WorkerInfo, announce\n"
        "announce(Path(sys.argv[1]), WorkerInfo('dead', os.getpid(), 1, 'background', 0.0))"
    )
    locks = default_queue().folder / "workers"
    subprocess.run([sys.executable, "-c", script, locks], check=True, timeout=120)
    return "dead"


@pytest.mark.both_engines
def test_a_late_acknowledgement_changes_nothing(home):
    job = enqueue_background_job("sampletasks.nothing")
    database = default_queue().database
    held = claim(database, "background", dead_worker(), None)
    assert recover(database) == [job.id]
    again = claim(database, "background", "successor", None)
    assert again.token == held.token + 1
    accepted, _ = acknowledge(database, held, Outcome("failed", "exception", error="late"))
    assert accepted is False
    assert job.status == "started"
    accepted, _ = acknowledge(database, again, Outcome("finished"))
    assert accepted is True
    accepted, _ = acknowledge(database, again, Outcome("failed", "exception"))
    assert accepted is False
    assert job.status == "finished"


@pytest.mark.both_engines
def test_a_job_that_was_asked_to_stop_is_not_retried_when_it_fails_meanwhile(home):
    job = enqueue_background_job("sampletasks.fail", job_retries=3)
    queue = default_queue()
    worker, locks = "lively", queue.folder / "workers"
    announce(locks, WorkerInfo(worker, os.getpid(), 1, "background", 0.0))
    held = claim(queue.database, "background", worker, None)
    assert cancel_job(job.id)
    acknowledge(queue.database, held, Outcome("failed", "exception", error="no ink"))
    assert (job.status, job.reason) == ("failed", "exception")
    retire(locks, worker)


@pytest.mark.both_engines
def test_a_late_acknowledgement_cannot_meet_another_job(home):
    job = enqueue_background_job("sampletasks.nothing", job_id="same")
    database = default_queue().database
    held = claim(database, "background", dead_worker(), None)
    cancel_job(job.id)
    job.delete()
    enqueue_background_job("sampletasks.nothing", job_id="same")
    claim(database, "background", "successor", None)
    assert acknowledge(database, held, Outcome("finished"))[0] is False
