"""What a hostile client tries, and the answer that it gets."""

import re

import flask
import pytest

from drawscape.web import WebSettings, blueprint, create_app
from drawscape.web.access import home_token

EVIL_NAMES = [
    "../../../etc/passwd", "..\\..\\boot.ini", "/etc/passwd", "{{ config.items() }}", "${7*7}", "%2e%2e%2f",
    "<script>alert(1)</script>", '"><svg onload=alert(1)>', "x'; DROP TABLE job; --", "a\0.svg",
]  # fmt: skip


@pytest.mark.parametrize("name", EVIL_NAMES)
def test_an_evil_name_makes_no_path_and_no_markup(client, order, name):
    answer = client.post("/artboard/create", json={**order, "id": name})
    assert answer.status_code == 200
    assert name not in answer.text
    assert name not in client.get(answer.headers["Location"]).text
    answer = client.post("/artboard/create", json={**order, "pattern": name})
    assert answer.status_code == 422
    assert answer.content_type == "application/problem+json"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.json["value"] == name  # as it was sent: no template was rendered


@pytest.mark.parametrize(
    "path",
    [
        "/jobs/..%2f..%2fetc%2fpasswd", "/jobs/../../etc/passwd/svg", "/jobs/%2e%2e/svg", "/jobs/a%00b",
        "/jobs/{{7*7}}", "/jobs/<script>alert(1)</script>", "/jobs/" + "a" * 129,
        "/jobs/a%0d%0aSet-Cookie:%20x=1", "/static/../app.py", "/static/%2e%2e/app.py",
        "/static/..%2f..%2fsettings.py", "/static//etc/passwd",
    ],
)  # fmt: skip
def test_an_evil_path_finds_nothing(client, path):
    answer = client.get(path)
    assert answer.status_code in (404, 422)
    assert answer.content_type == "application/problem+json"
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(
    ("body", "status"),
    [
        *((body, 400) for body in (b"", b"{", b"null", b"[]", b'"text"', b"\xff\xfe")),
        (b'{"width": NaN, "height": 10}', 400),
        (b'{"width": 1e999, "height": 10}', 400),
        (b'{"width": 100, "height": 100, "id": "\\ud800"}', 400),
        (b"[" * 60_000, 400),
        (b'{"a":' * 10_000, 400),
        (b'{"id": "' + b"x" * 70_000 + b'"}', 413),
    ],
)
def test_a_body_that_is_no_small_json_object_is_refused(client, body, status):
    answer = client.post("/artboard/create", data=body, content_type="application/json")
    assert answer.status_code == answer.json["status"] == status
    assert answer.content_type == "application/problem+json"


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "", "image/svg+xml"],
)
def test_another_content_type_is_refused(client, content_type):
    answer = client.post("/artboard/create", data=b"{}", content_type=content_type)
    assert answer.status_code == answer.json["status"] == 415


def mounted(settings=None, **config):
    app = flask.Flask(__name__)
    app.config.update(config)
    app.register_blueprint(blueprint(settings))
    return app


@pytest.mark.parametrize("make", [create_app, mounted])
def test_a_rebound_host_name_is_refused(home, make):
    client = make().test_client()
    hosts = ("LOCALHOST:8000", "127.0.0.1", "[::1]:8000", "[::1]", "evil.example", "a:b:c")
    answers = [client.get("/sketches", headers={"Host": host}) for host in hosts]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 200, 400, 400]
    foreign = {"Host": "evil.example", "Origin": "http://evil.example"}
    answer = client.post("/artboard/create", json={"width": 9, "height": 9}, headers=foreign)
    assert (answer.status_code, answer.json["status"]) == (400, 400)


@pytest.mark.parametrize("make", [create_app, mounted])
def test_names_that_are_allowed_are_answered(home, make, monkeypatch):
    monkeypatch.setenv("DRAWSCAPE_WEB_HOSTS", "Draw.example, .studio.example")
    hosts = ("draw.example", "a.studio.example:8000", "localhost", "x.draw.example", "evil.example")

    def statuses(app):
        client = app.test_client()
        return [client.get("/sketches", headers={"Host": host}).status_code for host in hosts]

    assert statuses(make()) == [200, 200, 200, 400, 400]
    assert statuses(make(WebSettings(allowed_hosts=("*",)))) == [200] * 5


