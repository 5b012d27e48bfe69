# ruff: noqa: E501  (a drawing is read best on one line)
"""Pens, effects, and things that look alike."""

from itertools import pairwise

import numpy as np
import pytest
from PIL.ImageColor import colormap
from support import python
from svg_reader.files import LINE, PAGE, file, read

from drawscape.errors import UnknownNameError
from drawscape.svg.read import read_svg


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


def test_each_colour_that_has_a_name_is_kept():
    names = [name for name in colormap if name not in ("white", "snow")]  # those are the paper
    document = read("".join(f'<path stroke="{name}" d="M0,0H9"/>' for name in names))
    assert [layer.color for layer in document.layers] == names
    assert document.unsupported == ()


def test_layers_as_one_asks_for_them():
    two = f'<g id="a" stroke="red">{LINE}<path stroke="blue" d="M0,0H1"/></g><g id="b" stroke="red">{LINE}</g>'
    assert layers(read(two, layers="group")) == [("a", "red", 2), ("b", "red", 1)]
    assert layers(read(two, layers="color")) == [("red", "red", 2), ("blue", "blue", 1)]
    assert layers(read(two, layers="none")) == [("all", "red", 3)]
    with pytest.raises(UnknownNameError, match="layering"):
        read(two, layers="pens")


def test_filled_shapes_may_be_hatched_in_their_colour_holes_left_out():
    ring = '<path fill="red" stroke="blue" fill-rule="evenodd" d="M9,9H89V89H9zM29,29H69V69H29z"/>'
    paper = '<rect x="92" y="0" width="5" height="9" fill="white" stroke="blue"/>'
    document = read(ring + paper, fill="hatch")
    assert [layer.color for layer in document.layers] == ["blue", "red"]
    hatch = document.layers[1].lines
    middles = (hatch.starts + hatch.ends) / 2
    assert hatch.lengths_mm.sum() == pytest.approx((80**2 - 40**2) / 1.0, rel=0.03)
    assert not ((np.abs(middles - 49) < 19).all(axis=1)).any()
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
    assert read(body).lines.bounds[2] > 70


def test_text_is_drawn_in_its_fill_and_hidden_text_is_not():
    assert read('<text y="9" fill="red">a</text>').layers[0].color == "red"
    assert len(read('<text y="9" fill="none">a</text>').lines) == 0
    assert len(read('<text y="9" visibility="hidden">a</text>').lines) == 0


@pytest.mark.parametrize("condition", ['display="none"', 'systemLanguage="fr"', 'opacity="0"'])
def test_conditions_hold_for_the_root_too(condition):
    assert len(read(LINE, f"{PAGE} {condition}").lines) == 0


@pytest.mark.slow
def test_a_large_file_takes_little_memory_beyond_its_points(tmp_path):
    path = tmp_path / "large.svg"
    rng = np.random.default_rng(1)
    with path.open("w") as out:
        out.write(file("").removesuffix("</svg>"))
        for _ in range(800):
            points = rng.uniform(0, 400, (200, 2))
            out.write(f'<path d="M{" ".join(f"{x:.6f},{y:.6f}" for x, y in points)}"/>')
        out.write("</svg>")
    # The peak of a process of its own, less what Python and numpy take for a small file.
    script = (
        "import resource, sys\nfrom drawscape.svg.read import read_svg\n"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024\n"
        f"read_svg({file(LINE)!r})\nbefore = peak()\n"
        f"points = read_svg({str(path)!r}).lines.points\nprint(peak() - before - points.nbytes)"
    )
    run = python("-c", script)
    assert int(run.stdout) < 2.2 * path.stat().st_size


def test_the_layers_of_a_long_file_hold_their_own_lines():
    def points(y):
        return " ".join(f"{x % 90}.12345678,{y}.12345678" for x in range(20_000))

    path = '<path fill="none" stroke="{}" d="M{}"/>'
    body = "".join(path.format(f"#0000{y}", points(y)) for y in (10, 20, 30))
    assert len(body) > 1_000_000
    for layer, y in zip(read(body).layers, (10, 20, 30), strict=True):
        assert layer.lines.points[:, 1] == pytest.approx(np.full(20_000, y + 0.12345678))


