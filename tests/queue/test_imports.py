"""What an import may load: a caller of jobs pays for jobs alone."""

import ast
import re
from pathlib import Path

import pytest
from support import python

import drawscape

PACKAGES = sorted(Path(drawscape.__file__).parent.glob("queue/**/__init__.py"))


HEAVY = {
    *("numpy", "scipy", "shapely", "ipywidgets", "IPython", "huey", "cloudpickle", "asyncio"),
    *("rich", "logging", "subprocess"),
}


@pytest.mark.parametrize(
    ("statement", "heavy"),
    [
        ("import drawscape", HEAVY),
        ("import drawscape.job_manager, drawscape.errors", HEAVY),
        ("import workers", {"huey"}),
        ("from drawscape.cli import main", {"numpy", "scipy", "rich", "flask", "huey"}),
    ],
)
def test_a_light_import_stays_light(statement, heavy):
    loaded = python("-c", f"import sys; {statement}; print(*sys.modules)").stdout.split()
    assert not heavy & {*loaded}


@pytest.mark.parametrize("package", PACKAGES, ids=lambda path: path.parent.name)
def test_what_a_package_says_of_its_modules_is_there(package):
    words = ast.get_docstring(ast.parse(package.read_text())) or ""
    for name in re.findall(r"\b[a-z_]+\.py\b", words):
        assert (package.parent / name).exists(), f"{package}: {name}"
