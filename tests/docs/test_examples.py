"""Every public function has an example in its docstring, and each of them runs and shows what it says.

The page of a package says what its examples begin with; that block runs first.
"""

import doctest
import importlib
import inspect
import re
from pathlib import Path

import pytest
from support import public_names, wait_until

import drawscape
from drawscape import job_manager
from drawscape.svg_builder import SVGBuilder

PACKAGE = Path(drawscape.__file__).parent
REFERENCE = Path(__file__).parents[2] / "notebooks" / "pages" / "reference"
TASKS = ("drawing", "sheets", "plotting", "mail", "data", "files")
PAGES = {
    **{name: name for name in ("geometry", "plot", "jobs", "sketches", "notebook", "settings")},
    **{name: name for name in ("catalogue", "web")},
    **dict.fromkeys(("svg.read", "drawing.affine", "drawing.pen", "drawing.motion"), "documents"),
    **{f"tasks.{name}": "tasks" for name in TASKS},
}
"""The packages and modules whose functions are public, and the page of each."""
INNER = {"add", "copied"}
"""Methods of the canvas for those who write canvases."""
ALSO = {
    "drawscape.drawing.document.Pen.moving": "documents",
    "drawscape.drawing.document.Motion.named": "documents",
    "drawscape.sketches.tone.tone_over": "sketches",
    "drawscape.image_tag.file_tag": "notebook",
    "drawscape.parameters.ParameterGroup": "sketches",
    "drawscape.viewer.publish.publish": "catalogue",
}
"""Examples of things that a page speaks of and that stand elsewhere."""
HAVE_NONE = {
    *("act_on_plot", "drive_plot", "enqueue_plot", "is_queued", "resume_plot"),
    *("record", "find_existing", "draft_for", "plain_name"),
}
"""What the worker calls, with arguments from a drawing that is being made; what is left of version 0.2."""


def canvas_methods():
    yield "SVGBuilder", SVGBuilder
    for name in dir(SVGBuilder):
        if name[0] != "_" and name not in INNER:
            method = inspect.getattr_static(SVGBuilder, name)
            if not isinstance(method, property) and callable(getattr(SVGBuilder, name)):
                yield name, method


def public(package):
    """Yield what a package hands on and has, or has to have, an example."""
    for name, value in public_names(package).items():
        if name not in HAVE_NONE and (inspect.isroutine(value) or ">>>" in (value.__doc__ or "")):
            yield name, value


def other_examples():
    """Yield the examples of what is not public, which begin with the names of their module."""
    public_texts = {inspect.getdoc(value) for _, _, value in EXAMPLES}
    for file in PACKAGE.rglob("*.py"):
        if ">>>" in file.read_text():
            path = ".".join(file.relative_to(PACKAGE.parent).with_suffix("").parts)
            module = importlib.import_module(path.removesuffix(".__init__"))
            for found in doctest.DocTestFinder(exclude_empty=True).find(module):
                text = inspect.cleandoc(found.docstring or "")
                if found.examples and text not in public_texts:
                    yield found


def thing_at(path):
    module, _, name = path.rpartition(".")
    if module.rpartition(".")[2][0].isupper():
        return getattr(thing_at(module), name)
    return getattr(importlib.import_module(module), name)


EXAMPLES = [
    *(("canvas", name, method) for name, method in canvas_methods()),
    *((page, name, value) for package, page in PAGES.items() for name, value in public(package)),
    *((page, path, thing_at(path)) for path, page in ALSO.items()),
]


@pytest.fixture(scope="module")
def home(worked_home):
    """A home with a worker, which is the working folder too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(worked_home)
        yield worked_home


@pytest.fixture
def alone(home):
    """Let no job of an example go on: what it draws would be new to the catalogue while the next one runs."""
    yield
    for job in job_manager.list_jobs(("queued", "deferred", "scheduled"), limit=None):
        job.cancel()
    wait_until(lambda: not job_manager.list_jobs("started"), "the end of what an example began")


def beginning(page):
    """Return the names that a page's examples begin with."""
    text = (REFERENCE / f"{page}.md").read_text().partition("The examples begin with:")[2]
    block = re.search(r"```python\n(.*?)```", text, re.DOTALL)
    assert block, f"{page}.md does not say what its examples begin with"
    names = {"__name__": "__main__"}
    exec(block[1], names)
    return names


NAMES = [f"{page}-{name}" for page, name, _ in EXAMPLES]


@pytest.mark.parametrize(("page", "name", "value"), EXAMPLES, ids=NAMES)
def test_the_example_shows_what_it_says(alone, home, page, name, value):
    text = inspect.getdoc(value) or ""
    example = doctest.DocTestParser().get_doctest(text, beginning(page), name, None, None)
    assert example.examples, f"{name} has no example in its docstring"
    check(example)


def check(example):
    shown = []
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    failed = doctest.DocTestRunner(optionflags=flags).run(example, out=shown.append).failed
    assert not failed, "".join(shown)


@pytest.mark.parametrize("example", [*other_examples()], ids=lambda example: example.name)
def test_an_example_of_what_is_not_public_shows_what_it_says(home, example):
    check(example)
