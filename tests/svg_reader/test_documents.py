"""Documents of other programs, as vpype reads them, too."""

import gzip

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from svg_reader.files import LINE, NS, PAGE, read

from drawscape.errors import SvgReadError
from drawscape.svg.read import read_svg
from drawscape.svg_builder import SVGBuilder


def end_of(body, page=PAGE):
    """Where the first line ends, in mm."""
    return [round(float(v), 6) for v in read(body, page).lines[0][-1]]


@pytest.mark.parametrize(
    ("page", "size"),
    [
        ('width="210mm" height="297mm"', (210, 297)),
        ('width="21cm" height="29.7cm"', (210, 297)),
        ('width="8.5in" height="11in"', (215.9, 279.4)),
        ('width="72pt" height="6pc"', (25.4, 25.4)),
        ('width="96" height="192px"', (25.4, 50.8)),
        ('width="40Q" height="4e1mm"', (10, 40)),
        ('viewBox="0 0 96 192"', (25.4, 50.8)),
        ('width="100%" height="100%" viewBox="5 5 96 192"', (25.4, 50.8)),
        ('width="50mm" viewBox="0,0,20,40"', (50, 100)),
        ('style="width:210mm;height:297mm" viewBox="0 0 20 40"', (210, 297)),
        ('width="9mm" height="40mm" style="width:20mm;height:auto" viewBox="0 0 20 40"', (20, 40)),
        ('width="9mm" height="9mm" viewBox="0 0 0 0"', (9, 9)),
    ],
)
def test_pages_in_every_unit(page, size):
    document = read("", page)
    assert (document.width_mm, document.height_mm) == pytest.approx(size)


@pytest.mark.parametrize("page", ["", 'width="100%" height="100%"', 'style="width:auto"'])
def test_a_page_without_a_size_reaches_to_its_lines(page):
    document = read('<path d="M0,0L480,960"/>', page)
    assert (document.width_mm, document.height_mm) == pytest.approx((127, 254))


@pytest.mark.parametrize(
    ("page", "transform"), [('width="9mm" viewBox="0 0 1e-300 1e-300"', ""), (PAGE, "scale(1e9)")]
)
def test_lines_beyond_all_paper_are_named_and_not_drawn(page, transform):
    near = f'<path stroke="red" d="M0,0L{"0" * 9}1e-300,0"/>'
    document = read(f'<g transform="{transform}">{LINE}</g>{near}', page)
    assert len(document.lines) == 1
    assert document.unsupported == ("lines that reach a thousand kilometres away are not drawn",)


@pytest.mark.parametrize(
    ("transform", "end"),
    [
        ("translate(5)", [15, 0]), ("translate(5,-2)", [15, -2]), ("scale(2)", [20, 0]),
        ("scale(2 , 3) translate(1,1)", [22, 3]), ("rotate(90)", [0, 10]),
        ("rotate(90 10 10)", [20, 10]), ("matrix(1 2 3 4 5 6)", [15, 26]),
        ("skewX(45) translate(0,3)", [13, 3]), ("skewY(45)", [10, 10]),
        ("translate(1,1),rotate(180)\n scale(-1)", [11, 1]), ("translate(1e1-5)", [20, -5]),
        ("none", [10, 0]), ("", [10, 0]),
    ],
)  # fmt: skip
def test_every_transform(transform, end):
    assert end_of(f'<g transform="{transform}">{LINE}</g>') == pytest.approx(end, abs=1e-6)


def test_a_transform_of_the_root_is_named():
    document = read(LINE, f'{PAGE} transform="translate(96 0)"')
    assert document.unsupported == ("the transform of the outermost <svg> is not applied",)


def test_styles_by_selector_weight():
    style = """<style>/* a { stroke: pink } */ @import url(x.css);
        #i { stroke: navy } .c, .d { stroke: red } path { stroke: lime } * { stroke: gold }
        @media print { path { stroke: pink } }</style>"""
    assert read(f"{style}<line x2='9'/>").layers[0].color == "gold"
    for more, color in (
        ("", "lime"), ("class='b c'", "red"), ("class='d' id='i'", "navy"),
        ("class='d' id='i' style='stroke:teal'", "teal"), ("stroke='pink'", "lime"),
    ):  # fmt: skip
        assert read(f"{style}<path {more} d='M0,0H9'/>").layers[0].color == color, more


def test_top_level_groups_are_layers_and_the_rest_is_parted_by_colour():
    document = read(
        '<path stroke="red" d="M0,0H1"/><path stroke="#00f" d="M0,0H2"/><path stroke="red" d="M0,0H3"/>'
        f'<g inkscape:groupmode="layer" inkscape:label="5 ink" stroke="green" stroke-width="0.5">{LINE}</g>'
        f'<g id="two"><g stroke="tan" stroke-width="2">{LINE}</g>{LINE}</g><g>{LINE}</g><g/>'
        # A pen that no line in the group uses is none.
        f'<g id="own" stroke="pink" stroke-width="9"><g stroke="navy" stroke-width="1">{LINE}</g></g>'
    )
    assert [(one.name, one.color, one.width_mm, len(one.lines)) for one in document.layers] == [
        ("red", "red", None, 2), ("#00f", "#00f", None, 1), ("5 ink", "green", 0.5, 1),
        ("two", "tan", 2.0, 2), ("layer 3", "black", None, 1), ("own", "navy", 1.0, 1),
    ]  # fmt: skip


