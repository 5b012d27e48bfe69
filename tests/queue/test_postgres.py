"""A queue on Postgres: one everyday run, who may have a job, whose tables these are, and what is refused."""

import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil
import psycopg
import pytest
from postgres_proxy import Proxy
from postgres_server import Server, administrator, end_sessions, find_binaries, new_schema
from queue_steps import LEASE, acknowledge, enqueue, let_claim
from support import beside, is_running, started, wait_until

from drawscape import errors, job_manager
from drawscape.job_manager import default_queue, enqueue_many, get_job, workers_alive
from drawscape.queue import job_queue, retention
from drawscape.queue.acknowledgement import give_back, recover
from drawscape.queue.claim import ClaimRequest, Outcome
from drawscape.queue.engines import postgres_schema as schema
from drawscape.queue.engines.engine import CommitInDoubt, WorkerInfo, open_engine
from drawscape.queue.engines.postgres import PostgresEngine
from drawscape.queue.engines.postgres_connection import may_pass, rendered
from drawscape.queue.huey import JobPostgresHuey
from drawscape.queue.key_file import key_of
from drawscape.queue.worker.job_log import JobLog

pytestmark = pytest.mark.postgres

KEY = "of every machine " * 3


@pytest.fixture
def engine():
    return "postgres"


@pytest.fixture
def url(home, monkeypatch):
    """A schema of the test's own, which is the home's queue."""
    monkeypatch.delenv("DRAWSCAPE_LEASE")
    monkeypatch.setenv("DRAWSCAPE_QUEUE_KEY", KEY)
    return os.environ["DRAWSCAPE_QUEUE"]


@pytest.fixture
def database(url, tmp_path):
    one = PostgresEngine(url, tmp_path)
    yield one
    one.close()


def claimed(engine, worker):
    return engine.claim(ClaimRequest("background", worker))


def queued(job_id, **options):
    return enqueue("nothing", job_id=job_id, **options)


WHICH = "def which():\n    print('printed')\n    return {!r}\n"


def test_jobs_run_on_another_machine_with_the_code_of_the_one_that_queued_them(url, home, tmp_path):
    """A worker whose home has an older task, and lacks another: it gets both along."""
    for folder, text in ((home, "new"), (tmp_path / "elsewhere", "old")):
        (folder / "workers").mkdir(parents=True)
        (folder / "workers" / "mine.py").write_text(WHICH.format(text))
    (home / "workers" / "added.py").write_text(WHICH.format("added"))
    elsewhere = tmp_path / "elsewhere"
    where = {"cwd": elsewhere, "env": {**os.environ, "DRAWSCAPE_HOME": str(elsewhere)}}
    with beside("worker", "-w", "1", "--lanes", "default", **where) as worker:
        job = job_manager.enqueue_background_job("workers.mine.which")
        assert job.wait(60) == "new"
        assert job.logs() == "printed\n"
        assert job_manager.enqueue_background_job("workers.added.which").wait(60) == "added"
        batch = enqueue_many("workers.mine.which", [{}] * 6, job_limit_key="pen", job_limit=1)
        assert list(batch.wait(60)) == ["new"] * 6
        (home / "workers" / "mine.py").write_text(WHICH.format("newest"))
        assert job_manager.enqueue_background_job("workers.mine.which").wait(60) == "newest"
        (one,) = workers_alive()
        assert (one.pid, one.slots, one.lanes) == (worker.pid, 1, ("default",))
        assert one.host
        name = url.partition("application_name=")[2].partition("&")[0]
        sessions = "select count(*) from pg_stat_activity where application_name = %s"
        with administrator(url) as connection:
            found = connection.execute(sessions, (name,)).fetchone()
        assert found[0] <= 3 + 3  # the worker's, ours, and this one
        assert job_manager.check_queue() == []
    assert workers_alive() == []


def test_the_server_takes_each_statement(database):
    database.open()
    names = [name for name in dir(database) if name.isupper() and name != "FOR_WORKERS"]
    with database.connect() as raw:
        for name in names:
            raw.execute(f"prepare one as {rendered(getattr(database, name))[0]}", prepare=False)
            raw.execute("deallocate one", prepare=False)


# Who may have a job


