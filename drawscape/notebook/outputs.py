"""A drawing that ends a cell, `job` or `draw(...)`, in a viewer; its picture stays in the saved notebook.

The picture is the output as ever. In a kernel that can show widgets a viewer comes before it, and hides it
for as long as the viewer lives.
"""

import importlib.util
import sys
from pathlib import Path
from typing import Any

from drawscape.notebook.saved_picture import INSTEAD_OF_WIDGET

DRAWINGS = (("drawscape.queue.job", "Job"), ("drawscape.svg_builder", "SVGBuilder"))
"""By name: whoever only wants a worker waits for none of these."""

HEIGHT = "min(480px, 72vh)"


def register() -> None:
    """Let the kernel that this runs in, if any, show drawings in a viewer. Without anywidget it cannot."""
    shell: Any = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if hasattr(shell, "kernel") and importlib.util.find_spec("anywidget") is not None:
        for module, name in DRAWINGS:
            shell.display_formatter.mimebundle_formatter.for_type_by_name(module, name, bundle)
        boxes = shell.display_formatter.ipython_display_formatter
        boxes.for_type_by_name("ipywidgets.widgets.widget_box", "Box", _show_box)
        if _close_former not in shell.events.callbacks["pre_run_cell"]:
            shell.events.register("pre_run_cell", _close_former)


def _close_former(_info: Any) -> None:
    if "drawscape.notebook.lasting" in sys.modules:
        sys.modules["drawscape.notebook.lasting"].close_former()


def _show_box(box: Any) -> None:
    from drawscape.notebook.lasting import show_box

    show_box(box)


def bundle(drawing: Any) -> dict[str, Any]:
    """Show `drawing` in a viewer, if it is one by now; return its picture and words as without."""
    plain: dict[str, Any] = drawing._repr_mimebundle_()
    if "text/html" not in plain or not _show(drawing):
        return plain
    style = INSTEAD_OF_WIDGET.format(widget="drawscape-viewer", picture="drawscape-still")
    return {**plain, "text/html": f'<div class="drawscape-still">{plain["text/html"]}{style}</div>'}


def _show(drawing: Any) -> bool:
    from IPython.display import display

    from drawscape.jobs import Job
    from drawscape.notebook.viewer import Viewer, document_of, margin_of, settings_of

    if isinstance(drawing, Job) and Path(str(drawing.result)).suffix != ".svg":
        return False
    document, name = document_of(drawing)
    viewer = Viewer(document, title=name, height=HEIGHT, margin_mm=margin_of(settings_of(drawing)))
    shown = {"version_major": 2, "version_minor": 0, "model_id": viewer.model_id}
    display({"application/vnd.jupyter.widget-view+json": shown, "text/plain": ""}, raw=True)
    return True
