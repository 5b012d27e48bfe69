"""The schemas of the OpenAPI document: what is sent and what comes back, each parameter with its bounds."""

from typing import Any

from drawscape.parameters import json_schema
from drawscape.web import artboard
from drawscape.web.settings import WebSettings

Json = dict[str, Any]


def ref(name: str) -> Json:
    """Return the reference to one of the document's schemas."""
    return {"$ref": f"#/components/schemas/{name}"}


def order_schemas(settings: WebSettings) -> Json:
    """Return the schema of an order, and those of each pattern that is offered."""
    shared = {p.name: p.json_schema() for p in artboard.fields(settings)}
    shared["id"].update({"type": ["string", "number", "null"], "maxLength": artboard.LONGEST_ID})
    offered, default = settings.offered, settings.default_pattern
    variants = {f"Order_{name}": _variant(name, shared, name == default) for name in offered}
    params = {f"Params_{name}": json_schema(settings.parameters_of(name)) for name in offered}
    return {"Order": {"anyOf": [ref(name) for name in variants]}, **variants, **params}


def _variant(name: str, shared: Json, is_default: bool) -> Json:
    required = ["width", "height"] if is_default else ["width", "height", "pattern"]
    properties = {**shared, "pattern": {"const": name}, "params": ref(f"Params_{name}")}
    return object_schema(properties, required)


def object_schema(properties: Json, required: list[str] | None = None) -> Json:
    """Return the schema of an object with these properties and no others, all required by default."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties) if required is None else required,
        "additionalProperties": False,
    }


def fixed_schemas() -> Json:
    """Return the schemas that are the same on every site."""
    text, words = {"type": "string"}, {"type": ["string", "null"]}
    count = {"type": "integer", "minimum": 0}
    moment = {"type": ["string", "null"], "format": "date-time"}
    job = {
        "id": text,
        "status": text,
        "ended": {"type": "boolean"},
        "progress": {"type": ["number", "null"], "minimum": 0, "maximum": 1},
        **dict.fromkeys(("message", "reason", "error", "result", "svg"), words),
        **dict.fromkeys(("created_at", "started_at", "ended_at"), moment),
    }
    sketch = object_schema(
        {"name": text, "family": text, "summary": text, "parameters": {"type": "object"}}
    )
    yes = {"type": "boolean"}
    row = {
        **job,
        "name": text,
        "seconds": {"type": ["number", "null"]},
        "actions": {"type": "array", "items": text},
    }
    rows = {"type": "array", "items": object_schema(row)}
    return {
        "Queue": object_schema({"summary": text, "paused": yes, "manages": yes, "jobs": rows}),
        "Acted": object_schema({"details": words}),
        "Switched": object_schema({"paused": yes}),
        "Drawn": object_schema({"svg": text}),
        "Queued": object_schema(
            {"status": {"const": "generating"}, "job_id": text, "message": text}
        ),
        "Job": object_schema(job),
        "Canceled": object_schema({"canceled": {"type": "boolean"}, **job}),
        "Sketches": object_schema({"sketches": {"type": "array", "items": sketch}}),
        "Health": object_schema(
            {"status": text, "workers": count, "queued": count, "max_queued": count}
        ),
        "Problem": _problem_schema(),
    }


def _problem_schema() -> Json:
    wrong = {"field": {"type": "string"}, "value": {}, "rule": {"type": "string"}}
    return {
        "type": "object",
        "description": "RFC 9457; a 422 also names a field, its value and the rule it breaks",
        "properties": {
            "type": {"type": "string"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            **wrong,
            "errors": {"type": "array", "items": object_schema(wrong)},
        },
        "required": ["type", "title", "status", "detail"],
    }
