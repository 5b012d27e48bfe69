"""A single edit of anything that a sketch reaches gives it another recipe; what draws the same keeps it."""

import importlib
import io
import json
import linecache
import os
import random
import shutil
import subprocess
import sys
import tokenize
from pathlib import Path

import pytest
from sketch_cells import CELL, request, run_cell, sketch_of
from support import rounds

import drawscape
from drawscape.recipe import origin_of, read_provenance
from drawscape.sketches import draw, redraw

OTHER = {"+": "-", "-": "+", "*": "/", "/": "*", ">": "<"}


def token_edits():
    """Yield the place of each number, text, operator or name in the cell, and what to put there."""
    tokens = list(tokenize.generate_tokens(io.StringIO(CELL).readline))
    for before, token, after in zip(tokens, tokens[1:], tokens[2:], strict=False):
        new = []
        if token.type == tokenize.NUMBER:
            new = [f"({token.string} + 1)", f"{token.string}5" if "." in token.string else "77"]
            new += [f"(-{token.string})"] if float(token.string) else []
        elif token.type == tokenize.STRING and not token.string.startswith('"""'):
            new = [f'"x{token.string[1:]}']
            if token.string == '"inner"':  # a key, and so an error
                new = []
            if "#" in token.string:
                new = ['"#234"']
        elif token.type == tokenize.OP and token.string in OTHER and token.string != "*":
            new = [OTHER[token.string]]
        elif token.string == "*" and before.string not in ("(", ",") and after.type != tokenize.OP:
            new = ["/"]
        elif token.string in ("cos", "sin"):
            new = ["tan"]
        for text in new:
            yield (*token.start, token.end[1]), token.string, text


STRUCTURAL = [
    ("@doubled(2)\n", ""),
    ("class Ring(Dot):", "class Ring(Dot, dict):"),
    ("    @staticmethod\n    def turned(angle)", "    @staticmethod\n    def turned(angle=1)"),
    ("by=0.75, *, extra=0.3", "by=0.75, extra=0.3"),
    ("return function(*args, **kwargs)", "return function(*args)"),
    ("return height * math.sin(x + phase) + shift", "return shift"),
    ("        dot.drawn(svg, 30", "        dot.drawn(svg, 20); dot.drawn(svg, 30"),
    ("make_wave(3)", "make_wave(3, phase=0.1)"),
    ("partial(pow, 4)", "partial(divmod, 4)"),
    ("@cache\n", ""),
    ("if turn > 3:", "if not turn > 3:"),
    ("[-1]", "[:2][-1]"),
    ("Ring.of(", "Dot("),
    ("placed(i)", "placed(i)[::-1]"),
    ("Ink.RED.name, color=Ink.RED.value", "Ink.BLACK.name, color=Ink.RED.value"),
    ("range(count)", "reversed(range(count))"),
]


@pytest.mark.parametrize(("old", "new"), STRUCTURAL)
def test_an_edit_of_what_a_sketch_reaches_changes_its_recipe(old, new):
    assert CELL.count(old) >= 1
    assert request(sketch_of(CELL.replace(old, new, 1)), wide=0.8) != request(sketch_of(), wide=0.8)


def randomly_edited(dice):
    """Return the cell with one to three random changes of numbers, texts, operators and names."""
    places = {}
    for place, _, new in token_edits():
        places.setdefault(place, []).append(new)
    chosen = dice.sample(sorted(places), dice.randint(1, 3))
    lines = CELL.splitlines(keepends=True)
    for row, start, end in sorted(chosen, reverse=True):  # from the end: columns before it stay
        new = dice.choice(places[row, start, end])
        if new.isdigit():
            new = str(dice.randint(78, 10**6))
        lines[row - 1] = lines[row - 1][:start] + new + lines[row - 1][end:]
    return "".join(lines)


def sketch_of_module(text, folder):
    """Return the sketch of a module of the project, edited and imported again."""
    (folder / "shapes_beside.py").write_text(text)
    sys.modules.pop("shapes_beside", None)
    importlib.invalidate_caches()
    return importlib.import_module("shapes_beside").rings