def test_an_end_of_a_worker_that_was_taken_for_dead_is_written_into_no_other_job(url, database):
    """As after a failover: number and token are the same, the job or its worker is another."""
    let_claim(url, "old", "new")
    first = queued("first")
    held = claimed(database, "old")
    database.write("update job set status = 'queued', worker = null, token = 0")
    again = claimed(database, "new")
    assert (again.seq, again.token) == (held.seq, held.token)
    late = Outcome("finished", result=b"late")
    assert acknowledge(database, held, late) == (False, None)
    assert not give_back(database, held)
    progress = {"progress": 0.5, "message": "late", "meta": None}
    assert not database.write(database.PROGRESS, **held.key, **progress)
    assert not database.write(database.WRITE_LOG, **held.key, position=0, data=b"late")
    database.write(database.WRITE_PREVIEW, **held.key, picture=b"late", now=0.0)
    assert first.status == "started"
    assert (first.logs(), first.preview, first.refresh().progress) == ("", None, 0.0)
    other = again._replace(id="second", worker="new")  # the number of a job that a backup forgot
    assert acknowledge(database, other, late) == (False, None)
    assert acknowledge(database, again, Outcome("finished")) == (True, None)


def test_a_certain_lease_is_needed_to_claim_and_a_dead_one_to_lose_jobs(url, database):
    queued("one")
    queued("limited", job_limit=1)
    assert claimed(database, "nobody") is None
    let_claim(url, "worker")
    late = "extract(epoch from clock_timestamp()) - 50"  # of 60 s: others may soon have its jobs
    database.write(f"update job_worker set renewed_at = {late}")
    assert claimed(database, "worker") is None
    database.write("update job_worker set renewed_at = 'infinity', server_at = 'epoch'")
    assert claimed(database, "worker") is None  # the server was started since its last renewal
    let_claim(url, "worker", "other")
    database.write("update job_worker set server_at = 'epoch' where id = 'other'")
    assert claimed(database, "worker") is None  # the other may run what this server has forgotten
    database.write("update job_worker set renewed_at = 0 where id = 'other'")
    assert claimed(database, "worker").id == "one"
    assert recover(database) == []
    with database.transaction() as run:
        held = run(run.HELD_BY, worker="worker")
    assert held == []  # its row is there: a renewal may come first
    database.write("update job_worker set renewed_at = 0")
    assert recover(database) == ["one"]
    assert get_job("one").status == "queued"


def test_a_claim_wakes_no_other_worker(url, database, tmp_path):
    let_claim(url, "worker")
    other = PostgresEngine(url, tmp_path)
    watch = other.commit_watch()
    begin = watch.version()
    queued("one")
    wait_until(lambda: watch.version() > begin)
    work, changes = watch.version(), other.version()
    assert claimed(database, "worker").id == "one"
    wait_until(lambda: other.version() > changes)
    assert watch.version() == work
    other.close()


@pytest.mark.nightly
def test_of_a_restored_server_nobody_claims_before_what_it_forgot_has_ended(tmp_path, monkeypatch):
    monkeypatch.setenv("DRAWSCAPE_LEASE", "6")
    server, is_own, renewals = Server(find_binaries()).start(), [True], []

    def await_renewals():
        known = len(renewals)
        wait_until(lambda: len(renewals) >= known + 2, "one that began after this call")

    with ExitStack() as stack:
        stack.callback(server.remove)
        one = PostgresEngine(new_schema(server.url), tmp_path)
        info = WorkerInfo("runs", os.getpid(), 1, "background", 0.0)
        one.workers.announce(info, lambda one: renewals.append(one) or is_own[0])
        stack.callback(one.workers.retire, "runs")
        let_claim(one.target, "other")
        server.again(server.save)
        one.write("select pg_switch_wal()")
        await_renewals()  # the worker knows how far the log was
        is_own[0] = False
        server.again(server.restore)
        seen = "select claims_from > 0, server_at = pg_postmaster_start_time() from job_worker "
        runs, other = f"{seen} where id = 'runs'", f"{seen} where id = 'other'"
        wait_until(lambda: one.read(other)[0][0], "the log to be found behind")
        await_renewals()
        assert one.read(runs) == [(True, False)]  # what is not its own runs yet
        is_own[0] = True
        wait_until(lambda: one.read(runs) == [(True, True)])


def test_only_a_transaction_that_has_written_sends_a_notice(url, database):
    """Each notice wakes all workers."""
    let_claim(url, "worker")
    request = database.claim_values(ClaimRequest("background", "worker"))
    before = database.version()
    with database.transaction() as run:
        run(run.NEXT, **request)  # `with ... select`
        run(run.PAUSED, queue="background")
    assert database.version() == before
    with database.transaction() as run:
        run(run.PAUSE, queue="background", lane="*")
    wait_until(lambda: database.version() > before)


