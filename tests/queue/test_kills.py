"""Workers killed under short jobs: no job is lost, and only what a slot ran at that moment runs again."""

import time
from collections import Counter

import pytest
from support import rounds

from drawscape.jobs import enqueue_many

SLOTS = 2


@pytest.mark.chaos
@pytest.mark.slow
def test_a_kill_runs_at_most_the_job_of_each_slot_again(home, start_consumer):
    kills, trace = rounds(3, 200), home / "runs"
    batch = enqueue_many(
        "sampletasks.append", [{"path": str(trace), "text": str(n)} for n in range(kills * 60)]
    )
    for _ in range(kills):
        consumer = start_consumer("-w", str(SLOTS))
        begun = batch.done
        while not batch.ended and batch.done < begun + 20:
            time.sleep(0.005)
        consumer.kill()
    start_consumer("-w", str(SLOTS))
    batch.wait(600)
    runs = Counter(trace.read_text().split())
    assert len(runs) == len(batch)
    assert sum(runs.values()) - len(batch) <= kills * SLOTS
