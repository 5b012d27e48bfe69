"""Jobs that run: results, failures, timeouts, progress, logs."""

import asyncio
import base64
import os
import re
import signal
import sys
import threading
import time
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest
from queue_steps import enqueue
from support import ended, wait_until

from drawscape import job_manager
from drawscape.errors import JobFailed, JobTimeout
from drawscape.job_manager import current_job, enqueue_background_job, enqueue_many, get_job_status

pytestmark = [pytest.mark.usefixtures("worked_home"), pytest.mark.both_engines]


def failed(*args, **kwargs):
    job = enqueue_background_job(*args, **kwargs)
    with pytest.raises(JobFailed) as caught:
        job.wait(60)
    return job, str(caught.value)


def test_a_job_can_be_awaited():
    async def both():
        first, second = enqueue("add", 1), enqueue("add", 2)
        return await second, await first

    assert asyncio.run(both()) == (2, 1)


def test_a_job_runs_in_a_process_of_its_own_in_the_home(worked_home):
    folder, pid = enqueue("where").wait(60)
    assert folder == str(worked_home)
    assert pid not in (os.getpid(), job_manager.workers_alive()[0].pid)


def test_the_result_can_be_read_again_and_again():
    job = enqueue("add", 2, b=3)
    assert job.wait(60) == 5
    assert [get_job_status(job.id)["result"] for _ in range(3)] == [5, 5, 5]
    status = get_job_status(job.id)
    assert status["status"] == "finished"
    assert status["created_at"] <= status["started_at"] <= status["ended_at"]
    assert job.result == 5
    assert job.progress == 1


def test_a_job_as_an_argument_is_its_result_and_fails_with_it():
    first = enqueue("add", 1, b=2)
    second = enqueue("add", first, b=first)
    assert second.wait(60) == 6
    assert second.requeue().wait(60) == 6
    failing = enqueue("fail")
    following = ended(enqueue("echo", value=failing))
    assert following.reason == "dependency"


def test_values_that_are_nothing_arrive_as_they_are():
    values = [0, 0.0, "", False, None, []]
    batch = enqueue_many("sampletasks.echo", [{"value": value} for value in values])
    notes = {"number": 0, "flag": False, "text": ""}
    job = enqueue("echo", 0, job_meta=notes, job_description="a poster")
    assert [*map(repr, batch.wait(60))] == [*map(repr, values)]
    assert (job.wait(60), job.meta, job.description) == (0, notes, "a poster")


def test_a_callback_gets_the_jobs_id():
    job = enqueue("nothing", job_on_success="sampletasks.echo")
    (callback,) = job_manager.list_jobs(task="sampletasks.echo", limit=1)
    assert callback.wait(60) == job.id


def test_a_function_without_a_path_travels_by_value():
    import sampletasks

    factor = 2

    async def coroutine(x):
        return x * factor

    own, kit = sampletasks._private, sampletasks.Kit.tool
    for function in (lambda x: x * factor, kit, own, coroutine):
        assert enqueue_background_job(function, 21).wait(60) == 42
    named = {"delay": 1, "priority": 2, "retries": 3}  # its own, and no options of the job
    assert enqueue_background_job(lambda **own: own, **named).wait(60) == named


@pytest.mark.parametrize(
    ("call", "reason", "words"),
    [
        (["sampletasks.fail"], "exception", r"sampletasks\.py.*ValueError: no ink"),
        (["sampletasks.fail", "caf\udce9.svg"], "exception", r"caf\\udce9\.svg"),
        ([lambda: sys.exit(3)], "exception", "SystemExit: 3"),
        ([lambda: threading.Lock()], "exception", "returned lock"),
        (["sampletasks.fail_with_a_failing_preview"], "exception", "the true error"),
        (["sampletasks.segfault"], "crashed", "SIGSEGV(?!, out of memory)"),
        ([lambda: os.kill(os.getpid(), 9)], "crashed", r"SIGKILL, out of memory \(killed by"),
        (["sampletasks.crash"], "crashed", "exit code 1"),
    ],
)
def test_a_failure_is_told_with_its_traceback_and_the_worker_serves_on(call, reason, words):
    job, text = failed(*call)
    assert (job.status, job.reason) == ("failed", reason)
    assert re.search(words, text, re.DOTALL), text
    assert reason == "crashed" or "child.py" not in text
    assert get_job_status(job.id)["error"] == job.error
    assert f"Reason: {reason}" in job.explain()
    assert enqueue("add", 1).wait(60) == 1


