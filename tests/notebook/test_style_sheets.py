"""The style sheets of forms, boards, viewers and panels."""

from pathlib import Path

import pytest
import tinycss2

import drawscape

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
