"""A notebook that is open in a browser, driven as a person would."""

import base64
from dataclasses import dataclass
from typing import Any

import numpy as np
from support import wait_until


@dataclass(frozen=True)
class Notebook:
    page: Any

    def wait_idle(self):
        """Return when the kernel is connected and has nothing to do."""
        self.page.wait_for_function(
            """() => {
                const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session?.kernel;
                return kernel?.connectionStatus === 'connected' && kernel.status === 'idle';
            }"""
        )

    def run_all(self):
        self.page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-cells')")
        self.wait_idle()

    def evaluate(self, code):
        """Return what `code` prints in the notebook's kernel."""
        return self.page.evaluate(
            """async code => {
                const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
                let text = '';
                const future = kernel.requestExecute({code, silent: false, store_history: false});
                future.onIOPub = message => {
                    if (message.header.msg_type === 'stream') text += message.content.text;
                    if (message.header.msg_type === 'error')
                        text += message.content.traceback.join('\\n');
                };
                await future.done;
                return text;
            }""",
            code,
        )

    def darken(self):
        """Give the page Lab's dark theme."""
        choose = "execute('apputils:change-theme', {theme: 'JupyterLab Dark'})"
        self.page.evaluate(f"() => window.jupyterapp.commands.{choose}")
        self.page.wait_for_function("() => document.body.dataset.jpThemeLight === 'false'")

    def save(self):
        self.page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")

    def shut_down(self):
        self.page.evaluate("() => window.jupyterapp.commands.execute('kernelmenu:shutdown')")

    @property
    def path(self):
        return str(self.page.evaluate("() => window.jupyterapp.shell.currentWidget.context.path"))

    def cell_types(self):
        """Return of what type each cell is."""
        cells = "jupyterapp.shell.currentWidget.content.widgets"
        return self.page.evaluate(f"() => {cells}.map(cell => cell.model.type)")

    def cell_errors(self):
        """Return the text of every traceback and warning under a cell."""
        shown = self.page.locator("[data-mime-type='application/vnd.jupyter.stderr']")
        return shown.all_inner_texts()

    def form(self):
        form = self.page.locator(".drawscape-form:has(.drawscape-draw)").first
        form.wait_for()
        return FormOnPage(self, form)


@dataclass(frozen=True)
class FormOnPage:
    notebook: Notebook
    root: Any

    @property
    def words(self):
        return self.root.locator(".drawscape-status")

    def press(self, name):
        """Press the button with that word on it; return when the kernel has dealt with it."""
        self.root.get_by_role("button", name=name, exact=True).click()
        self.notebook.evaluate("pass")

    def field(self, parameter):
        """Return what one types a parameter's value into."""
        row = self.root.locator(f".drawscape-field-{parameter}")
        return row.locator("input:not([type=range], [type=checkbox], [type=color])").first

    def slide(self, parameter, value):
        """Give a slider a value by the field beside it, as one does for an exact number."""
        self.field(parameter).fill(str(value))
        self.field(parameter).blur()

    def await_status(self, status):
        self.root.locator(f"xpath=self::*[@data-status='{status}']").wait_for()

    def picture(self):
        """Return the bytes of the image that the page shows."""
        encoded = self.root.locator("img.drawscape-picture").evaluate(
            """async image => {
                const blob = await (await fetch(image.src)).blob();
                return await new Promise(done => {
                    const reader = new FileReader();
                    reader.onload = () => done(reader.result.split(',')[1]);
                    reader.readAsDataURL(blob);
                });
            }"""
        )
        return base64.b64decode(encoded)


class Panel:
    """The panel of a plot on a page."""

    def __init__(self, page):
        self.root = page.locator(".drawscape-plot")

    def shoot(self, pictures, name):
        """Keep how it looks, wide and narrow."""
        for width in (640, 1366):
            self.root.page.set_viewport_size({"width": width, "height": 1000})
            self.root.first.screenshot(path=pictures / f"plot-{name}-{width}.png")

    def press(self, name):
        self.root.get_by_role("button", name=name).click()

    def wait_for(self, words):
        self.root.get_by_text(words).first.wait_for(timeout=60_000)

    def await_state(self, state):
        self.root.locator(".ds-chip", has_text=state).first.wait_for(timeout=60_000)

    def move_pen(self, carriage):
        """Move the pen by each button of a question; `carriage` says where an emulator has it."""
        x, y = carriage.at
        self.press("Pen down")
        wait_until(lambda: carriage.down, "the pen on the paper")
        self.press("Pen up")
        wait_until(lambda: not carriage.down, "the raised pen")
        self.root.get_by_label("Step of the arrows").select_option("10")
        for way, to in {
            "right": (x + 10, y),
            "down": (x + 10, y + 10),
            "left": (x, y + 10),
        }.items():
            self.press(f"Jog {way}")
            wait_until(lambda to=to: np.allclose(carriage.at, to, atol=0.1), f"the pen at {to}")
        self.press("Frame")
        self.root.get_by_text("does not know where its pen is").wait_for()

    def answer(self, *questions):
        for question in questions:
            self.await_state(f"waiting for {question}")
            self.press("Yes, go on")
