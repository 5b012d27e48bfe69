# ruff: noqa: E501  (a case is read best on one line)
"""Files that would do harm, and our own, which take a short way."""

import gzip
import json
import os
import random
import subprocess
import sys
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import rounds, slowness
from svg_reader.files import file

from drawscape.errors import SvgReadError
from drawscape.geometry.lines import Lines
from drawscape.sketches import draw
from drawscape.svg.read import read_svg
from drawscape.svg.read.tree import parse_xml, tree_with_runs
from drawscape.svg_builder import SVGBuilder

LINE = '<path d="M1,1L2,2"/>'
RULES = "".join(f".c{k} {{ fill: red }}" for k in range(3000))
LAUGHS = "".join(f'<!ENTITY l{k + 1} "{f"&l{k};" * 10}">' for k in range(9))
BOMB = "".join(f'<g id="g{k + 1}">' + 10 * f'<use href="#g{k}"/>' + "</g>" for k in range(12))
USES = "".join(f'<use id="u{k + 1}" href="#u{k}"/>' for k in range(600))


def declaring(entities, body="&x;"):
    return file(body, before=f"<!DOCTYPE svg [{entities}]>")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (declaring(f'<!ENTITY l0 "lol">{LAUGHS}', "<title>&l9;</title>"), "entity"),
        (declaring('<!ENTITY x SYSTEM "file:///etc/passwd">'), "external"),
        (declaring('<!ENTITY % p SYSTEM "http://127.0.0.1/p"> %p;', ""), "external"),
        (declaring('<!ENTITY % p "x">', ""), "parameter"),
        (declaring("<!ENTITY x '<g/>'>"), "entities or markup"),
        (declaring(f'<!ENTITY x "{"a" * 100_000}">', "&x;" * 1000), "amplification"),
        (declaring('<!ENTITY x "&y;"><!ENTITY y "&x;">'), "other entities"),
        (file("<g>" * 5000 + "</g>" * 5000), "256 deep"),
        (file("<g>" * 250 + "</g>" * 250), "too deep"),
        (file(f'<g id="g0">{LINE}</g>{BOMB}<use href="#g12"/>'), "<use>"),
        (file(f'<path id="u0" d="M1,1L2,2"/>{USES}'), "too deep"),
        (file('<circle r="9e8" transform="scale(1e-3)"/>' * 4_000), "points"),
        (file('<path d="M0,0H99" stroke="red" stroke-dasharray=".001"/>' * 80), "dashes are more"),
        (file("", 'width="-5mm" height="5mm"'), "positive"),
        (file("", 'width="5mm" height="-1"'), "positive"),
        ("<html></html>", "<html>"),
        ('<?xml version="1.0" encoding="Shift_JIS"?><svg/>', "multi-byte"),
        ("", "not well-formed"),
        (file(LINE)[:-9], "not well-formed"),
        ("<svg>\0</svg>", "not well-formed"),
        (file(f"<style>{'.c{fill:red}' * 140_000}</style>"), "style rules"),
        (file('<svg width="9" height="9"/>' * 8_100), "thousands of clip paths"),
        (gzip.compress(b" " * 30_000_000), "unpacks to more"),
    ],
)
def test_bombs_and_files_that_are_none_are_refused(text, says):
    with pytest.raises(SvgReadError, match=says):
        read_svg(text.encode() if isinstance(text, str) else text)


