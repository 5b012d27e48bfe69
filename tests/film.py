"""Film a form and a plot in a real JupyterLab: `make film` writes notebooks/pictures/form.webp.

The pointer on the page is the browser's own mouse, made visible. A frame's time in the film is the one given
to it, not the machine's, so that a busy machine makes the same film.
"""

import io
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jupyter_lab import studio
from PIL import Image

from drawscape.machine.device import add_device

TARGET = Path(__file__).parents[1] / "notebooks" / "pictures" / "form.webp"
LARGEST_BYTES = 1_500_000
SIZE = {"width": 1180, "height": 1120}
SHOWN = (860, 816)
THUMB_PX = 16  # of a slider, as Chromium draws it

CELL = """from drawscape import form

form('rose', paper='A5', orientation='landscape', seed=7)"""
SIMULATED_SPEED = "120x"

# JupyterLab without its side bars: the film is about the notebook.
ROOM = (
    ("application:toggle-left-area", {}),
    ("application:toggle-side-tabbar", {"side": "left"}),
    ("application:toggle-side-tabbar", {"side": "right"}),
    ("statusbar:toggle", {}),
)

POINTER = """() => {
    const pointer = document.createElement('div');
    pointer.innerHTML = `<svg width="22" height="26" viewBox="0 0 22 26">
        <path d="M2 2 L2 21 L7 16.5 L10.2 24 L13.4 22.6 L10.2 15.4 L17 15 Z"
              fill="black" stroke="white" stroke-width="1.6"/></svg>`;
    pointer.style = 'position:fixed; z-index:99999; pointer-events:none; left:-2px; top:-2px';
    document.body.append(pointer);
    document.addEventListener('mousemove', event => {
        pointer.style.transform = `translate(${event.clientX}px, ${event.clientY}px)`;
    }, true);
}"""


@dataclass
class Film:
    """Frames and how long each is shown; what follows its like is shown longer."""

    page: Any
    frames: list[Image.Image] = field(default_factory=list)
    shown_ms: list[int] = field(default_factory=list)
    at: tuple[float, float] = (640.0, 520.0)

    def shoot(self, ms):
        screenshot = Image.open(io.BytesIO(self.page.screenshot())).convert("RGB")
        frame = screenshot.resize(SHOWN, Image.Resampling.LANCZOS)
        if self.frames and frame.tobytes() == self.frames[-1].tobytes():
            self.shown_ms[-1] += ms
        else:
            self.frames.append(frame)
            self.shown_ms.append(ms)

    def move(self, x, y, *, steps=7, ms=50):
        """Lead the pointer to a place, slowly at both ends."""
        x0, y0 = self.at
        for step in range(1, steps + 1):
            t = step / steps
            eased = t * t * (3 - 2 * t)
            self.page.mouse.move(x0 + (x - x0) * eased, y0 + (y - y0) * eased)
            self.shoot(ms)
        self.at = (x, y)

    def press(self, part):
        box = part.bounding_box()
        self.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        self.shoot(250)
        self.page.mouse.click(*self.at)

    def slide(self, row, fraction, *, steps=10, ms=60):
        """Drag the slider in `row` to that part of its way."""
        slider = row.locator("input[type=range]")
        box = slider.bounding_box()
        now = slider.evaluate("one => (one.value - one.min) / (one.max - one.min)")
        left, way = box["x"] + THUMB_PX / 2, box["width"] - THUMB_PX
        self.move(left + now * way, box["y"] + box["height"] / 2)
        self.shoot(200)
        self.page.mouse.down()
        self.move(left + fraction * way, self.at[1], steps=steps, ms=ms)
        self.page.mouse.up()
        self.shoot(150)

    def until(self, finished):
        for _ in range(400):
            self.shoot(90)
            if self.page.locator(finished).count():
                self.page.wait_for_timeout(600)  # the picture behind the words
                self.shoot(90)
                return
            self.page.wait_for_timeout(160)
        sys.exit(f"the page never came to {finished}")

    def save(self, target):
        target.parent.mkdir(parents=True, exist_ok=True)
        made = {"save_all": True, "append_images": self.frames[1:], "duration": self.shown_ms}
        packed = {"quality": 58, "method": 4, "minimize_size": True}
        self.frames[0].save(target, loop=0, **made, **packed)
        size, seconds = target.stat().st_size, sum(self.shown_ms) / 1000
        print(f"{target.name}: {len(self.frames)} frames, {seconds:.0f} s, {size / 1e6:.2f} MB")
        if size > LARGEST_BYTES:
            sys.exit(f"it is larger than {LARGEST_BYTES / 1e6:g} MB")


def play(page):
    """Draw and plot as a person does in the first minutes, and return the film of it."""
    form = page.locator(".drawscape-form").first
    row = ".drawscape-field-{}".format
    finished = ".drawscape-form[data-status=finished]"
    page.wait_for_timeout(1500)
    page.evaluate(POINTER)
    film = Film(page)
    film.move(640, 560, steps=1)
    film.shoot(900)
    film.press(form.get_by_role("button", name="Draw", exact=True))
    film.until(finished)
    film.shoot(1400)
    film.press(form.locator(".drawscape-live input"))
    for parameter, fraction in (("ruffle", 0.85), ("opening", 0.7), ("petals", 0.5)):
        film.slide(form.locator(row(parameter)), fraction)
        film.until(finished)
        film.shoot(900)
    film.press(form.get_by_role("button", name="Draw with the next seed"))
    film.until(finished)
    film.shoot(1500)
    film.press(form.get_by_role("button", name="Plot", exact=True))
    panel = page.locator(".drawscape-plot")
    panel.locator("canvas").wait_for()
    yes = panel.get_by_role("button", name="Yes, go on")
    while not panel.locator(".drawscape-plot-state", has_text="done").count():
        if yes.is_visible():
            film.shoot(600)
            film.press(yes)
        film.shoot(160)
        page.wait_for_timeout(300)
    film.shoot(2500)
    return film


def main():
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else TARGET
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        with studio(Path(name), SIZE) as (lab, page):
            add_device("sim", "simulator", SIMULATED_SPEED)
            lab.write("studio.ipynb", CELL)
            notebook = lab.open(page, "studio.ipynb")
            for command in ROOM:
                page.evaluate("command => jupyterapp.commands.execute(...command)", command)
            notebook.run_all()
            notebook.form()
            film = play(page)
        film.save(target)


if __name__ == "__main__":
    main()
