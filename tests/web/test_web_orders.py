"""Orders: the contract's answers, a named refusal for everything else, and the document that says so."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from jsonschema import Draft202012Validator
from support import NIGHTLY, python, rounds

from drawscape.job_manager import count_queued
from drawscape.sketches import SKETCHES
from drawscape.web import WebSettings, blueprint, create_app
from drawscape.web.app import document
from drawscape.web.artboard import output_name


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


# The OpenAPI document says what the front does


def order_schema(made):
    return Draft202012Validator(
        {"$ref": "#/components/schemas/Order", "components": made["components"]}
    )


def test_the_document_is_openapi_3_1_with_every_route(client):
    made = client.get("/openapi.json").json
    assert made["openapi"].startswith("3.1")
    rules = (rule.rule for rule in client.application.url_map.iter_rules())
    served = {rule for rule in rules if not rule.startswith("/static")}
    assert {re.sub("{(.*?)}", r"<\1>", path) for path in made["paths"]} == served


def test_every_pattern_can_be_ordered_by_its_defaults(client):
    validator = order_schema(client.get("/openapi.json").json)
    for name, sketch in SKETCHES.items():
        offered = [p for p in sketch.parameters if p.name not in WebSettings().withheld]
        params = {p.name: p.shown(p.default) for p in offered if not p.required}
        order = {"width": 99, "height": 99, "pattern": name, "params": params}
        assert list(validator.iter_errors(order)) == [], name


def test_the_limits_of_the_settings_stand_in_the_document():
    made = document(WebSettings(max_size_mm=420))
    assert order_schema(made).is_valid({"width": 420, "height": 10})
    assert not order_schema(made).is_valid({"width": 421, "height": 10})


def test_the_token_is_asked_for_where_it_is_needed(home):
    made = create_app(WebSettings(token="x")).test_client().get("/openapi.json").json
    assert made["paths"]["/artboard/create"]["post"]["security"] == [{"bearer": []}]
    assert made["paths"]["/healthz"]["get"]["security"] == []
    assert made["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"


def test_a_blueprint_under_a_prefix_says_so(home):
    import flask

    app = flask.Flask(__name__)
    app.register_blueprint(blueprint(WebSettings()), url_prefix="/drawings")
    client = app.test_client()
    assert client.get("/drawings/openapi.json").json["servers"] == [{"url": "/drawings"}]
    assert 'data-root="/drawings/"' in client.get("/drawings/").text


def test_an_unchanged_catalogue_is_not_sent_twice(client):
    etag = client.get("/sketches").headers["ETag"]
    assert client.get("/sketches", headers={"If-None-Match": etag}).status_code == 304


def test_a_front_offers_the_patterns_of_its_settings_only(home):
    front = WebSettings(patterns=("truchet", "hilbert"))
    client = create_app(front).test_client()
    listed = client.get("/sketches").json["sketches"]
    assert [sketch["name"] for sketch in listed] == ["truchet", "hilbert"]
    made = client.get("/openapi.json").json
    offered = made["components"]["schemas"]["Order"]["anyOf"]
    assert [one["$ref"][-7:] for one in offered] == ["truchet", "hilbert"]
    size = {"width": 99, "height": 99}
    assert order_schema(made).is_valid(size)  # the first is drawn where none is named
    assert client.post("/artboard/create", json=size).status_code == 200
    refused = client.post("/artboard/create", json={**size, "pattern": "spiral"})
    assert refused.json["rule"] == "unknown pattern 'spiral'; known: hilbert, truchet"


@pytest.mark.slow
def test_made_up_requests_meet_no_answer_but_the_described(serving, home):
    patterns = ("spiral", "truchet", "hilbert")
    front = WebSettings(token="s3cret", max_queued=1_000_000, patterns=patterns)
    with serving(front) as server:
        outcome = python(
            *("-c", "from schemathesis.cli import schemathesis; schemathesis()"),
            *("run", f"{server.url}openapi.json", "--checks", "all"),
            *("--header", "Authorization: Bearer s3cret"),
            *("--phases", "examples,coverage,fuzzing,stateful" if NIGHTLY else "fuzzing"),
            *("--generation-deterministic", "--max-examples", f"{rounds(2, 15)}", "--no-color"),
            cwd=home,  # it leaves a folder of its own behind
        )
    assert "20 selected / 20 total" in outcome.stdout
