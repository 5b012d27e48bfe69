"""The OpenAPI document says what the front does, and the front does what it says."""

import pytest
from jsonschema import Draft202012Validator
from support import NIGHTLY, python, rounds

from drawscape.sketches import SKETCHES
from drawscape.web import WebSettings, blueprint, create_app
from drawscape.web.app import document


def order_schema(made):
    return Draft202012Validator(
        {"$ref": "#/components/schemas/Order", "components": made["components"]}
    )


def test_the_document_is_openapi_3_1_with_every_route(client):
    made = client.get("/openapi.json").json
    assert made["openapi"].startswith("3.1")
    served = {
        rule.rule.replace("<", "{").replace(">", "}")
        for rule in client.application.url_map.iter_rules()
        if not rule.rule.startswith("/static")
    }
    assert set(made["paths"]) == served


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
    assert [s["$ref"][-7:] for s in made["components"]["schemas"]["Order"]["anyOf"]] == [
        "truchet",
        "hilbert",
    ]
    size = {"width": 99, "height": 99}
    assert order_schema(made).is_valid(size)  # the first is drawn where none is named
    assert client.post("/artboard/create", json=size).status_code == 200
    refused = client.post("/artboard/create", json={**size, "pattern": "spiral"})
    assert refused.json["rule"] == "unknown pattern 'spiral'; known: hilbert, truchet"


@pytest.mark.slow
def test_made_up_requests_meet_no_answer_but_the_described(serving, home):
    front = WebSettings(
        token="s3cret", max_queued=1_000_000, patterns=("spiral", "truchet", "hilbert")
    )
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