# Connections


def test_an_insert_whose_connection_breaks_before_the_commit_is_repeated(url, monkeypatch):
    first, broken = queued("first"), []

    def break_once(name):
        if name == "insert.before_commit" and not broken:
            broken.append(end_sessions(url))

    monkeypatch.setattr(job_queue, "failpoint", break_once)
    second = queued("second", job_depends_on=first)
    assert broken != [0]
    assert second.status == "deferred"


LATE_COMMITS = """
create function wait_for_test() returns trigger language plpgsql as $$ begin
    perform pg_advisory_xact_lock_shared(77); return null; end $$;
create constraint trigger late after insert on {table} deferrable initially deferred
    for each row execute function wait_for_test()
"""


@contextmanager
def late_commits(url, table):
    """Let inserts into a table wait with their commits; yield who counts those that wait, and who lets go."""
    schema = url.rpartition("%3D")[2]
    waits = "select count(*) from pg_stat_activity where application_name = %s and wait_event = %s"
    with administrator(url) as session, ThreadPoolExecutor(1) as pool:
        session.execute(f"set search_path = {schema}; {LATE_COMMITS.format(table=table)}")
        session.execute("select pg_advisory_lock(77)")
        waiting = lambda what: session.execute(waits, (schema, what)).fetchone()[0]  # noqa: E731
        yield pool, waiting, lambda: session.execute("select pg_advisory_unlock(77)")


@pytest.mark.parametrize("table", ["job", "job_batch"])
def test_a_commit_that_lands_after_its_connection_broke_is_no_refusal(url, monkeypatch, table):
    default_queue().database.open()
    proxy = Proxy.before(url)
    monkeypatch.setenv("DRAWSCAPE_QUEUE", proxy.url_of(url))
    with late_commits(url, table) as (pool, waiting, let_go):
        if table == "job":
            queueing = pool.submit(queued, "mine")
        else:
            queueing = pool.submit(enqueue_many, "sampletasks.nothing", [{}] * 3)
        wait_until(lambda: waiting("advisory") == 1, "the commit to wait")
        proxy.leave()
        proxy.come_back()
        wait_until(lambda: waiting("transactionid") == 1, "the second try to wait for the first")
        let_go()
        queueing.result(60)
    assert {job.status for job in job_manager.list_jobs()} == {"queued"}
    assert len(job_manager.list_jobs()) == (1 if table == "job" else 3)
    proxy.close()


def test_output_whose_commit_lands_after_a_broken_connection_is_once(url, database, tmp_path):
    let_claim(url, "worker")
    queued("one")
    held, proxy = claimed(database, "worker"), Proxy.before(url)
    behind = PostgresEngine(proxy.url_of(url), tmp_path)
    log = JobLog(behind, held)
    log.write(b"first\n")
    with late_commits(url, "job_log") as (pool, waiting, let_go):
        writing = pool.submit(log.flush)
        wait_until(lambda: waiting("advisory") == 1, "the commit to wait")
        proxy.leave()
        with pytest.raises(CommitInDoubt):
            writing.result(60)
        let_go()
        wait_until(lambda: get_job("one").logs() == "first\n")
    proxy.come_back()
    log.write(b"second\n")
    log.flush()
    assert get_job("one").logs() == "first\nsecond\n"
    behind.close()
    proxy.close()


def test_a_group_is_not_dropped_while_a_job_of_it_is_queued(url, database, monkeypatch):
    """The group is there without a job when the insertion asks for it, and pruning comes by."""
    default_queue().database.open()
    group = "('background', 'slow', '')"
    database.write(f"insert into job_group (queue, lane, limit_key) values {group}")
    database.write("insert into job_batch (id, queue, created_at, total) values ('old', '', 0, 0)")
    is_queued = threading.Event()
    waits = "select wait_event from pg_stat_activity where datname is not null"

    def let_prune(name):
        if name == "insert.before_commit":
            is_queued.set()
            pruning.result(60)

    with administrator(url) as connection, ThreadPoolExecutor(2) as pool:

        def are_waiting(what):
            return (what,) in connection.execute(waits).fetchall()

        with psycopg.connect(url) as holder:
            holder.execute("select 1 from job_batch for update")
            pruning = pool.submit(retention.prune, database, retention.KEEP)
            wait_until(lambda: are_waiting("transactionid"), "pruning to come to the batch")
            monkeypatch.setattr(job_queue, "failpoint", let_prune)
            queueing = pool.submit(queued, "one", job_lane="slow")
            wait_until(lambda: is_queued.is_set() or are_waiting("advisory"))
        queueing.result(60)
    let_claim(url, "worker")
    assert claimed(database, "worker").id == "one"


