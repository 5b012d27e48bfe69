"""The source of a sketch from a notebook, its helpers included, as text that draws it elsewhere."""

import ast
import inspect
import sys
from collections.abc import Callable, Iterable
from types import CodeType, FunctionType, ModuleType
from typing import Any

from drawscape.errors import ProvenanceError
from drawscape.sketches.bytecode import behaviour_of
from drawscape.sketches.code_walk import Walk
from drawscape.sketches.definition import in_notebook, module_name
from drawscape.sketches.library_code import installed_folders, is_foreign
from drawscape.sketches.script import Script
from drawscape.sketches.source_text import SourceText

_FUTURE_ANNOTATIONS = 0x1000000


def source_of(function: Callable[..., Any]) -> SourceText:
    """Return the source of `function`, a sketch that is not the library's, with all that it reaches.

    Raises ProvenanceError, which says why, where it cannot be written down: an object that only lives in
    this process, code whose text is not known or has changed since it was loaded.
    """
    walk = Walk()
    walk.value(function)
    own = [one for one in walk.seen.values() if not in_notebook(one)]
    modules = _module_sources({module_name(one) for one in own})
    script = Script()
    entry = script.name_of(function, getattr(function, "__name__", "sketch"))
    main = script.text(
        future=bool(getattr(function, "__code__", _no_code).co_flags & _FUTURE_ANNOTATIONS)
    )
    _check_loaded(walk.seen.values(), [main, *modules.values()])
    return SourceText(entry, main, modules)


_no_code = (lambda: None).__code__


def _module_sources(names: set[str]) -> dict[str, str]:
    """Return the sources of the user's modules `names`, of their packages, and of what those import."""
    found: dict[str, str] = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        module = sys.modules.get(name)
        if name in found or module is None or is_foreign(name):
            continue
        try:
            found[name] = inspect.getsource(module)
        except (OSError, TypeError):
            found[name] = ""  # an empty file, or a folder without __init__.py
        waiting += filter(None, [name.rpartition(".")[0]])
        for node in ast.walk(ast.parse(found[name])):
            if isinstance(node, ast.Import):
                waiting += [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                base = "." * node.level + (node.module or "")
                full = _resolved(base, module)
                waiting += [full, *(f"{full}.{alias.name}" for alias in node.names)]
    return dict(sorted(found.items()))


def _resolved(name: str, module: ModuleType) -> str:
    import importlib.util

    return importlib.util.resolve_name(name, module.__package__) if name.startswith(".") else name


def _check_loaded(things: Iterable[Any], texts: Iterable[str]) -> None:
    """Raise ProvenanceError where what runs is not what the texts say: a file edited since its import."""
    known: set[str] = set()
    waiting = [compile(text, "<source>", "exec", dont_inherit=True) for text in texts]
    while waiting:
        code = waiting.pop()
        known.add(behaviour_of(code).text)
        waiting += [inner for inner in code.co_consts if isinstance(inner, CodeType)]
    # Where the methods come from that a dataclass makes.
    generated = ("<string>", *installed_folders())
    for thing in things:
        loaded = not isinstance(thing, FunctionType) or behaviour_of(thing.__code__).text in known
        if not loaded and not thing.__code__.co_filename.startswith(generated):
            raise ProvenanceError(
                f"the source of {thing.__name__!r} has changed since it was loaded"
            )
