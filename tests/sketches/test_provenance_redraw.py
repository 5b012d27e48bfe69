"""Every drawing is drawn again byte for byte from its file alone, in a process that knows nothing else."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from drawscape.recipe import SourceText
from drawscape.sketches import SKETCHES, draw, read_provenance

ROOT = Path(__file__).parents[2]

CHECK = """
import sys
from pathlib import Path
from drawscape.catalogue.redraw import compare_again
for name in sys.stdin.read().split():
    print(name, compare_again(name, trust=True))
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
def test_a_sketch_of_each_family_is_redrawn_from_its_file(tmp_path: Path) -> None:
    # All of them are in the wheel's test.
    names = [family[0] for family in SKETCHES.families().values()]
    files = [draw(name, 40, 50, seed=2).save(tmp_path / f"{name}.svg") for name in names]
    assert len(files) >= 8
    assert checked_elsewhere(tmp_path, files) == dict.fromkeys(map(str, files), "same bytes")


RUN_NOTEBOOK = """
import ast, json, linecache, sys
from pathlib import Path
from drawscape.sketches import draw
from drawscape.recipe import is_sketch
DEFINES = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)
is_call = lambda node: isinstance(node, ast.Call)
names, folder = vars(sys.modules["__main__"]), Path(sys.argv[2])
waiting = []
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
    functions = [names[node.name] for node in tree.body if isinstance(node, ast.FunctionDef)]
    waiting += [(number, one) for one in functions if is_sketch(one) and one.__name__ != "hopeless"]
    for one in waiting[:]:  # hopeless raises
        try:
            svg = draw(one[1], 60, 60, seed=3)
        except NameError:
            continue  # a helper comes in a later cell
        print("FILE", svg.save(folder / f"{one[0]}-{one[1].__name__}.svg"))
        waiting.remove(one)
"""


DAYLIGHT = [
    {"place": place, "hours": 8 + day} for place in ("Quito", "Kyiv", "Tromsø") for day in range(5)
]


@pytest.mark.slow
def test_every_sketch_of_the_tutorials_is_redrawn_from_its_file(tmp_path: Path) -> None:
    files: list[Path] = []
    defined: list[str] = []
    for notebook in sorted((ROOT / "notebooks").glob("*.ipynb")):
        text = notebook.read_text()
        if not re.search(r"def \w+\(svg", text):
            continue
        defined += [name for name in re.findall(r"def (\w+)\(svg", text) if name != "hopeless"]
        folder = tmp_path / notebook.stem
        for home in (folder, tmp_path / "elsewhere"):  # with what other cells and jobs make
            (home / "output" / "data").mkdir(parents=True, exist_ok=True)
            Image.linear_gradient("L").save(home / "output" / "hills.png")
            (home / "output" / "data" / "daylight.json").write_text(json.dumps(DAYLIGHT))
        environment = {**os.environ, "DRAWSCAPE_HOME": str(folder), "PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            [sys.executable, "-c", RUN_NOTEBOOK, str(notebook), str(folder)],
            cwd=notebook.parent, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        lines = [line for line in done.stdout.splitlines() if line.startswith("FILE ")]
        files += [Path(line.removeprefix("FILE ")) for line in lines]
    assert sorted(file.stem.partition("-")[2] for file in files) == sorted(defined)
    assert len(defined) >= 5
    assert checked_elsewhere(tmp_path, files) == dict.fromkeys(map(str, files), "same bytes")


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
    assert checked_elsewhere(tmp_path, [file]) == {str(file): "same bytes"}
