"""Orders: the contract's answers, what visitors may order, and a named refusal for everything else."""

import re
from concurrent.futures import ThreadPoolExecutor

import flask
import pytest
from support import wait_until

from drawscape.job_manager import count_queued, get_job
from drawscape.jobs import start_worker
from drawscape.sketches import SKETCHES
from drawscape.web import WebSettings, blueprint, create_app
from drawscape.web.artboard import output_name, read_order


def test_a_simple_artboard_is_drawn_at_once(client):
    simple = {"complexity": "simple", "width": 100, "height": 80}
    answer = client.post("/artboard/create", json=simple)
    assert answer.status_code == 200
    assert list(answer.json) == ["svg"]
    assert '<rect x="10" y="10" width="50" height="50"' in answer.json["svg"]
    assert 'width="100mm" height="80mm"' in answer.json["svg"]
    # A browser shows lines, not a black square; and a plotter's reader sees strokes.
    assert '<g fill="none" stroke="black" stroke-width="0.3">' in answer.json["svg"]


@pytest.mark.parametrize("complexity", ["complex", "high", "", None])
def test_any_other_artboard_is_queued_and_answers_as_the_contract_says(client, order, complexity):
    answer = client.post("/artboard/create", json={**order, "complexity": complexity})
    assert (answer.status_code, answer.json["status"]) == (200, "generating")
    job_id = answer.json["job_id"]
    assert answer.headers["Location"] == f"/jobs/{job_id}"
    job = client.get(f"/jobs/{job_id}").json
    assert (job["id"], job["status"], job["ended"]) == (job_id, "queued", False)


@pytest.mark.parametrize(
    ("change", "field", "rule"),
    [
        *(({"width": n}, "width", "must be at least 10 and at most 2000") for n in (-1, 1e9)),
        *(({"width": value}, "width", "must be a number") for value in ("200", True)),
        ({"width": None}, "width", "must not be null"),
        ({"height": [1]}, "height", "must be a number"),
        ({"seed": 1.5}, "seed", "must be a whole number"),
        ({"seed": -1}, "seed", "must be at least 0"),
        ({"pattern": "spirl"}, "pattern", "did you mean 'spiral'"),
        ({"pattern": ["spiral"]}, "pattern", "unknown pattern"),
        ({"complexity": "x" * 41}, "complexity", "at most 40 characters"),
        ({"id": {"a": 1}}, "id", "must be text"),
        ({"id": "x" * 201}, "id", "at most 200 characters"),
        ({"params": []}, "params", "must be an object"),
        ({"params": {"turns": "many"}}, "params.turns", "must be"),
        ({"params": {"turn": 3}}, "params.turn", "did you mean 'turns'"),
        ({"heigth": 3}, "heigth", "did you mean 'height'"),
    ],
)
def test_a_broken_rule_names_field_value_and_rule(client, order, change, field, rule):
    answer = client.post("/artboard/create", json={**order, **change})
    problem = answer.json
    assert answer.status_code == problem["status"] == 422
    assert answer.content_type == "application/problem+json"
    assert problem["field"] == field
    assert rule in problem["rule"]
    assert "value" in problem
    assert problem["errors"][0]["field"] == field


def test_a_full_queue_answers_503_and_many_requests_never_pass_the_limit_together(home, order):
    app = create_app(WebSettings(max_queued=10, retry_after_s=7))

    def ask(_):
        answer = app.test_client().post("/artboard/create", json=order)
        assert answer.status_code == 200 or answer.headers["Retry-After"] == "7"
        return answer.status_code

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(ask, range(20))) == [200] * 10 + [503] * 10
    assert (count_queued(), count_queued(3)) == (10, 3)


@pytest.mark.parametrize(
    ("given", "stem"),
    [
        ("summer 7", "summer_7"),
        ("Blütenstaub", "Blutenstaub"),
        ("../../etc/passwd", "etc_passwd"),
        ("C:\\windows\\system32", "C_windows_system32"),
        ("a\0b\n\rc", "a_b_c"),
        ("<script>alert(1)</script>", "script_alert_1_script"),
        ("{{7*7}}", "7_7"),
        *((nothing, None) for nothing in ("..", "", None, "日本")),
        ("x" * 200, "x" * 40),
    ],
)
def test_a_file_is_named_by_letters_and_digits_of_the_id_or_else_by_a_digest(given, stem):
    """As the contract says: `artboard_42.svg`."""
    name = rf"artboard_{re.escape(stem) if stem else '[0-9a-f]{12}'}\.svg"
    assert re.fullmatch(name, output_name(given))
    assert (output_name(given) == output_name(given)) == (stem is not None)


