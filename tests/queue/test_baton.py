"""The baton of the worker threads: one at a time, as a courtesy that nobody can be stuck on."""

from __future__ import annotations

import threading

from drawscape.queue.worker.turns import Baton


class Runner(threading.Thread):
    """A thread that takes the baton when told to, and notes that it goes on."""

    def __init__(self, baton: Baton) -> None:
        super().__init__(daemon=True)
        self.baton = baton
        self.goes_on = threading.Event()
        self.may_end = threading.Event()

    def run(self) -> None:
        self.baton.take()
        self.goes_on.set()
        self.may_end.wait(10)
        self.baton.lay_down()


def test_a_thread_goes_on_although_the_baton_is_never_laid_down():
    baton = Baton()
    baton.take()
    others = [Runner(baton) for _ in range(3)]
    for other in others:
        other.start()
    for other in others:
        assert other.goes_on.wait(10)
        other.may_end.set()
        other.join(10)
    assert not free(baton)  # who went on without it has not laid down another's
    baton.lay_down()
    assert free(baton)


def test_taking_it_twice_takes_one_laying_down():
    baton = Baton()
    baton.take()
    baton.take()
    baton.lay_down()
    assert free(baton)
    baton.lay_down()
    assert free(baton)


def test_a_block_that_takes_long_does_without_it():
    baton = Baton()
    baton.take()
    with baton.laid_down():
        assert free(baton)
    assert not free(baton)


def free(baton: Baton) -> bool:
    """Whether a thread that comes now gets it."""
    return not baton._lock.locked()
