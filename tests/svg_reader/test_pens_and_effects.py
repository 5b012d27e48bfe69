# ruff: noqa: E501  (a drawing is read best on one line)
"""Layers by group and colour, hatches, text, variables: what becomes of a file for a pen."""

import numpy as np
import pytest

from drawscape.errors import UnknownNameError
from drawscape.svg.read import read_svg

HEAD = '<svg xmlns="http://www.w3.org/2000/svg" width="100mm" height="100mm" viewBox="0 0 100 100">'
LINE = '<path d="M0,0L10,0"/>'


def read(body, **options):
    return read_svg(f"{HEAD}{body}</svg>", **options)  # type: ignore[arg-type]


def layers(document):
    return [(layer.name, layer.color, len(layer.lines)) for layer in document.layers]


MATPLOTLIB = (
    '<g id="figure_1"><g><path d="M0,0H100V100H0z" style="fill:#ffffff"/></g>'
    '<g><path d="M10,10H90" style="stroke:#1f77b4"/><path d="M10,20H90" style="stroke:#ff7f0e"/></g></g>'
)


def test_one_group_of_many_colours_becomes_a_layer_for_each_colour():
    document = read(MATPLOTLIB)
    assert layers(document) == [("#1f77b4", "#1f77b4", 1), ("#ff7f0e", "#ff7f0e", 1)]
    assert document.unsupported == ("white outlines on white paper are not drawn",)


def test_layers_as_one_asks_for_them():
    two = f'<g id="a" stroke="red">{LINE}<path stroke="blue" d="M0,0H1"/></g><g id="b" stroke="red">{LINE}</g>'
    assert layers(read(two, layers="group")) == [("a", "red", 2), ("b", "red", 1)]
    assert layers(read(two, layers="color")) == [("red", "red", 2), ("blue", "blue", 1)]
    assert layers(read(two, layers="none")) == [("all", "red", 3)]
    with pytest.raises(UnknownNameError, match="layering"):
        read(two, layers="pens")


def test_inkscapes_layers_stay_whatever_their_colours():
    ink = 'xmlns:i="http://www.inkscape.org/namespaces/inkscape" i:groupmode="layer" i:label="one"'
    body = "".join(f'<path stroke="{c}" d="M0,0H9"/>' for c in ("red", "blue", "green"))
    assert layers(read(f"<g {ink}>{body}</g>")) == [("one", "red", 3)]


def test_filled_shapes_may_be_hatched_in_their_colour_holes_left_out():
    ring = (
        '<path fill="red" stroke="blue" fill-rule="evenodd" d="M10,10H90V90H10zM30,30H70V70H30z"/>'
    )
    document = read(
        ring + '<rect x="92" y="0" width="5" height="9" fill="white" stroke="blue"/>', fill="hatch"
    )
    assert [layer.color for layer in document.layers] == ["blue", "red"]
    hatch = document.layers[1].lines
    middles = (hatch.starts + hatch.ends) / 2
    assert hatch.lengths_mm.sum() == pytest.approx((80**2 - 40**2) / 1.0, rel=0.03)
    assert not ((np.abs(middles - 50) < 19).all(axis=1)).any()
    assert len(read(ring, fill="outline").layers) == 1
    with pytest.raises(UnknownNameError, match="fill"):
        read(ring, fill="paint")


@pytest.mark.parametrize(
    ("attributes", "begin", "end"),
    [
        # Helvetica's H is 0.722 of the size wide, its a 0.556, its m 0.833, its ! 0.278.
        ('font-family="Arial"', 10, 33.9),
        ('font-family="Arial" text-anchor="middle"', 10 - 11.9, 10 + 11.9),
        ('font-family="Arial" text-anchor="end"', 10 - 23.9, 10),
        ('font-family="Courier New"', 10, 34),
        ('font-family="Arial" letter-spacing="5"', 10, 33.9 + 15),
        ('font-family="Times"', 10, 10 + 7.22 + 4.44 + 7.78 + 3.33),
    ],
)
def test_text_takes_the_room_that_usual_fonts_take(attributes, begin, end):
    document = read(f'<text x="10" y="50" font-size="10" {attributes}>Ham!</text>')
    low, top, high, _ = document.lines.bounds or (0, 0, 0, 0)
    # Beside the first and last letter is some air.
    assert begin <= low <= begin + 1.5
    assert end - 3 <= high <= end
    assert top == pytest.approx(50 - 7, abs=1.6)
    assert document.unsupported == ("<text> is drawn in a single-line font, not in its own",)


