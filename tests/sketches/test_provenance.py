"""A drawing knows how it was made and can be made again."""

import json
import sys
import xml.etree.ElementTree as ET
from enum import Enum
from pathlib import Path

import cloudpickle
import numpy as np
import pytest

from drawscape.errors import DrawscapeError, ProvenanceError, UnknownNameError
from drawscape.recipe import plain
from drawscape.sketches import (
    SKETCHES,
    Provenance,
    code_hash,
    draw,
    read_provenance,
    redraw,
    sketch,
)


def test_a_drawing_says_how_it_was_made() -> None:
    svg = draw("truchet", 100, 150, seed=7, tiles=4, margin=5)
    provenance = read_provenance(svg.to_string())
    assert (provenance.sketch, provenance.seed, provenance.width, provenance.height, provenance.margin) == (
        "truchet", 7, 100.0, 150.0, 5.0,
    )  # fmt: skip
    assert {"tiles": 4, "levels": 3, "strands": 4}.items() <= provenance.parameters.items()
    assert provenance.code == code_hash(SKETCHES["truchet"].function)


def test_the_metadata_holds_no_date_and_no_path() -> None:
    head = draw("schotter", 60, 60).to_string().partition("</metadata>")[0]
    values = json.loads(head.partition('<metadata id="drawscape">')[2].replace("&quot;", '"'))
    assert set(values) == {
        "sketch", "seed", "width", "height", "margin", "parameters", "version", "code",
        "recipe", "versions", "body",
    }  # fmt: skip
    assert list(values["versions"]) == ["numpy"]  # 0.3 also had fontTools, HersheyFonts and shapely


@pytest.mark.parametrize("name", ["spiral", "hilbert", "maze", "julia", "rose"])
def test_redrawing_gives_the_same_bytes(name: str) -> None:
    first = draw(name, 120.5, 80, seed=3).to_bytes()
    assert redraw(read_provenance(first.decode())).to_bytes() == first


@pytest.mark.parametrize(
    "text", ["</metadata>&\"'", "\x00\x85", "\ufffe", "\ud800", "é 漢 🎨", " ", ""]
)
def test_any_text_survives_the_file(text: str) -> None:
    first = draw("paragraph", 60, 60, text=text).to_string()
    ET.fromstring(first.encode())
    provenance = read_provenance(first)
    assert provenance.parameters["text"] == text
    assert redraw(provenance).to_string() == first


def test_whole_numbers_and_floats_are_the_same_page_and_the_same_bytes() -> None:
    assert (
        draw("chladni", 100, 100, seed=1).to_bytes()
        == draw("chladni", 100.0, 100.0, seed=1).to_bytes()
    )


def test_a_function_outside_the_library_is_redrawn_when_it_is_handed_over(rings) -> None:  # type: ignore[no-untyped-def]
    first = draw(rings, 90, 90, seed=2, count=9).to_string()
    provenance = read_provenance(first)
    assert redraw(provenance, rings).to_string() == first
    with pytest.raises(UnknownNameError, match="rings"):
        redraw(provenance)


def test_the_hash_changes_with_the_code_and_not_with_the_name(tmp_path: Path) -> None:
    def same(svg):  # type: ignore[no-untyped-def]
        svg.circle(1, 1, 1)

    namespaces: list[dict[str, object]] = [{"__name__": "__main__"} for _ in range(3)]
    for namespace, radius in zip(namespaces, (1, 1, 2), strict=True):
        exec(f"def dot(svg):\n    svg.circle(1, 1, {radius})", namespace)
    hashes = [code_hash(namespace["dot"]) for namespace in namespaces]  # type: ignore[arg-type]
    assert hashes[0] == hashes[1] != hashes[2]
    assert code_hash(same).startswith("sha256:")


def test_a_sketch_sent_to_another_process_keeps_its_hash(run_python, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    @sketch(name="sent_away")
    def sent_away(svg):  # type: ignore[no-untyped-def]
        """A dot."""
        svg.circle(5, 5, 1)

    SKETCHES._added.pop("sent_away")
    cloudpickle.register_pickle_by_value(sys.modules[__name__])
    file = tmp_path / "function"
    file.write_bytes(cloudpickle.dumps(sent_away))
    cloudpickle.unregister_pickle_by_value(sys.modules[__name__])
    code = (
        "import pickle, sys; from drawscape.sketches import draw\n"
        "function = pickle.load(open(sys.argv[1], 'rb'))\n"
        "sys.stdout.buffer.write(draw(function, 20, 20).to_bytes())"
    )
    there = run_python("-c", code, str(file)).stdout
    assert there == draw(sent_away, 20, 20).to_bytes()


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
def test_a_file_that_does_not_say_how_it_was_made_is_an_error(text: str) -> None:
    with pytest.raises(ProvenanceError):
        read_provenance(text)


def test_a_seed_of_the_wrong_kind_in_a_file_is_an_error() -> None:
    values = {**draw("rose", 50, 50).provenance, "seed": True}
    with pytest.raises(ProvenanceError, match="seed"):
        Provenance.of(values)


@pytest.mark.parametrize("seed", [-1, 1.5, "1", None, True])
def test_a_seed_that_is_no_whole_number_is_refused(seed: object) -> None:
    with pytest.raises(DrawscapeError, match="seed"):
        draw("rose", 50, 50, seed=seed)  # type: ignore[arg-type]


def test_values_of_any_kind_become_plain_for_the_metadata() -> None:
    color = Enum("color", "red blue")
    values = {"a": np.float64(1.5), "b": np.arange(2), "c": color.red, "d": (Path("x"), None)}
    assert plain(values) == {"a": 1.5, "b": [0, 1], "c": "red", "d": ["x", None]}