WIDE = 'width="200" height="200" viewBox="0 0 200 200"'
BOX = '<rect width="50" height="40" {}/>'
AT = '<rect x="10" y="10" width="{}" height="10"/>'
LINES = '<path d="{}" fill="none" stroke="black"/>'
POINTS = '<polyline points="{}" fill="none" stroke="black"/>'
INNER = '<svg x="10" y="20" width="90" height="30" viewBox="0 0 9 9" preserveAspectRatio="{}"><path d="M1,1L8,5" stroke="red"/></svg>'
SYMBOL = '<symbol id="s" viewBox="0 0 9 9"><path d="M1,1L8,5" stroke="red"/></symbol>'

ALIKE = [
    # Lengths
    *((AT.format(odd), AT.format(plain)) for odd, plain in (
        ("40Q", 37.795276), ("10MM", 37.795276),
    )),
    (f'<g font-size="xxx-large">{AT.format("1em")}</g>', AT.format(48)),
    (AT.format("20 px"), ""),
    # What is not valid is skipped, as if it were not there.
    ('<g fill="none" stroke="red"><path d="M0,0H9" stroke="blurple"/></g>', LINES.format("M0,0H9")),
    ('<rect width="9" height="9" fill="none !important"/>', '<rect width="9" height="9"/>'),
    (BOX.format('opacity="foo"'), BOX.format("")),
    (BOX.format('style="fill:NONE"'), ""),
    # Style sheets
    (f"<style media='print'>rect{{display:none}}</style>{BOX.format('')}", BOX.format("")),
    (f"<style xmlns='http://www.w3.org/1999/xhtml'>rect{{display:none}}</style>{BOX.format('')}", ""),
    (f"<style>rect/* c */.y{{display:none}}</style>{BOX.format('class=&quot;y&quot;'.replace('&quot;', chr(34)))}", ""),
    (f"<style>.a{{display:none}} rect{{display:inline}}</style>{BOX.format('class=' + chr(34) + 'a' + chr(34))}", ""),
    # Path data is drawn up to the first error, a comma that no number follows included.
    (LINES.format("M20,20L60,,60L80,20"), ""),
    (LINES.format("M20,20L60,60,,L80,20"), LINES.format("M20,20L60,60")),
    (LINES.format("M,20,20L60,60"), ""),
    (LINES.format(",M20,20L60,60"), ""),
    (POINTS.format("20,20,,60,20,60,60"), ""),
    (POINTS.format(",20,20 60,60"), ""),
    # A fill ends where it is closed, stroked there or not.
    ('<path d="M0,0H9V9M0,20H9V29" stroke="red" fill="blue"/>', LINES.format("M0,0H9V9ZM0,20H9V29Z")),
    ('<path d="M0,0H9V9" stroke="red" fill="white"/>', LINES.format("M0,0H9V9")),
    # A fill without an area is not seen.
    ('<path d="M20,100H60 100 120" fill="red"/>', ""),
    ('<polygon points="20,20 60,60" fill="red"/>', ""),
    ('<path d="M0,0H90" stroke="red" stroke-dasharray="1e-9"/>', LINES.format("M0,0H90")),
    # Transforms
    (BOX.format('transform="translate(20),,scale(2)"'), BOX.format("")),
    (BOX.format('transform=",translate(20)"'), BOX.format("")),
    (BOX.format('style="transform:translateX(20px)"'), BOX.format('transform="translate(20)"')),
    (BOX.format('transform="scale(0,1)"'), ""),
    # Viewports
    (INNER.format("xminymin"), INNER.format("")),
    (INNER.format("slice"), INNER.format("")),
    (INNER.format("none slice"), INNER.format("none")),
    ('<svg viewBox="0 0 90px 90px" width="30" height="30"><circle r="20"/></svg>', '<svg width="30" height="30"><circle r="20"/></svg>'),
    ('<svg width="-9" height="30"><circle r="20"/></svg>', ""),
    (f'{SYMBOL}<use href="#s" width="-5" height="40"/>', ""),
    # Only attributes give an inner viewport its size.
    *(
        ('<svg id="s" {}><circle r="500"/></svg><use href="#s" x="50" {}/>'.format(*odd), '<svg id="s"><circle r="500"/></svg><use href="#s" x="50"/>')
        for odd in (('style="width:30px;height:30px"', ""), ("", 'style="width:30px;height:30px"'))
    ),
    (f'<switch><defs/>{BOX.format("")}</switch>', ""),
    ('<g id="g"><rect width="30" height="30"/><use href="#g" x="50"/></g>', '<rect width="30" height="30"/>'),
    # A shape that is clipped by itself keeps its outline as a whole, whatever the chords.
    *(
        (f'<clipPath id="c"><circle cx="60" cy="60" r="45"/></clipPath><circle cx="60" cy="60" r="45" fill="{fill}" stroke="red" clip-path="url(#c)"/>', f'<circle cx="60" cy="60" r="45" fill="{fill}" stroke="red"/>')
        for fill in ("none", "blue")
    ),
    # Wide keywords leave nothing of attributes and rules before them.
    (BOX.format('transform="scale(2)" opacity="0" style="transform:initial;opacity:unset"'), BOX.format("")),
    ('<g font-size="30"><rect style="font-size:initial" width="1em" height="9"/></g>', '<rect width="16" height="9"/>'),
]  # fmt: skip


