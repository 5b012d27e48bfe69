"""What notices the files that a sketch reads stays out of the way of all else."""

import gc
import importlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import IO

import pytest

from drawscape.sketches import draw, read_provenance
from drawscape.svg_builder import SVGBuilder

LATE = """
from drawscape.sketches import inputs

class Late:
    def __del__(self, open=open, print=print):
        open("/dev/null").close()
        print("read")

with inputs.watched(inputs.Inputs()):
    inputs.late = Late()  # goes when the names of the module have gone
"""


def test_what_is_read_while_python_ends_disturbs_nobody():
    done = subprocess.run([sys.executable, "-c", LATE], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("read\n", "")


HELPED = """
from functools import cache
from drawscape.sketches import read_input

@cache
def size():
    return float({read})

def {name}(svg, *, count: int = 1):
    svg.circle(9, 9, size() + count)
"""


@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")  # people write it so
@pytest.mark.parametrize(
    ("read", "reads", "volatile"),
    [
        ("open({path!r}).read()", [], ["the file 'size.txt'"]),
        ("read_input('size.txt')", ["size.txt"], []),
    ],
)
def test_a_helper_that_keeps_what_it_has_read_is_noticed_at_each_drawing(
    read: str,
    reads: list[str],
    volatile: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DRAWSCAPE_HOME", str(tmp_path))
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "size.txt").write_text("3")
    name = f"helped_{len(reads)}"
    text = HELPED.format(read=read.format(path=str(tmp_path / "size.txt")), name=name)
    (tmp_path / f"{name}.py").write_text(text)
    sketch = getattr(importlib.import_module(name), name)
    for count in (1, 2, 3):
        provenance = read_provenance(draw(sketch, 40, 40, count=count).to_string())
        assert (list(provenance.reads), provenance.volatile) == (reads, volatile)


def test_a_file_that_a_parameter_names_belongs_to_drawings_with_that_parameter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from drawscape.sketches import read_input

    monkeypatch.setenv("DRAWSCAPE_HOME", str(tmp_path))
    for place in ("kyiv", "oslo"):
        (tmp_path / f"{place}.txt").write_text("3")

    def towns(svg, *, place: str = "kyiv") -> None:  # type: ignore[no-untyped-def]
        svg.circle(9, 9, float(read_input(f"{place}.txt")))

    for place in ("kyiv", "oslo", "kyiv"):
        provenance = read_provenance(draw(towns, 40, 40, place=place).to_string())  # type: ignore[operator]
        assert list(provenance.reads) == [f"{place}.txt"]


class Cycle:
    """Garbage of somebody else's, that opens a file when it is cleared away."""

    def __init__(self, file: Path, cleared: list[str]) -> None:
        self.itself, self.file, self.cleared = self, file, cleared

    def __del__(self) -> None:
        self.file.write_text("gone")
        self.cleared.append("gone")


def test_garbage_that_is_cleared_away_while_a_sketch_draws_is_not_the_sketchs(
    tmp_path: Path,
) -> None:
    def dot(svg) -> None:  # type: ignore[no-untyped-def]
        gc.collect()
        svg.circle(9, 9, 3)

    cleared: list[str] = []
    draw(dot, 40, 40)  # type: ignore[operator]
    Cycle(tmp_path / "log.txt", cleared)
    provenance = read_provenance(draw(dot, 40, 40).to_string())  # type: ignore[operator]
    assert (cleared, provenance.volatile) == (["gone"], [])


def test_a_file_that_a_library_makes_for_a_moment_is_no_input(tmp_path: Path):
    """SciPy 1.13 collects the messages of its triangulation in one."""

    def drawing_with(opened: Callable[[], IO[bytes]]) -> list[str]:
        def scribble(svg: SVGBuilder) -> None:
            with opened() as file:
                file.write(b"10")
                file.seek(0)
                svg.circle(20, 20, int(file.read()))

        return read_provenance(draw(scribble, 40, 40).to_string()).volatile

    assert drawing_with(lambda: os.fdopen(tempfile.mkstemp(dir=tmp_path)[0], "w+b")) == []
    assert drawing_with(partial(open, tmp_path / "new", "x+b")) == []
    assert drawing_with(partial(open, tmp_path / "new", "r+b")) == ["the file 'new'"]
