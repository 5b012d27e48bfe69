"""Drawings that end a cell, `job` or `draw(...)`: shown in a viewer, and kept as a picture behind it."""

import importlib.util
import sys
from pathlib import Path
from typing import Any

INSTEAD_OF_WIDGET = (
    "<style>.jp-OutputArea-child:not(:has(.{widget})):has(+ .jp-OutputArea-child .{picture}) "
    "{{ display: none }}</style>"
)
"""Hides JupyterLab's 'model not found' above the picture, in notebooks that are trusted."""

DRAWINGS = (("drawscape.queue.job", "Job"), ("drawscape.svg_builder", "SVGBuilder"))
"""By name, so that a notebook that only needs a worker imports neither."""

HEIGHT = "min(480px, 72vh)"


def running_shell() -> Any:
    """Return the IPython shell that this runs in, None outside of one."""
    return sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None


def register() -> None:
    """Let the kernel that this runs in, if any, show drawings in a viewer. Without anywidget it cannot."""
    shell = running_shell()
    if hasattr(shell, "kernel") and importlib.util.find_spec("anywidget") is not None:
        for module, name in DRAWINGS:
            shell.display_formatter.mimebundle_formatter.for_type_by_name(module, name, bundle)


def bundle(drawing: Any) -> dict[str, Any]:
    """Show `drawing` in a viewer, if it is finished; return its usual picture and words."""
    plain = drawing._repr_mimebundle_()
    if "text/html" not in plain or not _show(drawing):
        return plain
    style = INSTEAD_OF_WIDGET.format(widget="drawscape-viewer", picture="drawscape-still")
    return {**plain, "text/html": f'<div class="drawscape-still">{plain["text/html"]}{style}</div>'}


def _show(drawing: Any) -> bool:
    from IPython.display import display

    from drawscape.jobs import Job
    from drawscape.notebook.viewer import view

    if isinstance(drawing, Job) and Path(str(drawing.result)).suffix != ".svg":
        return False
    viewer = view(drawing)
    viewer.height = HEIGHT
    shown = {"version_major": 2, "version_minor": 0, "model_id": viewer.model_id}
    display({"application/vnd.jupyter.widget-view+json": shown, "text/plain": ""}, raw=True)
    return True
