"""Drawing from a notebook: forms from signatures, live jobs, contact sheets, the queue."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from drawscape.errors import MissingExtraError

if TYPE_CHECKING:
    from drawscape.notebook.forms import Form as Form
    from drawscape.notebook.forms import form as form
    from drawscape.notebook.gallery import Gallery as Gallery
    from drawscape.notebook.sheets import ContactSheet as ContactSheet
    from drawscape.notebook.sheets import contact_sheet as contact_sheet
    from drawscape.notebook.sheets import variations as variations
    from drawscape.notebook.tables import QueueTable as QueueTable
    from drawscape.notebook.tables import queue_table as queue_table
    from drawscape.notebook.views import JobView as JobView
    from drawscape.notebook.views import job_view as job_view
    from drawscape.notebook.worker import ensure_worker as ensure_worker

_PLACES = {
    "Form": "forms",
    "form": "forms",
    "Gallery": "gallery",
    "ContactSheet": "sheets",
    "contact_sheet": "sheets",
    "variations": "sheets",
    "QueueTable": "tables",
    "queue_table": "tables",
    "JobView": "views",
    "job_view": "views",
    "ensure_worker": "worker",
}

__all__ = list(_PLACES)


def __getattr__(name: str) -> Any:
    """Import what is asked for; the worker that a notebook starts needs no widgets."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        module = importlib.import_module(f"{__name__}.{_PLACES[name]}")
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "ipywidgets":
            raise
        raise MissingExtraError(f"drawscape.notebook.{name}", "lab") from error
    return getattr(module, name)
