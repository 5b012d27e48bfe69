"""A drawing tells how it was drawn, and is drawn again from that."""

import base64
import importlib
import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ET
import zlib
from enum import Enum
from pathlib import Path

import numpy as np
import pytest
from sketch_cells import request, run_cell, sketch_of
from support import sampled

from drawscape.errors import ProvenanceError, UnknownNameError
from drawscape.recipe import SourceText, cached_hashes, origin_of, plain, recipe_of
from drawscape.sketches import (
    SKETCHES,
    Provenance,
    as_sketch,
    code_hash,
    draw,
    read_provenance,
    redraw,
)


def test_a_drawing_says_how_it_was_made():
    svg = draw("truchet", 100, 150, seed=7, tiles=4, margin=5)
    provenance = read_provenance(svg.to_string())
    assert (provenance.sketch, provenance.seed, provenance.width, provenance.height, provenance.margin) == (
        "truchet", 7, 100.0, 150.0, 5.0,
    )  # fmt: skip
    assert {"tiles": 4, "loops": True, "strands": 8}.items() <= provenance.parameters.items()
    assert provenance.code == code_hash(SKETCHES["truchet"].function)


def test_the_metadata_holds_no_date_and_no_path():
    head = draw("schotter", 60, 60).to_string().partition("</metadata>")[0]
    values = json.loads(head.partition('<metadata id="drawscape">')[2].replace("&quot;", '"'))
    assert set(values) == {
        "sketch", "seed", "width", "height", "margin", "parameters", "version", "code",
        "recipe", "traits", "versions", "body",
    }  # fmt: skip
    assert list(values["versions"]) == ["numpy"]  # 0.3 also had fontTools, HersheyFonts and shapely


def lettered(svg, *, text: str = ""):
    svg.circle(30, 30, len(text) + 1)


@pytest.mark.parametrize(
    "text", ["</metadata>&\"'", "\x00\x85", "\ufffe", "\ud800", "é 漢 🎨", " ", ""]
)
def test_any_text_survives_the_file(text):
    first = draw(lettered, 60, 60, text=text).to_string()
    ET.fromstring(first.encode())
    provenance = read_provenance(first)
    assert provenance.parameters["text"] == text
    assert redraw(provenance, lettered).to_string() == first


def test_a_function_outside_the_library_is_redrawn_when_it_is_handed_over():
    def rings(svg, rng, *, count: int = 5, mark: int = 0):
        for ring in range(count):
            x, y = rng.normal(svg.frame.cx, 1, 2)
            svg.circle(x, y, svg.frame.short / 2 / (ring + 2))

    mark = 2**60 + 1  # of more digits than a float has
    first = draw(rings, 90, 90, seed=2, count=9, mark=np.int64(mark)).to_string()
    provenance = read_provenance(first)
    assert provenance.parameters == {"count": 9, "mark": mark}
    assert redraw(provenance, rings).to_string() == first
    with pytest.raises(UnknownNameError, match="rings"):
        redraw(provenance)


@pytest.mark.parametrize(
    "text",
    [
        "<svg></svg>",
        '<metadata id="other">{}</metadata>',
        '<metadata id="drawscape">not json</metadata>',
        '<metadata id="drawscape">[1, 2]</metadata>',
        '<metadata id="drawscape">{"sketch": "spiral"}</metadata>',
        '<metadata id="drawscape">' + "[" * 100_000 + "</metadata>",
    ],
)
def test_a_file_that_does_not_say_how_it_was_made_is_an_error(text):
    with pytest.raises(ProvenanceError):
        read_provenance(text)


def test_a_seed_of_the_wrong_kind_in_a_file_is_an_error():
    values = {**draw("molnar", 50, 50).provenance, "seed": True}
    with pytest.raises(ProvenanceError, match="seed"):
        Provenance.of(values)


def test_values_of_any_kind_become_plain_for_the_metadata():
    color = Enum("color", "red blue")
    values = {"a": np.float64(1.5), "b": np.arange(2), "c": color.red, "d": (Path("x"), None)}
    assert plain(values) == {"a": 1.5, "b": [0, 1], "c": "red", "d": ["x", None]}


