"""The statement that defines a function or class, as text, from a file or a notebook's cell."""

import ast
import inspect
import linecache
import textwrap
from collections.abc import Iterable
from types import ModuleType
from typing import Any

import numpy as np

from drawscape.errors import ProvenanceError


def definition_of(thing: Any) -> tuple[Any, str]:
    """Return the statement that defines a function or class, parsed, and its text."""
    try:
        thing = inspect.unwrap(thing)
        in_cell = isinstance(thing, type) and in_notebook(thing)
        text = _class_text(thing) if in_cell else textwrap.dedent(inspect.getsource(thing))
        tree = ast.parse(text).body[0]
    except (OSError, TypeError, SyntaxError) as error:
        raise ProvenanceError(f"the source of {thing!r} is not known: {error}") from None
    if isinstance(tree, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return tree, text.rstrip()
    lambdas = [node for node in ast.walk(tree) if isinstance(node, ast.Lambda)]
    if isinstance(tree, ast.Assign) and len(lambdas) == 1 and tree.value is lambdas[0]:
        return tree, text.rstrip()
    raise ProvenanceError(f"the source of {thing!r} is part of another line")


def _class_text(cls: type) -> str:
    """Return the text of a class of a cell: Python looks for it in a file, and a notebook has none."""
    lines = getattr(cls, "__firstlineno__", None)
    entries: list[tuple[str, Any]] = list(linecache.cache.items())
    for name, entry in reversed(entries):
        held = entry[2] if entry[1:2] == (None,) else []
        if f"class {cls.__name__}" not in "".join(held):
            continue
        for node in ast.parse("".join(held), name).body:
            first = min(n.lineno for n in (node, *getattr(node, "decorator_list", ())))
            if (
                isinstance(node, ast.ClassDef)
                and node.name == cls.__name__
                and lines in (None, first)
            ):
                return "".join(held[first - 1 : node.end_lineno])
    raise OSError("no cell holds it")


def without_decorators(text: str, tree: Any) -> str:
    """Return a definition without its decorators: those that left their mark are in the values."""
    return textwrap.dedent("\n".join(text.splitlines()[tree.lineno - 1 :]))


def names_in(nodes: Iterable[ast.AST]) -> list[str]:
    """Return the names that the statements read."""
    return [
        node.id for top in nodes for node in ast.walk(top)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    ]  # fmt: skip


def module_name(thing: Any) -> str:
    """Return the name of the module that a thing is from, or is."""
    if isinstance(thing, ModuleType):
        return thing.__name__
    if isinstance(thing, np.ufunc):
        return "numpy"
    return getattr(thing, "__module__", None) or "builtins"


def in_notebook(thing: Any) -> bool:
    """Return whether a thing was made in a notebook's cell or a script."""
    return module_name(thing) in ("__main__", "__mp_main__")
