"""Where a job's log lies: a short one in the table once its job has ended, a long one in a file."""

import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from queue_file import plain
from support import wait_until

from drawscape.job_manager import (
    Keep,
    default_queue,
    enqueue_background_job,
    enqueue_many,
    prune_jobs,
)
from drawscape.queue.table.claims import acknowledge, claim
from drawscape.queue.table.records import Outcome
from drawscape.queue.worker.job_log import SHORT_BYTES, JobLog, read_file

pytestmark = pytest.mark.slow  # a worker of its own for nearly every test


def await_long_logs(*ids: str) -> None:
    """Wait until exactly these jobs have a log beside their row: in a file, on Postgres in rows of its own.

    It goes a moment after its job has ended.
    """
    queue = default_queue()

    def found() -> set[str]:
        if queue.database.has_many_writers:
            rows = queue.database.connection.execute("select job_id from job_log").fetchall()
            return {row[0] for row in rows}
        return {path.name.removesuffix(".log") for path in (queue.folder / "logs").iterdir()}

    wait_until(lambda: found() == set(ids), what=f"the logs of {ids}")


def in_table(job_id: str) -> bytes | None:
    select = "select log from job where id = ?"
    return default_queue().database.connection.execute(select, (job_id,)).fetchone()[0]


@pytest.mark.both_engines
def test_short_logs_are_in_the_table_and_long_ones_beside_it(home: Path, start_consumer):
    start_consumer("-w", "2")
    batch = enqueue_many("sampletasks.say", [{"data": f"{i} → é\n".encode()} for i in range(30)])
    largest = enqueue_background_job("sampletasks.say", b"x" * 4000)
    longer = enqueue_background_job("sampletasks.say", b"x" * 4001)
    halves = enqueue_background_job("sampletasks.say", b"\xe2\x86 no \xff character\n")
    silent = enqueue_background_job("sampletasks.nothing")
    batch.wait(60)
    for job in (largest, longer, halves, silent):
        job.wait(60)
    assert [job.logs() for job in batch.jobs] == [f"{i} → é\n" for i in range(30)]
    assert largest.logs() == "x" * 4000
    assert longer.logs() == "x" * 4001
    assert halves.logs() == "\ufffd no \ufffd character\n"
    assert silent.logs() == ""
    await_long_logs(longer.id)
    assert in_table(longer.id) is None
    assert in_table(silent.id) is None


@pytest.mark.both_engines
def test_a_log_goes_on_over_all_tries_of_its_job(home: Path, start_consumer):
    start_consumer()
    job = enqueue_background_job(
        "sampletasks.say_and_fail", str(home / "tries"), 2, job_retries=2, job_retry_delay=0.05
    )
    job.wait(60)
    assert job.logs() == "try 1 é\ntry 2 é\ntry 3 é\n"
    await_long_logs()
    job.requeue().wait(60)
    assert job.logs() == "try 1 é\ntry 2 é\ntry 3 é\ntry 4 é\n"
    await_long_logs()


@pytest.mark.both_engines
def test_a_log_that_grows_long_with_the_tries_moves_to_a_file(home: Path, start_consumer):
    start_consumer()
    job = enqueue_background_job("sampletasks.say", b"y" * 3000)
    for tries in (1, 2, 3):
        job.wait(60)
        assert job.logs() == "y" * 3000 * tries
        await_long_logs(*([job.id] if tries > 1 else []))
        job.requeue()
    job.wait(60)
    job.delete()
    await_long_logs()


@pytest.mark.both_engines
def test_a_log_is_followed_from_file_to_table_and_over_tries(home: Path, start_consumer):
    start_consumer()
    job = enqueue_background_job(
        "sampletasks.say_and_fail", str(home / "tries"), 3, 0.2, job_retries=3, job_retry_delay=0.2
    )
    pieces: list[str] = []
    follower = threading.Thread(target=lambda: pieces.extend(job.follow_logs()), daemon=True)
    follower.start()
    follower.join(60)
    assert "".join(pieces) == "try 1 é\ntry 2 é\ntry 3 é\ntry 4 é\n"
    assert "".join(job.follow_logs()) == "".join(pieces)


def test_what_a_running_job_prints_can_be_read_at_once(home: Path, start_consumer):
    start_consumer()
    enqueue_background_job("sampletasks.say", b"").wait(
        60
    )  # the next one prints in its first moment
    job = enqueue_background_job("sampletasks.say", b"begun\n", 600)
    wait_until(lambda: job.logs() == "begun\n")
    assert job.status == "started"
    job.cancel()
    wait_until(lambda: job.ended)
    assert job.logs() == "begun\n"


@pytest.mark.both_engines
@pytest.mark.parametrize("place", ["ack.before_commit", "ack.after_commit"])
def test_a_worker_killed_around_the_acknowledgement_doubles_and_loses_nothing(
    home: Path, start_consumer, place: str
):
    job = enqueue_background_job("sampletasks.say", b"once\n", 0.2)
    enqueue_background_job("sampletasks.nothing", job_depends_on=job)  # its end is a transaction
    consumer = start_consumer(environment={"DRAWSCAPE_FAILPOINT": place})
    consumer.process.wait(60)
    await_long_logs(job.id)
    assert job.logs() == "once\n"
    start_consumer()
    job.wait(60)
    runs = 2 if place == "ack.before_commit" else 1
    assert job.logs() == "once\n" * runs
    job.requeue().wait(60)
    assert job.logs() == "once\n" * (runs + 1)
    await_long_logs()


