"""Under a finished picture stand the plot's figures, and files for other programs."""

import time
from pathlib import Path

import pytest
from support import wait_until
from widget_tree import button, part, text

from drawscape.drawing.document import Document, Layer
from drawscape.geometry.lines import Lines
from drawscape.notebook.drawing_panel import EXPORTS, LATER_S, DrawingPanel
from drawscape.notebook.plot_figures import figures_html, figures_of, minutes, notices
from drawscape.plot import statistics
from drawscape.sketches import draw
from drawscape.svg.read import read_svg


class Shown:
    """A panel for a real drawing of two pens, with what it hands on."""

    def __init__(self, folder: Path) -> None:
        import ipywidgets as widgets

        self.path = draw("flow_field", 105, 148, spacing=4).save(folder / "flow.svg")
        self.documents: list[Document] = []
        self.files: list[tuple[str, str, bytes]] = []
        self.panel = DrawingPanel(
            lambda _path, document: self.documents.append(document),
            lambda *file: self.files.append(file),
        )
        self.root = widgets.VBox(self.panel.parts)
        self.panel.show(Path(self.path))
        wait_until(lambda: "→" in text(self.root, "figures"), 60, "the figures in a better order")


@pytest.fixture
def shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shown:
    monkeypatch.setenv("DRAWSCAPE_HOME", str(tmp_path))
    return Shown(tmp_path)


def test_time_ink_and_lifts_stand_there_for_each_pen_before_and_after_ordering(
    shown: Shown,
) -> None:
    html = text(shown.root, "figures")
    assert html.count("<tr>") == 4  # heads, two pens, their total
    assert "lifts" in html
    assert len(shown.documents) == 1


@pytest.mark.parametrize("name", [name for name in EXPORTS if name != "HPGL"])
def test_each_format_is_written_beside_the_drawing_and_handed_to_the_browser(
    shown: Shown, name: str
) -> None:
    (file,) = shown.panel.export(name)
    assert file.parent == Path(shown.path).parent
    assert shown.files == [(file.name, EXPORTS[name][1], file.read_bytes())]
    assert file.suffix == f".{EXPORTS[name][0]}"


def test_one_file_per_pen(shown: Shown) -> None:
    files = shown.panel.export("SVG, ordered", per_pen=True)
    assert [file.name for file in files] == ["flow-1.svg", "flow-2.svg"]
    assert "<svg" in files[0].read_text()
    assert files[0].read_bytes() != files[1].read_bytes()


@pytest.mark.parametrize("per_pen", [False, True])
def test_what_is_exported_is_in_the_better_order(shown: Shown, per_pen: bool) -> None:
    before = statistics(shown.documents[0])[-1]
    files = shown.panel.export("SVG, ordered", per_pen=per_pen)
    after = [statistics(read_svg(file.read_bytes()))[-1] for file in files]
    assert sum(figures.pen_up_mm for figures in after) < 0.8 * before.pen_up_mm
    assert sum(figures.pen_down_mm for figures in after) == pytest.approx(
        before.pen_down_mm, rel=0.02
    )


def test_the_button_writes_the_chosen_format_and_says_where(shown: Shown) -> None:
    part(shown.root, "format").value = "G-code"
    button(shown.root, "Export").click()
    wait_until(lambda: "wrote flow-plot.gcode" in text(shown.root, "notice"), 60, "the file")
    assert not button(shown.root, "Export").disabled


def test_a_drawing_that_is_gone_says_so(shown: Shown) -> None:
    shown.panel.show(Path("/nowhere/at/all.svg"))
    wait_until(lambda: "cannot be read" in text(shown.root, "notice"), 60, "the reason")


def test_the_figures_of_a_picture_that_is_no_drawing_are_none(shown: Shown) -> None:
    shown.panel.show(Path("a.png"))
    assert text(shown.root, "figures") == ""
    assert part(shown.root, "buttons").layout.display == "none"


def page(*points: tuple[float, float]) -> Document:
    return Document(100, 100, (Layer("p", "#000", 0.3, Lines.of([list(points)])),))


@pytest.mark.parametrize(
    ("points", "words"),
    [
        ([(10, 10), (90, 90)], []),
        ([(-10, -10), (-90, 90)], ["all of it lies off the sheet"]),
        ([(10, 10), (20, 20), (30, 30), (120, 30)], ["25.0 % of its points lie off the sheet"]),
    ],
)
def test_what_lies_off_the_sheet_is_said(
    points: list[tuple[float, float]], words: list[str]
) -> None:
    assert list(notices(page(*points))) == words


def test_a_sheet_is_as_high_as_it_is_and_not_as_wide() -> None:
    tall = Document(100, 300, page((10, 10), (90, 290)).layers)
    assert list(notices(tall)) == []
    flat = Document(300, 100, page((10, 10), (10, 290)).layers)
    assert list(notices(flat)) == ["50.0 % of its points lie off the sheet"]


def test_figures_of_a_drawing_too_large_to_be_ordered_by_the_way_say_how_it_is() -> None:
    html = figures_html(figures_of(page((0, 0), (50, 0)), ordered=False))
    assert "→" not in html
    assert "0.05 m" in html


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(45, "45 s"), (89, "89 s"), (120, "2 min"), (3600, "1 h 0 min"), (7500, "2 h 5 min")],
)
def test_minutes(seconds: float, words: str) -> None:
    assert minutes(seconds) == words


def test_a_drawing_is_read_later_when_another_is_wanted(tmp_path: Path) -> None:
    import ipywidgets as widgets

    read: list[float] = []
    panel = DrawingPanel(lambda *_: read.append(time.monotonic()), lambda *_: None)
    root = widgets.VBox(panel.parts)
    panel.show(Path(draw("flow_field", 105, 148, spacing=4).save(tmp_path / "flow.svg")))
    asked = time.monotonic()
    panel.postpone()
    wait_until(lambda: "→" in text(root, "figures"), 60, "the figures in a better order")
    (moment,) = read
    assert moment - asked >= LATER_S
