"""Drawing from a notebook: forms from signatures, live jobs, contact sheets, the queue.

Read forms.py and form_view.py first: a Form is a panel (page.py, controls.py, sliders.py) beside the
display of a job (display.py, job_state.py). contact_sheets.py puts many jobs side by side,
queue_tables.py lists them.
"""

from typing import TYPE_CHECKING, Any

from drawscape.errors import MissingExtraError
from drawscape.late_names import late_names
from drawscape.notebook.outputs import register

if TYPE_CHECKING:
    from drawscape.notebook.comparison import Comparison as Comparison
    from drawscape.notebook.comparison import compare as compare
    from drawscape.notebook.contact_sheets import ContactSheet as ContactSheet
    from drawscape.notebook.contact_sheets import contact_sheet as contact_sheet
    from drawscape.notebook.contact_sheets import sheet as sheet
    from drawscape.notebook.contact_sheets import sheets as sheets
    from drawscape.notebook.contact_sheets import variations as variations
    from drawscape.notebook.evolution import Evolution as Evolution
    from drawscape.notebook.evolution import evolve as evolve
    from drawscape.notebook.form_view import Form as Form
    from drawscape.notebook.forms import form as form
    from drawscape.notebook.gallery import Gallery as Gallery
    from drawscape.notebook.history_view import History as History
    from drawscape.notebook.history_view import history as history
    from drawscape.notebook.job_views import JobView as JobView
    from drawscape.notebook.job_views import job_view as job_view
    from drawscape.notebook.queue_tables import QueueTable as QueueTable
    from drawscape.notebook.queue_tables import queue_table as queue_table
    from drawscape.notebook.tile_grid import Tile as Tile
    from drawscape.notebook.tile_grid import TileGrid as TileGrid
    from drawscape.notebook.viewer import View as View
    from drawscape.notebook.viewer import Viewer as Viewer
    from drawscape.notebook.viewer import view as view
    from drawscape.notebook.worker import ensure_worker as ensure_worker

_MODULES = {
    "comparison": "Comparison compare",
    "contact_sheets": "ContactSheet contact_sheet sheet sheets variations",
    "evolution": "Evolution evolve",
    "form_view": "Form",
    "forms": "form",
    "gallery": "Gallery",
    "history_view": "History history",
    "job_views": "JobView job_view",
    "queue_tables": "QueueTable queue_table",
    "tile_grid": "Tile TileGrid",
    "viewer": "View Viewer view",
    "worker": "ensure_worker",
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