def _segments(body):
    """The straight pieces of all lines, wherever the lines begin."""
    lines = read(body, WIDE).lines
    return sorted(sorted(pair) for line in lines for pair in pairwise(line.round(2).tolist()))


@pytest.mark.parametrize(("odd", "plain"), ALIKE)
def test_the_odd_is_drawn_as_the_plain(odd, plain):
    drawn, meant = _segments(odd), _segments(plain)
    assert len(drawn) == len(meant)
    assert not drawn or np.array(drawn) == pytest.approx(np.array(meant), abs=0.04)


@pytest.mark.parametrize(
    ("body", "note"),
    [
        (BOX.format('style="transform:perspective(9px) rotateX(9deg)"'), "the transform 'perspective(9px) rotateX(9deg)' is not applied"),
        (BOX.format('clip-path="circle(9px)"'), "clip-path 'circle(9px)' is not applied"),
        (f'<style>@layer x{{rect{{display:none}}}}</style>{BOX.format("")}', "the style rule '@layer x' is not applied"),
        ('<g style="marker:url(#m)"><path d="M0,0H9" stroke="red"/><path d="M0,9H9" stroke="red"/></g>', "markers (arrow heads) are not drawn; convert them to paths"),
        ('<rect mask="url(#m)" width="9" height="9"/>', "mask is not applied"),
        ('<rect style="mask-image:url(a.png)" width="9" height="9"/>', "mask-image is not applied"),
        (BOX.format('style="offset-path:path(\'M0 0H9\')"'), "offset-path is not applied"),
        (f'<style>g{{color:red; &amp; rect{{fill:red}}}}</style><g>{BOX.format("")}</g>', "the style rule 'g { ... {' is not applied"),
        ('<rect width="9" height="9"><set attributeName="x" to="9"/><animate attributeName="y" to="9"/></rect>', "animations are not played; what moves is drawn as the file has it"),
        (f'{BOX.format("")}<script>1</script>', "scripts are not run; what they change is drawn as the file has it"),
        *(
            (f'<rect width="9" height="9" stroke="{color}"/>', f"the colour {color!r} is not known; it is drawn in black")
            for color in ("color-mix(in srgb, red, blue)", "CanvasText", "rgb(from red r g 255)")
        ),
        *(
            (BOX.format(f'style="{name}:{value}"'), f"{name} is not applied")
            for name, value in (("transform-origin", "9px 9px"), ("d", "path('M0,0H9')"), ("rotate", "9deg"), ("all", "unset"), ("transform-box", "fill-box"), ("vector-effect", "non-scaling-stroke"))
        ),
        ('<path d="M0,0H9" stroke="red" stroke-dasharray="2" pathLength="3"/>', "pathLength is not applied"),
        (f'<g style="display:contents">{BOX.format("")}</g>', "display: contents is not applied"),
        *(
            (odd, "calc(), var() and their like are not computed; write the value out")
            for odd in ('<rect width="calc(1em + 2px)" height="9"/>', '<rect width="9" height="9" style="fill:var(--a)"/>', f'<style>rect{{x:min(1px,9px)}}</style>{BOX.format("")}')
        ),
        # What is drawn as on a screen is not named.
        (BOX.format('style="transform:rotate(20deg) scale(2)"'), None),
        ('<path d="M0,0H9V9Z" stroke="red" fill="blue"/>', None),
        ('<path d="M0,0H9V9" stroke="red" fill="white"/><path d="M0,0H9L20,0" stroke="red"/>', None),
    ],
)  # fmt: skip
def test_what_is_not_understood_is_named(body, note):
    assert read(body, WIDE).unsupported == ((note,) if note else ())


def test_a_style_sheet_outside_of_the_file_is_named():
    document = read_svg(file(BOX.format(""), WIDE, "<?xml-stylesheet href='a.css'?>"))
    assert document.unsupported == ("the style sheet \"href='a.css'\" is not applied",)