def test_the_counts_of_ended_jobs_are_added_up_when_jobs_are_pruned(url, database):
    let_claim(url, "worker")
    for number in range(3):
        queued(f"job-{number}")
        assert acknowledge(database, claimed(database, "worker"), Outcome("finished"))[0]
    retention.prune(database, retention.KEEP)
    assert database.read("select count(*) from job_count_change") == [(0,)]
    assert job_manager.queue_statistics().counts["finished"] == 3
    get_job("job-0").delete()
    assert job_manager.queue_statistics().counts["finished"] == 2
    assert job_manager.check_queue() == []


def test_text_has_no_character_that_postgres_refuses(url):
    job = queued("one", job_description="a\0b")
    assert get_job("one").description == "a\ufffdb"
    assert job.status == "queued"


def test_a_server_that_is_full_or_starts_is_waited_for():
    for text in (
        "FATAL:  remaining connection slots are reserved for roles with the SUPERUSER attribute",
        "FATAL:  sorry, too many clients already",
        "FATAL:  the database system is starting up",
    ):
        assert may_pass(psycopg.OperationalError(text)), text


@pytest.mark.parametrize("password", ["open/sesame", "50%", "a@b", "q?x#y", "p%zz", "colon:x"])
def test_no_message_has_a_password(password, tmp_path, monkeypatch):
    """One that a URL cannot hold as it is gets advice, and is not repeated."""
    monkeypatch.setattr(PostgresEngine, "patience_s", 0.0)
    with pytest.raises(errors.DrawscapeError) as caught:
        open_engine(f"postgresql://ada:{password}@127.0.0.1:1/queue", tmp_path).open()
    assert password not in str(caught.value)
    advice = "ada@127.0.0.1" if password in ("q?x#y", "colon:x") else "set PGPASSWORD"
    assert advice in str(caught.value)


# Tables


OF_0_4 = Path(__file__).with_name("homes") / "0.4" / "postgres.sql"


def test_tables_of_0_4_are_migrated_and_not_under_a_living_worker(url):
    with administrator(url) as connection:
        connection.execute(OF_0_4.read_text(), prepare=False)
        connection.execute(
            "insert into job (id, queue, task, payload, status, created_at, ended_at, due_boot) "
            "values ('kept', 'background', 'a.b', '', 'finished', 0, 1, null)"
        )
        connection.execute(LEASE.replace(":id", "'w'").replace("'here'", "'desk'"))
    with pytest.raises(errors.QueueError, match="process 1 on desk; stop them first"):
        default_queue()
    with administrator(url) as connection:
        connection.execute("delete from job_worker")
    assert get_job("kept").status == "finished"
    database = default_queue().database
    assert database.read(database.ENDED_COUNT)[0][0] == 0  # nothing has counted it


def test_tables_of_0_4_become_those_of_a_new_queue(url):
    def tables():
        with administrator(url) as connection:
            return connection.execute(SHAPE).fetchall()

    with administrator(url) as connection:
        connection.execute(OF_0_4.read_text(), prepare=False)
    PostgresEngine(url, Path()).open()
    migrated = tables()
    with administrator(url) as connection:
        ((schema_name,),) = connection.execute("select current_schema()").fetchall()
        empty = f"drop schema {schema_name} cascade; create schema {schema_name}"
        connection.execute(empty, prepare=False)
    PostgresEngine(url, Path()).open()
    assert migrated == tables()


SHAPE = """
select table_name || '.' || column_name, data_type, column_default, is_nullable
from information_schema.columns where table_schema = current_schema()
union all select indexname, indexdef, null, null from pg_indexes where schemaname = current_schema()
union all select tgname, pg_get_triggerdef(oid), null, null from pg_trigger where not tgisinternal
order by 1
"""


def test_newer_tables_are_refused(url):
    PostgresEngine(url, Path()).open()
    with administrator(url) as connection:
        notes = "('table version', 'table usable from')"  # a program of 0.4 asks for the second
        change = f"update job_note set value = %s where name in {notes}"
        assert connection.execute(change, (str(schema.NEWEST + 1),)).rowcount == 2
    with pytest.raises(errors.QueueError, match="update Drawscape"):
        PostgresEngine(url, Path()).open()


