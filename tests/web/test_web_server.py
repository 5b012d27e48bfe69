"""The real server on a real port: slow, rude and vanished clients harm nobody else."""

import http.client
import json
import socket
import time
from collections.abc import Callable
from typing import Any

from drawscape.web import WebSettings, create_app

Ask = Callable[..., tuple[int, dict[str, str], bytes]]


def connect(server: Any) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.effective_port), timeout=60)


def test_the_server_answers_over_the_wire(serving: Any, ask: Ask, order: dict[str, Any]) -> None:
    with serving(WebSettings()) as server:
        status, _, body = ask(server, "POST", "/artboard/create", order)
    assert status == 200
    assert json.loads(body)["status"] == "generating"


def test_many_slow_clients_leave_room_for_the_others(serving: Any, ask: Ask) -> None:
    with serving(WebSettings(), threads=4) as server:
        slow = [connect(server) for _ in range(150)]
        for connection in slow:
            connection.sendall(b"GET /sketches HTTP/1.1\r\nHost: ")
        started = time.monotonic()
        status, _, _ = ask(server, "GET", "/healthz")
        for connection in slow:
            connection.close()
    assert status == 200
    assert time.monotonic() - started < 15  # they hold no thread: the answer waits for none of them


def test_a_chunked_body_over_the_limit_is_refused(serving: Any) -> None:
    content = b'{"id": "' + b"x" * 70_000 + b'"}'
    with serving(WebSettings()) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.effective_port, timeout=60)
        headers = {"Content-Type": "application/json"}
        connection.request(
            "POST", "/artboard/create", iter([content]), headers, encode_chunked=True
        )
        answer = connection.getresponse()
        problem = json.loads(answer.read())
        connection.close()
    assert answer.status == problem["status"] == 413


# Event streams


def open_stream(server: Any, job_id: str) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", server.effective_port, timeout=60)
    connection.request("GET", f"/jobs/{job_id}/events")
    return connection.getresponse()


def next_event(stream: http.client.HTTPResponse) -> dict[str, Any]:
    """Return the data of the next event, comments left out."""
    while line := stream.readline():
        if line.startswith(b"data: "):
            return json.loads(line[6:])
    raise AssertionError("the stream ended")


def queued_job(server: Any, ask: Ask, order: dict[str, Any]) -> str:
    return json.loads(ask(server, "POST", "/artboard/create", order)[2])["job_id"]


def test_the_stream_begins_with_the_present_and_reports_the_end(
    serving: Any, ask: Ask, order: dict[str, Any]
) -> None:
    with serving(WebSettings()) as server:
        job_id = queued_job(server, ask, order)
        stream = open_stream(server, job_id)
        assert stream.headers["Content-Type"].startswith("text/event-stream")
        assert next_event(stream)["status"] == "queued"
        ask(server, "POST", f"/jobs/{job_id}/cancel")
        last = next_event(stream)
        rest = stream.read()
    assert (last["status"], last["ended"]) == ("canceled", True)
    assert b"data:" not in rest


def test_a_client_that_saw_the_end_is_reported_to_stay_away(
    serving: Any, ask: Ask, order: dict[str, Any]
) -> None:
    with serving(WebSettings()) as server:
        job_id = queued_job(server, ask, order)
        headers = {"Last-Event-ID": "end"}
        assert ask(server, "GET", f"/jobs/{job_id}/events", **headers)[0] == 204


def test_heartbeats_keep_a_quiet_stream_open(serving: Any, ask: Ask, order: dict[str, Any]) -> None:
    with serving(WebSettings(heartbeat_s=0.1)) as server:
        stream = open_stream(server, queued_job(server, ask, order))
        next_event(stream)
        lines = [stream.readline() for _ in range(6)]
        stream.close()
    assert lines.count(b": still here\n") >= 2


def test_beyond_the_limit_a_stream_is_refused_and_the_rest_goes_on(
    serving: Any, ask: Ask, order: dict[str, Any]
) -> None:
    with serving(WebSettings(max_streams=2), threads=4) as server:
        job_id = queued_job(server, ask, order)
        streams = [open_stream(server, job_id) for _ in range(2)]
        refused, headers, _ = ask(server, "GET", f"/jobs/{job_id}/events")
        polled, _, _ = ask(server, "GET", f"/jobs/{job_id}")
        for stream in streams:
            stream.close()
    assert (refused, headers["Retry-After"], polled) == (503, "10", 200)


def test_a_vanished_listener_frees_its_stream(
    serving: Any, ask: Ask, order: dict[str, Any], until: Any
) -> None:
    with serving(WebSettings(max_streams=1)) as server:
        job_id = queued_job(server, ask, order)
        stream = open_stream(server, job_id)
        next_event(stream)
        stream.close()

        def stream_is_free() -> bool:
            again = open_stream(server, job_id)
            again.close()
            return again.status == 200

        until(stream_is_free)


def test_asking_for_the_head_of_a_stream_takes_no_stream(
    serving: Any, ask: Ask, order: dict[str, Any]
) -> None:
    with serving(WebSettings(max_streams=1)) as server:
        job_id = queued_job(server, ask, order)
        statuses = [ask(server, "HEAD", f"/jobs/{job_id}/events")[0] for _ in range(3)]
    assert statuses == [200, 200, 200]


def test_a_stream_ends_when_its_time_is_up(serving: Any, ask: Ask, order: dict[str, Any]) -> None:
    with serving(WebSettings(max_stream_s=0.3)) as server:
        stream = open_stream(server, queued_job(server, ask, order))
        assert b'"status":"queued"' in stream.read()


def test_a_stream_that_is_closed_twice_is_one_stream(home: Any, order: dict[str, Any]) -> None:
    client = create_app(WebSettings(max_streams=1)).test_client()
    job_id = client.post("/artboard/create", json=order).get_json()["job_id"]

    def stream() -> Any:
        return client.get(f"/jobs/{job_id}/events", buffered=False)

    first = stream()
    refused = stream()
    assert (first.status_code, refused.status_code) == (200, 503)
    assert "1 event streams are open" in refused.get_json()["detail"]
    first.response.close()
    first.close()
    assert [stream().status_code for _ in range(2)] == [200, 503]
