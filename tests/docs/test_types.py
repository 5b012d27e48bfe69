"""Type checkers see plain types in a user's program, and find every import that the documentation shows."""

import ast
import itertools
import json
import re
import sys
from pathlib import Path

import nbformat
import pytest
from page_blocks import PAGES
from support import program, python

ROOT = Path(__file__).parents[2]
PROGRAM = Path(__file__).with_name("typed_program.py")
FILES = ("program.py", "imports.py")
PYRIGHT = {"typeCheckingMode": "standard", "pythonVersion": "3.11"}
PYRIGHT |= {"reportMissingModuleSource": False}

LAZY = ("", ".geometry", ".notebook")
"""Packages that import a name when it is asked for: a name that they have not is an error, too."""


def mypy(folder):
    """Return what `mypy --strict` has to say about the programs in `folder`."""
    options = ("--strict", "--cache-dir", str(folder / "cache"), "--no-error-summary")
    done = python("-m", "mypy", *options, *FILES, cwd=folder, code=None)
    said = [line for line in done.stdout.splitlines() if ": error:" in line]
    return said + done.stderr.splitlines()


def pyright(folder):
    """Return what pyright, as basedpyright brings it, has to say about the programs in `folder`."""
    (folder / "pyrightconfig.json").write_text(json.dumps(PYRIGHT))
    command = (sys.executable, "-m", "basedpyright", "--outputjson", "--pythonpath", sys.executable)
    found = json.loads(program(*command, *FILES, cwd=folder, code=None).stdout)
    diagnostics = found["generalDiagnostics"]
    return [one["message"] for one in diagnostics if one["severity"] == "error"]


def documented_imports():
    """Return the import statements from Drawscape in README, pages and tutorials, each once."""
    pages = [ROOT / "README.md", *PAGES.rglob("*.md")]
    blocks = [re.findall(r"```python\n(.*?)```", page.read_text(), re.DOTALL) for page in pages]
    code = [*itertools.chain(*blocks)]
    for file in (ROOT / "notebooks").glob("*.ipynb"):
        cells = nbformat.read(file, 4).cells
        code += [cell.source for cell in cells if cell.cell_type == "code"]
    found = set()
    for text in code:
        plain = re.sub(r"^\s*[%!].*", "pass", text, flags=re.MULTILINE)
        for statement in ast.walk(ast.parse(plain)):
            module = getattr(statement, "module", None) or ""
            if isinstance(statement, ast.ImportFrom) and module.partition(".")[0] == "drawscape":
                names = {alias.name for alias in statement.names} - {"*"}
                found |= {f"from {module} import {name}" for name in names}
    return sorted(found)


@pytest.mark.slow
@pytest.mark.parametrize(
    "check", [pytest.param(mypy, marks=pytest.mark.nightly), pyright], ids=["mypy", "pyright"]
)
def test_a_users_program_has_plain_types_and_every_documented_import_is_found(tmp_path, check):
    imports = documented_imports()
    assert len(imports) > 60
    wrong = [f"from drawscape{package} import nothing" for package in LAZY]
    (tmp_path / "program.py").write_text(PROGRAM.read_text())
    (tmp_path / "imports.py").write_text("\n".join(imports + wrong))
    found = check(tmp_path)
    assert len(found) == len(wrong), found
    assert all("nothing" in one for one in found), found