@pytest.mark.parametrize(
    "body",
    [
        '<use xlink:href="file:///etc/passwd#x"/><image href="http://127.0.0.1/x.png"/>',
        '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="/etc/passwd" parse="text"/>',
        '<style>@import url("http://127.0.0.1/a.css");</style>',
        f'<path d="M{"1" * 300_000},2L3,4"/>',
        '<path d="M1e308,0L-1e308,1e308"/>',
        f'<g transform="{"rotate(1)" * 50_000}"/>',
        f'<g id="{"x" * 1_000_000}" class="{"y " * 100_000}"/>',
        '<circle r="nan"/><rect x="1e999"/><svg viewBox="0 0 1e-320 1e-320"><circle r="5"/></svg>',
        f'<polyline points="{"9" * 100_000}"/>',
        f'<path d="M0,0{"x" * 1_000_000}"/><path d="M0,0{"|" * 100_000}"/>',
        f'<path d="M0,0{"- " * 300_000}"/><path d="M0,0{"." * 300_000}"/>',
        f'<path d="M0,0A{"1" * 100_000}"/><path d="M0,0A{"1 " * 100_000}x"/>',
        f"<style>{'a' * 300_000}</style><style>{'/*' * 100_000}</style>",
        f"<style>{'@a ' * 100_000}</style><style>{'a{' * 100_000}</style>",
        f"<style>{RULES}</style>" + '<g class="c1"/>' * 3000,
        f'<g transform="{" " * 9_999}"/><g transform="{"a" * 9_999}"/>',
    ],
)
def test_hostile_parts_are_left_out_and_the_rest_is_drawn(body):
    assert read_svg(file(body + LINE)).lines[-1].tolist() == [[1, 1], [2, 2]]


MEASURED = """
import json, random, resource, sys, time
from drawscape.errors import SvgReadError
from drawscape.svg.read import read_svg
resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
rng = random.Random(1)
def star(n, reach=100):
    return "M" + " ".join(f"{rng.uniform(0, reach):.2f},{rng.uniform(0, reach):.2f}" for _ in range(n))
def comb(n, turned):
    ends = [(0.05 * k, 100 * (k % 2)) for k in range(n)]
    return "M" + " ".join(f"{y:.2f},{x:.2f}" if turned else f"{x:.2f},{y:.2f}" for x, y in ends)
page = '<svg xmlns="http://www.w3.org/2000/svg" width="100mm" height="100mm" viewBox="0 0 100 100">'
text = page + eval(sys.argv[1]) + "</svg>"
began = time.process_time()
try:
    outcome = f"{len(read_svg(text, **eval(sys.argv[2])).lines)} lines"
except SvgReadError as error:
    outcome = str(error)
status = open("/proc/self/status").read()
peak_mb = int(status.partition("VmHWM:")[2].split()[0]) / 1024
print(json.dumps([outcome, time.process_time() - began, peak_mb]))
"""
CLIPPED_BY = """'<clipPath id="c"><path d="' + {} + '"/></clipPath><path clip-path="url(#c)" {} d="' + {} + '"/>'"""
UNFILLED = 'fill="none" stroke="red"'
CLIP = '<clipPath id="c"><circle cx="50" cy="50" r="40"/></clipPath>'
CIRCLES = (
    """''.join(f'<circle cx="{{k % 97}}" cy="{{k % 89}}" r="30" fill="red"/>' for k in range({}))"""
)
STYLED = """'<style>' + ''.join(f'{} {{{{fill: red}}}} ' for k in range({})) + '</style><g>' + '{}' * 20_000"""


