"""The files of a page, and widgets put away."""

from functools import cache
from importlib.resources import files
from typing import Any


@cache
def resource(name: str, package: str = "drawscape.notebook") -> str:
    """Return the text of a file of this package, or of another."""
    return (files(package) / name).read_text("utf-8")


def close_tree(widget: Any) -> None:
    """Close `widget` and all that is in it, so that the browser forgets them too."""
    for child in getattr(widget, "children", ()):
        close_tree(child)
    widget.close()