def test_the_last_twenty_lines_of_the_log_stay_with_a_failure():
    def count_and_fail():
        print(*range(30), sep="\n")
        raise ValueError

    job, _ = failed(count_and_fail)
    assert job.refresh().details["log"].split() == [*map(str, range(10, 30))]


def test_waiting_has_a_limit_and_the_job_goes_on(tmp_path):
    job = enqueue("wait_for_file", str(tmp_path / "gate"))
    with pytest.raises(JobTimeout, match="has not been canceled"):
        job.wait(0.1)
    (tmp_path / "gate").touch()
    job.wait(60)


def test_a_loop_in_c_is_killed_at_its_timeout_and_who_has_a_grace_is_asked_first(tmp_path):
    path = tmp_path / "marker"
    asked = enqueue("until_asked", str(path), job_timeout=4, job_grace=60)
    job, text = failed("sampletasks.loop_in_c", job_timeout="4s")  # until it is in the loop
    row = job.refresh()
    assert (row.status, row.reason) == ("failed", "timeout")
    assert "timed out after 4 s" in text
    assert "in loop_in_c" in text
    with pytest.raises(JobFailed, match="JobStopped"):
        asked.wait(60)
    assert asked.reason == "timeout"
    assert path.with_name("marker.asked").read_text() == "True"
    assert enqueue("add", 1).wait(60) == 1


def test_the_stack_of_a_slow_child_is_waited_for(tmp_path):
    begun = tmp_path / "begun"
    job = enqueue("append_then_wait", str(begun), str(tmp_path / "gate"), job_timeout=2)
    wait_until(begun.exists)
    child = job.refresh().pid
    os.kill(child, signal.SIGSTOP)

    def is_asked_for_its_stack():
        pending = re.search(r"ShdPnd:\t(\w+)", Path(f"/proc/{child}/status").read_text())[1]
        return int(pending, 16) & 1 << signal.SIGUSR1 - 1

    wait_until(is_asked_for_its_stack)
    time.sleep(0.5)  # a busy machine lets it wait
    os.kill(child, signal.SIGCONT)
    with pytest.raises(JobFailed, match=r"timed out after 2 s(?s:.*)in append_then_wait"):
        job.wait(60)


def report_and_fail(message, fraction):
    current_job().progress(fraction, message)
    raise ValueError


LONG = "a" * 3_000 + "z" * 3_000
ODD = [
    ("caf\udce9", 0.25, ("caf\\udce9", 0.25)),
    (42, 1.5, ("42", 1.0)),
    ("none", float("nan"), ("none", 0.0)),
    ("less", -1, ("less", 0.0)),
    (LONG, 0.5, (f"{LONG[:1000]}\n[...]\n{LONG[-1000:]}", 0.5)),
]


@pytest.mark.parametrize(("message", "fraction", "stored"), ODD)
def test_odd_words_and_numbers_of_progress_harm_nothing(message, fraction, stored):
    job = ended(enqueue_background_job(report_and_fail, message, fraction))
    assert (job.message, job.refresh().progress) == stored


