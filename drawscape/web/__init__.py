"""The web front: a Flask blueprint, an application, and a server for it.

app = create_app(WebSettings(max_queued=200))                        # by itself
app.register_blueprint(blueprint(WebSettings()), url_prefix='/draw')   # in an application of yours
"""

from drawscape.errors import MissingExtraError

try:
    import flask as _flask  # noqa: F401 - the whole front stands on it
except ImportError as error:
    raise MissingExtraError("the web front", "web") from error

from drawscape.web.app import blueprint, create_app
from drawscape.web.settings import WebSettings

__all__ = ["WebSettings", "blueprint", "create_app"]
