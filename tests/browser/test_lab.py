"""JupyterLab starts, opens a notebook, and runs it: what the other browser tests stand on."""

import json
from typing import Any

import pytest

pytestmark = pytest.mark.browser


def test_lab_runs_a_notebook_with_a_widget(lab: Any, page: Any) -> None:
    source = "import ipywidgets as w\nslider = w.IntSlider(3)\nslider.add_class('hook')\nslider"
    write_notebook(lab.folder / "trivial.ipynb", source)
    notebook = lab.open(page, "trivial.ipynb")
    notebook.run_all()
    page.locator(".hook").wait_for()
    assert notebook.evaluate("print(slider.value)") == "3\n"


def write_notebook(path: Any, *sources: str) -> None:
    cells = [
        {
            "cell_type": "code",
            "id": f"cell-{number}",
            "metadata": {},
            "execution_count": None,
            "outputs": [],
            "source": source,
        }
        for number, source in enumerate(sources)
    ]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    path.write_text(
        json.dumps({"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5})
    )
