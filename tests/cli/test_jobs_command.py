"""`drawscape jobs`: as text, as a table that may follow, as JSON."""

import json
import sys

import click
import pytest
from support import ended, program, python, run, started, wait_until

from drawscape.job_manager import enqueue_background_job, list_jobs

MODULES = {
    "clitasks": """
import time

def speak(words):
    print(words)
    return words

def ring():
    from workers.rings import Ring
    return Ring("round")

def fail():
    raise ValueError("no ink")

def nap(seconds):
    time.sleep(seconds)

def nap_on(path):
    while True:
        try:
            open(path, "w").close()
            time.sleep(0.1)
        except BaseException:
            pass
"""
}


def output(*arguments, code=0):
    done = run("jobs", *arguments)
    assert done.code == code, done
    return done.out + done.err


def test_lists_and_shows_are_json_too(worked_home):
    job = enqueue_background_job("clitasks.speak", ["hello", float("nan")])
    job.wait(60)
    listed = json.loads(run("jobs", "list", "--json").out)
    assert next(row for row in listed if row["id"] == job.id)["status"] == "finished"
    shown = json.loads(run("jobs", "show", job.id, "--json").out, parse_constant=pytest.fail)
    assert (shown["result"], shown["ended_at"][:2]) == (["hello", None], "20")
    for line in ("queue status", "drawings list", "sketches", "sketches rose"):
        assert json.loads(run(*line.split(), "--json").out) is not None


def test_enqueue_waits_as_long_as_it_is_told_and_says_that_nobody_works(tmp_path, worked_home):
    assert run("enqueue", "clitasks.speak", "words=done", "--wait").out.endswith("\ndone\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DRAWSCAPE_HOME", str(tmp_path))
        wrong = run("enqueue", "clitasks.speak", "words=x", "--wait", "--timeout", "-1")
        assert (wrong.code, list_jobs()) == (2, [])  # nothing is queued by a wrong line
        done = run("enqueue", "clitasks.speak", "words=x", "--wait", "--timeout", "0.1")
    assert done.err.startswith("no worker is alive; start one with `drawscape worker`\ndrawscape: ")
    assert "Warning" not in done.err
    assert done.code == 1


def test_the_list_is_plain_lines_where_there_is_no_terminal(worked_home):
    job = enqueue_background_job("clitasks.speak", "hello")
    job.wait(60)
    line = next(line for line in output("list").splitlines() if job.id in line)
    assert line.split("\t")[:4] == [job.id, "clitasks.speak", "finished", "100%"]
    named = enqueue_background_job("clitasks.speak", "hello", job_description="a\n greeting")
    assert f"{named.id}\ta greeting\t" in output("list")  # jobs have the names that a person knows
    assert job.id in output("list", "--status", "finished", "--task", "clitasks.speak")
    assert job.id not in output("list", "--status", "failed")
    assert job.id in output()


def test_show_explains_and_wait_prints_the_result_of_a_class_of_the_projects_too(worked_home):
    (worked_home / "workers").mkdir()
    (worked_home / "workers" / "rings.py").write_text("class Ring(str): pass")
    ring = enqueue_background_job("clitasks.ring")
    assert ended(ring).error is None
    assert python("-m", "drawscape", "jobs", "wait", ring.id).stdout == "round\n"
    job = enqueue_background_job("clitasks.speak", "hello", job_description="a greeting")
    job.wait(60)
    text = output("show", job.id)
    for words in ("a greeting", "  'hello'", "It ran for"):
        assert words in text
    failed = ended(enqueue_background_job("clitasks.fail"))
    for command in ("show", "wait"):
        assert "ValueError: no ink" in output(command, failed.id, code=int(command == "wait"))


def test_cancel_says_what_became_of_a_job(worked_home, tmp_path):
    waiting = enqueue_background_job("clitasks.speak", "later", job_delay=3600)
    assert output("cancel", waiting.id) == f"{waiting.id} is canceled\n"
    job = started(enqueue_background_job("clitasks.nap", 60))
    assert f"{job.id} is " in output("cancel", job.id)  # stopped, or on a slow machine still
    wait_until(lambda: job.status == "stopped")
    stubborn = enqueue_background_job("clitasks.nap_on", str(tmp_path / "naps"))
    wait_until((tmp_path / "naps").exists)
    said = output("cancel", "--grace", "1m", stubborn.id)
    assert said == f"{stubborn.id} is still running, but asked to stop\n"
    output("cancel", stubborn.id)


