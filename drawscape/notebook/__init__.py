"""Drawing from a notebook: forms from signatures, live jobs, contact sheets, the queue."""

from drawscape.errors import MissingExtraError

try:
    import ipywidgets as _ipywidgets  # noqa: F401 - asked for here, so that the error names the extra
except ImportError as error:
    raise MissingExtraError("drawscape.notebook", "lab") from error
