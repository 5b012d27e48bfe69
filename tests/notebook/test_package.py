"""The notebook's package is light to import and says what it lacks."""

import subprocess
import sys

import pytest

import drawscape.notebook


def run(program: str) -> str:
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60
    )
    return result.stdout + result.stderr


@pytest.mark.parametrize("name", drawscape.notebook.__all__)
def test_every_name_leads_to_something_with_a_docstring(name):
    assert getattr(drawscape.notebook, name).__doc__


def test_importing_it_loads_no_widgets():
    program = (
        "import sys, drawscape.notebook, drawscape.job_manager; print('ipywidgets' in sys.modules)"
    )
    assert run(program) == "False\n"


def test_without_ipywidgets_the_error_names_the_extra():
    program = "import sys; sys.modules['ipywidgets'] = None; from drawscape.notebook import form"
    assert (
        "MissingExtraError: drawscape.notebook.form needs an extra: pip install 'drawscape[lab]'"
        in run(program)
    )


def test_without_anywidget_there_are_pictures_and_the_error_names_the_extra(tmp_path, monkeypatch):
    monkeypatch.setenv("DRAWSCAPE_HOME", str(tmp_path))
    said = run(
        "import sys; sys.modules['anywidget'] = None\n"
        "from drawscape.sketches import draw\n"
        "print(draw('spiral', 60, 60)._repr_mimebundle_()['text/html'][:4])\n"
        "from drawscape.notebook import form"
    )
    assert said.startswith("<img\n")
    assert "drawscape.notebook.form needs an extra: pip install 'drawscape[lab]'" in said


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'from'"):
        getattr(drawscape.notebook, "from")