def test_another_programs_tables_are_left_alone(url, tmp_path):
    with administrator(url) as connection:
        connection.execute("create table job (title text)")
    with pytest.raises(errors.QueueError, match="another program"):
        open_engine(url, tmp_path).open()


def test_a_role_that_may_not_make_tables_is_told_the_grant(url, tmp_path):
    name = f"role_{Path(tmp_path).name[:20]}".replace("-", "_")
    with administrator(url) as connection:
        connection.execute(f"create role {name} login")
        connection.execute(f"grant usage on schema {url.rpartition('%3D')[2]} to {name}")
        try:
            plain = url.replace("postgres@", f"{name}@", 1)
            with pytest.raises(errors.QueueError, match="create schema drawscape authorization"):
                open_engine(plain, tmp_path).open()
        finally:
            connection.execute(f"drop owned by {name}; drop role {name}")


def test_a_machine_with_another_key_is_refused(url, tmp_path, monkeypatch):
    monkeypatch.delenv("DRAWSCAPE_QUEUE_KEY")
    first, second = (open_engine(url, tmp_path / name) for name in ("first", "second"))
    key = key_of(first)
    with pytest.raises(errors.QueueError, match="on another machine"):
        key_of(second)
    second.folder.mkdir(exist_ok=True)
    second.key_file.write_bytes(b"k" * 32)
    second.key_file.chmod(0o600)
    with pytest.raises(errors.QueueError, match="another key signs"):
        key_of(second)
    second.key_file.write_bytes(key)
    assert key_of(second) == key


def test_hueys_own_tasks_are_refused_there(url, home):
    huey = JobPostgresHuey("background", url=url, home=home)
    with pytest.raises(errors.QueueError, match="huey's own tasks do not run on"):
        huey.task()(abs)(1)


# Leases


@pytest.mark.nightly
def test_a_job_that_is_another_workers_by_now_ends_here(home, start_consumer):
    """As after a failover: the worker hears of it at its next renewal, though the job says nothing."""
    start_consumer("-w", "1")
    job = started(enqueue("nap", 600))
    child, database = job.refresh().pid, default_queue().database
    let_claim(os.environ["DRAWSCAPE_QUEUE"], "other")
    database.write("update job set worker = 'other', token = token + 1, pid = null")
    wait_until(lambda: not is_running(child))
    assert (job.status, job.refresh().worker) == ("started", "other")
    # And the reverse: the answer to a claim was lost, so the server calls a job its own that it does not run.
    lost = queued("lost", job_lane="unserved")
    (worker,) = [one.id for one in workers_alive() if one.id != "other"]
    held = "status = 'started', worker = :worker, token = 1, attempts = 1, started_at = 0"
    database.write(f"update job set {held}, group_id = null where id = 'lost'", worker=worker)
    assert lost.wait(60) is None
    assert lost.refresh().attempts == 1


@pytest.mark.nightly
@pytest.mark.parametrize("stops_timer", [False, True])
def test_a_stopped_worker_loses_a_job_after_its_child_has_ended(url, monkeypatch, stops_timer):
    """SIGSTOP stands for a machine that swaps: the kernel ends the child."""
    monkeypatch.setenv("DRAWSCAPE_LEASE", "6s")
    with ExitStack() as running:
        first = running.enter_context(beside("worker", "-w", "1"))
        job = started(enqueue("nap", 60))
        holder, child = job.refresh().worker, job.refresh().pid
        running.enter_context(beside("worker", "-w", "1"))
        wait_until(lambda: len(workers_alive()) == 2)
        over = job.refresh().started_at.timestamp() + 7  # longer than a lease: it is renewed
        wait_until(lambda: time.time() > over)
        assert (job.status, job.refresh().attempts) == ("started", 1)
        os.kill(first.pid, signal.SIGSTOP)
        if stops_timer:
            server = psutil.Process(child).parent()
            (timer,) = [one for one in server.children() if one.pid != child]
            timer.suspend()
        wait_until(lambda: not is_running(child) or job.refresh().worker != holder)
        assert job.refresh().worker == holder
        assert default_queue().database.workers.await_sign(holder)  # its lease has not ended
        wait_until(lambda: job.refresh().worker not in (None, holder))
        os.kill(first.pid, signal.SIGCONT)
        wait_until(lambda: len(workers_alive()) == 2)
        assert job.refresh().attempts == 2
        job.cancel()
