"""The limit counts too many rather than too few, and asks the queue rarely."""

import threading
from pathlib import Path

import pytest

from drawscape.errors import RequestRefused
from drawscape.job_manager import count_queued, enqueue_many
from drawscape.web.site import QueueLimit, StreamLimit


def test_the_limit_asks_the_queue_once_for_many_jobs() -> None:
    looks = []
    limit = QueueLimit(1000, count=lambda most: looks.append(most) or 0)
    for _ in range(100):
        with limit.admitted():
            pass
    assert looks == [1000]


def test_the_limit_counts_what_it_let_in() -> None:
    limit = QueueLimit(3, count=lambda _limit: 1)
    for _ in range(2):
        with limit.admitted():
            pass
    with pytest.raises(RequestRefused) as refused, limit.admitted():
        pass
    assert refused.value.status == 503


def test_a_job_that_could_not_be_queued_is_not_counted() -> None:
    limit = QueueLimit(1, count=lambda _limit: 0)
    with pytest.raises(ValueError, match="refused below"), limit.admitted():
        raise ValueError("refused below")
    with limit.admitted():
        pass


def test_nobody_waits_for_ever_for_a_stuck_queue() -> None:
    limit = QueueLimit(5, longest_wait_s=0.01, count=lambda _limit: 0)
    with limit.admitted(), pytest.raises(RequestRefused, match="busy") as refused, limit.admitted():
        pass
    assert refused.value.status == 503


def test_many_threads_never_pass_the_limit_together() -> None:
    inside: list[int] = []
    limit = QueueLimit(10, count=lambda _limit: len(inside))
    refused = []

    def enqueue() -> None:
        for number in range(20):
            try:
                with limit.admitted():
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


def test_a_stream_is_released_once() -> None:
    slots = StreamLimit(1)
    release = slots.take()
    with pytest.raises(RequestRefused, match="1 event streams are open"):
        slots.take()
    release()
    release()
    slots.take()
    with pytest.raises(RequestRefused):
        slots.take()
