"""The Python call that draws what a form shows."""

from collections.abc import Mapping
from typing import Any

from drawscape.notebook.target import Target

LONGEST_LINE = 88


def call_text(target: Target, values: Mapping[str, Any]) -> str:
    """Return the call, on one line or with one argument a line.

        draw('spiral', width=148.0, height=210.0, seed=3, turns=24)

    Values that Python cannot read back, such as arrays, are written as they show themselves.
    """
    rest = dict(target.shown(values))
    function = target.fixed.get("function")
    if function is not None:
        name, first = "draw", getattr(function, "__name__", "sketch")
    elif "pattern_type" in target.fixed and not target.patterns:
        name, first = "draw", repr(target.fixed["pattern_type"])
    else:
        task = target.task
        path = task if isinstance(task, str) else None
        name, first = (
            "enqueue_background_job",
            repr(path) if path else getattr(task, "__name__", "task"),
        )
    arguments = [first, *(f"{key}={value!r}" for key, value in rest.items())]
    line = f"{name}({', '.join(arguments)})"
    if len(line) <= LONGEST_LINE:
        return line
    return f"{name}(\n" + "".join(f"    {argument},\n" for argument in arguments) + ")"