ROOT = Path(__file__).parents[2]

CHECK = """
import sys
from pathlib import Path
from drawscape.catalogue.redraw import compare_again
for name in sys.stdin.read().split():
    print(name, compare_again(name, trust=True))
"""


def checked_elsewhere(folder, files):
    """Return what a fresh process with an empty home finds of each file."""
    home = folder / "elsewhere"
    home.mkdir(exist_ok=True)
    environment = {**os.environ, "DRAWSCAPE_HOME": str(home), "PYTHONPATH": str(ROOT)}
    environment["PYTHONHASHSEED"] = "1"
    done = subprocess.run(
        [sys.executable, "-P", "-c", CHECK], input="\n".join(map(str, files)), cwd=home,
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return dict(line.split(" ", 1) for line in done.stdout.splitlines())


@pytest.mark.slow
def test_sketches_are_redrawn_from_their_files_by_another_process(tmp_path):
    # All of them are in the wheel's test.
    names = sampled(SKETCHES, 16)
    files = [draw(name, 40, 50, seed=2).save(tmp_path / f"{name}.svg") for name in names]
    assert checked_elsewhere(tmp_path, files) == dict.fromkeys(map(str, files), "same bytes")


def test_damaged_or_hostile_source_is_an_error_and_not_a_bomb():
    def packed(content: bytes):
        return "zlib:" + base64.b64encode(zlib.compress(content)).decode()

    good = json.dumps({"entry": "a", "main": "a = 1", "modules": {}}).encode()
    assert SourceText.of_reference(packed(good)).load() == 1
    bad = ["", "zlib:", "zlib:!!!", "other:x"]
    for reference in [*bad, packed(b"[]"), packed(b'{"entry": 1}'), packed(b"0" * 9_000_000)]:
        with pytest.raises(ProvenanceError, match="damaged"):
            SourceText.of_reference(reference)
    with pytest.raises(ProvenanceError, match="does not run here"):
        SourceText("b", "a = 1", {}).load()
    with pytest.raises(ProvenanceError, match="ZeroDivisionError"):
        SourceText("a", "a = 1 / 0", {}).load()


def test_a_source_of_more_than_two_megabytes_is_not_unpacked():
    long = SourceText("s", "#" * 3_000_000 + "\ndef s(svg): ...")
    packed = base64.b64encode(zlib.compress(long.json.encode())).decode()
    with pytest.raises(ProvenanceError, match="damaged"):
        SourceText.of_reference(f"zlib:{packed}")


def test_modules_beside_the_notebook_travel_with_the_sketch(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "tallpack").mkdir()
    (tmp_path / "tallpack" / "__init__.py").write_text("")
    (tmp_path / "tallpack" / "bend.py").write_text(
        "class By:\n    BEND = 3\n\ndef bend(x): return x + By.BEND\n"
    )
    reeds = "def reeds(svg, *, n: int = 3): svg.circle(20, 20, bend(n))\n"
    (tmp_path / "tallreeds.py").write_text(f"from tallpack.bend import bend\n\n{reeds}")
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    reeds = importlib.import_module("tallreeds").reeds
    file = draw(reeds, 60, 60).save(tmp_path / "reeds.svg")
    for name in ("tallreeds", "tallpack", "tallpack.bend"):
        monkeypatch.delitem(sys.modules, name)
    source = SourceText.of_reference(read_provenance(file.read_text()).source)
    assert set(source.modules) == {"tallreeds", "tallpack", "tallpack.bend"}
    assert "def bend(x)" in source.shown
    assert checked_elsewhere(tmp_path, [file]) == {str(file): "same bytes"}


HELPED = """
from functools import cache
from drawscape.sketches import read_input

FILES = {'day': 'sun.txt', 'night': 'moon.txt'}

@cache
def size(name):
    return float(read_input(name))

def sky(svg, *, time: str = 'day', count: int = 1):
    svg.circle(9, 9, size(FILES[time]) + count)
"""


def test_no_address_depends_on_what_its_process_drew_before(home):
    """Neither by the files that other drawings read, nor by what a helper has in its cache."""
    (home / "sun.txt").write_text("3")
    (home / "moon.txt").write_text("2")
    (home / "modules" / "helped.py").write_text(HELPED)
    sketch = importlib.import_module("helped").sky

    def drawn(time, count=1):
        return read_provenance(draw(sketch, 40, 40, time=time, count=count).to_string())

    alone = drawn("night")
    assert list(alone.reads) == ["moon.txt"]
    assert list(drawn("day").reads) == ["sun.txt"]
    assert drawn("night") == alone
    assert list(drawn("night", count=2).reads) == ["moon.txt"]
    (home / "moon.txt").write_text("4")
    assert drawn("night").recipe != alone.recipe


@pytest.mark.parametrize(
    ("text", "counts"),
    [
        ("def s(svg, rng): ...", True),
        ("def s(svg): ...", False),
        ("def s(svg): svg.circle(9, 9, svg.random(3))", True),
        ("def helper(svg): return svg.noise(3)\ndef s(svg): svg.circle(9, 9, helper(svg))", True),
    ],
)
def test_a_seed_counts_where_there_are_dice_and_not_where_there_are_none(text, counts):
    sketch = as_sketch(sketch_of(text, "s"))
    first, second = (recipe_of(sketch, 60, 60, seed=seed).request for seed in (1, 2))
    assert (first != second) == counts


@pytest.mark.parametrize(
    "cell",
    [
        "def f(x=N): return x",
        "class A: x = N\ndef f(): return A.x",
        "class A:\n    def r(self, k=N): return k\ndef f(): return A().r()",
        "class A:\n    t = 0\n    for i in range(N): t += 1\ndef f(): return A.t",
        "from dataclasses import dataclass, field\n@dataclass(slots=True)\nclass A:\n"
        "    x: int = field(default=N)\n    y: int = N\ndef f(): return A().x",
        "from enum import Enum\nclass A(Enum):\n    x = N\ndef f(): return A.x.value",
        "def d(k):\n    def e(f):\n        def w(): return f() * k\n        return w\n    return e\n"
        "@d(N)\ndef f(): return 1",
        "def d(k):\n    def e(f):\n        def w(self): return f(self) * k\n        return w\n    return e\n"
        "class A:\n    @d(N)\n    def r(self): return 1\ndef f(): return A().r()",
        "from functools import partial\nf = partial(lambda k: k, N)",
    ],
)
def test_values_count_as_they_were_when_a_cell_ran(cell):
    """A constant that is changed without running the cells that used it changes none of them."""
    space = {"__name__": "__main__"}
    for text in ("N = 7\n", f"{cell}\n", "def s(svg):\n    svg.circle(9, 9, f())\n"):
        run_cell(text, space)
    first = request(space["s"])
    run_cell("N = 8\n", space)
    assert request(space["s"]) == first
    run_cell(f"{cell}\n", space)
    assert request(space["s"]) != first


def test_a_source_keeps_the_parameters_of_a_decorated_sketch_and_runs_with_its_own_modules(home):
    (home / "modules" / "own_frame.py").write_text(
        "from functools import wraps\nK = 4\ndef framed(k):\n    def decorate(f):\n        @wraps(f)\n"
        "        def drawn(svg, **values):\n            f(svg, **values)\n            svg.circle(30, 30, k)\n"
        "        return drawn\n    return decorate\n"
    )
    text = "from own_frame import framed\n@framed(3)\ndef s(svg, *, r: float = 2):\n"
    text += "    import own_frame as own\n    svg.circle(20, 20, r + own.K)\n"
    sketch = sketch_of(text, "s")
    first, source = draw(sketch, 60, 60), origin_of(sketch).source
    sys.modules["own_frame"].K = 5
    assert source
    again = redraw(read_provenance(first.to_string()), source.load())
    assert again.to_bytes() == first.to_bytes() != draw(sketch, 60, 60).to_bytes()


def test_a_class_of_which_there_is_no_text_counts_by_its_members():
    def made(text):
        space = {"__name__": "__main__"}
        cell = f"class A:\n    def r(self): return {text}\ndef s(svg): svg.circle(9, 9, A().r())"
        exec(cell, space)
        return space["s"]

    assert request(made("3")) == request(made("3")) != request(made("4"))


def test_names_that_are_local_or_of_others_do_not_count():
    cell = "class A:\n    size = 3\n    def r(self):\n        x = 1\n        return x + self.size\n"
    space = {"__name__": "__main__", "x": 1, "size": 2}
    run_cell(f"{cell}a = A()\ndef s(svg):\n    svg.circle(9, 9, a.r())\n", space)
    first = request(space["s"])
    run_cell("x = 5\nsize = 6\nunrelated = object()\n", space)
    assert request(space["s"]) == first


def test_a_cell_that_is_no_python_hides_no_class():
    sketch = sketch_of("class Ring:\n    r = 7\ndef s(svg):\n    svg.circle(9, 9, Ring.r)\n", "s")
    with pytest.raises(SyntaxError):
        sketch_of("class Ring(:\n", "s")
    assert origin_of(sketch).source


def test_a_module_that_was_edited_since_its_import_counts_as_it_runs(home):
    file = home / "modules" / "edited_late.py"
    file.write_text("def size():\n    return 2\n")
    sketch = sketch_of("import edited_late\ndef s(svg): svg.circle(9, 9, edited_late.size())", "s")
    first = request(sketch)
    assert origin_of(sketch).source
    file.write_text("# Larger.\ndef size():\n    return 3\n")
    assert request(sketch) == first
    sys.modules.pop("edited_late")
    again = sketch_of("import edited_late\ndef s(svg): svg.circle(9, 9, edited_late.size())", "s")
    assert request(again) != first


def test_a_module_that_was_edited_before_it_was_first_asked_for_is_no_source(home):
    file = home / "modules" / "edited_early.py"
    file.write_text("def size():\n    return 2\n")
    cell = "import edited_early\ndef s(svg): svg.circle(9, 9, edited_early.size())"
    old = sketch_of(cell, "s")
    file.write_text("def size():\n    return 33\n")
    loaded = request(old)
    assert origin_of(old).source is None
    sys.modules.pop("edited_early")
    assert request(sketch_of(cell, "s")) != loaded


@pytest.mark.parametrize(
    "text",
    [
        "import threading\nL = threading.Lock()\ndef s(svg): L.acquire()",
        "import numpy as np\nA = np.zeros(30_000)\ndef s(svg): svg.circle(9, 9, A[0])",
        "L = []\nL.append(L)\ndef s(svg): svg.circle(9, 9, len(L))",
        "class W:\n    def __repr__(self): raise ValueError\n    def __reduce__(self): return (W,)\n"
        "V = W()\ndef s(svg): V",
        "from enum import Enum\nclass E(Enum):\n    A, B = 1, 2\ndef s(svg): svg.circle(9, 9, E.B.value)",
        "R = []\ndef kept(c): R.append(c); return c\n@kept\nclass A: r = 3\n"
        "def s(svg): svg.circle(9, 9, A.r)",
        "def make():\n    def a(): return b() + 1\n    def b(): return 2 or a()\n    return a\n"
        "a = make()\ndef s(svg): svg.circle(9, 9, a())",
    ],
)
def test_what_cannot_be_written_down_has_a_recipe_and_no_source(text):
    assert origin_of(sketch_of(text, "s")).source is None
    assert request(sketch_of(text, "s")) == request(sketch_of(text, "s"))


def test_within_one_look_a_sketch_is_what_it_was_at_its_first_recipe():
    step = [1.0]

    def dot(svg):
        svg.circle(5, 5, step[0])

    with cached_hashes():
        first = recipe_of(as_sketch(dot), 20, 20)
        step[0] = 2.0
        second = recipe_of(as_sketch(dot), 30, 20)
        assert second.origin == first.origin
    assert recipe_of(as_sketch(dot), 20, 20).request != first.request
