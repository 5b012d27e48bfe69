# ruff: noqa: W293 - word for word means blank for blank
"""Jobs and plots over HTTP."""

import json
from pathlib import Path

import flask
import numpy as np
import pytest
from machine_bench import scribble
from support import wait_until

from drawscape.drawing.document import Document, Layer
from drawscape.geometry.lines import Lines
from drawscape.job_manager import enqueue_background_job, get_job_status
from drawscape.jobs import get_job, start_worker
from drawscape.machine.device import add_device, locked
from drawscape.machine.plot import Plot
from drawscape.web import WebSettings, create_app


def ordered(client, order, **changes):
    return client.post("/artboard/create", json={**order, **changes}).json["job_id"]


def ended(client, job_id):
    def look():
        job = client.get(f"/jobs/{job_id}").json
        return job if job["ended"] else None

    return wait_until(look)


def test_a_drawing_goes_from_the_order_to_the_file(client, order, home, worker):
    job = ended(client, ordered(client, order))
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


@pytest.fixture
def other_task(task_module):
    """A module of tasks whose jobs are none of a browser's business."""
    task_module(
        "private_tasks",
        "def leak(path):\n    return path\n\n\n"
        "def fail(secret):\n    raise ValueError(f'no such colour: {secret}')\n",
    )
    return "private_tasks"


def test_unknown_jobs_and_those_of_other_modules_are_neither_shown_nor_canceled(owner, other_task):
    job = enqueue_background_job(f"{other_task}.leak", "/etc/passwd")
    for job_id in (job.id, "nobody"):
        for end in ("", "/svg", "/lines"):
            assert owner.get(f"/jobs/{job_id}{end}").status_code == 404
        for action in ("cancel", "log", "delete"):
            assert owner.post(f"/jobs/{job_id}/actions/{action}").status_code == 404
    assert job.status == "queued"


@pytest.mark.slow
def test_nothing_outside_of_the_output_folder_is_served_or_shown(home, other_task, worker):
    outside = home / "secret.svg"
    outside.write_text("<svg>secret</svg>")
    (home / "output").mkdir(exist_ok=True)
    (home / "output" / "link.svg").symlink_to(outside)
    client = create_app(WebSettings(job_modules=(other_task,))).test_client()
    for path in (str(outside), "../secret.svg", "output/../secret.svg", "output/link.svg"):
        job = ended(client, enqueue_background_job(f"{other_task}.leak", path).id)
        assert (job["status"], job["result"], job["svg"]) == ("finished", None, None)
        answer = client.get(f"/jobs/{job['id']}/svg")
        assert answer.status_code == 410
        assert b"secret" not in answer.data
    for where in ("output/missing.csv", "a b/ü.svg", ""):
        job = ended(client, enqueue_background_job(f"{other_task}.fail", str(home / where)).id)
        assert job["error"] == f"ValueError: no such colour: {Path('…') / where}"
        assert str(home) not in client.get(f"/jobs/{job['id']}/svg").text


def test_the_health_counts_workers_and_waiting_jobs(client, order):
    ordered(client, order)
    numbers = {"workers": 0, "queued": 1, "max_queued": 1000}
    assert client.get("/healthz").json == {"status": "no worker", **numbers}


def test_a_queue_that_cannot_be_used_is_503_and_no_traceback(home):
    (home / ".drawscape" / "queue.db").write_bytes(b"this is no database" * 100)
    client = create_app(WebSettings()).test_client()
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json["status"]) == (503, 503)
    assert answer.headers["Retry-After"]
    assert str(home) not in answer.text


EXAMPLE = """
# components/artboard/main.py
from flask import Blueprint, jsonify, request
from libraries.job_manager import enqueue_background_job
from libraries.svg_builder import SVGBuilder

@artboard_bp.route('/create', methods=['POST'])
def create_artboard():
    data = request.get_json()
    
    # Quick response for simple SVGs
    if data.get('complexity') == 'simple':
        svg = SVGBuilder(data['width'], data['height'])
        svg.rect(10, 10, 50, 50)
        return jsonify({"svg": svg.to_string()})
    
    # Background job for complex patterns
    else:
        job = enqueue_background_job(
            'workers.svg_tasks.generate_complex_svg',
            width=data['width'],
            height=data['height'],
            pattern_type=data.get('pattern', 'spiral'),
            output_filename=f"artboard_{data['id']}.svg"
        )
        
        return jsonify({
            "status": "generating",
            "job_id": job.id,
            "message": "Complex pattern queued for generation"
        })
"""