def test_an_application_s_own_trusted_hosts_are_its_concern(home):
    client = mounted(TRUSTED_HOSTS=["shop.example"]).test_client()
    assert client.get("/sketches", headers={"Host": "shop.example"}).status_code == 200
    assert client.get("/sketches", headers={"Host": "localhost"}).status_code == 400


@pytest.mark.parametrize(
    "path", ["/", "/sketches", "/healthz", "/jobs", "/jobs/nobody", "/nowhere"]
)
def test_every_answer_carries_the_protective_headers(client, path):
    headers = client.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "unsafe-inline" not in headers["Content-Security-Policy"]


def test_wrong_addresses_and_methods_are_answered_in_json(client):
    answers = [client.get("/nowhere"), client.delete("/sketches"), client.get("/artboard/create")]
    assert [answer.status_code for answer in answers] == [404, 405, 405]
    assert {answer.content_type for answer in answers} == {"application/problem+json"}
    assert "GET" in answers[1].headers["Allow"]


def test_no_client_names_a_file_of_the_server(client, order):
    wanted = {**order, "pattern": "squiggles", "params": {"picture": "/etc/passwd"}}
    answer = client.post("/artboard/create", json=wanted)
    assert (answer.status_code, answer.json["field"]) == (422, "params.picture")
    for sketch in client.get("/sketches").json["sketches"]:
        assert "picture" not in sketch["parameters"]["properties"]


# Tokens


@pytest.fixture
def guarded(home):
    return create_app(WebSettings(token="s3cret")).test_client()


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer ", "Bearer wrong", "Basic s3cret", "Bearer s3cretx", "é"]
)
def test_without_the_token_only_the_page_its_files_and_the_health_answer(guarded, order, header):
    headers = {} if header is None else {"Authorization": header}
    answer = guarded.post("/artboard/create", json=order, headers=headers)
    assert answer.status_code == answer.json["status"] == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    paths = ("/", "/static/page.js", "/healthz")
    assert [guarded.get(path, headers=headers).status_code for path in paths] == [200] * 3
    assert guarded.get("/sketches", headers=headers).status_code == 401


# Behind a proxy every request comes from this machine

NO_PROOFS = [
    {},
    {"X-Forwarded-For": "127.0.0.1"},
    {"X-Real-IP": "127.0.0.1", "Forwarded": "for=127.0.0.1"},
    {"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"},
    *({"Authorization": text} for text in ("Bearer", "Bearer ", "Bearer wrong", "Basic x")),
    {"Cookie": "drawscape-=; drawscape-00000000=x"},
]


def changing(app):
    """Return the paths that change something: all that take a POST, but for an order."""
    rules = [rule for rule in app.url_map.iter_rules() if "POST" in rule.methods]
    paths = [re.sub("<.*?>", "stop", rule.rule) for rule in rules]
    return [path for path in paths if path != "/artboard/create"]


@pytest.mark.parametrize("headers", NO_PROOFS)
def test_whatever_changes_something_needs_the_token_whatever_else_is_sent(client, headers):
    paths = changing(client.application)
    assert len(paths) == 4
    for path in paths:
        answer = client.post(path, json={}, headers=headers)
        assert (answer.status_code, answer.json["status"]) == (401, 401), path
    assert client.get("/jobs/any/log", headers=headers).status_code == 401


def test_with_the_token_the_same_requests_are_answered(owner):
    answers = [owner.post(path, json={}) for path in changing(owner.application)]
    assert {answer.status_code for answer in answers} == {404}  # there is no job and no plot "stop"


def test_a_link_with_the_token_signs_a_browser_in(client, home):
    token = home_token()
    assert (home / ".drawscape" / "web.token").stat().st_mode & 0o777 == 0o600
    assert client.get("/?token=wrong").status_code == 401
    assert client.post("/queue/pause").status_code == 401
    answer = client.get(f"/?token={token}")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    cookie = answer.headers["Set-Cookie"]
    assert all(word in cookie for word in ("HttpOnly", "SameSite=Strict", "Path=/"))
    assert client.post("/queue/pause").json == {"paused": True}
    foreign = {"Origin": "http://evil.example"}
    assert client.post("/queue/resume", headers=foreign).status_code == 403
    assert client.get("/queue").json["manages"]
    assert home_token() == token


def test_an_empty_token_file_makes_nobody_the_owner(client, home):
    (home / ".drawscape" / "web.token").write_text("")
    for path in ("/?token=", "/?token=x"):
        assert client.get(path).status_code == 401
    assert client.post("/queue/pause", headers={"Authorization": "Bearer "}).status_code == 401
