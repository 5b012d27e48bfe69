"""The handles of tests: widgets as a person finds them on the page, by their names and CSS classes."""

from collections.abc import Iterator
from html import unescape
from typing import Any


def walk(widget: Any) -> Iterator[Any]:
    """Yield `widget` and all that is in it."""
    yield widget
    for child in getattr(widget, "children", ()):
        yield from walk(child)


def all_of(root: Any, hook: str) -> list[Any]:
    """Return the widgets with the CSS class `drawscape-<hook>`, from top to bottom."""
    return [w for w in walk(root) if f"drawscape-{hook}" in w._dom_classes]


def part(root: Any, hook: str) -> Any:
    """Return the first widget with the CSS class `drawscape-<hook>`."""
    found = all_of(root, hook)
    assert found, f"no widget has the class drawscape-{hook}"
    return found[0]


def text(root: Any, hook: str) -> str:
    """Return the text that the line with that class shows."""
    return unescape(str(part(root, hook).value))


def button(root: Any, name: str) -> Any:
    """Return the button with those words on it or as its tooltip."""
    for widget in walk(root):
        if name in (
            getattr(widget, "description", None),
            getattr(widget, "tooltip", None),
        ) and hasattr(widget, "click"):
            return widget
    raise AssertionError(f"no button {name!r}")


def control(root: Any, name: str) -> list[Any]:
    """Return the widgets of the parameter `name`, from left to right."""
    return list(part(root, f"parameter-{name}").children)


def picture(root: Any) -> bytes:
    """Return the bytes of the first picture shown."""
    return bytes(part(root, "picture").value)
