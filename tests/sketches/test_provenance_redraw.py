"""Every drawing is drawn again byte for byte from its file alone, in a process that knows nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from drawscape.sketches import SKETCHES, draw, read_provenance
from drawscape.sketches.source_text import SourceText

ROOT = Path(__file__).parents[2]

CHECK = """
import sys
from pathlib import Path
from drawscape.catalogue.redraw import compare_again
for name in sys.stdin.read().split():
    print(Path(name).stem, compare_again(name, trust=True))
"""


def checked_elsewhere(folder: Path, files: list[Path]) -> dict[str, str]:
    """Return what a fresh process with an empty home finds of each file."""
    home = folder / "elsewhere"
    home.mkdir(exist_ok=True)
    environment = {**os.environ, "DRAWSCAPE_HOME": str(home), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-P", "-c", CHECK], input="\n".join(map(str, files)), cwd=home,
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return dict(line.split(" ", 1) for line in done.stdout.splitlines())


@pytest.mark.slow
def test_every_sketch_of_the_library_is_redrawn_from_its_file(tmp_path: Path) -> None:
    files = [draw(name, 40, 50, seed=2).save(tmp_path / f"{name}.svg") for name in SKETCHES]
    assert len(files) >= 48
    assert checked_elsewhere(tmp_path, files) == dict.fromkeys(SKETCHES, "same bytes")


RUN_NOTEBOOK = """
import ast, json, linecache, sys
from pathlib import Path
from drawscape.sketches import draw
from drawscape.sketches.model import is_sketch
DEFINES = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)
is_call = lambda node: isinstance(node, ast.Call)
names, folder = vars(sys.modules["__main__"]), Path(sys.argv[2])
for number, cell in enumerate(json.loads(Path(sys.argv[1]).read_text())["cells"]):
    text, name = "".join(cell["source"]), f"<cell {number}>"
    if cell["cell_type"] != "code" or text.startswith(("%", "!")):
        continue
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    tree = ast.parse(text, name)
    tree.body = [node for node in tree.body if isinstance(node, DEFINES)
                 or isinstance(node, ast.Assign) and not is_call(node.value)]
    try:
        exec(compile(tree, name, "exec", dont_inherit=True), names)
    except NameError:
        pass  # a statement about jobs, of a cell that is not run here
found = [value for value in list(names.values()) if callable(value)
         and getattr(value, "__module__", "") == "__main__" and is_sketch(value)]
for sketch in [one for one in found if one.__name__ != "hopeless"]:  # it raises
    try:
        print("FILE", draw(sketch, 60, 60, seed=3).save(folder / f"{sketch.__name__}.svg"))
    except FileNotFoundError:
        pass  # it reads what a job of its tutorial writes
"""


@pytest.mark.slow
def test_every_sketch_of_the_tutorials_is_redrawn_from_its_file(tmp_path: Path) -> None:
    files: list[Path] = []
    for notebook in sorted((ROOT / "notebooks").glob("*.ipynb")):
        if "def " not in notebook.read_text():
            continue
        folder = tmp_path / notebook.stem
        folder.mkdir()
        for home in (folder, tmp_path / "elsewhere"):
            (home / "output").mkdir(parents=True, exist_ok=True)
            picture = home / "output" / "hills.png"  # which a cell of its own makes
            Image.linear_gradient("L").save(picture)
        environment = {**os.environ, "DRAWSCAPE_HOME": str(folder), "PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            [sys.executable, "-c", RUN_NOTEBOOK, str(notebook), str(folder)],
            cwd=notebook.parent, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        lines = [line for line in done.stdout.splitlines() if line.startswith("FILE ")]
        files += [Path(line.removeprefix("FILE ")) for line in lines]
    assert len(files) >= 3, "the tutorials define sketches"
    found = checked_elsewhere(tmp_path, files)
    assert found == dict.fromkeys([file.stem for file in files], "same bytes")


def test_damaged_or_hostile_source_is_an_error_and_not_a_bomb() -> None:
    import base64
    import zlib

    from drawscape.errors import ProvenanceError

    def packed(content: bytes) -> str:
        return "zlib:" + base64.b64encode(zlib.compress(content)).decode()

    good = json.dumps({"entry": "a", "main": "a = 1", "modules": {}}).encode()
    source = SourceText.of_reference(packed(good))
    assert source is not None
    assert source.load() == 1
    bad = [
        "",
        "zlib:",
        "zlib:!!!",
        "other:x",
        packed(b"[]"),
        packed(b'{"entry": 1}'),
        packed(b"0" * 9_000_000),
    ]
    for reference in bad:
        with pytest.raises(ProvenanceError, match="damaged"):
            SourceText.of_reference(reference)
    with pytest.raises(ProvenanceError, match="does not run here"):
        SourceText("b", "a = 1", {}).load()
    with pytest.raises(ProvenanceError, match="ZeroDivisionError"):
        SourceText("a", "a = 1 / 0", {}).load()


def test_modules_beside_the_notebook_travel_with_the_sketch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import importlib

    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "tallpack").mkdir()
    (tmp_path / "tallpack" / "__init__.py").write_text("")
    (tmp_path / "tallpack" / "bend.py").write_text(
        "BEND = 3\n\ndef bend(x):\n    return x + BEND\n"
    )
    (tmp_path / "tallreeds.py").write_text(
        "from tallpack.bend import bend\n\ndef reeds(svg, *, n: int = 3):\n    svg.circle(20, 20, bend(n))\n"
    )
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    reeds = importlib.import_module("tallreeds").reeds
    file = draw(reeds, 60, 60).save(tmp_path / "reeds.svg")
    for name in ("tallreeds", "tallpack", "tallpack.bend"):
        monkeypatch.delitem(sys.modules, name)
    source = SourceText.of_reference(read_provenance(file.read_text()).source)
    assert source is not None
    assert set(source.modules) == {"tallreeds", "tallpack", "tallpack.bend"}
    assert "def bend(x):" in source.shown
    assert checked_elsewhere(tmp_path, [file]) == {"reeds": "same bytes"}
