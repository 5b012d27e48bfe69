"""Short jobs that a child is given together: whatever one of them does, the others notice nothing."""

import os
import signal
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from multiprocessing import Pipe
from pathlib import Path

import pytest
from support import wait_until

from drawscape.job_manager import enqueue_background_job, enqueue_many, list_jobs
from drawscape.queue.table.records import Claim
from drawscape.queue.worker.prefetch import Prefetch, Prefetched, prefetched

KINDS = (
    *["is silent"] * 6,
    "prints",
    *["is silent"] * 5,
    "reports",
    "changes",
    "is silent",
    "prints from a child",
    "is silent",
    "fails",
    *["is silent"] * 9,
    "crashes",
    *["is silent"] * 4,
    "is large",
    *["is silent"] * 7,
    "prints",
    "prints",
)
LIMIT_S = 1.0


@pytest.mark.both_engines
@pytest.mark.slow
def test_among_short_jobs_each_ends_as_it_would_alone(home: Path, start_consumer):
    effects = home / "effects"
    jobs = {}
    for number in range(5 * len(KINDS)):
        kind = KINDS[number % len(KINDS)]
        jobs[number] = (
            kind,
            enqueue_background_job("sampletasks.one_of_many", str(effects), number, kind),
        )
    stuck = enqueue_background_job(
        "sampletasks.one_of_many", str(effects), -1, "is stuck", job_timeout=LIMIT_S
    )
    after = enqueue_many("sampletasks.echo", [{"value": number} for number in range(20)])
    start_consumer("-w", "1")
    after.wait(120)

    assert effects.read_text().split() == [*map(str, jobs), "-1"]
    for number, (kind, job) in jobs.items():
        printed = f"{number}\n" if kind.startswith("prints") else ""
        assert job.logs() == printed, (number, kind)
        status = job.refresh()
        assert status.attempts == 1, (number, kind)
        assert status.message == (f"at {number}" if kind == "reports" else None)
        if kind in ("fails", "crashes"):
            assert job.status == "failed"
            assert status.reason == ("exception" if kind == "fails" else "crashed")
            assert f"{number if kind == 'fails' else number % 100}" in status.error
        else:
            assert job.result == ("x" * 5000 if kind == "is large" else (None, str(home)))
    assert stuck.refresh().reason == "timeout"
    assert stuck.ended_at - stuck.started_at >= timedelta(seconds=LIMIT_S)
    assert after.wait(60) == list(range(20))
    assert {job.refresh().attempts for job in after.jobs} == {1}


@pytest.mark.slow
def test_a_request_to_stop_ends_the_job_that_runs_and_none_beside_it(home: Path, start_consumer):
    gate = home / "gate"
    before = enqueue_many("sampletasks.echo", [{"value": number} for number in range(50)])
    long = enqueue_background_job("sampletasks.wait_for_file", str(gate))
    after = enqueue_many("sampletasks.echo", [{"value": number} for number in range(50)])
    start_consumer("-w", "1")
    wait_until(lambda: long.status == "started", 60, "the long one")
    assert before.wait(60) == list(range(50))
    assert long.cancel()
    assert after.wait(60) == list(range(50))
    assert long.status == "stopped"


@pytest.mark.both_engines
@pytest.mark.slow
def test_a_child_that_is_killed_costs_the_job_that_ran(home: Path, start_consumer):
    effects = home / "effects"
    batch = enqueue_many(
        "sampletasks.append",
        [{"path": str(effects), "text": str(number)} for number in range(3000)],
    )
    start_consumer("-w", "2")
    kills = 0
    while kills < 20 and not batch.ended:
        pids = {job.refresh().pid for job in list_jobs(status="started")} - {None}
        for pid in pids:
            with suppress(ProcessLookupError):
                if os.getpgid(pid) == pid:  # not one that has its number now
                    os.kill(pid, signal.SIGKILL)
                    kills += 1
    assert kills
    wait_until(lambda: batch.ended, 60, "all to end")

    runs = Counter(effects.read_text().split())
    failed = [job for job in list_jobs(limit=None) if job.status == "failed"]
    assert len(failed) <= kills
    assert {job.reason for job in failed} <= {"crashed"}
    assert {job.refresh().attempts for job in batch.jobs} == {1}
    assert set(runs.values()) == {1}
    assert len(runs) >= 3000 - len(failed)


class Ends:
    """Both ends, in one process."""

    def __init__(self) -> None:
        returned, permits = Pipe(duplex=False)
        answers, left = Pipe(duplex=False)
        self.log, self.output = Pipe(duplex=False)
        self.worker = Prefetch(permits, returned, answers)
        self.child = Prefetched(returned, left, self.output.fileno())
        self.rest = left, self.log, self.output

    def close(self) -> None:
        for end in (self.worker, *self.rest):
            end.close()


@pytest.fixture
def ends():
    ends = Ends()
    yield ends
    ends.close()


def test_what_is_taken_back_is_not_begun(ends: Ends):
    ends.worker.give([b"1", b"2", b"3"])
    assert ends.child.leave((b"1", "one"))
    assert ends.child.may_begin()
    assert ends.worker.take_back() == 1
    assert ends.worker.read_answer(b"1") == (b"1", "one")
    assert ends.worker.turn_to(b"2")
    assert ends.child.leave((b"2", "two"))
    assert not ends.child.may_begin()
    assert not ends.worker.turn_to(b"3")
    assert ends.worker.is_open  # nothing is sent before the child has said that it waits
    ends.worker.end()
    assert not ends.worker.is_open


def test_a_job_that_has_printed_leaves_no_answer(ends: Ends):
    ends.worker.give([b"1", b"2"])
    os.write(ends.output.fileno(), b"!")
    assert not ends.child.leave((b"1", "one"))
    os.read(ends.log.fileno(), 1)
    assert ends.child.leave((b"1", "one"))
    assert not ends.child.leave((b"2", "x" * 5000))


def test_a_job_is_given_to_the_child_that_the_table_names_for_it():
    def claim(seq: int, pid: int | None, payload: bytes = b"") -> Claim:
        return Claim(seq, str(seq), "task", payload, None, None, 1, 0.0, None, pid, 0)

    assert prefetched([claim(1, 7), claim(2, 7), claim(3, None), claim(4, 7)], 7) == [
        claim(1, 7),
        claim(2, 7),
    ]
    assert prefetched([claim(1, 7, bytes(100_000)), claim(2, 7)], 7) == []