def test_random_edits_of_a_cell_and_of_a_module_give_no_stale_recipe(tmp_path, monkeypatch):
    """Each must differ from the sketch as it was, and from the edit before."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    dice = random.Random(11)
    makers = {"cell": sketch_of, "module": lambda text: sketch_of_module(text, tmp_path)}
    for kind, made in makers.items():
        base = request(made(CELL), wide=0.8)
        before = CELL, base
        for number in range(rounds(16, 1000)):
            text = randomly_edited(dice)
            now = request(made(text), wide=0.8)
            assert now != base, f"{kind}, edit {number}: a stale hit"
            assert text == before[0] or now != before[1], (
                f"{kind}, edit {number}: as the edit before"
            )
            before = text, now
        assert request(made(CELL), wide=0.8) == base
    sys.modules.pop("shapes_beside")


def test_a_bound_that_is_edited_in_a_module_changes_the_recipe(tmp_path, monkeypatch):
    """Annotations are no part of a function's code: its former text has the same."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    edited = CELL.replace("Interval(ge=1, le=50)", "Interval(ge=1, le=60)")
    recipes = [request(sketch_of_module(text, tmp_path)) for text in (CELL, edited, CELL)]
    assert recipes[0] != recipes[1]
    assert recipes[0] == recipes[2]
    sys.modules.pop("shapes_beside")


DEFAULTS = [
    "def bent(x, *, by=BEND):\n    return x + by",
    "def bent(x, by=BEND):\n    return x + by",
    "bent = lambda x, *, by=BEND: x + by",
    "class Bend:\n    @staticmethod\n    def of(x, *, by=BEND):\n        return x + by\nbent = Bend.of",
    "def made(*, by=BEND):\n    return lambda x: x + by\nbent = made()",
]


@pytest.mark.parametrize("helper", DEFAULTS)
def test_a_default_of_a_helper_counts_by_its_value(helper):
    sketch = "\ndef rings(svg, *, count: int = 3):\n    svg.circle(9, 9, bent(count))\n"
    low, high, again = (
        request(sketch_of(f"BEND = {value}\n{helper}\ndel BEND{sketch}")) for value in (3, 4, 3)
    )
    assert low != high
    assert low == again


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('    """Where the dot', "    # where the dot is\n\n    \"\"\"Where the dot"),
        ('"""Rings about the middle."""', '"""Rings, but in other words: about 7 words."""'),
        ('    """Where the dot number `index` lies."""\n', ""),
        ("STEP = 1.5", "\n\n# how far\nSTEP = 1.5  # mm"),
        ("    angle = index * 2.4\n", "    angle = (\n        index * 2.4\n    )\n"),
        ('NAMES = {"inner"', "UNUSED = 3\nNAMES = {'inner'"),
        ("return value * by + extra", "return (value * by) + extra"),
        ("def placed(index):", "def never_called():\n    return 5\n\n\ndef placed(index):"),
        ("{4, 5}", "{5, 4}"),
        ("STEP = 1.5", "STEP = 9.9\nSTEP = 1.5"),
    ],
)  # fmt: skip
def test_an_edit_that_draws_the_same_keeps_the_recipe(old, new):
    assert CELL.count(old) == 1
    assert request(sketch_of(CELL.replace(old, new))) == request(sketch_of())


def test_cells_run_again_in_another_order_and_under_other_names_keep_the_recipe():
    parts = CELL.split("\n\n\n")
    imports, constants = parts[0].split("\n\nSTEP")
    cells = [imports, "STEP" + constants, *parts[1:]]
    helpers = [cell for cell in cells if cell.startswith(("def placed", "tilt", "@cache"))]
    space = {"__name__": "__main__"}
    for cell in cells:
        run_cell(cell, space)
    first = request(space["rings"])
    run_cell(cells[-1], space, "<renamed>")
    again = request(space["rings"])
    for cell in (*reversed(helpers), cells[0], cells[1], *cells):
        run_cell(cell, space)
    assert first == again == request(space["rings"]) == request(sketch_of())


