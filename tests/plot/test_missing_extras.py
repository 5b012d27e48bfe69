"""Without the library that a format needs, its export names what to install.

Each runs in a Python of its own in which that library is not found, as if never installed.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from drawscape.svg_builder import Pen, SVGBuilder

WITHOUT = """
import importlib.abc, sys

class NotInstalled(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {missing!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, NotInstalled())
"""

EXPORT = """
from drawscape.errors import MissingExtraError
from drawscape.plot.export.formats import save
from drawscape.svg.read import read_svg

try:
    save(read_svg(sys.argv[1]), sys.argv[2])
except MissingExtraError as error:
    print(error.extra, isinstance(error, ImportError), type(error.__cause__).__name__, error)
"""

COMMAND = """
from drawscape.cli import main
main()
"""

CASES = [
    (["PIL"], "a.png", "png", "PNG export needs an extra: pip install 'drawscape[png]'"),
]


def run(missing: list[str], code: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", WITHOUT.format(missing=missing) + code, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture
def drawn(tmp_path: Path) -> Path:
    svg = SVGBuilder(297, 210, pen=Pen())
    return svg.polyline([(20, 20), (200, 100)]).save(tmp_path / "drawn.svg")


@pytest.mark.parametrize(("missing", "file", "extra", "hint"), CASES)
def test_an_export_without_its_library_names_the_extra_to_install(
    missing: list[str], file: str, extra: str, hint: str, drawn: Path, tmp_path: Path
) -> None:
    done = run(missing, EXPORT, drawn, tmp_path / file)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip() == f"{extra} True ModuleNotFoundError {hint}"
    assert [path.name for path in tmp_path.iterdir()] == ["drawn.svg"]


@pytest.mark.parametrize(("missing", "file", "extra", "hint"), CASES)
def test_the_command_says_so_in_a_line_and_fails(
    missing: list[str], file: str, extra: str, hint: str, drawn: Path, tmp_path: Path
) -> None:
    done = run(missing, COMMAND, "plot", drawn, "-o", tmp_path / file)
    assert done.returncode == 1
    assert hint in done.stderr
    assert "Traceback" not in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["drawn.svg"]


@pytest.mark.parametrize("file", ["a.svg", "a.pdf", "a.gcode", "a.hpgl"])
def test_the_other_formats_need_no_extra(file: str, drawn: Path, tmp_path: Path) -> None:
    done = run(["vpype", "PIL"], EXPORT, drawn, tmp_path / file)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (tmp_path / file).stat().st_size > 50


@pytest.mark.parametrize(("file", "start"), [("a.hpgl", b"IN;"), ("a.png", b"\x89PNG")])
def test_with_the_library_found_the_same_export_writes_its_file(
    file: str, start: bytes, drawn: Path, tmp_path: Path
) -> None:
    done = run([], EXPORT, drawn, tmp_path / file)
    assert (done.returncode, done.stdout) == (0, "")
    assert (tmp_path / file).read_bytes().startswith(start)
