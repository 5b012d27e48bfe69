"""What a recipe notices of a sketch that is not in its code: the clock, files, processes; and its source."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sketch_cells import request, sketch_of

from drawscape.sketches import as_sketch, draw, read_provenance
from drawscape.sketches.code_identity import identity_of
from drawscape.sketches.recipe import one_look, origin_of, recipe_of


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("import time\ndef s(svg):\n    svg.circle(9, 9, time.time() % 3 + 1)", "time.time"),
        ("from time import time_ns\ndef s(svg):\n    svg.circle(9, 9, time_ns() % 3 + 1)", "time.time_ns"),
        ("def s(svg):\n    import datetime\n    svg.circle(9, 9, datetime.datetime.now().hour)", "now"),
        ("from datetime import date\ndef s(svg):\n    svg.circle(9, 9, date.today().day)", "today"),
        ("import random\ndef s(svg):\n    svg.circle(9, 9, random.random() + 1)", "random.random"),
        ("from random import uniform\ndef s(svg):\n    svg.circle(9, 9, uniform(1, 2))", "uniform"),
        ("import numpy as np\ndef s(svg):\n    svg.circle(9, 9, np.random.rand() + 1)", "random.rand"),
        ("import numpy as np\ndef s(svg):\n    r = np.random.default_rng()\n    svg.circle(9, 9, 2)", "seed"),
        ("import random\ndef s(svg):\n    svg.circle(9, 9, random.Random().random())", "without"),
        ("from random import Random\ndef s(svg):\n    svg.circle(9, 9, Random().random())", "without"),
        ("import os\ndef s(svg):\n    svg.circle(9, 9, len(os.environ))", "environ"),
        ("import threading\nL = threading.Lock()\ndef s(svg):\n    L.acquire()", "compared"),
    ],
)  # fmt: skip
def test_a_sketch_that_asks_the_clock_or_has_dice_of_its_own_is_noticed(
    body: str, reason: str
) -> None:
    assert reason in " ".join(identity_of(sketch_of(body, "s")).volatile)


@pytest.mark.parametrize(
    "body",
    [
        "import time\ndef s(svg):\n    time.sleep(0)\n    svg.circle(9, 9, 1)",
        "import random\ndef s(svg):\n    r = random.Random(3)\n    svg.circle(9, 9, r.uniform(1, 2))",
        "from random import Random\ndef s(svg):\n    svg.circle(9, 9, Random(3).uniform(1, 2))",
        "import numpy as np\ndef s(svg, rng):\n    svg.circle(9, 9, rng.uniform(1, 2))",
        "import numpy as np\ndef s(svg):\n    svg.circle(9, 9, np.random.default_rng(4).random() + 1)",
    ],
)  # fmt: skip
def test_dice_with_a_seed_and_a_pause_are_no_reason(body: str) -> None:
    assert identity_of(sketch_of(body, "s")).volatile == ()


def test_a_file_that_a_sketch_opens_by_itself_is_noticed_when_it_draws(tmp_path: Path) -> None:
    data = tmp_path / "sizes.txt"
    data.write_text("3")
    sketch = sketch_of(f"def s(svg):\n    svg.circle(9, 9, float(open({str(data)!r}).read()))", "s")
    provenance = read_provenance(draw(sketch, 20, 20).to_string())
    assert provenance.volatile == ["the file 'sizes.txt'"]


def test_a_socket_and_a_process_are_noticed() -> None:
    text = (
        "import socket, subprocess\ndef s(svg):\n"
        "    try:\n        socket.create_connection(('127.0.0.1', 9), 0.1)\n"
        "    except OSError:\n        pass\n"
        "    subprocess.run(['true'])\n    svg.circle(9, 9, 2)\n"
    )
    provenance = read_provenance(draw(sketch_of(text, "s"), 20, 20).to_string())
    assert {"another program", "the network"} <= set(provenance.volatile)


@pytest.mark.parametrize(
    ("line", "reasons"),
    [
        ("list(Path('{place}').iterdir())", ["the file 'place'"]),
        ("sqlite3.connect('{place}/base.db').close()", ["the file 'base.db'"]),
        ("open('{place}/made.txt', 'w').close()", ["the file 'made.txt'"]),
        # What nobody can notice, as the page of recipes says.
        ("os.path.exists('{place}'), getattr(time, 'time')()", []),
        ("t = threading.Thread(target=Path('{place}/made.txt').touch); t.start(); t.join()", []),
    ],
)
def test_what_python_reports_while_a_sketch_draws_is_noticed_and_nothing_else(
    line: str, reasons: list[str], tmp_path: Path
) -> None:
    place = tmp_path / "place"
    place.mkdir()
    text = (
        "import os, sqlite3, threading, time\nfrom pathlib import Path\ndef s(svg):\n"
        f"    {line.format(place=place)}\n    svg.circle(9, 9, 2)\n"
    )
    assert read_provenance(draw(sketch_of(text, "s"), 20, 20).to_string()).volatile == reasons


def test_a_picture_that_is_read_through_the_library_is_part_of_the_recipe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from PIL import Image

    monkeypatch.setenv("DRAWSCAPE_HOME", str(tmp_path))
    recipes = []
    for grey in (40, 40, 200):
        image = Image.new("L", (20, 20), grey)
        image.putpixel((3, 3), 255)
        image.save(tmp_path / "p.png")
        provenance = read_provenance(draw("squiggles", 60, 60, picture="p.png").to_string())
        assert list(provenance.reads) == ["p.png"]
        assert provenance.volatile == []
        recipes.append(provenance.recipe)
    assert recipes[0] == recipes[1] != recipes[2]


def test_a_sketch_of_a_cell_is_drawn_byte_for_byte_from_the_source_in_its_file() -> None:
    first = draw(sketch_of(), 60, 60, seed=4, count=7)
    origin = origin_of(sketch_of())
    assert origin.source, origin.why
    code = (
        "import sys\nfrom drawscape.sketches import read_provenance, redraw\n"
        "from drawscape.sketches.source_text import SourceText\n"
        "provenance = read_provenance(sys.stdin.read())\n"
        "function = SourceText.of_reference(provenance.source).load()\n"
        "sys.stdout.write(redraw(provenance, function).to_string())\n"
    )
    there = subprocess.run(
        [sys.executable, "-c", code], input=first.to_string(), capture_output=True, text=True
    )
    assert there.stdout == first.to_string(), there.stderr


def test_asking_for_the_identity_costs_little() -> None:
    import time

    sketch = sketch_of()
    request(sketch)
    times = []
    for _ in range(20):
        began = time.thread_time()
        request(sketch)
        times.append(time.thread_time() - began)
    assert min(times) < 0.005


def test_within_one_look_a_sketch_is_what_it_was_at_its_first_recipe() -> None:
    step = [1.0]

    def dot(svg: Any) -> None:
        svg.circle(5, 5, step[0])

    with one_look():
        first = recipe_of(as_sketch(dot), 20, 20)
        step[0] = 2.0
        second = recipe_of(as_sketch(dot), 30, 20)
        assert second.origin == first.origin
    assert recipe_of(as_sketch(dot), 20, 20).request != first.request
