"""Photograph the widgets of the tutorials for the site: `make pictures`.

The pictures go into notebooks/pages/_static/screens.

Each notebook runs in a real JupyterLab with a real worker. A widget that lives in a kernel would be a
sentence on the site; `conf.py` puts these pictures in its place, by notebook and cell.
"""

import io
import shutil
import tempfile
from pathlib import Path

from jupyter_lab import studio
from PIL import Image

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
SCREENS = NOTEBOOKS / "pages" / "_static" / "screens"
CELLS = {
    "01_first_drawing": (1, 9),
    "02_your_own_sketch": (13,),
    "03_many_drawings": (3, 8, 17),
    "04_the_queue": (5, 29),
    "05_to_the_plotter": (7, 22),
    "06_pictures_into_lines": (9,),
}
"""The cells, counted from 0, whose widgets are photographed."""
LIVE = ("01_first_drawing", 1)
"""The form that moves on the site, too."""
STATE = """import base64, json
from drawscape.catalogue import find
state = {name: getattr(drawing, name) for name in ('schema', 'inputs', 'state')}
state['state'] = {**state['state'], 'kind': 'png', 'file': ''}
state['strip'] = []
state['picture'] = base64.b64encode(find(drawing.job.result).thumbnail).decode()
print(json.dumps(state))"""
SIZE = {"width": 1180, "height": 1500}
LARGEST_BYTES = 120_000
WIDGET = ".drawscape-form, .drawscape-plot, .drawscape-board, .drawscape-viewer"
PAINTED = """widget => [...widget.querySelectorAll('img')].every(one => one.hidden || one.complete)
    && [...widget.querySelectorAll('.drawscape-viewer')].every(one => one.drawscapeViewer?.shown)"""


def photograph(page, cell, target):
    """Write what the widget of a cell looks like."""
    widget = page.locator(".jp-Notebook .jp-Cell").nth(cell).locator(WIDGET).first
    widget.scroll_into_view_if_needed()
    page.wait_for_function(PAINTED, arg=widget.element_handle())
    page.wait_for_timeout(800)  # what was scrolled to is painted
    shot = Image.open(io.BytesIO(widget.screenshot())).convert("RGB")
    for quality in (80, 60, 40):
        shot.save(target, "WEBP", quality=quality, method=6)
        if target.stat().st_size <= LARGEST_BYTES:
            break
    print(f"{target.name}: {shot.width} x {shot.height}, {target.stat().st_size / 1000:.0f} kB")


def main():
    """Run the notebooks in a new home and photograph their widgets."""
    SCREENS.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name,
        studio(Path(name), SIZE, slots=2) as (lab, page),
    ):
        for stem, cells in CELLS.items():
            shutil.copy(NOTEBOOKS / f"{stem}.ipynb", lab.folder)
            notebook = lab.open(page, f"{stem}.ipynb")
            page.evaluate("jupyterapp.commands.execute('application:toggle-left-area')")
            notebook.run_all()
            for cell in cells:
                photograph(page, cell, SCREENS / f"{stem}-{cell}.webp")
            if stem == LIVE[0]:
                state = SCREENS / f"{stem}-{LIVE[1]}.json"
                state.write_text(notebook.evaluate(STATE))


if __name__ == "__main__":
    main()
