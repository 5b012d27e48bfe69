"""Generative design for pen plotters, explored in Jupyter notebooks.

    from drawscape import Between, Color, Palette, Pen, Slider, draw, enqueue, sketch
    from drawscape import edition, evolve, form, history, sheet

These names are imported on first use. Those of notebooks need the extra `lab`.
"""

import contextlib
from typing import TYPE_CHECKING

from drawscape import settings
from drawscape.errors import SettingsError
from drawscape.lazy_exports import lazy_exports
from drawscape.project_modules import add_folder

if TYPE_CHECKING:
    from drawscape.drawing.document import Pen
    from drawscape.jobs import enqueue
    from drawscape.notebook.contact_sheets import contact_sheet, sheet
    from drawscape.notebook.edition_board import edition
    from drawscape.notebook.evolution import evolve
    from drawscape.notebook.forms import form
    from drawscape.notebook.history_board import history
    from drawscape.parameters import Between, Color, Slider
    from drawscape.sketches.palette import Palette
    from drawscape.sketches.registry import draw, sketch

__version__ = "0.5.0.dev0"

__all__ = [
    "Between",
    "Color",
    "Palette",
    "Pen",
    "Slider",
    "contact_sheet",
    "draw",
    "edition",
    "enqueue",
    "evolve",
    "form",
    "history",
    "sheet",
    "sketch",
]  # fmt: skip

if not TYPE_CHECKING:  # a type checker would take any name for an export
    __getattr__, __dir__ = lazy_exports(
        __name__,
        {
            "drawscape.drawing.document": "Pen",
            "drawscape.jobs": "enqueue",
            "drawscape.notebook.contact_sheets": "contact_sheet sheet",
            "drawscape.notebook.edition_board": "edition",
            "drawscape.notebook.evolution": "evolve",
            "drawscape.notebook.forms": "form",
            "drawscape.notebook.history_board": "history",
            "drawscape.parameters": "Between Color Slider",
            "drawscape.sketches.palette": "Palette",
            "drawscape.sketches.registry": "draw sketch",
        },
    )

# A project's notebooks, in another folder, import its `workers` and `sketches` by these names.
with contextlib.suppress(SettingsError, OSError):
    if settings.is_project(settings.home()):
        add_folder(settings.home())