@pytest.fixture
def example(home):
    artboard_bp = flask.Blueprint("artboard", __name__, url_prefix="/artboard")
    code = EXAMPLE.replace("libraries.", "drawscape.")
    exec(compile(code, "components/artboard/main.py", "exec"), {"artboard_bp": artboard_bp})
    app = flask.Flask(__name__)
    app.register_blueprint(artboard_bp)
    return app.test_client()


COMPLEX = {"complexity": "complex", "width": 200, "height": 200, "id": 2}


def test_the_front_answers_as_the_example_does(example, client, home):
    with start_worker(1):
        theirs, ours = (one.post("/artboard/create", json=COMPLEX) for one in (example, client))
        get_job(theirs.json["job_id"]).wait(60)
    assert theirs.status_code == ours.status_code == 200
    assert theirs.json == {
        "status": "generating",
        "job_id": theirs.json["job_id"],
        "message": "Complex pattern queued for generation",
    }
    assert {**ours.json, "job_id": ""} == {**theirs.json, "job_id": ""}
    result = get_job_status(theirs.json["job_id"])["result"]
    assert result == str(home / "output" / "artboard_2.svg")
    assert Path(result).read_text().startswith("<?xml")


@pytest.fixture
def plot(home):
    add_device("sim", "simulator", "50x")
    return Plot.create(scribble(strokes=3), "sim", drawing="three.svg")


def test_plots_are_listed_with_their_strokes(client, plot):
    listed = client.get("/plots/list").json["plots"]
    assert [(one["id"], one["state"], one["strokes"]) for one in listed] == [(plot.id, "ready", 3)]
    packed = client.get(f"/plots/{plot.id}/lines").data
    length = int.from_bytes(packed[:8], "little")
    header = json.loads(packed[8 : 8 + length])
    assert (header["strokes"], header["width"]) == (3, 60.0)
    assert len(packed) == 8 + length + 8 * (2 * header["points"] + 4 + 3)
    assert b"plots.js" in client.get("/plots").data


def test_a_plot_that_is_done_is_listed_at_once_and_one_that_goes_on_as_it_is(client, plot):
    def listed():
        return {one["id"]: one["state"] for one in client.get("/plots/list").json["plots"]}

    plot.journal.append("done", k=3)
    lines = Lines.of(np.zeros((10, 9, 2)))
    large = Plot.create(Document(200, 200, (Layer("pen", "black", None, lines),)), "sim")
    large.journal.append("done", k=10)
    assert listed() == {plot.id: "done", large.id: "done"}
    (large.folder / "plan.bin").unlink()  # it is not read again
    assert listed() == {plot.id: "done", large.id: "done"}
    plot.journal.append("start", run="again", first=0)
    assert listed()[plot.id] == "interrupted"
    with locked(plot.folder / "run.lock", 1.0, "busy"):
        assert listed()[plot.id] == "plotting"
    assert listed()[plot.id] == "interrupted"


def test_a_button_is_refused_with_words_when_it_makes_no_sense(owner, plot):
    answer = owner.post(f"/plots/{plot.id}/actions/pause", json={})
    assert (answer.status_code, "does not run" in answer.json["detail"]) == (409, True)
    assert owner.post("/plots/none/actions/pause", json={}).status_code == 404
    for action, given, status in (
        ("answer", [1], 400),
        ("set", "speed", 400),
        ("set", {"values": {"speed": [70]}}, 409),
        ("resume", {"from_stroke": float("inf")}, 400),  # no JSON
    ):
        answer = owner.post(f"/plots/{plot.id}/actions/{action}", json=given)
        assert answer.status_code == status, answer.json
    nowhere = {"motion": "jog", "x": 1e300, "y": 0}
    for given, words in (({"motion": "dance"}, "'dance'"), (nowhere, "to 100 mm for a jog")):
        answer = owner.post(f"/plots/{plot.id}/actions/move", json=given)
        assert (answer.status_code, words in answer.json["detail"]) == (409, True), answer.json
    assert owner.post(f"/plots/{plot.id}/actions/stop", json={}).json["state"] == "abandoned"