KINDS = """\
slots | P(3).x | + 1
class P:
    __slots__ = ('x',)
    def __init__(self, x): self.x = x + 1

named tuple | P(3).r() | 2.0
from typing import NamedTuple
class P(NamedTuple):
    x: float
    y: float = 2.0
    def r(self): return self.x + self.y

class that holds itself | A.top.r | .r = 3
class A: r = 5
A.top = A()
A.top.r = 3

metaclass | A().z | o.z = 3
class M(type):
    def __call__(cls): o = super().__call__(); o.z = 3; return o
class A(metaclass=M): pass

setter | a.r | a.r = 3
class A:
    _r = 1
    @property
    def r(self): return self._r
    @r.setter
    def r(self, v): self._r = v * 2
a = A()
a.r = 3

bound method | get() | A(4
class A:
    def __init__(self, r): self.r = r
    def get(self): return self.r
get = A(4).get

lambdas in a line | T[1](1) | )(2
T = [lambda x: x + 1, (lambda k: lambda x: x + k)(2)]

cache in a closure | f(3) | make(2
from functools import cache
def make(k):
    if not k: unbound = 1
    @cache
    def fact(n): return n * fact(n - 1) if n > 1 else k or unbound
    return fact
f = make(2)

private | A().r() | __x = 5
class A:
    @property
    def __h(self): return self.__x
    def r(self): return self.__h
    __x = 5

super in a wrapper | A().r() | + 1
def d(f):
    def w(self): return f(self) * 2
    return w
class B:
    def r(self): return 2
class A(B):
    @d
    def r(self): return super().r() + 1

property from outside | A().r | : 3
class A: pass
A.r = property(lambda self: 3)

class in its table | T[0].r() | + 3
class A:
    def r(self): return len(T) + 3
T = [A()]

maker of an enum | E.A.value | n * 2
from enum import Enum
class E(Enum):
    def __new__(cls, n):
        made = object.__new__(cls)
        made._value_ = n * 2
        return made
    A = 3

field | A().r | default=3
from dataclasses import dataclass, field
@dataclass(slots=True)
class A:
    r: int = field(default=3, repr=False)

class in a function | B().r() | make(4
def make(k):
    class A:
        r2 = k
        def r(self): return A.r2 + k
    return A
B = make(4)

global | f() | N = 3
N = 3
def f():
    global N
    N += 1
    return N

large number | Z % 7 + 1 | 10 ** 5
Z = 10 ** 5000

array of objects | A[0][1] | [2
import re, numpy as np
A = np.array([[2, 3.0], re.compile('x')], dtype=object)
A[0][1] = A[0][0] + 1
"""
"""What a sketch reaches: name, the radius that it draws, the number that is edited; then the cell."""


@pytest.mark.parametrize("kind", KINDS.split("\n\n"), ids=lambda kind: kind.partition(" |")[0])
def test_all_kinds_of_code_and_values_count_and_are_drawn_again_from_the_source(kind):
    head, _, text = kind.partition("\n")
    _, radius, number = head.split(" | ")
    text = f"{text}\n"
    text += f"def s(svg):\n    svg.circle(20, 20, {radius})\n"
    (digit,) = [one for one in number if one.isdigit()][:1]
    assert number in text
    edited = sketch_of(text.replace(number, number.replace(digit, "9"), 1), "s")
    here = sketch_of(text, "s")
    assert request(edited) != request(here) == request(sketch_of(f"# the same\n\n{text}", "s"))
    origin = origin_of(here)
    assert origin.source
    first = draw(here, 60, 60)
    again = redraw(read_provenance(first.to_string()), origin.source.load())
    assert again.to_bytes() == first.to_bytes()


@pytest.mark.parametrize(
    ("text", "old", "new"),
    [
        ("from functools import singledispatch\n@singledispatch\ndef r(x): return 1\n"
         "@r.register\ndef _(x: int): return x + 2\n", "x + 2", "x + 3"),
        ("class B:\n    def r(self): return 2\nclass A(B):\n    def r(self): return 3\n"
         "del A.r\nr = A().r\n", "del A.r\n", ""),
        ("class A:\n    r: int = 3\ndel A.r\ndef r(x): return getattr(A, 'r', 2)\n", "del A.r\n", ""),
        ("import numpy as np\nA = np.ma.array([1, 2], mask=[0, 1])\ndef r(x): return A.sum()\n",
         "[0, 1]", "[1, 0]"),
        ("import numpy as np\nA = np.ones(3, np.longdouble)\ndef r(x): return A[0] + 0.0\n",
         "ones", "zeros"),
        ("class S:\n    r = 3\n    def __reduce__(self): return 'ONE'\nONE = S()\ndef r(x): return ONE.r\n",
         "r = 3", "r = 4"),
        ("from types import ModuleType\nM = ModuleType('m_own')\nM.__getattr__ = lambda n: 3\n"
         "def r(x): return M.size\n", "n: 3", "n: 4"),
        ("from types import new_class\nA = new_class('A', (), {}, lambda own: own.update(r=3))\n"
         "def r(x): return A.r\n", "r=3", "r=4"),
        ("from typing import Generic, TypeVar\nT = TypeVar('T')\nclass A(Generic[T]):\n"
         "    def r(self) -> T: return 3\ndef r(x): return A[int]().r()\n", "return 3", "return 4"),
        ("F = open('/dev/null')\ndef r(x): return F.name\n", "null", "zero"),
    ],
    ids=lambda text: text.partition("\n")[0],
)  # fmt: skip
def test_what_may_have_no_source_counts_all_the_same(text, old, new):
    sketch = f"{text}def s(svg):\n    svg.circle(20, 20, r(3))\n"
    assert request(sketch_of(sketch.replace(old, new, 1), "s")) != request(sketch_of(sketch, "s"))