def test_previews_take_no_more_than_a_fifth_of_the_time():
    """The first comes after 0.4 s, the others at least 0.25 s apart, or five times what each took."""

    def draw(took_s):
        begun_at, calls = time.monotonic(), []

        def picture():
            calls.append(time.monotonic() - begun_at)
            time.sleep(took_s)
            return "<svg/>"

        while len(calls) < 3:
            current_job().progress(0.5, preview=picture)
            time.sleep(0.005)
        return calls

    drawing = [(enqueue_background_job(draw, took_s), 0.25 + 2.5 * took_s) for took_s in (0, 0.1)]
    for job, pause_s in drawing:
        calls = job.wait(60)
        assert calls[0] > 0.2
        assert min(later - one for one, later in pairwise(calls)) >= pause_s


def test_an_error_is_kept_short_with_both_ends_and_a_large_preview_left_out():
    job, text = failed("sampletasks.fail_after_a_preview", 4_000_001, "x" * 5_000_000 + "end")
    assert job.preview is None
    assert "a preview of 4000001 bytes is left out" in job.logs()
    assert len(job.error) < 200_000
    assert "raise ValueError" in text
    assert text.endswith("end")


@pytest.mark.nightly
def test_a_hundred_megabytes_come_back_whole():
    assert len(enqueue("big", 100 * 2**20).wait(60)) == 100 * 2**20


def test_everything_that_is_printed_is_in_the_jobs_log():
    job = enqueue("speak", "hello plotter")
    job.wait(60)
    for words in ("hello plotter", "to stderr", "WARNING ink: running low", "from a shell"):
        assert words in job.logs()


def stored_bytes(job):
    stored = "select sum(length(data)) from job_log where job_id = :id"
    return job_manager.default_queue().database.read(stored, id=job.id)[0][0]


# What is cut off at 2 MiB leaves the last one: also when little follows.
@pytest.mark.parametrize("megabytes", [2.1, 8, pytest.param(1024, marks=pytest.mark.nightly)])
def test_a_log_keeps_its_end_within_a_mebibyte(megabytes):
    job = enqueue("print_much", megabytes)
    job.wait(240)
    text = job.logs()
    assert 1_000_000 < len(text) <= 2**20
    assert text.endswith("the very last line\n")
    assert "dropped" in text[:100]
    assert stored_bytes(job) <= 3 * 2**20  # the worker keeps two of them, and the table one


def test_what_a_log_leaves_out_leaves_the_table():
    job = enqueue("print_quarters", 3)
    job.wait(240)
    assert len(job.logs()) <= 2**20
    assert stored_bytes(job) < 2 * 2**20  # of the three that it has printed


def test_a_log_can_be_followed_while_the_job_runs(tmp_path):
    job = enqueue("print_around", str(tmp_path / "gate"))
    pieces = job.follow_logs()
    assert next(pieces) == "before\n"
    (tmp_path / "gate").touch()
    assert "".join(pieces) == "after\n"


def test_a_storm_of_progress_is_thinned_and_ends_with_the_last_value():
    seen = []
    job = enqueue("progress_storm", 200_000)
    handle = job_manager.watch(lambda changed: seen.append(changed.progress), [job.id])
    began = time.monotonic()
    assert job.wait(60) == 200_000
    spent = time.monotonic() - began
    handle.close()
    assert job.message == "step 200000"
    assert job.meta == {"calls": 200_000}
    assert len(seen) <= 20 * spent + 10
    assert seen == sorted(seen)


def test_outside_of_a_worker_the_current_job_does_nothing(capsys):
    job = current_job()
    job.progress(0.5, "half", preview=lambda: 1 / 0)
    job.meta["x"] = 1
    job.log("printed")
    assert job.id is None
    assert job.is_canceled is False
    assert "printed" in capsys.readouterr().err


def test_a_finished_picture_is_shown_as_an_img(worked_home):
    path = worked_home / "picture.svg"
    begin, end = '<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1">', "<g/></svg>"
    path.write_text(f'{begin}<metadata id="x">not to\nbe seen</metadata>\n{end}')
    job = enqueue("echo", str(path))
    job.wait(60)
    bundle = job._repr_mimebundle_()
    assert bundle["text/html"].startswith('<img src="data:image/svg+xml;base64,')
    coded = bundle["text/html"].partition("base64,")[2].partition('"')[0]
    assert base64.b64decode(coded).decode() == begin + end
    assert job.id in bundle["text/plain"]
    plain = enqueue("echo", "no picture")
    plain.wait(60)
    assert "text/html" not in plain._repr_mimebundle_()


