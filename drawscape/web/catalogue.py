"""GET /sketches: what can be drawn, and what each pattern lets one choose."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import flask
import orjson

from drawscape.parameters import json_schema
from drawscape.sketches import SKETCHES
from drawscape.web import front


def sketches() -> flask.Response:
    """Return every sketch with its family, its summary and the JSON Schema of its parameters."""
    response = flask.Response(
        _document(front.current().settings.offered), content_type="application/json"
    )
    response.headers["Cache-Control"] = "no-cache"
    response.add_etag()
    response.make_conditional(flask.request)
    return response


def described(name: str) -> dict[str, Any]:
    """Return one sketch as the catalogue lists it."""
    sketch = SKETCHES[name]
    return {
        "name": name,
        "family": SKETCHES.family_of(name),
        "summary": " ".join(sketch.doc.split("\n\n")[0].split()),
        "parameters": json_schema(sketch.parameters),
    }


@lru_cache(maxsize=4)
def _document(names: tuple[str, ...]) -> bytes:
    # Reading the signatures imports every sketch; once is enough, until one is added.
    return orjson.dumps({"sketches": [described(name) for name in names]})
