"""Execute the tutorials and save them with their outputs: `python tests/execute_notebooks.py [FILE...]`.

As `jupyter execute --inplace` does, but in a home of its own, and without what changes at each run:
times, widgets, and their state, which holds every picture a second time.
"""

import os
import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient

FOLDER = Path(__file__).parents[1] / "notebooks"


def execute(path):
    """Run every cell of the notebook at `path` and write it back; raise at the first error."""
    notebook = nbformat.read(path, as_version=4)
    resources = {"metadata": {"path": str(path.parent)}}
    options = {"timeout": 120, "record_timing": False, "store_widget_state": False}
    NotebookClient(notebook, resources=resources, **options).execute()
    notebook.metadata.pop("widgets", None)
    notebook.metadata["language_info"] = {"name": "python"}
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", ()):
            # Without its kernel a widget is an error message; its plain text takes its place.
            output.get("data", {}).pop("application/vnd.jupyter.widget-view+json", None)
    nbformat.write(notebook, path)


def main():
    names = sys.argv[1:]
    paths = [Path(name) for name in names] or sorted(FOLDER.glob("[0-9]*.ipynb"))
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        os.environ["DRAWSCAPE_HOME"] = home
        for path in paths:
            execute(path)
            sys.stdout.write(f"{path.name}: {path.stat().st_size / 1000:.0f} kB\n")


if __name__ == "__main__":
    main()
