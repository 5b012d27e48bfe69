"""Every postcard and artboard against a golden SVG in `tests/golden/sheets`.

What is compared stands in `tests/golden_support.py`. After a change that is meant:

pytest tests/sheets/test_golden.py --regenerate-golden

and look at what changed: each file opens in a browser after `gunzip`.
"""

from collections.abc import Callable

import numpy as np
import pytest
from golden_support import FOLDER, compared, differences, layers_of, read_golden

from drawscape.sheets import STYLES, artboard, postcard_back, postcard_front, template_names
from drawscape.svg_builder import SVGBuilder

MESSAGE = "The plotter drew all night. In the morning there were hills, and a bird on each."
LEGEND = {"Sketch": "Schotter", "Paper": "200 g/m²", "Pens": 2}


def front(template):
    return postcard_front("Ada & Grace", MESSAGE, template)


def back(**given):
    return postcard_back("Ada Lovelace", **given)


def sheet(style, seed):
    drawing = SVGBuilder(60, 80)
    drawing.polylines(np.random.default_rng(seed).uniform(5, 55, (30, 4, 2)), stroke="black")
    return artboard(style, "Walks", f"seed {seed}", "a5", "landscape", LEGEND, drawing)


CASES: dict[str, Callable[[], SVGBuilder]] = {
    **{f"front-{name}": lambda name=name: front(name) for name in template_names()},
    "back-empty": back,
    "back-whole": lambda: back(
        address="12 St James's Square\nLondon", postcode="SW1Y 4JH", sender="From the studio"
    ),
    **{
        f"artboard-{style}-{seed}": lambda style=style, seed=seed: sheet(style, seed)
        for style in STYLES
        for seed in (0, 1)
    },
    **{
        f"artboard-{style}-empty": lambda style=style: artboard(style, "Empty", size="a6")
        for style in STYLES
    },
}


@pytest.mark.parametrize("name", CASES)
def test_a_sheet_is_what_its_golden_file_shows(name, request):
    regenerate = request.config.getoption("--regenerate-golden")
    assert not compared(FOLDER / "sheets" / f"{name}.svg.gz", CASES[name](), regenerate=regenerate)


def test_there_is_no_golden_file_of_a_sheet_that_is_gone():
    files = {file.name.removesuffix(".svg.gz") for file in (FOLDER / "sheets").iterdir()}
    assert files == set(CASES)


def test_the_comparison_sees_another_word_another_seed_and_another_style():
    for name, other in (
        ("front-winter", postcard_front("Ada & Grace", MESSAGE + "!", "winter")),
        ("back-whole", back(address="12 St James's Square\nLondon", postcode="SW1Y 4JH")),
        ("artboard-basic-0", sheet("basic", 1)),
        ("artboard-basic-empty", CASES["artboard-blueprint-empty"]()),
    ):
        assert differences(read_golden(FOLDER / "sheets" / f"{name}.svg.gz"), layers_of(other)), (
            name
        )
