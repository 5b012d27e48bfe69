"""Jobs that were queued by hand are followed live, one by one and as a table."""

from pathlib import Path
from typing import Any

import pytest
from support import wait_until
from widget_tree import button, part, text

from drawscape.errors import JobNotFoundError
from drawscape.job_manager import enqueue_background_job
from drawscape.notebook import job_view, queue_table

pytestmark = pytest.mark.usefixtures("consumer")


def wait_for(gate: str, answer: Any = 5) -> Any:
    """Hold until the file `gate` is there."""
    import time
    from pathlib import Path

    while not Path(gate).exists():
        time.sleep(0.01)
    return answer


def test_a_job_is_followed_to_its_end(tmp_path: Path) -> None:
    job = enqueue_background_job(wait_for, str(tmp_path / "gate"))
    view = job_view(job)
    wait_until(lambda: view.status == "working", 60, "the start")
    (tmp_path / "gate").touch()
    wait_until(lambda: view.status.startswith("finished in"), 60, "the end")
    assert text(view, "caption") == "5"


def test_a_job_that_ended_long_ago_shows_its_end(tmp_path: Path) -> None:
    job = enqueue_background_job(wait_for, str(tmp_path))
    job.wait(60)
    view = job_view(job.id)
    wait_until(lambda: view.status.startswith("finished in"), 60, "the end")


def test_the_button_of_a_view_stops_the_job(tmp_path: Path) -> None:
    job = enqueue_background_job(wait_for, str(tmp_path / "gate"))
    view = job_view(job)
    button(view, "Cancel").click()
    wait_until(lambda: view.status.startswith(("stopped", "canceled")), 60, "the stop")
    assert job.ended


def test_an_unknown_id_is_an_error_in_the_cell() -> None:
    with pytest.raises(JobNotFoundError, match="nobody"):
        job_view("nobody")


def test_the_table_follows_the_queue(tmp_path: Path) -> None:
    table = queue_table(limit=5)
    job = enqueue_background_job(
        wait_for, str(tmp_path / "gate"), job_description="<i>patience</i>"
    )
    try:
        wait_until(lambda: job.id in part(table, "queue").value, 60, "the new job")
        assert "&lt;i&gt;patience&lt;/i&gt;" in part(table, "queue").value
        assert "<i>" not in part(table, "queue").value
        (tmp_path / "gate").touch()
        wait_until(lambda: "finished" in row_of(table, job.id), 60, "its end")
        idle = "1 worker · 0 waiting · 0 running"
        wait_until(lambda: part(table, "summary").value.startswith(idle), 60, "the summary")
    finally:
        table.close()


def test_a_closed_table_follows_no_more(tmp_path: Path) -> None:
    table = queue_table()
    table.close()
    shown = part(table, "queue").value
    enqueue_background_job(wait_for, str(tmp_path)).wait(60)
    assert part(table, "queue").value == shown


def test_a_job_that_was_removed_is_not_in_the_table(tmp_path: Path) -> None:
    kept, gone = (enqueue_background_job(wait_for, str(tmp_path)) for _ in range(2))
    for job in (kept, gone):
        job.wait(60)
    table = queue_table()
    gone.delete()
    table.refresh()
    assert kept.id in part(table, "queue").value
    assert gone.id not in part(table, "queue").value
    table.close()


def row_of(table: Any, job_id: str) -> str:
    return str(part(table, "queue").value).partition(job_id)[2].partition("</tr>")[0]


def test_the_table_acts_on_its_jobs(tmp_path: Path) -> None:
    job = enqueue_background_job(wait_for, str(tmp_path / "gate"))
    wait_until(lambda: job.status == "started", 60, "the start")
    table = queue_table(limit=3)
    assert f'data-job="{job.id}" data-act="cancel"' in part(table, "queue").value
    table.act(job.id, "cancel")
    wait_until(lambda: job.status == "stopped", 60, "the stop")
    wait_until(
        lambda: f'data-job="{job.id}" data-act="retry"' in part(table, "queue").value, 10, ""
    )
    (tmp_path / "gate").touch()
    table.act(job.id, "retry")
    assert job.wait(60) == 5
    table.act(job.id, "log")
    assert text(table, "trouble") == "<pre>nothing was printed</pre>"
    table.act(job.id, "delete")
    table.act(job.id, "delete")
    assert "no job has the id" in text(table, "trouble")
    table.close()


def test_a_job_that_waits_comes_sooner_and_the_queue_is_paused_and_resumed(tmp_path: Path) -> None:
    first, second = (enqueue_background_job(wait_for, str(tmp_path / "gate")) for _ in range(2))
    wait_until(lambda: first.status == "started", 60, "the start")
    third = enqueue_background_job(wait_for, str(tmp_path / "gate"))
    table = queue_table(limit=3)
    try:
        assert f'data-job="{third.id}" data-act="sooner"' in part(table, "queue").value
        table.act(third.id, "sooner")
        assert (third.ahead, second.ahead) == (0, 1)
        button(table, "Pause").click()
        assert "· paused" in part(table, "summary").value
        (tmp_path / "gate").touch()
        first.wait(60)
        assert second.status == "queued"
        button(table, "Resume").click()
        assert "paused" not in part(table, "summary").value
        assert second.wait(60) == third.wait(60) == 5
        table.act(first.id, "sooner")
        assert text(table, "trouble")
    finally:
        table.close()
