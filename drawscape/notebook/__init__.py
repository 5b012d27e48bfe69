"""Drawing from a notebook: forms from signatures, live jobs, contact sheets, the queue.

Read target.py first (what can be drawn), then settings.py and forms.py: a Form is one widget, which
viewer/form.js draws. Then board.py: sheets, evolutions, the history and jobs are Boards of Cells, which
kernel.py keeps up to date.
"""

from typing import TYPE_CHECKING, Any

from drawscape.errors import MissingExtraError
from drawscape.late_names import late_names
from drawscape.notebook.lasting import register

if TYPE_CHECKING:
    from drawscape.notebook.board import Board as Board
    from drawscape.notebook.board import Cell as Cell
    from drawscape.notebook.board import Gallery as Gallery
    from drawscape.notebook.contact_sheets import ContactSheet as ContactSheet
    from drawscape.notebook.contact_sheets import contact_sheet as contact_sheet
    from drawscape.notebook.contact_sheets import sheet as sheet
    from drawscape.notebook.contact_sheets import sheets as sheets
    from drawscape.notebook.contact_sheets import variations as variations
    from drawscape.notebook.evolution import Evolution as Evolution
    from drawscape.notebook.evolution import evolve as evolve
    from drawscape.notebook.forms import Form as Form
    from drawscape.notebook.forms import form as form
    from drawscape.notebook.history_board import History as History
    from drawscape.notebook.history_board import history as history
    from drawscape.notebook.jobs import JobView as JobView
    from drawscape.notebook.jobs import QueueTable as QueueTable
    from drawscape.notebook.jobs import job_view as job_view
    from drawscape.notebook.jobs import queue_table as queue_table
    from drawscape.notebook.kernel import ensure_worker as ensure_worker
    from drawscape.notebook.plot_panel import PlotPanel as PlotPanel
    from drawscape.notebook.plot_panel import open_plot as open_plot
    from drawscape.notebook.plot_panel import plot as plot
    from drawscape.notebook.viewer import Comparison as Comparison
    from drawscape.notebook.viewer import View as View
    from drawscape.notebook.viewer import Viewer as Viewer
    from drawscape.notebook.viewer import compare as compare
    from drawscape.notebook.viewer import view as view

_MODULES = {
    "board": "Board Cell Gallery",
    "evolution": "Evolution evolve",
    "forms": "Form form",
    "history_board": "History history",
    "kernel": "ensure_worker",
    "jobs": "JobView QueueTable job_view queue_table",
    "contact_sheets": "ContactSheet contact_sheet sheet sheets variations",
    "plot_panel": "PlotPanel plot open_plot",
    "viewer": "Comparison View Viewer compare view",
}
_late, __dir__ = late_names(__name__, {f"{__name__}.{m}": names for m, names in _MODULES.items()})

__all__ = " ".join(_MODULES.values()).split()

register()


def __getattr__(name: str) -> Any:
    """Import what is asked for; the worker that a notebook starts needs no widgets."""
    try:
        return _late(name)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("ipywidgets", "anywidget"):
            raise
        raise MissingExtraError(f"drawscape.notebook.{name}", "lab") from error
