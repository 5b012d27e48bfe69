"""The package, its threads, and the views of jobs."""

import threading
from pathlib import Path

import pytest
from support import wait_until

import drawscape.notebook
from drawscape.errors import JobFailed
from drawscape.job_manager import enqueue_background_job
from drawscape.notebook import contact_sheet, job_view, queue_table
from drawscape.notebook.job_states import Following

pytestmark = pytest.mark.usefixtures("consumer")
TASK = "workers.svg_tasks.generate_complex_svg"


def wait_for(gate):
    """Hold until the file `gate` is there."""
    import time

    while not Path(gate).exists():
        time.sleep(0.01)
    return 5


@pytest.fixture
def gate(tmp_path):
    """A file that holds jobs back until it is made."""
    return tmp_path / "gate"


def held(gate, **options):
    return enqueue_background_job(wait_for, str(gate), **options)


def test_a_job_is_followed_to_its_end_and_shows_it_later_too(gate):
    job = held(gate)
    view = job_view(job)
    wait_until(lambda: view.status == "working", "the start")
    gate.touch()
    wait_until(lambda: view.status.startswith("finished in"), "the end")
    wait_until(lambda: view.tiles[0]["caption"] == "5", "the result")
    view.enable_static_output()
    assert "wait for: finished in" in view.static_html
    assert job_view(job.id).status.startswith("finished in")


def test_the_button_of_a_view_stops_the_job(gate):
    job = held(gate)
    view = job_view(job)
    view.act("cancel")
    wait_until(lambda: view.status.startswith(("stopped", "canceled")), "the stop")
    assert job.ended


def row_of(table, job):
    return next((row for row in table.tiles if row["id"] == job.id), {})


def test_an_error_is_shown_with_its_traceback():
    view = job_view(enqueue_background_job(wait_for, None))
    wait_until(lambda: view.status.startswith("failed"), "the failure")
    wait_until(lambda: "Traceback" in view.details, "the traceback")


def test_the_table_follows_the_queue_and_a_closed_one_no_more(gate):
    table, closed = queue_table(limit=5), queue_table()
    closed.close()
    shown = closed.tiles
    job = held(gate, job_description="<i>patience</i>")
    wait_until(lambda: row_of(table, job), "the new job")
    assert row_of(table, job)["caption"] == "<i>patience</i>"
    gate.touch()
    wait_until(lambda: row_of(table, job)["state"] == "finished", "its end")
    idle = "1 worker · 0 waiting · 0 running"
    wait_until(lambda: table.status.startswith(idle), "the summary")
    table.enable_static_output()
    assert "&lt;i&gt;patience&lt;/i&gt;" in table.static_html
    assert "<i>" not in table.static_html
    table.close()
    assert closed.tiles == shown


def test_the_steps_of_a_drag_are_one_row_of_the_table(gate):
    before, *drag, after = [held(gate, job_description=f"{n // 9}") for n in (0, *[9] * 8, 18)]
    for job in drag:
        job.cancel()
    table = queue_table(limit=3)
    assert [row["caption"] for row in table.tiles] == ["2", "1 (8 times)", "0"]
    gate.touch()
    assert before.wait(60) == after.wait(60) == 5
    wait_until(lambda: row_of(table, after)["state"] == "finished", "its end")
    table.close()


def test_the_table_acts_on_its_jobs(gate):
    job = held(gate)
    wait_until(lambda: job.status == "started", "the start")
    table = queue_table(limit=3)
    assert "cancel" in row_of(table, job)["actions"]
    table.act("job", job.id, "cancel")
    wait_until(lambda: job.status == "stopped", "the stop")
    wait_until(lambda: "retry" in row_of(table, job)["actions"], "the button")
    gate.touch()
    table.act("job", job.id, "retry")
    assert job.wait(60) == 5
    table.act("job", job.id, "log")
    assert table.details == "nothing was printed"
    table.act("job", job.id, "delete")
    wait_until(lambda: not row_of(table, job), "its row to go")
    table.act("job", job.id, "delete")
    assert "no job has the id" in table.note
    table.close()


def test_a_job_that_waits_comes_sooner_and_the_queue_is_paused_and_resumed(gate):
    first, second = (held(gate) for _ in range(2))
    wait_until(lambda: first.status == "started", "the start")
    third = held(gate)
    table = queue_table(limit=3)
    try:
        assert "sooner" in row_of(table, third)["actions"]
        table.act("job", third.id, "sooner")
        assert (third.ahead, second.ahead) == (0, 1)
        table.act("pause_or_resume")
        assert "· paused" in table.status
        gate.touch()
        first.wait(60)
        assert second.status == "queued"
        table.act("pause_or_resume")
        assert "paused" not in table.status
        assert second.wait(60) == third.wait(60) == 5
        table.act("job", first.id, "sooner")
        assert table.note
    finally:
        table.close()


def test_jobs_of_drawings_have_names_that_a_person_knows():
    single = enqueue_background_job(TASK, 40, 40, "rose")
    named = enqueue_background_job(TASK, 40, 40, job_description="for the hall")
    sheet = contact_sheet("cubic_disarray", [7, 8], paper="A7")
    names = [row["caption"] for row in queue_table(limit=4).tiles]
    assert names[:2] == ["cubic disarray, seed 8", "cubic disarray, seed 7"]
    assert names[2:] == ["for the hall", "rose, seed 0"]
    sheet.wait(60)
    assert (single.wait(60), named.wait(60)) != (None, None)


def test_states_come_in_order_and_what_failed_is_followed_on_by_the_same_two_threads():
    seen = []
    for seed in range(3):
        following = Following([enqueue_background_job(TASK, 40, 40, seed=seed)], seen.append)
        wait_until(lambda one=following: one.is_closed, "the end")
    assert seen[-1].status == "finished"
    job = enqueue_background_job(TASK, 40, 40, pattern_type="spiral", turns=-1)
    following = Following([job], seen.append)
    with pytest.raises(JobFailed):
        job.wait(60)
    wait_until(lambda: seen[-1].status == "failed", "the failure")
    failed = seen[-1].number
    assert not following.is_closed
    job.requeue()
    wait_until(lambda: seen[-1].status == "failed" and seen[-1].number > failed, "another")
    following.close()
    numbers = [state.number for state in seen]
    assert numbers == sorted(set(numbers))
    names = [thread.name for thread in threading.enumerate()]
    assert [names.count(name) for name in ("drawscape-states", "drawscape-workers")] == [1, 1]


def test_every_name_leads_to_something_with_a_docstring_and_no_other_does():
    for name in drawscape.notebook.__all__:
        assert getattr(drawscape.notebook, name).__doc__, name
    with pytest.raises(AttributeError, match="no attribute 'from'"):
        getattr(drawscape.notebook, "from")
