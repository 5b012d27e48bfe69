"""How the site is built: `make docs` (Sphinx, MyST-NB, furo). Sources lie beside what they describe.

Tutorials are notebooks, pages are here, tables come from the README, the reference from docstrings and the
command, the gallery from the sketches themselves.
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

import click

from drawscape import __version__
from drawscape.cli.root import root
from drawscape.viewer.assets import script, style

sys.path.insert(0, str(Path(__file__).parent))
from canvas_pictures import below_the_recipe, beside_the_example, write_pictures, write_recipes
from gallery_pages import write_gallery

# sphinx_click wants all commands; the program makes one when it is called.
root.commands.update({name: root.get_command(click.Context(root), name) for name in root.commands})

project = "Drawscape"
author = copyright = "The Drawscape founders"
version = release = __version__
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx_click"]
html_theme = "furo"
html_title = "Drawscape"
html_theme_options = {"navigation_with_keys": True, "top_of_page_buttons": []}
html_static_path = ["_static"]
html_copy_source = False
html_css_files = ["site.css"]
html_js_files = ["site.js"]
master_doc = "index"
exclude_patterns = ["pictures/README*", "**/.ipynb_checkpoints"]
nb_execution_mode = "off"  # they are committed with their outputs, and nbval compares them
myst_heading_anchors = 3
default_role = "code"
autodoc_typehints = "signature"
autodoc_member_order = "bysource"
suppress_warnings = ["mystnb.unknown_mime_type", "myst.header"]
nb_ipywidgets_js: dict[str, Any] = {}  # widgets are shown as saved; nothing is loaded from elsewhere


def examples_as_code(
    _app: Any, _what: str, _name: str, _obj: Any, _options: Any, lines: list[str]
) -> None:
    """Let an indented block after a colon be code, as our docstrings mean it."""
    for number, line in enumerate(lines[:-2]):
        following = lines[number + 2]
        if line.endswith(":") and not lines[number + 1].strip() and following.startswith("    "):
            lines[number] = f"{line}:"
    lines[:] = [line.replace("**", r"\*\*").replace(" *args", r" \*args") for line in lines]


def factories_as_dots(
    _app: Any, _what: str, _name: str, _obj: Any, _options: Any, signature: str | None, result: Any
) -> tuple[str | None, Any]:
    """Show a default that is made at each call as `...`: with `<factory>` a signature is no Python to Sphinx."""
    return signature and signature.replace("<factory>", "..."), result


SCREENS = Path(__file__).parent / "_static" / "screens"
ASLEEP = re.compile(r"\[ (.+): run this cell to see it live \]|<(?:Viewer|PlotPanel): (.+)>")
"""What a saved notebook says of a widget whose kernel is gone."""


def live_form(state: Path, image: str) -> str:
    """Return the form whose state is kept, for a page where scripts run; else, or without one, its picture."""
    if not state.exists():
        return image
    asleep = (SCREENS.parent / "asleep.js").read_text()
    kept = state.read_text().replace("<", "\\u003c")
    return (
        f'<noscript>{image}</noscript><style>{style("form.css")}</style>'
        f'<div class="live-form"><script type="application/json">{kept}</script></div>'
        f'<script type="module">{script("form.js")}{asleep}</script>'
    )


def widgets_as_pictures(_app: Any, name: str, source: list[str]) -> None:
    """Show the photograph of a widget (`make pictures`), or else the picture that its notebook keeps."""
    if not source[0].lstrip().startswith("{"):
        return
    notebook = json.loads(source[0])
    for number, cell in enumerate(notebook["cells"]):
        outputs = cell.get("outputs", [])
        words = "".join(outputs[0].get("data", {}).get("text/plain", "")) if outputs else ""
        if not (found := ASLEEP.fullmatch(words)):
            continue
        screen = SCREENS / f"{name}-{number}.webp"
        if screen.exists():
            image = f'<img class="screen" src="_static/screens/{screen.name}" alt="{found[1] or found[2]}">'
            data = {"text/html": live_form(screen.with_suffix(".json"), image)}
            cell["outputs"] = [{"output_type": "display_data", "metadata": {}, "data": data}]
        else:
            del outputs[0]
    source[0] = json.dumps(notebook)


def setup(app: Any) -> None:
    """Connect the hooks."""
    app.connect("source-read", widgets_as_pictures)
    app.connect("builder-inited", lambda _app: write_gallery())
    app.connect("builder-inited", lambda _app: (write_pictures(), write_recipes()))
    app.connect("source-read", below_the_recipe)
    app.connect("autodoc-process-docstring", examples_as_code)
    app.connect("autodoc-process-docstring", beside_the_example)
    app.connect("autodoc-process-signature", factories_as_dots)


