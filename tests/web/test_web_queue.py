"""The table of jobs on the web: what it shows, what may be done there, and by whom."""

import threading

from drawscape import job_manager
from drawscape.job_manager import default_queue, enqueue_background_job, get_job, get_job_status
from drawscape.web import WebSettings, create_app

TASK = "workers.svg_tasks.generate_complex_svg"


def rows(client):
    return {row["id"]: row for row in client.get("/queue").json["jobs"]}


def waiting(**options):
    return enqueue_background_job(TASK, 50, 50, job_delay="1h", **options).id


def test_the_table_lists_what_a_browser_may_see_and_changes_nothing(client):
    """As SECURITY.md says: without the token none of its jobs can be changed."""
    job_id = waiting(job_description="<b>for the hall</b>")
    mail = ("workers.email_tasks.send_notification", "a@b.org", "subject", "text")
    enqueue_background_job(*mail, job_delay="1h")  # none of a browser's business
    table = client.get("/queue").json
    assert (table["manages"], table["paused"]) == (False, False)
    (row,) = table["jobs"]
    assert (row["id"], row["name"], row["actions"]) == (job_id, "<b>for the hall</b>", [])
    assert client.get(f"/jobs/{job_id}/log").status_code == 401
    assert rows(client)[job_id]["status"] == "scheduled"


def test_an_order_of_the_page_is_named_and_canceled_once(client, owner):
    order = {"width": 99, "height": 99, "pattern": "rose", "seed": 7}
    job_id = client.post("/artboard/create", json=order).json["job_id"]
    assert rows(client)[job_id]["name"] == "rose, seed 7"
    answers = [owner.post(f"/jobs/{job_id}/actions/cancel") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 409]
    assert client.get(f"/jobs/{job_id}").json["status"] == "canceled"


def test_jobs_that_are_deleted_meanwhile_do_not_spoil_the_table(client):
    jobs = [get_job(waiting()) for _ in range(60)]
    for job in jobs:
        job.cancel()
    deleting = threading.Thread(target=lambda: [job.delete() for job in jobs])
    deleting.start()
    answers = [client.get("/queue")]
    while deleting.is_alive():
        answers.append(client.get("/queue"))
    deleting.join()
    assert {answer.status_code for answer in answers} == {200}
    assert client.get("/queue").json["jobs"] == []


def test_the_table_takes_as_many_statements_for_many_jobs_as_for_few(client):
    connection, counts = default_queue().database.connection, []
    for _ in range(2):
        for _ in range(20):
            waiting()
        statements = []
        connection.set_trace_callback(statements.append)
        assert client.get("/queue").status_code == 200
        connection.set_trace_callback(None)
        counts.append(len(statements))
    assert counts[0] == counts[1] < 40


def test_a_drawing_is_listed_under_each_name_of_its_task(client):
    library = enqueue_background_job("drawscape.tasks.drawing.generate_complex_svg", 50, 50)
    assert {waiting(), library.id} == set(rows(client))


def test_its_owner_may_raise_retry_delete_and_pause(owner):
    job_id = waiting()
    assert rows(owner)[job_id]["actions"] == ["sooner", "cancel"]
    before = get_job(job_id).priority
    owner.post(f"/jobs/{job_id}/actions/sooner")
    assert get_job(job_id).priority > before
    assert owner.post(f"/jobs/{job_id}/actions/retry").status_code == 409
    owner.post(f"/jobs/{job_id}/actions/cancel")
    owner.post(f"/jobs/{job_id}/actions/retry")
    assert get_job_status(job_id)["status"] == "queued"
    owner.post(f"/jobs/{job_id}/actions/cancel")
    owner.post(f"/jobs/{job_id}/actions/delete")
    assert rows(owner) == {}
    assert owner.post("/queue/pause").json == {"paused": True}
    assert "paused" in owner.get("/queue").json["summary"]
    assert owner.post("/queue/resume").json == {"paused": False}
    assert owner.post("/queue/empty").status_code == 404
    assert owner.post(f"/jobs/{job_id}/actions/burn").status_code == 404


def test_a_page_of_another_site_and_one_without_the_token_change_nothing(home):
    job_id = waiting()
    client = create_app(WebSettings(token="secret")).test_client()
    right = {"Authorization": "Bearer secret"}
    foreign = [
        *({**right, "Origin": origin} for origin in ("http://evil.example", "http://[::")),
        *({**right, "Sec-Fetch-Site": site} for site in ("cross-site", "same-site")),
    ]
    for path in (f"/jobs/{job_id}/actions/cancel", "/queue/pause"):
        assert client.post(path).status_code == 401
        assert [client.post(path, headers=one).status_code for one in foreign] == [403] * 4
        assert client.get(path, headers=right).status_code == 405
    assert client.get("/queue").status_code == 401
    assert client.post("/queue/resume", headers={**right, "Origin": "http://localhost"}).json
    assert "secret" not in client.get("/jobs").text
    assert get_job_status(job_id)["status"] == "scheduled"
    assert not job_manager.queue_is_paused()
