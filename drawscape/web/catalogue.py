"""GET /sketches: what can be drawn, and what each pattern lets one choose."""

from functools import lru_cache
from typing import Any

import flask
import orjson

from drawscape.parameters import json_schema
from drawscape.sketches import SKETCHES
from drawscape.web.settings import WebSettings
from drawscape.web.site import current_site


def sketches() -> flask.Response:
    """Return every sketch with its family, its summary and the JSON Schema of its parameters."""
    settings = current_site().settings
    response = flask.Response(
        _document(settings, settings.offered), content_type="application/json"
    )
    response.headers["Cache-Control"] = "no-cache"
    response.add_etag()
    response.make_conditional(flask.request)
    return response


def described(settings: WebSettings, name: str) -> dict[str, Any]:
    """Return one sketch as the catalogue lists it."""
    sketch = SKETCHES[name]
    return {
        "name": name,
        "family": SKETCHES.family_of(name),
        "summary": " ".join(sketch.doc.split("\n\n")[0].split()),
        "parameters": json_schema(settings.parameters_of(name)),
    }


@lru_cache(maxsize=4)
def _document(settings: WebSettings, names: tuple[str, ...]) -> bytes:
    # Reading the signatures imports every sketch; once is enough, until one is added.
    return orjson.dumps({"sketches": [described(settings, name) for name in names]})
