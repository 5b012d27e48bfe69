"""What a slot holds beside the job that it runs: handfuls of short jobs, and nobody waits for them."""

import signal
from pathlib import Path

import pytest
from queue_hand import DONE, LONG_S, SHORT_S, Slot, hand_of
from queue_steps import CLAIMANT, statuses
from support import wait_until

from drawscape.job_manager import default_queue, enqueue_background_job, enqueue_many, list_jobs
from drawscape.queue.table.claims import acknowledge, claim
from drawscape.queue.table.records import Outcome
from drawscape.queue.table.recovery import recover


def attempts(status: str) -> set[int]:
    connection = default_queue().database.connection
    return {
        row[0] for row in connection.execute("select attempts from job where status = ?", (status,))
    }


@pytest.mark.both_engines
def test_handfuls_grow_while_jobs_are_short_and_run_in_their_order(slot: Slot):
    jobs = [
        enqueue_background_job("sampletasks.nothing", job_priority=number % 3)
        for number in range(40)
    ]
    in_order = sorted(jobs, key=lambda job: -job.priority)
    held = []
    done = []
    while (job := slot.take()) is not None:
        held.append(len(slot.hand.jobs()))
        done.append(job.id)
        slot.end(job, DONE, SHORT_S)
    assert done == [job.id for job in in_order]
    assert max(held) == 15  # of sixteen, beside the one that runs
    assert slot.hand.jobs() == []
    assert statuses() == {"finished": 40}
    assert attempts("finished") == {1}


@pytest.mark.both_engines
def test_after_a_long_job_one_is_held_at_a_time(slot: Slot):
    enqueue_many("sampletasks.nothing", [{}] * 40)
    slot.run_short(12)
    slot.end(slot.take(), DONE, LONG_S)
    while slot.hand.jobs():
        slot.end(slot.take(), DONE, LONG_S)
    assert statuses()["started"] <= 1


@pytest.mark.both_engines
def test_a_job_that_takes_its_time_lets_those_go_that_were_claimed_with_it(slot: Slot):
    enqueue_many("sampletasks.nothing", [{}] * 40)
    done = slot.run_short(9)
    running = slot.take()
    assert statuses()["started"] > 2
    slot.hand.let_go()
    assert statuses() == {"finished": 9, "started": 1, "queued": 30}
    assert slot.let_go_calls == 1
    assert {job.id for job in list_jobs(status="finished")} == set(done)
    assert attempts("queued") == {0}
    slot.hand.let_go()
    assert slot.let_go_calls == 1
    slot.end(running, DONE, LONG_S)
    assert statuses() == {"finished": 10, "started": 1, "queued": 29}


def test_while_another_writes_nothing_is_let_go_and_nothing_lost(slot: Slot):
    enqueue_many("sampletasks.nothing", [{}] * 40)
    slot.run_short(9)
    running = slot.take()
    held = len(slot.hand.jobs())
    with default_queue().database.transaction():
        slot.hand.let_go()
    assert len(slot.hand.jobs()) == held
    slot.hand.let_go()
    assert slot.hand.jobs() == []
    slot.end(running, DONE, LONG_S)
    assert statuses()["finished"] == 10


@pytest.mark.both_engines
def test_an_outcome_that_cannot_be_written_fails_its_own_job_alone(slot: Slot):
    enqueue_many("sampletasks.nothing", [{}] * 12)
    slot.run_short(7)
    bad = slot.take()
    slot.end(bad, Outcome("finished", peak_kb=2**70), SHORT_S)
    slot.run_short(4)
    assert statuses() == {"finished": 11, "failed": 1}
    (failed,) = list_jobs(status="failed")
    assert failed.id == bad.id
    assert failed.error.startswith("its outcome ")


