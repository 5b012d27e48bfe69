"""A real browser before a real JupyterLab, with a queue of its own."""

import os

import pytest
from jupyter_lab import jupyter_folders, running_lab

EXACT = """from drawscape.notebook import form
drawing = form('flow_field', paper='A6', gusts=1.25, spacing=1.33, moon=0.111)
drawing"""


SIZE = {"width": 1280, "height": 1100}


@pytest.fixture(scope="module")
def window(chromium):
    """The page of a file's tests, in a profile that keeps the large files of Lab."""
    context = chromium.new_context(viewport=SIZE)
    page = context.new_page()
    page.set_default_timeout(60_000)
    yield page
    context.close()


@pytest.fixture
def page(window, request, pictures):
    """The file's page; a screenshot stays behind, whatever the outcome."""
    window.set_viewport_size(SIZE)
    yield window
    window.screenshot(path=pictures / f"{request.node.name}.png")
    for other in window.context.pages[1:]:
        other.close()


@pytest.fixture
def labs(tmp_path, module_home):
    """Start a JupyterLab on an empty folder, and after it was killed another: `with labs() as lab`."""
    folder = tmp_path / "notebooks"
    folder.mkdir()
    environment = {**os.environ, **jupyter_folders(tmp_path)}
    return lambda: running_lab(tmp_path, folder, environment)


@pytest.fixture
def notebook(lab, page):
    """A notebook with one form, shown."""
    notebook = lab.run_cells(page, EXACT)
    notebook.form().await_status("finished")  # it draws its first picture by itself
    return notebook
