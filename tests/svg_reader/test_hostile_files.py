"""Files made to hurt are refused, or what hurts in them is left out."""

import random

import numpy as np
import pytest

from drawscape.errors import SvgReadError
from drawscape.svg.read import read_svg

NS = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
LINE = '<path d="M1,1L2,2"/>'


def svg(body, before=""):
    return f'{before}<svg {NS} width="9mm" height="9mm" viewBox="0 0 9 9">{body}</svg>'


RULES = "".join(f".c{k} {{ fill: red }}" for k in range(3000))
LAUGHS = "".join(f'<!ENTITY l{k + 1} "{f"&l{k};" * 10}">' for k in range(9))
BOMB = "".join(
    f'<g id="g{k + 1}">{f"<use href={chr(34)}#g{k}{chr(34)}/>" * 10}</g>' for k in range(12)
)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (svg("<title>&l9;</title>", f'<!DOCTYPE svg [<!ENTITY l0 "lol">{LAUGHS}]>'), "entity"),
        (svg("&x;", '<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>'), "external"),
        (svg("&x;", '<!DOCTYPE svg [<!ENTITY x SYSTEM "http://127.0.0.1/x">]>'), "external"),
        (svg("", '<!DOCTYPE svg [<!ENTITY % p SYSTEM "http://127.0.0.1/p"> %p;]>'), "external"),
        (svg("", '<!DOCTYPE svg [<!ENTITY % p "x">]>'), "parameter"),
        (svg("&x;", f'<!DOCTYPE svg [<!ENTITY x "{"a" * 100_000}">]>'), "at most"),
        (svg("&x;" * 900, f"<!DOCTYPE svg [<!ENTITY x '{'<g/>' * 2000}'>]>"), "elements"),
        (svg("&x;", '<!DOCTYPE svg [<!ENTITY x "&y;"><!ENTITY y "&x;">]>'), "declared before"),
        (svg("<g>" * 5000 + "</g>" * 5000), "256 deep"),
        (svg(f'<g id="g0">{LINE}</g>{BOMB}<use href="#g12"/>'), "<use>"),
        (
            svg(
                '<path id="u0" d="M1,1L2,2"/>'
                + "".join(f'<use id="u{k + 1}" href="#u{k}"/>' for k in range(600))
            ),
            "256 deep",
        ),
        (svg('<circle r="9e8" transform="scale(1e-3)"/>' * 30_000), "points"),
        ("<html></html>", "<html>"),
        ("hello", "not well-formed"),
        ("", "not well-formed"),
        (svg(LINE)[:-9], "not well-formed"),
        ("<svg>\0</svg>", "not well-formed"),
    ],
)
def test_bombs_and_files_that_are_none_are_refused(text, says):
    with pytest.raises(SvgReadError, match=says):
        read_svg(text.encode())


@pytest.mark.parametrize(
    "body",
    [
        '<use id="u" href="#u"/>',
        '<g id="a"><use href="#b"/></g><g id="b"><use href="#a"/></g>',
        '<use xlink:href="file:///etc/passwd#x"/><image href="http://127.0.0.1/x.png"/>',
        '<use href="#nothing"/><use/>',
        '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="/etc/passwd" parse="text"/>',
        "<script>alert(1)</script>",
        '<foreignObject><html xmlns="http://www.w3.org/1999/xhtml"/></foreignObject>',
        '<style>@import url("http://127.0.0.1/a.css");</style>',
        f'<path d="M{"1" * 300_000},2L3,4"/>',
        '<path d="M1e308,0L-1e308,1e308"/>',
        f'<g transform="{"rotate(1)" * 50_000}"/>',
        f'<g id="{"x" * 1_000_000}" class="{"y " * 100_000}"/>',
        '<circle r="1e99999"/><rect width="nan" height="inf"/>',
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
    assert read_svg(svg(body + LINE)).lines[-1].tolist() == [[1, 1], [2, 2]]


def test_illustrators_entities_are_read():
    text = (
        '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" '
        '"http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd" '
        '[<!ENTITY ns_svg "http://www.w3.org/2000/svg">]>'
        '<svg xmlns="&ns_svg;" width="9mm" height="9mm" viewBox="0 0 9 9"><path d="M1,1L2,2"/></svg>'
    )
    assert len(read_svg(text).lines) == 1


def test_curves_larger_than_any_sheet_stay_few_points():
    lines = read_svg(svg('<circle r="9e8"/><path d="M0,0C9e8,9e8,-9e8,9e8,1,1"/>')).lines
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