def test_the_log_of_a_job_of_the_same_name_does_not_come_back(home: Path, start_consumer):
    left = home / ".drawscape" / "logs" / "twice.log"
    left.parent.mkdir()
    for pause_s in (0.0, 0.2):
        left.write_text("of another\n")
        start_consumer()
        job = enqueue_background_job("sampletasks.say", b"mine\n", pause_s, job_id="twice")
        job.wait(60)
        wait_until(lambda job=job: job.logs() == "mine\n")  # the file goes just after the job's end
        await_long_logs()
        job.delete()


@pytest.mark.both_engines
def test_logs_go_with_their_pruned_jobs(home: Path, start_consumer):
    start_consumer()
    jobs = [enqueue_background_job("sampletasks.say", b"z" * size) for size in (10, 10_000)]
    for job in jobs:
        job.wait(60)
    half = home / ".drawscape" / "logs" / f".{jobs[0].id}"
    half.touch()
    assert prune_jobs(Keep(finished_s=0)) == 2
    await_long_logs()
    assert [job.logs() for job in jobs] == ["", ""]


def test_a_log_survives_while_nobody_can_write_the_table(home: Path, start_consumer):
    start_consumer()
    with closing(plain()) as other:
        job = enqueue_background_job("sampletasks.say", b"patient\n", 0.5)
        wait_until(lambda: job.logs() == "patient\n")
        other.execute("begin immediate")
        time.sleep(1.0)  # the job ends meanwhile, and its worker cannot say so
        assert job.logs() == "patient\n"
        assert job.status == "started"
        other.execute("rollback")
    job.wait(60)
    assert job.logs() == "patient\n"


# what two workers do to one log


@pytest.mark.parametrize("size", [10, SHORT_BYTES + 1])
@pytest.mark.parametrize("opens", ["before the other removes it", "after that"])
def test_the_next_run_elsewhere_keeps_its_file_when_the_last_worker_removes_its_own(
    tmp_path: Path, size: int, opens: str
):
    first = JobLog(tmp_path, "a", lambda: b"")
    first.write(b"first\n")
    row = first.short()
    first.close()
    assert row == b"first\n"  # and now it is acknowledged
    second = JobLog(tmp_path, "a", lambda: row)
    if opens == "after that":
        first.remove()
    second.write(b"x" * size)
    first.remove()
    second.close()
    first.remove()
    assert read_file(tmp_path, "a") == (b"first\n" + b"x" * size, 6 + size)
    second.remove()
    assert read_file(tmp_path, "a") is None


def test_a_long_log_is_whole_when_the_removal_of_the_last_run_meets_its_first_byte(tmp_path: Path):
    meeting = threading.Barrier(2)

    def remove(log: JobLog) -> None:
        meeting.wait(60)
        log.remove()

    with ThreadPoolExecutor(1) as other:
        for number in range(1000):
            first = JobLog(tmp_path, str(number), lambda: b"")
            first.write(b"first\n")
            first.close()
            second = JobLog(tmp_path, str(number), lambda: b"first\n")
            removal = other.submit(remove, first)
            meeting.wait(60)
            second.write(b"s")  # opens the file
            second.write(b"x" * SHORT_BYTES)
            second.close()
            removal.result(60)
            assert read_file(tmp_path, str(number)) == (b"first\ns" + b"x" * SHORT_BYTES, 4007)


def test_a_file_that_is_removed_as_it_is_opened_is_made_anew(tmp_path: Path):
    path = tmp_path / "job.log"
    path.write_text("as the table has it\n")
    removed: list[Path] = []

    def remove(event: str, arguments: object) -> None:
        if event == "fcntl.flock" and not removed:  # it is open, and not yet kept from removal
            removed.append(path)
            path.unlink()

    sys.addaudithook(remove)
    log = JobLog(tmp_path, "job", lambda: b"as the table has it\n")
    log.write(b"x" * 5000)
    log.close()
    assert removed
    assert read_file(tmp_path, "job") == (b"as the table has it\n" + b"x" * 5000, 5020)


@pytest.mark.both_engines
def test_the_log_is_whole_from_the_end_on_though_a_part_of_it_still_lies_beside(home: Path):
    job = enqueue_background_job("sampletasks.nothing")
    database = default_queue().database
    held = claim(database, "background", None, None)
    with closing(database.traces.open_log(held)) as log:
        log.write(b"line 0\n")
        wait_until(lambda: log.flush() or not log.is_held, what="the first line to be seen")
        following = job.follow_logs()
        assert next(following) == "line 0\n"
        acknowledge(database, held, Outcome("finished", log=b"line 0\nline 1\n"))
        assert list(following) == ["line 1\n"]
        assert job.logs() == "line 0\nline 1\n"
