"""What the interface shows of jobs, and what it keeps to itself; a real worker draws."""

from pathlib import Path

import pytest

from drawscape.job_manager import enqueue_background_job
from drawscape.web import WebSettings, create_app


def ordered(client, order, **changes):
    return client.post("/artboard/create", json={**order, **changes}).json["job_id"]


def ended(client, job_id, until):
    def look():
        job = client.get(f"/jobs/{job_id}").json
        return job if job["ended"] else None

    return until(look)


def test_a_drawing_goes_from_the_order_to_the_file(client, order, home, worker, until):
    job = ended(client, ordered(client, order), until)
    assert (job["status"], job["progress"], job["error"]) == ("finished", 1.0, None)
    assert job["svg"] == f"/jobs/{job['id']}/svg"
    answer = client.get(job["svg"])
    assert answer.data == (home / "output" / job["result"]).read_bytes()
    assert answer.content_type.startswith("image/svg+xml")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert "script-src" not in answer.headers["Content-Security-Policy"]
    attached = client.get(f"{job['svg']}?download=1").headers["Content-Disposition"]
    assert attached == f"attachment; filename={job['result']}"
    again = client.get(job["svg"], headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
    (home / "output" / job["result"]).unlink()
    assert client.get(f"/jobs/{job['id']}/svg").status_code == 410
    assert client.get(f"/jobs/{job['id']}/lines").status_code == 410


def test_a_queued_job_can_be_canceled_once(client, order):
    job_id = ordered(client, order)
    first, second = (client.post(f"/jobs/{job_id}/cancel").json for _ in range(2))
    assert (first["canceled"], first["status"], first["ended"]) == (True, "canceled", True)
    assert (second["canceled"], second["status"]) == (False, "canceled")


def test_an_unknown_job_is_not_found(client):
    answers = [
        client.get("/jobs/nobody"),
        client.get("/jobs/nobody/svg"),
        client.get("/jobs/nobody/lines"),
        client.get("/jobs/nobody/preview"),
        client.post("/jobs/nobody/cancel"),
    ]
    assert [answer.status_code for answer in answers] == [404] * 5


@pytest.fixture
def other_task(task_module):
    """A module of tasks whose jobs are none of a browser's business."""
    task_module(
        "private_tasks",
        "def leak(path):\n    return path\n\n\n"
        "def fail(secret):\n    raise ValueError(f'no such colour: {secret}')\n",
    )
    return "private_tasks"


def test_jobs_of_other_modules_are_neither_shown_nor_canceled(client, other_task):
    job = enqueue_background_job(f"{other_task}.leak", "/etc/passwd")
    assert client.get(f"/jobs/{job.id}").status_code == 404
    assert client.post(f"/jobs/{job.id}/cancel").status_code == 404
    assert job.status == "queued"


@pytest.mark.slow
def test_a_result_outside_of_the_output_folder_is_never_served(home, other_task, worker, until):
    outside = home / "secret.svg"
    outside.write_text("<svg>secret</svg>")
    (home / "output").mkdir(exist_ok=True)
    (home / "output" / "link.svg").symlink_to(outside)
    client = create_app(WebSettings(job_modules=(other_task,))).test_client()
    for path in (str(outside), "../secret.svg", "output/../secret.svg", "output/link.svg"):
        job = ended(client, enqueue_background_job(f"{other_task}.leak", path).id, until)
        assert (job["status"], job["result"], job["svg"]) == ("finished", None, None)
        answer = client.get(f"/jobs/{job['id']}/svg")
        assert answer.status_code == 410
        assert b"secret" not in answer.data


@pytest.mark.slow
@pytest.mark.parametrize("where", ["output/missing.csv", "a b/ü.svg", ""])
def test_a_failure_never_shows_where_the_server_keeps_its_files(
    home, other_task, worker, until, where
):
    client = create_app(WebSettings(job_modules=(other_task,))).test_client()
    job = ended(client, enqueue_background_job(f"{other_task}.fail", str(home / where)).id, until)
    assert job["error"] == f"ValueError: no such colour: {Path('…') / where}"
    assert str(home) not in client.get(f"/jobs/{job['id']}/svg").text


def test_the_health_counts_workers_and_waiting_jobs(client, order):
    ordered(client, order)
    assert client.get("/healthz").json == {
        "status": "no worker",
        "workers": 0,
        "queued": 1,
        "max_queued": 1000,
    }


def test_a_queue_that_cannot_be_used_is_503_and_no_traceback(home):
    (home / ".drawscape" / "queue.db").write_bytes(b"this is no database" * 100)
    client = create_app(WebSettings()).test_client()
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json["status"]) == (503, 503)
    assert answer.headers["Retry-After"]
    assert str(home) not in answer.text
