"""The turn of the worker threads: one at a time, as a courtesy that nobody can be stuck on."""

import threading

from drawscape.queue.worker.turn import Turn


class Runner(threading.Thread):
    """A thread that acquires the turn, and notes that it goes on."""

    def __init__(self, turn: Turn) -> None:
        super().__init__(daemon=True)
        self.turn = turn
        self.goes_on = threading.Event()
        self.may_end = threading.Event()

    def run(self) -> None:
        self.turn.acquire()
        self.goes_on.set()
        self.may_end.wait(60)
        self.turn.release()


def test_a_thread_goes_on_although_the_turn_is_never_released():
    turn = Turn()
    turn.acquire()
    others = [Runner(turn) for _ in range(3)]
    for other in others:
        other.start()
    for other in others:
        assert other.goes_on.wait(60)
        other.may_end.set()
        other.join(10)
    assert not is_free(turn)  # who went on without it has not released another's
    turn.release()
    assert is_free(turn)


def test_acquiring_it_twice_takes_one_release():
    turn = Turn()
    turn.acquire()
    turn.acquire()
    turn.release()
    assert is_free(turn)
    turn.release()
    assert is_free(turn)


def test_a_block_that_takes_long_does_without_it():
    turn = Turn()
    turn.acquire()
    with turn.released():
        assert is_free(turn)
    assert not is_free(turn)


def is_free(turn: Turn) -> bool:
    """Whether a thread that comes now gets it."""
    return not turn._lock.locked()
