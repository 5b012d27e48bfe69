"""How many jobs may wait, and how many streams may be open."""

import threading
from pathlib import Path
from typing import Any

from drawscape.job_manager import count_queued, enqueue_many
from drawscape.web import WebSettings, create_app

ORDER = {"width": 20, "height": 20}


def waiting() -> None:
    """A task that nobody runs here."""


def test_the_queue_is_counted_up_to_a_limit(home: Path) -> None:
    assert count_queued() == 0
    jobs = enqueue_many(waiting, [{}] * 5).jobs
    jobs[0].cancel()
    assert (count_queued(), count_queued(3)) == (4, 3)


def test_many_requests_never_pass_the_limit_together(home: Path) -> None:
    app = create_app(WebSettings(max_queued=10))
    codes: list[int] = []

    def order() -> None:
        for _ in range(5):
            answer = app.test_client().post("/artboard/create", json=ORDER)
            codes.append(answer.status_code)
            assert answer.status_code == 200 or answer.headers["Retry-After"] == "2"

    threads = [threading.Thread(target=order) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == [200] * 10 + [503] * 10
    assert count_queued() == 10


def test_an_order_that_is_refused_is_not_counted(home: Path) -> None:
    client = create_app(WebSettings(max_queued=1)).test_client()
    codes = [
        client.post("/artboard/create", json=order).status_code for order in ({}, ORDER, ORDER)
    ]
    assert codes == [422, 200, 503]


def test_a_stream_that_is_closed_twice_is_one_stream(home: Path) -> None:
    client = create_app(WebSettings(max_streams=1)).test_client()
    job_id = client.post("/artboard/create", json=ORDER).get_json()["job_id"]

    def stream() -> Any:
        return client.get(f"/jobs/{job_id}/events", buffered=False)

    first = stream()
    refused = stream()
    assert (first.status_code, refused.status_code) == (200, 503)
    assert "1 event streams are open" in refused.get_json()["detail"]
    first.response.close()
    first.close()
    assert [stream().status_code for _ in range(2)] == [200, 503]
