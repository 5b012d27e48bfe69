"""The gate counts too many rather than too few, and asks the queue rarely."""

from __future__ import annotations

import threading

import pytest

from drawscape.errors import RequestRefused
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


def test_jobs_on_their_way_into_the_queue_are_counted() -> None:
    gate = QueueGate(2, count=lambda _limit: 0)
    with gate.admitted(), gate.admitted(), pytest.raises(RequestRefused), gate.admitted():
        pass


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
