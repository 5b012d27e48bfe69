"""What a commit on Postgres lets others know, and by which connection."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from postgres_server import administrator, drop_schema, new_schema
from support import wait_until

from drawscape.job_manager import default_queue, enqueue_background_job
from drawscape.queue.engines.postgres.outbox import Outbox

pytestmark = [pytest.mark.postgres, pytest.mark.slow]


@pytest.fixture
def listener(home: Any, postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A session that hears of work in the home's queue."""
    url = new_schema(postgres_url)
    monkeypatch.setenv("DRAWSCAPE_QUEUE", url)
    with administrator(url) as session:
        session.execute(f"listen {default_queue().database.channel}_work")
        yield session
    drop_schema(url)


def sessions(listener: Any) -> int:
    schema = listener.execute("select current_schema()").fetchone()[0]
    mine = "select count(*) from pg_stat_activity where application_name = %s"
    return listener.execute(mine, (schema,)).fetchone()[0] - 1


def test_a_job_that_is_queued_after_a_while_wakes_a_worker_without_another_connection(
    listener: Any,
):
    wait_until(lambda: sessions(listener) == 1, what="the notices' connection to be closed")
    enqueue_background_job("sampletasks.nothing")
    assert [*listener.notifies(timeout=60, stop_after=1)]
    assert sessions(listener) == 1


def test_the_last_of_many_jobs_that_several_threads_queue_is_noticed_too(listener: Any):
    def queue() -> None:
        for _ in range(25):
            enqueue_background_job("sampletasks.nothing")

    threads = [threading.Thread(target=queue) for _ in range(4)]
    for thread in threads:
        thread.start()
    seen, deadline = 0, time.monotonic() + 60
    while seen < 100 and time.monotonic() < deadline:
        if [*listener.notifies(timeout=1, stop_after=1)]:
            seen = listener.execute("select count(*) from job").fetchone()[0]
    for thread in threads:
        thread.join(60)
    assert seen == 100


def test_what_was_committed_while_a_statement_carried_notices_is_still_to_be_sent():
    box = Outbox()
    box.add({"change"})
    since = time.monotonic()
    while time.monotonic() == since:
        pass
    box.add({"work"})
    box.carried(since)
    assert box.take() == {"work"}


def test_of_many_statements_in_a_row_ten_carry_notices():
    box, carried = Outbox(), 0
    while box.may_carry() and carried < 1000:
        box.carried(time.monotonic())
        carried += 1
    assert 10 <= carried < 1000
