"""What preparing a plot may load, and what a format's missing library is answered with.

Each runs in a Python of its own; one in which a library is not found, as if never installed.
"""

import subprocess
import sys

import pytest

from drawscape.svg_builder import Pen, SVGBuilder

WITHOUT = """
import importlib.abc, sys

class NotInstalled(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"PIL", "vpype"}:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, NotInstalled())
from drawscape.errors import MissingExtraError
from drawscape.plot import save
from drawscape.svg.read import read_svg
for file in sys.argv[2:]:
    try:
        save(read_svg(sys.argv[1]), file)
    except MissingExtraError as error:
        print(error.extra, isinstance(error, ImportError), type(error.__cause__).__name__, error)
"""

LOADED = """
import sys, drawscape.cli.plot, drawscape.plot, drawscape.svg.read
print(*sorted({"scipy", "shapely", "vpype", "PIL", "rich", "IPython"} & set(sys.modules)))
from drawscape.sketches import draw
drawscape.plot.optimize(draw("spiral", 210, 297).document())
drawscape.plot.optimize(draw("schotter", 60, 80, columns=5).document())
print(*[name for name in sys.modules if name.startswith("scipy")])
"""


def run(code, *arguments):
    command = [sys.executable, "-c", code, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    assert done.stderr == ""
    return done.stdout


@pytest.mark.slow
def test_a_missing_library_is_named_with_what_to_install_and_leaves_no_file(tmp_path):
    drawn = (
        SVGBuilder(297, 210, pen=Pen()).polyline([(20, 20), (200, 100)]).save(tmp_path / "d.svg")
    )
    names = ["a.png", "a.svg", "a.pdf", "a.gcode", "a.hpgl"]
    hint = "PNG export needs an extra: pip install 'drawscape[png]'"
    said = run(WITHOUT, drawn, *(tmp_path / name for name in names))
    assert said.strip() == f"png True ModuleNotFoundError {hint}"
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*names[1:], "d.svg"])


@pytest.mark.slow
def test_the_package_loads_no_heavy_library_and_small_drawings_no_scipy():
    assert run(LOADED).split() == []