def test_tspans_go_on_where_the_text_before_ended_or_where_they_say():
    body = '<text font-family="Arial" x="10" y="20" font-size="10">II<tspan dy="30">I</tspan><tspan x="70" y="90">I</tspan></text>'
    tops = sorted({round(float(line[:, 1].max()) / 5) * 5 for line in read(body).lines})
    assert tops == [20, 50, 90]
    assert read(body).lines.bounds[2] > 70  # type: ignore[index]


def test_a_character_that_no_font_has_is_named():
    assert any("'漢'" in note for note in read('<text x="1" y="9">a漢</text>').unsupported)


def test_text_is_drawn_in_its_fill_and_hidden_text_is_not():
    assert read('<text y="9" fill="red">a</text>').layers[0].color == "red"
    assert len(read('<text y="9" fill="none">a</text>').lines) == 0
    assert len(read('<text y="9" visibility="hidden">a</text>').lines) == 0


@pytest.mark.parametrize("condition", ['display="none"', 'systemLanguage="fr"', 'opacity="0"'])
def test_conditions_hold_for_the_root_too(condition):
    assert (
        len(read_svg(f'<svg xmlns="http://www.w3.org/2000/svg" {condition}>{LINE}</svg>').lines)
        == 0
    )


@pytest.mark.slow
def test_a_large_file_takes_little_memory_beyond_its_points(tmp_path):
    import subprocess
    import sys

    path = tmp_path / "large.svg"
    rng = np.random.default_rng(1)
    with path.open("w") as file:
        file.write(HEAD)
        for _ in range(4000):
            points = rng.uniform(0, 400, (200, 2))
            file.write(f'<path d="M{" ".join(f"{x:.6f},{y:.6f}" for x, y in points)}"/>')
        file.write("</svg>")
    # The peak of a process of its own, less what Python and numpy take for a small file.
    script = (
        "import resource, sys\nfrom drawscape.svg.read import read_svg\n"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024\n"
        f"read_svg('{HEAD}{LINE}</svg>')\nbefore = peak()\n"
        f"points = read_svg({str(path)!r}).lines.points\nprint(peak() - before - points.nbytes)"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert int(run.stdout) < 2.2 * path.stat().st_size


def test_the_layers_of_a_long_file_hold_their_own_lines():
    def points(y):
        return " ".join(f"{x % 90}.12345678,{y}.12345678" for x in range(20_000))

    body = "".join(
        f'<path fill="none" stroke="{color}" d="M{points(y)}"/>'
        for y, color in ((10, "red"), (20, "blue"), (30, "green"))
    )
    assert len(body) > 1_000_000
    for layer, y in zip(read(body).layers, (10, 20, 30), strict=True):
        assert layer.lines.points[:, 1] == pytest.approx(np.full(20_000, y + 0.12345678))


def test_two_alike_lines_before_and_after_a_dark_background_are_not_alike():
    white = '<path stroke="white" fill="none" d="M10,10H90"/>'
    dark = '<rect width="100" height="100" fill="navy"/>'
    document = read(f"{white}{dark}{white}{white}")
    assert [(layer.color, len(layer.lines)) for layer in document.layers] == [
        ("navy", 1),
        ("white", 2),
    ]


@pytest.mark.parametrize(("strength", "drawn"), [(0.3, 0), (0.7, 1)])
def test_an_alpha_mask_lets_through_from_half_its_strength_on(strength, drawn):
    document = read(
        '<mask id="k" maskUnits="userSpaceOnUse" width="99" height="99" mask-type="alpha">'
        f'<rect width="99" height="99" fill="rgba(0,0,0,{strength})"/></mask>'
        '<path mask="url(#k)" stroke="black" d="M5,5H50"/>'
    )
    assert len(document.lines) == drawn
    assert [note.partition(":")[0] for note in document.unsupported] == [
        "soft masks are applied hard"
    ]


def test_a_mask_is_soft_by_an_opacity_that_it_inherits_too():
    mask = (
        '<mask id="k" maskUnits="userSpaceOnUse" width="99" height="99">'
        '<rect width="99" height="99" fill="white"/></mask>'
    )
    line = '<path mask="url(#k)" stroke="black" d="M5,5H50"/>'
    assert read(f"<g>{mask}</g>{line}").unsupported == ()
    assert len(read(f'<g fill-opacity=".8">{mask}</g>{line}').unsupported) == 1