@pytest.mark.both_engines
def test_what_waits_for_one_of_a_handful_or_for_a_batch_follows_at_once(slot: Slot):
    first = enqueue_many("sampletasks.nothing", [{}] * 9)
    needed = enqueue_background_job("sampletasks.nothing")
    rest = enqueue_many("sampletasks.nothing", [{}] * 20, then="sampletasks.nothing")
    following = enqueue_background_job("sampletasks.nothing", job_depends_on=needed.id)
    assert slot.run_short(30) == [
        *(job.id for job in first.jobs),
        needed.id,
        *(job.id for job in rest.jobs),
    ]
    assert slot.run_short(2) == [following.id, rest.following.id]
    assert statuses() == {"finished": 32}


@pytest.mark.both_engines
def test_among_short_jobs_those_that_fail_are_tried_again(slot: Slot):
    enqueue_many("sampletasks.nothing", [{}] * 9, job_retries=1)
    failed = Outcome("failed", "exception", error="no ink")
    slot.run_short(4)
    for _ in range(3):
        slot.end(slot.take(), failed, SHORT_S)
    slot.run_short(5)
    assert statuses() == {"finished": 9}
    assert attempts("finished") == {1, 2}


@pytest.mark.both_engines
def test_of_lanes_and_limits_the_best_comes_first(slot: Slot):
    kinds = [
        {},
        {"job_lane": "fast"},
        {"job_lane": "slow"},
        {"job_limit_key": "pen", "job_limit": 2},
    ]
    jobs = [
        enqueue_background_job("sampletasks.nothing", job_priority=number % 3, **kinds[number % 4])
        for number in range(60)
    ]
    in_order = sorted(jobs, key=lambda job: -job.priority)
    assert slot.run_short(60) == [job.id for job in in_order]
    assert statuses() == {"finished": 60}


@pytest.mark.both_engines
def test_jobs_of_groups_are_not_claimed_ahead(slot: Slot):
    enqueue_many("sampletasks.nothing", [{}] * 20, job_limit_key="pen", job_limit=1)
    for _ in range(20):
        job = slot.take()
        assert slot.hand.jobs() == []
        slot.end(job, DONE, SHORT_S)
        assert statuses()["started"] <= 1
    assert statuses() == {"finished": 20}


@pytest.mark.both_engines
def test_of_jobs_with_a_limit_a_handful_holds_no_more_than_it_allows(slot: Slot):
    limited = enqueue_many("sampletasks.nothing", [{}] * 12, job_limit_key="pen", job_limit=3)
    enqueue_many("sampletasks.nothing", [{}] * 12, job_lane="fast", job_priority=-1)
    done, most = [], 0
    for _ in range(24):
        done += slot.run_short(1)
        running = len([job for job in limited.jobs if job.status == "started"])
        most = max(most, running)
    assert most == 3
    assert done[:12] == [job.id for job in limited.jobs]
    assert statuses() == {"finished": 24}


@pytest.mark.both_engines
def test_a_handful_counts_what_has_one_limit_in_several_lanes(slot: Slot):
    """Here two pens are one: whichever lane a job is in, two of them may run."""
    enqueue_many("sampletasks.nothing", [{}] * 2)
    for lane in ("fast", "slow"):
        enqueue_many(
            "sampletasks.nothing", [{}] * 6, job_lane=lane, job_limit_key="pen", job_limit=2
        )
    running = []
    for _ in range(14):
        slot.run_short(1)
        running.append(statuses().get("started", 0))
    assert max(running) == 2
    assert statuses() == {"finished": 14}


@pytest.mark.both_engines
def test_what_waits_for_its_limit_is_passed_over_by_handfuls(slot: Slot):
    limited = enqueue_many("sampletasks.nothing", [{}] * 3, job_limit_key="pen", job_limit=1)
    held = claim(slot.database, "background", "another", None)
    enqueue_many("sampletasks.nothing", [{}] * 20, job_lane="fast")
    enqueue_many("sampletasks.nothing", [{}] * 20)
    in_hand = []
    for _ in range(40):
        slot.run_short(1)
        in_hand.append(len(slot.hand.jobs()))
    assert max(in_hand) > 6
    assert [job.status for job in limited.jobs] == ["started", "queued", "queued"]
    assert acknowledge(slot.database, held, DONE)[0]
    assert slot.run_short(2) == [job.id for job in limited.jobs[1:]]


