"""Named streams of random numbers get seeds of their own, which belong to the recipe."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from drawscape.catalogue import find
from drawscape.cli.root import root
from drawscape.errors import ParameterError, UnknownNameError
from drawscape.recipe import (
    Provenance,
    as_sketch,
    read_provenance,
    recipe_of,
    streams_of,
)
from drawscape.sketches import draw
from drawscape.sketches.registry import redraw
from drawscape.tasks.drawing import draw_function_svg


def places(rng: Any) -> Any:
    """A helper that names a stream."""
    return rng.stream("layout").uniform(20, 80, (6, 2))


class Ink:
    """A class that names one, too."""

    def radii(self, rng: Any) -> Any:
        """Radii of dots."""
        return rng.stream("size").uniform(1, 5, 6)


def dots(svg: Any, rng: Any, *, turned: bool = False) -> None:
    """Dots in places of one stream, with radii of another."""
    svg.circle(*rng.uniform(5, 10, 2), 1)
    for (x, y), radius in zip(places(rng), Ink().radii(rng), strict=True):
        svg.circle(x, y, radius)


def plain(svg: Any, rng: Any) -> None:
    """No stream has a name."""
    svg.circle(*rng.uniform(5, 90, 2), 1)


def circles(svg: Any) -> np.ndarray[Any, Any]:
    """The centre and radius of each circle drawn."""
    import re

    found = re.findall(r'cx="([\d.]+)" cy="([\d.]+)" r="([\d.]+)"', svg.to_string())
    return np.array(found, dtype=float)


def test_the_streams_of_a_sketch_are_read_from_its_code_and_its_helpers() -> None:
    assert streams_of(as_sketch(dots)) == ("layout", "size")
    assert streams_of(as_sketch(plain)) == ()


def test_another_seed_of_one_stream_leaves_the_others_as_they_are() -> None:
    before = circles(draw(dots, 100, 100, seed=4))
    after = circles(draw(dots, 100, 100, seed=4, streams={"size": 9}))
    assert np.array_equal(before[:, :2], after[:, :2])
    assert not np.array_equal(before[1:, 2], after[1:, 2])
    assert np.array_equal(before[0], after[0])  # of `rng` itself


def test_a_seed_of_a_stream_belongs_to_the_recipe_and_the_seed_itself_does_not() -> None:
    def request(streams: Any) -> str:
        return recipe_of(as_sketch(dots), 100, 100, seed=4, streams=streams).request

    assert request({"size": 9}) != request({})
    assert request({"size": 9}) != request({"layout": 9})
    assert request({"size": 4}) == request({}) == request(None)


def test_a_drawing_with_streams_is_drawn_again_to_the_byte() -> None:
    svg = draw(dots, 100, 100, seed=4, streams={"size": 9, "layout": 2})
    kept = read_provenance(svg.to_string())
    assert kept.streams == {"layout": 2, "size": 9}
    assert redraw(kept, dots).to_bytes() == svg.to_bytes()


def test_a_drawing_without_streams_says_nothing_of_them() -> None:
    assert "streams" not in Provenance.of(draw(plain, 50, 50).provenance).as_dict()


@pytest.mark.parametrize(
    ("sketch", "streams", "error", "words"),
    [
        (dots, {"siez": 1}, UnknownNameError, "did you mean 'size'"),
        (plain, {"size": 1}, UnknownNameError, "size"),
        (dots, {"size": -1}, ParameterError, "whole number"),
        (dots, {"size": True}, ParameterError, "whole number"),
        (dots, 5, ParameterError, "seeds by name"),
    ],
)
def test_what_is_no_seed_of_a_stream_is_refused(
    sketch: Any, streams: Any, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        draw(sketch, 50, 50, streams=streams)


def test_the_catalogue_keeps_the_seeds_of_streams_also_when_the_file_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DRAWSCAPE_HOME", str(tmp_path))
    path = Path(draw_function_svg(dots, 100, 100, seed=4, streams={"size": 9}))
    content = path.read_bytes()
    drawing = find(path)
    assert (drawing.streams, drawing.parameters) == ({"size": 9}, {"turned": False})
    path.unlink()
    assert drawing.redraw(dots).path.read_bytes() == content


def test_the_command_takes_seeds_of_streams(tmp_path: Path) -> None:
    file = tmp_path / "rings.py"
    file.write_text(
        "def rings(svg, rng, *, n: int = 3):\n"
        "    for x, y in rng.stream('layout').uniform(9, 90, (n, 2)):\n"
        "        svg.circle(x, y, rng.stream('size').uniform(1, 9))\n"
    )

    def drawn(*options: str) -> Any:
        call = ["draw", str(file), "--paper", "100x100", "-o", "-", *options]
        return CliRunner().invoke(root, call)

    once = drawn("--seed", "2", "--stream", "size=7")
    assert once.exit_code == 0, once.output
    assert read_provenance(once.output).streams == {"size": 7}
    assert "--stream" in drawn("--stream", "size").output
    assert "did you mean 'size'" in str(drawn("--stream", "siez=3").exception)