RARE = [
    ("""'<style>' + 'x' + ' g' * 9 + ' path {fill: red}</style>' + '<g>' * 99 + '<path d="M1,1L2,2L3,1"/>' + '</g>' * 99""", {}, "style rules"),
    ("""'<path d="' + star(5000) + '"/>'""", {"fill": "hatch"}, "cross each other too often"),
    ("""'<path d="M1,1L2,2"/>' * 450_000""", {}, "400,000 elements"),
    (CLIPPED_BY.format("comb(1500, 0)", UNFILLED, "comb(1500, 1)"), {}, "cross each other too often"),
    (f"'{CLIP}' + " + """''.join('<path fill="red" clip-path="url(#c)" d="' + star(150) + '"/>' for _ in range(40))""", {}, "cross each other too often"),
    ("""'<path d="' + star(400) + '" fill="red"/>'""", {"fill": "hatch"}, "lines"),
    (CIRCLES.format(600), {"hide": True}, "cross each other too often"),
    (STYLED.format("g #p.q", 3000, '<path id="p" d="M1,1L2,2L3,1"/>') + " + '</g>'", {}, "style rules"),
    ("""'<style>' + '.c{fill:red}' * 2_000 + '</style>' + ''.join(f'<g class="c x{k}"/>' for k in range(1_100))""", {}, "style rules"),
    (STYLED.format("path ~ path", 70, '<path d="M1,1L2,2L3,1"/>') + " + '</g>'", {}, "style rules"),
    (STYLED.format("path:first-of-type", 9, '<path d="M1,1L2,2L3,1"/>') + " + '</g>'", {}, "style rules"),
    ("""'<path d="M1,1L2,2"/>' * 390_000""", {}, "390000 lines"),
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="reads the peak from /proc")
@pytest.mark.parametrize(
    ("body", "options", "outcome"),
    [
        (CLIPPED_BY.format("star(4000)", "", "star(4000)"), {}, "cross each other too often"),
        (CIRCLES.format(150), {"hide": True}, "lines"),
        (STYLED.format("g .c{k}", 3000, '<path class="c1" d="M1,1L2,2L3,1"/>') + " + '</g>'", {}, "20000 lines"),
        *(pytest.param(*case, marks=pytest.mark.nightly) for case in RARE),
    ],
)  # fmt: skip
def test_a_costly_file_is_drawn_or_refused_in_5_seconds_and_500_mb(body, options, outcome):
    command = [sys.executable, "-c", MEASURED, body, repr(options)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)
    said, seconds, peak_mb = json.loads(ran.stdout)
    assert outcome in said
    assert seconds < 5 * slowness()
    assert peak_mb < 500


def test_a_clip_path_of_a_thousand_loops_takes_little_memory():
    loops = f'<clipPath id="c"><path d="M0,0{"c5,5,5-5,9,9s3,3-9-8" * 200}Z"/></clipPath>'
    tracemalloc.start()
    assert len(read_svg(file(f'{loops}<path d="M0,0L90,70H3Z" clip-path="url(#c)"/>')).lines)
    assert tracemalloc.get_traced_memory()[1] < 100e6
    tracemalloc.stop()


def test_curves_larger_than_any_sheet_stay_few_points():
    lines = read_svg(file('<circle r="9e8"/><path d="M0,0C9e8,9e8,-9e8,9e8,1,1"/>')).lines
    assert len(lines.points) < 30_000


def test_a_damaged_file_is_read_or_refused_and_never_worse(foreign_svg):
    text, rng = foreign_svg.read_text(encoding="utf-8"), random.Random(1)
    scraps = [*"MaZ-.e%&", "1e9", "url(#a)", "matrix(", "nan", '"', "<g>", ""]
    finished = 0
    for _ in range(150):
        damaged = list(text)
        for _ in range(rng.randint(1, 4)):
            damaged[rng.randrange(len(damaged))] = rng.choice(scraps)
        try:
            document = read_svg("".join(damaged).encode())
        except SvgReadError:
            continue
        finished += 1
        assert np.isfinite(document.lines.points).all()
    assert finished > 10


def same(one, two):
    """Return whether two documents are the same: points to a millionth of a millimetre, all else exactly.

    A dash is measured along its row, so a row that is read beside others rounds otherwise.
    """

    def facts(document):
        page = (document.width_mm, document.height_mm, document.unsupported, document.metadata)
        pens = [(layer.name, layer.color, layer.width_mm) for layer in document.layers]
        return page, pens, [layer.lines.offsets.tolist() for layer in document.layers]

    return facts(one) == facts(two) and all(
        np.allclose(first.lines.points, second.lines.points, rtol=0, atol=1e-6)
        for first, second in zip(one.layers, two.layers, strict=True)
    )


def slowly(data, **options):
    """Return what the XML parser sees: nothing is lifted out."""
    return read_svg(parse_xml(data), **options)


