"""Jobs that were queued by hand are followed live, one by one and as a table."""

from pathlib import Path
from typing import Any

import pytest
from support import wait_until

from drawscape.errors import JobNotFoundError
from drawscape.job_manager import enqueue_background_job
from drawscape.notebook import contact_sheet, job_view, queue_table

pytestmark = pytest.mark.usefixtures("consumer")


def wait_for(gate: str, answer: Any = 5) -> Any:
    """Hold until the file `gate` is there."""
    import time

    while not Path(gate).exists():
        time.sleep(0.01)
    return answer


def test_a_job_is_followed_to_its_end(tmp_path):
    job = enqueue_background_job(wait_for, str(tmp_path / "gate"))
    view = job_view(job)
    wait_until(lambda: view.status == "working", 60, "the start")
    (tmp_path / "gate").touch()
    wait_until(lambda: view.status.startswith("finished in"), 60, "the end")
    wait_until(lambda: view.tiles[0]["caption"] == "5", 60, "the result")


def test_a_job_that_ended_long_ago_shows_its_end(tmp_path):
    job = enqueue_background_job(wait_for, str(tmp_path))
    job.wait(60)
    view = job_view(job.id)
    wait_until(lambda: view.status.startswith("finished in"), 60, "the end")


def test_the_button_of_a_view_stops_the_job(tmp_path):
    job = enqueue_background_job(wait_for, str(tmp_path / "gate"))
    view = job_view(job)
    view.act("cancel")
    wait_until(lambda: view.status.startswith(("stopped", "canceled")), 60, "the stop")
    assert job.ended


def test_an_unknown_id_is_an_error_in_the_cell():
    with pytest.raises(JobNotFoundError, match="nobody"):
        job_view("nobody")


def row_of(table: Any, job: Any) -> dict[str, Any]:
    return next((row for row in table.tiles if row["id"] == job.id), {})


def test_an_error_is_shown_with_its_traceback(tmp_path):
    view = job_view(enqueue_background_job(wait_for, None))
    wait_until(lambda: view.status.startswith("failed"), 60, "the failure")
    wait_until(lambda: "Traceback" in view.details, 60, "the traceback")


def test_the_table_follows_the_queue_and_a_closed_one_no_more(tmp_path):
    table, closed = queue_table(limit=5), queue_table()
    closed.close()
    shown = closed.tiles
    job = enqueue_background_job(
        wait_for, str(tmp_path / "gate"), job_description="<i>patience</i>"
    )
    wait_until(lambda: row_of(table, job), 60, "the new job")
    assert row_of(table, job)["caption"] == "<i>patience</i>"
    (tmp_path / "gate").touch()
    wait_until(lambda: row_of(table, job)["state"] == "finished", 60, "its end")
    idle = "1 worker · 0 waiting · 0 running"
    wait_until(lambda: table.status.startswith(idle), 60, "the summary")
    table.begin_saving()
    assert "&lt;i&gt;patience&lt;/i&gt;" in table.saved.html
    assert "<i>" not in table.saved.html
    table.close()
    assert closed.tiles == shown


def test_a_job_that_was_removed_is_not_in_the_table(tmp_path):
    kept, gone = (enqueue_background_job(wait_for, str(tmp_path)) for _ in range(2))
    for job in (kept, gone):
        job.wait(60)
    table = queue_table()
    gone.delete()
    table.refresh()
    assert row_of(table, kept)
    assert not row_of(table, gone)
    table.close()


def test_the_table_acts_on_its_jobs(tmp_path):
    job = enqueue_background_job(wait_for, str(tmp_path / "gate"))
    wait_until(lambda: job.status == "started", 60, "the start")
    table = queue_table(limit=3)
    assert "cancel" in row_of(table, job)["actions"]
    table.do(job.id, "cancel")
    wait_until(lambda: job.status == "stopped", 60, "the stop")
    wait_until(lambda: "retry" in row_of(table, job)["actions"], 60, "the button")
    (tmp_path / "gate").touch()
    table.do(job.id, "retry")
    assert job.wait(60) == 5
    table.do(job.id, "log")
    assert table.details == "nothing was printed"
    table.do(job.id, "delete")
    table.do(job.id, "delete")
    assert "no job has the id" in table.note
    table.close()


def test_a_job_that_waits_comes_sooner_and_the_queue_is_paused_and_resumed(tmp_path):
    first, second = (enqueue_background_job(wait_for, str(tmp_path / "gate")) for _ in range(2))
    wait_until(lambda: first.status == "started", 60, "the start")
    third = enqueue_background_job(wait_for, str(tmp_path / "gate"))
    table = queue_table(limit=3)
    try:
        assert "sooner" in row_of(table, third)["actions"]
        table.do(third.id, "sooner")
        assert (third.ahead, second.ahead) == (0, 1)
        table.act("pause")
        assert "· paused" in table.status
        (tmp_path / "gate").touch()
        first.wait(60)
        assert second.status == "queued"
        table.act("pause")
        assert "paused" not in table.status
        assert second.wait(60) == third.wait(60) == 5
        table.do(first.id, "sooner")
        assert table.note
    finally:
        table.close()


def test_jobs_of_drawings_have_names_that_a_person_knows():
    single = enqueue_background_job("workers.svg_tasks.generate_complex_svg", 40, 40, "rose")
    named = enqueue_background_job(
        "workers.svg_tasks.generate_complex_svg", 40, 40, job_description="for the hall"
    )
    sheet = contact_sheet("cubic_disarray", [7, 8], paper="A7")
    names = [row["caption"] for row in queue_table(limit=4).tiles]
    assert names[:2] == ["cubic disarray, seed 8", "cubic disarray, seed 7"]
    assert names[2:] == ["for the hall", "rose, seed 0"]
    sheet.wait(60)
    assert (single.wait(60), named.wait(60)) != (None, None)
