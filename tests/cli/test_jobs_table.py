"""`drawscape jobs` on a terminal: the table, and the table that follows the queue."""

import pytest
from command import run
from support import wait_until

from drawscape.job_manager import delete_job, enqueue_background_job

TASK = "workers.svg_tasks.generate_complex_svg"


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("DRAWSCAPE_HOME", str(tmp_path))
    return tmp_path


def queued(name):
    return enqueue_background_job(TASK, width=9, height=9, job_id=name).id


@pytest.fixture
def shown(terminal):
    """Show the table at a terminal of so many columns."""

    def show(columns):
        screen = terminal("jobs", columns=columns)
        wait_until(screen.ended)
        return screen.read().replace("\r", "")

    return show


def test_a_wide_table_shows_whole_ids_and_a_narrow_one_their_ends(home, shown):
    job_id = enqueue_background_job(TASK, width=9, height=9).id
    assert f"{job_id}  spiral, seed 0  queued" in shown(130)
    narrow = shown(60)
    assert f"\n{job_id[-8:]}  spiral, seed 0  queued" in narrow
    assert "no workers alive: start one" in narrow
    enqueue_background_job(TASK, width=9, height=9, job_description="rings for Ada")
    narrowest = shown(40)
    assert "  rings for Ada " in narrowest
    assert max(map(len, narrowest.splitlines())) <= 40


def test_an_empty_queue_says_which_file_it_is(home, shown):
    assert shown(200).strip() == f"no jobs yet in {home}/.drawscape/queue.db; no workers alive"


@pytest.mark.slow
def test_the_live_table_follows_jobs_that_come_and_go_until_ctrl_c(terminal):
    screen = terminal("jobs", "--watch", columns=70)
    wait_until(lambda: screen.shows("no jobs yet"), 60, "the empty queue")
    for name in ("first", "second"):
        job_id = queued(name)
        wait_until(lambda name=name: screen.shows(name), 20, name)
        assert run("jobs", "cancel", job_id).code == 0
        wait_until(lambda: screen.shows("canceled"), 60, "the cancelling")
        delete_job(job_id)
        wait_until(lambda: screen.shows("no jobs yet"), 60, "the empty queue")
    screen.press(b"\x03")
    wait_until(screen.ended)
    assert screen.process.returncode == 0
    assert "Traceback" not in screen.read()


def test_watching_without_a_terminal_lists_once_and_says_so(home):
    job_id = queued("lonely")
    done = run("jobs", "--watch")
    assert done.out.startswith(f"{job_id}\t")
    assert "needs a terminal" in done.err
