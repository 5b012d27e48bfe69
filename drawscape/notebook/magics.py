"""`%load_ext drawscape`: `%%sketch`, `%jobs` and `%worker`, and names to complete in `form('fl<Tab>`."""

import re
from typing import Any

from drawscape.errors import SignatureError
from drawscape.recipe import is_sketch
from drawscape.sketches import SKETCHES

_CALLS = r"(?:form|contact_sheet|variations|draw|evolve)"
_NAME = re.compile(rf"\b{_CALLS}\(\s*(?P<quote>['\"])(?P<begun>\w*)$")
_PARAMETER = re.compile(
    rf"\b{_CALLS}\(\s*['\"](?P<sketch>\w+)['\"]\s*,(?:[^()]*,)?\s*(?P<begun>\w*)$"
)
_SET = re.compile(r"\b(?P<form>\w+)\.set\((?:[^()]*,)?\s*(?P<begun>\w*)$")


def load_ipython_extension(shell: Any) -> None:
    """Make the magics and the completions known to this IPython; importing `form` does so too."""
    shell.register_magic_function(sketch_cell, "cell", "sketch")
    shell.register_magic_function(jobs_line, "line", "jobs")
    shell.register_magic_function(worker_line, "line", "worker")
    if not any(hasattr(one, "of_drawscape") for one in shell.Completer.custom_matchers):
        shell.set_custom_completer(_completer(shell), 0)


def sketch_cell(line: str, cell: str) -> Any:
    """Run the cell and return a form of the sketch that it defines last.

    The options of the form follow `%%sketch`: `%%sketch paper='A5', live=True`. Run again after
    a change, the cell's new form begins with the settings of the former one that still fit.
    """
    from IPython import get_ipython

    from drawscape.notebook.forms import form

    shell = get_ipython()
    before = dict(shell.user_ns)
    shell._showtraceback = lambda *_details: None  # an error is raised again, and shown then
    try:
        result = shell.run_cell(cell)
    finally:
        del shell._showtraceback
    result.raise_error()
    names = [name for name in shell.user_ns if not name.startswith("_")]
    changed = [shell.user_ns[name] for name in names if before.get(name) is not shell.user_ns[name]]
    sketches = [value for value in changed if callable(value) and _defined_here(value)]
    if not sketches:
        raise SignatureError(
            "%%sketch: the cell defines no function that takes a canvas; begin with def rings(svg, rng):"
        )
    options = shell.ev(f"dict({line})") if line.strip() else {}
    return form(sketches[-1], **options)


def jobs_line(line: str) -> Any:
    """Return the live table of the queue: `%jobs`, or of one status: `%jobs failed`."""
    from drawscape.notebook.jobs import queue_table

    return queue_table(line.split() or None)


def worker_line(_line: str) -> Any:
    """Return once a worker is alive; start one if necessary: `%worker`."""
    from drawscape.notebook.own_worker import ensure_worker

    return ensure_worker()


def completions(text: str, namespace: dict[str, Any]) -> list[str]:
    """Return what can stand at the end of `text`: names of patterns, parameters of one, or of a form."""
    if found := _NAME.search(text):
        return [name for name in SKETCHES if name.startswith(found["begun"])]
    if (found := _PARAMETER.search(text)) and found["sketch"] in SKETCHES:
        own = [parameter.name for parameter in SKETCHES[found["sketch"]].parameters]
        names = [*own, "paper", "orientation", "seed", "live", "margin"]
    elif found := _SET.search(text):
        form = namespace.get(found["form"])
        names = [*getattr(form, "settings", ()), *(("paper", "orientation") if form else ())]
    else:
        return []
    return [f"{name}=" for name in names if name.startswith(found["begun"])]


def _completer(shell: Any) -> Any:
    def complete(completer: Any, _token: str) -> list[str]:
        return completions(str(completer.text_until_cursor), shell.user_ns)

    complete.of_drawscape = True  # type: ignore[attr-defined]  # so that it is offered once
    return complete


def _defined_here(value: Any) -> bool:
    try:
        return getattr(value, "__module__", "") == "__main__" and is_sketch(value)
    except SignatureError:
        return False
