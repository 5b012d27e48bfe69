"""JupyterLab starts, opens a notebook, and runs it: what the other browser tests stand on."""

from typing import Any

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.nightly]


def test_lab_runs_a_notebook_with_a_widget(lab: Any, page: Any) -> None:
    source = "import ipywidgets as w\nslider = w.IntSlider(3)\nslider.add_class('hook')\nslider"
    notebook = lab.run_cells(page, source)
    page.locator(".hook").wait_for()
    assert notebook.evaluate("print(slider.value)") == "3\n"
