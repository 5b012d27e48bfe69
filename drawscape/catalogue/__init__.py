"""Every drawing that was made: its recipe, figures, thumbnail and marks, in a SQLite file beside the queue.

The files are the truth and the rows an index of them, which `rebuild` makes again; marks (stars, tags, notes)
belong to recipes and survive. Read drawing.py, index.py (rows for files, what stands, drafts) and query.py.
Then database.py has the tables, and the documents of sheets and forms; redraw.py draws again.
"""

from drawscape.catalogue.database import (
    named_store,
    recent_store,
    settings_key,
    settings_store,
    sheet_store,
)
from drawscape.catalogue.drawing import KEPT, REJECTED, Drawing, Figures
from drawscape.catalogue.index import (
    draft_for,
    find_existing,
    is_draft,
    keep_draft,
    latest_for,
    rebuild,
    record,
    refresh,
    source_in,
)
from drawscape.catalogue.query import Drawings, Pruning, Traits, drawings, find, pruning
from drawscape.catalogue.redraw import RedrawComparison, compare_again, redraw_file

__all__ = [
    "KEPT", "REJECTED", "Drawing", "Drawings", "Figures", "Pruning", "RedrawComparison", "Traits",
    "compare_again", "draft_for", "drawings", "find", "find_existing", "is_draft", "keep_draft",
    "latest_for", "named_store", "pruning", "rebuild", "recent_store", "record", "redraw_file",
    "refresh", "settings_key", "settings_store", "sheet_store", "source_in",
]  # fmt: skip
