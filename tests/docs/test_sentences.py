"""`make words` finds what a reader stops at, wherever users read it."""

import click
import pytest
import sentences

from drawscape.cli.root import root

LONG = " ".join(["word"] * 30) + "."
RARE = "A pen may have a layer of its own."
MODULE = """
def f(x):
    \'\'\'Return. {0}\'\'\'
    if x == 1:
        raise ValueError(f"{{x}} is wrong. {0}")
    click.echo("done. {0}")
"""


@pytest.mark.parametrize("text", [LONG, RARE])
def test_pages_docstrings_errors_and_messages_are_read(tmp_path, text):
    (tmp_path / "module.py").write_text(MODULE.format(text))
    read = [
        *sentences.docstrings(tmp_path / "module.py"),
        *sentences.messages(tmp_path / "module.py"),
        sentences.prose(f"# Page\n\n- One. {text}\n"),
    ]
    assert sum(1 for one in read if [*sentences.problems(one)]) == 4
    assert [*sentences.problems("A pen may have another layer.")] == []


def test_an_option_is_a_thing_and_no_order():
    assert [*sentences.orders(root)] == []
    width = click.Option(["--width"], help="Make the page this wide.")
    draw = click.Command("draw", params=[width])
    wrong = click.Group("drawscape", commands={"draw": draw})
    said = "drawscape draw --width: name a thing, not an order: Make the page this wide."
    assert [*sentences.orders(wrong)] == [said]
