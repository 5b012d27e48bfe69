"""The scripts and style sheets in this folder, each as one text for a page that can import nothing."""

import re
from functools import cache
from importlib.resources import files

_IMPORT = re.compile(r"^import .+ from ['\"]\./([a-z_]+\.js)['\"];\n", re.MULTILINE)


@cache
def script(name: str) -> str:
    """Return a module of this folder, preceded by those that it imports.

    >>> "import {" in script("form.js")
    False
    """
    return "".join(_IMPORT.sub("", _text(one)) for one in _modules(name))


@cache
def style(name: str) -> str:
    """Return a style sheet of this folder, preceded by the tokens."""
    return _text("tokens.css") + _text(name)


def _modules(name: str) -> list[str]:
    """Return the modules that a module imports, directly or not, each once, and itself at the end."""
    found = [one for imported in _IMPORT.findall(_text(name)) for one in _modules(imported)]
    return [*dict.fromkeys(found), name]


def _text(name: str) -> str:
    return (files("drawscape.viewer") / name).read_text("utf-8")
