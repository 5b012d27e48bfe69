"""Several machines with one queue on Postgres: code, versions, clocks and folders differ between them."""

import hashlib
import os
import platform
import shutil
import time
from pathlib import Path

import psycopg
import pytest
from postgres_proxy import Proxy
from postgres_server import administrator
from queue_steps import enqueue
from support import ended, is_running, wait_until

from drawscape import __version__, job_manager
from drawscape.catalogue import drawings
from drawscape.job_manager import default_queue, enqueue_background_job, resume_queue, workers_alive
from drawscape.queue.codec import SIGNATURE_BYTES, origin_of
from drawscape.queue.project_code import folder_with

pytestmark = [pytest.mark.postgres, pytest.mark.nightly]


@pytest.fixture
def engine():
    return "postgres"


@pytest.fixture
def start_elsewhere(home, tmp_path, start_consumer):
    """Start a worker in a home of its own, `ahead_s` ahead of our clock; return the home."""

    def start(name, ahead_s=0.0, **environment):
        key = default_queue().database.key_file  # made, if it was not
        folder = tmp_path / name
        (folder / ".drawscape").mkdir(parents=True)
        shutil.copy(key, folder / ".drawscape" / "queue.key")
        before = len(default_queue().database.workers.living())
        if ahead_s:
            (folder / "sitecustomize.py").write_text(
                f"import time; real = time.time; time.time = lambda: real() + {ahead_s}\n"
            )
            environment["PYTHONPATH"] = f"{folder}:{folder.with_name('home') / 'modules'}"
        environment["DRAWSCAPE_HOME"] = str(folder)
        start_consumer(ready=False, environment=environment, directory=folder)
        wait_until(lambda: len(default_queue().database.workers.living()) > before)
        return folder

    return start


def test_a_job_whose_packages_a_worker_lacks_fails_by_name(start_elsewhere):
    start_elsewhere("elsewhere", PYTHONPATH="")  # as if a package were installed here alone
    job = ended(enqueue("add", 1))
    assert job.refresh().reason == "invalid"
    assert "no module 'sampletasks'" in job.error


def test_code_from_elsewhere_lies_in_a_folder_that_goes_with_its_process(home, tmp_path):
    queue = default_queue()
    (home / "sketches").mkdir()
    (home / "sketches" / "own.py").write_text("number = 7")
    with folder_with(queue.database, queue.codec, tmp_path, queue.code()) as folder:
        assert (folder / "sketches" / "own.py").read_text() == "number = 7"
    assert not folder.exists()
    with folder_with(queue.database, queue.codec, home, queue.code()) as folder:
        assert folder == home


def test_code_of_another_python_is_refused_by_name(start_elsewhere):
    def doubled(number):
        return 2 * number

    job = enqueue_background_job(doubled, 21)
    database, codec = default_queue().database, default_queue().codec
    ((payload, task),) = database.read("select payload, task from job where id = :id", id=job.id)
    versions, start = origin_of(payload[SIGNATURE_BYTES:])
    assert versions == [platform.python_version(), __version__, "code"]
    message = b"3.9.2 0.4.0 code\n" + payload[SIGNATURE_BYTES + start :]
    signing = hashlib.blake2b(key=codec.key[:64], digest_size=SIGNATURE_BYTES)
    signing.update(f"call {job.id} {task}\n".encode() + message)
    signed = signing.digest() + message
    database.write("update job set payload = :payload where id = :id", payload=signed, id=job.id)
    start_elsewhere("elsewhere")
    wait_until(lambda: job.ended)
    assert (job.status, job.refresh().reason) == ("failed", "invalid")
    assert "carries code of Python 3.9.2" in job.error
    assert f"this is Python {platform.python_version()}" in job.error


def test_machines_whose_clocks_differ_agree_when_a_job_is_due(start_elsewhere, tmp_path):
    start_elsewhere("fast", ahead_s=300.0)
    start_elsewhere("slow", ahead_s=-300.0)
    began = time.time()
    delayed = [enqueue("nothing", job_delay=1.5) for _ in range(6)]
    tried = enqueue("say_and_fail", str(tmp_path / "tries"), 1, job_retries=1, job_retry_delay=1.5)
    kept = enqueue("nothing", job_result_ttl=60)
    for job in (*delayed, tried, kept):
        job.wait(60)
        row = job.refresh()
        assert began - 1 < row.created_at.timestamp() <= row.started_at.timestamp()
        assert row.started_at <= row.ended_at
        assert row.ended_at.timestamp() < time.time() + 1
    for job in delayed:
        row = job.refresh()
        assert (row.started_at - row.created_at).total_seconds() >= 1.5
    assert (tried.refresh().started_at - tried.created_at).total_seconds() >= 1.5
    assert job_manager.prune_jobs() == 0
    assert job_manager.get_job(kept.id).status == "finished"


