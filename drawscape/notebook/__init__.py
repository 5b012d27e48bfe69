"""Drawing from a notebook: forms from signatures, live jobs, contact sheets, the queue.

Read draw_target.py first (what can be drawn), then form_settings.py and forms.py: a Form is one widget, which
viewer/form.js draws. Then board.py: sheets, evolutions, the history and jobs are Boards of Cells. Both follow
jobs with job_states.py.
"""

from typing import TYPE_CHECKING

from drawscape.lazy_exports import lazy_exports
from drawscape.notebook.display import register

if TYPE_CHECKING:
    from drawscape.notebook.board import Board, Cell, Gallery
    from drawscape.notebook.contact_sheets import (
        ContactSheet,
        contact_sheet,
        sheet,
        sheets,
        variations,
    )  # fmt: skip
    from drawscape.notebook.edition_board import EditionBoard, ProposalBoard, edition
    from drawscape.notebook.evolution import Evolution, evolve
    from drawscape.notebook.forms import Form, form
    from drawscape.notebook.history_board import History, history
    from drawscape.notebook.jobs import JobView, QueueTable, job_view, queue_table
    from drawscape.notebook.own_worker import ensure_worker
    from drawscape.notebook.plot_panel import PlotPanel, open_plot, plot
    from drawscape.notebook.viewer import Comparison, Viewer, compare, view

__all__ = [
    "Board", "Cell", "Comparison", "ContactSheet", "EditionBoard", "Evolution", "Form", "Gallery", "History",
    "JobView", "PlotPanel", "ProposalBoard", "QueueTable", "Viewer", "compare", "contact_sheet",
    "edition", "ensure_worker", "evolve", "form", "history", "job_view", "open_plot", "plot", "queue_table",
    "sheet", "sheets", "variations", "view",
]  # fmt: skip

_MODULES = {
    "board": "Board Cell Gallery",
    "edition_board": "EditionBoard ProposalBoard edition",
    "evolution": "Evolution evolve",
    "forms": "Form form",
    "history_board": "History history",
    "own_worker": "ensure_worker",
    "jobs": "JobView QueueTable job_view queue_table",
    "contact_sheets": "ContactSheet contact_sheet sheet sheets variations",
    "plot_panel": "PlotPanel plot open_plot",
    "viewer": "Comparison Viewer compare view",
}
if not TYPE_CHECKING:  # a type checker would take any name for an export
    __getattr__, __dir__ = lazy_exports(
        __name__, {f"{__name__}.{module}": names for module, names in _MODULES.items()}
    )

register()