@pytest.mark.parametrize(
    "kind", ["beside", "package", "relative", "inside the function", "module inside", "a value"]
)
@pytest.mark.parametrize("edit", [("3", "4"), ("x + B", "x + 2 * B")])
def test_an_edit_of_a_module_of_the_project_changes_the_recipe(kind, edit, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    texts = {
        "reeds_base.py": "BEND = 3\ndef size(x):\n    return x + BEND * 0.5\n",
        "reeds_pack/__init__.py": "",
        "reeds_pack/base.py": "BEND = 3\ndef size(x):\n    return x + BEND * 0.5\n",
        "reeds_pack/tall.py": "from .base import size as tall\n",
    }
    cells = {
        "beside": "import reeds_base\ndef s(svg):\n    svg.circle(9, 9, reeds_base.size(1))\n",
        "package": "from reeds_pack.base import size\ndef s(svg):\n    svg.circle(9, 9, size(1))\n",
        "relative": "from reeds_pack.tall import tall\ndef s(svg):\n    svg.circle(9, 9, tall(1))\n",
        "inside the function": "def s(svg):\n    import reeds_base as b\n    svg.circle(9, 9, b.size(1))\n",
        "module inside": "def s(svg):\n    from math import pi\n    from reeds_pack import base\n"
        "    svg.circle(9, 9, base.size(pi))\n",
        "a value": "import reeds_base\nL = [reeds_base]\ndef s(svg): svg.circle(9, 9, vars(*L)['size'](1))\n",
    }
    seen = []
    for old, new in (("", ""), ("", ""), ("BEND", "# a remark\nBEND"), edit):
        for name, text in texts.items():
            (tmp_path / name).parent.mkdir(exist_ok=True)
            edited = text.replace(old, new, 1)
            (tmp_path / name).write_text(edited if old else text)
        for name in [name for name in sys.modules if name.startswith("reeds_")]:
            monkeypatch.delitem(sys.modules, name)
        importlib.invalidate_caches()
        linecache.clearcache()
        monkeypatch.setattr(sys, "dont_write_bytecode", True)
        seen.append(request(sketch_of(cells[kind], "s")))
    assert seen[0] == seen[1] == seen[2] != seen[3]


_LOOK = """
import drawscape, json, sys
from drawscape.recipe import as_sketch, recipe_of
from drawscape.sketches import SKETCHES
def mine(svg, rng): svg.circle(9, 9, rng.random())
def page(name): return recipe_of(SKETCHES[name], 60, 60).request
for line in sys.stdin:
    names = ("spiral", "flow_field")
    print(json.dumps([*map(page, names), recipe_of(as_sketch(mine), 60, 60).request]), flush=True)
"""


def test_an_edit_of_a_sketch_of_the_library_changes_its_recipe_and_a_version_those_of_all(tmp_path):
    copy = tmp_path / "drawscape"
    cached = shutil.ignore_patterns("__pycache__")
    shutil.copytree(Path(drawscape.__file__).parent, copy, ignore=cached)

    def look() -> list[str]:
        done = subprocess.run(
            [sys.executable, "-P", "-c", _LOOK], input="\n", capture_output=True, text=True, check=True,
            env={**os.environ, "PYTHONPATH": str(tmp_path)}, cwd=tmp_path,
        )  # fmt: skip
        return json.loads(done.stdout)

    first, changed = look(), {}
    for name, old, new in [
        ("sketches/curves/spiral.py", "import numpy", "TURNS = 3\nimport numpy"),
        ("__init__.py", '__version__ = "', '__version__ = "9.'),
        ("queue/__init__.py", '"""', '"""Another. '),
    ]:
        file = copy / name
        content = file.read_text()
        assert old in content
        file.write_text(content.replace(old, new, 1))
        changed[name] = [a != b for a, b in zip(first, look(), strict=True)]
        file.write_text(content)
    assert look() == first
    assert changed == {
        "sketches/curves/spiral.py": [True, False, False],
        "__init__.py": [True, True, True],
        "queue/__init__.py": [False, False, False],
    }
