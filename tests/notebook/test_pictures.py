"""A picture is what a job's file or preview holds, and nothing else."""

from pathlib import Path

import pytest

from drawscape.notebook.pictures import (
    place_words,
    preview_picture,
    result_path,
    result_picture,
)
from drawscape.notebook.text import size_words

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><circle r="1"/></svg>'


@pytest.fixture
def drawings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DRAWSCAPE_HOME", str(tmp_path))
    (tmp_path / "a.svg").write_bytes(SVG)
    (tmp_path / "a.csv").write_text("a,b")
    return tmp_path


def test_a_result_that_names_a_picture_is_shown_by_its_bytes(drawings: Path) -> None:
    for result in ("a.svg", str(drawings / "a.svg"), drawings / "a.svg"):
        picture = result_picture(result)
        assert picture is not None
        assert (picture.data, picture.format) == (SVG, "svg+xml")


@pytest.mark.parametrize(
    "result", [None, 5, "", "gone.svg", "a.csv", ["a.svg"], "two\nlines", "x" * 5000]
)
def test_any_other_result_is_no_picture(drawings: Path, result: object) -> None:
    assert result_picture(result) is None


def test_a_file_that_is_no_picture_still_has_its_place(drawings: Path) -> None:
    path = result_path("a.csv")
    assert path is not None
    assert place_words(path) == "a.csv"
    assert place_words(Path("/elsewhere/b.csv")) == "/elsewhere/b.csv"


def test_a_preview_with_nothing_on_it_hides_no_earlier_drawing() -> None:
    assert preview_picture(None) is None
    assert preview_picture(b"<svg><metadata>lines</metadata></svg>") is None
    assert preview_picture(SVG) is not None
    png = preview_picture(b"\x89PNG...")
    assert png is not None
    assert png.format == "png"


def test_sizes_are_written_as_a_person_reads_them() -> None:
    assert [size_words(n) for n in (0, 999, 1000, 34_499, 999_499, 999_500, 2_340_000)] == [
        "0 bytes", "999 bytes", "1 kB", "34 kB", "999 kB", "1.0 MB", "2.3 MB",
    ]  # fmt: skip
