"""The real server on a real port: slow, rude and vanished clients harm nobody else."""

import http.client
import json
import socket
from collections.abc import Callable

from drawscape.web import WebSettings

Ask = Callable[..., tuple[int, dict[str, str], bytes]]


def connect(server):
    return socket.create_connection(("127.0.0.1", server.effective_port), timeout=60)


def test_the_server_answers_over_the_wire(serving, ask, order):
    with serving(WebSettings()) as server:
        status, _, body = ask(server, "POST", "/artboard/create", order)
    assert status == 200
    assert json.loads(body)["status"] == "generating"


def test_many_slow_clients_leave_room_for_the_others(serving, ask):
    with serving(WebSettings(), threads=4) as server:
        slow = [connect(server) for _ in range(150)]
        for connection in slow:
            connection.sendall(b"GET /sketches HTTP/1.1\r\nHost: ")
        status, _, _ = ask(server, "GET", "/healthz")  # while each of them holds its connection
        for connection in slow:
            connection.close()
    assert status == 200


def test_a_chunked_body_over_the_limit_is_refused(serving):
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