def test_every_pattern_can_be_ordered_by_its_defaults():
    settings = WebSettings()
    for name in SKETCHES:
        offered = settings.parameters_of(name)
        params = {p.name: p.shown(p.default) for p in offered if not p.required}
        order = {"width": 99, "height": 99, "pattern": name, "params": params}
        assert read_order(settings, order)[1].keys() == params.keys()


def test_a_page_under_a_prefix_asks_there(home):
    app = flask.Flask(__name__)
    app.register_blueprint(blueprint(WebSettings()), url_prefix="/drawings")
    assert 'data-root="/drawings/"' in app.test_client().get("/drawings/").text


def test_a_front_offers_the_patterns_of_its_settings_only_and_once_while_they_stay(home):
    front = WebSettings(patterns=("truchet", "schotter"))
    client = create_app(front).test_client()
    answer = client.get("/sketches")
    assert [one["name"] for one in answer.json["sketches"]] == ["truchet", "schotter"]
    known = {"If-None-Match": answer.headers["ETag"]}
    assert client.get("/sketches", headers=known).status_code == 304
    size = {"width": 99, "height": 99}
    job_id = client.post("/artboard/create", json=size).json["job_id"]
    assert get_job(job_id).description == "truchet, seed 0"  # the first, where none is named
    refused = client.post("/artboard/create", json={**size, "pattern": "spiral"})
    assert refused.json["rule"] == "unknown pattern 'spiral'; known: schotter, truchet"


# What visitors may order


def test_a_visitor_orders_small_sheets_and_the_owner_any(client, owner, order):
    large = {**order, "width": 500, "height": 501}
    refused = client.post("/artboard/create", json=large)
    assert (refused.status_code, refused.json["field"]) == (422, "width")
    assert "at most 250,000 mm², this has 250,500" in refused.json["rule"]
    assert count_queued() == 0
    fits = {**order, "width": 500, "height": 500}
    assert client.post("/artboard/create", json=fits).status_code == 200
    assert owner.post("/artboard/create", json=large).status_code == 200


ENDLESS = """
import time


def draw(**order):
    while True:
        time.sleep(0.01)
"""


def test_a_visitor_s_drawing_is_stopped_at_its_limit_of_time(task_module, order, start_workers):
    task_module("endless_tasks", ENDLESS)
    start_workers()
    settings = WebSettings(task="endless_tasks.draw", job_modules=("endless_tasks",))
    client = create_app(settings).test_client()
    job = get_job(client.post("/artboard/create", json=order).json["job_id"])
    wait_until(lambda: job.ended)
    assert (job.status, job.reason) == ("failed", "timeout")
    told = "timed out after 2 s; with the site's token an order has 5m"
    assert client.get(f"/jobs/{job.id}").json["error"] == told


def test_a_visitor_replaces_no_drawing_and_the_owner_does(client, owner, order, home):
    def drawn(by, **more):
        job = get_job(by.post("/artboard/create", json={**order, **more}).json["job_id"])
        job.wait(60)
        return job

    with start_worker(1):
        drawn(client)
        before = (home / "output" / "artboard_42.svg").read_bytes()
        again = drawn(client, pattern="rose")
        (beside,) = (home / "output").glob("artboard_42-*.svg")
        assert again.result == str(beside)
        assert (home / "output" / "artboard_42.svg").read_bytes() == before
        drawn(owner, pattern="rose")
    assert (home / "output" / "artboard_42.svg").read_bytes() != before


ANY_SIZE = """
def huge(svg, rng, *, count: int = 7):
    svg.line(0, 0, 9, 9)
"""


def test_a_whole_number_that_json_readers_round_is_refused(client, home):
    (home / "sketches").mkdir()
    (home / "sketches" / "huge.py").write_text(ANY_SIZE)
    answers = []
    for count in (2**64 - 1, 2**64 + 1):
        order = {"width": 100, "height": 100, "pattern": "huge", "params": {"count": count}}
        answers.append(client.post("/artboard/create", json=order))
    assert [answer.status_code for answer in answers] == [200, 422]
    assert answers[1].json["field"] == "params.count"