def test_a_batch_counts_waits_and_is_followed(worked_home):
    path = str(worked_home / "after")
    calls = [{"a": i} for i in range(20)]
    then = {"then": "sampletasks.append", "then_kwargs": {"path": path, "text": "all done"}}
    batch = enqueue_many("sampletasks.add", calls, **then, batch_description="caf\udce9")
    assert batch.description == "caf\\udce9"
    assert batch.wait(60) == list(range(20))
    assert batch.progress == 1
    assert batch.counts["finished"] == 20
    assert batch.following.wait(60) == "all done"


def draw_on(gate):
    """Show one picture, and another once the file `gate` is there, without a word of progress."""

    current_job().progress(0.5, "drawing", preview="<svg>one</svg>")
    while not Path(gate).exists():
        time.sleep(0.01)
    current_job().progress(0.5, "drawing", preview="<svg>two</svg>")
    while Path(gate).exists():
        time.sleep(0.01)


def test_a_watcher_hears_of_a_preview_that_comes_without_progress(tmp_path):
    gate = tmp_path / "gate"
    job = enqueue_background_job(draw_on, str(gate))
    seen = []
    with closing(job_manager.watch(lambda changed: seen.append(changed.preview), [job.id])):
        wait_until(lambda: seen and seen[-1] == b"<svg>one</svg>")
        gate.touch()
        wait_until(lambda: seen[-1] == b"<svg>two</svg>")
        assert job.progress == 0.5
        assert job.status == "started"
        gate.unlink()
        job.wait(60)


def test_logs_of_any_length_are_kept_to_the_byte():
    batch = enqueue_many("sampletasks.say", [{"data": f"{i} → é\n".encode()} for i in range(30)])
    longer = enqueue("say", b"x" * 40_001)
    halves = enqueue("say", b"\xe2\x86 no \xff character\n")
    silent = enqueue("nothing")
    batch.wait(60)
    for job in (longer, halves, silent):
        job.wait(60)
    assert [job.logs() for job in batch.jobs] == [f"{i} → é\n" for i in range(30)]
    assert longer.logs() == "x" * 40_001
    assert halves.logs() == "\ufffd no \ufffd character\n"
    assert silent.logs() == ""


def test_a_log_goes_on_over_all_tries_of_its_job_and_is_followed(tmp_path):
    job = enqueue("say_and_fail", str(tmp_path / "tries"), 2, 0.1, job_retries=2)
    pieces = []
    follower = threading.Thread(target=lambda: pieces.extend(job.follow_logs()), daemon=True)
    follower.start()
    follower.join(60)
    assert "".join(pieces) == job.logs() == "try 1 é\ntry 2 é\ntry 3 é\n"
    job.requeue().wait(60)
    assert "".join(job.follow_logs()) == job.logs() == "try 1 é\ntry 2 é\ntry 3 é\ntry 4 é\n"


@pytest.mark.nightly
@pytest.mark.parametrize("place", ["ack.before_commit", "ack.after_commit"])
def test_a_kill_around_the_acknowledgement_doubles_and_loses_nothing(home, start_consumer, place):
    job = enqueue("say", b"once\n", 0.2)
    enqueue("nothing", job_depends_on=job)  # its end is a transaction
    consumer = start_consumer(environment={"DRAWSCAPE_FAILPOINT": place})
    consumer.process.wait(60)
    assert job.logs() == "once\n"
    start_consumer()
    job.wait(60)
    runs = 2 if place == "ack.before_commit" else 1
    assert job.logs() == "once\n" * runs
