"""POST /artboard/create: the contract's answers, and a named refusal for everything else."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from drawscape.job_manager import count_queued
from drawscape.web import WebSettings, create_app
from drawscape.web.artboard import output_name


def test_a_simple_artboard_is_drawn_at_once(client):
    answer = client.post(
        "/artboard/create", json={"complexity": "simple", "width": 100, "height": 80}
    )
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