@st.composite
def drawings(choose):
    """Files of ours: layers with long and short rows, shapes between them, transforms, dashes, any style."""
    rng = np.random.default_rng(choose(st.integers(0, 2**32)))
    reach = choose(st.sampled_from((5, 200, 9000, 99_000)))
    svg = SVGBuilder(200, 300)

    def row(points):
        longest = choose(st.sampled_from((3, 9, 500)))
        counts = rng.integers(1, longest, max(2 * points // longest, 2))
        points = rng.uniform(-reach / 9, reach, (counts.sum(), 2))
        return Lines.from_counts(points.round(choose(st.integers(0, 2))), counts)

    for number in range(choose(st.integers(1, 3))):
        color = choose(st.sampled_from(("black", "white", "#c00", "none", "rgba(0,0,0,0)")))
        with svg.layer(f"pen {number}", color=color, width=choose(st.sampled_from((0.3, 1.0)))):
            styles = ({}, {"stroke_dasharray": "90000 20000"}, {"opacity": 0})
            with svg.group(transform=choose(st.sampled_from(("", "rotate(30)", "scale(2)")))):
                svg.polylines(row(9000), **choose(st.sampled_from(styles)))
            svg.polylines(row(5))
            if choose(st.booleans()):
                svg.circle(50, 50, 20)
    return svg.to_bytes()


@pytest.mark.slow
@settings(max_examples=rounds(5, 50))
@given(drawings(), st.sampled_from(("auto", "group", "color", "none")))
def test_a_file_of_ours_is_read_as_the_parser_reads_it(data, layers):
    assert same(read_svg(data, layers=layers), slowly(data, layers=layers))


def test_the_rows_of_a_drawing_are_lifted_out():
    data = draw("flow_field", 297, 420, seed=3).to_bytes()
    root = tree_with_runs(data)
    assert root is not None
    assert all(len(group.children) < 20 for group in root.children)
    assert same(read_svg(data), slowly(data))
    assert same(read_svg(data, fill="hatch"), slowly(data, fill="hatch"))


OUR_LINE = '<polyline points="1,2 30.25,-4" />\n'
ROW = OUR_LINE * 1500
HEAD = '<svg xmlns="http://www.w3.org/2000/svg" width="9mm" height="9mm" viewBox="0 0 9 9">\n'
STROKED = '<g fill="none" stroke="black">\n'


@pytest.mark.parametrize(
    "body",
    [
        f"<style>polyline + polyline {{ stroke: red }}</style>{STROKED}{ROW}</g>",
        f"<!--\n{ROW}-->{STROKED}{OUR_LINE}</g>",
        f"<clipPath id='c'>\n{ROW}</clipPath>{STROKED}{OUR_LINE}</g>",
        f"<g id='g' stroke='red'>\n{ROW}</g><use href='#g' x='5'/>",
        f"<text>\n{ROW}</text>{STROKED}{OUR_LINE}</g>",
        *(
            f"<g {paint}>\n{ROW.replace('-4', '-4 5,5')}</g>"
            for paint in ("fill='red'", "stroke='red'")
        ),
        *(
            f"{STROKED}{ROW}{OUR_LINE.replace('30.25,-4', odd)}{ROW}</g>"
            for odd in (
                *("1,2 3", "1 2 3 4", "1,2,3,4", "1,,2 3,4", "1,2  3,4", "-,1 2,3", "1-2 3,4"),
                *("1..5,2 3,4", "123456789,1 2,3", "1.,2 .5,4", "1-5,2 3,4", ".,1 2,3"),
                *("-0,0 -0,5", " 1,2 3,4", "1,2 3,4 ", "5,5"),
            )
        ),
    ],
)
def test_what_is_unlike_ours_is_read_as_ever(body):
    data = f"{HEAD}{body}</svg>".encode()
    assert same(read_svg(data), slowly(data))
