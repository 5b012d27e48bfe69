"""Forms, boards and views in Notebook 7 and in marimo."""

import os

import pytest
from jupyter_lab import jupyter_folders, served, write_notebook
from web_pages import serious

pytestmark = [pytest.mark.browser, pytest.mark.nightly, pytest.mark.usefixtures("consumer")]

CELLS = (
    "from drawscape.notebook import compare, contact_sheet, form, history, queue_table",
    "from drawscape.machine.device import add_device\n_ = add_device('sim', 'simulator', '60x')\n"
    "form('spiral', paper='A7', turns=9)",
    "made = contact_sheet('rose', 2, paper='A7')\n_ = made.wait()\nmade",
    "compare(*made.drawings)",
    "_ = made\nhistory('rose')",
    "_ = made\nqueue_table()",
)

MARIMO = ("", "form", "contact_sheet", "compare, made", "history, made", "queue_table, made")
"""What each cell takes from others; the first gives all that it imports, the third `made`."""


INSIDE = ".drawscape-viewer canvas"


def use(page):
    """Draw, look closely, give stars, choose, compare, open and plot, each inside of form or board."""
    form = page.locator(".drawscape-form:has(.drawscape-draw)").first
    form.locator("xpath=self::*[@data-status='finished']").wait_for()
    form.locator(".drawscape-strip li").wait_for()
    turns = form.locator(".drawscape-field-turns input").first
    turns.fill("7")
    turns.press("Enter")
    form.locator(".drawscape-strip li:nth-child(2) img[src]").wait_for()
    form.get_by_role("button", name="Inspect").click()
    form.locator(INSIDE).wait_for()
    sheet, seen, queue = (page.locator(".drawscape-board").nth(i) for i in range(3))
    tiles = sheet.locator(".board-tile[data-state='finished']:has(img:not([hidden]))")
    tiles.nth(1).wait_for()
    tiles.nth(0).click()
    page.keyboard.press("4")
    seen.locator("[aria-label$='4 stars']").wait_for()
    tiles.nth(1).click(modifiers=["Shift"])
    sheet.get_by_role("button", name="Compare").click()
    sheet.locator(INSIDE).first.wait_for()
    page.locator(".drawscape-viewer-differences").last.get_by_text("seed", exact=True).wait_for()
    queue.get_by_text("spiral, seed 0").first.wait_for()
    if sheet.get_by_role("button", name="more ▾").is_visible():  # a narrow page
        sheet.get_by_role("button", name="more ▾").click()
    sheet.get_by_role("button", name="Open").click()
    sheet.locator(".drawscape-form[data-status='finished'] .drawscape-draw").wait_for()
    form.get_by_role("button", name="Close").click()
    form.get_by_role("button", name="Plot", exact=True).click()
    plot = form.locator(".drawscape-plot")
    for question in ("paper", "position"):
        plot.get_by_text(f"waiting for {question}").first.wait_for()
        plot.get_by_role("button", name="Yes, go on").click()
    plot.locator(".ds-chip", has_text="done").wait_for()


def test_notebook_7(page, tmp_path):
    books = tmp_path / "books"
    books.mkdir()
    write_notebook(books / "all.ipynb", *CELLS)
    options = ["--no-browser", "--allow-root", "--IdentityProvider.token=", "--ip=127.0.0.1"]
    options += [f"--ServerApp.root_dir={books}", "--JupyterNotebookApp.expose_app_in_browser=True"]
    everything = {**os.environ, **jupyter_folders(tmp_path)}
    log = tmp_path / "server.log"
    with served(tmp_path, everything, log, "notebook", *options) as (url, _):
        page.goto(f"{url}/notebooks/all.ipynb")
        ready = "window.jupyterapp?.shell.currentWidget?.sessionContext?.isReady"
        page.wait_for_function(f"() => {ready}")
        page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-cells')")
        use(page)
        assert serious(page, ".jp-OutputArea") == []


def test_marimo(page, tmp_path):
    gives = [CELLS[0].partition("import ")[2], "", "made,", "", "", ""]
    text = "import marimo\n\napp = marimo.App()\n"
    for source, takes, given in zip(CELLS, MARIMO, gives, strict=True):
        body = "".join(f"    {line}\n" for line in [*source.splitlines(), f"return {given}"])
        text += f"\n\n@app.cell\ndef _({takes}):\n{body}"
    (tmp_path / "app.py").write_text(text)
    command = ("marimo", "run", "app.py", "--headless", "--no-token")
    with served(tmp_path, os.environ, tmp_path / "server.log", *command) as (url, _):
        page.goto(url)
        use(page)
