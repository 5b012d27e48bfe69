"""The web interface: a Flask blueprint, an application, and a server for it.

`create_app()` returns an application; `app.register_blueprint(blueprint(), url_prefix='/draw')`
puts the same routes into one of yours. Read `app` first, which has the table of all routes. `artboard`,
`jobs` and `plots` answer them, `access` says who may ask, `site` has the settings, `problems` the errors.
"""

from drawscape.errors import MissingExtraError

try:
    import flask as _flask  # noqa: F401 - all of it needs Flask
except ImportError as error:
    raise MissingExtraError("the web interface", "web") from error

from drawscape.web.app import blueprint, create_app
from drawscape.web.site import WebSettings

__all__ = ["WebSettings", "blueprint", "create_app"]