def test_a_shared_folder_may_have_other_paths_elsewhere(start_elsewhere, tmp_path, monkeypatch):
    theirs, ours = tmp_path / "theirs", tmp_path / "ours"
    ours.mkdir()
    monkeypatch.setenv("DRAWSCAPE_OUTPUT", str(ours))
    start_elsewhere("elsewhere", DRAWSCAPE_OUTPUT=str(theirs))
    draw = "workers.svg_tasks.generate_complex_svg"
    job = enqueue_background_job(draw, 60, 60, "spiral", output_filename="cards/one")
    path = Path(job.wait(60))
    assert path == ours / "cards" / "one.svg"
    assert not path.exists()
    shutil.copytree(theirs, ours, dirs_exist_ok=True)  # the folder comes across, as by Syncthing
    assert [one.path for one in drawings()] == [path]
    finer = Path(enqueue_background_job("workers.svg_tasks.optimize_svg", str(path)).wait(60))
    assert finer.is_relative_to(ours)
    assert (theirs / finer.relative_to(ours)).is_file()


# A server that goes away; test_postgres_chaos.py does it at any moment


@pytest.fixture
def proxy(home, monkeypatch):
    """What stands between a worker and the server, for a lease of ten minutes."""
    monkeypatch.setenv("DRAWSCAPE_LEASE", "10m")
    default_queue()
    made = Proxy.before(os.environ["DRAWSCAPE_QUEUE"])
    yield made
    made.close()


@pytest.fixture
def start_behind(proxy, start_consumer):
    """Start a worker that reaches the server by the proxy."""
    url = proxy.url_of(os.environ["DRAWSCAPE_QUEUE"])

    def start(*options):
        return start_consumer(*options, ready=False, environment={"DRAWSCAPE_QUEUE": url})

    return start


def test_a_time_limit_is_kept_though_the_server_is_silent(proxy, start_behind, tmp_path):
    """Its end is late by what the worker waits for an answer, 15 s; what ends in time is not ended."""
    start_behind("-w", "3")
    go, beats = tmp_path / "go", tmp_path / "beats"
    limited = enqueue("beat", str(beats), job_timeout=8)
    wait_until(beats.exists)
    traces = [tmp_path / "one", tmp_path / "two"]
    others = [enqueue("append_then_wait", str(trace), str(go), job_timeout=8) for trace in traces]
    wait_until(lambda: all(trace.exists() for trace in traces))
    child = limited.refresh().pid
    proxy.cut()
    go.touch()  # an end is written, and nobody answers
    wait_until(lambda: not is_running(child), "the time limit", 60)
    over = max(trace.stat().st_mtime for trace in traces) + 8.5
    wait_until(lambda: time.time() > over, "the limits of the others to be over")
    proxy.heal()
    wait_until(lambda: all(job.ended for job in (limited, *others)))
    assert (limited.status, limited.reason) == ("failed", "timeout")
    assert [job.status for job in others] == ["finished"] * 2
    moments = [float(line) for line in beats.read_text().split()[:-1]]
    assert moments[-1] - moments[0] < 8 + 15 + 6


def test_a_worker_waits_for_a_server_that_is_away_and_repeats_no_line(proxy, start_behind):
    proxy.leave()
    worker = start_behind()
    wait_until(lambda: "event=waiting_for_server" in worker.log.read_text())
    proxy.come_back()
    assert enqueue("add", 1).wait(60) == 1
    proxy.leave()
    wait_until(lambda: "event=watch_failed" in worker.log.read_text())
    proxy.come_back()
    assert enqueue("add", 2).wait(60) == 2
    wait_until(lambda: "event=connection_restored" in worker.log.read_text())
    text = worker.log.read_text()
    assert "Traceback" not in text
    for line in ("event=waiting_for_server", "event=claim_failed", "event=connection_lost"):
        assert text.count(line) <= 2, text  # two, where the server's words differ


def test_a_claim_that_is_answered_late_is_given_back(start_consumer):
    """Late by more than five seconds: others may have released the job meanwhile."""
    worker = start_consumer()
    job_manager.pause_queue()
    job = enqueue("add", 1)
    with psycopg.connect(os.environ["DRAWSCAPE_QUEUE"]) as holder:
        holder.execute("lock table job in exclusive mode")
        resume_queue()
        age = "clock_timestamp() - query_start > '6 s'"
        waits = f"select 1 from pg_stat_activity where wait_event = 'relation' and {age}"
        with administrator(os.environ["DRAWSCAPE_QUEUE"]) as connection:
            wait_until(lambda: connection.execute(waits).fetchone(), "a claim to be late")
    assert job.wait(60) == 1
    assert f"job={job.id} event=given_back token=1" in worker.log.read_text()
    assert job.refresh().attempts == 1


def test_a_worker_that_starts_waits_for_its_server(proxy, start_behind):
    url = os.environ["DRAWSCAPE_QUEUE"]
    lost = enqueue("add", 1)
    database = default_queue().database
    row = "('dead', 'here', 1, 1, 'background', '', '', 0, 0, 1, null, now())"
    database.write(f"insert into job_worker values {row}")
    held = "worker = 'dead', token = 1, attempts = 1, started_at = 0"
    database.write(f"update job set status = 'started', {held}")
    with psycopg.connect(url) as holder:  # who takes the dead one's jobs over waits for its row
        holder.execute("select 1 from job_worker where id = 'dead' for update")
        worker = start_behind()
        waits = "select 1 from pg_stat_activity where wait_event_type = 'Lock' and query like '%job_worker%'"
        wait_until(lambda: database.read(waits), what="the worker to begin")
        assert workers_alive()
        proxy.leave()
        wait_until(lambda: "recovery_failed" in worker.log.read_text())
    proxy.come_back()
    assert lost.wait(60) == 1
    assert worker.process.poll() is None
