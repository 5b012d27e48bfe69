"""`%load_ext drawscape` brings magics, and names to complete."""

import pytest
from IPython.core.interactiveshell import InteractiveShell

from drawscape.errors import SignatureError
from drawscape.notebook.forms import Form
from drawscape.notebook.jobs import QueueTable
from drawscape.notebook.magics import completions, load_ipython_extension

pytestmark = pytest.mark.usefixtures("module_home")

RINGS = (
    "def rings(svg, rng, *, count: int = {}, wide: float = 1.5):\n    svg.circle(50, 50, count)\n"
)


@pytest.fixture
def shell():
    """An IPython with the extension loaded."""
    shell = InteractiveShell.instance()
    shell.run_line_magic("load_ext", "drawscape")
    yield shell
    InteractiveShell.clear_instance()


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("form('flow_f", ["flow_field"]),
        ("x = contact_sheet('harmo", ["harmonograph"]),
        ("form('flow_field', gu", ["gusts="]),
        ("form('flow_field', gusts=2, spac", ["spacing="]),
        ("form('flow_field', pap", ["paper="]),
    ],
)
def test_tab_completes_patterns_and_their_parameters(shell, text, wanted):
    load_ipython_extension(shell)  # once more, as importing `form` does
    _, found = shell.complete(None, text, len(text))
    assert found.count(wanted[0]) == 1
    assert [name for name in found if name in wanted] == wanted


@pytest.mark.parametrize("text", ["form('no_such', gu", "print('flow_f", "f.set(x", "form(gu"])
def test_elsewhere_nothing_is_offered(text):
    assert completions(text, {}) == []


def test_tab_completes_what_a_form_can_set(shell):
    from drawscape.notebook import form

    shell.user_ns["f"] = form("spiral")
    _, found = shell.complete(None, "f.set(seed=3, tur", 17)
    assert "turns=" in found


def test_a_cell_becomes_the_form_of_its_sketch_and_an_edit_keeps_the_settings(
    shell, monkeypatch, tmp_path
):
    monkeypatch.setenv("JPY_SESSION_NAME", str(tmp_path / "rings.ipynb"))
    shown = shell.run_cell_magic("sketch", "paper='A6'", RINGS.format(9))
    assert isinstance(shown, Form)
    assert (shown.values["count"], shown.values["width"]) == (9, 105)
    shown.set(count=30, seed=4)
    again = shell.run_cell_magic("sketch", "paper='A6'", RINGS.format(12).replace("wide", "broad"))
    assert again is not shown
    assert (again.values["count"], again.values["seed"], again.values["broad"]) == (30, 4, 1.5)
    assert again.values["width"] == 105


def test_a_cell_without_a_sketch_says_what_is_missing(shell):
    with pytest.raises(SignatureError, match="defines no function that takes a canvas"):
        shell.run_cell_magic("sketch", "", "x = 5")


def test_an_error_in_the_cell_is_shown_once(shell, capsys):
    """0.3 showed it where it was raised, and again where it was raised again."""
    for cell, error in (("def rings(svg:\n", SyntaxError), ("1 / 0", ZeroDivisionError)):
        with pytest.raises(error):
            shell.run_cell_magic("sketch", "", cell)
    said = capsys.readouterr()
    assert said.out + said.err == ""


def test_jobs_are_a_table(shell):
    table = shell.run_line_magic("jobs", "failed")
    assert isinstance(table, QueueTable)
    table.close()
