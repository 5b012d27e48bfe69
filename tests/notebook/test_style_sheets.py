"""The style sheets and scripts of forms, boards, viewers and panels."""

import re
from collections import Counter
from pathlib import Path

import pytest
import tinycss2

import drawscape
from drawscape.viewer.assets import script

SHEETS = sorted(Path(drawscape.__file__).parent.rglob("*.css"))


def errors_in(nodes):
    """Yield what a browser leaves out, in blocks and functions too."""
    for node in nodes:
        if node.type == "error":
            yield f"line {node.source_line}: {node.message}"
        for inside in ("content", "prelude", "arguments"):
            yield from errors_in(getattr(node, inside, None) or ())


@pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.name)
def test_a_browser_reads_every_rule(path):
    """A text that was broken over two lines once took the rules for narrow pages with it."""
    assert list(errors_in(tinycss2.parse_stylesheet(path.read_text()))) == []


@pytest.mark.parametrize("name", ["board.js", "form.js", "plot_panel.js", "viewer.js"])
def test_modules_of_one_script_share_no_name(name):
    """A browser runs nothing of a script with two declarations of one name."""
    declared = re.findall(
        r"^(?:export )?(?:async )?(?:const|let|class|function) (\w+)", script(name), re.M
    )
    assert [one for one, count in Counter(declared).items() if count > 1] == []
    assert "make" in declared
    assert script(name).count("export default") == 1
