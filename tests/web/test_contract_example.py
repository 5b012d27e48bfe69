# ruff: noqa: W293 - word for word means blank for blank
"""The integration example of the job API's contract, word for word, `libraries.` read as `drawscape.`."""

from pathlib import Path

import flask
import pytest

from drawscape.job_manager import get_job_status

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
    """An application with the example's blueprint under /artboard."""
    artboard_bp = flask.Blueprint("artboard", __name__, url_prefix="/artboard")
    code = EXAMPLE.replace("libraries.", "drawscape.")
    exec(compile(code, "components/artboard/main.py", "exec"), {"artboard_bp": artboard_bp})
    app = flask.Flask(__name__)
    app.register_blueprint(artboard_bp)
    return app.test_client()


SIMPLE = {"complexity": "simple", "width": 100, "height": 100, "id": 1}
COMPLEX = {"complexity": "complex", "width": 200, "height": 200, "id": 2}


def test_the_example_queues_a_complex_artboard_and_a_worker_draws_it(example, home, worker, until):
    answer = example.post("/artboard/create", json=COMPLEX)
    job_id = answer.json["job_id"]
    assert answer.json == {
        "status": "generating",
        "job_id": job_id,
        "message": "Complex pattern queued for generation",
    }
    until(lambda: get_job_status(job_id)["status"] == "finished")
    result = Path(get_job_status(job_id)["result"])
    assert (home / result).resolve() == (home / "output" / "artboard_2.svg").resolve()
    assert (home / "output" / "artboard_2.svg").read_text().startswith("<?xml")


def test_the_front_answers_the_example_s_request_in_the_same_words(example, client):
    theirs, ours = (c.post("/artboard/create", json=COMPLEX) for c in (example, client))
    assert theirs.status_code == ours.status_code == 200
    assert list(theirs.json) == list(ours.json)
    assert {**theirs.json, "job_id": ""} == {**ours.json, "job_id": ""}