@pytest.mark.both_engines
def test_a_job_of_a_group_that_is_urgent_comes_before_ordinary_ones(slot: Slot):
    enqueue_many("sampletasks.nothing", [{}] * 5)
    urgent = enqueue_background_job("sampletasks.nothing", job_lane="pens", job_priority=5)
    assert slot.run_short(1) == [urgent.id]
    assert statuses() == {"finished": 1, "started": 2, "queued": 3}


@pytest.mark.both_engines
def test_what_was_recovered_from_a_dead_worker_is_held_by_itself(slot: Slot):
    doubtful = {job.id for job in enqueue_many("sampletasks.nothing", [{}] * 3).jobs}
    for _ in doubtful:
        claim(slot.database, "background", None, None)
    assert set(recover(slot.database)) == doubtful
    enqueue_many("sampletasks.nothing", [{}] * 6, job_priority=1)
    enqueue_many("sampletasks.nothing", [{}] * 20)
    beside = []
    for _ in range(29):
        job = slot.take()
        beside.append(len(slot.hand.jobs()))
        assert job.id not in doubtful or not beside[-1]
        slot.end(job, DONE, SHORT_S)
    assert statuses() == {"finished": 29}
    assert max(beside) > 3
    assert attempts("finished") == {1, 2}


@pytest.mark.both_engines
def test_no_more_are_claimed_than_may_run_here(slot: Slot):
    enqueue_many("sampletasks.nothing", [{}] * 20)
    slot.left = 3
    for _ in range(4):
        slot.run_short(1)
        slot.left = max(slot.left - 1, 0)
    assert slot.hand.jobs() == []
    assert statuses() == {"finished": 4, "queued": 16}


@pytest.mark.both_engines
def test_a_worker_that_leaves_gives_back_what_it_has_not_begun(slot: Slot):
    enqueue_many("sampletasks.nothing", [{}] * 40)
    slot.run_short(9)
    slot.end(slot.take(), DONE, SHORT_S)
    slot.hand.empty()
    assert statuses() == {"finished": 10, "queued": 30}


@pytest.mark.both_engines
@pytest.mark.slow
def test_short_jobs_do_not_wait_for_a_long_one_behind_which_they_stood(home, start_consumer):
    gate = home / "gate"  # which the long one waits for
    enqueue_many("sampletasks.nothing", [{}] * 200, job_priority=0)
    long = enqueue_background_job("sampletasks.wait_for_file", str(gate))
    enqueue_many("sampletasks.nothing", [{}] * 200, job_priority=0)
    start_consumer("-w", "2")
    wait_until(lambda: statuses()["finished"] == 400, 60, "all but the long one")
    assert long.status == "started"
    gate.touch()
    wait_until(lambda: long.status == "finished", 60, "the long one")


@pytest.mark.both_engines
@pytest.mark.slow
def test_a_worker_asked_to_leave_amid_short_jobs_runs_each_once(home: Path, start_consumer):
    effects = home / "effects"
    enqueue_many(
        "sampletasks.append",
        [{"path": str(effects), "text": str(number)} for number in range(800)],
    )
    for _ in range(2):
        before = statuses()["finished"]
        consumer = start_consumer("-w", "1")
        wait_until(lambda before=before: statuses()["finished"] > before + 50, 60, "some to finish")
        consumer.process.send_signal(signal.SIGINT)
        consumer.process.wait(60)
        assert set(statuses()) <= {"finished", "queued"}
    start_consumer("-w", "1")
    wait_until(lambda: statuses() == {"finished": 800}, 60, "all to finish")
    assert effects.read_text().splitlines() == [str(number) for number in range(800)]


@pytest.mark.both_engines
def test_a_slot_says_that_it_claims_from_the_call_to_the_job_in_hand(slot: Slot):
    said = []
    slot.hand = hand_of(slot.database, claimant=lambda: said.append(slot.hand.claims) or CLAIMANT)
    enqueue_many("sampletasks.nothing", [{}] * 9)
    slot.run_short(9)
    assert said
    assert all(number % 2 for number in said)
    assert slot.hand.claims % 2 == 0
