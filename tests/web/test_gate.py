"""The gate counts too many rather than too few, and asks the queue rarely."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from drawscape.errors import RequestRefused
from drawscape.job_manager import count_queued, enqueue_many
from drawscape.web.gate import QueueGate, StreamSlots


def test_the_gate_asks_the_queue_once_for_many_jobs() -> None:
    looks = []
    gate = QueueGate(1000, count=lambda limit: looks.append(limit) or 0)
    for _ in range(100):
        with gate.admitted():
            pass
    assert looks == [1000]


def test_the_gate_counts_what_it_let_in() -> None:
    gate = QueueGate(3, count=lambda _limit: 1)
    for _ in range(2):
        with gate.admitted():
            pass
    with pytest.raises(RequestRefused) as refused, gate.admitted():
        pass
    assert refused.value.status == 503


def test_a_job_that_could_not_be_queued_is_not_counted() -> None:
    gate = QueueGate(1, count=lambda _limit: 0)
    with pytest.raises(ValueError, match="refused below"), gate.admitted():
        raise ValueError("refused below")
    with gate.admitted():
        pass


def test_nobody_waits_for_ever_at_the_door_of_a_stuck_queue() -> None:
    gate = QueueGate(5, patience_s=0.01, count=lambda _limit: 0)
    with gate.admitted(), pytest.raises(RequestRefused, match="busy") as refused, gate.admitted():
        pass
    assert refused.value.status == 503


def test_many_threads_never_pass_the_limit_together() -> None:
    inside: list[int] = []
    gate = QueueGate(10, count=lambda _limit: len(inside))
    refused = []

    def enqueue() -> None:
        for number in range(20):
            try:
                with gate.admitted():
                    inside.append(number)
            except RequestRefused:
                refused.append(number)

    threads = [threading.Thread(target=enqueue) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(inside), len(refused)) == (10, 150)


def waiting() -> None:
    """A task that nobody runs here."""


def test_the_queue_is_counted_up_to_a_limit(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert count_queued() == 0
    jobs = enqueue_many(waiting, [{}] * 5).jobs
    jobs[0].cancel()
    assert (count_queued(), count_queued(3)) == (4, 3)


def test_a_stream_place_is_given_back_once() -> None:
    slots = StreamSlots(1)
    give_back = slots.take()
    with pytest.raises(RequestRefused, match="1 event streams are open"):
        slots.take()
    give_back()
    give_back()
    slots.take()
    with pytest.raises(RequestRefused):
        slots.take()