def test_layers_inside_a_wrapper_or_illustrators_real_copy_are_layers():
    layer = f'<g inkscape:groupmode="layer" inkscape:label="{{}}">{LINE}</g>'
    outer = f'<g id="outer">{layer.format("a")}{layer.format("b")}</g>'
    assert [layer.name for layer in read(outer).layers] == ["a", "b"]
    ai = 'xmlns:i="http://ns.adobe.com/AdobeIllustrator/10.0/"'
    body = (
        '<switch><foreignObject requiredExtensions="x"/>'
        f'<g i:extraneous="self"><g id="A">{LINE}</g><g id="B">{LINE}</g></g></switch>'
    )
    document = read(body, f"{PAGE} {ai}")
    assert [layer.name for layer in document.layers] == ["A", "B"]


def test_stroke_widths_are_in_mm_on_the_paper():
    page = 'width="100mm" height="100mm" viewBox="0 0 200 200"'
    body = f'<g stroke-width="3" transform="scale(2)">{LINE}</g>'
    assert read(body, page).layers[0].width_mm == pytest.approx(3)


def test_what_is_not_drawn_is_reported_with_counts():
    document = read(
        '<text>a</text><text>b</text><image href="x.png"/><g clip-path="path(3px)"/>'
        f'<g filter="url(#f)">{LINE}</g><use href="other.svg#a"/><foreignObject/>'
    )
    assert [note.split(":")[0] for note in document.unsupported] == [
        "<text> is drawn in a single-line font, not in its own (2 times)",
        "<image>",
        "clip-path 'path(3px)' is not applied",
        "filter is not applied",
        "<use> of another file ('other.svg#a') is not drawn",
        "<foreignObject>",
    ]


def test_metadata_is_handed_on():
    assert read('<metadata>{"a": "&lt;"}</metadata>').metadata == '{"a": "<"}'
    assert read("<metadata>\n <rdf/> </metadata>").metadata is None


def test_a_path_a_text_and_bytes_are_the_same_document_and_no_file_is_none(tmp_path):
    text = f'<?xml version="1.0" encoding="utf-8"?>\n<svg {NS} {PAGE}><g id="é">{LINE}</g></svg>'
    path = tmp_path / "a.svg"
    path.write_text(text, encoding="utf-8")
    packed = gzip.compress(text.encode())
    bare = text.replace('encoding="utf-8"', "")
    wide = text.replace("utf-8", "utf-16").encode("utf-16")
    for source in (path, str(path), bare, "\ufeff\n" + bare, text.encode(), wide, packed):
        document = read_svg(source)
        assert document.layers[0].name == "é"
        assert document.lines.points.tolist() == [[0, 0], [10, 0]]
    with pytest.raises(FileNotFoundError):
        read_svg(tmp_path / "none.svg")


@pytest.mark.parametrize("tolerance", [0, -1, float("nan")])
def test_a_tolerance_of_nothing_is_refused(tolerance):
    with pytest.raises(SvgReadError, match="tolerance_mm"):
        read_svg("<svg/>", tolerance_mm=tolerance)


coordinate = st.integers(-99_999, 99_999).map(lambda n: n / 100)


@given(
    lines=st.lists(
        st.lists(st.tuples(coordinate, coordinate), min_size=2, max_size=6), min_size=1, max_size=8
    )
)
@settings(max_examples=60)
def test_what_the_canvas_writes_comes_back_to_the_last_digit(lines):
    svg = SVGBuilder(200, 100)
    with svg.layer("pen 1", color="red", width=0.4):
        svg.polylines([np.array(line) for line in lines])
    document = read_svg(svg.to_string())
    assert [[tuple(p) for p in line.tolist()] for line in document.lines] == lines
    assert (document.layers[0].color, document.layers[0].width_mm) == ("red", 0.4)


@pytest.mark.parametrize("width", [8, 800])
def test_curves_keep_within_the_tolerance_at_the_size_they_are_scaled_to(width):
    text = '<svg xmlns="http://www.w3.org/2000/svg"><circle cx="4" cy="4" r="4"/></svg>'
    svg = SVGBuilder(1000, 1000).add_svg(text, 0, 0, width, width)
    middle, radius = np.full(2, width / 2), width / 2
    (circle,) = svg.lines()
    chords = np.hypot(*((circle[1:] + circle[:-1]) / 2 - middle).T)
    assert (radius - chords).max() < 0.051
    assert len(circle) < 400


MM = 25.4 / 96


def test_files_of_other_programs_have_the_page_layers_and_lines_that_vpype_reads(foreign_svg):
    import vpype  # dear to import

    theirs = vpype.read_multilayer_svg(str(foreign_svg), quantization=0.02, crop=False)
    ours = read_svg(foreign_svg, tolerance_mm=0.0005)

    assert ours.unsupported == ()
    page = [side * MM for side in theirs.page_size]
    assert (ours.width_mm, ours.height_mm) == pytest.approx(page, abs=1e-3)
    assert [len(layer.lines) for layer in ours.layers] == [len(c) for c in theirs.layers.values()]
    for layer, collection in zip(ours.layers, theirs.layers.values(), strict=True):
        assert layer.lines.bounds == pytest.approx([v * MM for v in collection.bounds()], abs=2e-3)
        lengths = [float(np.abs(np.diff(line)).sum()) * MM for line in collection]
        assert layer.lines.lengths_mm == pytest.approx(lengths, rel=1e-4, abs=1e-3)
        for mine, line in zip(layer.lines, collection, strict=True):
            assert mine[0] == pytest.approx([line[0].real * MM, line[0].imag * MM], abs=1e-3)
            assert mine[-1] == pytest.approx([line[-1].real * MM, line[-1].imag * MM], abs=1e-3)