def test_what_had_ended_cannot_be_canceled_and_the_others_are(worked_home):
    failed = ended(enqueue_background_job("clitasks.fail"))
    waiting = enqueue_background_job("clitasks.speak", "later", job_delay=3600)
    done = run("jobs", "cancel", failed.id, "nobody", waiting.id)
    assert f"drawscape: job {failed.id} has already ended: failed" in done.err
    assert "matches 'nobody'" in done.err
    assert done.out == f"{waiting.id} is canceled\n"
    assert done.code == 2
    assert run("jobs", "cancel", failed.id).code == 1


def test_requeue_and_delete(worked_home):
    job = ended(enqueue_background_job("clitasks.fail"))
    assert job.id in output("requeue", job.id)
    wait_until(lambda: job.ended)
    assert job.id in output("requeue", "--failed")
    wait_until(lambda: job.ended)
    assert "removed" in output("delete", job.id)


def test_a_job_may_be_named_by_the_end_of_its_id(worked_home):
    one = enqueue_background_job("clitasks.speak", "one", job_id="first-of-two-likes")
    two = enqueue_background_job("clitasks.speak", "two", job_id="second-of-two-likes")
    assert one.id in output("show", "t-of-two-likes")
    for name, words in (("two-likes", "2 jobs have an id that ends"), ("kes", "matches 'kes'")):
        done = run("jobs", "show", name)
        assert words in done.err
        assert done.code == 2
    wait_until(lambda: one.ended and two.ended)


def test_the_status_of_the_queue(worked_home):
    silent = enqueue_background_job("clitasks.speak", "x", job_delay="1h")
    assert "has printed nothing" in run("jobs", "logs", silent.id).err
    silent.cancel()
    enqueue_background_job("clitasks.speak", "x").wait(60)
    shown = run("queue", "status").out
    for words in ("open, ", "1 with 2 slots", "finished", "canceled", "median wait"):
        assert words in shown
    run("queue", "pause")
    assert "paused, " in run("queue", "status").out
    run("queue", "resume")


@pytest.mark.parametrize("arguments", ["jobs logs -f {job}", "--help"])
def test_a_reader_that_leaves_ends_the_command_quietly(worked_home, arguments):
    job = enqueue_background_job("clitasks.speak", "a long line of words\n" * 10_000)
    job.wait(60)
    line = f"{sys.executable} -m drawscape {arguments.format(job=job.id)}"
    done = program("bash", "-c", f"{line} | (exec 0<&-); echo ${{PIPESTATUS[0]}}")
    assert done.stderr == ""
    assert done.stdout == "141\n"


@pytest.mark.parametrize("arguments", [("jobs",), ("worker",), ("web", "--port", "0")])
def test_a_home_that_cannot_be_made_is_one_line(tmp_path, arguments):
    (tmp_path / "file").touch()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DRAWSCAPE_HOME", str(tmp_path / "file" / "home"))
        # A process of its own: this one may have a huey, and with it a worker would begin.
        done = python("-m", "drawscape", *arguments, code=None)
    assert done.stderr.startswith("drawscape: ")
    assert str(tmp_path / "file" / "home") in done.stderr
    assert done.stderr.endswith("Not a directory\n")
    assert (done.stderr.count("\n"), done.returncode) == (1, 1)


TASK = "workers.svg_tasks.generate_complex_svg"


@pytest.fixture
def shown(terminal):
    return lambda columns: click.unstyle(terminal("jobs", columns=columns).read().replace("\r", ""))


def test_a_wide_table_shows_whole_ids_and_a_narrow_one_their_ends(home, shown):
    empty = "no workers · 0 waiting · 0 running"
    assert shown(200).strip() == f"{empty} in {home}/.drawscape/queue.db"
    job_id = enqueue_background_job(TASK, width=9, height=9).id
    assert f"{job_id}  spiral, seed 0  queued" in shown(130)
    narrow = shown(60)
    assert f"\n{job_id[-8:]}  spiral, seed 0  queued" in narrow
    assert "no workers · 1 waiting · 0 running" in narrow
    enqueue_background_job(TASK, width=9, height=9, job_description="rings for Ada")
    narrowest = shown(40)
    assert "  rings for Ada " in narrowest
    assert max(map(len, narrowest.splitlines())) <= 40
